"""The routes of background jobs, and of the files that no job could read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Annotated, Any

import fastapi
from fastapi import HTTPException, Query
from starlette.responses import JSONResponse

from index.errors import FailureNotFoundError, JobEndedError, JobNotFoundError
from index.ingest import KEPT, Count, Failures, Job, Jobs, KeptFailure
from index.library import Library
from index.records import HiddenPaths
from index.workers import JobRunner
from ui.http.access.views import OwnLibrary
from ui.http.problems import documented
from ui.http.request_bodies import Number, RequestModel, Text
from ui.http.router import Router

JobId = Annotated[Text, fastapi.Path(description="the job's id, 32 hexadecimal digits", max_length=64)]

FailureId = Annotated[Number, fastapi.Path(description="the failure's number in the catalog")]

DEFAULT_LISTED = 100

_READ = frozenset({"added", "changed", "failed"})
"""The lists of the files that a sync has read, in its result."""

_PROCESS = re.compile(r"\bprocess [0-9]+ on \S+")
"""The form in which an error names the process that holds the library's lock
(:func:`index.catalog.lock.locked`)."""


class SyncRequest(RequestModel):
    """The body of a sync request. It has no fields, because a sync reads exactly the followed folders."""


def jobs_router(writer: JobRunner) -> Router:
    """Return the routes of the jobs of ``writer`` and of other processes that use the same library.

    A job belongs to its sender. For others than administrators, the jobs of other senders do not exist.
    """
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
        limit: Annotated[int, Query(ge=1, le=KEPT, description="maximum number of jobs")] = DEFAULT_LISTED,
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
        try:
            [job] = without_hidden_reports(index, [Jobs(index.catalog).get(job_id)])
        except JobNotFoundError as error:
            raise HTTPException(404, str(error)) from error
        return job_fields(job, writer.home)

    @router.delete(
        "/jobs/{job_id}", responses={**documented(404, 409), 202: {"description": "The job will stop"}}
    )
    def cancel(index: OwnLibrary, job_id: JobId) -> JSONResponse:
        """Cancel a job. A waiting job ends at once (200); a running one stops soon (202)."""
        try:
            [job] = without_hidden_reports(index, [Jobs(index.catalog).request_cancel(job_id)])
        except JobNotFoundError as error:
            raise HTTPException(404, str(error)) from error
        except JobEndedError as error:
            raise HTTPException(409, str(error)) from error
        return JSONResponse(job_fields(job, writer.home), 200 if job.has_ended else 202)

    return router


def accepted(job: Job) -> JSONResponse:
    """Return the 202 response to a request that started ``job``, with the address of the job."""
    return JSONResponse({"job_id": job.id}, 202, headers={"Location": f"/v1/jobs/{job.id}"})


def job_fields(job: Job, home: Path) -> dict[str, Any]:
    """Return a job as JSON, without the process that runs it and without folders of the server's disk.

    Args:
        job: the job; it may contain absolute paths if a command started it.
        home: the library's folder.
    """
    fields = {name: value for name, value in job.as_dict().items() if name != "owner"}
    if job.result and "failed" in job.result:
        failed = [{**failure, "path": _without_folder(failure["path"])} for failure in job.result["failed"]]
        fields["result"] = {**job.result, "failed": failed}
    redacted: dict[str, Any] = _redacted(fields, home)
    return redacted


def _without_folder(path: str) -> str:
    """Return the last part of an absolute path; a relative path as it is."""
    place = PurePath(path)
    return place.name if place.is_absolute() else path


def _redacted(value: Any, home: Path) -> Any:  # noqa: ANN401 (JSON)
    """Return a copy of a JSON value, whose strings name no process, no computer and not the path ``home``."""
    if isinstance(value, dict):
        return {name: _redacted(each, home) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(each, home) for each in value]
    if isinstance(value, str):
        return _PROCESS.sub("another process", value).replace(str(home), "its home folder")
    return value


def without_hidden_reports(index: Library, jobs: Sequence[Job]) -> list[Job]:
    """Return jobs without paths and counts of the reports that the viewer of ``index`` may not see.

    If any report is hidden, all removed documents are left out as well, because the catalog no longer knows
    who was allowed to see them.
    """
    with index.catalog.reading() as reader:
        hidden = reader.hidden_paths()
        if not hidden:
            return list(jobs)
        documents, passages = reader.count_documents(), reader.count_chunks()
    return [_without_hidden(job, hidden, documents, passages) for job in jobs]


def _without_hidden(job: Job, hidden: HiddenPaths, documents: int, passages: int) -> Job:
    """Return a job without hidden reports; ``documents`` and ``passages`` count what is not hidden."""
    result = dict(job.result or {})
    for name in _READ & set(result):
        result[name] = [each for each in result[name] if _path_of(each) not in hidden]
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


def _path_of(listed: str | Mapping[str, str]) -> str:
    return listed if isinstance(listed, str) else listed["path"]


def failures_router() -> Router:
    """Return the routes of the files and folders that the last sync could not read."""
    router = Router(prefix="/v1/failures", tags=["library"], responses=documented(422, 500))

    @router.get("")
    def failures(index: OwnLibrary) -> dict[str, Any]:
        """List the files that could not be read.

        A file stays in the list until it is read, removed or dismissed.
        """
        return {"failures": [failure_fields(failure) for failure in Failures(index.catalog).undismissed()]}

    @router.delete("/{failure_id}", status_code=204, responses=documented(404))
    def dismiss(index: OwnLibrary, failure_id: FailureId) -> None:
        """Remove a file from the list of files that could not be read.

        The file returns to the list if reading it fails for another cause.
        """
        try:
            Failures(index.catalog).dismiss(failure_id)
        except FailureNotFoundError as error:
            raise HTTPException(404, str(error)) from error

    return router


def failure_fields(failure: KeptFailure) -> dict[str, Any]:
    """Return a failure as JSON.

    The path is relative to the followed folder. If the folder itself failed, the path is the folder's name.
    """
    return {
        "failure_id": failure.failure_id,
        "path": failure.path or Path(failure.source).name,
        "cause": failure.cause,
        "since": failure.since,
    }
