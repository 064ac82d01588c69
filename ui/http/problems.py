"""Errors of the HTTP interface as problem details (RFC 9457), without a traceback.

Every problem is of the type ``about:blank``: the status code says which it is, ``detail`` says in one
sentence what was wrong and what to do, and ``errors`` names each field that was at fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import sqlalchemy.exc
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from index.errors import (
    RETRY_SECONDS,
    BusyError,
    DocumentNotFoundError,
    EncoderMismatchError,
    LibraryLockedError,
    LibraryRestoredError,
    LibraryWriteError,
    outward_line,
    write_failure,
)
from rag.errors import AnswerNotFoundError, ConversationNotFoundError, QuestionError
from ui.http.schemas import STORABLE

MEDIA_TYPE = "application/problem+json"

_STATUSES: Mapping[type[Exception], int] = {
    QuestionError: 422,
    DocumentNotFoundError: 404,
    AnswerNotFoundError: 404,
    ConversationNotFoundError: 404,
    LibraryWriteError: 507,
    LibraryLockedError: 503,
    LibraryRestoredError: 503,
    EncoderMismatchError: 503,
    BusyError: 503,
}
"""By kind of error, whose message tells a caller what was wrong and what to do."""


class FieldError(BaseModel):
    """One field of a request that could not be used."""

    field: str
    detail: str


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    model_config = ConfigDict(title="Problem")

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] | None = None


def problem_of(
    status: int, detail: str, instance: str, errors: Sequence[FieldError] | None = None
) -> dict[str, Any]:
    """The problem document, as JSON-ready values; ``errors`` only where there are any."""
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=instance,
        errors=list(errors) if errors else None,
    )
    return problem.model_dump(exclude_none=True)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route for OpenAPI: which problems it can answer with."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": HTTPStatus(status).phrase, "model": Problem, "content": {MEDIA_TYPE: schema}}
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` with a problem document."""
    kinds: list[type[Exception]] = [HTTPException, *_STATUSES, OSError, sqlalchemy.exc.DatabaseError]
    for known in kinds:
        app.exception_handler(known)(_known)
    app.exception_handler(RequestValidationError)(_validation)
    app.exception_handler(Exception)(_unexpected)


def stated(error: BaseException) -> tuple[int, str]:
    """The status and the detail of an error. They name no folder, process or machine of the server."""
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return status, outward_line(error)
    # FastAPI raises an error of its own where the disk has no room for a body.
    cause = write_failure(error) or write_failure(error.__cause__)
    if cause is not None:
        remedy = "free space on its disk, or check the permissions of its folders, then try again"
        return 507, f"The server cannot write to its disk ({cause}); {remedy}."
    if isinstance(error, HTTPException):
        return error.status_code, error.detail
    if isinstance(error, sqlalchemy.exc.DatabaseError):
        return 503, (
            f"The library's catalog cannot be read ({error.orig}); if it repeats, put a backup back with "
            "`footnoted restore FILE`."
        )
    return 500, "The server failed at this request; its log has the cause."


def _respond(
    request: Request,
    status: int,
    detail: str,
    errors: Sequence[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    problem = problem_of(status, detail, request.url.path, errors)
    return JSONResponse(problem, status, headers=headers, media_type=MEDIA_TYPE)


async def _known(request: Request, error: Exception) -> JSONResponse:
    status, detail = stated(error)
    if status == 500 and not isinstance(error, HTTPException):
        # Whoever catches it next logs it with its traceback and has it answered by ``_unexpected``.
        raise error
    headers = error.headers if isinstance(error, HTTPException) else None
    if isinstance(error, BusyError):
        headers = {"Retry-After": str(RETRY_SECONDS)}
    return _respond(request, status, detail, headers=headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # The server logs the error with its traceback: Starlette raises it again after this answer.
    return _respond(request, *stated(error))


async def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return _respond(request, 400, f"The body is not JSON: {_json_cause(found[0])}.")
    errors = [_field_error(item) for item in found]
    return _respond(request, 422, "; ".join(f"{item.field}: {item.detail}" for item in errors), errors)


def _json_cause(item: dict[str, Any]) -> str:
    position = item["loc"][-1]
    return f"{str(item['ctx']['error']).lower()} at character {position}"


def _field_error(item: dict[str, Any]) -> FieldError:
    """A validation error by the field's name (``filters.publishers.0``) rather than by its place."""
    place, *names = item["loc"]
    field = ".".join(map(str, names)) or str(place)
    if item["type"] == "string_unicode" or item.get("ctx") == {"pattern": STORABLE}:
        return FieldError(
            field=field,
            detail="has a NUL character or half a surrogate pair, which cannot be kept; remove it",
        )
    if item["type"] == "extra_forbidden":
        return FieldError(field=field, detail="unknown field; remove it or correct its name")
    if not names:
        return FieldError(
            field=field, detail="must be a JSON object, sent with the header Content-Type: application/json"
        )
    return FieldError(field=field, detail=str(item["msg"]).removeprefix("Value error, "))
