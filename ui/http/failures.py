"""The routes that list the files that could not be read, and dismiss them one by one."""

from __future__ import annotations

from pathlib import Path as File
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path

from index.errors import FailureNotFoundError
from index.ingest import Failures, KeptFailure
from index.library import Library
from ui.http.problems import documented
from ui.http.request_bodies import Number

FailureId = Annotated[Number, Path(description="the failure's number in the catalog")]


def failures_router(index: Library) -> APIRouter:
    """The routes of the files and folders that the last sync could not read."""
    router = APIRouter(prefix="/v1/failures", tags=["library"], responses=documented(422, 500))
    failures = Failures(index.catalog.engine)

    @router.get("")
    def listed() -> dict[str, Any]:
        """List the files that could not be read. A file stays until it was read, removed or dismissed."""
        return {"failures": [failure_fields(failure) for failure in failures.listed()]}

    @router.delete("/{failure_id}", status_code=204, responses=documented(404))
    def dismiss(failure_id: FailureId) -> None:
        """Remove a file from the list until it fails for another cause."""
        try:
            failures.dismiss(failure_id)
        except FailureNotFoundError as error:
            raise HTTPException(404, str(error)) from error

    return router


def failure_fields(failure: KeptFailure) -> dict[str, Any]:
    """A failure as JSON; its path is relative to the followed folder."""
    return {
        "failure_id": failure.failure_id,
        "path": failure.path or File(failure.source).name,
        "cause": failure.cause,
        "since": failure.since,
    }
