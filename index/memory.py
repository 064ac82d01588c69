"""Keeps the memory small that libraries in C hold for a server with many threads."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

LONG = 1_000_000
"""A text of more characters is long: threads share it instead of copying it, and return memory to the system
(:func:`give_back`) after work on it."""

ARENAS = 2
"""The most heaps among which glibc divides its threads. By default it makes up to eight for each core. Each
keeps its own free memory, so that a server holds hundreds of megabytes that it does not use."""

_M_ARENA_MAX = -8
"""The number of this option in glibc's ``malloc.h``."""


PRIMITIVES = 8
"""The most prepared products of matrices that oneDNN, which multiplies for torch, keeps. Each has its working
memory, and there is one for each length of text, so that the default of 1,024 grows by 50 MB while a library
is indexed. Preparing one again costs little."""


def limit_memory() -> None:
    """Limit the heaps of threads to :data:`ARENAS`, if the C library is glibc, and oneDNN's cache.

    Call it before the threads start, since a thread keeps its heap, and before torch is used.
    """
    option = _function("mallopt")
    if option is not None:
        option(_M_ARENA_MAX, ARENAS)
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(PRIMITIVES))


def give_back() -> None:
    """Return free memory to the system, if the C library is glibc.

    glibc keeps freed memory for the thread that freed it. Without this function, each step of a long
    document, in another thread or with other sizes, would allocate tens of megabytes more. A server calls it
    every few seconds, too, since it frees the memory of a change only once the last search of the library's
    former generation has ended.
    """
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


@cache
def _function(name: str) -> Callable[..., Any] | None:
    """A function of glibc, of which other C libraries lack some; None without it."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
