"""The work that a served library needs beside its writer: watching folders, and maintaining the index."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from index.ingest.watch import Watch
from index.library import Library
from index.workers.writer import Writer


def watch(index: Library, writer: Writer) -> Callable[[Event], None]:
    """Work that syncs the followed folders once, and then whenever a file in them changes."""

    def work(stop: Event) -> None:
        if writer.follows_any:
            writer.sync()
        Watch(index.catalog, index.home, writer.synced, stop).run()

    return work


def maintain(index: Library) -> Callable[[], None]:
    """A step that settles the index if anything was committed since the last step, by any process."""
    settled = -1

    def step() -> None:
        nonlocal settled
        generation = index.catalog.generation()
        if generation != settled:
            # Also if this fails: a full disk is tried again, and told, only after another commit.
            settled = generation
            index.compact()

    return step
