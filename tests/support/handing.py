"""Processes that read files, handed on from one test to the next: starting one takes longer than its work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from index.loaders.sandbox.client import Isolated

left: list[Any] = []
"""Processes that wait for the next who reads."""


class HandedOn(Isolated):
    """Reads as ever, in a process that another one has left."""

    def close(self) -> None:
        """Leave the process to the next one."""
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
