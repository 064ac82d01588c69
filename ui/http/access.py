"""Who sent a request, what each route needs (the table), and the check that lets a request pass."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from anyio import CancelScope, CapacityLimiter, sleep, to_thread
from fastapi import Depends, HTTPException
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from sqlalchemy.exc import DatabaseError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, compile_path
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as ASGIScope

from index.catalog import Catalog
from index.errors import UnreachableError
from index.library import Library
from rag.engine import QueryEngine
from ui.accounts import LOCAL, Accounts, Identity, Scope, Session, SignIn
from ui.http.middleware import is_forwarded
from ui.http.problems import documented, refusal, unreachable
from ui.http.request_bodies import EVENT_STREAM
from ui.http.router import Router
from ui.rate_limits import TooManyAttemptsError


def identity_of(connection: HTTPConnection) -> Identity:
    identity: Identity = connection.state.identity
    return identity


def session_cookie(sign_in: SignIn) -> str:
    """A browser sends it to all ports of a host, so servers with other accounts need other names."""
    return f"footnoted-session-{sign_in.accounts.id[:8]}"


class Sender(BaseModel):
    """The sender of a request.

    Attributes:
        kind: `user` for a person, `token` for a program, `machine` for a command on the server's machine, and
            `local` for everyone while sign-in is off.
        name: the name of the user, or of the token's owner; null if the sender belongs to no user.
        token: the name of the token; null for other senders.
        scopes: what the sender may do.
        form_token: the value of the field `token` in the user's form for `POST /sign-out`; null for other
            senders.
    """

    kind: Literal["user", "token", "machine", "local"]
    name: str | None
    token: str | None
    scopes: list[Scope]
    form_token: str | None


def identity_router(sign_in: SignIn | None) -> Router:
    router = Router(prefix="/v1", tags=["server"], responses=documented(500))

    @router.get("/identity")
    def identity(sender: Annotated[Identity, Depends(identity_of)], connection: HTTPConnection) -> Sender:
        """Return the identity and the scopes of the sender of this request."""
        session: Session | None = connection.state.session
        token = sign_in.accounts.sessions.form_token(session.session_id) if sign_in and session else None
        scopes = [scope for scope in Scope if scope in sender.scopes]
        return Sender(kind=sender.kind, name=sender.name, token=sender.token, scopes=scopes, form_token=token)

    return router


class Requirement(Enum):
    """The requirement of a route that needs no scope: nothing, or an identity (any known sender)."""

    NOTHING = "nothing"
    IDENTITY = "identity"


_ROUTES: Mapping[Requirement | Scope, tuple[str, ...]] = {
    Requirement.NOTHING: (
        "GET /healthz",
        "GET /readyz",
        "GET /sign-in",
        "POST /sign-in",
        "GET /sign-in/openid",
        "GET /sign-in/openid/callback",
        "POST /sign-out",
        "GET /footnoted/{version}/styles/theme.css",
        "GET /footnoted/{version}/styles/sign_in.css",
    ),
    Scope.READ: (
        # The page.
        "GET /",
        "GET /assets/{path:path}",
        "GET /static/{path:path}",
        "GET /favicon.ico",
        "GET /theme.css",
        "GET /footnoted/{version}/{path:path}",
        "GET /gradio_api/app_id",
        # The documentation.
        "GET /docs",
        "GET /docs/oauth2-redirect",
        "GET /openapi.json",
        "GET /static-offline-docs/{path:path}",
        # The library.
        "GET /v1/documents",
        "GET /v1/documents/{document_id}",
        "GET /v1/documents/{document_id}/text",
        "GET /v1/documents/{document_id}/pages/{page}.png",
        "GET /v1/documents/{document_id}/citations",
        "GET /v1/documents/{document_id}/versions",
        "GET /v1/documents/{document_id}/changes",
        "GET /v1/documents/{document_id}/matches",
        "GET /v1/failures",
        "GET /v1/index/encoder",
        "GET /v1/jobs",
        "GET /v1/jobs/{job_id}",
        "GET /v1/model",
        "GET /v1/suggestions",
        "GET /v1/answers/{answer_id}.{suffix}",
        "GET /v1/answers/{answer_id}/text",
        "GET /v1/answers/{answer_id}/suggestions",
        "GET /v1/answers/{answer_id}",
        "GET /v1/conversations",
        "GET /v1/conversations/{conversation_id}.{suffix}",
        "GET /v1/conversations/{conversation_id}",
    ),
    Scope.ASK: (
        "POST /v1/search",
        "POST /v1/search/batch",
        "POST /v1/chat",
        "POST /v1/feedback",
        # OpenAI's protocol.
        "GET /v1/models",
        "GET /v1/models/{name}",
        "POST /v1/chat/completions",
        "POST /v1/responses",
        "POST /v1/vector_stores/{collection:path}/search",
        # The questions of the page.
        "GET /gradio_api/heartbeat/{session_hash}",
        "POST /gradio_api/queue/join",
        "GET /gradio_api/queue/data",
        "POST /gradio_api/cancel",
        "POST /gradio_api/reset",
    ),
    Scope.WRITE: (
        "POST /v1/documents",
        "POST /v1/documents/from-url",
        "PATCH /v1/documents/{document_id}",
        "DELETE /v1/documents/{document_id}",
        "POST /v1/documents/{document_id}/restore",
        "DELETE /v1/failures/{failure_id}",
        "POST /v1/index/sync",
        "DELETE /v1/jobs/{job_id}",
        "PATCH /v1/answers/{answer_id}",
        "DELETE /v1/answers/{answer_id}",
        "PATCH /v1/conversations/{conversation_id}",
        "DELETE /v1/conversations/{conversation_id}",
    ),
    Scope.ADMIN: (
        "GET /v1/collections",
        "PUT /v1/collections/{collection:path}/limit",
        "DELETE /v1/collections/{collection:path}/limit",
        "GET /administration",
        "GET /v1/users",
        "POST /v1/users",
        "PATCH /v1/users/{name}",
        "DELETE /v1/users/{name}",
        "GET /v1/tokens",
        "POST /v1/tokens",
        "DELETE /v1/tokens/{name}",
        "GET /v1/storage",
        "POST /v1/index/encoder",
        # These six need `read`, too (ui.http.model).
        "PUT /v1/model",
        "DELETE /v1/model",
        "POST /v1/model/reload",
        "POST /v1/model/test",
        "POST /v1/model/list",
        "GET /v1/model/servers",
        "GET /v1/audit",
    ),
    Scope.METRICS: ("GET /metrics",),
    Requirement.IDENTITY: (
        "GET /v1/identity",
        # Each MCP tool sends a further request, which is checked for what its own route needs.
        "POST /mcp",
        # These answer 404 or, if a route above has the same path but another method, 405.
        "* /v1",
        "* /v1/{rest:path}",
        "* /healthz",
        "* /readyz",
        "* /metrics",
        "* /mcp",
    ),
}

# A route is a method, or ``*`` for any other, and a path with its parameters. The first match counts.
TABLE: Mapping[str, Requirement | Scope] = {
    route: requirement for requirement, routes in _ROUTES.items() for route in routes
}
_PATTERNS = [
    (method, path, compile_path(path)[0], requirement)
    for route, requirement in TABLE.items()
    for method, path in [route.split(" ")]
]

_FILE_PARAMETERS = frozenset({"path", "rest", "version"})


@dataclass(frozen=True, slots=True)
class Matched:
    """``path`` is ``other`` if unknown; ``values`` are the ids and names of objects in it."""

    path: str
    requirement: Requirement | Scope
    values: tuple[str, ...] = ()


_VERSION = re.compile(r"^(/footnoted)/[0-9a-f]+")


def matched(method: str, path: str) -> Matched:
    """``HEAD`` needs what ``GET`` needs; an unknown route needs an identity."""
    method = "GET" if method == "HEAD" else method
    for given, route, pattern, requirement in _PATTERNS:
        found = pattern.match(path) if given in {method, "*"} else None
        if found is not None:
            values = (value for name, value in found.groupdict().items() if name not in _FILE_PARAMETERS)
            return Matched(route, requirement, tuple(values))
    return Matched("other", Requirement.IDENTITY)


def requirement_of(method: str, path: str) -> Requirement | Scope:
    return matched(method, path).requirement


def routes_of(routes: Sequence[BaseRoute]) -> Iterator[str]:
    for context in iter_route_contexts(routes):
        route = context.original_route
        if isinstance(route, Mount):
            inner = list(routes_of(route.routes)) or ["GET /{path:path}"]  # Files have no routes.
            prefix = _VERSION.sub(r"\1/{version}", route.path)
            yield from (each.replace(" ", f" {prefix}", 1) for each in inner)
        else:
            yield from (f"{method} {context.path}" for method in context.methods or ())


def check_table(routes: Sequence[BaseRoute]) -> None:
    """Raise LookupError if the table lacks one of the routes: the app must then not start."""
    known = {*TABLE, *(route.replace("GET", "HEAD", 1) for route in TABLE)}
    for route in routes_of(routes):
        if route not in known and f"* {route.split(' ')[1]}" not in known:
            raise LookupError(f"ui.http.access does not say what {route!r} needs; add it to the table")


_CHALLENGE = 'Bearer realm="Footnoted"'

_FORWARDED = (
    "A proxy forwarded this request, and nobody signs in to this server, so the server does not know whose "
    "request it is; set FOOTNOTED_SIGN_IN to on and add yourself with `footnoted user add NAME "
    "--administrator`, or accept with --insecure that everyone who reaches the proxy reads and changes all."
)

# The maximum number of senders that are looked up at once, in threads that no slow request can occupy.
_LOOKUPS = 4
# The seconds after which the server looks again whether the sender of an open stream may still have it.
_WATCH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Found:
    """The sender of a request, and whether it had a ``token`` or a ``session``, valid or not."""

    identity: Identity | None
    session: Session | None = None
    sent: str = ""


class SignInCheck:
    """Lets a request pass only if the sender has the scope or the identity that the route needs.

    ``request.state`` gets ``identity``, ``session`` and a limited ``engine``. A stream ends soon after its
    session. Without sign-in, only requests of this machine pass, and none through a proxy, unless
    ``insecure``.
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
        self._app = app
        self._engine = engine
        self._sign_in = sign_in
        self._refusal_page = refusal_page
        self._insecure = insecure
        self._lookups = CapacityLimiter(_LOOKUPS)

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
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
                is_open = Headers(raw=message["headers"]).get("content-type", "").startswith(EVENT_STREAM)
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
        identity, accepted = found.identity, Headers(scope=scope).get("accept", "")
        is_get = scope["method"] in {"GET", "HEAD"}
        opens_page = is_get and found.sent != "token" and "text/html" in accepted
        if identity is None:
            return (_to_sign_in if opens_page else _unknown)(scope, found.sent)
        if isinstance(requirement, Requirement) or requirement in identity.scopes:
            return None
        if opens_page:
            return self._refusal_page(HTTPConnection(scope))
        return refusal(scope, 403, *insufficient_scope(identity, requirement))


