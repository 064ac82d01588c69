"""The databases of a catalog, a SQLite file or PostgreSQL: all that differs between the two."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from index.errors import CatalogError, CatalogUnreachableError, LibraryLockedError
from index.private import database_files, make_file

if TYPE_CHECKING:
    import psycopg
    from psycopg.abc import Buffer
    from sqlalchemy.dialects import postgresql

CATALOG = "catalog.sqlite"  # The name of the SQLite file in a home folder.


# ``base``: to update the stored vectors of older passages (:mod:`index.search.caches`).
Purpose = Literal["write", "base"]


def address_of(home: Path, database_url: str = "") -> sa.URL:
    """In ``home`` without ``database_url``. Raises CatalogError if that is no address of PostgreSQL."""
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
    """A file's path, or a server's address without the password."""
    return str(address.database) if is_file(address) else address.render_as_string(hide_password=True)


def is_file(address: sa.URL) -> bool:
    return address.get_backend_name() == "sqlite"


def database_at(address: sa.URL) -> SQLite | PostgreSQL:
    return _DATABASES[address.get_backend_name()]


def database_of(connection: sa.Connection | sa.Engine) -> SQLite | PostgreSQL:
    return _DATABASES[connection.dialect.name]


def begin_reading(connection: sa.Connection) -> None:
    database_of(connection).begin_reading(connection)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """After its first write, no other writer can change what it reads."""
    with engine.begin() as connection:
        database_of(connection).begin_writing(connection)
        yield connection


def insert_into(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    # The import takes a tenth of a second; commands on a SQLite file should not wait for it.
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


class _JsonValues(FunctionElement[Any]):
    name = "json_values"
    inherit_cache = True


class _Bytes(FunctionElement[bytes]):
    name = "bytes_of"
    type = sa.LargeBinary()
    inherit_cache = True


class _JsonObject(FunctionElement[Any]):
    name = "json_object_of"
    inherit_cache = True


def _compile(element: type[FunctionElement[Any]], sqlite: str, postgresql: str) -> None:
    """``{}`` stands for the arguments of ``element``."""

    def compiled(form: str) -> Callable[..., str]:
        return lambda each, compiler, **more: form.format(compiler.process(each.clauses, **more))

    compiles(element)(compiled(sqlite))
    compiles(element, "postgresql")(compiled(postgresql))


_compile(_JsonValues, "json_each({})", "json_array_elements_text(CAST({} AS JSON))")
# Without any pair, PostgreSQL would return NULL.
_compile(_JsonObject, "json_group_object({})", "coalesce(json_object_agg({}), '{{}}')")
_compile(_Bytes, "CAST({} AS BLOB)", "convert_to({}, 'UTF8')")


def each_json(parameter: str | sa.BindParameter[str], kind: type[int] | type[str]) -> sa.Select[Any]:
    """As one parameter: one for each value would be slow, and databases limit their number."""
    argument = sa.literal(parameter) if isinstance(parameter, str) else parameter
    value = _JsonValues(argument).table_valued("value").c.value
    return sa.select(sa.cast(value, sa.BigInteger) if kind is int else value)


def each_of(values: Sequence[int | str]) -> sa.Select[Any]:
    return each_json(json.dumps(values), int if values and isinstance(values[0], int) else str)


def bytes_of(text: sa.ColumnElement[str]) -> sa.ColumnElement[bytes]:
    """Bytes, since a single damaged text in a SQLite file would fail the query of all texts."""
    return _Bytes(text)


def object_of(key: sa.ColumnElement[Any], value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return _JsonObject(key, value)


PATIENCE_SECONDS = 30.0  # The most seconds that a writer waits for another writer.

PIECE = 256 * 1024  # the bytes of a text that are read at once, for which SQLite needs twice their memory
_ROW = sa.text("SELECT rowid FROM versions WHERE document_id = :document AND version = :version")


class SQLite:
    def exists(self, address: sa.URL) -> bool:
        """Create nothing. Raises CatalogError if the database cannot be reached."""
        return _file(address).is_file()

    def connect(self, address: sa.URL, schema: str = "") -> sa.Engine:
        """Create a missing file. A server's database has the tables in ``schema``."""
        del schema
        # SQLite gives its -wal and -shm files the mode of this file. If the file cannot be created here,
        # SQLite's own error says why.
        with suppress(OSError):
            make_file(_file(address))
        # A reader holds its connection while a question is answered, so the number of connections has no
        # limit. The pool keeps few of them open, because each keeps 2 MB of pages.
        engine = sa.create_engine(
            address, connect_args={"timeout": PATIENCE_SECONDS}, pool_size=8, max_overflow=-1
        )
        sa.event.listen(engine, "connect", _set_pragmas)
        return engine

    def version(self, connection: sa.Connection, schema: str) -> int:
        """0 if :meth:`set_version` stored none."""
        del schema
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())

    def set_version(self, connection: sa.Connection, schema: str, version: int) -> None:
        """Create the schema if it is missing."""
        del schema
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")

    def begin_reading(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    def begin_writing(self, connection: sa.Connection) -> None:
        """Exclude other writers until the transaction ends: here, its first change locks the file."""

    def begin_migrating(self, connection: sa.Connection) -> None:
        """Exclude other writers until the transaction ends."""
        # SQLite's driver begins no transaction for CREATE TABLE; IMMEDIATE also excludes other processes.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def last_number(self, connection: sa.Connection, table: sa.Table) -> int:
        """Return the highest id that any row of ``table`` ever had; 0 if there never was a row."""
        query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return int(connection.scalar(query, {"name": table.name}) or 0)

    def set_last_number(self, connection: sa.Connection, table: sa.Table, number: int) -> None:
        """Let the next row get ``number`` + 1. A failed transaction does not undo it in PostgreSQL."""
        # SQLite itself remembers the highest id of a row.
        if number != self.last_number(connection, table):
            values = {"name": table.name, "number": number}
            connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
            connection.execute(sa.text("INSERT INTO sqlite_sequence VALUES (:name, :number)"), values)

    def text_parts(self, connection: sa.Connection, document_id: int, version: int) -> Iterator[bytes]:
        """In UTF-8; a part may end within a character."""
        row = connection.execute(_ROW, {"document": document_id, "version": version}).scalar_one()
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        with driver.blobopen("versions", "text", row, readonly=True) as stored:
            while part := stored.read(PIECE):
                yield part

    def damage(self, connection: sa.Connection) -> str | None:
        found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
        return None if found == "ok" else found

    def size(self, connection: sa.Connection) -> int:
        return sum(
            file.stat().st_size for file in database_files(_file(connection.engine.url)) if file.exists()
        )

    def programs(self, connection: sa.Connection) -> int:
        """Return the number of other connections of this program; 0, as unknown, for a file."""
        del connection
        return 0

    def clear_log(self, connection: sa.Connection) -> None:
        """Empty the write-ahead log, which still has deleted rows. A log that a reader needs is kept."""
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def lock(self, engine: sa.Engine, timeout: float, purpose: Purpose = "write") -> Iterator[bool]:
        """Yields False after ``timeout`` seconds. A file's one home folder has a lock of its own."""
        del engine, timeout, purpose
        yield True


def _file(address: sa.URL) -> Path:
    return Path(address.database or "")


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    _set_wal(connection)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")
    # Deleted texts leave no trace in the file.
    connection.execute("PRAGMA secure_delete=ON")
    # The cache of a connection can be small, since the system caches the file for all connections.
    connection.execute("PRAGMA cache_size=-2000")


def _set_wal(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # SQLite's own timeout does not apply while another process creates the database file.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


_TRANSACTIONS = 4_706_501  # The number of the advisory lock that each writing transaction holds.

_LOCKS: dict[Purpose, int] = {"write": 4_706_502, "base": 4_706_503}

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
# The most idle connections that a process keeps open: to the catalog, and to any other schema. A process
# opens more connections when it needs them, up to the server's limit.
_CONNECTIONS, _FEW_CONNECTIONS = 8, 2
_PROGRAM = "footnoted"  # The name of the program in the server's list of connections.

_POLL_SECONDS = 0.05
_LOCK_NOT_AVAILABLE = "55P03"

_PIECE = 64 * 1024  # The characters in a part of a text.

_TEXT = sa.text("SELECT text FROM versions WHERE document_id = :document AND version = :version")


class PostgreSQL:
    def exists(self, address: sa.URL) -> bool:
        engine = self.connect(address)
        try:
            return sa.inspect(engine).has_table("alembic_version")
        finally:
            engine.dispose()

    def connect(self, address: sa.URL, schema: str = "") -> sa.Engine:
        """Raises CatalogError if psycopg, a part of the extra ``engines``, is not installed."""
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
        """The server checks its own files."""
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
    def lock(self, engine: sa.Engine, timeout: float, purpose: Purpose = "write") -> Iterator[bool]:
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
    [key] = table.primary_key.columns
    return f"{table.name}_{key.name}_seq"


def _replace_zeros(connection: psycopg.Connection, _record: object) -> None:
    """PostgreSQL cannot store U+0000 in a text, so the connection stores U+FFFD."""
    from psycopg.types.string import StrDumperUnknown

    class Dumper(StrDumperUnknown):
        def dump(self, obj: str) -> Buffer | None:
            return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))

    connection.adapters.register_dumper(str, Dumper)


def _searching(schema: str) -> Callable[[psycopg.Connection, object], None]:
    """A statement sets the schema, because a connection pooler may drop the options of a connection."""

    def search(connection: psycopg.Connection, _record: object) -> None:
        connection.autocommit = True
        connection.execute(f"SET search_path TO {schema}".encode())
        connection.autocommit = False

    return search


def _explain(context: sa.engine.ExceptionContext) -> None:
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


_DATABASES: dict[str, SQLite | PostgreSQL] = {"sqlite": SQLite(), "postgresql": PostgreSQL()}
