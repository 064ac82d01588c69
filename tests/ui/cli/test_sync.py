"""``sync`` reports what changed, is a job that other processes see and cancel, and may watch for changes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.catalog.database import Catalog
from index.ingest.jobs import Job, Jobs
from tests.support.commands import fails, prints
from tests.support.processes import MODULE, ROOT, environment, mapping_of_lines, on_terminal
from ui.cli.app import main

GATE = "The council of Varda closed the third gate of the dam on Monday."
PATIENCE = 90


def test_sync_reports_what_changed_in_its_json_form(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    reports, home = tmp_path / "reports", tmp_path / "home"
    reports.mkdir()
    for name in ("first", "second"):
        (reports / f"{name}.txt").write_text(f"The {name} dam held through the night.")
    report = prints(capfd, "sync", reports, "--home", home)
    assert report.pop("seconds") > 0
    assert report == {
        "added": ["first.txt", "second.txt"],
        "changed": [],
        "removed": [],
        "unchanged": 0,
        "failed": [],
        "passages": 2,
        "generation": 1,
        "read_again": 0,
    }

    (reports / "first.txt").write_text("The first dam broke at dawn, after all.")
    (reports / "second.txt").unlink()
    (reports / "third.txt").write_text("The third dam was never built.")
    report = prints(capfd, "sync", "--home", home)
    assert (report["added"], report["changed"], report["removed"]) == (
        ["third.txt"],
        ["first.txt"],
        ["second.txt"],
    )

    report = prints(capfd, "sync", "--home", home)
    assert (report["unchanged"], report["generation"]) == (2, 2)


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_indexed(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "good.txt").write_text("The dam held through the night.")
    (tmp_path / "reports" / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    assert main(["sync", str(tmp_path / "reports"), "--home", str(tmp_path / "home")]) == 0
    out, err = capfd.readouterr()
    assert re.fullmatch(
        r"1 added, 0 changed, 0 removed, 0 unchanged, 1 failed in [\d.]+ s; "
        r"the library has 1 passages, generation 1\n",
        out,
    )
    assert re.fullmatch(r"footnoted: broken\.pdf: [^\n]+; [^\n]+\n", err)


def test_sync_fails_where_nothing_could_be_indexed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert main(["sync", str(missing), "--home", str(tmp_path / "home"), "--json"]) == 1
    report = json.loads(capfd.readouterr().out)
    assert [failure["path"] for failure in report["failed"]] == [str(missing)]
    assert report["failed"][0]["cause"].startswith("does not exist; ")


def test_sync_without_a_path_needs_a_folder_that_the_library_follows(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = fails(capfd, 2, "sync", "--home", tmp_path / "home")
    assert line == (f"the library in {tmp_path}/home follows no folder yet; name one: footnoted sync FOLDER")
    assert not (tmp_path / "home").exists()


def test_progress_is_drawn_on_a_terminal_only(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("The dam held through the night.")
    out, drawn = on_terminal("sync", tmp_path / "report.txt", "--home", tmp_path / "home")
    assert "Loading the encoder" in drawn
    assert "Embedding" in drawn
    assert out.startswith("1 added, 0 changed")


# Jobs


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
