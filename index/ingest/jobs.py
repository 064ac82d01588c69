"""Background work as the catalog knows it: what runs, how far it is, and how what ran before came out.

A job is a row that its process writes to while it works, so that every other process sees how far it is, can
ask it to stop, and can tell when its process has died.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from index.catalog.liveness import Process, this_process
from index.catalog.schema import jobs
from index.errors import JobEndedError, JobNotFoundError

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
class Advance:
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
        stage: as ``files``, ``passages`` and ``seconds_left`` in :class:`Advance`.
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
            **_columns(Advance()),
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

    def advance(self, job_id: str, advance: Advance) -> bool:
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

    def finish(self, job_id: str, advance: Advance, result: Mapping[str, Any] | None = None) -> None:
        """Note that a running job has done what it should."""
        self._end(job_id, "done", advance, {"result": result})

    def fail(self, job_id: str, advance: Advance, message: str) -> None:
        """Note why a running job could not go on."""
        self._end(job_id, "failed", advance, {"message": message})

    def stop(self, job_id: str, advance: Advance, message: str) -> None:
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

    def _end(self, job_id: str, state: State, advance: Advance, values: Mapping[str, object]) -> None:
        over = _columns(replace(advance, seconds_left=None))
        ended = {"state": state, "ended": _now(), "heard": _now(), "cancelling": False}
        self._change(job_id, "running", {**over, **ended, **values})

    def _change(self, job_id: str, state: State, values: Mapping[str, object]) -> bool:
        """Change a job if it is in ``state``, at one blow; whether it was."""
        changed = sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == state).values(**values)
        with self._engine.begin() as connection:
            return connection.execute(changed).rowcount == 1


def _columns(advance: Advance) -> dict[str, object]:
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
