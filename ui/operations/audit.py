"""The audit log: who changed what, when and from where, and who was refused. It has no words of reports.

The audit log has tables of its own: a backup of the library leaves them out, and a restore keeps them. The
server and the commands add records. Old records are deleted, but no record is changed.
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

_MOST_CHARACTERS = 200

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
    """An act that the audit log records.

    Attributes:
        action: the route, such as ``DELETE /v1/documents/{document_id}``, or the command.
        outcome: ``done``, or the HTTP status of the refusal or the failure.
        kind: ``user``, ``token``, ``machine`` or ``local`` as in :class:`ui.accounts.Identity`, ``nobody``
            for an unknown sender, and ``command`` for a command.
        who: the name of the user or the token, or the operating system's account that ran the command.
        target: the object of the act: ids, or the name of an account.
        address: the network address of the sender; None for a command.
        request_id: the id of the request; None for a command.
    """

    action: str
    outcome: str = DONE
    kind: str = "nobody"
    who: str | None = None
    target: str | None = None
    address: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class AuditRecord(Act):
    """A record of the audit log.

    Attributes:
        number: the number of the record, higher than those of all earlier records.
        at: the time, in seconds since 1970.
    """

    number: int = 0
    at: float = 0.0


AUDIT = OwnTables("audit", _metadata, version=1)


class AuditLog:
    """The audit log of a library. Safe to share between threads and processes.

    The first record creates the tables, so that a library on a full or read-only disk can be served.
    """

    def __init__(self, home: Path, database_url: str = "", clock: Callable[[], float] = time.time) -> None:
        """Prepare the log. Its tables are opened at the first use.

        Args:
            home: the library's folder.
            database_url: the address of the PostgreSQL database with the catalog; empty for a file in
                ``home``.
            clock: tells the time in seconds since 1970.
        """
        self._tables = AUDIT.lazy(home, database_url)
        self._clock = clock

    def close(self) -> None:
        """Close all connections."""
        self._tables.close()

    def add(self, act: Act) -> None:
        """Record an act, at the present time. Each of its texts is cut to 200 characters.

        Raises:
            OwnTablesError: if the log cannot be opened.
            sqlalchemy.exc.DatabaseError: if the log cannot be written.
        """
        row = {key: value and value[:_MOST_CHARACTERS] for key, value in asdict(act).items()}
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
        """Return the records, the newest first.

        Args:
            limit: the maximum number of records.
            before: only records with a lower number than this, to get the next page; None for the first page.
            who: only records of this user, token or account; None for the records of everyone.
            action: only records whose action contains this text; None for all actions.
            since: only records from this time on, in seconds since 1970; None for all times.
        """
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
        """Return when each user, token or account last did ``action`` with success.

        The keys of the result are names as in ``Act.who``; the values are times in seconds since 1970.
        """
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
        """Delete the records older than the time ``before``, in seconds since 1970; return their number.

        SQLite's write-ahead log is emptied too, so that the records do not stay on the disk.
        """
        if not self._tables.may_have_rows():
            return 0
        with self._tables.engine.begin() as connection:
            gone = connection.execute(sa.delete(_records).where(_records.c.at < before)).rowcount
        if gone:
            with self._tables.engine.connect() as connection:
                database_of(connection).clear_log(connection)
        return gone


def record_command(settings: Settings, action: str, target: str | None = None) -> None:
    """Add a record of a command to the audit log of the library that ``settings`` name.

    Raises:
        OwnTablesError: if the log cannot be opened.
    """
    with closing(AuditLog(settings.home, settings.database)) as log:
        log.add(Act(action, kind="command", who=system_account(), target=target))


def system_account() -> str:
    """Return the name of the account that runs this process; the account's number if it has no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # A container's account may have no name.
        return str(os.getuid())


_notes: ContextVar[dict[str, str] | None] = ContextVar("notes", default=None)


def begin_audit_notes() -> dict[str, str]:
    """Return a new dictionary of notes about the current request, for the audit log.

    :func:`note` adds to this dictionary during the request.
    """
    notes: dict[str, str] = {}
    _notes.set(notes)
    return notes


def note(**known: str) -> None:
    """Note the ``who`` or ``target`` of the current request for the audit log.

    A route calls this function if the audit log cannot take the value from the request's path or sender.
    """
    notes = _notes.get()
    if notes is not None:
        notes.update(known)


DAY_SECONDS = 86_400
HOUR_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The numbers of records that one run deleted."""

    answers: int = 0
    feedback: int = 0
    audit: int = 0


def retention(library: Library, audit: AuditLog, settings: OperationSettings) -> Callable[[], None]:
    """Return a function that deletes old records, for the maintenance of a server.

    The function deletes at its first call, and then at most once an hour, however often it is called.
    """
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
    """Delete the records that are too old, and return how many were deleted.

    The catalog's write-ahead log is emptied, because it may still have the deleted records.

    Raises:
        sqlalchemy.exc.DatabaseError, UnreachableError: if a database cannot be written.
    """
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
