"""The statements of a commit: versions superseded, documents deleted, chunks written.

Each function works inside the transaction of the connection that it is given.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from index.catalog.queries import details_of
from index.catalog.schema import (
    builds,
    chunks,
    details,
    documents,
    layouts,
    meta,
    ranges,
    removals,
    signatures,
    vectors,
    versions,
)
from index.details import Details, merged
from index.errors import DetailsChangedError, LibraryRestoredError, OutdatedError, VectorsGoneError
from index.records import Build, Incoming, NewVersion, Recipe

_BATCH = 500
"""Values in one IN list: SQLite's oldest limit on variables is 999."""

_Value = TypeVar("_Value")


def batches(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    """``values`` in runs short enough for one IN list."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]


def get_meta(connection: sa.Connection, key: str) -> str | None:
    """One value of the library's own table of facts, or None."""
    value: str | None = connection.scalar(sa.select(meta.c.value).where(meta.c.key == key))
    return value


def set_meta(connection: sa.Connection, key: str, value: str) -> None:
    """Set one value of the library's own table of facts."""
    changed = connection.execute(sa.update(meta).where(meta.c.key == key).values(value=value))
    if not changed.rowcount:
        connection.execute(sa.insert(meta).values(key=key, value=value))


def supersede(connection: sa.Connection, item: NewVersion) -> tuple[int, dict[int, str]]:
    """Write a new version of the document at the item's place, making the document if there is none.

    The versions before it keep their text, so that old citations can still be read.

    Returns:
        The document's number, and the superseded chunks that were deleted with their vectors' digests.

    Raises:
        OutdatedError: if the item is another reading of a version that is not the current one any more.
        DetailsChangedError: if somebody gave other details since the item was described.
    """
    incoming, document = item.incoming, item.incoming.document
    found = document_at(connection, incoming)
    if incoming.of not in {None, found}:
        raise OutdatedError(f"{incoming.path} was changed or removed meanwhile; look at it again")
    if merged(details_of(connection, found[0]) if found else {}, incoming.given) != incoming.details:
        raise DetailsChangedError(f"somebody gave other details of {incoming.path}; describe it again")
    state = {"size": incoming.size, "mtime_ns": incoming.mtime_ns}
    if found is None:
        inserted = connection.execute(
            sa.insert(documents).values(source=incoming.source, path=incoming.path, version=1, **state)
        )
        _insert_version(connection, _number(inserted), 1, item)
        put_details(connection, _number(inserted), incoming.details)
        return _number(inserted), {}
    document_id, version = found
    old = delete_chunks(connection, document_id)
    if _content_of(connection, document_id, version) == (incoming.digest, document.text):
        _update_version(connection, document_id, version, item)
    else:
        version += 1
        _insert_version(connection, document_id, version, item)
    put_details(connection, document_id, incoming.details)
    connection.execute(
        sa.update(documents).where(documents.c.id == document_id).values(version=version, **state)
    )
    return document_id, old


def document_at(connection: sa.Connection, incoming: Incoming) -> tuple[int, int] | None:
    """The number and the version of the document at the place of ``incoming``, if there is one."""
    place = sa.and_(documents.c.source == incoming.source, documents.c.path == incoming.path)
    row = connection.execute(sa.select(documents.c.id, documents.c.version).where(place)).first()
    return None if row is None else (row.id, row.version)


def _insert_version(connection: sa.Connection, document_id: int, version: int, item: NewVersion) -> None:
    mine = {"document_id": document_id, "version": version}
    added = datetime.now(UTC).isoformat(timespec="seconds")
    connection.execute(sa.insert(versions).values(**mine, added=added, **_values(item)))
    _insert_beside(connection, mine, item)


def _update_version(connection: sa.Connection, document_id: int, version: int, item: NewVersion) -> None:
    """Write what else was read with the same words: for another encoder, or with a sidecar.

    The places of words stay where the document comes without them, as it does from the catalog itself.
    """
    mine = {"document_id": document_id, "version": version}
    for table, is_new in ((layouts, bool(item.incoming.document.layouts)), (signatures, True)):
        if is_new:
            same = sa.and_(table.c.document_id == document_id, table.c.version == version)
            connection.execute(sa.delete(table).where(same))
    same = sa.and_(versions.c.document_id == document_id, versions.c.version == version)
    connection.execute(sa.update(versions).where(same).values(**_values(item)))
    _insert_beside(connection, mine, item)


def _values(item: NewVersion) -> dict[str, Any]:
    """The columns of a version, but for when it was added."""
    document = item.incoming.document
    return {
        "digest": item.incoming.digest,
        "kind": document.kind,
        "title": document.title,
        "publisher": document.publisher,
        "published": document.published,
        "language": document.language,
        "page_starts": list(document.page_starts),
        "characters": len(document.text),
        "passages": len(item.chunks),
        "text": document.text,
        "author": document.author,
        "origins": dict(document.origins),
        "sections": [[section.start, section.level, section.title] for section in document.sections],
        "mended": list(document.mended),
        "unread_pages": list(document.unread_pages),
        "recognised_pages": list(document.recognised_pages),
        "recognised_in": document.recognised_in,
        "collection": item.incoming.collection,
    }


def _insert_beside(connection: sa.Connection, mine: Mapping[str, int], item: NewVersion) -> None:
    """Write what other tables hold of a version: the layouts of its pages, its signature."""
    pages = [
        {
            **mine,
            "page": page,
            "width": layout.width,
            "height": layout.height,
            "boxes": zlib.compress(layout.boxes),
        }
        for page, layout in enumerate(item.incoming.document.layouts, 1)
    ]
    if pages:
        connection.execute(sa.insert(layouts), pages)
    if item.signature is not None:
        connection.execute(sa.insert(signatures).values(**mine, signature=item.signature))


def put_details(connection: sa.Connection, document_id: int, given: Details) -> None:
    """Let ``given`` be the details of a document, in the place of those in the catalog."""
    connection.execute(sa.delete(details).where(details.c.document_id == document_id))
    rows = [{"document_id": document_id, "key": key, **asdict(detail)} for key, detail in given.items()]
    if rows:
        connection.execute(sa.insert(details), rows)


def date_again(document_id: int, mtime_ns: int) -> tuple[sa.Update, sa.Update]:
    """Set the date that a document's current version has by the time of its file, beneath a detail too."""
    changed = datetime.fromtimestamp(mtime_ns / 1e9, UTC).date().isoformat()
    current = sa.select(documents.c.version).where(documents.c.id == document_id).scalar_subquery()
    return (
        sa.update(versions)
        .where(versions.c.document_id == document_id, versions.c.version == current)
        .where(versions.c.origins["published"].as_string() == "file time")
        .values(published=changed),
        sa.update(details)
        .where(details.c.document_id == document_id, details.c.key == "published")
        .where(details.c.beneath_origin == "file time")
        .values(beneath=changed),
    )


def searched_build(connection: sa.Connection) -> Build | None:
    """The build that is searched; None while nothing was ever indexed."""
    number = get_meta(connection, "build")
    return None if number is None else get_build(connection, int(number))


def get_build(connection: sa.Connection, number: int) -> Build:
    """The build of that number, which must be there."""
    row = connection.execute(sa.select(builds).where(builds.c.id == number)).one()
    recipe = Recipe(row.encoder, row.max_chunk_tokens, row.title_tokens, row.chunking, row.model)
    return Build(number, get_meta(connection, "lineage") or "", recipe)


def insert_build(connection: sa.Connection, recipe: Recipe) -> Build:
    """Begin a build by ``recipe``."""
    values = {name: getattr(recipe, name) for name in Recipe.__dataclass_fields__}
    return get_build(connection, _number(connection.execute(sa.insert(builds).values(**values))))


def delete_document(connection: sa.Connection, document_id: int) -> dict[int, str]:
    """Delete a document with all its versions; returns its chunks with their vectors' digests."""
    old = delete_chunks(connection, document_id)
    connection.execute(sa.delete(documents).where(documents.c.id == document_id))
    return old


def drop_unused_vectors(connection: sa.Connection, candidates: Collection[str]) -> None:
    """Delete those of the vectors ``candidates`` that no chunk names any more."""
    named = sa.exists().where(chunks.c.vector == vectors.c.digest)
    for part in batches(sorted(candidates)):
        connection.execute(sa.delete(vectors).where(vectors.c.digest.in_(part), ~named))


def last_number(connection: sa.Connection, table: sa.Table) -> int:
    """The highest number that a row of ``table`` was ever given, as SQLite keeps it; 0 for none."""
    query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return int(connection.scalar(query, {"name": table.name}) or 0)


def _number(inserted: sa.CursorResult[Any]) -> int:
    key = inserted.inserted_primary_key
    if key is None:
        raise ValueError("the database gave no number to a row that was inserted")
    return int(key[0])


def _content_of(connection: sa.Connection, document_id: int, version: int) -> tuple[str, str] | None:
    """The digest of a version's file, and the text that was read."""
    same = sa.and_(versions.c.document_id == document_id, versions.c.version == version)
    found = connection.execute(sa.select(versions.c.digest, versions.c.text).where(same)).first()
    return None if found is None else (found.digest, found.text)


def chunk_numbers(connection: sa.Connection, document_id: int) -> Sequence[int]:
    """The numbers of a document's chunks in all builds, in order."""
    query = sa.select(chunks.c.id).where(chunks.c.document_id == document_id).order_by(chunks.c.id)
    return connection.scalars(query).all()


def delete_chunks(connection: sa.Connection, document_id: int, build: int | None = None) -> dict[int, str]:
    """Delete a document's chunks, in one build or in all; returns their numbers and vectors' digests."""
    mine = chunks.c.document_id == document_id
    range_of = ranges.c.document_id == document_id
    if build is not None:
        mine, range_of = mine & (chunks.c.build == build), range_of & (ranges.c.build == build)
    rows = connection.execute(sa.select(chunks.c.id, chunks.c.vector).where(mine).order_by(chunks.c.id))
    old: dict[int, str] = {number: digest for number, digest in rows}  # noqa: C416 (rows are no pairs to mypy)
    connection.execute(sa.delete(chunks).where(mine))
    connection.execute(sa.delete(ranges).where(range_of))
    return old


def check_lineage(connection: sa.Connection, lineage: str | None) -> None:
    """Raise LibraryRestoredError if the catalog has another lineage; None is any."""
    if lineage not in {None, get_meta(connection, "lineage")}:
        raise LibraryRestoredError(
            "the library was put back from a backup while this was on its way; try again"
        )


def check_vectors(connection: sa.Connection, new: Iterable[NewVersion]) -> None:
    """Raise VectorsGoneError if a passage of ``new`` has no vector."""
    wanted = {digest for item in new for digest in item.vector_digests}
    # As one value: a query for each few hundred of them takes ten times as long, and others wait to write.
    query = sa.select(sa.func.count()).select_from(vectors)
    query = query.where(vectors.c.digest.in_(sa.text("SELECT value FROM json_each(:digests)")))
    there = connection.scalar(query, {"digests": json.dumps(sorted(wanted))}) or 0
    if there < len(wanted):
        raise VectorsGoneError(f"{len(wanted) - there} of {len(wanted)} vectors are gone; embed them again")


def note_removals(connection: sa.Connection, numbers: Collection[int], generation: int) -> None:
    """Note that chunks went, for caches that know of them."""
    rows = [{"chunk": number, "generation": generation} for number in numbers]
    if rows:
        connection.execute(sa.insert(removals), rows)
