"""Compresses lists of documents, and lets browsers cache files whose address changes with their content."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LIBRARY = "/v1/documents"
_MIN_COMPRESSED_BYTES = 2_000
_GZIP_LEVEL = 5
"""The level of gzip. The highest level would make a list a tenth shorter, and take several times as long."""

_CACHEABLE = (200, 304)


class CompressLibrary:
    """Compresses the responses under ``/v1/documents`` with gzip for clients that accept it.

    Lists of documents are long. Starlette leaves pictures and event streams as they are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, minimum_size=_MIN_COMPRESSED_BYTES, compresslevel=_GZIP_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and compress the response to a path under ``/v1/documents``."""
        is_library = scope["type"] == "http" and scope["path"].startswith(_LIBRARY)
        await (self._compressing if is_library else self._app)(scope, receive, send)


class CacheForever:
    """Lets browsers cache files without revalidation, since a file's address changes with its content."""

    def __init__(self, app: ASGIApp, routes: tuple[str, ...]) -> None:
        """Let browsers cache the responses of ``app`` to paths that begin with one of ``routes``."""
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and set ``Cache-Control`` on the response to a request for a file."""
        if scope["type"] != "http" or not scope["path"].startswith(self._routes):
            await self._app(scope, receive, send)
            return

        async def send_immutable(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in _CACHEABLE:
                MutableHeaders(scope=message)["Cache-Control"] = "public, max-age=31536000, immutable"
            await send(message)

        await self._app(scope, receive, send_immutable)
