"""Clocks that a test sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

import pytest


@dataclass(slots=True)
class Clock:
    """A clock that a test sets, in seconds since 1970."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def set_time(monkeypatch: pytest.MonkeyPatch, module: ModuleType, clock: Callable[[], float]) -> None:
    """Let a module, which uses nothing else of ``time``, read ``time`` and ``monotonic`` from ``clock``.

    A patch of :mod:`time` itself would reach the event loops of the servers that tests share: a loop that
    goes to sleep by a clock of the future sleeps until then.
    """
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock, time=clock))
