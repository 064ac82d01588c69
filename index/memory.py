"""Memory that a long document needed for one step, given back to the system after it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache

LONG = 1_000_000
"""Characters of a text from which on it is worth the milliseconds."""


def give_back() -> None:
    """Give back what is free between the memory that is in use; does nothing where the system has no way.

    glibc keeps what was freed for the next allocation of the same thread: after each step of a long document
    some tens of megabytes, which the next step, in another thread or of other sizes, takes once more.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    """The function malloc_trim(3), if this is a program of glibc."""
    if sys.platform != "linux":
        return None
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim
