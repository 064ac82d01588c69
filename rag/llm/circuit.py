"""A circuit breaker: what has failed several times in a row is left alone for a while.

The pattern is Nygard's (Release It!, 2007). The breakers that are published hold a lock while they call, so
that one question would wait for another, or have none at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

FAILURES = 3
"""In a row, after which nothing is tried."""

PAUSE_SECONDS = 30.0
"""How long nothing is tried; then one trial decides."""


class Circuit:
    """Counts failures in a row. Safe to share between threads."""

    def __init__(
        self,
        failures: int = FAILURES,
        pause_seconds: float = PAUSE_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """A closed circuit.

        Args:
            failures: after how many in a row it opens.
            pause_seconds: for how long.
            now: a clock, in seconds.
        """
        self._failures = failures
        self._pause_seconds = pause_seconds
        self._now = now
        self._lock = Lock()
        self._in_a_row = 0
        self._closed_from = 0.0

    def admits(self) -> bool:
        """Whether a call may be tried now; after a pause, one caller's trial comes before the others'."""
        with self._lock:
            if self._in_a_row < self._failures:
                return True
            if self._now() < self._closed_from:
                return False
            # The others go on waiting while this one tries.
            self._closed_from = self._now() + self._pause_seconds
            return True

    @property
    def seconds_left(self) -> float:
        """How long nothing is tried yet; 0 where something is."""
        with self._lock:
            if self._in_a_row < self._failures:
                return 0.0
            return max(self._closed_from - self._now(), 0.0)

    def succeeded(self) -> None:
        """Note that a call succeeded."""
        with self._lock:
            self._in_a_row = 0

    def failed(self) -> None:
        """Note that a call failed."""
        with self._lock:
            self._in_a_row += 1
            if self._in_a_row >= self._failures:
                self._closed_from = self._now() + self._pause_seconds
