"""Keeps deletions for a while, so that they can be undone."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Self

from index.errors import DocumentNotFoundError, GoneError
from index.library import Library
from index.records import Viewer
from index.uploads.removing import Removed, remove_upload, restore_upload

UNDO_SECONDS = 600.0
"""The seconds for which a deletion can be undone while the server runs."""


@dataclass(frozen=True, slots=True)
class _Undoable:
    """A deletion that can be undone until ``until``, in seconds of ``time.monotonic``."""

    removed: Removed
    until: float


class Deletions:
    """The deletions that a server can still undo. Leaving the context makes all of them final."""

    def __init__(self, index: Library, most_bytes: int = 0) -> None:
        """Keep the deletions of documents in ``index``.

        Args:
            index: the library.
            most_bytes: the most bytes that all uploads of one viewer may take; 0 for no limit.
        """
        self._index = index
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._undoable: dict[int, _Undoable] = {}
        self._final: dict[int, str | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._finish(float("inf"))

    def delete(self, document_id: int, viewer: Viewer | None = None) -> None:
        """Delete a document that ``viewer`` may see; if ``viewer`` is None, delete any document.

        Raises the errors of :func:`index.uploads.removing.remove_upload`.
        """
        removed = remove_upload(self._index.for_viewer(viewer), document_id)
        with self._lock:
            self._undoable[document_id] = _Undoable(removed, time.monotonic() + UNDO_SECONDS)

    def restore(self, document_id: int, viewer: Viewer | None = None) -> None:
        """Undo the deletion of a document. A document that was not deleted stays as it is.

        Raises:
            DocumentNotFoundError: if the document was never in the library, or ``viewer`` may not see its
                collection, or another server made the deletion final.
            GoneError: if this server made the deletion final.
            TakenError, StorageLimitError, LibraryLockedError: raised as by
                :func:`index.uploads.removing.restore_upload`. The caller can try again.
        """
        with self._lock:
            self._finish(time.monotonic())
            removed = self._kept(document_id)
            collection = removed.collection if removed else self._final.get(document_id)
            with self._index.catalog.for_viewer(viewer).reading() as reader:
                if collection in reader.hidden:
                    raise DocumentNotFoundError(document_id, None)
            claimed = removed.claim(self._index) if removed is not None else None
            if claimed is not None:
                until = time.monotonic() + claimed.at + UNDO_SECONDS - time.time()
                self._undoable[document_id] = _Undoable(claimed, until)
                with ExitStack() as unless_restored:
                    unless_restored.callback(claimed.note)
                    restore_upload(self._index, claimed, self._most_bytes)
                    unless_restored.pop_all()
                del self._undoable[document_id]
            elif document_id in self._final:
                when = f"more than {round(UNDO_SECONDS / 60)} minutes ago"
                raise GoneError(f"document {document_id} was deleted {when}; upload its file again")
            else:
                self._index.catalog.for_viewer(viewer).document(document_id)

    def _kept(self, document_id: int) -> Removed | None:
        """Return the deletion of a document, whichever server made it; None if it cannot be undone now."""
        deletion = self._undoable.get(document_id)
        if deletion is not None and not deletion.removed.is_open:
            # Another server is restoring the document, or has restored it.
            del self._undoable[document_id]
            deletion = None
        if deletion is not None:
            return deletion.removed
        removed = None if document_id in self._final else Removed.find(self._index, document_id)
        return removed if removed is not None and time.time() < removed.at + UNDO_SECONDS else None

    def finish(self) -> None:
        """Make final every deletion that is too old to be undone."""
        with self._lock:
            self._finish(time.monotonic())

    def _finish(self, now: float) -> None:
        """Make final every deletion whose time for undoing ended at ``now`` or earlier.

        Call this only while holding the lock.
        """
        for document_id, deletion in list(self._undoable.items()):
            if deletion.until <= now:
                del self._undoable[document_id]
                # Leave the document alone if another server is restoring it.
                if (claimed := deletion.removed.claim(self._index)) is not None:
                    claimed.discard()
                    self._final[document_id] = claimed.collection
