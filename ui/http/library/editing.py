"""Details of a document that people edit: kept in the catalog, above its file's own, and indexed at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException

from index.details import Detail, merged
from index.errors import LibraryLockedError, LoadError, OutdatedError
from index.library import Index
from index.loaders.sidecar import checked
from index.records import DocumentRecord, Incoming
from ui.errors import outward_line
from ui.http.bulkhead import Bulkhead
from ui.http.library.documents import MOST_WAITING, DocumentId, document_response
from ui.http.problems import documented
from ui.http.schemas import EditRequest


def editing_router(index: Index) -> APIRouter:
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


def edited_response(index: Index, document_id: int, edits: Mapping[str, str]) -> dict[str, Any]:
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


def edit_document(index: Index, document_id: int, edits: Mapping[str, str]) -> DocumentRecord:
    """Edit the details of a document in the catalog; its file is not looked at.

    Args:
        index: the library.
        document_id: the document.
        edits: by key of ``index.details.KEYS``; an empty value takes back the detail that was given.

    Raises:
        DocumentNotFoundError: if there is none.
        LoadError: if a value cannot be kept.
        OutdatedError: if the document was changed or removed meanwhile.
        LibraryLockedError: if another process goes on writing for half a minute.
    """
    with index.catalog.reading() as catalog:
        record, file = catalog.document(document_id), catalog.file(document_id)
        before, lineage = catalog.details(record.source, record.path), catalog.lineage
        document = catalog.as_read(document_id)
    taken_back = dict.fromkeys(edits, Detail("", "edit"))
    given = {**taken_back, **checked(Path(record.path), edits, "edit")}
    if merged(before, given) != before:
        # With the state of the file that was read: a sync sees whether the file is another one by now.
        state, of = (file.size, file.mtime_ns), (document_id, record.version)
        edited = Incoming(record.source, record.path, *state, record.digest, document, of, given)
        index.replace([edited], lineage=lineage)
    return index.document(document_id)
