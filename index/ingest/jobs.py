"""Background work as the catalog knows it: what runs, how far it is, and how what ran before came out.

A job is a row that its process writes to while it works, so that every other process sees how far it is, can
ask it to stop, and can tell when its process has died.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from index.catalog.liveness import Process, this_process
from index.catalog.lock import doing
from index.catalog.schema import jobs
from index.errors import Cancelled, JobEndedError, JobNotFoundError

if TYPE_CHECKING:
    from index.library import Progress

Kind = Literal["sync", "upload", "rebuild", "compaction"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]

KEPT = 1000
"""Jobs that are remembered; older ones that have ended are forgotten."""

INTERRUPTED = "interrupted: its process ended before the work did"

_UNENDED = ("waiting", "running")

_SILENCE = timedelta(days=1)
"""A job of another machine that was not heard of for so long is over."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many are done, and of how many, as far as is known."""

    done: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is.

    Attributes:
        stage: what it is at: ``reading``, ``embedding``, or None before either.
        files: those that were read.
        passages: those that were embedded.
        seconds_left: an estimate; None while there is nothing to go by.
    """

    stage: str | None = None
    files: Count = Count()
    passages: Count = Count()
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of background work.

    Attributes:
        id: 32 hexadecimal digits.
        kind: what it does.
        state: ``done`` is well, ``failed`` has a message, ``cancelled`` was asked for.
        cancelling: whether it runs and was asked to stop.
        created: when it was asked for, ISO 8601 in UTC, as all times are.
        started: when it began, or None.
        ended: when it was over, or None.
        stage: as ``files``, ``passages`` and ``seconds_left`` in :class:`JobProgress`.
        files: there.
        passages: there.
        seconds_left: there.
        message: why it failed or was cancelled, in a line.
        result: what came out, as JSON: of a sync its report.
        owner: the process that runs it, as ``index.catalog.liveness.Process`` is written.
    """

    id: str
    kind: str
    state: str
    cancelling: bool
    created: str
    started: str | None
    ended: str | None
    stage: str | None
    files: Count
    passages: Count
    seconds_left: float | None
    message: str | None
    result: Mapping[str, Any] | None
    owner: str

    @property
    def has_ended(self) -> bool:
        """Whether it is over, one way or another."""
        return self.state not in _UNENDED

    def as_dict(self) -> dict[str, Any]:
        """The job as plain dicts and scalars, ready for JSON."""
        return asdict(self)


