"""How far a job is: counted, estimated, written down now and then, and stopped where that was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy.exc import SQLAlchemyError

from index.catalog.lock import doing
from index.errors import Cancelled
from index.ingest.jobs import Advance, Count, Jobs

if TYPE_CHECKING:
    from index.library import Progress

READING = "reading"

NONE = Count()

WRITE_SECONDS = 0.5
"""Between two writings of how far a job is, and two looks at whether it shall stop."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an estimate of the time left goes by.

    Attributes:
        reading: seconds that went into reading files.
        embedding: seconds that went into embedding passages.
        files: files that are read, of all.
        passages: passages that are embedded, of those that are known of by now.
        covered: files whose passages are among those.
    """

    reading: float = 0.0
    embedding: float = 0.0
    files: Count = NONE
    passages: Count = NONE
    covered: int = 0


def seconds_left(work: Work) -> float | None:
    """How long the rest of ``work`` takes if it is like what was done; None while there is nothing to go by.

    Files that are not read yet are taken to have as many passages as the others. Nothing is said before a
    passage was embedded, since that takes most of the time.
    """
    files, passages = work.files, work.passages
    if not passages.done or (files.of and not files.done):
        return None
    reading, coming = 0.0, float(passages.of - passages.done)
    if files.done:
        reading = (files.of - files.done) * work.reading / files.done
    if work.covered:
        coming += (files.of - work.covered) * passages.of / work.covered
    return round(reading + coming * work.embedding / passages.done, 1)


class Running:
    """A job at work: a context that notes when it began and how it came out, and the ``Progress`` it tells.

    What is raised inside goes on, once it is noted: :class:`Cancelled` and an interrupt as ``cancelled``, all
    else as ``failed``.

    Attributes:
        result: what to keep of the outcome; set it before the context ends.
    """

    def __init__(
        self,
        jobs: Jobs,
        job_id: str,
        also: Progress | None = None,
        explain: Callable[[BaseException], str] = str,
    ) -> None:
        """Make the context of a job that waits.

        Args:
            jobs: the library's jobs.
            job_id: the job.
            also: told all that this is told.
            explain: the line that is kept of an error.
        """
        self.result: Mapping[str, Any] | None = None
        self._jobs = jobs
        self._id = job_id
        self._also = also
        self._explain = explain
        self._work = Work()
        self._advance = Advance()
        self._stopped = Event()
        self._reason = "cancelled on request"
        self._told = self._written = time.monotonic()
        self._context = ExitStack()

    def __enter__(self) -> Self:
        if not self._jobs.begin(self._id):
            raise Cancelled(self._reason)
        self._told = self._written = time.monotonic()
        self._context.enter_context(doing(self._jobs.get(self._id).kind))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.close()
        if error is None:
            self._jobs.finish(self._id, self._advance, self.result)
            return
        # The error that is under way says more than that it cannot be noted.
        with suppress(SQLAlchemyError):
            # What was given up for the sake of stopping fails in its own words.
            if isinstance(error, Cancelled) or self._stopped.is_set():
                self._jobs.stop(self._id, self._advance, self._reason)
            elif isinstance(error, KeyboardInterrupt | SystemExit):
                self._jobs.stop(self._id, self._advance, "interrupted by a signal")
            else:
                self._jobs.fail(self._id, self._advance, " ".join(self._explain(error).split()))

    def __call__(self, stage: str, done: int, of: int) -> None:
        """Note that ``done`` of ``of`` files or passages are done.

        Raises:
            Cancelled: if the job was asked to stop, in this process or, half a second ago, in another.
        """
        if self._also is not None:
            self._also(stage, done, of)
        now = time.monotonic()
        is_new = stage != self._advance.stage or done == of
        self._work = advanced(self._work, stage, Count(done, of), now - self._told)
        self._told = now
        self._advance = Advance(stage, self._work.files, self._work.passages, seconds_left(self._work))
        if is_new or now - self._written >= WRITE_SECONDS:
            self._written = now
            # A catalog that is busy is no reason to stop; one that is full stops the work itself.
            with suppress(SQLAlchemyError):
                if self._jobs.advance(self._id, self._advance):
                    self._stopped.set()
        if self._stopped.is_set():
            raise Cancelled(self._reason)

    def cancel(self, reason: str) -> None:
        """Make the next report raise :class:`Cancelled`; for another thread of this process."""
        self._reason = reason
        self._stopped.set()


def advanced(work: Work, stage: str, count: Count, seconds: float) -> Work:
    """``work`` after a report of ``count`` at ``stage``, ``seconds`` after the one before.

    A sync embeds in several goes, each of which counts its passages from the beginning; they are added up.
    """
    if stage == READING:
        return replace(work, files=count, reading=work.reading + seconds)
    known = work.passages
    before = known.of - count.of if known.done < known.of else known.of
    return replace(
        work,
        passages=Count(before + count.done, before + count.of),
        covered=work.files.done,
        embedding=work.embedding + seconds,
    )
