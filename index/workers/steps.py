"""The background work of a server apart from its writer: watching folders and compacting the caches."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

from index.errors import UnreachableError
from index.ingest.watch import Watch
from index.library import Library
from index.workers.writer import JobRunner

_AGAIN_SECONDS = 60.0
"""The seconds until the next attempt if another process or an unreachable server prevents a compaction."""


def watch(index: Library, writer: JobRunner) -> Callable[[Event], None]:
    """Return a function for a thread: it syncs the followed folders now and after each change in them."""

    def work(stop: Event) -> None:
        if writer.follows_any:
            writer.sync()
        Watch(index.catalog, index.home, writer.synced, stop, uploads=index.uploads).run()

    return work


def maintain(index: Library) -> Callable[[], None]:
    """Return a function that compacts the library if any process has committed since the last compaction.

    If another process or an unreachable server prevents the compaction, a later call tries again.
    """
    compacted, not_before = -1, 0.0

    def step() -> None:
        nonlocal compacted, not_before
        generation = index.catalog.generation()
        if generation != compacted and time.monotonic() >= not_before:
            # Set this even if compacting fails, so that a full disk is tried, and logged, only once for each
            # commit.
            compacted = generation
            if not index.compact() and _is_due(index):
                # Another process compacts, or the server of the vectors does not answer.
                compacted, not_before = -1, time.monotonic() + _AGAIN_SECONDS

    return step


def _is_due(index: Library) -> bool:
    try:
        return index.is_due()
    except UnreachableError:
        return True
