"""Where a document is cited, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from index.catalog import Catalog
from rag.conversations import CitingAnswer, list_citing
from ui.http.library.documents import DocumentId
from ui.http.problems import documented

MOST_LISTED = 1_000


def citing_router(catalog: Catalog) -> APIRouter:
    """The route that says which kept answers cite a document."""
    router = APIRouter(prefix="/v1/documents", tags=["library"], responses=documented(404, 422, 500))

    @router.get("/{document_id}/citations")
    def citations(
        document_id: DocumentId, limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 100
    ) -> dict[str, list[CitingAnswer]]:
        """The kept answers that cite a document, the newest first, with the words that they quote of it.

        Answers that were replaced are left out. A document that was deleted may still be cited.
        """
        return {"answers": citing(catalog, document_id, limit)}

    return router


def citing(catalog: Catalog, document_id: int, limit: int) -> list[CitingAnswer]:
    """The answers that cite a document.

    Raises:
        DocumentNotFoundError: if there is none, and the library has no such document.
    """
    answers = list_citing(catalog, document_id, limit)
    if not answers:
        with catalog.reading() as reader:
            reader.document(document_id)
    return answers
