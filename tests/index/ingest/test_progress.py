"""A running job records every outcome, estimates its remaining time, and can be stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.catalog.database import Catalog
from index.catalog.lock import WriteLock, holder
from index.errors import Cancelled
from index.ingest import jobs as module
from index.ingest.jobs import (
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
from index.loaders.sandbox.client import Isolated
from tests.support.clocks import Clock, set_time
from tests.support.reports import paths, write


@pytest.fixture
def jobs(index: Library) -> Jobs:
    return Jobs(index.catalog)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("dam", "water", "weir"):
        write(tmp_path / f"reports/{name}.txt", f"The {name} of Varda held through the night.")
    return tmp_path / "reports"


class TestEstimate:
    def test_nothing_is_said_before_a_passage_was_embedded(self) -> None:
        assert seconds_left(Workload()) is None
        assert seconds_left(Workload(reading=4, files=Count(2, 4))) is None
        assert seconds_left(Workload(reading=4, files=Count(4, 4))) is None

    def test_what_was_read_at_once_takes_its_passages_only(self) -> None:
        work = Workload(reading=4, embedding=10, files=Count(4, 4), passages=Count(5, 20), covered=4)
        assert seconds_left(work) == 30

    def test_files_that_are_to_come_are_like_those_that_came(self) -> None:
        # 6 files of 1 s each, and 6 · 5 passages of 2 s each, besides the 15 known ones.
        work = Workload(reading=4, embedding=10, files=Count(4, 10), passages=Count(5, 20), covered=4)
        assert seconds_left(work) == 6 * 1 + (15 + 30) * 2

    def test_what_has_no_files_has_passages_only(self) -> None:
        assert seconds_left(Workload(embedding=3, passages=Count(30, 40))) == 1

    def test_at_the_end_nothing_is_left(self) -> None:
        work = Workload(reading=4, embedding=10, files=Count(4, 4), passages=Count(20, 20), covered=4)
        assert seconds_left(work) == 0

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
    def test_a_sync_is_done_and_has_its_report(
        self, index: Library, jobs: Jobs, folder: Path, loading: Isolated
    ) -> None:
        told: list[JobProgress] = []
        job_id = jobs.create("sync").id
        with RunningJob(jobs, job_id, told.append) as running:
            report = sync(index, [folder], running, reader=loading)
            running.result = report.as_dict()
        job = jobs.get(job_id)
        assert (job.state, job.stage, job.files, job.passages) == (
            *("done", "embedding", Count(3, 3), Count(3, 3)),
        )
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
def stopped_at(
    monkeypatch: pytest.MonkeyPatch, index: Library, jobs: Jobs, folder: Path, loading: Isolated
) -> Iterator[StoppedAt]:
    """Runs a sync as a job, which another process cancels at a given stage; returns the job."""
    monkeypatch.setattr(module, "WRITE_SECONDS", 0)
    elsewhere = Catalog.open(index.home / "catalog.sqlite")

    def stop(stage: str, done: int) -> Job:
        job_id = jobs.create("sync").id

        def cancel(now: JobProgress) -> None:
            count = now.files if stage == "reading" else now.passages
            if (now.stage, count.done) == (stage, done):
                Jobs(elsewhere).request_cancel(job_id)

        with pytest.raises(Cancelled), RunningJob(jobs, job_id, cancel) as running:
            sync(index, [folder], running, reader=loading)
        return jobs.get(job_id)

    yield stop
    elsewhere.close()


class TestCancelling:
    @pytest.mark.parametrize(("stage", "done"), [("reading", 1), ("reading", 3), ("embedding", 3)])
    def test_it_stops_at_the_next_report_and_leaves_the_library_as_it_was(
        self, stopped_at: StoppedAt, index: Library, loading: Isolated, stage: str, done: int
    ) -> None:
        job = stopped_at(stage, done)
        assert (job.state, job.message, job.stage) == ("cancelled", "cancelled on request", stage)
        assert (index.generation, paths(index)) == (0, [])
        assert sync(index, reader=loading).added == ("dam.txt", "water.txt", "weir.txt")
        assert len(index.search("The dam of Varda")) == 3

    def test_what_was_committed_before_stays(
        self, monkeypatch: pytest.MonkeyPatch, stopped_at: StoppedAt, index: Library, loading: Isolated
    ) -> None:
        monkeypatch.setattr("index.ingest.synchronize._CHARACTERS_AT_ONCE", 1)
        stopped_at("reading", 3)
        assert (index.generation, paths(index)) == (2, ["dam.txt", "water.txt"])
        report = sync(index, reader=loading)
        assert (report.added, report.unchanged) == (("weir.txt",), 2)

    def test_the_catalog_is_written_to_twice_a_second_at_most(
        self, monkeypatch: pytest.MonkeyPatch, jobs: Jobs
    ) -> None:
        clock = Clock(0.0)
        written: list[int] = []
        set_time(monkeypatch, module, clock)
        job_id = jobs.create("sync").id
        with RunningJob(jobs, job_id) as running:
            for number in range(1, 100):
                clock.now += 0.125
                running("reading", number, 200)
                written.append(jobs.get(job_id).files.done)
        assert sorted(set(written)) == [1, *range(5, 100, 4)]
