"""Background threads leave busy processors to the threads that answer requests."""

from __future__ import annotations

import os
import sys
from threading import Event, Thread, get_native_id

import pytest

from index.machine import NICENESS, lower_priority
from index.workers import Background

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads a priority")


def own_niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, get_native_id())


def test_a_thread_and_those_that_it_starts_get_a_low_priority_and_no_others() -> None:
    found: dict[str, int] = {}

    def work() -> None:
        lower_priority()
        found["own"] = own_niceness()
        child = Thread(target=lambda: found.update(child=own_niceness()))
        child.start()
        child.join()

    thread = Thread(target=work)
    thread.start()
    thread.join()

    assert found == {"own": NICENESS, "child": NICENESS}
    assert own_niceness() < NICENESS


def test_background_work_has_a_low_priority() -> None:
    found: list[int] = []
    done = Event()

    def work(_stop: Event) -> None:
        found.append(own_niceness())
        done.set()

    with Background("probe", work):
        assert done.wait(60)
    assert found == [NICENESS]


def test_a_system_that_forbids_it_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_arguments: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setpriority", forbidden)
    before = own_niceness()
    lower_priority()
    assert own_niceness() == before
