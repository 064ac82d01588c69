"""The routes that upload, delete and restore documents, and those of jobs and of unreadable files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Annotated, Any

import fastapi
from anyio import to_thread
from fastapi import File, Form, HTTPException, Query, UploadFile
from starlette.responses import JSONResponse, Response

from index.documents import MAX_COLLECTION_CHARACTERS
from index.ingest import KEPT, Count, Failures, Job, Jobs
from index.library import Library
from index.loaders import Isolated, Options
from index.records import HiddenPaths
from index.uploads import Deletions, Sent, add_upload, keep_upload
from index.workers import JobRunner
from ui.http.access import OwnLibrary
from ui.http.documents import DocumentId, document_response
from ui.http.problems import conflict_if_locked, documented
from ui.http.request_bodies import MAX_DETAIL_CHARACTERS, Number, RequestModel, Text
from ui.http.router import MAX_WAITING, LimitedThreads, Router
from ui.operations import note

JobId = Annotated[Text, fastapi.Path(description="the job's id, 32 hexadecimal digits", max_length=64)]

FailureId = Annotated[Number, fastapi.Path(description="the failure's number in the catalog")]

_READ = frozenset({"added", "changed", "failed"})

# How an error names the process that holds the library's lock (:func:`index.catalog.lock.locked`).
_PROCESS = re.compile(r"\bprocess [0-9]+ on \S+")


class SyncRequest(RequestModel):
    """The body of a sync request. It has no fields, because a sync reads exactly the followed folders."""


def jobs_router(writer: JobRunner) -> Router:
    router = Router(prefix="/v1", tags=["jobs"], responses=documented(400, 422, 500))

    @router.post("/index/sync", status_code=202, responses=documented(409))
    def start_sync(index: OwnLibrary, _body: SyncRequest | None = None) -> JSONResponse:
        """Start a sync of the followed folders. If a sync of yours is waiting already, return its job."""
        if not writer.follows_any:
            raise HTTPException(409, "the library follows no folder yet; name one: footnoted sync FOLDER")
        return accepted(writer.sync(viewer=index.catalog.viewer))

    @router.get("/jobs")
    def jobs(
        index: OwnLibrary,
        limit: Annotated[int, Query(ge=1, le=KEPT, description="maximum number of jobs")] = 100,
    ) -> dict[str, Any]:
        """List your most recent jobs without their results, newest first; administrators see all jobs.

        `busy` says whether any job of the library waits or runs, yours or not.
        """
        found = without_hidden_reports(index, Jobs(index.catalog).recent(limit))
        fields = [job_fields(replace(job, result=None), writer.home) for job in found]
        listed = [{name: value for name, value in job.items() if name != "result"} for job in fields]
        return {"jobs": listed, "busy": bool(writer.jobs.unended())}

    @router.get("/jobs/{job_id}", responses=documented(404))
    def job(index: OwnLibrary, job_id: JobId) -> dict[str, Any]:
        """Return the progress or the result of a job.

        For a sender from whom reports are hidden, the counts of a sync are of the other reports: `files` and
        `passages` stay 0 while it runs, `unchanged` and `passages` of the result are as of now.
        """
        [job] = without_hidden_reports(index, [Jobs(index.catalog).get(job_id)])
        return job_fields(job, writer.home)

    @router.delete(
        "/jobs/{job_id}", responses={**documented(404, 409), 202: {"description": "The job will stop"}}
    )
    def cancel(index: OwnLibrary, job_id: JobId) -> JSONResponse:
        """Cancel a job. A waiting job ends at once (200); a running one stops soon (202)."""
        [job] = without_hidden_reports(index, [Jobs(index.catalog).request_cancel(job_id)])
        return JSONResponse(job_fields(job, writer.home), 200 if job.has_ended else 202)

    return router


def accepted(job: Job) -> JSONResponse:
    return JSONResponse({"job_id": job.id}, 202, headers={"Location": f"/v1/jobs/{job.id}"})


def job_fields(job: Job, home: Path) -> dict[str, Any]:
    """Return a job as JSON, without the process that runs it and without folders of the server's disk."""
    fields = {name: value for name, value in job.as_dict().items() if name != "owner"}
    if job.result and "failed" in job.result:
        failed = [{**failure, "path": _without_folder(failure["path"])} for failure in job.result["failed"]]
        fields["result"] = {**job.result, "failed": failed}
    redacted: dict[str, Any] = _redacted(fields, home)
    return redacted


def _without_folder(path: str) -> str:
    place = PurePath(path)
    return place.name if place.is_absolute() else path


def _redacted(value: Any, home: Path) -> Any:  # noqa: ANN401 (JSON)
    if isinstance(value, dict):
        return {name: _redacted(each, home) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(each, home) for each in value]
    if isinstance(value, str):
        return _PROCESS.sub("another process", value).replace(str(home), "its home folder")
    return value


def without_hidden_reports(index: Library, jobs: Sequence[Job]) -> list[Job]:
    """If any is hidden, so are all removed ones: the catalog no longer knows who might see them."""
    with index.catalog.reading() as reader:
        hidden = reader.hidden_paths()
        if not hidden:
            return list(jobs)
        documents, passages = reader.count_documents(), reader.count_chunks()
    return [_without_hidden(job, hidden, documents, passages) for job in jobs]


