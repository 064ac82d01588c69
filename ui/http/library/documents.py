"""The library over HTTP: its documents, their text and pages, and files that are uploaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, File, Form, Header, HTTPException, Path, Query, UploadFile
from starlette.responses import Response

from index.documents import MAX_COLLECTION_CHARACTERS, Span
from index.errors import LibraryLockedError, LoadError
from index.library import Library
from index.loaders import Isolated, Options
from index.records import DocumentRecord
from index.uploads import Sent, add_upload, is_uploaded, keep_upload
from index.workers import Writer
from ui.dates import precision_of
from ui.errors import PictureError
from ui.http.bulkhead import Bulkhead
from ui.http.jobs import accepted
from ui.http.library.listing import listed_response
from ui.http.library.pictures import Drawing, has_pictures, page_picture
from ui.http.library.revalidating import revalidated
from ui.http.library.sources import read_source
from ui.http.problems import documented
from ui.http.schemas import MAX_SAID_CHARACTERS, Number, Offset, Text

DocumentId = Annotated[Number, Path(description="the document's number in the catalog")]
Version = Annotated[Number | None, Query(description="a superseded version; the current one by default")]
Said = Annotated[
    Text, Form(max_length=MAX_SAID_CHARACTERS, description="stands above what the file says of itself")
]

UNCHANGED = {"description": "The brief list is the one whose `ETag` was sent"}
SAME = {"description": "The picture is the one whose `ETag` was sent"}
QUEUED = {"description": "It is kept and will be read; `job_id` says which job tells how far it is"}
PICTURE_WIDTHS = (200, 2000)

MOST_WAITING = 100
"""Requests of a kind that may wait for a thread; of a file that waits there is a copy on the disk."""


def documents_router(
    index: Library, reader: Isolated, drawer: Isolated, options: Options, writer: Writer
) -> APIRouter:
    """The routes under ``/v1/documents`` over one library.

    Args:
        index: the library.
        reader: reads files, in a process of its own.
        drawer: draws pages, in another.
        options: what that may take.
        writer: indexes files that are sent to be indexed in the background.
    """
    router = APIRouter(prefix="/v1/documents", tags=["library"], responses=documented(400, 413, 422, 500))
    # One file is read while another is embedded. Who does not wait for that must not wait for who does.
    reading = Bulkhead("uploads", at_once=2, waiting=MOST_WAITING)
    keeping = Bulkhead("uploads", at_once=2, waiting=MOST_WAITING)
    drawing = Bulkhead("pictures of pages", at_once=4, waiting=MOST_WAITING)

    @router.get("", response_model=dict[str, Any], responses={304: UNCHANGED})
    async def documents(
        brief: Annotated[bool, Query(description="only what a list shows, with an `ETag`")] = False,
        if_none_match: Annotated[str, Header(description="the `ETag` of a brief list")] = "",
    ) -> dict[str, Any] | Response:
        """The library: every document's current version, without its text."""
        if brief:
            return await to_thread.run_sync(listed_response, index, if_none_match)
        return await to_thread.run_sync(documents_response, index)

    @router.post(
        "",
        status_code=201,
        response_model=dict[str, Any],
        responses={**documented(409, 503, 507), 202: QUEUED},
    )
    async def upload(
        *,
        file: Annotated[UploadFile, File(description="a report in one of the formats that are read")],
        title: Said = "",
        publisher: Said = "",
        author: Said = "",
        published: Said = "",
        language: Said = "",
        collection: Annotated[
            Text, Form(max_length=MAX_COLLECTION_CHARACTERS, description="what filters may name it by")
        ] = "",
        password: Annotated[Text, Form(max_length=500, description="opens an encrypted file; not kept")] = "",
        background: Annotated[bool, Form(description="answer at once, 202 with a `job_id`")] = False,
    ) -> dict[str, Any] | Response:
        """Add a report to the library, or a new version of one that has the same name.

        Where too many uploads wait, 503 says in `Retry-After` after how many seconds to send it again.
        """
        said = {
            "title": title,
            "publisher": publisher,
            "author": author,
            "published": published,
            "language": language,
            "collection": collection,
        }
        how = _tried_first(password, options)
        if background:
            return await keeping.run(queued_response, index, writer, how, file, said)
        return await reading.run(uploaded_response, index, reader, how, file, said)

    @router.get("/{document_id}", responses=documented(404))
    async def document(document_id: DocumentId, version: Version = None) -> dict[str, Any]:
        """What is known of a document, with its outline and its near-duplicates."""
        return await to_thread.run_sync(document_response, index, document_id, version)

    @router.get("/{document_id}/text", responses=documented(404))
    async def document_text(
        document_id: DocumentId,
        version: Version = None,
        start: Annotated[Offset, Query(description="offset in code points")] = 0,
        end: Annotated[Offset | None, Query(description="exclusive; the end by default")] = None,
    ) -> dict[str, Any]:
        """A document's canonical text, whole by default: what every citation's offsets count in."""
        if end is not None and end < start:
            raise HTTPException(422, f"end {end} lies before start {start}; give a larger end")
        return asdict(await to_thread.run_sync(read_source, index, document_id, version, start, end))

    @router.get(
        "/{document_id}/pages/{page}.png",
        response_class=Response,
        responses={**documented(404, 503), 200: {"content": {"image/png": {}}}, 304: SAME},
    )
    async def page(
        *,
        document_id: DocumentId,
        page: Annotated[Number, Path(description="from 1")],
        version: Version = None,
        start: Annotated[Offset | None, Query(description="of the words to mark")] = None,
        end: Annotated[Offset | None, Query(description="exclusive")] = None,
        width: Annotated[int, Query(ge=PICTURE_WIDTHS[0], le=PICTURE_WIDTHS[1], description="pixels")] = 1000,
        if_none_match: Annotated[str, Header(description="the `ETag` of such a picture")] = "",
    ) -> Response:
        """A page as a picture, with the words from `start` to `end` marked."""
        span = Span(start, end) if start is not None and end is not None and start < end else None
        record = await to_thread.run_sync(index.catalog.document, document_id, version)
        try:
            picture = await drawing.run(
                page_picture, index, drawer, options, Drawing(record, page, width, span)
            )
        except PictureError as error:
            raise HTTPException(404, str(error)) from error
        # Another library at the same address may have another page under the same numbers.
        tag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
        return revalidated(tag, if_none_match, "image/png", lambda: picture)

    return router


