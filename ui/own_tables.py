"""Tables apart from the catalog, such as the accounts: a SQLite file or a PostgreSQL schema for each set.

Backups leave them out: a backup has no passwords, and a restore changes no account.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import sqlalchemy as sa

from index.catalog import address_of, copy_tables, database_at, database_of, is_file, shown
from index.private import close_to_others, database_files, make_folder
from ui.errors import OwnTablesError


@dataclass(frozen=True, slots=True)
class OwnTables:
    """Each ``version`` only adds tables. The program fills the ``prefilled`` ones when it opens them."""

    name: str
    tables: sa.MetaData
    version: int
    prefilled: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return f"{self.name}.sqlite"

    def may_have_rows(self, home: Path, database_url: str = "") -> bool:
        """Return whether the tables are in PostgreSQL, or their file exists; make neither."""
        return bool(database_url) or (home / self.file).is_file()

    def open(self, home: Path, database_url: str = "") -> sa.Engine:
        """Create missing tables. Raises OwnTablesError, also for a newer version; CatalogUnreachableError."""
        file = home / self.file
        address = (
            address_of(home, database_url) if database_url else sa.URL.create("sqlite", database=str(file))
        )
        if is_file(address):
            # If the folder cannot be made, SQLite's own error says why.
            with suppress(OSError):
                make_folder(home)
        engine = database_at(address).connect(address, self._schema)
        with ExitStack() as unless_opened:
            unless_opened.callback(engine.dispose)
            try:
                self._make(engine)
            except sa.exc.DatabaseError as error:
                raise OwnTablesError(
                    f"{self._shown(engine)} cannot be opened: {error.orig}; check the permissions and the "
                    "free space"
                ) from error
            unless_opened.pop_all()
        if is_file(address):
            for each in database_files(file):
                close_to_others(each)
        return engine

    def lazy(self, home: Path, database_url: str = "") -> LazyTables:
        return LazyTables(self, home, database_url)

    def check_empty(self, home: Path, database_url: str) -> None:
        """Raises OwnTablesError if tables have rows, since :meth:`copy` would delete them."""
        if not self.may_have_rows(home, database_url):
            return
        engine = self.open(home, database_url)
        try:
            with engine.connect() as connection:
                full = [
                    table.name
                    for table in self.tables.sorted_tables
                    if table.name not in self.prefilled
                    and connection.scalar(sa.select(sa.func.count()).select_from(table))
                ]
            if full:
                raise OwnTablesError(
                    f"{self._shown(engine)} has rows already ({', '.join(full)}); name an empty database, or "
                    "move the file away"
                )
        finally:
            engine.dispose()

    def copy(self, home: Path, from_url: str, to_url: str) -> None:
        """The other database's rows are deleted. Raises CatalogError if the copy differs, and undoes it."""
        if not self.may_have_rows(home, from_url):
            return
        with ExitStack() as opened:
            source, target = self.open(home, from_url), self.open(home, to_url)
            for engine in (source, target):
                opened.callback(engine.dispose)
            copy_tables(self.tables, source, target)

    @property
    def _schema(self) -> str:
        return f"footnoted_{self.name}"

    def _shown(self, engine: sa.Engine) -> str:
        place = shown(engine.url)
        return place if is_file(engine.url) else f"the schema {self._schema} of {place}"

    def _make(self, engine: sa.Engine) -> None:
        database = database_of(engine)
        with engine.connect() as connection:
            found = database.version(connection, self._schema)
        if found > self.version:
            raise OwnTablesError(
                f"a newer version of Footnoted wrote {self._shown(engine)}; install that version"
            )
        if found < self.version:
            with engine.begin() as connection:
                database.begin_migrating(connection)
                database.set_version(connection, self._schema, self.version)
                self.tables.create_all(connection)


class LazyTables:
    """Tables that are opened when they are first needed. Safe to share between threads."""

    def __init__(self, tables: OwnTables, home: Path, database_url: str) -> None:
        self._tables = tables
        self._place = (home, database_url)
        self._opening = Lock()
        self._opened: sa.Engine | None = None

    def may_have_rows(self) -> bool:
        return self._tables.may_have_rows(*self._place)

    @property
    def engine(self) -> sa.Engine:
        """The engine of the database. Raises the errors of :meth:`OwnTables.open`."""
        with self._opening:
            if self._opened is None:
                self._opened = self._tables.open(*self._place)
            return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.dispose()
