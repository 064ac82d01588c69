"""What a commit is going to be, read before it: the numbers of what it writes and removes.

What takes long is done under these numbers ahead of the transaction, which nobody else can write beside.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from index.catalog.schema import builds, chunks, documents
from index.catalog.writes import chunk_numbers, document_at, get_meta, last_number, searched_build
from index.records import Build, Committed, NewVersion, Recipe


def foreseen(
    connection: sa.Connection, new: Sequence[NewVersion], removed: Collection[int], recipe: Recipe | None
) -> tuple[Committed, Build]:
    """What :meth:`index.catalog.database.Catalog.commit` makes of the catalog that ``connection`` reads.

    It comes otherwise where something is written meanwhile, and where one place is among ``new`` twice.

    Raises:
        OutdatedError: as there, but for a document that comes back.
    """
    build = searched_build(connection)
    if build is None or recipe not in {None, build.recipe}:
        number = last_number(connection, builds) + 1
        build = Build(number, get_meta(connection, "lineage") or "", recipe or Recipe("", 0, 0, 0))
    document_id, chunk_id = last_number(connection, documents), last_number(connection, chunks)
    written: list[int] = []
    came: list[tuple[int, ...]] = []
    gone: dict[int, None] = {}
    for item in new:
        found = document_at(connection, item.incoming)
        if found is not None:
            written.append(found[0])
            gone |= dict.fromkeys(chunk_numbers(connection, found[0]))
        elif item.incoming.of is not None:
            written.append(item.incoming.of[0])
        else:
            document_id += 1
            written.append(document_id)
        came.append(tuple(range(chunk_id + 1, chunk_id + 1 + len(item.chunks))))
        chunk_id += len(item.chunks)
    for number in sorted(removed):
        gone |= dict.fromkeys(chunk_numbers(connection, number))
    generation = int(get_meta(connection, "generation") or 0) + 1
    return Committed(generation, tuple(written), tuple(came), tuple(gone)), build
