"""Chooses the database of a catalog by its address, and hides the differences that SQLAlchemy leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from index.catalog.databases.postgresql import PostgreSQL
from index.catalog.databases.sqlite import SQLite
from index.errors import CatalogError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

CATALOG = "catalog.sqlite"
"""The name of the SQLite file in a home folder."""


Purpose = Literal["write", "base"]
"""The purpose of a lock: to write to the catalog, or to bring the base of :mod:`index.search.bases` up to
date."""


class Database(Protocol):
    """The differences between the databases that a catalog can be in."""

    def exists(self, address: sa.URL) -> bool:
        """Tell if there is a catalog at ``address``; create nothing.

        Raises:
            CatalogError: if the database cannot be reached.
        """

    def connect(self, address: sa.URL, schema: str = "") -> sa.Engine:
        """Open the database at ``address``; create the file of a SQLite database.

        Args:
            address: the address.
            schema: the schema of a server's database that has the tables; by default, the first one in the
                user's search path. A SQLite file has no schemas.
        """

    def version(self, connection: sa.Connection, schema: str) -> int:
        """The number from :meth:`set_version`; 0 for none."""

    def set_version(self, connection: sa.Connection, schema: str, version: int) -> None:
        """Store a number beside the tables of ``schema``; create the schema as needed."""

    def begin_reading(self, connection: sa.Connection) -> None:
        """Begin a transaction that reads one fixed state."""

    def begin_writing(self, connection: sa.Connection) -> None:
        """Exclude the other writers until the transaction of ``connection`` ends."""

    def begin_migrating(self, connection: sa.Connection) -> None:
        """Begin the transaction that changes the tables, and exclude the other writers."""

    def last_number(self, connection: sa.Connection, table: sa.Table) -> int:
        """The highest id that ``table`` ever gave to a row; 0 if it gave none."""

    def set_last_number(self, connection: sa.Connection, table: sa.Table, number: int) -> None:
        """Let ``table`` give ids from ``number`` + 1 on.

        PostgreSQL does not undo this if the transaction fails.
        """

    def text_parts(self, connection: sa.Connection, document_id: int, version: int) -> Iterator[bytes]:
        """The text of a version in UTF-8, in consecutive parts that may end within a character."""

    def damage(self, connection: sa.Connection) -> str | None:
        """The damage that a quick check of the database's files finds; None for none."""

    def size(self, connection: sa.Connection) -> int:
        """The bytes that the database takes on its disk."""

    def programs(self, connection: sa.Connection) -> int:
        """The number of other connections to the database from processes of this program.

        For a SQLite file, the number is unknown and this returns 0.
        """

    def clear_log(self, connection: sa.Connection) -> None:
        """Empty the write-ahead log, which may still hold deleted rows, unless a reader needs the log."""

    def lock(
        self, engine: sa.Engine, timeout: float, purpose: Purpose = "write"
    ) -> AbstractContextManager[bool]:
        """Hold a lock of the whole catalog, in addition to the lock of the home folder.

        Args:
            engine: the engine of the database.
            timeout: the seconds to wait for another holder.
            purpose: each purpose has a lock of its own.

        Returns:
            A context manager that gives False if another process held the lock for longer than ``timeout``.
        """


_DATABASES: dict[str, Database] = {"sqlite": SQLite(), "postgresql": PostgreSQL()}


def address_of(home: Path, database_url: str = "") -> sa.URL:
    """The address of the catalog of a library.

    Args:
        home: the library's folder.
        database_url: the address of a PostgreSQL database; empty for the SQLite file in ``home``.

    Raises:
        CatalogError: if ``database_url`` is not the address of a PostgreSQL database.
    """
    if not database_url:
        return sa.URL.create("sqlite", database=str(home / CATALOG))
    try:
        address = sa.make_url(database_url)
    except (sa.exc.ArgumentError, ValueError):
        address = None
    if address is None or address.drivername != "postgresql+psycopg" or not address.database:
        # It may have a password in any place.
        given = f"{address.drivername}://…" if address else "FOOTNOTED_DATABASE_URL or --to"
        raise CatalogError(
            f"{given} is no address of a database; write postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME"
        )
    if "password" in address.query or "@" in (address.host or ""):
        raise CatalogError(
            "the address of the database has its password in the wrong place; write "
            "postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME, with %40 for @, or use a ~/.pgpass file"
        )
    return address


def shown(address: sa.URL) -> str:
    """An address for messages: the path of a file, or the address of a server without the password."""
    return str(address.database) if is_file(address) else address.render_as_string(hide_password=True)


def is_file(address: sa.URL) -> bool:
    """Tell if an address is the address of a SQLite file."""
    return address.get_backend_name() == "sqlite"


def database_at(address: sa.URL) -> Database:
    """The database of an address from :func:`address_of`."""
    return _DATABASES[address.get_backend_name()]


def database_of(connection: sa.Connection | sa.Engine) -> Database:
    """The database of a connection or an engine."""
    return _DATABASES[connection.dialect.name]


def begin_reading(connection: sa.Connection) -> None:
    """Begin a transaction in which ``connection`` reads one fixed state."""
    database_of(connection).begin_reading(connection)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction for writing. After its first write, no other writer can change what it reads."""
    with engine.begin() as connection:
        database_of(connection).begin_writing(connection)
        yield connection


def insert_into(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An ``INSERT`` that also says what to do with rows that ``table`` already has (``on_conflict_…``)."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    # The import takes a tenth of a second; commands on a SQLite file should not wait for it.
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)
