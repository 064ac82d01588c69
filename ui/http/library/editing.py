"""The route that edits the details of a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, HTTPException

from index.errors import LibraryLockedError, LoadError, OutdatedError, outward_line
from index.library import Library
from index.uploads import edit_document
from ui.http.bulkhead import Bulkhead
from ui.http.library.documents import MOST_WAITING, DocumentId, document_response
from ui.http.problems import documented
from ui.http.schemas import EditRequest


def editing_router(index: Library) -> APIRouter:
    """The route that edits the details of a document."""
    router = APIRouter(prefix="/v1/documents", tags=["library"], responses=documented(400, 422, 500))
    editing = Bulkhead("edits", at_once=2, waiting=MOST_WAITING)

    @router.patch("/{document_id}", responses=documented(404, 409, 503, 507))
    async def edit(document_id: DocumentId, request: EditRequest) -> dict[str, Any]:
        """Give details that stand above those of the report's file; an empty string takes a detail back.

        The library keeps them: nothing is written beside the file. The report's words and its version stay.
        """
        edits = request.model_dump(exclude_none=True)
        return await editing.run(edited_response, index, document_id, edits)

    return router


def edited_response(index: Library, document_id: int, edits: Mapping[str, str]) -> dict[str, Any]:
    """The answer of ``PATCH /v1/documents/{id}``: the document with its details as they are now.

    Raises:
        DocumentNotFoundError: if there is none.
        HTTPException: 422 if a value cannot be kept, 409 if the document changed meanwhile or another process
            is writing.
    """
    try:
        record = edit_document(index, document_id, edits)
    except LoadError as error:
        raise HTTPException(422, str(error)) from error
    except (OutdatedError, LibraryLockedError) as error:
        raise HTTPException(409, outward_line(error)) from error
    return document_response(index, record.document_id, record.version)
