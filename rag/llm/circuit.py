"""A circuit breaker: after several failures in a row, no call is tried for a while.

The pattern is Nygard's (Release It!, 2007). Published implementations are not used: they hold a lock
during a call, so concurrent questions would wait for each other or be refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

FAILURES = 3
"""The number of failures in a row that opens the circuit."""

PAUSE_SECONDS = 30.0
"""The seconds for which the circuit stays open; then one trial call decides."""


@dataclass(eq=False, slots=True)
class Circuit:
    """Counts failures in a row; after too many, the circuit is open, and refuses calls.

    Safe to share between threads.

    Attributes:
        failures: the number of failures in a row that opens the circuit.
        now: a clock, in seconds.
    """

    failures: int = FAILURES
    now: Callable[[], float] = time.monotonic
    _lock: Lock = field(default_factory=Lock, init=False)
    _failures_in_a_row: int = field(default=0, init=False)
    _closes_at: float = field(default=0.0, init=False)

    def admits(self) -> bool:
        """Return whether a call may be tried now.

        A closed circuit admits every call. An open one admits no call until its pause is over, then only one.
        If this call succeeds, the circuit closes; if it fails, another pause begins.
        """
        with self._lock:
            if self._failures_in_a_row < self.failures:
                return True
            if self.now() < self._closes_at:
                return False
            # All other calls are still refused while this caller tries.
            self._closes_at = self.now() + PAUSE_SECONDS
            return True

    @property
    def seconds_left(self) -> float:
        """The seconds for which the circuit stays open; 0 if it is closed."""
        with self._lock:
            if self._failures_in_a_row < self.failures:
                return 0.0
            return max(self._closes_at - self.now(), 0.0)

    def succeeded(self) -> None:
        """Record that a call succeeded."""
        with self._lock:
            self._failures_in_a_row = 0

    def failed(self) -> None:
        """Record that a call failed."""
        with self._lock:
            self._failures_in_a_row += 1
            if self._failures_in_a_row >= self.failures:
                self._closes_at = self.now() + PAUSE_SECONDS
