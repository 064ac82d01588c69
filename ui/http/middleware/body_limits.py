"""Limits on the length of request bodies, including uploads."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.http.problems import MEDIA_TYPE, problem_of

MAX_BODY_BYTES = 1_000_000

UPLOAD = ("POST", "/v1/documents")
"""The only kind of request whose body may be as large as a file."""

_FORM_BYTES = 1_000_000
"""The maximum size of an upload's form without its file, in bytes."""


class BodyLimit:
    """Refuses a request with 413 if its declared length or its actual body exceeds ``MAX_BODY_BYTES``.

    An upload has its own, larger limit. The error is raised when the application reads the body, so that the
    application answers with a problem document, as for every error.
    """

    def __init__(self, app: ASGIApp, upload_bytes: int = MAX_BODY_BYTES) -> None:
        """Limit the bodies that ``app`` receives; the file of an upload may have up to ``upload_bytes``."""
        self._app = app
        self._upload_bytes = upload_bytes + _FORM_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; reading its body beyond the limit raises an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._upload_bytes if (scope["method"], scope["path"]) == UPLOAD else MAX_BODY_BYTES
        declared = Headers(scope=scope).get("content-length", "")
        excess = declared.isdecimal() and int(declared) > most
        received = 0

        async def limited() -> Message:
            nonlocal excess, received
            message: Message = {} if excess else await receive()
            received += len(message.get("body", b""))
            excess |= received > most
            if excess:
                raise HTTPException(413, f"The body is longer than {most:,} bytes; send less.")
            return message

        await self._app(scope, limited, send)


class LengthCheck:
    """Refuses with 400 a request that has both a length and a transfer coding, and closes its connection.

    This server finds the end of such a request by the transfer coding. A proxy in front of it may use the
    length instead and find another end. One client could then smuggle a request into the connection of
    another client (RFC 9112, section 6.1).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        headers = Headers(scope=scope) if scope["type"] == "http" else ()
        if "content-length" not in headers or "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        reason = "The request has both Content-Length and Transfer-Encoding; send one of them."
        problem = problem_of(400, reason, scope["path"])
        refusal = JSONResponse(problem, 400, {"Connection": "close"}, media_type=MEDIA_TYPE)
        await refusal(scope, receive, send)
