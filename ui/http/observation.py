"""What surrounds each request: its id, log line, metrics, audit record and trace, and the sender's limits."""

from __future__ import annotations

import logging
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPMethod
from typing import TYPE_CHECKING

import sqlalchemy.exc
from anyio import CapacityLimiter, to_thread
from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import LibraryLockedError, UnreachableError
from index.loaders import MEGABYTE
from ui.accounts import Identity
from ui.accounts import Scope as ScopeName
from ui.errors import OwnTablesError
from ui.http.access import Matched, client_address, matched
from ui.http.middleware import UPLOAD
from ui.http.problems import REQUEST_ID, refusal, unreachable
from ui.operations import DONE, Act, AuditLog, begin_audit_notes, begin_request, log_event
from ui.operations.metrics import REFUSED, Metrics
from ui.rate_limits import Excess, Quotas, Refusals

if TYPE_CHECKING:
    from ui.operations.tracing import Tracing

_FORMS = frozenset({"POST /sign-in", "POST /sign-out", "GET /sign-in/openid/callback"})
_CHANGING = frozenset({ScopeName.WRITE, ScopeName.ADMIN})
_METHODS = frozenset(HTTPMethod)

LEFT = 499  # the status of a request that its client broke off before the response began; nginx logs the same
# They are logged only at the level ``debug``: loading a page sends a hundred of them.
ROUTINE_PATHS = (
    "/assets/",
    "/static/",
    "/footnoted/",
    "/favicon.ico",
    "/theme.css",
    "/healthz",
    "/readyz",
    "/metrics",
)


@dataclass(slots=True)
class _Response:
    status: int = 500  # It may never begin.
    has_begun: bool = False
    is_left: bool = False
    location: str | None = None
    size: int = 0


class Observation:
    """Gives each request an id, and tells the log, the metrics and the audit log how it ended.

    A well-formed ``X-Request-ID`` becomes the id. The audit log gets possible changes, sign-ins and refusals.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, audit: AuditLog | None) -> None:
        self._app = app
        self._metrics = metrics
        self._audit = audit
        self._refusals = Refusals()
        self._writing = CapacityLimiter(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = begin_request(Headers(scope=scope).get(REQUEST_ID))
        scope.setdefault("state", {})["request_id"] = request_id
        notes = begin_audit_notes()
        found, response = matched(scope["method"], scope["path"]), _Response()

        async def received() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect" and not response.has_begun:
                response.status, response.is_left = LEFT, True
            return message

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                response.has_begun, response.location = True, headers.get("location")
                if not response.is_left:
                    response.status = message["status"]
            response.size += len(message.get("body", b""))
            await send(message)

        with self._metrics.open_requests.track_inprogress():
            try:
                await self._app(scope, received, observed)
            except ClientDisconnect:
                if not response.is_left:
                    raise
            finally:
                seconds = time.perf_counter() - began
                self._metrics.see_request(method_of(scope), found.path, response.status, seconds)
                self._log(scope, found, response, seconds)
                await self._record(scope, found, response, notes)

    def _log(self, scope: Scope, found: Matched, response: _Response, seconds: float) -> None:
        level = logging.DEBUG if found.path.startswith(ROUTINE_PATHS) else logging.INFO
        kind, who = _sender(scope)
        log_event(
            "request",
            # A server that is not ready yet answers 503, which is no failure.
            logging.WARNING if response.status >= 500 and response.status != 503 else level,
            method=method_of(scope),
            route=found.path,
            status=response.status,
            ms=round(seconds * 1000, 1),
            bytes=response.size,
            kind=kind,
            who=who,
            address=client_address(scope),
        )

    async def _record(self, scope: Scope, found: Matched, response: _Response, notes: dict[str, str]) -> None:
        route, address = f"{method_of(scope)} {found.path}", client_address(scope)
        changes = found.requirement in _CHANGING and scope["method"] not in {"GET", "HEAD"}
        is_refused = response.status in REFUSED
        if self._audit is None or not (changes or is_refused or route in _FORMS):
            return
        # Anyone can send sign-ins that fail, here or at the provider, so the log gets only some of them.
        has_failed = is_refused or (route in _FORMS and response.status >= 400)
        if has_failed and not self._refusals.count_within_limits(address):
            return
        kind, who = _sender(scope)
        is_done = response.status < 400
        # Of a failed request, only the numbers in the path count: anyone can write any words into a path.
        named = ", ".join(value for value in found.values if is_done or value.isdecimal())
        target = notes.get("target") or named or (response.location if is_done else None)
        act = Act(
            route,
            DONE if is_done else str(response.status),
            "user" if "who" in notes else kind,
            notes.get("who", who),
            target if changes else None,
            address,
            scope["state"]["request_id"],
        )
        try:
            await to_thread.run_sync(self._audit.add, act, limiter=self._writing)
        except (LibraryLockedError, OwnTablesError, UnreachableError, sqlalchemy.exc.DatabaseError):
            log_event("audit_lost", logging.ERROR, action=act.action, kind=act.kind, who=act.who)


def method_of(scope: Scope) -> str:
    """Return the method of a request; ``other`` if it is unknown, because clients can invent methods."""
    method = str(scope["method"])
    return method if method in _METHODS else "other"


def _sender(scope: Scope) -> tuple[str, str | None]:
    identity: Identity | None = scope["state"].get("identity")
    if identity is None:
        return "nobody", None
    return identity.kind, identity.token if identity.kind == "token" else identity.name


class Traces:
    """Traces all but files of the page, health checks and metrics. :class:`Observation` runs first."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = matched(scope["method"], scope["path"]).path if scope["type"] == "http" else ""
        if not route or route.startswith(ROUTINE_PATHS):
            await self._app(scope, receive, send)
            return
        method, status = method_of(scope), 500

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        attributes = {
            "http.request.method": method,
            "http.route": route,
            "url.scheme": scope["scheme"],
            "footnoted.request_id": scope["state"]["request_id"],
        }
        with self._tracing.request(f"{method} {route}", Headers(scope=scope), attributes) as answered:
            try:
                await self._app(scope, receive, observed)
            finally:
                answered(status)


