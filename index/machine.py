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

LONG = 1_000_000
"""A text of more characters is long: threads share it instead of copying it, and return memory to the system
(:func:`give_back`) after work on it."""

ARENAS = 2
"""The most heaps that glibc may make for all threads. By default, glibc makes up to eight for each core. Each
heap keeps its own free memory, so a server with many heaps holds hundreds of unused megabytes."""

KEPT = 32 << 20
"""The largest block, in bytes, that glibc takes from its heaps; glibc accepts no more than this. By default,
glibc returns the results of each layer of a model to the system and asks for new memory for the next layer.
The system fills new memory with zeros, which would account for a tenth of the time of embedding."""

FREE = 4 * KEPT
"""The free bytes at the end of a heap that glibc keeps, for the same reason, until :func:`give_back`."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""The numbers of these options in glibc's ``malloc.h``."""

PRIMITIVES = 8
"""The most prepared matrix products that oneDNN (torch's library for them) keeps in its cache. Each length of
text needs a product with its own working memory, so oneDNN's default of 1,024 products would take 50 MB more
while a library is indexed. Preparing a product again costs little."""


def configure_memory() -> None:
    """Limit oneDNN's cache and glibc's heaps, and let each layer of a model reuse memory of the previous one.

    The limits are :data:`PRIMITIVES`, :data:`ARENAS`, :data:`KEPT` and :data:`FREE`; C libraries
    other than glibc keep their own limits.

    Call this before torch is used and before the threads start, since a thread keeps the heap that it has.
    """
    option = _function("mallopt")
    if option is not None:
        option(_M_ARENA_MAX, ARENAS)
        option(_M_MMAP_THRESHOLD, KEPT)
        option(_M_TRIM_THRESHOLD, FREE)
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(PRIMITIVES))


def give_back() -> None:
    """Return free memory to the system, if the C library is glibc.

    glibc keeps freed memory for the thread that freed it. A step of the work on a long document cannot reuse
    this memory if the step runs in another thread or needs blocks of other sizes. Without this function, each
    step would therefore allocate tens of megabytes more.

    A server also calls this function every few seconds, because the memory of an old state of the library
    becomes free only when the last search in that state has ended.
    """
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


@cache
def _function(name: str) -> Callable[..., Any] | None:
    """Return the C library's function ``name``; None if it is missing, or if the system is not Linux."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


NICENESS = 10
"""Linux's measure of a low priority, from 1 to 19. On busy cores, a thread with 10 gets a tenth of the time
of a normal one; on idle cores, it loses nothing."""

_thread = local()


def lower_priority() -> None:
    """Give the calling thread, and the threads that it starts from now on, a low priority on Linux.

    Elsewhere this function does nothing, since other systems set the priority of whole processes only.
    """
    _thread.is_low = True
    if sys.platform == "linux":
        # The system may forbid it, for example in a container.
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICENESS)


def has_low_priority() -> bool:
    """Return whether the calling thread has called :func:`lower_priority`, on any system."""
    return getattr(_thread, "is_low", False)


def usable_cores() -> int:
    """Return how many cores the system lets this process use: a container may have fewer than the machine."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
