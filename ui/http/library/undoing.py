"""The routes that delete an uploaded document and undo that."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from fastapi import APIRouter, HTTPException

from index.errors import GoneError, LibraryLockedError, NotUploadedError, TakenError, outward_line
from index.library import Library
from index.uploads import Deletions
from ui.http.bulkhead import Bulkhead
from ui.http.library.documents import MOST_WAITING, DocumentId, document_response
from ui.http.problems import documented


def undoing_router(index: Library, deletions: Deletions) -> APIRouter:
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
