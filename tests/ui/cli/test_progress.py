"""A sync says how far it is: bars on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import time
from io import StringIO

import pytest
from rich.console import Console

from index.ingest import JobProgress
from index.ingest.jobs import Count
from tests.support.clocks import Clock, set_time
from ui.cli import printing
from ui.cli.printing import job_progress, progress_line


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (JobProgress(), "starting"),
        (JobProgress("reading", Count(3, 40)), "3 of 40 files read"),
        (
            JobProgress("embedding", Count(40, 40), Count(1200, 9000), 312.4, 24.96),
            "40 of 40 files read, 1,200 of 9,000 passages embedded, 25.0 passages a second, about 312 s left",
        ),
        (
            JobProgress("rebuilding", passages=Count(5, 10), seconds_left=2.0),
            "5 of 10 passages embedded, about 2 s left",
        ),
    ],
)
def test_a_line_has_files_passages_rate_and_time_left_as_far_as_known(now: JobProgress, line: str) -> None:
    assert progress_line(now) == line


def test_without_a_terminal_a_line_comes_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(100.0)
    monkeypatch.setattr("ui.cli.printing.LINE_SECONDS", 10.0)
    set_time(monkeypatch, printing, clock)
    printed = StringIO()
    with job_progress(Console(file=printed, width=60)) as show:
        for second in range(1, 25):
            clock.now += 1
            show(JobProgress("reading", Count(second, 1000)))
    assert printed.getvalue().splitlines() == [
        "footnoted: 10 of 1000 files read",
        "footnoted: 20 of 1000 files read",
    ]


def test_a_terminal_shows_a_bar_for_each_stage_with_its_pace() -> None:
    drawn = StringIO()
    with job_progress(Console(file=drawn, force_terminal=True, width=100)) as show:
        show(JobProgress("reading", Count(1, 2)))
        show(JobProgress("reading", Count(2, 2)))
        for passages in (3, 5, 7):
            show(JobProgress("embedding", Count(2, 2), Count(passages, 9)))
            time.sleep(0.01)
        show(JobProgress("embedding", Count(2, 2), Count(9, 9)))
    assert "Reading" in drawn.getvalue()
    assert "2/2" in drawn.getvalue()
    assert "9/9" in drawn.getvalue()
    assert "a second" in drawn.getvalue()
