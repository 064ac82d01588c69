"""Refuses requests of unknown senders, and of senders without the scope that a route needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, urlencode

from anyio import CancelScope, CapacityLimiter, sleep, to_thread
from sqlalchemy.exc import DatabaseError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as ASGIScope

from index.errors import UnreachableError
from rag.engine import QueryEngine
from ui.accounts import LOCAL, Identity, Scope, Session, SignIn, TooManyAttemptsError
from ui.http.access.identity import session_cookie
from ui.http.access.table import Requirement, requirement_of
from ui.http.middleware import is_forwarded
from ui.http.problems import refusal, unreachable

_CHALLENGE = 'Bearer realm="Footnoted"'

_EVENTS = "text/event-stream"

_FORWARDED = (
    "A proxy forwarded this request, and nobody signs in to this server, so the server does not know whose "
    "request it is; set FOOTNOTED_SIGN_IN to on and add yourself with `footnoted user add NAME "
    "--administrator`, or accept with --insecure that everyone who reaches the proxy reads and changes all."
)

_LOOKUPS = 4
"""The maximum number of senders that are looked up at once, in threads that no slow request can occupy."""

_WATCH_SECONDS = 2.0
"""The seconds after which the server looks again whether the sender of an open stream may still have it."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The result of looking up the sender of a request by a token or a session.

    Attributes:
        identity: the sender; None if unknown.
        session: the session, if the sender is a person.
        sent: ``token`` or ``session`` if the request had one, valid or not; otherwise empty.
    """

    identity: Identity | None
    session: Session | None = None
    sent: str = ""


class SignInCheck:
    """Lets a request pass only if the sender has the scope or the identity that the route needs.

    The needs of the routes are in :mod:`ui.http.access.table`. If the route needs anything, the check sets
    three attributes of ``request.state``:

    - ``identity``: the sender;
    - ``session``: the session of a person; None for other senders;
    - ``engine``: the engine limited to what the sender may see (:mod:`ui.http.access.views`).

    A stream of server-sent events ends within seconds after the sender's session or token has ended.

    A refused program gets the status 401 or 403, and a detail that says what is missing. A browser that opens
    a page gets a redirect to the sign-in page or, if the signed-in user lacks the scope, a page that says so.

    Without sign-in, only requests of this machine pass, and not those that a proxy on it forwarded.
    """

    def __init__(
        self,
        app: ASGIApp,
        sign_in: SignIn | None,
        engine: QueryEngine,
        refusal_page: Callable[[HTTPConnection], Response],
        *,
        insecure: bool = False,
    ) -> None:
        """Guard an app.

        Args:
            app: receives the requests that pass.
            sign_in: the accounts, sessions and tokens; None if nobody signs in.
            engine: the server's engine over the whole library.
            refusal_page: makes the page that a user gets in place of a page for which the user lacks a scope.
            insecure: whether forwarded requests pass while nobody signs in.
        """
        self._app = app
        self._engine = engine
        self._sign_in = sign_in
        self._refusal_page = refusal_page
        self._insecure = insecure
        self._lookups = CapacityLimiter(_LOOKUPS)

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})  # No route is a WebSocket.
        elif self._sign_in is not None:
            await self._check(self._sign_in, scope, receive, send)
        elif self._insecure or not is_forwarded(Headers(scope=scope)) or _is_open(scope):
            await self._pass_on(scope, receive, send, _Found(LOCAL))
        else:
            await refusal(scope, 403, _FORWARDED, {})(scope, receive, send)

    async def _check(self, sign_in: SignIn, scope: ASGIScope, receive: Receive, send: Send) -> None:
        if _is_open(scope):
            await self._app(scope, receive, send)
            return
        requirement = requirement_of(scope["method"], scope["path"])
        refused: Response | None
        try:
            found = await to_thread.run_sync(_find, sign_in, scope, limiter=self._lookups)
        except TooManyAttemptsError as error:
            detail = f"Too many wrong tokens were sent; try again in {error.seconds} seconds."
            refused = refusal(scope, 429, detail, {"Retry-After": str(error.seconds)})
        except UnreachableError as error:
            refused = unreachable(scope, error)
        else:
            refused = self._refusal(scope, requirement, found)
            if refused is None:
                private = _make_private(send, sign_in, scope, found.session)
                may_go_on = partial(_may_go_on, sign_in, requirement, scope, found)
                await self._pass_on_watched(scope, receive, private, found, may_go_on)
                return
            scope.setdefault("state", {})["identity"] = found.identity  # For the log.
        await refused(scope, receive, send)

    async def _pass_on_watched(
        self, scope: ASGIScope, receive: Receive, send: Send, found: _Found, may_go_on: Callable[[], bool]
    ) -> None:
        """Pass the request on. If the response is a stream of events, end it once ``may_go_on`` is false."""
        watches: list[asyncio.Task[None]] = []
        is_open = False

        async def watch(passing: CancelScope) -> None:
            is_allowed = True
            while is_allowed:
                await sleep(_WATCH_SECONDS)
                with suppress(UnreachableError, DatabaseError):  # A stream outlasts a pause of the database.
                    is_allowed = await to_thread.run_sync(may_go_on, limiter=self._lookups)
            passing.cancel()

        async def watched(message: Message) -> None:
            nonlocal is_open
            if message["type"] == "http.response.start":
                is_open = Headers(raw=message["headers"]).get("content-type", "").startswith(_EVENTS)
                if is_open:
                    watches.append(asyncio.create_task(watch(passing)))
            elif not message.get("more_body", False):
                is_open = False
            await send(message)

        try:
            with CancelScope() as passing:
                await self._pass_on(scope, receive, watched, found)
        finally:
            for each in watches:
                each.cancel()
        if passing.cancelled_caught and is_open:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pass_on(self, scope: ASGIScope, receive: Receive, send: Send, found: _Found) -> None:
        engine = self._engine
        if self._sign_in is not None and found.identity is not None:
            engine = engine.for_viewer(self._sign_in.accounts.viewer(found.identity))
        state = {"identity": found.identity, "session": found.session, "engine": engine}
        scope.setdefault("state", {}).update(state)
        await self._app(scope, receive, send)

    def _refusal(self, scope: ASGIScope, requirement: Requirement | Scope, found: _Found) -> Response | None:
        identity, opens_page = found.identity, _opens_page(scope, found.sent)
        if identity is None:
            return (_to_sign_in if opens_page else _unknown)(scope, found.sent)
        if isinstance(requirement, Requirement) or requirement in identity.scopes:
            return None
        if opens_page:
            return self._refusal_page(HTTPConnection(scope))
        return refusal(scope, 403, *insufficient_scope(identity, requirement))


def client_address(scope: ASGIScope) -> str:
    """Return the network address of the client; empty if it is unknown.

    If a trusted proxy forwarded the request, this is the address of the proxy's client
    (:class:`ui.http.middleware.ForwardedClients`).
    """
    client, _ = scope.get("client") or ("", None)
    return str(client)


def set_session_cookie(response: Response, scope: ASGIScope, name: str, value: str, seconds: int) -> None:
    """Set the cookie of a session on a response.

    No script can read the cookie. On a request from another site, the browser sends the cookie only if a
    person followed a link.
    """
    secure = scope["scheme"] == "https"
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def _is_open(scope: ASGIScope) -> bool:
    """Return whether a request is to a route that needs no sender."""
    return requirement_of(scope["method"], scope["path"]) is Requirement.NOTHING


def _find(sign_in: SignIn, scope: ASGIScope) -> _Found:
    """Look up the sender of a request. If the request has a token, its cookie is ignored."""
    kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return _Found(sign_in.token_identity(token.strip(), client_address(scope)), sent="token")
    cookie = HTTPConnection(scope).cookies.get(session_cookie(sign_in))
    if cookie is None:
        return _Found(None)
    session = sign_in.accounts.sessions.find(cookie)
    return _Found(session.identity if session else None, session, "session")


def _may_go_on(sign_in: SignIn, requirement: Requirement | Scope, scope: ASGIScope, found: _Found) -> bool:
    """Return whether the sender of a request that passed would still pass now, without using its session."""
    if found.session is not None:
        session = sign_in.accounts.sessions.find(found.session.cookie, is_use=False)
        identity = session.identity if session else None
    elif found.identity is not None and found.identity.kind == "token":
        token = Headers(scope=scope)["authorization"].partition(" ")[2].strip()
        identity = sign_in.accounts.tokens.identity(token, is_use=False)
    else:
        return True
    return identity is not None and (isinstance(requirement, Requirement) or requirement in identity.scopes)


def insufficient_scope(sender: Identity, scope: Scope) -> tuple[str, dict[str, str]]:
    """Return the detail and the headers of the 403 response to a sender who lacks ``scope``."""
    detail = f"This needs the scope {scope.value!r}, which {sender} does not have."
    challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{scope.value}"'
    return detail, {"WWW-Authenticate": challenge}


def _opens_page(scope: ASGIScope, sent: str) -> bool:
    """Return whether a person opens a page or a file in a browser with this request."""
    is_get = scope["method"] in {"GET", "HEAD"}
    return is_get and sent != "token" and "text/html" in Headers(scope=scope).get("accept", "")


def _to_sign_in(scope: ASGIScope, sent: str) -> Response:
    query = scope["query_string"].decode("latin-1")
    path = quote(scope["path"]) + (f"?{query}" if query else "")
    ended = {"why": "ended"} if sent == "session" else {}
    target = f"/sign-in?{urlencode({'next': path, **ended})}"
    return RedirectResponse(target, 303, {"Cache-Control": "no-store"})


def _unknown(scope: ASGIScope, sent: str) -> Response:
    challenge = _CHALLENGE
    if sent == "token":
        detail = "The token is wrong, has expired or was revoked; `footnoted token add` makes a new one."
        challenge += ', error="invalid_token"'
    elif sent == "session":
        detail = "The session has ended; sign in again at /sign-in."
    else:
        detail = (
            "Sign in at /sign-in, or send a token of `footnoted token add` as `Authorization: Bearer TOKEN`."
        )
    return refusal(scope, 401, detail, {"WWW-Authenticate": challenge})


def _make_private(send: Send, sign_in: SignIn, scope: ASGIScope, session: Session | None) -> Send:
    """Wrap ``send`` so that a response is private to the sender of the request.

    A browser must ask the server before it shows the response from its cache. After the sender has signed
    out, nobody can therefore see the response. If the session was renewed, the response also sets the
    session's cookie again, but not if shared caches may keep the response.
    """

    async def send_private(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("cache-control", "private, no-cache")
            if session and session.is_renewed and "public" not in headers["cache-control"]:
                renewed = Response()
                set_session_cookie(renewed, scope, session_cookie(sign_in), session.cookie, session.seconds)
                headers.append("set-cookie", renewed.headers["set-cookie"])
        await send(message)

    return send_private
