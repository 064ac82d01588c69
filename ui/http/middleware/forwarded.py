"""Finds the client of a request that a reverse proxy forwarded, and recognizes forwarded requests."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from ipaddress import IPv6Address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_OF_PROXIES = frozenset({"forwarded", "via", "x-real-ip"})
_PREFIX = "x-forwarded-"

_log = logging.getLogger(__name__)


def is_forwarded(headers: Headers) -> bool:
    """Return whether a request has a header that proxies add, such as ``X-Forwarded-For`` or ``Via``."""
    return any(name in _OF_PROXIES or name.startswith(_PREFIX) for name in headers)


class ForwardedClients:
    """Gives a request that a trusted proxy forwarded the address and the scheme of the proxy's client.

    The headers ``X-Forwarded-For`` and ``X-Forwarded-Proto`` of others are ignored; the log warns once.
    """

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        """Pass requests to ``app``; ``proxies`` are the addresses and networks of the trusted proxies."""
        self._app = ProxyHeadersMiddleware(app, list(proxies))  # type: ignore[arg-type]  # uvicorn's own types
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        for end in ("client", "server"):
            if scope.get(end):
                host, port = scope[end]
                scope[end] = (_plain(host), port)
        if scope["type"] == "http" and not self._has_warned and is_forwarded(Headers(scope=scope)):
            self._warn_of(scope.get("client"))
        await self._app(scope, receive, send)  # type: ignore[arg-type]

    def _warn_of(self, client: tuple[str, int] | None) -> None:
        if client is None or client[0] in self._app.trusted_hosts:
            return
        self._has_warned = True
        _log.warning(
            "%s sends headers of a reverse proxy, which are ignored, because FOOTNOTED_TRUSTED_PROXIES does "
            "not name it; if it is your proxy, add its address there: until then, all its clients count as "
            "one address, and cookies are not for HTTPS only",
            client[0],
        )


def _plain(host: str) -> str:
    """Return an IPv4 address as such: a socket that listens on ``::`` calls it ``::ffff:192.0.2.7``."""
    try:
        mapped = IPv6Address(host).ipv4_mapped
    except ValueError:
        return host
    return str(mapped) if mapped else host
