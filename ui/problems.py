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

from index.commits import LibraryRestoredError
from index.encoders import EncoderMismatchError
from index.locking import LibraryLockedError
from index.records import DocumentNotFoundError
from index.upkeep import LibraryWriteError
from rag.kept_answers import AnswerNotFoundError
from rag.kept_conversations import ConversationNotFoundError
from rag.questions import QuestionError
from ui.schemas import STORABLE

MEDIA_TYPE = "application/problem+json"


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
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(RequestValidationError)(_validation)
    app.exception_handler(QuestionError)(_question)
    for unknown in (DocumentNotFoundError, AnswerNotFoundError, ConversationNotFoundError):
        app.exception_handler(unknown)(_unknown)
    app.exception_handler(LibraryWriteError)(_no_room)
    for unavailable in (LibraryLockedError, LibraryRestoredError, EncoderMismatchError):
        app.exception_handler(unavailable)(_unavailable)
    app.exception_handler(sqlalchemy.exc.DatabaseError)(_unreadable)
    app.exception_handler(Exception)(_unexpected)


def _respond(
    request: Request,
    status: int,
    detail: str,
    errors: Sequence[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    problem = problem_of(status, detail, request.url.path, errors)
    return JSONResponse(problem, status, headers=headers, media_type=MEDIA_TYPE)


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    return _respond(request, error.status_code, error.detail, headers=error.headers)


async def _question(request: Request, error: QuestionError) -> JSONResponse:
    return _respond(request, 422, str(error))


async def _unknown(request: Request, error: LookupError) -> JSONResponse:
    return _respond(request, 404, str(error))


async def _no_room(request: Request, error: LibraryWriteError) -> JSONResponse:
    return _respond(request, 507, str(error))


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    return _respond(request, 503, str(error))


async def _unreadable(request: Request, error: sqlalchemy.exc.DatabaseError) -> JSONResponse:
    detail = (
        f"The library's catalog cannot be read ({error.orig}); if it repeats, put a backup back with "
        "`footnoted restore FILE`."
    )
    return _respond(request, 503, detail)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # The server logs the error with its traceback: Starlette raises it again after this answer.
    del error
    return _respond(request, 500, "The server failed at this request; its log has the cause.")


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
