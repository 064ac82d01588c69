"""A ``sync`` is a job that other processes see and cancel; ``sync --watch`` syncs every change."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.catalog.database import Catalog
from index.ingest.jobs import Job, Jobs
from tests.support.commands import prints
from tests.support.processes import MODULE, ROOT, environment, mapping_of_lines
from ui.cli.app import main

GATE = "The council of Varda closed the third gate of the dam on Monday."
PATIENCE = 90


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/dam.txt").write_text(GATE)
    return tmp_path / "reports"


@contextmanager
def running(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*MODULE, *map(str, arguments)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=PATIENCE)


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def job_at_work(home: Path) -> Job:
    """The running job of ``home``, once it has started to embed."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if (home / "catalog.sqlite").is_file():
            catalog = Catalog.open(home / "catalog.sqlite")
            jobs = Jobs(catalog).recent(1)
            catalog.close()
            if jobs and jobs[0].stage:
                return jobs[0]
        time.sleep(0.05)
    raise AssertionError("no job began")


@pytest.mark.slow
def test_a_watch_prints_a_line_for_each_change_and_ends_well(tmp_path: Path, folder: Path) -> None:
    home = tmp_path / "home"
    with running("sync", folder, "--home", home, "--watch", "--json") as process:
        assert json.loads(line_of(process))["added"] == ["dam.txt"]
        (folder / "weir.txt").write_text(GATE)
        report = json.loads(line_of(process))
        assert (report["added"], report["changed"], report["unchanged"]) == (["weir.txt"], [], 1)
        (folder / "dam.txt").unlink()
        assert json.loads(line_of(process))["removed"] == ["dam.txt"]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.slow
def test_a_sync_can_be_cancelled_from_elsewhere_and_is_gone_on_with(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, folder: Path
) -> None:
    home = tmp_path / "home"
    for number in range(200):
        lines = (f"Gate {number}-{line} of Varda was closed on day {line}. " * 12 for line in range(4))
        (folder / f"{number:03}.txt").write_text("\n\n".join(lines))
    with running("sync", folder, "--home", home) as process:
        job = job_at_work(home)
        assert (job.kind, job.state, job.owner.partition("@")[0]) == ("sync", "running", str(process.pid))
        status = prints(capfd, "status", "--home", home)
        assert [seen["id"] for seen in status["jobs"]] == [job.id]
        catalog = Catalog.open(home / "catalog.sqlite")
        Jobs(catalog).request_cancel(job.id)
        catalog.close()
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (1, "")
    assert err == (
        "footnoted: cancelled on request; what was written by then stays, and a sync goes on from there\n"
    )
    assert main(["status", "--home", str(home)]) == 0
    shown = mapping_of_lines(capfd.readouterr().out)
    assert shown["Library"].startswith("empty")
    assert shown[f"Job {job.id[:8]}"].startswith("sync cancelled, cancelled on request; 20")


def test_status_shows_how_the_last_jobs_came_out(capfd: pytest.CaptureFixture[str], home: Path) -> None:
    [job] = prints(capfd, "status", "--home", home)["jobs"]
    assert (job["kind"], job["state"], len(job["result"]["added"])) == ("sync", "done", 7)
    assert main(["status", "--home", str(home)]) == 0
    lines = mapping_of_lines(capfd.readouterr().out)
    assert lines[f"Job {job['id'][:8]}"].startswith("sync done, 7 added; 20")
