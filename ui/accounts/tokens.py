"""The tokens of programs. The database keeps the digest of a token, never the token."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa
from itsdangerous import TimestampSigner

from ui.accounts.identity import ROLE_SCOPES, Identity, Role, Scope, checked_name, key_of
from ui.accounts.schema import tokens, users
from ui.errors import AccountError

# The start of every token, by which people and programs that look for leaked secrets recognize one.
PREFIX = "fn_"
DAY_SECONDS = 86_400

# How far the stored time of the last use may lag, so that not every request writes to the disk.
_USED_SECONDS = 60.0


def new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    """Return the SHA-256 of a random secret. Only passwords, which people choose, need a slow hash."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """Times are in seconds since 1970, None for never. An ``owner`` of None is the server's operator."""

    name: str
    owner: str | None
    scopes: tuple[Scope, ...]
    created: float
    expires: float | None
    revoked: float | None
    used: float | None


class Tokens:
    def __init__(self, engine: sa.Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock

    def add(
        self, name: str, scopes: Collection[Scope], *, owner: str | None = None, days: int | None = None
    ) -> tuple[TokenRecord, str]:
        """Return the record and the secret. Raises AccountError, also for the name of a revoked token."""
        name = checked_name(name)
        if not scopes:
            raise AccountError("a token needs a scope; give --scope read, ask, write, admin or metrics")
        secret, now = new_token(), self._clock()
        row = {
            "name": name,
            "key": key_of(name),
            "user_id": self._owner(owner, scopes),
            "digest": digest_of(secret),
            "scopes": " ".join(scope for scope in Scope if scope in scopes),
            "created": now,
            "expires": None if days is None else now + days * DAY_SECONDS,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(tokens).values(row))
        except sa.exc.IntegrityError as error:
            raise AccountError(f"there is a token {name!r} already; choose another name") from error
        [added] = self._listed(tokens.c.key == row["key"])
        return added, secret

    def all(self) -> list[TokenRecord]:
        return self._listed(sa.true())

    def revoke(self, name: str) -> None:
        with self._engine.begin() as connection:
            ended = sa.func.coalesce(tokens.c.revoked, self._clock())
            changed = connection.execute(sa.update(tokens).filter_by(key=key_of(name)).values(revoked=ended))
        if changed.rowcount == 0:
            raise AccountError(f"there is no token {name!r}; `footnoted token list` shows all")

    def identity(self, secret: str, *, is_use: bool = True) -> Identity | None:
        """None if not valid. The database compares digests, so its time helps nobody to guess a token."""
        digest, now = digest_of(secret), self._clock()
        known = sa.select(tokens, users.c.name.label("owner"), users.c.role, users.c.disabled)
        with self._engine.connect() as connection:
            row = connection.execute(
                known.join(users, isouter=True).where(tokens.c.digest == digest)
            ).one_or_none()
        if row is None:
            return None
        has_expired = row.expires is not None and row.expires <= now
        if has_expired or row.revoked is not None or row.disabled is not None:
            return None
        if is_use and (row.used is None or now - row.used >= _USED_SECONDS):
            with self._engine.begin() as connection:
                connection.execute(sa.update(tokens).filter_by(id=row.id).values(used=now))
        scopes = frozenset(map(Scope, row.scopes.split()))
        if row.role is not None:  # The owner's role may have changed since.
            scopes &= ROLE_SCOPES[Role(row.role)]
        return Identity("token", scopes, row.user_id, row.owner, row.name)

    def _listed(self, which: sa.ColumnElement[bool]) -> list[TokenRecord]:
        listed = sa.select(tokens, users.c.name.label("owner")).join(users, isouter=True).where(which)
        with self._engine.connect() as connection:
            rows = connection.execute(listed.order_by(tokens.c.key)).all()
        return [
            TokenRecord(
                row.name,
                row.owner,
                tuple(map(Scope, row.scopes.split())),
                row.created,
                row.expires,
                row.revoked,
                row.used,
            )
            for row in rows
        ]

    def _owner(self, name: str | None, scopes: Collection[Scope]) -> int | None:
        if name is None:
            return None
        with self._engine.connect() as connection:
            user = connection.execute(sa.select(users).filter_by(key=key_of(name))).one_or_none()
        if user is None:
            raise AccountError(f"there is no user {name!r}; `footnoted user list` shows all")
        missing = sorted(frozenset(scopes) - ROLE_SCOPES[Role(user.role)])
        if missing:
            raise AccountError(f"the {user.role} {name!r} does not have the scope {missing[0]}; leave it out")
        return int(user.id)


def timed_signer(time: Callable[[], float]) -> type[TimestampSigner]:
    class _Timed(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time())

    return _Timed