def _tried_first(password: str, options: Options) -> Options:
    return replace(options, passwords=(password, *options.passwords)) if password else options


def uploaded_response(
    index: Library, reader: Isolated, options: Options, file: UploadFile, said: Mapping[str, str]
) -> dict[str, Any]:
    """What ``POST /v1/documents`` answers: what is known of the document that the file became.

    Raises:
        HTTPException: 422 if the file cannot be read, 409 if another process is writing.
    """
    try:
        record = add_upload(index, reader, options, Sent(file.filename or "", file.file, said))
    except LoadError as error:
        raise HTTPException(422, str(error)) from error
    except LibraryLockedError as error:
        raise HTTPException(409, error.outward()) from error
    return document_response(index, record.document_id, record.version)


def queued_response(
    index: Library, writer: Writer, options: Options, file: UploadFile, said: Mapping[str, str]
) -> Response:
    """What ``POST /v1/documents`` answers where it does not wait: the job that indexes the file.

    Raises:
        HTTPException: 422 if the file is too large, or what is said of it cannot be kept.
        BusyError: if too many uploads wait to be read.
    """
    try:
        kept = keep_upload(index, options, Sent(file.filename or "", file.file, said))
    except LoadError as error:
        raise HTTPException(422, str(error)) from error
    with ExitStack() as unless_queued:
        unless_queued.callback(kept.discard)
        job = writer.upload(kept, options)
        unless_queued.pop_all()
    return accepted(job)


def documents_response(index: Library) -> dict[str, Any]:
    """What ``GET /v1/documents`` answers: the current version of every document."""
    return {
        "documents": [document_fields(index, record) for record in index.catalog.documents()],
        "generation": index.generation,
    }


def document_response(index: Library, document_id: int, version: int | None = None) -> dict[str, Any]:
    """What ``GET /v1/documents/{id}`` answers: what is known of it, and its outline.

    ``same_as`` has the near-duplicates of its current version, the nearest first.

    Raises:
        DocumentNotFoundError: if there is none.
    """
    with index.catalog.reading() as catalog:
        fields = document_fields(index, catalog.document(document_id, version))
        sections = catalog.text(document_id, version).sections
        near_duplicates = index.duplicates.similar(catalog, document_id)
    same_as = [
        {
            "document_id": like.document_id,
            "title": like.title,
            "publisher": like.publisher,
            "similarity": round(similarity, 3),
        }
        for like, similarity in near_duplicates
    ]
    return {**fields, "sections": [asdict(section) for section in sections], "same_as": same_as}


def document_fields(index: Library, record: DocumentRecord) -> dict[str, Any]:
    """What is known of a document, less the folder on the server's disk that it came from."""
    fields = asdict(record)
    del fields["source"]
    return {
        **fields,
        "published_precision": precision_of(record.published),
        "page_pictures": has_pictures(record),
        "uploaded": is_uploaded(index, record),
    }
