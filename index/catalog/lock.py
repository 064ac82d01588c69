"""The write lock of a library, across threads and processes, and which process holds it."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from index.catalog.dialects import database_of
from index.errors import LibraryLockedError
from index.private import FILE, opener

LOCK_FILE = "write.lock"
# Names the holder; the lock file cannot, since every attempt to take the lock truncates it.
HOLDER_FILE = "writer.json"
LOCK_SECONDS = 30.0  # The seconds that a writer waits for another writer.

_TASK: ContextVar[str] = ContextVar("task", default="write")


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a lock; ``since`` is ISO 8601 in UTC, ``task`` such as ``sync`` or ``rebuild``."""

    process: Process
    since: str
    task: str


class WriteLock:
    """Reentrant, and safe to share between threads; also excludes writers of other home folders."""

    def __init__(self, home: Path, engine: sa.Engine | None = None) -> None:
        self._home = home
        self._engine = engine
        self._lock = FileLock(home / LOCK_FILE, mode=FILE)

    @contextmanager
    def hold(
        self, task: str | None = None, timeout: float | None = None, *, home_only: bool = False
    ) -> Iterator[None]:
        """``home_only``: other homes may write. Raises LibraryLockedError after ``timeout`` seconds."""
        seconds = LOCK_SECONDS if timeout is None else timeout
        with ExitStack() as held:
            try:
                held.enter_context(self._lock.acquire(timeout=seconds))
            except Timeout as error:
                raise locked(self._home) from error
            if self._lock.lock_counter == 1:
                if self._engine is not None and not home_only:
                    database = database_of(self._engine)
                    if not held.enter_context(database.lock(self._engine, seconds)):
                        raise locked(self._home)
                note_holder(self._home, task or _TASK.get())
                held.callback(_forget_holder, self._home)
            yield


@contextmanager
def naming_task(task: str) -> Iterator[None]:
    before = _TASK.set(task)
    try:
        yield
    finally:
        _TASK.reset(before)


def note_holder(home: Path, task: str) -> None:
    """Call this only while holding the lock."""
    me = this_process()
    noted = {
        "pid": me.pid,
        "host": me.host,
        "started": me.started,
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "task": task,
    }
    # Only waiting writers read this file, so an error here must not stop the write.
    with suppress(OSError), open(home / HOLDER_FILE, "w", encoding="utf-8", opener=opener) as file:
        json.dump(noted, file)


def holder(home: Path) -> Holder | None:
    """None if nobody holds it or the holder is unknown."""
    try:
        noted = json.loads((home / HOLDER_FILE).read_text(encoding="utf-8"))
        process = Process(int(noted["pid"]), str(noted["host"]), str(noted["started"]))
        found = Holder(process, str(noted["since"]), str(noted["task"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # A killed process leaves its record, but the system has released its lock.
    return None if process.lives is False else found


def locked(home: Path) -> LibraryLockedError:
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


_PROCESSES = Path("/proc")
_BOOT = _PROCESSES / "sys/kernel/random/boot_id"
_BOOT_DIGITS = 8

_STATE, _START = 0, 19  # Fields of ``/proc/PID/stat`` after the program's name (fields 3 and 22 in proc(5)).


@dataclass(frozen=True, slots=True)
class Process:
    """``started``, boot and clock tick, tells it from a later process with the same pid; empty if unknown."""

    pid: int
    host: str
    started: str = ""

    def __str__(self) -> str:
        return f"{self.pid}@{self.host}" + (f"/{self.started}" if self.started else "")

    @classmethod
    def parse(cls, written: str) -> Process:
        """Undo ``str``. Raises ValueError."""
        pid, _, place = written.partition("@")
        host, _, started = place.partition("/")
        return cls(int(pid), host, started)

    @property
    def lives(self) -> bool | None:
        """None if unknown, as for a process of another host."""
        # On Windows, signal 0 would end the process.
        if self.host != socket.gethostname() or sys.platform == "win32" or self.pid <= 0:
            return None
        if self.started:
            return _start_of(self.pid) == self.started
        try:
            os.kill(self.pid, 0)
        except PermissionError:
            return True
        except (ProcessLookupError, OverflowError):
            return False
        return True


def this_process() -> Process:
    return Process(os.getpid(), socket.gethostname(), _start_of(os.getpid()))


def _start_of(pid: int) -> str:
    """Empty if the process has ended, or if the system is not Linux."""
    try:
        # The program's name is in parentheses and may contain parentheses itself.
        fields = (_PROCESSES / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = _BOOT.read_text()[:_BOOT_DIGITS]
    except OSError:
        return ""
    return "" if fields[_STATE] in {"Z", "X"} else f"{boot}-{fields[_START]}"
