"""Middleware: limits on the size and the length of bodies, compression, caching, and security headers."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.http.problems import MEDIA_TYPE, problem_of

MAX_BODY_BYTES = 1_000_000

UPLOAD = ("POST", "/v1/documents")
"""The only kind of request whose body may be as large as a file."""

FROM_URL = ("POST", "/v1/documents/from-url")
"""The requests for which the server fetches a file."""

_FORM_BYTES = 1_000_000
"""The maximum size of an upload's form without its file, in bytes."""

_MIN_COMPRESSED_BYTES = 2_000
_GZIP_LEVEL = 5
"""The level of gzip. The highest level would make a list a tenth shorter, and take several times as long."""

_CACHEABLE = (200, 304)

_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc\s*=)[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)

_CHAT = b"<gradio-app"
"""The start of an element that only the chat's page has."""

_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
)
"""The content security policy of the chat page. Styles need ``'unsafe-inline'``, because Gradio styles its
components inline; scripts need their hash."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class BodyLimit:
    """Refuses with 413 a request whose body, as declared or as sent, is longer than ``MAX_BODY_BYTES``.

    The error is raised when the application reads the body, so that the application answers with a problem
    document, as for every error.
    """

    def __init__(self, app: ASGIApp, upload_bytes: int = MAX_BODY_BYTES) -> None:
        """Limit the bodies that ``app`` receives; the file of an upload may have ``upload_bytes``."""
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

    This server goes by the transfer coding. A proxy in front of it that goes by the length sees the request
    end elsewhere, so one client could smuggle a request into the connection of another client (RFC 9112,
    section 6.1).
    """

    def __init__(self, app: ASGIApp) -> None:
        """Guard ``app``."""
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


class CompressLibrary:
    """Compresses the responses under ``/v1/documents`` with gzip for clients that accept it.

    Lists of documents are long. Starlette leaves pictures and event streams as they are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, minimum_size=_MIN_COMPRESSED_BYTES, compresslevel=_GZIP_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. The response to a request for a path of the library is compressed."""
        is_library = scope["type"] == "http" and scope["path"].startswith(UPLOAD[1])
        await (self._compressing if is_library else self._app)(scope, receive, send)


class CacheForever:
    """Lets browsers cache files without revalidation, since a file's address changes with its content."""

    def __init__(self, app: ASGIApp, routes: tuple[str, ...]) -> None:
        """Mark the responses of ``app`` under the path prefixes ``routes`` as immutable."""
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and set ``Cache-Control`` on its response."""
        if scope["type"] != "http" or not scope["path"].startswith(self._routes):
            await self._app(scope, receive, send)
            return

        async def send_immutable(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in _CACHEABLE:
                MutableHeaders(scope=message)["Cache-Control"] = "public, max-age=31536000, immutable"
            await send(message)

        await self._app(scope, receive, send_immutable)


class PageHeaders:
    """Adds security headers to every response, and a content security policy to every page.

    The policy of a page lists the hashes of its inline scripts
    (https://www.w3.org/TR/CSP3/#grammardef-hash-source). An injected script has no hash in this policy, so
    the browser does not run the script. A response that has a policy already keeps it.
    """

    def __init__(self, app: ASGIApp, head: str = "") -> None:
        """Secure the responses of ``app``, and insert the markup ``head`` into the chat page's head.

        Gradio would insert the markup only when its own script runs, and the page would be visible without
        styles until then.
        """
        self._app = app
        self._head = head.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold back a page until its inline scripts are known; pass every other response through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held: Message | None = None
        body = bytearray()

        async def secured(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                if "content-security-policy" in headers:
                    await send(message)
                    return
                if headers.get("content-type", "").startswith("text/html"):
                    held = message
                    return
                headers["Content-Security-Policy"] = _DATA_POLICY
            elif held is not None and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                page = bytes(body)
                headers = MutableHeaders(scope=held)
                if _CHAT in page:
                    page = page.replace(b"</head>", self._head + b"</head>", 1)
                    headers["Content-Length"] = str(len(page))
                headers["Content-Security-Policy"] = page_policy(page)
                await send(held)
                held, message = None, {**message, "body": page}
            await send(message)

        await self._app(scope, receive, secured)


def page_policy(page: bytes) -> str:
    """Return the content security policy that allows exactly the inline scripts of ``page``."""
    digests = (b64encode(sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(page))
    return _PAGE_POLICY.format(hashes=" ".join(f"'sha256-{digest}'" for digest in dict.fromkeys(digests)))
