"""Refuses requests from other web pages, and requests with the host name of another server.

Any page that a person visits can send requests to servers on that person's machine. With DNS rebinding, the
page's owner points a name at 127.0.0.1, so that the requests look as if they came from the server's own page.
The headers ``Host``, ``Origin`` and ``Sec-Fetch-…`` (https://www.w3.org/TR/fetch-metadata/) reveal such
requests. Programs send no ``Origin``, and are accepted.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.http.middleware import is_forwarded
from ui.http.problems import MEDIA_TYPE, problem_of

API = "/v1/"
"""The path prefix that pages of an allowed origin may call."""

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*\.?)(?::[0-9]{1,5})?")
"""A name or an address, with an optional port."""

_SHOWN_CHARACTERS = 100
"""The maximum number of characters of a header that an error quotes."""


class OriginCheck:
    """Refuses with 403 a request from another web page or for another host name.

    Links from other sites to the page work: such a request changes nothing, and the other site cannot read
    the response.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = (), origins: Collection[str] = ()) -> None:
        """Guard ``app``.

        Args:
            app: receives the accepted requests.
            hosts: further names of the server, without a port. The loopback names and the local address of
                the connection are always accepted.
            origins: origins whose pages may call ``/v1/…``, such as ``https://desk.example``.
        """
        self._app = app
        self._hosts = frozenset(map(_normal, hosts))
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
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
        forwarded = [
            name.strip()
            for line in headers.getlist("x-forwarded-host")
            for name in line.split(",")
            if name.strip()
        ]
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
        if own_origin and (own_site or _follows_link(scope["method"], headers)):
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
    """Return an error message if a request may come from another machine; None if it comes from this machine.

    Behind a proxy, every request has a loopback address, so the host name and the proxy's headers decide too.
    A page of an allowed origin may call other routes, but does not count as a page of this server.
    """
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


def _follows_link(method: str, headers: Headers) -> bool:
    navigates = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return navigates and method in {"GET", "HEAD"}


def _normal(host: str) -> str:
    """Return a host in lower case, without brackets and without a final dot."""
    return host.strip("[]").removesuffix(".").lower()


def _is_loopback(name: str) -> bool:
    return is_address(name) and ip_address(name).is_loopback


def is_address(name: str) -> bool:
    """Return whether ``name`` is an IP address, not a host name."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
