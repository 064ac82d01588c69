"""Deletes answers, feedback and audit records that are older than the settings allow.

The databases' write-ahead logs are emptied too, so that no deleted record stays on the disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from index.library import Library
from rag.conversations import AnswerStore, forget_feedback, forget_feedback_file
from ui.operation_settings import OperationSettings
from ui.operations.audit import AuditLog
from ui.operations.log import log_event

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
    if settings.keep_feedback:
        forget_feedback_file(library.home, now - settings.keep_feedback * DAY_SECONDS)
    library.catalog.clear_log()
    if forgotten != Forgotten():
        log_event("retention", answers=forgotten.answers, feedback=forgotten.feedback, audit=forgotten.audit)
    return forgotten
