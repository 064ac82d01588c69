"""A catalog in PostgreSQL, for the processes of several machines.

Only one transaction writes at a time, as in a SQLite file. An advisory lock of PostgreSQL ensures this.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa

from index.errors import CatalogError, CatalogUnreachableError, LibraryLockedError

if TYPE_CHECKING:
    import psycopg
    from psycopg.abc import Buffer

_TRANSACTIONS = 4_706_501
"""The number of the advisory lock that each writing transaction holds."""

_LOCKS = {"write": 4_706_502, "base": 4_706_503}
"""The numbers of the advisory locks of :meth:`PostgreSQL.lock`, by purpose."""

_TIMES = {
    "connect_timeout": 5,
    # If one side vanishes without closing the connection, the other side notices within a minute.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "options": "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 "
    # As with SQLite, a writer waits at most half a minute for another writer.
    "-c lock_timeout=30s",
}
_CONNECTIONS, _FEW_CONNECTIONS = 8, 2
"""The most idle connections that a process keeps open: to the catalog, and to any other schema. A process
opens more connections when it needs them, up to the server's limit."""

_PROGRAM = "footnoted"
"""The name of the program in the server's list of connections."""

_POLL_SECONDS = 0.05
_LOCK_NOT_AVAILABLE = "55P03"

_PIECE = 64 * 1024
"""The characters in a part of a text."""

_TEXT = sa.text("SELECT text FROM versions WHERE document_id = :document AND version = :version")


class PostgreSQL:
    """Implements :class:`index.catalog.databases.addresses.Database` for PostgreSQL."""

    def exists(self, address: sa.URL) -> bool:
        engine = self.connect(address)
        try:
            return sa.inspect(engine).has_table("alembic_version")
        finally:
            engine.dispose()

    def connect(self, address: sa.URL, schema: str = "") -> sa.Engine:
        """Open the database at ``address``.

        Raises:
            CatalogError: if psycopg, a part of the extra ``engines``, is not installed.
        """
        try:
            engine = sa.create_engine(
                address,
                connect_args={**_TIMES, "application_name": _PROGRAM},
                pool_size=_FEW_CONNECTIONS if schema else _CONNECTIONS,
                max_overflow=-1,
                # A restart of the database server ends the connections of the pool.
                pool_pre_ping=True,
            )
        except ImportError as error:
            raise CatalogError(
                "a catalog in PostgreSQL needs psycopg; install it with: pip install 'footnoted[engines]'"
            ) from error
        sa.event.listen(engine, "connect", _replace_zeros)
        if schema:
            sa.event.listen(engine, "connect", _searching(schema))
        sa.event.listen(engine, "handle_error", _explain)
        return engine

    def version(self, connection: sa.Connection, schema: str) -> int:
        comment = sa.text("SELECT obj_description(to_regnamespace(:schema), 'pg_namespace')")
        return int(connection.scalar(comment, {"schema": schema}) or 0)

    def set_version(self, connection: sa.Connection, schema: str, version: int) -> None:
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        connection.exec_driver_sql(f"COMMENT ON SCHEMA {schema} IS '{version}'")

    def begin_reading(self, connection: sa.Connection) -> None:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def begin_writing(self, connection: sa.Connection) -> None:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_TRANSACTIONS)))

    def begin_migrating(self, connection: sa.Connection) -> None:
        self.begin_writing(connection)

    def last_number(self, connection: sa.Connection, table: sa.Table) -> int:
        query = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {_sequence(table)}"  # noqa: S608 (our names)
        return int(connection.scalar(sa.text(query)) or 0)

    def set_last_number(self, connection: sa.Connection, table: sa.Table, number: int) -> None:
        # Ids begin at 1; the last argument says whether this id has been given to a row.
        connection.execute(sa.select(sa.func.setval(_sequence(table), max(number, 1), number > 0)))

    def text_parts(self, connection: sa.Connection, document_id: int, version: int) -> Iterator[bytes]:
        text: str = connection.execute(_TEXT, {"document": document_id, "version": version}).scalar_one()
        for start in range(0, len(text), _PIECE):
            yield text[start : start + _PIECE].encode()

    def damage(self, connection: sa.Connection) -> str | None:
        """Return None: the server checks its own files."""
        del connection
        return None

    def size(self, connection: sa.Connection) -> int:
        query = sa.select(sa.func.pg_database_size(sa.func.current_database()))
        return int(connection.scalar(query) or 0)

    def programs(self, connection: sa.Connection) -> int:
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = :name AND pid <> pg_backend_pid()"
        )
        return int(connection.scalar(sa.text(query), {"name": _PROGRAM}) or 0)

    def clear_log(self, connection: sa.Connection) -> None:
        """Do nothing: the server reuses the space of deleted rows when it vacuums."""

    @contextmanager
    def lock(self, engine: sa.Engine, timeout: float, purpose: str = "write") -> Iterator[bool]:
        number = _LOCKS[purpose]
        deadline = time.monotonic() + timeout
        # The lock belongs to the connection, so a process that dies releases it.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not (held := bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(number))))):
                if time.monotonic() >= deadline:
                    break
                time.sleep(_POLL_SECONDS)
            try:
                yield held
            finally:
                # If the connection is lost, the server has released the lock.
                with suppress(CatalogUnreachableError):
                    if held:
                        connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))


def _sequence(table: sa.Table) -> str:
    """Return the name of the sequence from which a table takes its ids."""
    [key] = table.primary_key.columns
    return f"{table.name}_{key.name}_seq"


def _replace_zeros(connection: psycopg.Connection, _record: object) -> None:
    """Let the connection store U+FFFD in place of U+0000, which PostgreSQL cannot store in a text."""
    from psycopg.types.string import StrDumperUnknown

    class Dumper(StrDumperUnknown):
        def dump(self, obj: str) -> Buffer | None:
            return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))

    connection.adapters.register_dumper(str, Dumper)


def _searching(schema: str) -> Callable[[psycopg.Connection, object], None]:
    """Return a listener that makes each new connection find tables only in ``schema``.

    The listener executes a statement, because a connection pooler may drop the options of a connection.
    """

    def search(connection: psycopg.Connection, _record: object) -> None:
        connection.autocommit = True
        connection.execute(f"SET search_path TO {schema}".encode())
        connection.autocommit = False

    return search


def _explain(context: sa.engine.ExceptionContext) -> None:
    """Raise an error of this program if a connection was lost or refused, or a lock timed out."""
    if context.is_pre_ping:
        # The pool makes a new connection in place of the one that the server has ended.
        return
    error = context.original_exception
    if getattr(error, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
        line = "another process is writing to the library's database; wait until it is done, then try again"
        raise LibraryLockedError(line, line) from error
    if context.is_disconnect or (
        context.connection is None and isinstance(context.sqlalchemy_exception, sa.exc.OperationalError)
    ):
        raise CatalogUnreachableError(" ".join(str(error).split())) from error
