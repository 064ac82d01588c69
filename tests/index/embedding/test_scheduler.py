"""Texts run on a few shared threads, in order, and what a user waits for before everything else."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, get_native_id

import pytest

from index.embedding.onnx import on_workers
from index.machine import NICENESS, lower_priority, usable_cores

CORES = usable_cores()


def test_results_are_in_the_order_of_the_items() -> None:
    later = Event()

    def work(number: int) -> int:
        if number == 0 and CORES > 1:
            assert later.wait(60), "the next one runs meanwhile"
        later.set()
        return 2 * number

    assert list(on_workers(work, range(50), urgent=False)) == [2 * number for number in range(50)]
    assert list(on_workers(work, [], urgent=True)) == []


@pytest.mark.parametrize("urgent", [True, False])
def test_as_many_run_at_once_as_there_are_cores(*, urgent: bool) -> None:
    lock, counts = Lock(), [0]
    full = Event()

    def work(_number: int) -> None:
        with lock:
            counts.append(counts[-1] + 1)
            if counts[-1] == CORES:
                full.set()
        full.wait(60)
        with lock:
            counts.append(counts[-1] - 1)

    list(on_workers(work, range(8 * CORES), urgent=urgent))
    assert max(counts) == CORES


def test_what_is_urgent_does_not_wait_for_what_is_not() -> None:
    asked = Event()
    passages = on_workers(lambda _: asked.wait(60), range(10 * CORES), urgent=False)
    assert list(on_workers(lambda number: number, [7], urgent=True)) == [7]
    running = map(bool, passages)
    assert list(on_workers(lambda number: number, [8], urgent=True)) == [8]
    asked.set()
    assert all(running)


def test_callers_take_turns() -> None:
    order: list[str] = []
    taken = Event()

    def work(name: str) -> None:
        assert taken.wait(60)
        order.append(name)

    long = on_workers(work, (f"long {number}" for number in range(50 * CORES)), urgent=True)
    # The first result is due when the items after it have been handed to the threads.
    taken.set()
    next(long)
    list(on_workers(work, ["short"], urgent=True))
    assert len(order) <= 3 * CORES + 1
    long.close()


def test_closing_ends_the_work_after_the_items_that_run() -> None:
    begun: list[int] = []
    held = Event()

    def work(number: int) -> None:
        begun.append(number)
        if number:
            assert held.wait(60)

    running = on_workers(work, range(1000), urgent=False)
    next(running)
    running.close()
    held.set()
    list(on_workers(lambda _: None, range(2 * CORES), urgent=False))
    assert max(begun) <= 2 * CORES


def test_an_error_is_raised_in_its_caller_and_in_no_other() -> None:
    with pytest.raises(ZeroDivisionError):
        list(on_workers(lambda number: 1 / number, [1, 0, 2], urgent=True))
    assert list(on_workers(lambda number: 1 / number, [1, 2], urgent=True)) == [1, 0.5]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads a priority")
def test_only_what_is_not_urgent_has_a_low_priority() -> None:
    def niceness(_item: int) -> int:
        return os.getpriority(os.PRIO_PROCESS, get_native_id())

    with ThreadPoolExecutor(1, initializer=lower_priority) as background:
        found = background.submit(lambda: set(on_workers(niceness, range(8), urgent=True)))
        assert found.result(60) == {NICENESS}, "nobody waits for a thread of low priority"
    assert set(on_workers(niceness, range(8), urgent=False)) == {NICENESS}
    assert set(on_workers(niceness, range(8), urgent=True)) == {niceness(0)}
