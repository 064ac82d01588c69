"""Limits the threads that one kind of long work may use, so that other requests always find a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from anyio import CapacityLimiter, to_thread

from index.errors import BusyError

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

MAX_WAITING = 100
"""The maximum number of requests of one kind that may wait for a thread. Each waiting upload has its file on
the disk."""


class LimitedThreads:
    """Runs blocking work in a limited number of threads, for which a limited number of callers may wait.

    The server still answers other requests while all these threads are busy.
    """

    def __init__(self, work_name: str, *, at_once: int, waiting: int) -> None:
        """Set the limits of one kind of work.

        Args:
            work_name: a plural noun for the work, such as ``uploads``; the error for a refused caller has it.
            at_once: the number of threads.
            waiting: the maximum number of callers that may wait for a thread.
        """
        self._work_name = work_name
        self._threads = CapacityLimiter(at_once)
        self._waiting = waiting
        self._most = at_once + waiting
        self._callers = 0

    async def run(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Run ``work`` in a thread and return its result.

        Raises:
            BusyError: if too many callers wait.
        """
        # Count callers here, because the limiter counts a caller only some steps of the event loop later.
        if self._callers >= self._most:
            raise BusyError(self._waiting, self._work_name)
        self._callers += 1
        try:
            return await to_thread.run_sync(work, *arguments, limiter=self._threads)
        finally:
            self._callers -= 1
