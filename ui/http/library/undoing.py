"""Deleting an uploaded document over HTTP, and taking that back for some minutes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

from anyio import to_thread
from fastapi import APIRouter, HTTPException

from index.errors import GoneError, LibraryLockedError, NotUploadedError, TakenError
from index.library import Index
from ui.errors import outward_line
from ui.http.bulkhead import Bulkhead
from ui.http.library.documents import MOST_WAITING, DocumentId, document_response
from ui.http.problems import documented
from ui.storage.removing import Removed, remove_upload, restore_upload

UNDO_SECONDS = 600.0
"""How long a deleted document can come back, as far as the server runs for so long."""

_LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Undoable:
    """A deletion, and when it is for good, as ``time.monotonic`` has it."""

    removed: Removed
    until: float


class Deletions:
    """The deletions of a server that can be undone. A context, at whose end all are for good."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._lock = Lock()
        self._undoable: dict[int, _Undoable] = {}
        self._final: set[int] = set()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="deletions", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        with self._lock:
            self._finish(float("inf"))

    def delete(self, document_id: int) -> None:
        """Delete a document; raises as :func:`ui.storage.removing.remove_upload`."""
        removed = remove_upload(self._index, document_id)
        with self._lock:
            self._undoable[document_id] = _Undoable(removed, time.monotonic() + UNDO_SECONDS)

    def restore(self, document_id: int) -> None:
        """Put back a document that was deleted; nothing is to be done for one that is there.

        Raises:
            DocumentNotFoundError: if it was never there, or another server deleted it.
            GoneError: if it was deleted too long ago.
            TakenError, LibraryLockedError: as :func:`ui.storage.removing.restore_upload`; it can be tried
                again.
        """
        with self._lock:
            self._finish(time.monotonic())
            deletion = self._undoable.get(document_id)
            if deletion is not None:
                restore_upload(self._index, deletion.removed)
                del self._undoable[document_id]
            elif document_id in self._final:
                when = f"more than {round(UNDO_SECONDS / 60)} minutes ago"
                raise GoneError(f"document {document_id} was deleted {when}; upload its file again")
            else:
                self._index.document(document_id)

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            with self._lock:
                self._finish(time.monotonic())

    def _finish(self, now: float) -> None:
        """Let the deletions be for good whose time is over. For the one who holds the lock."""
        for document_id, deletion in list(self._undoable.items()):
            if deletion.until <= now:
                deletion.removed.discard()
                del self._undoable[document_id]
                self._final.add(document_id)


def undoing_router(index: Index, deletions: Deletions) -> APIRouter:
    """The routes that delete an uploaded document and put it back."""
    router = APIRouter(
        prefix="/v1/documents", tags=["library"], responses=documented(404, 409, 422, 500, 503, 507)
    )
    # A deletion waits for the upload that is being indexed.
    deleting = Bulkhead("deletions", at_once=2, waiting=MOST_WAITING)

    @router.delete("/{document_id}", status_code=204)
    async def delete(document_id: DocumentId) -> None:
        """Delete a document that was uploaded, with its file and all its versions; `…/restore` undoes it."""
        try:
            await deleting.run(deletions.delete, document_id)
        except (NotUploadedError, LibraryLockedError) as error:
            raise HTTPException(409, outward_line(error)) from error

    @router.post("/{document_id}/restore", responses=documented(410))
    async def restore(document_id: DocumentId) -> dict[str, Any]:
        """Put a deleted document back, under its number and with all its versions, for ten minutes."""
        try:
            await deleting.run(deletions.restore, document_id)
        except GoneError as error:
            raise HTTPException(410, str(error)) from error
        except (TakenError, LibraryLockedError) as error:
            raise HTTPException(409, outward_line(error)) from error
        return await to_thread.run_sync(document_response, index, document_id)

    return router
