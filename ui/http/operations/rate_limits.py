"""Refuses requests that exceed their sender's limits, with the status 429."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from anyio import CapacityLimiter, to_thread
from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import UnreachableError
from index.loaders import MEGABYTE
from ui.accounts import Identity
from ui.accounts import Scope as ScopeName
from ui.http.access.check import client_address
from ui.http.access.table import matched
from ui.http.middleware import UPLOAD
from ui.http.problems import refusal, unreachable
from ui.operations import Excess, Quotas

UNLIMITED_ROUTES = ("GET /healthz", "GET /readyz", "GET /metrics")
"""The routes without a limit, for programs that monitor the server."""

FROM_URL = ("POST", "/v1/documents/from-url")
"""The requests for which the server fetches a file."""

_COUNTING = 4
"""The maximum number of requests that are counted at once, in threads that no slow request can occupy."""


class SenderLimits:
    """Refuses requests that exceed the limits of the sender, whom the sign-in check has already found."""

    def __init__(self, app: ASGIApp, quotas: Quotas) -> None:
        self._app = app
        self._quotas = quotas
        self._counting = CapacityLimiter(_COUNTING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; if it exceeds a limit, refuse it with 429, the limit, and the time to wait."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        found = matched(scope["method"], scope["path"])
        if f"{scope['method']} {found.path}" in UNLIMITED_ROUTES:
            await self._app(scope, receive, send)
            return
        identity: Identity | None = scope.get("state", {}).get("identity")
        route = (scope["method"], scope["path"])
        is_upload = route in {UPLOAD, FROM_URL}
        declared = Headers(scope=scope).get("content-length", "") if route == UPLOAD else ""
        # An upload that does not declare its length counts as one megabyte until it ends.
        size = int(declared) if declared.isdecimal() else MEGABYTE * is_upload
        is_question = found.requirement is ScopeName.ASK and scope["method"] == "POST"

        async def count(**fields: int) -> Excess | None:
            counted = partial(
                self._quotas.count, identity, client_address(scope), is_question=is_question, **fields
            )
            return await to_thread.run_sync(counted, limiter=self._counting)

        scope.setdefault("state", {})["count"] = count
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
        if not is_upload or declared.isdecimal():
            await self._app(scope, receive, send)
            return
        received = 0

        async def measured() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message

        try:
            await self._app(scope, measured, send)
        finally:
            fetched = scope["state"].get("fetched_bytes", 0)
            more = max(received, fetched, size) - size
            # If the bytes cannot be counted, the upload still succeeds.
            with suppress(UnreachableError):
                await to_thread.run_sync(self._quotas.count_more, identity, more, limiter=self._counting)


async def count_queries(connection: HTTPConnection, queries: int) -> None:
    """Count a request that has several queries as this many requests.

    Raises:
        HTTPException: 429 if the queries exceed a limit of the sender.
    """
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
