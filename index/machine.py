"""Limits the memory that C libraries keep in a process with many threads."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from threading import get_native_id, local
from typing import Any

# Threads share a longer text (in characters), and return memory (:func:`give_back`) after work on it.
LONG = 1_000_000
# The most heaps of glibc for all threads, by default eight for each core. Each keeps its own free memory,
# hundreds of megabytes in a server.
ARENAS = 2
# The largest block, in bytes, that glibc keeps in its heaps; it accepts no more. By default, each layer of a
# model gets new memory, and filling it with zeros takes a tenth of the time of embedding.
KEPT = 32 << 20
# The free bytes at the end of a heap that glibc keeps, for the same reason, until :func:`give_back`.
FREE = 4 * KEPT
# The numbers of these options in glibc's ``malloc.h``.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
# oneDNN keeps a matrix product for each length of text; its default of 1,024 would take 50 MB more while a
# library is indexed. Preparing one again costs little.
PRIMITIVES = 8


def configure_memory() -> None:
    """Call this before torch is used and before threads start, since a thread keeps the heap that it has."""
    option = _function("mallopt")
    if option is not None:
        option(_M_ARENA_MAX, ARENAS)
        option(_M_MMAP_THRESHOLD, KEPT)
        option(_M_TRIM_THRESHOLD, FREE)
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(PRIMITIVES))


def give_back() -> None:
    """The library glibc keeps freed memory for its thread, so each step on a long document would add some."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


@cache
def _function(name: str) -> Callable[..., Any] | None:
    """None if it is missing, or if the system is not Linux."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


NICENESS = 10  # from 1 to 19: on busy cores, a thread with 10 gets a tenth of the time of a normal one
_thread = local()


def lower_priority() -> None:
    """Also of threads that it starts later; only on Linux, since elsewhere a process has one priority."""
    _thread.is_low = True
    if sys.platform == "linux":
        # The system may forbid it, for example in a container.
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICENESS)


def has_low_priority() -> bool:
    """Whether this thread has called :func:`lower_priority`, on any system."""
    return getattr(_thread, "is_low", False)


def usable_cores() -> int:
    """A container may have fewer than the machine."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
