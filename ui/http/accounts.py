"""The routes with which administrators manage users, tokens, and who may see a collection."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Path
from pydantic import BaseModel, Field, Secret

from index.documents import MAX_COLLECTION_CHARACTERS
from ui.accounts import (
    ROLE_SCOPES,
    Accounts,
    CollectionLimits,
    CollectionRecord,
    Identity,
    Role,
    Scope,
    SignIn,
    TokenRecord,
    UserRecord,
)
from ui.accounts.identity import MAX_CHARACTERS, key_of
from ui.accounts.users import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS
from ui.errors import AccountError
from ui.http.access import OwnCatalog, accounts_of, identity_of, require_scopes
from ui.http.problems import documented
from ui.http.request_bodies import RequestModel, Text, example
from ui.http.router import LimitedThreads, Router
from ui.operations import AuditLog, note
from ui.settings import ProviderChoice

_WAITING = 20  # the most requests that wait to hash a password: they take turns, for a core and 64 MB each
AccountName = Annotated[Text, Field(max_length=MAX_CHARACTERS, description="letters, digits and . _ @ -")]
NameInPath = Annotated[Text, Path(max_length=MAX_CHARACTERS)]
# Unlike a SecretStr, its text has a pattern that is checked.
Password = Secret[
    Annotated[
        Text,
        Field(
            min_length=MIN_PASSWORD_CHARACTERS,
            max_length=MAX_PASSWORD_CHARACTERS,
            json_schema_extra={"format": "password", "writeOnly": True},
        ),
    ]
]
Sender = Annotated[Identity, Depends(identity_of)]


_SIGN_INS = ("POST /sign-in", "GET /sign-in/openid/callback")


class User(BaseModel):
    """A user; times are in seconds since 1970.

    Attributes:
        name: the name.
        role: what the user may do.
        created: when the user was added.
        disabled: when the user was locked out; null if the user may sign in.
        signed_in: when the user last signed in; null if the audit log has no sign-in of the user.
        provider: the address of the provider with which the user signs in; null without a provider.
    """

    name: str
    role: Role
    created: float
    disabled: float | None
    signed_in: float | None = None
    provider: str | None = None


_EXAMPLE = "four words and 2 figures"


class Users(BaseModel):
    """The users.

    Attributes:
        users: the users, sorted by name.
        provider: the address of the provider with which people sign in; null if there is none.
    """

    users: list[User]
    provider: str | None


class NewUser(RequestModel):
    """A user to add, who will sign in with a password or with the OpenID provider."""

    model_config = example(name="bea", password=_EXAMPLE, role="member")

    name: AccountName
    password: Password | None = None
    provider: bool = Field(
        default=False,
        description="instead of a password: the first person who signs in to the provider with this name "
        "becomes the user",
    )
    role: Annotated[Role, Field(strict=False)] = Role.MEMBER


class UserChange(RequestModel):
    """The changes to a user; a field that is null changes nothing."""

    model_config = example(disabled=True)

    role: Annotated[Role, Field(strict=False)] | None = None
    disabled: bool | None = Field(
        default=None, description="true locks the user out, false lets the user in again"
    )
    password: Password | None = Field(
        default=None, description="a new password, which signs the user out everywhere"
    )


def users_router(sign_in: SignIn | None, audit: AuditLog, provider: ProviderChoice | None = None) -> Router:
    router = Router(prefix="/v1/users", tags=["accounts"], responses=documented(409, 422, 500))
    hashing = LimitedThreads("passwords", at_once=1, waiting=_WAITING)

    @router.get("")
    def users() -> Users:
        """List the users, sorted by name."""
        found = accounts_of(sign_in).users.all()
        seen: dict[str, float] = {}
        for action in _SIGN_INS:
            for name, at in audit.latest(action).items():
                seen[key_of(name)] = max(at, seen.get(key_of(name), at))
        shown = [_shown(user, seen.get(key_of(user.name))) for user in found]
        return Users(users=shown, provider=provider.issuer if provider else None)

    @router.post("", status_code=201, responses=documented(400, 413, 503))
    async def add(wanted: NewUser, sender: Sender) -> User:
        """Add a user who signs in either with a `password` or with the OpenID `provider`.

        Give the password to the user securely. The server never shows it again.
        """
        accounts = accounts_of(sign_in)
        require_scopes(sender, ROLE_SCOPES[wanted.role])
        if wanted.password is not None and not wanted.provider:
            password = wanted.password.get_secret_value()
            user = await hashing.run(accounts.users.add, wanted.name, password, wanted.role)
        elif wanted.password is None and wanted.provider:
            if provider is None:
                raise HTTPException(409, "Nobody signs in to this server with a provider.")
            add_provided = partial(accounts.provided.add, role=wanted.role)
            user = await hashing.run(add_provided, wanted.name, provider.issuer)
        else:
            raise HTTPException(422, "A user has either a password or the provider; send one of them.")
        note(target=user.name)
        return _shown(user)

    @router.patch("/{name}", responses=documented(400, 404, 413, 503))
    async def change(name: NameInPath, wanted: UserChange, sender: Sender) -> User:
        """Change a user's role or password, lock the user out, or let the user in again.

        A new password or a lock-out ends the user's sessions at once. While a user is locked out, the user's
        tokens do not work. The last administrator who can sign in cannot be demoted or locked out (409).
        """
        user = await hashing.run(_change, accounts_of(sign_in), name, wanted, sender, provider)
        changed = ", ".join(wanted.model_dump(exclude_none=True))
        note(target=f"{user.name} ({changed})" if changed else user.name)
        return _shown(user)

    @router.delete("/{name}", status_code=204, responses=documented(404))
    def remove(name: NameInPath) -> None:
        """Remove a user with all sessions and tokens.

        The last administrator who can sign in cannot be removed (409).
        """
        accounts = accounts_of(sign_in)
        known = _known(accounts, name).name
        accounts.users.remove(known, keeps_administrator=True, provider=provider)

    return router


def _change(
    accounts: Accounts, name: str, wanted: UserChange, sender: Identity, provider: ProviderChoice | None
) -> UserRecord:
    role = _known(accounts, name).role
    if wanted.role is not None or wanted.password is not None or wanted.disabled is False:
        require_scopes(sender, ROLE_SCOPES[role] | ROLE_SCOPES[wanted.role or role])
    password = wanted.password.get_secret_value() if wanted.password is not None else None
    return accounts.users.change(
        name,
        role=wanted.role,
        is_disabled=wanted.disabled,
        password=password,
        keeps_administrator=True,
        provider=provider,
    )


def _known(accounts: Accounts, name: str) -> UserRecord:
    try:
        return accounts.users.get(name)
    except AccountError as error:
        raise HTTPException(404, str(error)) from error


def _shown(user: UserRecord, signed_in: float | None = None) -> User:
    # A sign-in before the user was added belongs to a removed user who had the same name.
    seen = signed_in if signed_in is not None and signed_in >= user.created else None
    return User.model_validate(asdict(user) | {"signed_in": seen})


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
    router = Router(prefix="/v1/tokens", tags=["accounts"], responses=documented(409, 422, 500))

    @router.get("")
    def tokens() -> dict[str, list[Token]]:
        """List all tokens, sorted by name, including those that have expired or were revoked."""
        found = accounts_of(sign_in).tokens.all()
        return {"tokens": [Token.model_validate(_shown_token(token)) for token in found]}

    @router.post("", status_code=201, responses=documented(400, 413))
    def add(wanted: NewToken, sender: Sender) -> AddedToken:
        """Add a token. Only this response contains the token's secret, so store the secret now.

        The sender of the request must have all scopes of the token, and so must the `user`, if given.
        """
        accounts = accounts_of(sign_in)
        require_scopes(sender, wanted.scopes)
        added, secret = accounts.tokens.add(wanted.name, wanted.scopes, owner=wanted.user, days=wanted.days)
        note(target=added.name)
        return AddedToken.model_validate(_shown_token(added) | {"token": secret})

    @router.delete("/{name}", status_code=204, responses=documented(404))
    def revoke(name: NameInPath) -> None:
        """Revoke a token at once. It stays in the list, and no other token can have its name."""
        try:
            accounts_of(sign_in).tokens.revoke(name)
        except AccountError as error:
            raise HTTPException(404, str(error)) from error

    return router


def _shown_token(token: TokenRecord) -> dict[str, Any]:
    return asdict(token) | {"user": token.owner}


MAX_USERS = 1_000

CollectionInPath = Annotated[
    Text, Path(description="the name of the collection", max_length=MAX_COLLECTION_CHARACTERS)
]


class LimitRequest(RequestModel):
    """The users who may see a collection; administrators may see every collection."""

    model_config = example(to=["ada", "bea"])

    to: Annotated[list[Annotated[Text, Field(max_length=MAX_CHARACTERS)]], Field(max_length=MAX_USERS)]


def collections_router(sign_in: SignIn | None) -> Router:
    router = Router(prefix="/v1/collections", tags=["server"], responses=documented(409, 422, 500))

    def limits_of(catalog: OwnCatalog) -> CollectionLimits:
        if sign_in is None:
            raise HTTPException(409, "Nobody signs in to this server, so everyone sees every collection.")
        return CollectionLimits(catalog, sign_in.accounts)

    @router.get("")
    def collections(catalog: OwnCatalog) -> dict[str, list[CollectionRecord]]:
        """List the collections; `limited_to` is null for a collection that everyone may see."""
        return {"collections": limits_of(catalog).all()}

    @router.put("/{collection:path}/limit", responses=documented(400, 413))
    def limit(catalog: OwnCatalog, collection: CollectionInPath, request: LimitRequest) -> CollectionRecord:
        """Let only administrators and the users in `to` see the documents of a collection, from now on.

        If `to` is empty, only administrators see them. Nobody else can tell that the documents exist.
        """
        return limits_of(catalog).limit(collection, request.to)

    @router.delete("/{collection:path}/limit", responses=documented(404))
    def lift(catalog: OwnCatalog, collection: CollectionInPath) -> CollectionRecord:
        """Let everyone see the documents of a collection again."""
        try:
            return limits_of(catalog).open(collection)
        except AccountError as error:
            raise HTTPException(404, str(error)) from error

    return router
