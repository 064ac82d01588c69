"""Adds security headers to responses, and a content security policy to pages."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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


class PageHeaders:
    """Adds security headers to every response, and a content security policy to every page.

    The policy of a page lists the hashes of its inline scripts
    (https://www.w3.org/TR/CSP3/#grammardef-hash-source). An injected script has no hash in this policy, so
    the browser does not run the script. A response that already has a policy keeps that policy.
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
