"""Copies a whole catalog from one database to another, and compares the two."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from index.catalog.database import Catalog
from index.catalog.databases import (
    CATALOG,
    address_of,
    begin_reading,
    database_at,
    database_of,
    shown,
    writing,
)
from index.catalog.lock import WriteLock
from index.catalog.queries import get_meta
from index.catalog.schema import chunks, documents, metadata, versions
from index.errors import CatalogError
from index.private import FOLDER, database_files

_CLOSING_SECONDS, _POLL_SECONDS = 2.0, 0.05
"""The seconds to wait until closed connections have left the server's list, and the seconds between two
readings of the list."""

_AT_ONCE = 500
_TEXTS_AT_ONCE = 10
"""The number of rows in a batch if they have texts, since one text may take twenty megabytes."""


@dataclass(frozen=True, slots=True)
class MovedCatalog:
    """A catalog that was copied to another database.

    Attributes:
        target: the address of the database, without its password.
        generation: the library's generation, a number that rises with each change of the passages.
        documents: the number of documents.
        passages: the number of passages of all builds.
        rows: the number of rows of all tables.
    """

    target: str
    generation: int
    documents: int
    passages: int
    rows: int


def move_catalog(home: Path, from_url: str, to_url: str) -> MovedCatalog:
    """Copy a library's catalog to another database, which must have no documents. The source is unchanged.

    Args:
        home: the library's folder.
        from_url: the present database, as for :meth:`index.library.Library.open`.
        to_url: the new database.

    Raises:
        CatalogError: if there is no library, if the new database has documents or cannot be used, or if the
            copy differs from the source.
        LibraryLockedError: if another process writes for more than half a minute.
    """
    source, target = address_of(home, from_url), address_of(home, to_url)
    if not database_at(source).exists(source):
        raise CatalogError(f"there is no catalog in {shown(source)}; sync a folder first")
    if source == target:
        raise CatalogError(f"the catalog is in {shown(target)} already; name another database")
    with closing(Catalog.open(source)) as ours, closing(Catalog.open(target)) as theirs:
        with WriteLock(home, ours.engine).hold("migrate"):
            counts = copy_catalog(ours.engine, theirs.engine, only_into_empty=True)
        generation = theirs.generation()
    rows = sum(counts.values())
    return MovedCatalog(shown(target), generation, counts[documents.name], counts[chunks.name], rows)


def check_empty(home: Path, database_url: str) -> None:
    """Check that a database has no documents, so that a catalog can be copied into it.

    Raises:
        CatalogError: if the database has a catalog with documents, or cannot be used.
    """
    address = address_of(home, database_url)
    if not database_at(address).exists(address):
        return
    with closing(Catalog.open(address)) as catalog:
        if catalog.generation():
            raise _full(address)


def check_unused(home: Path, database_url: str) -> None:
    """Check that no other program has a catalog's database open.

    For example, a server of another home folder may use the same database.

    Raises:
        CatalogError: if another program has the database open for longer than two seconds.
    """
    address = address_of(home, database_url)
    database = database_at(address)
    engine = database.connect(address)
    try:
        with engine.connect() as connection:
            until = time.monotonic() + _CLOSING_SECONDS
            while programs := database.programs(connection):
                if time.monotonic() > until:
                    raise CatalogError(
                        f"other programs have {programs} connections to {shown(address)}; stop all servers "
                        "and commands that use it, then try again"
                    )
                time.sleep(_POLL_SECONDS)
                connection.rollback()
    finally:
        engine.dispose()


def _full(address: sa.URL) -> CatalogError:
    return CatalogError(f"{shown(address)} has a catalog with documents; name an empty database")


def put_aside_catalog(home: Path, others: Sequence[str] = ()) -> Path | None:
    """Move the catalog's file into a new folder, so that no program mistakes it for the current catalog.

    Args:
        home: the library's folder.
        others: the names of other databases in ``home`` to move too.

    Returns:
        The new folder; None if there is no file to move.
    """
    names = (CATALOG, *others)
    files = [file for name in names for file in database_files(home / name) if file.exists()]
    if not files:
        return None
    aside = home / f"moved-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    aside.mkdir(FOLDER)
    for file in files:
        file.replace(aside / file.name)
    return aside


def copy_catalog(source: sa.Engine, target: sa.Engine, *, only_into_empty: bool = False) -> Mapping[str, int]:
    """Replace all rows of ``target`` with the rows of ``source``, in one transaction of each database.

    Ids stay the same, and the target never reuses an id of the source. Both catalogs must have the schema
    of this program.

    Args:
        source: the database to copy.
        target: the database whose rows are replaced.
        only_into_empty: whether to refuse a target in which something was indexed.

    Returns:
        The number of rows that were copied, by table.

    Raises:
        CatalogError: if the target is refused, or if the copied rows differ from the source. The target's
            transaction is rolled back.
    """
    with _one_state(source) as reading, writing(target) as connection:
        if only_into_empty and get_meta(connection, "generation"):
            raise _full(target.url)
        return _copy(metadata, reading, connection)


def copy_tables(tables: sa.MetaData, source: sa.Engine, target: sa.Engine) -> Mapping[str, int]:
    """Replace the rows of ``tables`` in ``target`` with those in ``source``, as :func:`copy_catalog` does.

    Raises:
        CatalogError: if the copied rows differ from the source. The target's transaction is rolled back.
    """
    with _one_state(source) as reading, writing(target) as connection:
        return _copy(tables, reading, connection)


def _copy(tables: sa.MetaData, reading: sa.Connection, connection: sa.Connection) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for table in reversed(tables.sorted_tables):
        connection.execute(sa.delete(table))
    for table in tables.sorted_tables:
        counts[table.name] = 0
        for rows in _rows(reading, table):
            connection.execute(sa.insert(table), rows)
            counts[table.name] += len(rows)
    for table in tables.sorted_tables:
        if _digest(reading, table) != _digest(connection, table):
            raise CatalogError(
                f"the table {table.name} of {shown(connection.engine.url)} differs from the one that was "
                "copied; nothing is changed there: try again, and report this error if it repeats"
            )
    for table in filter(_is_numbered, tables.sorted_tables):
        [key] = table.primary_key.columns
        highest = reading.scalar(sa.select(sa.func.max(key))) or 0
        number = max(database_of(reading).last_number(reading, table), highest)
        database_of(connection).set_last_number(connection, table, number)
    return counts


@contextmanager
def _one_state(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        begin_reading(connection)
        yield connection


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a table in batches, in the order of the primary key."""
    at_once = _TEXTS_AT_ONCE if table is versions else _AT_ONCE
    query = sa.select(table).order_by(*table.primary_key.columns).execution_options(yield_per=at_once)
    for part in connection.execute(query).partitions():
        yield [dict(row._mapping) for row in part]


def _digest(connection: sa.Connection, table: sa.Table) -> str:
    digest = hashlib.sha256()
    for rows in _rows(connection, table):
        for row in rows:
            digest.update(
                repr([row[column.name] for column in table.columns]).encode("utf-8", "surrogatepass")
            )
    return digest.hexdigest()


def _is_numbered(table: sa.Table) -> bool:
    """Return whether the database assigns the ids of a table's rows."""
    return table.autoincrement_column is not None and bool(table.dialect_options["sqlite"]["autoincrement"])
