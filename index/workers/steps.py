"""The background work of a server beside its writer: watching folders and compacting the caches."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from index.ingest.watch import Watch
from index.library import Library
from index.workers.writer import Writer


def watch(index: Library, writer: Writer) -> Callable[[Event], None]:
    """Make the work that syncs the followed folders once, and again after each change in them."""

    def work(stop: Event) -> None:
        if writer.follows_any:
            writer.sync()
        Watch(index.catalog, index.home, writer.synced, stop, uploads=index.uploads).run()

    return work


def maintain(index: Library) -> Callable[[], None]:
    """Make a step that compacts the library if any process has committed since the last step."""
    compacted = -1

    def step() -> None:
        nonlocal compacted
        generation = index.catalog.generation()
        if generation != compacted:
            # Set even if compacting fails, so that a full disk is tried, and logged, only once for each
            # commit.
            compacted = generation
            index.compact()

    return step
