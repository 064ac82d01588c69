"""What requests and responses pass: a limit on bodies, compression, headers that keep a page to itself."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1_000_000

UPLOAD = ("POST", "/v1/documents")
"""The one request whose body may be as large as a file."""

_FORM_BYTES = 1_000_000
"""What a form has beside its file."""

_SMALL_BYTES = 2_000
_LEVEL = 5
"""Of gzip: a list is a tenth shorter at the highest, which takes several times as long."""

_AS_ASKED = (200, 304)

_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc\s*=)[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)

_CHAT = b"<gradio-app"
"""What only the chat's page has."""

_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
)
"""Gradio styles its components inline, hence ``'unsafe-inline'`` for styles; scripts need their hash."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class BodyLimit:
    """Refuses a request whose body is longer than ``MAX_BODY_BYTES``, declared or sent, with 413.

    The refusal is raised where the body is read, so that the application answers it as any other error;
    Starlette's own limit answers a declared length in plain text.
    """

    def __init__(self, app: ASGIApp, upload_bytes: int = MAX_BODY_BYTES) -> None:
        """Limit the bodies that ``app`` is sent, that of an upload to a file of ``upload_bytes``."""
        self._app = app
        self._upload_bytes = upload_bytes + _FORM_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, with a body that ends in an error past the limit."""
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


class Compressed:
    """Compresses what the library answers, whose lists are long, for those who take it (gzip).

    All else goes as it is: the chat has its own ways, and pictures are compressed already.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, minimum_size=_SMALL_BYTES, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        is_library = scope["type"] == "http" and scope["path"].startswith(UPLOAD[1])
        await (self._compressing if is_library else self._app)(scope, receive, send)


class Lasting:
    """Lets browsers keep, without asking again, the files whose addresses change with their contents."""

    def __init__(self, app: ASGIApp, routes: tuple[str, ...]) -> None:
        """Have what ``app`` answers below ``routes`` kept."""
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        if scope["type"] != "http" or not scope["path"].startswith(self._routes):
            await self._app(scope, receive, send)
            return

        async def lasting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in _AS_ASKED:
                MutableHeaders(scope=message)["Cache-Control"] = "public, max-age=31536000, immutable"
            await send(message)

        await self._app(scope, receive, lasting)


class PageHeaders:
    """Gives every response the headers that keep other origins out, and every page its script policy.

    A page's inline scripts are allowed by their hashes (https://www.w3.org/TR/CSP3/#grammardef-hash-source),
    which the policy of each response lists; a script that gets into the page later has none and does not run.
    A response that has a policy of its own keeps it.
    """

    def __init__(self, app: ASGIApp, desk: str = "") -> None:
        """Secure the responses of ``app``; ``desk`` is what the chat's page has in its head, as markup.

        Gradio would put it there only once its own script runs, and the page would be seen without it.
        """
        self._app = app
        self._desk = desk.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold back a page until its inline scripts are known; pass everything else through."""
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
                    page = page.replace(b"</head>", self._desk + b"</head>", 1)
                    headers["Content-Length"] = str(len(page))
                headers["Content-Security-Policy"] = page_policy(page)
                await send(held)
                held, message = None, {**message, "body": page}
            await send(message)

        await self._app(scope, receive, secured)


def page_policy(page: bytes) -> str:
    """The content security policy that lets exactly the inline scripts of ``page`` run."""
    digests = (b64encode(sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(page))
    return _PAGE_POLICY.format(hashes=" ".join(f"'sha256-{digest}'" for digest in dict.fromkeys(digests)))
