"""The route that tells what a library stores, and how much room it takes."""

from __future__ import annotations

import sqlalchemy as sa
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from pydantic import BaseModel

from index.catalog import CATALOG, kept
from index.library import Library
from index.private import database_files
from index.search import library_status, size_of
from index.uploads import FOLDER as UPLOADS
from ui.http.access.views import OwnLibrary
from ui.http.problems import documented
from ui.operations import AuditLog

BACKUP = "backup"
"""The command that the audit log records for each backup."""


class Bytes(BaseModel):
    """The sizes of a library's parts, in bytes.

    Attributes:
        index: the search caches.
        catalog: the catalog, which has the texts, the vectors and the answers.
        uploads: the uploaded files.
        answers: the stored answers, which are in the catalog.
    """

    index: int
    catalog: int
    uploads: int
    answers: int


class Storage(BaseModel):
    """The contents of a library, and their sizes.

    Attributes:
        documents: the number of documents.
        passages: the number of searchable passages.
        bytes: the sizes of its parts.
        last_backup: when the command `footnoted backup` last wrote one, in seconds since 1970, as far as the
            audit log goes back; null if it knows of none.
    """

    documents: int
    passages: int
    bytes: Bytes
    last_backup: float | None


def storage_router(audit: AuditLog) -> APIRouter:
    """The route ``/v1/storage``."""
    router = APIRouter(prefix="/v1", tags=["server"], responses=documented(500, 503))
    # Two requests at once would read all stored answers twice.
    one_at_a_time = CapacityLimiter(1)

    @router.get("/storage")
    async def storage(library: OwnLibrary) -> Storage:
        """The number of documents and passages, and how many bytes the library's parts take."""
        return await to_thread.run_sync(_measured, library, audit, limiter=one_at_a_time)

    return router


def _measured(library: Library, audit: AuditLog) -> Storage:
    home, catalog = library.home, library.catalog
    status = library_status(home, catalog)
    with catalog.reading() as reader:
        documents = reader.count_documents()
        length = sa.func.length(sa.cast(kept.c.body, sa.LargeBinary))
        answers = int(reader.connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(length), 0))) or 0)
    return Storage(
        documents=documents,
        passages=status.passages,
        bytes=Bytes(
            index=status.cache_bytes,
            catalog=sum(map(size_of, database_files(home / CATALOG))),
            uploads=size_of(home / UPLOADS),
            answers=answers,
        ),
        last_backup=max(audit.latest(BACKUP).values(), default=None),
    )
