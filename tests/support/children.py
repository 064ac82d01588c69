"""The state of reading processes, as the system reports it."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from index.errors import LoadError
from index.loaders import LoadingLimits, Options
from index.loaders.sandbox.client import Isolated

GATE = "The council of Varda closed the third gate of the dam on Monday."
WORDS = "The water rose by three metres in the night. "


def is_running(pid: int) -> bool:
    """Tell if a process has a thread that is not a zombie (a thread that ended before its parent noticed)."""
    done = subprocess.run(
        ["ps", "-L", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return any(not state.startswith("Z") for state in done.stdout.split())


def is_gone(pid: int, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not is_running(pid)


def refusal(reader: Isolated, path: Path, limits: LoadingLimits | None = None) -> LoadError:
    with pytest.raises(LoadError) as caught:
        reader.load(path, Options(limits or LoadingLimits()))
    assert caught.value.path == path
    return caught.value


def sent_while_reading(
    reader: Isolated, small: Path, slow: Path, number: int, limits: LoadingLimits
) -> LoadError:
    """Send a signal to a process while it reads ``slow``, and return the resulting error."""
    reader.load(small)
    with ThreadPoolExecutor(1) as pool:
        reading: Future[object] = pool.submit(reader.load, slow, Options(limits))
        time.sleep(0.3)
        assert not reading.done()
        assert reader.pid is not None
        os.kill(reader.pid, number)
        error = reading.exception(timeout=60)
    assert isinstance(error, LoadError)
    return error


def children_of(pid: int, module: str = "index.loaders.sandbox.worker") -> set[str]:
    done = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return {line.strip() for line in done.stdout.splitlines() if module in line}
