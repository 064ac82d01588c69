"""The table of what each route needs, and the check that the table has every route."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount, compile_path

from ui.accounts import Scope


class Requirement(Enum):
    """The requirement of a route that needs no scope: nothing, or an identity (any known sender)."""

    NOTHING = "nothing"
    IDENTITY = "identity"


_ROUTES: Mapping[Requirement | Scope, tuple[str, ...]] = {
    Requirement.NOTHING: (
        "GET /healthz",
        "GET /readyz",
        "GET /sign-in",
        "POST /sign-in",
        "GET /sign-in/openid",
        "GET /sign-in/openid/callback",
        "POST /sign-out",
        "GET /footnoted/{version}/styles/theme.css",
        "GET /footnoted/{version}/styles/sign_in.css",
    ),
    Scope.READ: (
        # The page.
        "GET /",
        "GET /assets/{path:path}",
        "GET /static/{path:path}",
        "GET /favicon.ico",
        "GET /theme.css",
        "GET /footnoted/{version}/{path:path}",
        "GET /gradio_api/app_id",
        # The documentation.
        "GET /docs",
        "GET /docs/oauth2-redirect",
        "GET /openapi.json",
        "GET /static-offline-docs/{path:path}",
        # The library.
        "GET /v1/documents",
        "GET /v1/documents/{document_id}",
        "GET /v1/documents/{document_id}/text",
        "GET /v1/documents/{document_id}/pages/{page}.png",
        "GET /v1/documents/{document_id}/citations",
        "GET /v1/documents/{document_id}/versions",
        "GET /v1/documents/{document_id}/changes",
        "GET /v1/documents/{document_id}/matches",
        "GET /v1/failures",
        "GET /v1/index/encoder",
        "GET /v1/jobs",
        "GET /v1/jobs/{job_id}",
        "GET /v1/model",
        "GET /v1/suggestions",
        "GET /v1/answers/{answer_id}.{suffix}",
        "GET /v1/answers/{answer_id}/text",
        "GET /v1/answers/{answer_id}/suggestions",
        "GET /v1/answers/{answer_id}",
        "GET /v1/conversations",
        "GET /v1/conversations/{conversation_id}.{suffix}",
        "GET /v1/conversations/{conversation_id}",
    ),
    Scope.ASK: (
        "POST /v1/search",
        "POST /v1/search/batch",
        "POST /v1/chat",
        "POST /v1/feedback",
        # OpenAI's protocol.
        "GET /v1/models",
        "GET /v1/models/{name}",
        "POST /v1/chat/completions",
        "POST /v1/responses",
        "POST /v1/vector_stores/{collection:path}/search",
        # The questions of the page.
        "GET /gradio_api/heartbeat/{session_hash}",
        "POST /gradio_api/queue/join",
        "GET /gradio_api/queue/data",
        "POST /gradio_api/cancel",
        "POST /gradio_api/reset",
    ),
    Scope.WRITE: (
        "POST /v1/documents",
        "POST /v1/documents/from-url",
        "PATCH /v1/documents/{document_id}",
        "DELETE /v1/documents/{document_id}",
        "POST /v1/documents/{document_id}/restore",
        "DELETE /v1/failures/{failure_id}",
        "POST /v1/index/sync",
        "DELETE /v1/jobs/{job_id}",
        "PATCH /v1/answers/{answer_id}",
        "DELETE /v1/answers/{answer_id}",
        "PATCH /v1/conversations/{conversation_id}",
        "DELETE /v1/conversations/{conversation_id}",
    ),
    Scope.ADMIN: (
        "GET /v1/collections",
        "PUT /v1/collections/{collection:path}/limit",
        "DELETE /v1/collections/{collection:path}/limit",
        "GET /administration",
        "GET /v1/users",
        "POST /v1/users",
        "PATCH /v1/users/{name}",
        "DELETE /v1/users/{name}",
        "GET /v1/tokens",
        "POST /v1/tokens",
        "DELETE /v1/tokens/{name}",
        "GET /v1/storage",
        "POST /v1/index/encoder",
        # These four need `read`, too (ui.http.model).
        "PUT /v1/model",
        "DELETE /v1/model",
        "POST /v1/model/reload",
        "POST /v1/model/test",
        "GET /v1/audit",
    ),
    Scope.METRICS: ("GET /metrics",),
    Requirement.IDENTITY: (
        "GET /v1/identity",
        # Each MCP tool sends a further request, which is checked for what its own route needs.
        "POST /mcp",
        # These answer 404 or, if a route above has the same path but another method, 405.
        "* /v1",
        "* /v1/{rest:path}",
        "* /healthz",
        "* /readyz",
        "* /metrics",
        "* /mcp",
    ),
}

TABLE: Mapping[str, Requirement | Scope] = {
    route: requirement for requirement, routes in _ROUTES.items() for route in routes
}
"""What each route needs. A route is a method, or ``*`` for any other method, and a path with its parameters.
If several routes match a request, the first one counts."""

_PATTERNS = [
    (method, path, compile_path(path)[0], requirement)
    for (method, path), requirement in (
        (route.split(" "), requirement) for route, requirement in TABLE.items()
    )
]

_FILE_PARAMETERS = frozenset({"path", "rest", "version"})
"""The path parameters whose values do not name an object of the library, such as a document."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The route that a request matches.

    Attributes:
        path: the route's path with the names of its parameters; ``other`` if no route matches.
        requirement: the scope that the route needs or, if it needs no scope, a :class:`Requirement`.
        values: the ids and names of objects in the request's path, such as the id of a document.
    """

    path: str
    requirement: Requirement | Scope
    values: tuple[str, ...] = ()


_VERSION = re.compile(r"^(/footnoted)/[0-9a-f]+")


def matched(method: str, path: str) -> Matched:
    """Return the route of a request.

    ``HEAD`` needs what ``GET`` needs; an unknown route needs an identity.
    """
    method = "GET" if method == "HEAD" else method
    for given, route, pattern, requirement in _PATTERNS:
        found = pattern.match(path) if given in {method, "*"} else None
        if found is not None:
            values = (value for name, value in found.groupdict().items() if name not in _FILE_PARAMETERS)
            return Matched(route, requirement, tuple(values))
    return Matched("other", Requirement.IDENTITY)


def requirement_of(method: str, path: str) -> Requirement | Scope:
    """Return what the route of a request needs; see :func:`matched`."""
    return matched(method, path).requirement


def routes_of(routes: Sequence[BaseRoute]) -> Iterator[str]:
    """Yield the routes of an app and of its mounted apps as keys of ``TABLE``, such as ``GET /v1/jobs``."""
    for context in iter_route_contexts(routes):
        route = context.original_route
        if isinstance(route, Mount):
            inner = list(routes_of(route.routes)) or ["GET /{path:path}"]  # Files have no routes.
            prefix = _VERSION.sub(r"\1/{version}", route.path)
            yield from (each.replace(" ", f" {prefix}", 1) for each in inner)
        else:
            yield from (f"{method} {context.path}" for method in context.methods or ())


def check_table(routes: Sequence[BaseRoute]) -> None:
    """Check that the table has each of the routes.

    Raises:
        LookupError: if the table lacks a route. The app must then not start.
    """
    known = {*TABLE, *(route.replace("GET", "HEAD", 1) for route in TABLE)}
    for route in routes_of(routes):
        if route not in known and f"* {route.split(' ')[1]}" not in known:
            raise LookupError(f"ui.http.access.table does not say what {route!r} needs; add it to the table")
