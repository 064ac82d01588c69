"""Background jobs over HTTP: a sync is asked for, its progress read, and any job cancelled."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Annotated, Any

import fastapi
from fastapi import APIRouter, HTTPException, Query
from starlette.responses import JSONResponse

from index.errors import JobEndedError, JobNotFoundError
from index.ingest import KEPT, Job
from index.workers import Writer
from ui.http.problems import documented
from ui.http.schemas import RequestModel, Text

JobId = Annotated[Text, fastapi.Path(description="the job's number, 32 hexadecimal digits", max_length=64)]

LISTED = 100

_PROCESS = re.compile(r"\bprocess [0-9]+ on \S+")
"""How an error names who holds the library's lock (:func:`index.catalog.lock.locked`)."""


class SyncRequest(RequestModel):
    """What a sync may be told: nothing. Only folders that are followed already are read."""


def jobs_router(writer: Writer) -> APIRouter:
    """The routes of jobs: those of ``writer`` and those that other processes run on the same library."""
    router = APIRouter(prefix="/v1", tags=["jobs"], responses=documented(400, 422, 500))

    @router.post("/index/sync", status_code=202, responses=documented(409))
    def start_sync(_body: SyncRequest | None = None) -> JSONResponse:
        """Sync the folders that the library follows. A sync that waits already is not doubled."""
        if not writer.follows_any:
            raise HTTPException(409, "the library follows no folder yet; name one: footnoted sync FOLDER")
        return accepted(writer.sync())

    @router.get("/jobs")
    def jobs(
        limit: Annotated[int, Query(ge=1, le=KEPT, description="how many at most")] = LISTED,
    ) -> dict[str, Any]:
        """The last jobs, newest first, each without its result."""
        fields = [job_fields(replace(job, result=None), writer.home) for job in writer.jobs.recent(limit)]
        return {"jobs": [{name: value for name, value in job.items() if name != "result"} for job in fields]}

    @router.get("/jobs/{job_id}", responses=documented(404))
    def job(job_id: JobId) -> dict[str, Any]:
        """How far a job is, or how it came out."""
        try:
            return job_fields(writer.jobs.get(job_id), writer.home)
        except JobNotFoundError as error:
            raise HTTPException(404, str(error)) from error

    @router.delete("/jobs/{job_id}", responses={**documented(404, 409), 202: {"description": "It stops"}})
    def cancel(job_id: JobId) -> JSONResponse:
        """Cancel a job: one that waits has ended with this (200), one that runs stops soon (202)."""
        try:
            job = writer.jobs.request_cancel(job_id)
        except JobNotFoundError as error:
            raise HTTPException(404, str(error)) from error
        except JobEndedError as error:
            raise HTTPException(409, str(error)) from error
        return JSONResponse(job_fields(job, writer.home), 200 if job.has_ended else 202)

    return router


def accepted(job: Job) -> JSONResponse:
    """The answer to a request whose work goes on after it: where to ask how far it is."""
    return JSONResponse({"job_id": job.id}, 202, headers={"Location": f"/v1/jobs/{job.id}"})


def job_fields(job: Job, home: Path) -> dict[str, Any]:
    """A job as HTTP shows it: without its process, and without the places of the library and its folders.

    Args:
        job: the job; a command may have written the whole places into it.
        home: the library's folder.
    """
    fields = {name: value for name, value in job.as_dict().items() if name != "owner"}
    if job.result and "failed" in job.result:
        failed = [{**failure, "path": _outward(failure["path"])} for failure in job.result["failed"]]
        fields["result"] = {**job.result, "failed": failed}
    shown: dict[str, Any] = _without_places(fields, home)
    return shown


def _outward(path: str) -> str:
    place = PurePath(path)
    return place.name if place.is_absolute() else path


def _without_places(value: Any, home: Path) -> Any:  # noqa: ANN401 (JSON)
    """A JSON value whose strings name neither a process and its computer nor the folder ``home``."""
    if isinstance(value, dict):
        return {name: _without_places(each, home) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_places(each, home) for each in value]
    if isinstance(value, str):
        return _PROCESS.sub("another process", value).replace(str(home), "its home folder")
    return value
