"""The history of jobs: states follow each other, and the job of a dead process has failed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from index.catalog.database import Catalog
from index.catalog.lock import this_process
from index.catalog.schema import jobs as table
from index.errors import JobEndedError, JobNotFoundError
from index.ingest import jobs as history
from index.ingest.jobs import INTERRUPTED, Count, JobProgress, Jobs
from index.records import Viewer

ROOT = Path(__file__).parents[3]

CRASHING = """
import os, signal, sys
from pathlib import Path
from index.catalog.database import Catalog
from index.ingest.jobs import JobProgress, Jobs
from index.ingest.jobs import Count
from index.records import Viewer
jobs = Jobs(Catalog.open(Path(sys.argv[1])))
waiting, running = jobs.create("upload").id, jobs.create("sync").id
jobs.begin(running)
jobs.advance(running, JobProgress("reading", Count(3, 9)))
print(waiting, running, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def jobs(catalog: Catalog) -> Jobs:
    return Jobs(catalog)


def test_a_job_waits_runs_and_is_done(jobs: Jobs) -> None:
    job = jobs.create("sync")
    assert (len(job.id), int(job.id, 16) > 0, job.kind, job.state, job.owner) == (
        *(32, True, "sync", "waiting", str(this_process())),
    )
    assert (job.started, job.ended, job.stage, job.seconds_left, job.has_ended) == (
        *(None, None, None, None, False),
    )
    assert jobs.begin(job.id)
    assert not jobs.begin(job.id), "only once"
    advance = JobProgress("embedding", Count(4, 9), Count(10, 20), 7.5)
    assert not jobs.advance(job.id, advance)
    running = jobs.get(job.id)
    assert (running.state, running.stage, running.files, running.passages, running.seconds_left) == (
        *("running", "embedding", Count(4, 9), Count(10, 20), 7.5),
    )
    jobs.finish(job.id, advance, {"added": ("a.txt",)})
    done = jobs.get(job.id)
    assert (done.state, done.result, done.message, done.seconds_left) == (
        *("done", {"added": ["a.txt"]}, None, None),
    )
    assert done.started is not None
    assert done.ended is not None
    times = [datetime.fromisoformat(time) for time in (done.created, done.started, done.ended)]
    assert times == sorted(times)
    assert done.as_dict()["files"] == {"done": 4, "of": 9}


def test_what_has_ended_stays_as_it_ended(jobs: Jobs) -> None:
    job_id = jobs.create("sync").id
    jobs.begin(job_id)
    jobs.fail(job_id, JobProgress(), "the disk is full")
    jobs.finish(job_id, JobProgress())
    jobs.record_cancellation(job_id, JobProgress(), "stopped")
    assert (jobs.get(job_id).state, jobs.get(job_id).message) == ("failed", "the disk is full")


def test_cancelling_ends_what_waits_and_asks_what_runs(jobs: Jobs) -> None:
    waiting, running = jobs.create("upload").id, jobs.create("sync").id
    jobs.begin(running)
    cancelled = jobs.request_cancel(waiting)
    assert (cancelled.state, cancelled.message, cancelled.ended is not None) == (
        *("cancelled", "cancelled on request", True),
    )
    assert not jobs.begin(waiting)
    asked = jobs.request_cancel(running)
    assert (asked.state, asked.cancelling) == ("running", True)
    assert jobs.advance(running, JobProgress("reading", Count(1, 2)))
    jobs.record_cancellation(running, JobProgress("reading", Count(1, 2)), "cancelled on request")
    ended = jobs.get(running)
    assert (ended.state, ended.cancelling, ended.files) == ("cancelled", False, Count(1, 2))


def test_what_has_ended_or_never_was_cannot_be_cancelled(jobs: Jobs) -> None:
    job_id = jobs.create("sync").id
    jobs.begin(job_id)
    jobs.finish(job_id, JobProgress())
    with pytest.raises(
        JobEndedError, match=rf"^the job {job_id} has ended \(done\); there is nothing to cancel$"
    ):
        jobs.request_cancel(job_id)
    for ask in (jobs.get, jobs.request_cancel):
        with pytest.raises(JobNotFoundError, match=r"^there is no job 'abc'; the last 1,000 are remembered$"):
            ask("abc")


def test_the_newest_job_comes_first(jobs: Jobs) -> None:
    made = [jobs.create("sync").id for _ in range(5)]
    assert [job.id for job in jobs.recent()] == made[::-1]
    assert [job.id for job in jobs.recent(2)] == made[:2:-1]


def test_the_oldest_that_have_ended_are_forgotten(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT", 3)
    first, second = jobs.create("sync").id, jobs.create("sync").id
    jobs.request_cancel(second)
    made = [jobs.create("sync").id for _ in range(3)]
    assert [job.id for job in jobs.recent()] == [*made[::-1], first], "what still waits is kept"


@pytest.mark.sqlite
def test_a_killed_process_leaves_jobs_that_have_failed_for_all_who_look(tmp_path: Path, jobs: Jobs) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASHING, str(tmp_path / "catalog.sqlite")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    waiting, running = done.stdout.split()
    mine = jobs.create("sync").id
    for job_id in (waiting, running):
        seen = jobs.get(job_id)
        assert (seen.state, seen.message, seen.ended) == ("failed", INTERRUPTED, None)
        with pytest.raises(JobEndedError):
            jobs.request_cancel(job_id)
    other = jobs.create("sync").id
    assert not {waiting, running, mine, other} - {job.id for job in jobs.recent()}
    assert {job.id for job in jobs.unended()} == {mine, other}
    assert set(jobs.abandon()) == {running, waiting}
    assert jobs.abandon() == []
    ended = jobs.get(running)
    assert (ended.state, ended.message, ended.files) == ("failed", INTERRUPTED, Count(3, 9))
    assert ended.ended is not None
    assert jobs.get(mine).state == "waiting"


@pytest.mark.parametrize(("hours", "state"), [(23, "running"), (25, "failed")])
def test_a_job_of_another_machine_is_over_when_nothing_was_heard_for_a_day(
    catalog: Catalog, hours: int, state: str
) -> None:
    jobs = Jobs(catalog, replace(this_process(), host="elsewhere"))
    job_id = jobs.create("sync").id
    jobs.begin(job_id)
    heard = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    with catalog.engine.begin() as connection:
        connection.execute(sa.update(table).values(heard=heard))
    assert jobs.get(job_id).state == state
    assert jobs.abandon() == ([job_id] if state == "failed" else [])


def test_for_a_viewer_who_may_not_see_all_there_are_no_jobs_of_others(catalog: Catalog) -> None:
    ana, bea, root = Viewer("ana"), Viewer("bea"), Viewer("root", sees_all=True)
    of_nobody, of_ana, of_root = (
        Jobs(catalog.for_viewer(viewer)).create("sync").id for viewer in (None, ana, root)
    )
    for viewer in (None, root):
        assert [job.id for job in Jobs(catalog.for_viewer(viewer)).recent()] == [of_root, of_ana, of_nobody]
    for viewer, own in ((ana, [of_ana]), (bea, []), (Viewer(""), [])):
        jobs = Jobs(catalog.for_viewer(viewer))
        assert [job.id for job in jobs.recent()] == [job.id for job in jobs.unended()] == own
        for job_id in {of_nobody, of_ana, of_root} - set(own):
            for ask in (jobs.get, jobs.request_cancel):
                with pytest.raises(JobNotFoundError):
                    ask(job_id)
    assert {job.state for job in Jobs(catalog).recent()} == {"waiting"}
    assert Jobs(catalog.for_viewer(ana)).request_cancel(of_ana).state == "cancelled"
    assert Jobs(catalog.for_viewer(root)).request_cancel(of_nobody).state == "cancelled"
