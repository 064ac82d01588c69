"""Saves a deleted document's rows to a file (the trash file), so that the deletion can be undone.

A restored document keeps its id and all its versions, so links to it work again. It keeps its vectors, so
the encoder does not embed it again. Its passages get new ids, as in every commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from index.catalog.databases import insert_into, writing
from index.catalog.queries import details_of, is_current, to_document
from index.catalog.schema import (
    chunks,
    details,
    documents,
    layouts,
    sentence_vectors,
    signatures,
    uploaders,
    vectors,
    versions,
)
from index.details import uncovered
from index.errors import DocumentNotFoundError, TakenError
from index.private import make_file
from index.records import Incoming

_ROWS = (documents, versions, layouts, signatures, details, uploaders)
_VECTORS = (vectors, sentence_vectors)
_AT_ONCE = 500


def save_rows(connection: sa.Connection, document_id: int, file: Path) -> None:
    """Copy a document's rows to ``file``.

    Args:
        connection: reads one state of the catalog.
        document_id: the document's id.
        file: a new file for the rows.

    Raises:
        DocumentNotFoundError: if there is no such document.
    """
    own = sa.select(chunks.c.vector).where(chunks.c.document_id == document_id)
    with _opened(file) as kept:
        documents.metadata.create_all(kept, [*_ROWS, *_VECTORS])
        if not _copy(connection, kept, documents, documents.c.id == document_id):
            raise DocumentNotFoundError(document_id, None)
        for table in _ROWS[1:]:
            _copy(connection, kept, table, table.c.document_id == document_id)
        for table in _VECTORS:
            _copy(connection, kept, table, table.c.digest.in_(own))


def trashed_document(file: Path) -> Incoming:
    """Return the document in a trash file (the saved rows of a deleted document), ready for a commit.

    The result has no page layouts; :func:`restore_rows` restores these.
    """
    query = sa.select(versions, documents.c.source, documents.c.path, documents.c.size, documents.c.mtime_ns)
    with _opened(file) as kept:
        row = kept.execute(query.join_from(documents, versions, is_current())).one()
        given = details_of(kept, row.document_id)
    version, document = (row.document_id, row.version), uncovered(to_document(row), given)
    return Incoming(row.source, row.path, row.size, row.mtime_ns, row.digest, document, version, given)


def restore_vectors(engine: sa.Engine, file: Path) -> None:
    """Copy a trash file's vectors to the catalog. Call this before the commit that restores the document."""
    with _opened(file) as kept, writing(engine) as connection:
        for table in _VECTORS:
            _copy(kept, connection, table)


def restore_rows(connection: sa.Connection, file: Path) -> set[str]:
    """Copy a document and all its versions from a trash file to the catalog, without its passages.

    Returns:
        The digests of all vectors in the trash file. After the commit, some of these vectors may belong to
        no passage; the caller must then delete them.

    Raises:
        TakenError: if a document of the catalog has the id or the path of this document.
    """
    with _opened(file) as kept:
        back = kept.execute(sa.select(documents)).one()
        same_place = sa.and_(documents.c.source == back.source, documents.c.path == back.path)
        if connection.execute(
            sa.select(documents.c.id).where((documents.c.id == back.id) | same_place)
        ).first():
            raise TakenError(f"{back.path} is in the library again; delete it first, or leave it")
        for table in _ROWS:
            _copy(kept, connection, table)
        return set(kept.scalars(sa.select(vectors.c.digest)))


@contextmanager
def _opened(file: Path) -> Iterator[sa.Connection]:
    make_file(file)
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(file)), poolclass=sa.NullPool)
    with engine.begin() as connection:
        # After a crash, nobody uses the file, so SQLite need not wait for the disk.
        for pragma in ("synchronous=OFF", "journal_mode=MEMORY"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        yield connection


def _copy(
    source: sa.Connection, target: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]
) -> int:
    """Copy the rows of ``table`` that match ``where`` and that ``target`` lacks; return how many match."""
    count = 0
    insert = insert_into(target, table).on_conflict_do_nothing()
    for part in source.execute(sa.select(table).where(*where)).partitions(_AT_ONCE):
        rows: list[dict[str, Any]] = [dict(row._mapping) for row in part]
        target.execute(insert, rows)
        count += len(rows)
    return count
