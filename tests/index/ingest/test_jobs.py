"""The states of jobs; a running one records its outcome and can be stopped, and a dead one's has failed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from index.catalog.database import Catalog
from index.catalog.lock import WriteLock, holder, this_process
from index.catalog.schema import jobs as table
from index.errors import Cancelled, JobEndedError, JobNotFoundError
from index.ingest import jobs as history
from index.ingest.jobs import (
    INTERRUPTED,
    Count,
    Job,
    JobProgress,
    Jobs,
    RunningJob,
    Workload,
    advanced,
    rate,
    seconds_left,
)
from index.ingest.synchronize import sync
from index.library import Library
from index.records import Viewer
from tests.support.clocks import Clock, set_time
from tests.support.processes import run_script
from tests.support.reports import paths, write

CRASHING = """
import os, signal, sys
from pathlib import Path
from index.catalog.database import Catalog
from index.ingest.jobs import Count, JobProgress, Jobs
jobs = Jobs(Catalog.open(Path(sys.argv[1])))
waiting, running = jobs.create("upload").id, jobs.create("sync").id
jobs.begin(running)
jobs.advance(running, JobProgress("reading", Count(3, 9)))
print(waiting, running, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def jobs(catalog: Catalog) -> Jobs:
    return Jobs(catalog)


def test_a_job_waits_runs_and_is_done(jobs: Jobs) -> None:
    job = jobs.create("sync")
    assert (len(job.id), job.kind, job.state, job.owner) == (32, "sync", "waiting", str(this_process()))
    assert (job.started, job.ended, job.stage, job.has_ended) == (None, None, None, False)
    assert jobs.begin(job.id)
    assert not jobs.begin(job.id), "only once"
    advance = JobProgress("embedding", Count(4, 9), Count(10, 20), 7.5)
    assert not jobs.advance(job.id, advance)
    running = jobs.get(job.id)
    assert (running.state, running.stage, running.seconds_left) == ("running", "embedding", 7.5)
    assert (running.files, running.passages) == (Count(4, 9), Count(10, 20))
    jobs.finish(job.id, advance, {"added": ("a.txt",)})
    done = jobs.get(job.id)
    assert (done.state, done.result, done.message) == ("done", {"added": ["a.txt"]}, None)
    assert done.seconds_left is None
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
    assert (cancelled.state, cancelled.message) == ("cancelled", "cancelled on request")
    assert cancelled.ended is not None
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
    done = run_script(CRASHING, tmp_path / "catalog.sqlite")
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("dam", "water", "weir"):
        write(tmp_path / f"reports/{name}.txt", f"The {name} of Varda held through the night.")
    return tmp_path / "reports"


class TestEstimate:
    @pytest.mark.parametrize(
        ("work", "expected"),
        [
            # Nothing is said before a passage was embedded.
            (Workload(), None),
            (Workload(reading=4, files=Count(2, 4)), None),
            (Workload(reading=4, files=Count(4, 4)), None),
            (Workload(reading=4, embedding=10, files=Count(4, 4), passages=Count(5, 20), covered=4), 30),
            # 6 files of 1 s each, and 6 · 5 passages of 2 s each, besides the 15 known ones.
            (Workload(reading=4, embedding=10, files=Count(4, 10), passages=Count(5, 20), covered=4), 96),
            (Workload(embedding=3, passages=Count(30, 40)), 1),
            (Workload(reading=4, embedding=10, files=Count(4, 4), passages=Count(20, 20), covered=4), 0),
        ],
    )
    def test_files_that_are_to_come_are_like_those_that_came(
        self, work: Workload, expected: float | None
    ) -> None:
        assert seconds_left(work) == expected

    def test_the_rate_is_of_the_time_that_embedding_took(self) -> None:
        assert rate(Workload(reading=4)) is None
        assert rate(Workload(reading=4, embedding=10, files=Count(4, 4), passages=Count(5, 20))) == 0.5

    def test_goes_are_added_up(self) -> None:
        work = Workload()
        reports = [
            *(("reading", 1, 4), ("reading", 2, 4), ("embedding", 256, 300), ("embedding", 300, 300)),
            *(("reading", 3, 4), ("reading", 4, 4), ("embedding", 100, 100)),
        ]
        for stage, done, of in reports:
            work = advanced(work, stage, Count(done, of), 0.5)
        assert work == Workload(2.0, 1.5, Count(4, 4), Count(400, 400), 4)

    @given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 600)), min_size=1, max_size=6))
    def test_it_never_is_below_nothing_and_counts_never_fall(self, goes: list[tuple[int, int]]) -> None:
        work, total, read = Workload(), sum(files for files, _ in goes), 0
        counts = [work.passages]
        for files, passages in goes:
            for _ in range(files):
                read += 1
                work = advanced(work, "reading", Count(read, total), 0.1)
            for done in [*range(256, passages, 256), passages]:
                work = advanced(work, "embedding", Count(done, passages), 0.2)
                counts.append(work.passages)
                left = seconds_left(work)
                assert left is not None
                assert left >= 0
        assert work.passages == Count(sum(count for _, count in goes), sum(count for _, count in goes))
        assert [count.done for count in counts] == sorted(count.done for count in counts)
        assert seconds_left(work) == 0