def client_address(scope: ASGIScope) -> str:
    """Return the address of the client, or of a trusted proxy's client; empty if it is unknown."""
    client, _ = scope.get("client") or ("", None)
    return str(client)


def set_session_cookie(response: Response, scope: ASGIScope, name: str, value: str, seconds: int) -> None:
    secure = scope["scheme"] == "https"
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def _is_open(scope: ASGIScope) -> bool:
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
    detail = f"This needs the scope {scope.value!r}, which {sender} does not have."
    challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{scope.value}"'
    return detail, {"WWW-Authenticate": challenge}


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
    """Let the browser ask before it shows a cached response, so that nobody sees one after a sign-out."""

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


def accounts_of(sign_in: SignIn | None) -> Accounts:
    """Return the accounts of the server, or refuse with 409 if sign-in is off."""
    if sign_in is None:
        raise HTTPException(409, "Nobody signs in to this server, so it has no users and no tokens.")
    return sign_in.accounts


def require_scopes(sender: Identity, scopes: Collection[Scope]) -> None:
    """Refuse with 403 to give a scope that one lacks: ``admin`` alone could else add itself ``read``."""
    missing = [scope for scope in Scope if scope in scopes and scope not in sender.scopes]
    if missing:
        detail, headers = insufficient_scope(sender, missing[0])
        raise HTTPException(403, detail, headers)


def engine_of(connection: HTTPConnection) -> QueryEngine:
    """Return the engine limited to what the sender of a request may see; its answers belong to the sender."""
    engine: QueryEngine = connection.state.engine
    return engine


def library_of(connection: HTTPConnection) -> Library:
    return engine_of(connection).index


def catalog_of(connection: HTTPConnection) -> Catalog:
    return library_of(connection).catalog


OwnEngine = Annotated[QueryEngine, Depends(engine_of)]
OwnLibrary = Annotated[Library, Depends(library_of)]
OwnCatalog = Annotated[Catalog, Depends(catalog_of)]
