"""The middleware that needs no sender: foreign pages, proxies, long bodies, compression, caching, headers.

Any page that a person visits can send requests to that person's machine, with DNS rebinding as if from the
server's page. ``Host``, ``Origin`` and ``Sec-Fetch-…`` reveal them (https://www.w3.org/TR/fetch-metadata/).
"""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Collection, Sequence
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ui.http.problems import MEDIA_TYPE, problem_of

MAX_BODY_BYTES = 1_000_000

UPLOAD = ("POST", "/v1/documents")  # the only kind of request whose body may be as large as a file
_FORM_BYTES = 1_000_000  # the maximum size of an upload's form without its file, in bytes


class BodyLimit:
    """The 413 is raised when the application reads the body, so that it answers with a problem document."""

    def __init__(self, app: ASGIApp, upload_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._upload_bytes = upload_bytes + _FORM_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
    """Refuses with 400 a length beside a transfer coding: request smuggling (RFC 9112, section 6.1)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else ()
        if "content-length" not in headers or "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        reason = "The request has both Content-Length and Transfer-Encoding; send one of them."
        problem = problem_of(400, reason, scope["path"])
        refusal = JSONResponse(problem, 400, {"Connection": "close"}, media_type=MEDIA_TYPE)
        await refusal(scope, receive, send)


# The level of gzip. The highest level would make a list a tenth shorter, and take several times as long.
_GZIP_LEVEL = 5


class CompressLibrary:
    """Compresses the long lists under ``/v1/documents``, neither pictures nor event streams."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, minimum_size=2_000, compresslevel=_GZIP_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_library = scope["type"] == "http" and scope["path"].startswith("/v1/documents")
        await (self._compressing if is_library else self._app)(scope, receive, send)


class CacheForever:
    """Lets browsers cache files without revalidation, since a file's address changes with its content."""

    def __init__(self, app: ASGIApp, routes: tuple[str, ...]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._routes):
            await self._app(scope, receive, send)
            return

        async def send_immutable(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 304}:
                MutableHeaders(scope=message)["Cache-Control"] = "public, max-age=31536000, immutable"
            await send(message)

        await self._app(scope, receive, send_immutable)


_OF_PROXIES = frozenset({"forwarded", "via", "x-real-ip"})

_log = logging.getLogger(__name__)


def is_forwarded(headers: Headers) -> bool:
    return any(name in _OF_PROXIES or name.startswith("x-forwarded-") for name in headers)


class ForwardedClients:
    """Only a trusted proxy's ``X-Forwarded-For`` and ``X-Forwarded-Proto`` count; the log warns once."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self._app = ProxyHeadersMiddleware(app, list(proxies))  # type: ignore[arg-type]  # uvicorn's own types
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for end in ("client", "server"):
            if scope.get(end):
                host, port = scope[end]
                scope[end] = (_plain(host), port)
        sender, _ = scope.get("client") or (None, None)
        may_warn = scope["type"] == "http" and sender is not None and not self._has_warned
        if may_warn and is_forwarded(Headers(scope=scope)) and sender not in self._app.trusted_hosts:
            self._has_warned = True
            _log.warning(
                "%s sends headers of a reverse proxy, which are ignored, because FOOTNOTED_TRUSTED_PROXIES "
                "does not name it; if it is your proxy, add its address there: until then, all its clients "
                "count as one address, and cookies are not for HTTPS only",
                sender,
            )
        await self._app(scope, receive, send)  # type: ignore[arg-type]


def _plain(host: str) -> str:
    """Return an IPv4 address as such: a socket that listens on ``::`` calls it ``::ffff:192.0.2.7``."""
    try:
        mapped = IPv6Address(host).ipv4_mapped
    except ValueError:
        return host
    return str(mapped) if mapped else host


_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc\s*=)[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)

_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
# Gradio styles its components inline, hence ``'unsafe-inline'``; scripts need their hash.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class PageHeaders:
    """Adds security headers, and to a page that has no policy one with the hashes of its inline scripts.

    ``head`` goes into the chat page's head: Gradio's own script would insert it too late.
    """

    def __init__(self, app: ASGIApp, head: str = "") -> None:
        self._app = app
        self._head = head.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
                if b"<gradio-app" in page:
                    page = page.replace(b"</head>", self._head + b"</head>", 1)
                    headers["Content-Length"] = str(len(page))
                headers["Content-Security-Policy"] = page_policy(page)
                await send(held)
                held, message = None, {**message, "body": page}
            await send(message)

        await self._app(scope, receive, secured)


def page_policy(page: bytes) -> str:
    digests = (b64encode(sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(page))
    return _PAGE_POLICY.format(hashes=" ".join(f"'sha256-{digest}'" for digest in dict.fromkeys(digests)))


API = "/v1/"

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*\.?)(?::[0-9]{1,5})?")

_SHOWN_CHARACTERS = 100


class OriginCheck:
    """Refuses foreign pages and host names with 403, unless in ``origins`` or ``hosts``; links work."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] = (), origins: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(map(_normal, hosts))
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        problem = problem_of(403, refusal, scope["path"])
        await JSONResponse(problem, 403, media_type=MEDIA_TYPE)(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = hosts[0] if len(hosts) == 1 else ""
        # Gradio builds the addresses in its page from the names that a proxy passes on.
        passed_on = ",".join(headers.getlist("x-forwarded-host")).split(",")
        forwarded = [name.strip() for name in passed_on if name.strip()]
        rendered_for = [line.rpartition("://")[2] for line in headers.getlist("x-gradio-server")]
        for name in (host, *forwarded, *rendered_for):
            if not self._is_own(name, scope):
                return (
                    f"This server does not answer as {name[:_SHOWN_CHARACTERS]!r}; use its address, or add "
                    "the name to the setting allowed_hosts."
                )
        # A browser sends one origin; several origins, joined here, match no allowed one.
        origin = ", ".join(headers.getlist("origin")) if "origin" in headers else None
        if origin in self._origins and scope["path"].startswith(API):
            return None
        own_origin = origin is None or origin.partition("://")[2] in {host, *forwarded}
        own_site = headers.get("sec-fetch-site", "none") in {"same-origin", "none"}
        fetched = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
        follows_link = fetched == ("navigate", "document") and scope["method"] in {"GET", "HEAD"}
        if own_origin and (own_site or follows_link):
            return None
        page = (origin or "of another site")[:_SHOWN_CHARACTERS]
        return (
            f"Another web page ({page}) sent this request; to let its scripts call the interface, add its "
            "origin to the setting allowed_origins."
        )

    def _is_own(self, host: str, scope: Scope) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = _normal(found[1])
        # DNS rebinding needs a name, so the local address of the connection is safe.
        local, _ = scope.get("server") or ("", None)
        return name in self._hosts or name == "localhost" or name == _normal(local) or _is_loopback(name)


def why_not_here(scope: Scope) -> str | None:
    """None if from this machine. Behind a proxy all have a loopback address, so its headers decide, too."""
    headers = Headers(scope=scope)
    client, _ = scope.get("client") or ("", None)
    local, _ = scope.get("server") or ("", None)
    host = _HOST.fullmatch(headers.get("host", ""))
    name = _normal(host[1]) if host else ""
    origin = headers.get("origin")
    is_here = _is_loopback(client) or (is_address(client) and client == local)
    is_asked_here = name == "localhost" or _is_loopback(name) or (is_address(name) and name == local)
    is_own_page = origin is None or origin.partition("://")[2] == headers.get("host")
    if is_here and is_asked_here and is_own_page and not is_forwarded(headers):
        return None
    return "The language model can be chosen only on the machine that the server runs on."


def _normal(host: str) -> str:
    return host.strip("[]").removesuffix(".").lower()


def _is_loopback(name: str) -> bool:
    return is_address(name) and ip_address(name).is_loopback


def is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
