"""Traces each request, from its start to the end of its response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.http.access.table import matched
from ui.http.operations.observation import ROUTINE_PATHS, method_of

if TYPE_CHECKING:
    from ui.operations.tracing import Tracing


class Traces:
    """Traces the requests of an app, but not those for files of the page, health checks and metrics.

    :class:`ui.http.operations.observation.Observation` runs first, and gives each request an id.
    """

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on inside its own trace span, which contains the spans of an answer's stages."""
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
