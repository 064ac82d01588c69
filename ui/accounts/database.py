"""The database of accounts: a file of its own in the home, so that no backup of the library has passwords."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from index.private import close_to_others, database_files, make_file, make_folder
from index.records import Viewer
from ui.accounts.identity import Identity, Scope
from ui.accounts.names import key_of
from ui.accounts.pending import PendingSignIns
from ui.accounts.provided import ProvidedUsers
from ui.accounts.schema import VERSION, metadata, secrets
from ui.accounts.sessions import Sessions
from ui.accounts.tokens import Tokens
from ui.accounts.users import Users
from ui.errors import AccountsFileError

FILE = "accounts.sqlite"

_PATIENCE_SECONDS = 10.0

_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of a library. Safe to share between threads.

    Attributes:
        id: the random id of these accounts. Answers and limits in the catalog name it with a user's number,
            because the same number means another user in other accounts, as after a restored backup.
        engine: the SQLAlchemy engine of the database.
        users: the people.
        tokens: the tokens of programs.
        sessions: the sessions of people who are signed in.
        provided: the people who sign in with a provider.
        pending: the sign-ins that have begun at a provider.
    """

    id: str
    engine: sa.Engine
    users: Users
    tokens: Tokens
    sessions: Sessions
    provided: ProvidedUsers
    pending: PendingSignIns

    @classmethod
    def open(cls, home: Path, clock: Callable[[], float] = time.time) -> Accounts:
        """Open the accounts in the folder ``home``; create them as needed, for the owner of the file alone.

        Args:
            home: the home folder.
            clock: tells the time in seconds since 1970.

        Raises:
            AccountsFileError: if the file cannot be opened, or a newer program wrote it.
        """
        path = home / FILE
        # If the folder or the file cannot be made, SQLite's own error says why.
        with suppress(OSError):
            make_folder(home)
            make_file(path)
        place = sa.URL.create("sqlite", database=str(path))
        engine = sa.create_engine(place, connect_args={"timeout": _PATIENCE_SECONDS})
        sa.event.listen(engine, "connect", _set_pragmas)
        try:
            with engine.begin() as connection:
                _make_tables(connection, path)
                key = _secret(connection, "signing")
                own_id = _secret(connection, "id").hex()[:_ID_DIGITS]
        except sa.exc.DatabaseError as error:
            raise AccountsFileError(
                f"the accounts {path} cannot be opened: {error.orig}; check the permissions of the folder"
            ) from error
        for file in database_files(path):
            close_to_others(file)
        return cls(
            own_id,
            engine,
            Users(engine, clock),
            Tokens(engine, clock),
            Sessions(engine, key, clock),
            ProvidedUsers(engine, clock),
            PendingSignIns(key, clock),
        )

    def viewer_key(self, user_id: int) -> str:
        """The key of a user in the catalog (:class:`index.records.Viewer`)."""
        return f"{self.id}/user/{user_id}"

    def token_key(self, name: str) -> str:
        """The key of a token without a user in the catalog."""
        return f"{self.id}/token/{key_of(name)}"

    def viewer(self, identity: Identity) -> Viewer | None:
        """The viewer of the library that a sender of requests is; None while nobody signs in.

        The answers of a token are those of its user, or its own if it has none. A command on the machine
        makes answers that belong to nobody.
        """
        if identity.kind == "local":
            return None
        key = ""
        if identity.user_id is not None:
            key = self.viewer_key(identity.user_id)
        elif identity.token is not None:
            key = self.token_key(identity.token)
        return Viewer(key, sees_all=Scope.ADMIN in identity.scopes)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    # A deleted password or session leaves no trace in the file.
    connection.execute("PRAGMA secure_delete = ON")


def _make_tables(connection: sa.Connection, path: Path) -> None:
    found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if found > VERSION:
        raise AccountsFileError(f"a newer version of Footnoted wrote {path}; install that version")
    if found < VERSION:
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


def _secret(connection: sa.Connection, name: str) -> bytes:
    """A random value, such as the key that signs cookies and forms; the first call makes it."""
    new = sqlite.insert(secrets).values(name=name, value=os.urandom(32))
    connection.execute(new.on_conflict_do_nothing())
    return bytes(connection.execute(sa.select(secrets.c.value).filter_by(name=name)).scalar_one())
