"""Clocks that a test sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

import pytest


@dataclass(slots=True)
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def set_time(monkeypatch: pytest.MonkeyPatch, module: ModuleType, clock: Callable[[], float]) -> None:
    """A patch of :mod:`time` itself would reach the event loops of shared servers, which would oversleep."""
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock, time=clock))
