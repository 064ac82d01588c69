"""Keeps a library at what its folders hold, for as long as a server runs."""

from __future__ import annotations

import logging
from threading import Event, Thread
from types import TracebackType
from typing import Self

from index.ingest.watch import Watch
from index.library import Index
from ui.errors import expected_errors, explain
from ui.storage.writer import Writer

STOP_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Following:
    """A thread that watches the followed folders and has the writer sync what changes. A context."""

    def __init__(self, index: Index, writer: Writer) -> None:
        self._writer = writer
        self._stop = Event()
        self._watch = Watch(index.catalog, index.home, writer.synced, self._stop)
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the watch; what it has asked for is the writer's to end."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        try:
            if self._writer.follows_any:
                self._writer.sync()
            self._watch.run()
        except expected_errors() as error:
            _log.error("the folders are no longer watched: %s", explain(error)[0])
