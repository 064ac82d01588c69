"""Adds the rules of the middleware to the OpenAPI description: needed scopes, and refusals.

FastAPI describes only the handlers, because it does not know the middleware.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from ui.accounts import Scope, SignIn
from ui.http.access.identity import session_cookie
from ui.http.access.table import Requirement, requirement_of
from ui.http.operations.rate_limits import UNLIMITED_ROUTES
from ui.http.problems import MEDIA_TYPE, documented, schemas

TOKEN, SESSION = "token", "session"

_TOKEN_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token that `footnoted token add` made. It needs the scope that an operation names.",
}


def describe_refusals(app: FastAPI, sign_in: SignIn | None) -> None:
    """Add each operation's needed scope, and the responses that refuse a request, to the OpenAPI description.

    Args:
        app: the server; :mod:`ui.http.access.table` says what each of its routes needs.
        sign_in: the accounts; None if nobody needs to sign in.
    """
    make = app.openapi

    def described() -> dict[str, Any]:
        description = make()
        schemes = description["components"].setdefault("securitySchemes", {})
        if not schemes:
            schemes.update(_schemes(sign_in))
            models = {**description["components"]["schemas"], **schemas()}
            description["components"]["schemas"] = dict(sorted(models.items()))
            for route, operation in _operations(description):
                _describe(route, operation, list(schemes), is_optional=sign_in is None)
        return description

    app.openapi = described  # type: ignore[method-assign]


def _schemes(sign_in: SignIn | None) -> dict[str, Any]:
    if sign_in is None:
        return {TOKEN: _TOKEN_SCHEME}
    cookie = {
        "type": "apiKey",
        "in": "cookie",
        "name": session_cookie(sign_in),
        "description": "The session of a person who signed in at `/sign-in`.",
    }
    return {TOKEN: _TOKEN_SCHEME, SESSION: cookie}


def _operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the operations of a description, each with its route, such as ``GET /healthz``."""
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _describe(route: str, operation: dict[str, Any], schemes: list[str], *, is_optional: bool) -> None:
    """Describe the scope that one operation needs, and the responses that refuse a request."""
    requirement = requirement_of(*route.split(" "))
    if requirement is Requirement.NOTHING:
        operation["security"] = []
    else:
        roles = [requirement.value] if isinstance(requirement, Scope) else []
        # An empty requirement means that the operation answers without a token as well.
        operation["security"] = [{}] * is_optional + [{scheme: roles} for scheme in schemes]
    if isinstance(requirement, Scope):
        operation["x-required-scope"] = requirement.value
        text = operation.get("description", "").rstrip()
        operation["description"] = f"{text}\n\nNeeds the scope `{requirement.value}`.".lstrip()
    statuses = {400, 403, 500}
    if requirement is not Requirement.NOTHING:
        statuses |= {401, 503}
    if route not in UNLIMITED_ROUTES:
        statuses |= {429}
    if "requestBody" in operation:
        statuses |= {413, 422}
    if not route.startswith("GET "):  # Writing may find the disk full.
        statuses |= {507}
    responses = operation["responses"]
    for status, response in documented(*statuses).items():
        responses.setdefault(str(status), response)
    for response in responses.values():
        if MEDIA_TYPE in response.get("content", {}):  # FastAPI adds its own type of errors.
            response["content"].pop("application/json", None)
    _describe_headers(responses)
    operation["responses"] = dict(sorted(responses.items()))


def _describe_headers(responses: dict[str, Any]) -> None:
    """Describe the headers ``Retry-After`` and ``WWW-Authenticate`` of responses that refuse a request."""
    waits = {"schema": {"type": "string"}, "description": "the seconds after which to try again"}
    for status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        if response := responses.get(str(status.value)):
            response["headers"] = {"Retry-After": waits}
    if response := responses.get("401"):
        challenge = {"schema": {"type": "string"}, "description": "the kind of authentication to send"}
        response["headers"] = {"WWW-Authenticate": challenge}
