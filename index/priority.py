"""The priority of background threads: lower than that of the threads that answer requests."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from threading import get_native_id, local

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
