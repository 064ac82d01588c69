"""A catalog in a SQLite file, for the processes of one machine."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import sqlalchemy as sa

from index.private import database_files, make_file

PATIENCE_SECONDS = 30.0
"""The most seconds that a writer waits for another writer."""

PIECE = 256 * 1024
"""The number of bytes of a text that are read at once. To read the whole text at once, SQLite would need
twice the text's memory."""

_ROW = sa.text("SELECT rowid FROM versions WHERE document_id = :document AND version = :version")


class SQLite:
    """Implements :class:`index.catalog.databases.addresses.Database` for SQLite."""

    def exists(self, address: sa.URL) -> bool:
        return _file(address).is_file()

    def connect(self, address: sa.URL, schema: str = "") -> sa.Engine:
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
        del schema
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())

    def set_version(self, connection: sa.Connection, schema: str, version: int) -> None:
        del schema
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")

    def begin_reading(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    def begin_writing(self, connection: sa.Connection) -> None:
        """Do nothing: the first change locks the file."""

    def begin_migrating(self, connection: sa.Connection) -> None:
        # SQLite's driver begins no transaction for CREATE TABLE; IMMEDIATE also excludes other processes.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def last_number(self, connection: sa.Connection, table: sa.Table) -> int:
        query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return int(connection.scalar(query, {"name": table.name}) or 0)

    def set_last_number(self, connection: sa.Connection, table: sa.Table, number: int) -> None:
        # SQLite itself remembers the highest id of a row.
        if number != self.last_number(connection, table):
            values = {"name": table.name, "number": number}
            connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
            connection.execute(sa.text("INSERT INTO sqlite_sequence VALUES (:name, :number)"), values)

    def text_parts(self, connection: sa.Connection, document_id: int, version: int) -> Iterator[bytes]:
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
        del connection
        return 0

    def clear_log(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def lock(self, engine: sa.Engine, timeout: float, purpose: str = "write") -> Iterator[bool]:
        """Yield True without a lock: the lock of the home folder already excludes all writers to the file."""
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
