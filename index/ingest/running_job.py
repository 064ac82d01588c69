"""Runs work as a job: records its start, progress and outcome in the catalog, and stops it on request."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from threading import Event
from types import TracebackType
from typing import Any, Self

from sqlalchemy.exc import SQLAlchemyError

from index.catalog.lock import naming_task
from index.errors import Cancelled, UnreachableError
from index.ingest.jobs import JobProgress, Jobs
from index.ingest.workload import Count, Workload, advanced, rate, seconds_left

WRITE_SECONDS = 0.5
"""The seconds between two updates of a job's row. Each update also checks whether the job should stop."""


class RunningJob:
    """A context that records the start, progress and outcome of a job.

    The work inside the context calls this object as its ``Progress``. If the work raises an error, the
    context records the error and raises it again. :class:`Cancelled`, an interrupt, and any error after
    a request to stop make the job ``cancelled``; all other errors make it ``failed``.

    Attributes:
        result: the result to record; set it before the context ends.
    """

    def __init__(
        self,
        jobs: Jobs,
        job_id: str,
        also: Callable[[JobProgress], None] | None = None,
        explain: Callable[[BaseException], str] = str,
    ) -> None:
        """Prepare to run a waiting job; the job begins when the context is entered.

        Args:
            jobs: the library's jobs.
            job_id: the job's id.
            also: called with each progress report, in addition to the record in the catalog.
            explain: turns an error into the line to record.
        """
        self.result: Mapping[str, Any] | None = None
        self._jobs = jobs
        self._id = job_id
        self._also = also
        self._explain = explain
        self._work = Workload()
        self._progress = JobProgress()
        self._stopped = Event()
        self._reason = "cancelled on request"
        self._reported = self._written = time.monotonic()
        self._context = ExitStack()

    def __enter__(self) -> Self:
        if not self._jobs.begin(self._id):
            raise Cancelled(self._reason)
        self._reported = self._written = time.monotonic()
        self._context.enter_context(naming_task(self._jobs.get(self._id).kind))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.close()
        if error is None:
            self._jobs.finish(self._id, self._progress, self.result)
            return
        # If the outcome cannot be recorded, the error that the work raised is still the more useful one.
        with suppress(SQLAlchemyError, UnreachableError):
            # Work that stops on request may raise an error of its own.
            if isinstance(error, Cancelled) or self._stopped.is_set():
                self._jobs.record_cancellation(self._id, self._progress, self._reason)
            elif isinstance(error, KeyboardInterrupt | SystemExit):
                self._jobs.record_cancellation(self._id, self._progress, "interrupted by a signal")
            else:
                self._jobs.fail(self._id, self._progress, " ".join(self._explain(error).split()))

    def __call__(self, stage: str, done: int, of: int) -> None:
        """Record how many of the stage's files or passages are done.

        Raises:
            Cancelled: if the job was asked to stop. A request from another process takes effect within half a
                second.
        """
        now = time.monotonic()
        is_new = stage != self._progress.stage or done == of
        self._work = advanced(self._work, stage, Count(done, of), now - self._reported)
        self._reported = now
        work = self._work
        self._progress = JobProgress(stage, work.files, work.passages, seconds_left(work), rate(work))
        if self._also is not None:
            self._also(self._progress)
        if is_new or now - self._written >= WRITE_SECONDS:
            self._written = now
            # A locked catalog need not stop the work, and a full disk stops it anyway.
            with suppress(SQLAlchemyError, UnreachableError):
                if self._jobs.advance(self._id, self._progress):
                    self._stopped.set()
        if self._stopped.is_set():
            raise Cancelled(self._reason)

    def cancel(self, reason: str) -> None:
        """Make the next progress report raise :class:`Cancelled`. Other threads may call this."""
        self._reason = reason
        self._stopped.set()
