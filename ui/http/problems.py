"""Errors as problem documents (RFC 9457), all of type ``about:blank``; ``errors`` names each wrong field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import sqlalchemy.exc
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.models import Schema
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from index.errors import (
    RETRY_SECONDS,
    BusyError,
    DocumentNotFoundError,
    EncoderMismatchError,
    FailureNotFoundError,
    GoneError,
    JobEndedError,
    JobNotFoundError,
    LibraryLockedError,
    LibraryRestoredError,
    LibraryWriteError,
    LoadError,
    NotUploadedError,
    OutdatedError,
    StorageLimitError,
    TakenError,
    UnreachableError,
    outward_line,
    write_failure,
)
from rag.errors import (
    AnswerNotFoundError,
    ConversationNotFoundError,
    DamagedAnswerError,
    OtherConversationError,
    QuestionError,
    SpanError,
)
from ui.errors import (
    AccountError,
    FetchError,
    LastAdministratorError,
    PictureError,
    RefusedURLError,
    WarmingUpError,
)
from ui.http.request_bodies import STORABLE
from ui.operations import request_id

MEDIA_TYPE = "application/problem+json"

# The header with the id of a request. The request's lines in the server's log have the same id.
REQUEST_ID = "X-Request-ID"
# The status of each kind of error. The message of these errors says what was wrong and what to do.
_STATUSES: Mapping[type[Exception], int] = {
    QuestionError: 422,
    DocumentNotFoundError: 404,
    AnswerNotFoundError: 404,
    ConversationNotFoundError: 404,
    DamagedAnswerError: 410,
    LibraryWriteError: 507,
    StorageLimitError: 507,
    LibraryLockedError: 503,
    UnreachableError: 503,
    LibraryRestoredError: 503,
    EncoderMismatchError: 503,
    BusyError: 503,
    WarmingUpError: 503,
    NotUploadedError: 409,
    OutdatedError: 409,
    TakenError: 409,
}
# Further kinds of errors, whose messages are shown with all their white space.
_REFUSALS: Mapping[type[Exception], int] = {
    FailureNotFoundError: 404,
    JobNotFoundError: 404,
    PictureError: 404,
    JobEndedError: 409,
    LastAdministratorError: 409,
    GoneError: 410,
    AccountError: 422,
    LoadError: 422,
    OtherConversationError: 422,
    RefusedURLError: 422,
    SpanError: 422,
    FetchError: 502,
}


class FieldError(BaseModel):
    """A field because of which a request was refused, and what is wrong with it."""

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
    request_id: str | None = None


def problem_of(
    status: int, detail: str, instance: str, errors: Sequence[FieldError] | None = None
) -> dict[str, Any]:
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=instance,
        errors=list(errors) if errors else None,
        request_id=request_id(),
    )
    return problem.model_dump(exclude_none=True)


_REFERENCES = "#/components/schemas/{model}"


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Refer to :func:`schemas` by name: for models, FastAPI would build serializers, and start slowly."""
    schema = {"schema": {"$ref": _REFERENCES.format(model=Problem.__name__)}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: schema}}
        for status in statuses
    }


def schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(mode="serialization", ref_template=_REFERENCES)
    models = {**schema.pop("$defs"), Problem.__name__: schema}
    # This is the way in which FastAPI writes the schemas of its own models.
    written: dict[str, Any] = jsonable_encoder(
        {name: Schema(**model) for name, model in models.items()}, by_alias=True, exclude_none=True
    )
    return written


def install(app: FastAPI) -> None:
    for known in (*_STATUSES, *_REFUSALS, HTTPException, OSError, sqlalchemy.exc.DatabaseError):
        app.exception_handler(known)(_known)
    app.exception_handler(RequestValidationError)(_validation)
    app.exception_handler(Exception)(_unexpected)


def status_and_detail(error: BaseException) -> tuple[int, str]:
    """They name no folder, process or machine of the server."""
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return status, outward_line(error)
    for kind, status in _REFUSALS.items():
        if isinstance(error, kind):
            return status, str(error)
    # If the disk is full while FastAPI stores a body, FastAPI wraps the error in one of its own.
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


@contextmanager
def conflict_if_locked() -> Iterator[None]:
    """Answer 409 instead of 503 while another process writes, to a change that cannot wait for it."""
    try:
        yield
    except LibraryLockedError as error:
        raise HTTPException(409, outward_line(error)) from error


def refusal(scope: Scope, status: int, detail: str, headers: Mapping[str, str]) -> Response:
    problem = problem_of(status, detail, scope["path"])
    return JSONResponse(problem, status, {"Cache-Control": "no-store", **headers}, media_type=MEDIA_TYPE)


def unreachable(scope: Scope, error: UnreachableError) -> Response:
    return refusal(scope, 503, outward_line(error), {"Retry-After": str(RETRY_SECONDS)})


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
    status, detail = status_and_detail(error)
    if status == 500 and not isinstance(error, HTTPException):
        # Starlette catches this error, logs its traceback, and answers with ``_unexpected``.
        raise error
    headers = error.headers if isinstance(error, HTTPException) else None
    if isinstance(error, BusyError | UnreachableError | WarmingUpError):
        headers = {"Retry-After": str(RETRY_SECONDS)}
    return _respond(request, status, detail, headers=headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # Starlette raises the error again after this response, so that the server logs its traceback.
    # No middleware sees this response.
    headers = {REQUEST_ID: known} if (known := request_id()) else None
    return _respond(request, *status_and_detail(error), headers=headers)


async def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        cause, position = str(found[0]["ctx"]["error"]).lower(), found[0]["loc"][-1]
        return _respond(request, 400, f"The body is not JSON: {cause} at character {position}.")
    errors = [_field_error(item) for item in found]
    return _respond(request, 422, "; ".join(f"{item.field}: {item.detail}" for item in errors), errors)


def _field_error(item: dict[str, Any]) -> FieldError:
    place, *names = item["loc"]
    detail = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "string_unicode" or item.get("ctx") == {"pattern": STORABLE}:
        detail = "has a NUL character or half a surrogate pair, which cannot be kept; remove it"
    elif item["type"] == "extra_forbidden":
        detail = "unknown field; remove it or correct its name"
    elif not names:
        detail = "must be a JSON object, sent with the header Content-Type: application/json"
    return FieldError(field=".".join(map(str, names)) or str(place), detail=detail)
