"""Background jobs as rows of the catalog, where any process reads their progress and cancels them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from types import TracebackType
from typing import Any, Literal, Self

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from index.catalog.database import Catalog
from index.catalog.dialects import writing
from index.catalog.lock import Process, naming_task, this_process
from index.catalog.schema import jobs
from index.errors import Cancelled, JobEndedError, JobNotFoundError, UnreachableError

Kind = Literal["sync", "upload", "rebuild", "compaction"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]

KEPT = 1000  # The number of jobs to remember; older jobs are deleted if they have ended.

INTERRUPTED = "interrupted: its process ended before the work did"

_UNENDED = ("waiting", "running")

_SILENCE = timedelta(days=1)  # After this time without an update, a job of another machine counts as failed.


@dataclass(frozen=True, slots=True)
class Count:
    """``of`` is what is known so far."""

    done: int = 0
    of: int = 0


NONE = Count()


@dataclass(frozen=True, slots=True)
class JobProgress:
    """``stage`` is ``reading``, ``embedding``, ``rebuilding``, or None; ``rate`` is in passages a second."""

    stage: str | None = None
    files: Count = NONE
    passages: Count = NONE
    seconds_left: float | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Times are ISO 8601 in UTC; ``message`` is why it failed or was cancelled, ``result`` its JSON."""

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
        return self.state not in _UNENDED

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Jobs:
    """New jobs belong to the viewer of ``catalog``, who sees no others without ``sees_all``. Thread-safe."""

    def __init__(self, catalog: Catalog, owner: Process | None = None) -> None:
        self._engine = catalog.engine
        self._owner = str(owner or this_process())
        viewer = catalog.viewer
        sees_all = viewer is None or viewer.sees_all
        self._sender = viewer.key if viewer else ""
        self._visible = sa.true() if sees_all else jobs.c.sender == self._sender

    def create(self, kind: Kind) -> Job:
        """Forget the ended jobs that are not among the newest :data:`KEPT`."""
        job_id = uuid.uuid4().hex
        row = {
            "id": job_id,
            "kind": kind,
            "state": "waiting",
            "owner": self._owner,
            "sender": self._sender or None,
            "created": _now(),
            "heard": _now(),
            "cancelling": False,
            **_columns(JobProgress()),
        }
        with writing(self._engine) as connection:
            newest = connection.scalar(sa.insert(jobs).values(row).returning(jobs.c.number)) or 0
            forgotten = jobs.c.number <= newest - KEPT
            connection.execute(sa.delete(jobs).where(forgotten, jobs.c.state.not_in(_UNENDED)))
        return self.get(job_id)

    def begin(self, job_id: str) -> bool:
        """Return False if the job was cancelled and so no longer waits."""
        values = {"state": "running", "started": _now(), "heard": _now()}
        return self._change(job_id, "waiting", values)

    def advance(self, job_id: str, progress: JobProgress) -> bool:
        """Return whether the job should stop."""
        noted = (
            sa.update(jobs)
            .where(jobs.c.id == job_id)
            .values(heard=_now(), **_columns(progress))
            .returning(jobs.c.cancelling)
        )
        with writing(self._engine) as connection:
            return bool(connection.scalar(noted))

    def finish(self, job_id: str, progress: JobProgress, result: Mapping[str, Any] | None = None) -> None:
        self._end(job_id, "done", progress, {"result": result})

    def fail(self, job_id: str, progress: JobProgress, message: str) -> None:
        self._end(job_id, "failed", progress, {"message": message})

    def record_cancellation(self, job_id: str, progress: JobProgress, message: str) -> None:
        self._end(job_id, "cancelled", progress, {"message": message})

    def request_cancel(self, job_id: str, message: str = "cancelled on request") -> Job:
        """Whichever process runs it. Raises JobNotFoundError or JobEndedError."""
        stopped = {"state": "cancelled", "message": message, "ended": _now()}
        before = self.get(job_id)
        # The job may begin or end between the read and the change.
        if not before.has_ended and (
            self._change(job_id, "waiting", stopped) or self._change(job_id, "running", {"cancelling": True})
        ):
            return self.get(job_id)
        how = self.get(job_id).message or "done"
        raise JobEndedError(f"the job {job_id} has ended ({how}); there is nothing to cancel")

    def get(self, job_id: str) -> Job:
        """Raises JobNotFoundError."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id, self._visible)).first()
        if row is None:
            raise JobNotFoundError(job_id, KEPT)
        return _job_of(row)

    def recent(self, limit: int = 100) -> list[Job]:
        query = sa.select(jobs).where(self._visible).order_by(jobs.c.number.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [_job_of(row) for row in connection.execute(query)]

    def unended(self) -> list[Job]:
        return [job for _, job in self._stored_unended() if not job.has_ended]

    def abandon(self) -> list[str]:
        """Record that the jobs of dead processes have failed; a process calls this before its first write."""
        abandoned: list[str] = []
        for state, job in self._stored_unended():
            values = {"state": job.state, "message": job.message, "ended": _now(), "seconds_left": None}
            if job.has_ended and self._change(job.id, state, values):
                abandoned.append(job.id)
        return abandoned

    def _stored_unended(self) -> list[tuple[State, Job]]:
        query = sa.select(jobs).where(jobs.c.state.in_(_UNENDED), self._visible)
        with self._engine.connect() as connection:
            return [(row.state, _job_of(row)) for row in connection.execute(query)]

    def _end(self, job_id: str, state: State, progress: JobProgress, values: Mapping[str, object]) -> None:
        over = _columns(replace(progress, seconds_left=None))
        ended = {"state": state, "ended": _now(), "heard": _now(), "cancelling": False}
        self._change(job_id, "running", {**over, **ended, **values})

    def _change(self, job_id: str, state: State, values: Mapping[str, object]) -> bool:
        """Only if it is in ``state``, atomically; return whether it was changed."""
        changed = sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == state).values(**values)
        with writing(self._engine) as connection:
            return connection.execute(changed).rowcount == 1


def _columns(progress: JobProgress) -> dict[str, object]:
    return {
        "stage": progress.stage,
        "files_done": progress.files.done,
        "files_of": progress.files.of,
        "passages_done": progress.passages.done,
        "passages_of": progress.passages.of,
        "seconds_left": progress.seconds_left,
    }


def _job_of(row: sa.Row[Any]) -> Job:
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
    lives = Process.parse(owner).lives
    if lives is None:
        return datetime.now(UTC) - datetime.fromisoformat(heard) > _SILENCE
    return not lives


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


WRITE_SECONDS = 0.5  # each update of a job's row also checks whether the job should stop


class RunningJob:
    """The work calls this as its ``Progress``, and sets ``result`` before the context ends.

    Errors are recorded and raised again: :class:`Cancelled`, an interrupt, and any after a request to stop
    make the job ``cancelled``, all others ``failed``.
    """

    def __init__(
        self,
        jobs: Jobs,
        job_id: str,
        also: Callable[[JobProgress], None] | None = None,
        explain: Callable[[BaseException], str] = str,
    ) -> None:
        """``also`` gets each progress report; ``explain`` turns an error into the line to record."""
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
        """Raises Cancelled at most half a second after any process has asked the job to stop."""
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
        """The next progress report raises :class:`Cancelled`. Other threads may call this."""
        self._reason = reason
        self._stopped.set()


@dataclass(frozen=True, slots=True)
class Workload:
    """The work so far, and the seconds of it; ``covered`` files contain the passages found so far."""

    reading: float = 0.0
    embedding: float = 0.0
    files: Count = NONE
    passages: Count = NONE
    covered: int = 0


def seconds_left(work: Workload) -> float | None:
    """None until a passage is embedded. Unread files are assumed to have as many passages as those read."""
    files, passages = work.files, work.passages
    if not passages.done or (files.of and not files.done):
        return None
    reading, coming = 0.0, float(passages.of - passages.done)
    if files.done:
        reading = (files.of - files.done) * work.reading / files.done
    if work.covered:
        coming += (files.of - work.covered) * passages.of / work.covered
    return round(reading + coming * work.embedding / passages.done, 1)


def rate(work: Workload) -> float | None:
    return work.passages.done / work.embedding if work.passages.done and work.embedding else None


def advanced(work: Workload, stage: str, count: Count, seconds: float) -> Workload:
    """Each round of a sync counts its passages from 0; the result counts those of all rounds."""
    if stage == "reading":
        return replace(work, files=count, reading=work.reading + seconds)
    known = work.passages
    before = known.of - count.of if known.done < known.of else known.of
    return replace(
        work,
        passages=Count(before + count.done, before + count.of),
        covered=work.files.done,
        embedding=work.embedding + seconds,
    )
