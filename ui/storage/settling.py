"""Keeps a library in shape for as long as a server runs: what was removed is cleared away beside all else."""

from __future__ import annotations

import logging
from threading import Event, Thread
from types import TracebackType
from typing import Self

from index.library import Index
from ui.errors import expected_errors, line_of

STOP_SECONDS = 2.0
LOOK_SECONDS = 2.0
"""Between two looks at the library's generation, which other processes raise, too."""

_log = logging.getLogger(__name__)


class Settling:
    """A thread that settles the index whenever something was committed. A context."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._stop = Event()
        self._thread = Thread(target=self._run, name="settle", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        settled = generation = -1
        while not self._stop.wait(LOOK_SECONDS):
            try:
                generation = self._index.catalog.generation()
                if generation != settled:
                    self._index.settle()
                    settled = generation
            except expected_errors() as error:
                _log.warning("the index is not in shape: %s", line_of(error))
                # Not again before something has changed: a full disk is said once.
                settled = generation
