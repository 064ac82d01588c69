"""The rows of passages in the catalog: made before a transaction, so that it only has to write them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from index.catalog.schema import chunks, documents, ranges
from index.catalog.writes import last_number
from index.records import NewVersion

_AT_ONCE = 1_000

_WRITTEN = sa.table(
    "chunks",
    *(
        sa.column(name)
        for name in ("id", "document_id", *["start", "end", "sentences", "vector", "header", "build"])
    ),
)
"""The table of chunks as it takes values that are JSON already."""


def chunk_rows(item: NewVersion) -> list[dict[str, Any]]:
    """The passages of a document as they are written, without their numbers, document and build."""
    return [
        {
            "start": chunk.span.start,
            "end": chunk.span.end,
            "sentences": json.dumps([[span.start, span.end] for span in chunk.sentences]),
            "vector": digest,
            "header": None if chunk.header is None else json.dumps([chunk.header.start, chunk.header.end]),
        }
        for chunk, digest in zip(item.chunks, item.vector_digests, strict=True)
    ]


def insert_chunks(
    connection: sa.Connection, build: int, document_id: int, rows: Sequence[dict[str, Any]]
) -> range:
    """Write the passages that a document's current version has in a build; returns their numbers, in order.

    Args:
        connection: of a transaction that has written already: nobody else gives numbers.
        build: the build's number.
        document_id: the document's.
        rows: from :func:`chunk_rows`.
    """
    first = last_number(connection, chunks) + 1
    for start in range(0, len(rows), _AT_ONCE):
        part = [
            {**row, "id": number, "document_id": document_id, "build": build}
            for number, row in enumerate(rows[start : start + _AT_ONCE], first + start)
        ]
        connection.execute(sa.insert(_WRITTEN), part)
    current = sa.select(documents.c.version).where(documents.c.id == document_id).scalar_subquery()
    connection.execute(
        sa.insert(ranges).values(
            build=build,
            document_id=document_id,
            version=current,
            first=first if rows else 0,
            beyond=first + len(rows) if rows else 0,
        )
    )
    return range(first, first + len(rows))