# The routes without a limit, for programs that monitor the server.
UNLIMITED_ROUTES = ("GET /healthz", "GET /readyz", "GET /metrics")
FROM_URL = ("POST", "/v1/documents/from-url")

# The maximum number of requests that are counted at once, in threads that no slow request can occupy.
_COUNTING = 4


class SenderLimits:
    """Refuses with 429 requests beyond a limit of the sender, whom the sign-in check has already found."""

    def __init__(self, app: ASGIApp, quotas: Quotas) -> None:
        self._app = app
        self._quotas = quotas
        self._counting = CapacityLimiter(_COUNTING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = matched(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if found is None or f"{scope['method']} {found.path}" in UNLIMITED_ROUTES:
            await self._app(scope, receive, send)
            return
        identity: Identity | None = scope.get("state", {}).get("identity")
        route = (scope["method"], scope["path"])
        is_upload = route in {UPLOAD, FROM_URL}
        declared = Headers(scope=scope).get("content-length", "") if route == UPLOAD else ""
        # An upload that does not declare its length counts by each megabyte that it begins.
        size = int(declared) if declared.isdecimal() else MEGABYTE * is_upload
        is_question = found.requirement is ScopeName.ASK and scope["method"] == "POST"

        async def count(**fields: int) -> Excess | None:
            counted = partial(
                self._quotas.count, identity, client_address(scope), is_question=is_question, **fields
            )
            return await to_thread.run_sync(counted, limiter=self._counting)

        counted, received = size, 0

        async def take(more: int) -> None:
            """Count more bytes of an upload. Raises HTTPException if that exceeds what is left."""
            nonlocal counted, received
            received += more
            if received <= counted:
                return
            further = MEGABYTE * math.ceil((received - counted) / MEGABYTE)
            counted += further
            # If the bytes cannot be counted, the upload still succeeds.
            with suppress(UnreachableError):
                excess = await to_thread.run_sync(
                    self._quotas.count_more, identity, further, limiter=self._counting
                )
                if excess is not None:
                    raise HTTPException(
                        413,
                        f"The file is larger than what is left of the limit of {excess.limit}; send a "
                        f"smaller one, or try again in {excess.seconds} seconds.",
                    )

        scope.setdefault("state", {}).update(count=count, take=take)
        try:
            excess = await count(upload_bytes=size)
        except UnreachableError as error:
            await unreachable(scope, error)(scope, receive, send)
            return
        if excess is not None:
            detail = f"The limit of {excess.limit} is used up; try again in {excess.seconds} seconds."
            headers = {"Retry-After": str(excess.seconds)}
            await refusal(scope, 429, detail, headers)(scope, receive, send)
            return

        async def measured() -> Message:
            message = await receive()
            await take(len(message.get("body", b"")))
            return message

        await self._app(scope, measured if route == UPLOAD else receive, send)


async def count_queries(connection: HTTPConnection, queries: int) -> None:
    """Count a request with several queries as this many requests; refuse it with 429 beyond a limit."""
    if queries == 1:
        return
    # The middleware has counted the request itself.
    excess: Excess | None = await connection.state.count(requests=queries - 1)
    if excess is not None:
        detail = (
            f"The limit of {excess.limit} leaves no room for {queries:,} queries; send fewer at once, or try "
            f"again in {excess.seconds} seconds."
        )
        raise HTTPException(429, detail, {"Retry-After": str(excess.seconds), "Cache-Control": "no-store"})
