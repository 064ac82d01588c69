"""Places for work that takes long, apart from the threads in which everybody else is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from anyio import CapacityLimiter, to_thread

from index.errors import BusyError

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class Bulkhead:
    """Runs blocking work in threads: some of it at once, a bounded number waits, more is refused.

    The threads are none of those that other work uses, so that the server answers while all of these wait.
    """

    def __init__(self, what: str, *, at_once: int, waiting: int) -> None:
        """Make the places.

        Args:
            what: names the work in the plural, for those who are refused.
            at_once: how many threads work.
            waiting: how many callers may wait for a thread.
        """
        self._what = what
        self._threads = CapacityLimiter(at_once)
        self._waiting = waiting
        self._most = at_once + waiting
        self._callers = 0

    async def run(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """The result of ``work``.

        Raises:
            BusyError: if too many callers wait.
        """
        # Counted here: a caller reaches the limiter's own queue only some steps of the event loop later.
        if self._callers >= self._most:
            raise BusyError(self._waiting, self._what)
        self._callers += 1
        try:
            return await to_thread.run_sync(work, *arguments, limiter=self._threads)
        finally:
            self._callers -= 1
