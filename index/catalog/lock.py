"""The lock that keeps writers of a library apart, in other threads and processes too, and who holds it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from index.catalog.liveness import Process, this_process
from index.errors import LibraryLockedError
from index.private import FILE, opener

LOCK_FILE = "write.lock"
HOLDER_FILE = "writer.json"
"""Beside the lock, which is emptied whenever somebody tries it."""

LOCK_SECONDS = 30.0
"""How long a writer waits for another one."""

_TASK: ContextVar[str] = ContextVar("task", default="write")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is writing to a library.

    Attributes:
        process: the process.
        since: since when, ISO 8601 in UTC.
        task: for what: ``sync``, ``upload``, ``rebuild``, ``compaction``, or plain ``write``.
    """

    process: Process
    since: str
    task: str


class WriteLock:
    """The one lock on writing to a library. Safe to share between threads; a thread may take it again."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = FileLock(home / LOCK_FILE, mode=FILE)

    @contextmanager
    def hold(self, task: str | None = None, timeout: float | None = None) -> Iterator[None]:
        """Keep every other writer out.

        Args:
            task: what for, for those who wait; by default what this thread is :func:`doing`.
            timeout: seconds to wait for another writer, :data:`LOCK_SECONDS` by default; 0 does not wait.

        Raises:
            LibraryLockedError: if another one goes on writing for so long.
        """
        with ExitStack() as held:
            try:
                held.enter_context(self._lock.acquire(timeout=LOCK_SECONDS if timeout is None else timeout))
            except Timeout as error:
                raise locked(self._home) from error
            if self._lock.lock_counter == 1:
                note_holder(self._home, task or _TASK.get())
                held.callback(_forget_holder, self._home)
            yield


@contextmanager
def doing(task: str) -> Iterator[None]:
    """Name what this thread takes the lock for, for as long as the context lasts."""
    before = _TASK.set(task)
    try:
        yield
    finally:
        _TASK.reset(before)


def note_holder(home: Path, task: str) -> None:
    """Write down that this process writes to the library in ``home``. For the one who holds the lock."""
    me = this_process()
    noted = {
        "pid": me.pid,
        "host": me.host,
        "started": me.started,
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "task": task,
    }
    # It is for those who wait only: what is to be written must not fail for its sake.
    with suppress(OSError), open(home / HOLDER_FILE, "w", encoding="utf-8", opener=opener) as file:
        json.dump(noted, file)


def holder(home: Path) -> Holder | None:
    """Who is writing to the library in ``home``; None if nobody is, or it cannot be told."""
    try:
        noted = json.loads((home / HOLDER_FILE).read_text(encoding="utf-8"))
        process = Process(int(noted["pid"]), str(noted["host"]), str(noted["started"]))
        found = Holder(process, str(noted["since"]), str(noted["task"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # A process that was killed leaves its note behind, and the system gave its lock back.
    return None if process.lives is False else found


def locked(home: Path) -> LibraryLockedError:
    """The error that names who holds the lock of ``home``."""
    found = holder(home)
    who, why = "another process", ""
    if found is not None:
        who, why = (
            f"process {found.process.pid} on {found.process.host}",
            f" ({found.task}, since {found.since})",
        )
    remedy = "wait until it is done, then try again"
    return LibraryLockedError(
        f"{who}{why} is writing to the library in {home}; {remedy}",
        f"another process{why} is writing to the library; {remedy}",
    )


def _forget_holder(home: Path) -> None:
    with suppress(OSError):
        (home / HOLDER_FILE).unlink(missing_ok=True)
