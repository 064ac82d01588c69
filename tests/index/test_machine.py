"""The memory of a process with many threads, and the priority of background threads."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from threading import Event, Thread, get_native_id

import pytest

from index.machine import ARENAS, NICENESS, PRIMITIVES, configure_memory, lower_priority
from index.workers import Background
from tests.support.processes import run_script

_COUNT = """
import ctypes, sys, threading
from index.machine import configure_memory
if sys.argv[2] == "limited":
    configure_memory()
begin = threading.Barrier(40)

def allocate():
    begin.wait()
    blocks = [bytearray(2000) for _ in range(100)]
    begin.wait()

threads = [threading.Thread(target=allocate) for _ in range(40)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""
"""Writes glibc's own statistics after forty threads have allocated memory at once."""


def _heaps(file: Path, mode: str) -> int:
    run_script(_COUNT, file, mode)
    return file.read_text().count("<heap nr")


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc divides its memory into heaps")
def test_threads_share_few_heaps(tmp_path: Path) -> None:
    unlimited = _heaps(tmp_path / "unlimited.xml", "unlimited")
    limited = _heaps(tmp_path / "limited.xml", "limited")

    assert limited == ARENAS < unlimited


_REUSE = """
import resource, sys
from index.machine import configure_memory
if sys.argv[1] == "limited":
    configure_memory()
for _ in range(20):
    layer = [bytearray(12 << 20) for _ in range(3)]
    del layer
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""
"""Prints the number of pages that the system filled with zeros in twenty steps of three blocks of 12 MB."""


def _new_pages(mode: str) -> int:
    return int(run_script(_REUSE, mode).stdout)


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these thresholds")
def test_each_step_of_a_model_reuses_the_memory_of_the_step_before() -> None:
    assert _new_pages("limited") * 5 < _new_pages("unlimited")


_RETURN = """
from pathlib import Path
from index.machine import give_back

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))

blocks = [bytearray(2000) for _ in range(60_000)]
last = blocks[-1]  # It keeps glibc from returning the memory by itself.
blocks.clear()
before = resident()
give_back()
print(before - resident())
"""
"""Prints the kilobytes that the process returns of 117 MB."""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory")
def test_free_memory_returns_to_the_system() -> None:
    assert int(run_script(_RETURN).stdout) > 100_000


def test_onednn_keeps_few_products_unless_the_environment_says_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.setenv(name, "7")
    configure_memory()
    assert os.environ[name] == "7"
    monkeypatch.delenv(name)
    configure_memory()
    assert os.environ[name] == str(PRIMITIVES)


def own_niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, get_native_id())


def test_a_thread_and_those_that_it_starts_get_a_low_priority_and_no_others() -> None:
    found: dict[str, int] = {}

    def work() -> None:
        lower_priority()
        found["own"] = own_niceness()
        child = Thread(target=lambda: found.update(child=own_niceness()))
        child.start()
        child.join()

    thread = Thread(target=work)
    thread.start()
    thread.join()

    assert found == {"own": NICENESS, "child": NICENESS}
    assert own_niceness() < NICENESS


def test_background_work_has_a_low_priority() -> None:
    found: list[int] = []
    done = Event()

    def work(_stop: Event) -> None:
        found.append(own_niceness())
        done.set()

    with Background("probe", work):
        assert done.wait(60)
    assert found == [NICENESS]


def test_a_system_that_forbids_it_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_arguments: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setpriority", forbidden)
    before = own_niceness()
    lower_priority()
    assert own_niceness() == before
