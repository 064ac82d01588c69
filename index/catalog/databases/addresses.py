"""Selects the code for SQLite or for PostgreSQL by the address of a catalog's database.

That code handles the differences between the two databases that SQLAlchemy does not handle.
"""

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
"""The purpose of a lock: to write to the catalog, or to update the base (the stored vectors of older
passages, :mod:`index.search.bases`)."""


class Database(Protocol):
    """The operations that differ between SQLite and PostgreSQL, the databases of a catalog."""

    def exists(self, address: sa.URL) -> bool:
        """Return whether there is a catalog at ``address``, without creating one.

        Raises:
            CatalogError: if the database cannot be reached.
        """

    def connect(self, address: sa.URL, schema: str = "") -> sa.Engine:
        """Open the database at ``address``; create the file of a SQLite database if it is missing.

        Args:
            address: the address.
            schema: in a server's database, the schema that has the tables; by default, the first schema in
                the user's search path. A SQLite file has no schemas.
        """

    def version(self, connection: sa.Connection, schema: str) -> int:
        """Return the number that :meth:`set_version` stored; 0 if there is none."""

    def set_version(self, connection: sa.Connection, schema: str, version: int) -> None:
        """Store the version number of the tables of ``schema``; create the schema if it is missing."""

    def begin_reading(self, connection: sa.Connection) -> None:
        """Begin a transaction in which ``connection`` reads one fixed state."""

    def begin_writing(self, connection: sa.Connection) -> None:
        """Exclude other writers, from now or from the transaction's first write, until it ends."""

    def begin_migrating(self, connection: sa.Connection) -> None:
        """Begin a transaction that changes the tables, and exclude other writers."""

    def last_number(self, connection: sa.Connection, table: sa.Table) -> int:
        """Return the highest id that any row of ``table`` ever had; 0 if there never was a row."""

    def set_last_number(self, connection: sa.Connection, table: sa.Table, number: int) -> None:
        """Make ``table`` give the id ``number`` + 1 to its next row.

        PostgreSQL does not undo this if the transaction fails.
        """

    def text_parts(self, connection: sa.Connection, document_id: int, version: int) -> Iterator[bytes]:
        """Yield the text of a version in UTF-8, in consecutive parts that may end within a character."""

    def damage(self, connection: sa.Connection) -> str | None:
        """Describe the damage that a quick check of the database finds; return None if it finds none."""

    def size(self, connection: sa.Connection) -> int:
        """Return the number of bytes that the database takes on its disk."""

    def programs(self, connection: sa.Connection) -> int:
        """Return the number of other connections to the database from processes of this program.

        For a SQLite file, the number is unknown, and the result is 0.
        """

    def clear_log(self, connection: sa.Connection) -> None:
        """Empty the write-ahead log, which still has deleted rows. A log that a reader needs is kept."""

    def lock(
        self, engine: sa.Engine, timeout: float, purpose: Purpose = "write"
    ) -> AbstractContextManager[bool]:
        """Hold a lock on the whole catalog, in addition to the lock of the home folder.

        Args:
            engine: the engine of the database.
            timeout: the seconds to wait for another holder.
            purpose: the purpose of the lock. Locks for different purposes do not exclude each other.

        Returns:
            A context manager that yields whether the lock was taken: False if another process held it for
            longer than ``timeout``.
        """


_DATABASES: dict[str, Database] = {"sqlite": SQLite(), "postgresql": PostgreSQL()}


def address_of(home: Path, database_url: str = "") -> sa.URL:
    """Return the address of a library's catalog.

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
        # The message does not show the whole text, in which a password may be anywhere.
        given = f"{address.drivername}://…" if address else "FOOTNOTED_DATABASE_URL or --to"
        raise CatalogError(
            f"{given} is not the address of a database; write postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME"
        )
    if "password" in address.query or "@" in (address.host or ""):
        raise CatalogError(
            "the address of the database has its password in the wrong place; write "
            "postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME, with %40 for @, or use a ~/.pgpass file"
        )
    return address


def shown(address: sa.URL) -> str:
    """Return what messages show of an address: a file's path, or a server's address without the password."""
    return str(address.database) if is_file(address) else address.render_as_string(hide_password=True)


def is_file(address: sa.URL) -> bool:
    """Return whether an address belongs to a SQLite file."""
    return address.get_backend_name() == "sqlite"


def database_at(address: sa.URL) -> Database:
    """Return the :class:`Database` for an address from :func:`address_of`."""
    return _DATABASES[address.get_backend_name()]


def database_of(connection: sa.Connection | sa.Engine) -> Database:
    """Return the :class:`Database` for a connection or an engine."""
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
    """Return an ``INSERT`` whose ``on_conflict_…`` methods set what happens to rows that exist already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    # The import takes a tenth of a second; commands on a SQLite file should not wait for it.
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)
