"""Queries go before passages, and waiting queries are answered together."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, get_ident, get_native_id
from time import monotonic, sleep

import pytest

from index.embedding.scheduler import Scheduler
from index.priority import NICENESS


class Slow:
    """Doubles numbers once the test lets it; the first ``failures`` calls raise an error instead."""

    def __init__(self) -> None:
        self.scheduler: Scheduler[int, int] = Scheduler(self.double)
        self.asked: list[list[int]] = []
        self.let = Event()
        self.failures = 0

    def double(self, numbers: Sequence[int]) -> list[int]:
        self.asked.append(list(numbers))
        assert self.let.wait(60)
        if self.failures:
            self.failures -= 1
            raise ValueError("out of numbers")
        return [2 * number for number in numbers]

    def await_asking(self, count: int) -> None:
        """Wait until ``count`` queries are waiting."""
        until = monotonic() + 10
        while len(self.scheduler._queries) < count and monotonic() < until:
            sleep(0.001)
        assert len(self.scheduler._queries) == count


def test_those_who_wait_are_answered_in_one_turn_by_the_first_of_them() -> None:
    slow = Slow()
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(slow.scheduler.run, 100)
        while not slow.asked:
            sleep(0.001)
        others = [pool.submit(slow.scheduler.run, number) for number in range(8)]
        slow.await_asking(8)
        slow.let.set()
        assert first.result(60) == 200
        assert [other.result(60) for other in others] == [0, 2, 4, 6, 8, 10, 12, 14]
    assert slow.asked[0] == [100]
    assert [sorted(numbers) for numbers in slow.asked[1:]] == [list(range(8))]


def test_a_turn_of_passages_waits_for_all_who_ask() -> None:
    slow = Slow()

    def work() -> list[list[int]]:
        with slow.scheduler.batch():
            return [sorted(numbers) for numbers in slow.asked]

    with ThreadPoolExecutor(4) as pool:
        with slow.scheduler.batch():
            working = pool.submit(work)
            while not slow.scheduler._batches:
                sleep(0.001)
            asked = [pool.submit(slow.scheduler.run, number) for number in (1, 2)]
            slow.await_asking(2)
        slow.let.set()
        assert [each.result(60) for each in asked] == [2, 4]
        assert working.result(60) == [[1, 2]], "they were answered when its turn came"


def test_works_take_turns_in_the_order_of_coming() -> None:
    scheduler = Slow().scheduler
    order: list[int] = []

    def work(number: int) -> None:
        with scheduler.batch():
            order.append(number)

    with ThreadPoolExecutor(5) as pool:
        running = []
        with scheduler.batch():
            for number in range(5):
                running.append(pool.submit(work, number))
                while len(scheduler._batches) < number + 1:
                    sleep(0.001)
        for each in running:
            each.result(60)
    assert order == [0, 1, 2, 3, 4]


def test_an_error_is_of_the_one_who_answered_and_the_others_are_answered_all_the_same() -> None:
    slow = Slow()
    with ThreadPoolExecutor(4) as pool:
        with slow.scheduler.batch():
            asked = [pool.submit(slow.scheduler.run, number) for number in (1, 2, 3)]
            slow.await_asking(3)
            slow.failures = 1
        slow.let.set()
        failed = [each for each in asked if each.exception(10)]
        assert [str(each.exception()) for each in failed] == ["out of numbers"]
        assert all(each.result() == 2 * (1 + asked.index(each)) for each in asked if each not in failed)
    assert slow.scheduler.run(7) == 14
    assert [len(numbers) for numbers in slow.asked] == [3, 2, 1]


def test_all_callers_share_one_thread_for_queries_and_one_for_passages() -> None:
    used: list[int] = []

    def note(queries: Sequence[int]) -> list[int]:
        used.append(get_ident())
        return list(queries)

    scheduler: Scheduler[int, int] = Scheduler(note)
    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            list(pool.map(scheduler.run, range(3)))
            used += pool.map(lambda _: scheduler.run_batch(get_ident, urgent=True), range(3))
        passages = {*pool.map(lambda _: scheduler.run_batch(get_ident), range(3))}
    [queries] = set(used)
    assert len(passages) == 1
    assert len(passages | {queries, get_ident()}) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads a priority")
def test_passages_have_a_low_priority_and_urgent_batches_do_not() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, get_native_id())

    scheduler: Scheduler[int, int] = Scheduler(list)
    assert scheduler.run_batch(niceness) == NICENESS
    assert scheduler.run_batch(niceness, urgent=True) == niceness()


def test_an_error_in_a_batch_is_raised_in_its_caller_and_frees_the_model() -> None:
    scheduler: Scheduler[int, int] = Scheduler(list)

    def fail() -> None:
        raise ValueError("out of tokens")

    with pytest.raises(ValueError, match="out of tokens"):
        scheduler.run_batch(fail)
    assert scheduler.run(1) == 1
