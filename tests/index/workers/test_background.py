"""A background thread repeats its step after errors, logs each error once, and ends with its context."""

from __future__ import annotations

import logging
from threading import Event

import pytest

from index import workers
from index.errors import CatalogError
from index.library import Library
from index.workers import Background, every


def test_a_step_goes_on_after_an_error_and_logs_it_once_until_a_step_succeeds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    enough, outcomes = Event(), iter([False, False, False, True, False, False])

    def step() -> None:
        succeeds = next(outcomes, None)
        if succeeds is None:
            enough.set()
        elif not succeeds:
            raise CatalogError("the disk is full; free some space")

    with caplog.at_level(logging.WARNING), Background("steps", every(0.001, step)):
        assert enough.wait(10)
    assert caplog.messages == ["the disk is full; free some space"] * 2


def test_work_that_fails_is_logged_with_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    ended = Event()

    def work(_stop: Event) -> None:
        ended.set()
        raise CatalogError("the folder is gone")

    with Background("watch", work):
        assert ended.wait(10)
    assert caplog.messages == ["watch has stopped: the folder is gone; restart the server"]


def test_leaving_the_context_stops_the_work() -> None:
    stopped = Event()

    def work(stop: Event) -> None:
        stop.wait()
        stopped.set()

    with Background("work", work):
        assert not stopped.is_set()
    assert stopped.is_set()


def test_maintenance_compacts_once_for_each_generation(
    index: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    compacted: list[int] = []
    monkeypatch.setattr(index, "compact", lambda: compacted.append(index.generation))
    step = workers.maintain(index)
    step()
    step()
    assert len(compacted) == 1
