"""The identity of a process, by which other processes can tell whether it still runs."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

_PROCESSES = Path("/proc")
_BOOT = _PROCESSES / "sys/kernel/random/boot_id"
_BOOT_DIGITS = 8

_STATE, _START = 0, 19
"""Fields of ``/proc/PID/stat`` after the program's name (fields 3 and 22 in proc(5))."""


@dataclass(frozen=True, slots=True)
class Process:
    """Identifies a process, and distinguishes it from a later process with the same pid.

    Attributes:
        pid: the number that the system gave to the process.
        host: the host name of the process's machine or container.
        started: the system's boot, and the clock tick after it when the process started; empty if unknown.
    """

    pid: int
    host: str
    started: str = ""

    def __str__(self) -> str:
        return f"{self.pid}@{self.host}" + (f"/{self.started}" if self.started else "")

    @classmethod
    def parse(cls, written: str) -> Process:
        """Parse ``written``, the text that ``str`` makes of a process.

        Raises:
            ValueError: if ``written`` has another form.
        """
        pid, _, place = written.partition("@")
        host, _, started = place.partition("/")
        return cls(int(pid), host, started)

    @property
    def lives(self) -> bool | None:
        """Whether the process still runs; None if this is unknown, as for a process of another host."""
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
    """Return the current process."""
    return Process(os.getpid(), socket.gethostname(), _start_of(os.getpid()))


def _start_of(pid: int) -> str:
    """Return the id of the system's boot, and the clock tick after it at which a process started.

    The result is empty if the process has ended, or if the system is not Linux.
    """
    try:
        # The program's name is in parentheses and may contain parentheses itself.
        fields = (_PROCESSES / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = _BOOT.read_text()[:_BOOT_DIGITS]
    except OSError:
        return ""
    return "" if fields[_STATE] in {"Z", "X"} else f"{boot}-{fields[_START]}"