class Jobs:
    """The jobs of a library. Safe to share between threads.

    Args:
        engine: the catalog's database.
        owner: the process in whose name jobs are made; by default this one.
    """

    def __init__(self, engine: sa.Engine, owner: Process | None = None) -> None:
        self._engine = engine
        self._owner = str(owner or this_process())

    def create(self, kind: Kind) -> Job:
        """Note a job that waits for its turn, and forget what is too old."""
        job_id = uuid.uuid4().hex
        row = {
            "id": job_id,
            "kind": kind,
            "state": "waiting",
            "owner": self._owner,
            "created": _now(),
            "heard": _now(),
            "cancelling": False,
            **_columns(JobProgress()),
        }
        with self._engine.begin() as connection:
            newest = connection.scalar(sa.insert(jobs).values(row).returning(jobs.c.number)) or 0
            forgotten = jobs.c.number <= newest - KEPT
            connection.execute(sa.delete(jobs).where(forgotten, jobs.c.state.not_in(_UNENDED)))
        return self.get(job_id)

    def begin(self, job_id: str) -> bool:
        """Start a job that waits; False if it was cancelled meanwhile."""
        values = {"state": "running", "started": _now(), "heard": _now()}
        return self._change(job_id, "waiting", values)

    def advance(self, job_id: str, advance: JobProgress) -> bool:
        """Note how far a job is; whether it shall stop.

        Raises:
            sqlalchemy.exc.OperationalError: if the catalog cannot be written.
        """
        noted = (
            sa.update(jobs)
            .where(jobs.c.id == job_id)
            .values(heard=_now(), **_columns(advance))
            .returning(jobs.c.cancelling)
        )
        with self._engine.begin() as connection:
            return bool(connection.scalar(noted))

    def finish(self, job_id: str, advance: JobProgress, result: Mapping[str, Any] | None = None) -> None:
        """Note that a running job has done what it should."""
        self._end(job_id, "done", advance, {"result": result})

    def fail(self, job_id: str, advance: JobProgress, message: str) -> None:
        """Note why a running job could not go on."""
        self._end(job_id, "failed", advance, {"message": message})

    def stop(self, job_id: str, advance: JobProgress, message: str) -> None:
        """Note that a running job was stopped, and by what."""
        self._end(job_id, "cancelled", advance, {"message": message})

    def request_cancel(self, job_id: str, message: str = "cancelled on request") -> Job:
        """Cancel a job that waits, or ask one that runs to stop, whichever process runs it.

        Raises:
            JobNotFoundError: if there is none.
            JobEndedError: if it is over.
        """
        stopped = {"state": "cancelled", "message": message, "ended": _now()}
        before = self.get(job_id)
        # It may begin, or end, between the look at it and the change.
        if not before.has_ended and (
            self._change(job_id, "waiting", stopped) or self._change(job_id, "running", {"cancelling": True})
        ):
            return self.get(job_id)
        how = self.get(job_id).message or "done"
        raise JobEndedError(f"the job {job_id} has ended ({how}); there is nothing to cancel")

    def get(self, job_id: str) -> Job:
        """One job.

        Raises:
            JobNotFoundError: if there is none.
        """
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).first()
        if row is None:
            raise JobNotFoundError(job_id, KEPT)
        return _seen(row)

    def recent(self, limit: int = 100) -> list[Job]:
        """The jobs that came last, newest first."""
        query = sa.select(jobs).order_by(jobs.c.number.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [_seen(row) for row in connection.execute(query)]

    def abandon(self) -> list[str]:
        """Write down as failed what processes left unended that run no more; the ids of such jobs.

        Readers see such a job as failed already; this gives it its end. For a process that starts.
        """
        query = sa.select(jobs).where(jobs.c.state.in_(_UNENDED))
        with self._engine.connect() as connection:
            unended = [(row.state, _seen(row)) for row in connection.execute(query)]
        abandoned: list[str] = []
        for state, job in unended:
            values = {"state": job.state, "message": job.message, "ended": _now(), "seconds_left": None}
            if job.has_ended and self._change(job.id, state, values):
                abandoned.append(job.id)
        return abandoned

    def _end(self, job_id: str, state: State, advance: JobProgress, values: Mapping[str, object]) -> None:
        over = _columns(replace(advance, seconds_left=None))
        ended = {"state": state, "ended": _now(), "heard": _now(), "cancelling": False}
        self._change(job_id, "running", {**over, **ended, **values})

    def _change(self, job_id: str, state: State, values: Mapping[str, object]) -> bool:
        """Change a job if it is in ``state``, at one blow; whether it was."""
        changed = sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == state).values(**values)
        with self._engine.begin() as connection:
            return connection.execute(changed).rowcount == 1


def _columns(advance: JobProgress) -> dict[str, object]:
    return {
        "stage": advance.stage,
        "files_done": advance.files.done,
        "files_of": advance.files.of,
        "passages_done": advance.passages.done,
        "passages_of": advance.passages.of,
        "seconds_left": advance.seconds_left,
    }


def _seen(row: sa.Row[Any]) -> Job:
    """A row as a job: one whose process has died has failed, whatever it wrote last."""
    died = row.state in _UNENDED and _is_over(row.owner, row.heard)
    return Job(
        id=row.id,
        kind=row.kind,
        state="failed" if died else row.state,
        cancelling=row.cancelling and not died,
        created=row.created,
        started=row.started,
        ended=row.ended,
        stage=row.stage,
        files=Count(row.files_done, row.files_of),
        passages=Count(row.passages_done, row.passages_of),
        seconds_left=None if died else row.seconds_left,
        message=INTERRUPTED if died else row.message,
        result=row.result,
        owner=row.owner,
    )


def _is_over(owner: str, heard: str) -> bool:
    lives = Process.of(owner).lives
    if lives is None:
        return datetime.now(UTC) - datetime.fromisoformat(heard) > _SILENCE
    return not lives


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


READING = "reading"

NONE = Count()

WRITE_SECONDS = 0.5
"""Between two writings of how far a job is, and two looks at whether it shall stop."""


@dataclass(frozen=True, slots=True)
class Workload:
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


def seconds_left(work: Workload) -> float | None:
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


class RunningJob:
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
        self._work = Workload()
        self._advance = JobProgress()
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
        self._advance = JobProgress(stage, self._work.files, self._work.passages, seconds_left(self._work))
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


def advanced(work: Workload, stage: str, count: Count, seconds: float) -> Workload:
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
