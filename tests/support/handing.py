"""Reuse of reading processes between tests, because starting a process takes longer than its work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from index.loaders.sandbox.client import Isolated

left: list[Any] = []


class HandedOn(Isolated):
    """An ``Isolated`` that takes over an idle process, if there is one."""

    def close(self) -> None:
        with self._lock:
            child, self._child = self._child, None
            if child is not None:
                left.append(child)

    def _started(self, path: Path) -> Any:  # noqa: ANN401 (its own kind of process)
        while self._child is None and left:
            child = left.pop()
            if child.process.poll() is None:
                self._child = child
        return super()._started(path)


SYNCS = ("index.ingest.synchronize.Isolated",)
SERVERS = ("ui.app.Isolated", "index.workers.Isolated")


@contextmanager
def handing_on(places: tuple[str, ...]) -> Iterator[None]:
    """Replace ``Isolated`` by ``HandedOn`` in modules; ``places`` has its dotted name in each module."""
    with pytest.MonkeyPatch.context() as patch:
        for place in places:
            patch.setattr(place, HandedOn)
        yield