class TestOutcome:
    def test_a_sync_is_done_and_has_its_report(self, index: Library, folder: Path) -> None:
        told: list[JobProgress] = []
        jobs = Jobs(index.catalog)
        job_id = jobs.create("sync").id
        with RunningJob(jobs, job_id, told.append) as running:
            report = sync(index, [folder], running)
            running.result = report.as_dict()
        job = jobs.get(job_id)
        assert (job.state, job.stage, job.files, job.passages) == ("done", "embedding", *[Count(3, 3)] * 2)
        assert job.result is not None
        assert job.result["added"] == ["dam.txt", "water.txt", "weir.txt"]
        # A slow file is reported every half second, with the number of files before it.
        steps = dict.fromkeys((now.stage, now.files.done, now.passages.done) for now in told)
        assert [step for step in steps if step != ("reading", 0, 0)] == [
            *(("reading", number, 0) for number in (1, 2, 3)),
            *(("embedding", 3, number) for number in (1, 2, 3)),
        ]
        assert told[-1].rate is not None
        assert told[-1].rate > 0

    def test_an_error_is_kept_in_a_line_and_goes_on(self, jobs: Jobs) -> None:
        job_id = jobs.create("sync").id
        with pytest.raises(OSError, match="full"), RunningJob(jobs, job_id, explain=lambda e: f"It is\n{e}"):
            raise OSError("full")
        assert (jobs.get(job_id).state, jobs.get(job_id).message) == ("failed", "It is full")

    def test_an_interrupt_is_a_cancellation(self, jobs: Jobs) -> None:
        job_id = jobs.create("sync").id
        with pytest.raises(KeyboardInterrupt), RunningJob(jobs, job_id):
            raise KeyboardInterrupt
        assert (jobs.get(job_id).state, jobs.get(job_id).message) == ("cancelled", "interrupted by a signal")

    def test_what_was_cancelled_while_it_waited_does_not_begin(self, jobs: Jobs) -> None:
        job_id = jobs.create("sync").id
        jobs.request_cancel(job_id)
        with pytest.raises(Cancelled), RunningJob(jobs, job_id):
            pytest.fail("it began")
        assert jobs.get(job_id).started is None

    def test_who_waits_for_the_lock_is_told_what_the_job_is(self, tmp_path: Path, jobs: Jobs) -> None:
        with RunningJob(jobs, jobs.create("upload").id), WriteLock(tmp_path).hold():
            found = holder(tmp_path)
        assert found is not None
        assert found.task == "upload"


StoppedAt = Callable[[str, int], Job]


@pytest.fixture
def stopped_at(monkeypatch: pytest.MonkeyPatch, index: Library, folder: Path) -> Iterator[StoppedAt]:
    """Runs a sync as a job, which another process cancels at a given stage; returns the job."""
    monkeypatch.setattr(history, "WRITE_SECONDS", 0)
    elsewhere, jobs = Catalog.open(index.home / "catalog.sqlite"), Jobs(index.catalog)

    def stop(stage: str, done: int) -> Job:
        job_id = jobs.create("sync").id

        def cancel(now: JobProgress) -> None:
            count = now.files if stage == "reading" else now.passages
            if (now.stage, count.done) == (stage, done):
                Jobs(elsewhere).request_cancel(job_id)

        with pytest.raises(Cancelled), RunningJob(jobs, job_id, cancel) as running:
            sync(index, [folder], running)
        return jobs.get(job_id)

    yield stop
    elsewhere.close()


class TestCancelling:
    @pytest.mark.parametrize(("stage", "done"), [("reading", 1), ("reading", 3), ("embedding", 3)])
    def test_it_stops_at_the_next_report_and_leaves_the_library_as_it_was(
        self, stopped_at: StoppedAt, index: Library, stage: str, done: int
    ) -> None:
        job = stopped_at(stage, done)
        assert (job.state, job.message, job.stage) == ("cancelled", "cancelled on request", stage)
        assert (index.generation, paths(index)) == (0, [])
        assert sync(index).added == ("dam.txt", "water.txt", "weir.txt")
        assert len(index.search("The dam of Varda")) == 3

    def test_what_was_committed_before_stays(
        self, monkeypatch: pytest.MonkeyPatch, stopped_at: StoppedAt, index: Library
    ) -> None:
        monkeypatch.setattr("index.ingest.synchronize._CHARACTERS_AT_ONCE", 1)
        stopped_at("reading", 3)
        assert (index.generation, paths(index)) == (2, ["dam.txt", "water.txt"])
        report = sync(index)
        assert (report.added, report.unchanged) == (("weir.txt",), 2)

    def test_the_catalog_is_written_to_twice_a_second_at_most(
        self, monkeypatch: pytest.MonkeyPatch, jobs: Jobs
    ) -> None:
        clock = Clock(0.0)
        written: list[int] = []
        set_time(monkeypatch, history, clock)
        job_id = jobs.create("sync").id
        with RunningJob(jobs, job_id) as running:
            for number in range(1, 100):
                clock.now += 0.125
                running("reading", number, 200)
                written.append(jobs.get(job_id).files.done)
        assert sorted(set(written)) == [1, *range(5, 100, 4)]
