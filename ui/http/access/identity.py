"""The identity of a request's sender, which the sign-in check determines and every handler can ask for."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from ui.accounts import Identity, Scope, Session, SignIn
from ui.http.problems import documented
from ui.http.router import Router

_COOKIE_CHARACTERS = 8


def identity_of(connection: HTTPConnection) -> Identity:
    """Return the sender of a request to a route that needs a scope or an identity.

    Raises:
        AttributeError: on a route that needs neither.
    """
    identity: Identity = connection.state.identity
    return identity


def session_cookie(sign_in: SignIn) -> str:
    """Return the name of the session cookie. Servers with the same accounts use the same name.

    A browser sends a cookie to all ports of a host. The name therefore contains the first characters of
    ``accounts.id``, so that servers with different accounts on one host have different cookies.
    """
    return f"footnoted-session-{sign_in.accounts.id[:_COOKIE_CHARACTERS]}"


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
    """Return the route that tells a client which user or token its requests come from."""
    router = Router(prefix="/v1", tags=["server"], responses=documented(500))

    @router.get("/identity")
    def identity(sender: Annotated[Identity, Depends(identity_of)], connection: HTTPConnection) -> Sender:
        """Return the identity and the scopes of the sender of this request."""
        session: Session | None = connection.state.session
        token = sign_in.accounts.sessions.form_token(session.session_id) if sign_in and session else None
        scopes = [scope for scope in Scope if scope in sender.scopes]
        return Sender(kind=sender.kind, name=sender.name, token=sender.token, scopes=scopes, form_token=token)

    return router
