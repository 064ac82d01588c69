"""Schedules the use of the model: queries run before passages, and waiting queries run in one batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition
from typing import Generic, TypeVar

from index.priority import lower_priority

Query = TypeVar("Query")
Result = TypeVar("Result")
Made = TypeVar("Made")


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Query, Result]):
    query: Query
    result: Result | None = None


class Scheduler(Generic[Query, Result]):
    """Lets one thread at a time use the model. Safe to share between threads.

    When the model is free, one waiting thread gathers the queries of all waiting threads into one batch.
    Batches of passages run in the order of their arrival, after all waiting queries.

    A thread does not run its batch itself: it hands the batch to one of the scheduler's own two threads, one
    for queries and one for passages. Torch keeps helper threads and working memory for each thread that has
    used it; for the dozens of threads of a server, these would add up. The thread for passages has a low
    priority, so that a busy processor first answers requests.
    """

    def __init__(self, run: Callable[[Sequence[Query]], Sequence[Result]]) -> None:
        """Schedule calls of ``run``, which takes several queries and returns a result for each, in order."""
        self._run = run
        self._query_thread = ThreadPoolExecutor(1, "queries")
        self._passage_thread = ThreadPoolExecutor(1, "passages", lower_priority)
        self._free = Condition()
        self._busy = False
        self._queries: list[_Waiting[Query, Result]] = []
        self._batches: deque[object] = deque()

    def run(self, query: Query) -> Result:
        """Run a query as soon as the current batch is done, and return its result.

        If a batch of queries fails, the error is raised in the thread that gathered the batch, and the other
        threads run their queries again.
        """
        mine: _Waiting[Query, Result] = _Waiting(query)
        with self._free:
            self._queries.append(mine)
            self._free.wait_for(lambda: mine.result is not None or not self._busy)
            if mine.result is not None:
                return mine.result
            self._busy = True
            taken, self._queries = self._queries, []
        results: Sequence[Result] = ()
        try:
            results = self._query_thread.submit(self._run, [each.query for each in taken]).result()
        finally:
            with self._free:
                for each, result in zip(taken, results, strict=False):
                    each.result = result
                self._queries.extend(each for each in taken if each.result is None and each is not mine)
                self._busy = False
                self._free.notify_all()
        return results[taken.index(mine)]

    def run_batch(self, work: Callable[[], Made], *, urgent: bool = False) -> Made:
        """Run one batch of a long task after all waiting queries and earlier batches; return its result.

        Args:
            work: runs the batch. The batch must be short, since queries wait for it.
            urgent: whether a user is waiting for the result. If not, the work has a low priority.
        """
        with self.batch():
            return (self._query_thread if urgent else self._passage_thread).submit(work).result()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Wait until a batch of a long task may run, then reserve the model while the context lasts.

        The batch must be short, since queries wait for it.
        """
        place = object()
        with self._free:
            self._batches.append(place)
            try:
                self._free.wait_for(
                    lambda: not self._busy and not self._queries and self._batches[0] is place
                )
                self._busy = True
            finally:
                self._batches.remove(place)
        try:
            yield
        finally:
            with self._free:
                self._busy = False
                self._free.notify_all()
