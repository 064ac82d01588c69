"""The audit log: who changed what, when and from where, and who was refused. It has no words of reports.

Its own tables are in no backup. Old records are deleted, but no record is changed.
"""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Callable
from contextlib import closing
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from index.catalog import TEXT, database_of
from index.library import Library
from rag.conversations import AnswerStore, forget_feedback
from ui.operations.log import log_event
from ui.own_tables import OwnTables
from ui.settings import OperationSettings, Settings

DONE = "done"

_metadata = sa.MetaData()
_records = sa.Table(
    "records",
    _metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("who", TEXT),
    sa.Column("action", TEXT, nullable=False),
    sa.Column("target", TEXT),
    sa.Column("outcome", TEXT, nullable=False),
    sa.Column("address", TEXT),
    sa.Column("request_id", TEXT),
    # No later record gets the number of a deleted one, even of the newest.
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Act:
    """``action`` is a route or a command, ``outcome`` ``done`` or the HTTP status, ``target`` its object."""

    action: str
    outcome: str = DONE
    kind: str = "nobody"
    who: str | None = None
    target: str | None = None
    address: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class AuditRecord(Act):
    """A record, with a number higher than all earlier ones, and the time in seconds since 1970."""

    number: int = 0
    at: float = 0.0


AUDIT = OwnTables("audit", _metadata, version=1)


class AuditLog:
    """Safe between threads and processes. The first record makes the tables: a full disk does no harm."""

    def __init__(self, home: Path, database_url: str = "", clock: Callable[[], float] = time.time) -> None:
        self._tables = AUDIT.lazy(home, database_url)
        self._clock = clock

    def close(self) -> None:
        self._tables.close()

    def add(self, act: Act) -> None:
        """Texts are cut to 200 characters. Raises OwnTablesError or sqlalchemy.exc.DatabaseError."""
        row = {key: value and value[:200] for key, value in asdict(act).items()}
        with self._tables.engine.begin() as connection:
            connection.execute(sa.insert(_records).values(at=self._clock(), **row))

    def records(
        self,
        limit: int,
        *,
        before: int | None = None,
        who: str | None = None,
        action: str | None = None,
        since: float | None = None,
    ) -> list[AuditRecord]:
        """Newest first. ``before`` is a number, ``action`` a part of one, ``since`` seconds since 1970."""
        newest = sa.select(_records).order_by(_records.c.number.desc()).limit(limit)
        if before is not None:
            newest = newest.where(_records.c.number < before)
        if who is not None:
            newest = newest.where(_records.c.who == who)
        if action is not None:
            newest = newest.where(_records.c.action.contains(action, autoescape=True))
        if since is not None:
            newest = newest.where(_records.c.at >= since)
        if not self._tables.may_have_rows():
            return []
        with self._tables.engine.begin() as connection:
            return [AuditRecord(**row) for row in connection.execute(newest).mappings()]

    def latest(self, action: str) -> dict[str, float]:
        """Return when each user, token or account last did ``action`` with success, in seconds since 1970."""
        newest = (
            sa.select(_records.c.who, sa.func.max(_records.c.at))
            .where(_records.c.action == action, _records.c.outcome == DONE, _records.c.who.is_not(None))
            .group_by(_records.c.who)
        )
        if not self._tables.may_have_rows():
            return {}
        with self._tables.engine.begin() as connection:
            return {str(who): float(at) for who, at in connection.execute(newest)}

    def forget(self, before: float) -> int:
        """Return the number of deleted records. SQLite's write-ahead log is emptied, too."""
        if not self._tables.may_have_rows():
            return 0
        with self._tables.engine.begin() as connection:
            gone = connection.execute(sa.delete(_records).where(_records.c.at < before)).rowcount
        if gone:
            with self._tables.engine.connect() as connection:
                database_of(connection).clear_log(connection)
        return gone


def record_command(settings: Settings, action: str, target: str | None = None) -> None:
    with closing(AuditLog(settings.home, settings.database)) as log:
        log.add(Act(action, kind="command", who=system_account(), target=target))


def system_account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # A container's account may have no name.
        return str(os.getuid())


_notes: ContextVar[dict[str, str] | None] = ContextVar("notes", default=None)


def begin_audit_notes() -> dict[str, str]:
    """Return the notes about the current request, for the audit log, to which :func:`note` adds."""
    notes: dict[str, str] = {}
    _notes.set(notes)
    return notes


def note(**known: str) -> None:
    """Note the ``who`` or ``target`` of the current request, if its path and its sender do not say it."""
    notes = _notes.get()
    if notes is not None:
        notes.update(known)


DAY_SECONDS = 86_400
HOUR_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Forgotten:
    answers: int = 0
    feedback: int = 0
    audit: int = 0


def retention(library: Library, audit: AuditLog, settings: OperationSettings) -> Callable[[], None]:
    """Return a function that deletes old records at its first call, and then at most once an hour."""
    due = 0.0

    def step() -> None:
        nonlocal due
        now = time.monotonic()
        if now >= due:
            # Set this first, so that on a full disk the attempt and its log line come only once an hour.
            due = now + HOUR_SECONDS
            forget(library, audit, settings)

    return step


def forget(
    library: Library, audit: AuditLog, settings: OperationSettings, clock: Callable[[], float] = time.time
) -> Forgotten:
    """The write-ahead log is emptied, too. Raises sqlalchemy.exc.DatabaseError or UnreachableError."""
    now = clock()

    def limit(days: int) -> str:
        return datetime.fromtimestamp(now - days * DAY_SECONDS, UTC).isoformat(timespec="seconds")

    forgotten = Forgotten(
        AnswerStore(library.catalog).forget(limit(settings.keep_answers)) if settings.keep_answers else 0,
        forget_feedback(library.catalog, limit(settings.keep_feedback)) if settings.keep_feedback else 0,
        audit.forget(now - settings.keep_audit * DAY_SECONDS) if settings.keep_audit else 0,
    )
    library.catalog.clear_log()
    if forgotten != Forgotten():
        log_event("retention", answers=forgotten.answers, feedback=forgotten.feedback, audit=forgotten.audit)
    return forgotten
