"""The routes with which administrators add and revoke the tokens of programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import HTTPException
from pydantic import BaseModel, Field

from ui.accounts import Scope, SignIn, TokenRecord
from ui.errors import AccountError
from ui.http.access.grants import accounts_of, require_scopes
from ui.http.access.users import AccountName, NameInPath, Sender
from ui.http.problems import documented
from ui.http.request_bodies import RequestModel, example
from ui.http.router import Router
from ui.operations import note

MAX_DAYS = 36_500


class Token(BaseModel):
    """A token without its secret. Times are in seconds since 1970; null stands for never.

    Attributes:
        name: the name of the token.
        user: the user to whom the token belongs; null if it belongs to the operator of the server.
        scopes: what the token may do.
        created: when it was added.
        expires: when it expires.
        revoked: when it was revoked.
        used: when it was last used, to the minute.
    """

    name: str
    user: str | None
    scopes: list[Scope]
    created: float
    expires: float | None
    revoked: float | None
    used: float | None


class AddedToken(Token):
    """A new token with its secret, which no other response has.

    Attributes:
        token: the secret.
    """

    token: str


class NewToken(RequestModel):
    """A token to add."""

    model_config = example(name="dashboard", scopes=["read", "ask"], days=90)

    name: AccountName
    scopes: Annotated[list[Annotated[Scope, Field(strict=False)]], Field(min_length=1, max_length=len(Scope))]
    user: AccountName | None = Field(
        default=None, description="the user to whom the token belongs; null for the operator"
    )
    days: int | None = Field(default=None, ge=1, le=MAX_DAYS, description="null if the token never expires")


def tokens_router(sign_in: SignIn | None) -> Router:
    """Return the routes under ``/v1/tokens``; without ``sign_in``, they answer 409."""
    router = Router(prefix="/v1/tokens", tags=["accounts"], responses=documented(409, 422, 500))

    @router.get("")
    def tokens() -> dict[str, list[Token]]:
        """List all tokens, sorted by name, including those that have expired or were revoked."""
        return {"tokens": [_shown(token) for token in accounts_of(sign_in).tokens.all()]}

    @router.post("", status_code=201, responses=documented(400, 413))
    def add(wanted: NewToken, sender: Sender) -> AddedToken:
        """Add a token. Only this response contains the token's secret, so store the secret now.

        The sender of the request must have all scopes of the token, and so must the `user`, if given.
        """
        accounts = accounts_of(sign_in)
        require_scopes(sender, wanted.scopes)
        try:
            added, secret = accounts.tokens.add(
                wanted.name, wanted.scopes, owner=wanted.user, days=wanted.days
            )
        except AccountError as error:
            raise HTTPException(422, str(error)) from error
        note(target=added.name)
        return AddedToken(**_shown(added).model_dump(), token=secret)

    @router.delete("/{name}", status_code=204, responses=documented(404))
    def revoke(name: NameInPath) -> None:
        """Revoke a token at once. It stays in the list, and no other token can have its name."""
        try:
            accounts_of(sign_in).tokens.revoke(name)
        except AccountError as error:
            raise HTTPException(404, str(error)) from error

    return router


def _shown(token: TokenRecord) -> Token:
    return Token(
        name=token.name,
        user=token.owner,
        scopes=list(token.scopes),
        created=token.created,
        expires=token.expires,
        revoked=token.revoked,
        used=token.used,
    )