def _without_hidden(job: Job, hidden: HiddenPaths, documents: int, passages: int) -> Job:
    result = dict(job.result or {})
    for name in _READ & set(result):
        result[name] = [
            each for each in result[name] if (each if isinstance(each, str) else each["path"]) not in hidden
        ]
    if job.kind == "sync":
        read = sum(len(result.get(name, ())) for name in _READ)
        job = replace(job, files=Count(read, read), passages=Count(), seconds_left=None)
    if "removed" in result:
        unchanged = max(0, documents - len(result["added"]) - len(result["changed"]))
        result |= {"removed": [], "unchanged": unchanged, "passages": passages}
    is_of_hidden = job.result is None or result.get("path", "") in hidden
    names_hidden = any(path in (job.message or "") for path in hidden.documents)
    message = None if names_hidden else job.message
    return replace(job, result=None if is_of_hidden else result, message=message)


def failures_router() -> Router:
    router = Router(prefix="/v1/failures", tags=["library"], responses=documented(422, 500))

    @router.get("")
    def failures(index: OwnLibrary) -> dict[str, Any]:
        """List the files that could not be read.

        A file stays in the list until it is read, removed or dismissed.
        """
        # The path is relative to the followed folder. If the folder itself failed, it is the folder's name.
        found = [
            {
                "failure_id": failure.failure_id,
                "path": failure.path or Path(failure.source).name,
                "cause": failure.cause,
                "since": failure.since,
            }
            for failure in Failures(index.catalog).undismissed()
        ]
        return {"failures": found}

    @router.delete("/{failure_id}", status_code=204, responses=documented(404))
    def dismiss(index: OwnLibrary, failure_id: FailureId) -> None:
        """Remove a file from the list of files that could not be read.

        The file returns to the list if reading it fails for another cause.
        """
        Failures(index.catalog).dismiss(failure_id)

    return router


FormDetail = Annotated[
    Text, Form(max_length=MAX_DETAIL_CHARACTERS, description="overrides the value in the file")
]

QUEUED = {"description": "The library keeps the file and reads it in the job `job_id`"}


def uploads_router(
    reader: Isolated, options: Options, writer: JobRunner, deletions: Deletions, most_bytes: int = 0
) -> Router:
    router = Router(prefix="/v1/documents", tags=["library"])
    # Two threads, because one file can be read while another is embedded. Background uploads have other
    # threads, so they do not wait behind uploads whose callers wait for the index.
    reading = LimitedThreads("uploads", at_once=2, waiting=MAX_WAITING)
    queueing = LimitedThreads("uploads", at_once=2, waiting=MAX_WAITING)
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
            Form(
                max_length=MAX_COLLECTION_CHARACTERS,
                description="the name of a collection; without it, a report stays in its limited collection",
            ),
        ] = "",
        folder: Annotated[
            Text,
            Form(
                max_length=MAX_COLLECTION_CHARACTERS,
                description="the file's folder: the collection if none is named, unless the report is in a "
                "limited one",
            ),
        ] = "",
        password: Annotated[Text, Form(max_length=500, description="opens an encrypted file; not kept")] = "",
        background: Annotated[bool, Form(description="answer at once: 202 with a `job_id`")] = False,
    ) -> Response:
        """Add a report to the library, or a new version of the report with the same name.

        If too many uploads wait, the status is 503, and `Retry-After` says when to send the file again. If
        the file would exceed the sender's storage limit, the status is 507; the sender must first delete an
        upload.
        """
        details = {
            "title": title,
            "publisher": publisher,
            "author": author,
            "published": published,
            "language": language,
            "collection": collection or folder,
        }
        with_password = replace(options, passwords=(password, *options.passwords)) if password else options
        sent = Sent(file.filename or "", file.file, details, most_bytes, by_folder=not collection)
        if background:
            return await queueing.run(queued_response, index, writer, with_password, sent)
        added = await reading.run(uploaded_response, index, reader, with_password, sent)
        return JSONResponse(added, 201)

    @router.delete("/{document_id}", status_code=204, responses=documented(404, 409, 422, 500, 503, 507))
    async def delete(index: OwnLibrary, document_id: DocumentId) -> None:
        """Delete an uploaded document with its file and all its versions.

        For ten minutes, `…/restore` undoes the deletion.
        """
        with conflict_if_locked():
            await deleting.run(deletions.delete, document_id, index.catalog.viewer)

    @router.post("/{document_id}/restore", responses=documented(404, 409, 410, 422, 500, 503, 507))
    async def restore(index: OwnLibrary, document_id: DocumentId) -> dict[str, Any]:
        """Restore a document that was deleted in the last ten minutes, with its number and versions.

        The status is 507 if the document would exceed the storage limit of the sender who uploaded it.
        """
        with conflict_if_locked():
            await deleting.run(deletions.restore, document_id, index.catalog.viewer)
        return await to_thread.run_sync(document_response, index, document_id)

    return router


def uploaded_response(index: Library, reader: Isolated, options: Options, sent: Sent) -> dict[str, Any]:
    with conflict_if_locked():
        record = add_upload(index, reader, options, sent)
    note(target=str(record.document_id))
    return document_response(index, record.document_id, record.version)


def queued_response(index: Library, writer: JobRunner, options: Options, sent: Sent) -> Response:
    kept = keep_upload(index, options, sent)
    with ExitStack() as unless_queued:
        unless_queued.callback(kept.discard)
        job = writer.upload(kept, options)
        unless_queued.pop_all()
    return accepted(job)
