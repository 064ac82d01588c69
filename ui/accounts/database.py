"""The accounts of a library: users, tokens and sessions, in tables of their own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from index.catalog import insert_into
from index.records import Viewer
from ui.accounts.identity import Identity, Scope, key_of
from ui.accounts.schema import ACCOUNTS, secrets
from ui.accounts.sessions import PendingSignIns, Sessions
from ui.accounts.tokens import Tokens
from ui.accounts.users import ProvidedUsers, Users
from ui.errors import OwnTablesError


@dataclass(frozen=True, slots=True)
class Accounts:
    """The ``id`` is random: after a restore into other accounts, a user's number could be somebody else's."""

    id: str
    engine: sa.Engine
    users: Users
    tokens: Tokens
    sessions: Sessions
    provided: ProvidedUsers
    pending: PendingSignIns

    @classmethod
    def open(cls, home: Path, database_url: str = "", clock: Callable[[], float] = time.time) -> Accounts:
        """Raises OwnTablesError, also if ``home`` has a file of accounts although ``database_url`` is set."""
        if database_url and ACCOUNTS.may_have_rows(home):
            # A user whom the file locks out would not be locked out in the database, and nobody would notice.
            raise OwnTablesError(
                f"the accounts of {home / ACCOUNTS.file} are not in use, since the catalog is in a database; "
                "move the file away, and add the people with `footnoted user add`"
            )
        engine = ACCOUNTS.open(home, database_url)
        with engine.begin() as connection:
            key = _secret(connection, "signing")
            database_id = _secret(connection, "id").hex()[:16]
        return cls(
            database_id,
            engine,
            Users(engine, clock),
            Tokens(engine, clock),
            Sessions(engine, key, clock),
            ProvidedUsers(engine, clock),
            PendingSignIns(key, clock),
        )

    def viewer_key(self, user_id: int) -> str:
        return f"{self.id}/user/{user_id}"

    def token_key(self, name: str) -> str:
        return f"{self.id}/token/{key_of(name)}"

    def viewer(self, identity: Identity) -> Viewer | None:
        """None while sign-in is off. A command on this machine has no key: its answers have no owner."""
        if identity.kind == "local":
            return None
        key = ""
        if identity.user_id is not None:
            key = self.viewer_key(identity.user_id)
        elif identity.token is not None:
            key = self.token_key(identity.token)
        return Viewer(key, sees_all=Scope.ADMIN in identity.scopes)

    def close(self) -> None:
        self.engine.dispose()


def _secret(connection: sa.Connection, name: str) -> bytes:
    new = insert_into(connection, secrets).values(name=name, value=os.urandom(32))
    connection.execute(new.on_conflict_do_nothing())
    return bytes(connection.execute(sa.select(secrets.c.value).filter_by(name=name)).scalar_one())
