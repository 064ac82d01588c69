"""The routes that upload a document, delete an uploaded one, and restore a deleted one."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import replace
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends, File, Form, HTTPException, UploadFile
from starlette.responses import JSONResponse, Response

from index.documents import MAX_COLLECTION_CHARACTERS
from index.errors import GoneError, LibraryLockedError, LoadError, NotUploadedError, TakenError, outward_line
from index.library import Library
from index.loaders import Isolated, Options
from index.uploads import Deletions, Sent, add_upload, keep_upload
from index.workers import JobRunner
from ui.accounts import Identity
from ui.http.access.identity import identity_of
from ui.http.access.views import OwnLibrary
from ui.http.client_state.idempotency import Idempotency, IdempotencyKey
from ui.http.documents import DocumentId, document_response
from ui.http.jobs import accepted
from ui.http.limited_threads import MAX_WAITING, LimitedThreads
from ui.http.problems import documented
from ui.http.request_bodies import MAX_DETAIL_CHARACTERS, Text
from ui.http.router import Router
from ui.operations import note

FormDetail = Annotated[
    Text, Form(max_length=MAX_DETAIL_CHARACTERS, description="overrides the value in the file")
]

_BLOCK_BYTES = 1024 * 1024

QUEUED = {"description": "The library keeps the file and reads it in the job `job_id`"}


def uploads_router(
    reader: Isolated, options: Options, writer: JobRunner, deletions: Deletions, most_bytes: int = 0
) -> Router:
    """Return the routes under ``/v1/documents`` that add, delete and restore uploaded documents.

    Args:
        reader: the process that reads files.
        options: the limits of reading, and passwords of encrypted files.
        writer: indexes files in the background.
        deletions: deletes documents, and can restore each of them for some minutes.
        most_bytes: the maximum size of all uploads of a sender together, in bytes; 0 for no limit.
    """
    router = Router(prefix="/v1/documents", tags=["library"])
    # Two threads, because one file can be read while another is embedded. Background uploads have other
    # threads, so they do not wait behind uploads whose callers wait for the index.
    reading = LimitedThreads("uploads", at_once=2, waiting=MAX_WAITING)
    queueing = LimitedThreads("uploads", at_once=2, waiting=MAX_WAITING)
    idempotency = Idempotency()
    # A deletion waits for the upload that is being indexed.
    deleting = LimitedThreads("deletions", at_once=2, waiting=MAX_WAITING)

    @router.post(
        "",
        status_code=201,
        response_model=dict[str, Any],
        responses={**documented(400, 409, 413, 422, 500, 503, 507), 202: QUEUED},
    )
    async def upload(
        *,
        index: OwnLibrary,
        file: Annotated[UploadFile, File(description="a report in a supported format")],
        title: FormDetail = "",
        publisher: FormDetail = "",
        author: FormDetail = "",
        published: FormDetail = "",
        language: FormDetail = "",
        collection: Annotated[
            Text,
            Form(max_length=MAX_COLLECTION_CHARACTERS, description="the name of a collection, for filters"),
        ] = "",
        password: Annotated[Text, Form(max_length=500, description="opens an encrypted file; not kept")] = "",
        background: Annotated[bool, Form(description="answer at once: 202 with a `job_id`")] = False,
        idempotency_key: IdempotencyKey = None,
        sender: Annotated[Identity, Depends(identity_of)],
    ) -> Response:
        """Add a report to the library, or a new version of the report with the same name.

        If too many uploads wait, the status is 503, and `Retry-After` says when to send the file again. If
        the file would exceed the sender's storage limit, the status is 507; the sender must first delete an
        upload.

        If a request repeats an `Idempotency-Key` with the same body, it gets the first response again, with
        `Idempotent-Replayed: true`. With another body, the status is 422. The server forgets a key after a
        day, and when the server stops.
        """
        details = {
            "title": title,
            "publisher": publisher,
            "author": author,
            "published": published,
            "language": language,
            "collection": collection,
        }
        with_password = replace(options, passwords=(password, *options.passwords)) if password else options

        sent = Sent(file.filename or "", file.file, details, most_bytes)

        async def add() -> Response:
            if background:
                return await queueing.run(queued_response, index, writer, with_password, sent)
            added = await reading.run(uploaded_response, index, reader, with_password, sent)
            return JSONResponse(added, 201)

        if idempotency_key is None:
            return await add()
        other = (file.filename or "", *details.values(), password, str(background))
        body = await to_thread.run_sync(_digest, file, other)
        return await idempotency.run(sender, idempotency_key, body, add)

    @router.delete("/{document_id}", status_code=204, responses=documented(404, 409, 422, 500, 503, 507))
    async def delete(index: OwnLibrary, document_id: DocumentId) -> None:
        """Delete an uploaded document with its file and all its versions.

        For ten minutes, `…/restore` undoes the deletion.
        """
        try:
            await deleting.run(deletions.delete, document_id, index.catalog.viewer)
        except (NotUploadedError, LibraryLockedError) as error:
            raise HTTPException(409, outward_line(error)) from error

    @router.post("/{document_id}/restore", responses=documented(404, 409, 410, 422, 500, 503, 507))
    async def restore(index: OwnLibrary, document_id: DocumentId) -> dict[str, Any]:
        """Restore a document that was deleted in the last ten minutes, with its number and versions.

        The status is 507 if the document would exceed the storage limit of the sender who uploaded it.
        """
        try:
            await deleting.run(deletions.restore, document_id, index.catalog.viewer)
        except GoneError as error:
            raise HTTPException(410, str(error)) from error
        except (TakenError, LibraryLockedError) as error:
            raise HTTPException(409, outward_line(error)) from error
        return await to_thread.run_sync(document_response, index, document_id)

    return router


def _digest(file: UploadFile, fields: tuple[str, ...]) -> str:
    digest = hashlib.sha256(json.dumps(fields).encode())
    while block := file.file.read(_BLOCK_BYTES):
        digest.update(block)
    file.file.seek(0)
    return digest.hexdigest()


def uploaded_response(index: Library, reader: Isolated, options: Options, sent: Sent) -> dict[str, Any]:
    """Add a file, and return the response of ``POST /v1/documents``: the document that the file became.

    Raises:
        HTTPException: 422 if the file cannot be read, 409 if another process is writing.
        StorageLimitError: if the sender's uploads would exceed the storage limit that ``sent`` gives.
    """
    try:
        record = add_upload(index, reader, options, sent)
    except LoadError as error:
        raise HTTPException(422, str(error)) from error
    except LibraryLockedError as error:
        raise HTTPException(409, error.outward()) from error
    note(target=str(record.document_id))
    return document_response(index, record.document_id, record.version)


def queued_response(index: Library, writer: JobRunner, options: Options, sent: Sent) -> Response:
    """Queue a file, and return the 202 response of ``POST /v1/documents`` with the id of the file's job.

    Raises:
        HTTPException: 422 if the file is too large, or a detail of the report cannot be stored.
        StorageLimitError: if the sender's uploads would exceed the storage limit that ``sent`` gives.
        BusyError: if too many uploads wait to be read.
    """
    try:
        kept = keep_upload(index, options, sent)
    except LoadError as error:
        raise HTTPException(422, str(error)) from error
    with ExitStack() as unless_queued:
        unless_queued.callback(kept.discard)
        job = writer.upload(kept, options)
        unless_queued.pop_all()
    return accepted(job)
