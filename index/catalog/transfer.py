"""Copies a whole catalog from one database to another, and compares the two."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from index.catalog.databases import begin_reading, database_of, shown, writing
from index.catalog.schema import metadata
from index.errors import CatalogError

_AT_ONCE = 500


def copy_catalog(source: sa.Engine, target: sa.Engine) -> Mapping[str, int]:
    """Replace all rows of one catalog by those of another, in one transaction of each.

    Ids stay the same, and ids that the source has given are not given again. Both catalogs have the schema of
    this program.

    Returns:
        The number of rows that were copied, by table.

    Raises:
        CatalogError: if the target then holds something else than the source; the target is unchanged.
    """
    counts: dict[str, int] = {}
    with _one_state(source) as reading, writing(target) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
        for table in metadata.sorted_tables:
            counts[table.name] = 0
            for rows in _rows(reading, table):
                connection.execute(sa.insert(table), rows)
                counts[table.name] += len(rows)
        for table in metadata.sorted_tables:
            if _digest(reading, table) != _digest(connection, table):
                raise CatalogError(
                    f"the table {table.name} of {shown(target.url)} differs from the one that was copied; "
                    "nothing is changed there: try again, and report this error if it repeats"
                )
        for table in filter(_is_numbered, metadata.sorted_tables):
            number = database_of(reading).last_number(reading, table)
            database_of(connection).set_last_number(connection, table, number)
    return counts


@contextmanager
def _one_state(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        begin_reading(connection)
        yield connection


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """The rows of a table in the order of its key, in batches."""
    query = sa.select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_AT_ONCE)
    for part in connection.execute(query).partitions():
        yield [dict(row._mapping) for row in part]


def _digest(connection: sa.Connection, table: sa.Table) -> str:
    """A digest of all rows of a table."""
    digest = hashlib.sha256()
    for rows in _rows(connection, table):
        for row in rows:
            digest.update(
                repr([row[column.name] for column in table.columns]).encode("utf-8", "surrogatepass")
            )
    return digest.hexdigest()


def _is_numbered(table: sa.Table) -> bool:
    """Tell if the database gives the ids of a table's rows."""
    return table.autoincrement_column is not None and bool(table.dialect_options["sqlite"]["autoincrement"])
