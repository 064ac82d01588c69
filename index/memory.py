"""Returns memory to the system after a step that needed much of it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache

LONG = 1_000_000
"""A text of more characters is long: threads share it instead of copying it, and return memory to the system
(:func:`give_back`) after work on it."""


def give_back() -> None:
    """Return free memory to the system, if the C library is glibc.

    glibc keeps freed memory for the thread that freed it. Without this function, each step of a long
    document, in another thread or with other sizes, would allocate tens of megabytes more.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    """malloc_trim(3), or None without glibc."""
    if sys.platform != "linux":
        return None
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim
