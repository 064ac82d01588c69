"""Which process does something, written down so that another one can tell later whether it still runs."""

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
"""Places in ``/proc/PID/stat`` after the program's name (proc(5) counts them from 3 there)."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process, told from a later one that has the same number.

    Attributes:
        pid: its number.
        host: the machine, or the container, that it runs on.
        started: when it was started, in the words of the system; empty where that is not known.
    """

    pid: int
    host: str
    started: str = ""

    def __str__(self) -> str:
        return f"{self.pid}@{self.host}" + (f"/{self.started}" if self.started else "")

    @classmethod
    def of(cls, written: str) -> Process:
        """The process that was written as ``str`` writes it.

        Raises:
            ValueError: if it is of another form.
        """
        pid, _, place = written.partition("@")
        host, _, started = place.partition("/")
        return cls(int(pid), host, started)

    @property
    def lives(self) -> bool | None:
        """Whether it still runs; None where that cannot be told from here."""
        # On Windows signal 0 would end the process.
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
    """The process that calls this."""
    return Process(os.getpid(), socket.gethostname(), _start_of(os.getpid()))


def _start_of(pid: int) -> str:
    """The boot and the tick at which a process was started; empty where none runs, or Linux does not."""
    try:
        # The program's name is in parentheses and may hold anything, parentheses too.
        fields = (_PROCESSES / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = _BOOT.read_text()[:_BOOT_DIGITS]
    except OSError:
        return ""
    return "" if fields[_STATE] in {"Z", "X"} else f"{boot}-{fields[_START]}"
