"""Runs models on a few threads that the whole process shares, a text at a time.

Each core has a thread for what a user waits for, and a thread for everything else. The threads of the second
kind have a low priority: on Linux, they take a tenth of a core that a waiting question needs, and all of it
at any other time. A question therefore does not wait for the passages of an indexing run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from index.cores import usable_cores
from index.priority import has_low_priority, lower_priority

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_workers(
    work: Callable[[Item], Result], items: Iterable[Item], *, urgent: bool
) -> Generator[Result, None, None]:
    """Call ``work`` with each item, several at once; yield the results in the order of the items.

    Only a few items are begun ahead of the one whose result is due, so that the callers take turns. Closing
    the iterator ends the work after the items that are running. ``work`` must not call this function.

    Args:
        work: is called on several threads at once.
        items: the items; the caller's thread iterates over them.
        urgent: whether a user waits for the results. Nobody waits for a thread of low priority.
    """
    # A new thread takes its priority from the calling one, so this decides also how urgent threads start.
    workers = _workers(urgent=urgent and not has_low_priority())
    ahead = 2 * usable_cores()
    begun: deque[Future[Result]] = deque()
    try:
        for item in items:
            begun.append(workers.submit(work, item))
            if len(begun) == ahead:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        for each in begun:
            each.cancel()


@cache
def _workers(*, urgent: bool) -> ThreadPoolExecutor:
    if urgent:
        return ThreadPoolExecutor(usable_cores(), "urgent")
    return ThreadPoolExecutor(usable_cores(), "passages", lower_priority)
