"""Functions with a connection work in its transaction; those with an engine open their own."""

from __future__ import annotations

import json
import logging
import zlib
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from index.catalog.dialects import database_of, each_of, insert_into, writing
from index.catalog.reader import (
    batches,
    collections_of,
    details_of,
    get_build,
    get_meta,
    is_current,
    searched_build,
    to_document,
)
from index.catalog.schema import (
    builds,
    chunks,
    details,
    documents,
    kept_documents,
    layouts,
    limit_viewers,
    limits,
    meta,
    ranges,
    removals,
    sentence_vectors,
    signatures,
    uploaders,
    vectors,
    versions,
)
from index.documents import Details, Span, merged, uncovered
from index.errors import (
    BuildGoneError,
    DetailsChangedError,
    DocumentNotFoundError,
    LibraryRestoredError,
    OutdatedError,
    TakenError,
    VectorsGoneError,
)
from index.private import make_file
from index.records import Build, Committed, Incoming, NewVersion, Recipe
from index.text import look_alike, look_alikes

_log = logging.getLogger(__name__)


def set_meta(connection: sa.Connection, key: str, value: str) -> None:
    new = insert_into(connection, meta).values(key=key, value=value)
    connection.execute(new.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def count_invalidation(connection: sa.Connection) -> None:
    """Make cached filters and lists invalid (``CatalogReader.invalidation_count``)."""
    set_meta(connection, "touched", str(int(get_meta(connection, "touched") or 0) + 1))


def supersede(connection: sa.Connection, item: NewVersion) -> tuple[int, dict[int, str]]:
    """Return the document's id, and the digest of each deleted chunk's vector by chunk id.

    This updates the current version if neither file nor text has changed; older versions stay readable for
    old citations. Raises OutdatedError after an edit of an older version, DetailsChangedError if a user has
    edited the details meanwhile.
    """
    incoming, document = item.incoming, item.incoming.document
    found = document_at(connection, incoming)
    if incoming.edited_version not in {None, found}:
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
    same = sa.and_(versions.c.document_id == document_id, versions.c.version == version)
    content = connection.execute(sa.select(versions.c.digest, versions.c.text).where(same)).first()
    if content == (incoming.digest, document.text):
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
    is_at_path = sa.and_(documents.c.source == incoming.source, documents.c.path == incoming.path)
    row = connection.execute(sa.select(documents.c.id, documents.c.version).where(is_at_path)).first()
    return None if row is None else (row.id, row.version)


def _insert_version(connection: sa.Connection, document_id: int, version: int, item: NewVersion) -> None:
    mine = {"document_id": document_id, "version": version}
    added = datetime.now(UTC).isoformat(timespec="seconds")
    # The values are parameters, since SQLAlchemy's cache of statements would keep a text in a statement.
    connection.execute(sa.insert(versions), {**mine, "added": added, **_values(item)})
    _insert_beside(connection, mine, item)


def _update_version(connection: sa.Connection, document_id: int, version: int, item: NewVersion) -> None:
    """Stored layouts stay if ``item`` has none, as when it was read from the catalog."""
    mine = {"document_id": document_id, "version": version}
    for table, is_new in ((layouts, bool(item.incoming.document.layouts)), (signatures, True)):
        if is_new:
            same = sa.and_(table.c.document_id == document_id, table.c.version == version)
            connection.execute(sa.delete(table).where(same))
    same = sa.and_(versions.c.document_id == document_id, versions.c.version == version)
    # The values are parameters for the same reason as in _insert_version.
    connection.execute(sa.update(versions).where(same), _values(item))
    _insert_beside(connection, mine, item)


def _values(item: NewVersion) -> dict[str, Any]:
    document = item.incoming.document
    return {
        "digest": item.incoming.digest,
        "kind": document.kind,
        "title": document.title,
        "publisher": document.publisher,
        "published": document.published,
        "language": document.language,
        "page_starts": list(document.page_starts),
        "page_labels": list(document.page_labels),
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
        "reading": document.reading,
        "collection": item.incoming.collection,
    }


def _insert_beside(connection: sa.Connection, mine: Mapping[str, int], item: NewVersion) -> None:
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
    connection.execute(sa.delete(details).where(details.c.document_id == document_id))
    rows = [{"document_id": document_id, "key": key, **asdict(detail)} for key, detail in given.items()]
    if rows:
        connection.execute(sa.insert(details), rows)


def insert_build(connection: sa.Connection, recipe: Recipe) -> Build:
    values = {name: getattr(recipe, name) for name in Recipe.__dataclass_fields__}
    return get_build(connection, _number(connection.execute(sa.insert(builds).values(**values))))


def delete_document(connection: sa.Connection, document_id: int) -> dict[int, str]:
    """Return its vectors' digests by chunk id."""
    old = delete_chunks(connection, document_id)
    current = sa.select(versions.c.collection).join_from(documents, versions, is_current())
    left = current.where(documents.c.id == document_id).scalar_subquery()
    of_document = kept_documents.c.document_id == document_id
    connection.execute(sa.update(kept_documents).where(of_document).values(collection=left))
    connection.execute(sa.delete(documents).where(documents.c.id == document_id))
    return old


def drop_unused_vectors(connection: sa.Connection, candidates: Collection[str]) -> None:
    named = sa.exists().where(chunks.c.vector == vectors.c.digest)
    for part in batches(sorted(candidates)):
        connection.execute(sa.delete(vectors).where(vectors.c.digest.in_(part), ~named))


def last_number(connection: sa.Connection, table: sa.Table) -> int:
    """Return the highest id that any row of ``table`` ever had; 0 if there never was a row."""
    return database_of(connection).last_number(connection, table)


def _number(inserted: sa.CursorResult[Any]) -> int:
    key = inserted.inserted_primary_key
    if key is None:
        raise ValueError("the database gave no number to a row that was inserted")
    return int(key[0])


def chunk_numbers(connection: sa.Connection, document_id: int) -> Sequence[int]:
    query = sa.select(chunks.c.id).where(chunks.c.document_id == document_id).order_by(chunks.c.id)
    return connection.scalars(query).all()


def delete_chunks(connection: sa.Connection, document_id: int, build: int | None = None) -> dict[int, str]:
    """In all builds if ``build`` is None; return the vectors' digests by chunk id."""
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
    """Raises LibraryRestoredError if a backup was restored since ``lineage`` was read; None allows any."""
    if lineage not in {None, get_meta(connection, "lineage")}:
        raise LibraryRestoredError("the library was restored from a backup during this change; try again")


def check_vectors(connection: sa.Connection, new: Iterable[NewVersion]) -> None:
    """Raises VectorsGoneError if the vector of any passage of ``new`` is not stored."""
    wanted = {digest for item in new for digest in item.vector_digests}
    # All digests are one JSON parameter: batches of a few hundred take ten times as long, and writers wait.
    query = sa.select(sa.func.count()).select_from(vectors)
    stored = connection.scalar(query.where(vectors.c.digest.in_(each_of(sorted(wanted))))) or 0
    if stored < len(wanted):
        raise VectorsGoneError(f"{len(wanted) - stored} of {len(wanted)} vectors are gone; embed them again")


def note_removals(connection: sa.Connection, numbers: Collection[int], generation: int) -> None:
    rows = [{"chunk": number, "generation": generation} for number in numbers]
    if rows:
        connection.execute(sa.insert(removals), rows)


_AT_ONCE = 1_000

# Without column types, since :func:`chunk_rows` has already made its JSON values.
_WRITTEN = sa.table(
    "chunks",
    *(
        sa.column(name)
        for name in ("id", "document_id", *["start", "end", "sentences", "vector", "header", "build"])
    ),
)


def chunk_rows(item: NewVersion) -> list[dict[str, Any]]:
    """A sentence is its start and end, 1 in a heading, and start and end of the lead-in of its list."""
    # Imported here: the command `status` opens the catalog but cuts no texts, whose patterns import slowly.
    from index.text.passages import heading_lines, lead_in

    document = item.incoming.document
    headings = heading_lines(document)

    def stored(sentence: Span, header: Span | None) -> list[int]:
        place = bisect_right(headings, sentence.start, key=lambda line: line.start) - 1
        is_heading = place >= 0 and headings[place].covers(sentence)
        lead = None if header else lead_in(document.text, sentence.start, document.language)
        more = [int(is_heading), lead.start, lead.end] if lead else [1] if is_heading else []
        return [sentence.start, sentence.end, *more]

    return [
        {
            "start": chunk.span.start,
            "end": chunk.span.end,
            "sentences": json.dumps([stored(sentence, chunk.header) for sentence in chunk.sentences]),
            "vector": digest,
            "header": None if chunk.header is None else json.dumps([chunk.header.start, chunk.header.end]),
        }
        for chunk, digest in zip(item.chunks, item.vector_digests, strict=True)
    ]


def insert_chunks(
    connection: sa.Connection, build: int, document_id: int, rows: Sequence[dict[str, Any]]
) -> range:
    first = last_number(connection, chunks) + 1
    for start in range(0, len(rows), _AT_ONCE):
        part = [
            {**row, "id": number, "document_id": document_id, "build": build}
            for number, row in enumerate(rows[start : start + _AT_ONCE], first + start)
        ]
        connection.execute(sa.insert(_WRITTEN), part)
    database_of(connection).set_last_number(connection, chunks, first + len(rows) - 1)
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


def forecast(
    connection: sa.Connection, new: Sequence[NewVersion], removed: Collection[int], recipe: Recipe | None
) -> tuple[Committed, Build]:
    """So that slow work can precede a commit; wrong if another writer commits meanwhile or a path repeats."""
    build = searched_build(connection)
    if build is None or recipe not in {None, build.recipe}:
        number = last_number(connection, builds) + 1
        build = Build(number, get_meta(connection, "lineage") or "", recipe or Recipe("", 0, 0, 0))
    document_id, chunk_id = last_number(connection, documents), last_number(connection, chunks)
    written: list[int] = []
    added: list[tuple[int, ...]] = []
    gone: dict[int, None] = {}
    for item in new:
        found = document_at(connection, item.incoming)
        if found is not None:
            written.append(found[0])
            gone |= dict.fromkeys(chunk_numbers(connection, found[0]))
        elif item.incoming.edited_version is not None:
            written.append(item.incoming.edited_version[0])
        else:
            document_id += 1
            written.append(document_id)
        added.append(tuple(range(chunk_id + 1, chunk_id + 1 + len(item.chunks))))
        chunk_id += len(item.chunks)
    for number in sorted(removed):
        gone |= dict.fromkeys(chunk_numbers(connection, number))
    generation = int(get_meta(connection, "generation") or 0) + 1
    return Committed(generation, tuple(written), tuple(added), tuple(gone)), build


_HAS_ABANDONED = "given_up"  # set in the table ``meta`` while chunks of abandoned builds may exist
_ABANDONED_MESSAGE = (
    "another process has meanwhile rebuilt the library with other settings; run the command again to "
    "rebuild it with yours"
)


def begin_build(engine: sa.Engine, recipe: Recipe) -> Build:
    """Return the unfinished build with these settings, else a new one."""
    with writing(engine) as connection:
        searched = searched_build(connection)
        own = searched.number if searched else 0
        for number in connection.scalars(sa.select(builds.c.id).where(builds.c.id != own)).all():
            build = get_build(connection, number)
            if build.recipe == recipe:
                return build
        return insert_build(connection, recipe)


def missing_documents(engine: sa.Engine, build: Build, limit: int | None) -> list[int]:
    """Those whose current version is not in ``build``, in order of id."""
    with engine.connect() as connection:
        query = sa.select(documents.c.id).where(_is_missing(build)).order_by(documents.c.id).limit(limit)
        return list(connection.scalars(query))


def count_missing_passages(engine: sa.Engine, build: Build) -> int:
    current = versions.c.document_id == documents.c.id, versions.c.version == documents.c.version
    query = sa.select(sa.func.sum(versions.c.passages)).join_from(documents, versions, sa.and_(*current))
    with engine.connect() as connection:
        return int(connection.scalar(query.where(_is_missing(build))) or 0)


def _is_missing(build: Build) -> sa.ColumnElement[bool]:
    return ~sa.exists().where(
        ranges.c.build == build.number,
        ranges.c.document_id == documents.c.id,
        ranges.c.version == documents.c.version,
    )


def add_to_build(engine: sa.Engine, build: Build, documents_at: Mapping[int, tuple[int, NewVersion]]) -> None:
    """Skips outdated versions. Raises VectorsGoneError or BuildGoneError, and writes nothing then."""
    rows = {document_id: chunk_rows(item) for document_id, (_, item) in documents_at.items()}
    with writing(engine) as connection:
        _hold(connection, build)
        for document_id, (version, _) in documents_at.items():
            same = (documents.c.id == document_id, documents.c.version == version)
            touched = connection.execute(sa.update(documents).where(*same).values(version=version))
            if touched.rowcount:
                delete_chunks(connection, document_id, build.number)
                insert_chunks(connection, build.number, document_id, rows[document_id])
        check_vectors(connection, [item for _, item in documents_at.values()])


def switch_to_build(engine: sa.Engine, build: Build) -> int:
    """Abandon all other builds. Raises BuildGoneError if ``build`` was abandoned, and changes nothing."""
    with writing(engine) as connection:
        _hold(connection, build)
        connection.execute(sa.delete(builds).where(builds.c.id != build.number))
        set_meta(connection, _HAS_ABANDONED, "1")
        generation = int(get_meta(connection, "generation") or 0) + 1
        set_meta(connection, "generation", str(generation))
        set_meta(connection, "build", str(build.number))
        count = (
            sa.select(ranges.c.beyond - ranges.c.first)
            .where(ranges.c.build == build.number, ranges.c.document_id == versions.c.document_id)
            .scalar_subquery()
        )
        current = sa.exists().where(
            documents.c.id == versions.c.document_id, documents.c.version == versions.c.version
        )
        connection.execute(sa.update(versions).where(current).values(passages=count))
    return generation


def _hold(connection: sa.Connection, build: Build) -> None:
    """Keep others from abandoning ``build``. Call this first: it waits for other writers only at a start."""
    mine = builds.c.id == build.number
    if not connection.execute(sa.update(builds).where(mine).values(id=build.number)).rowcount:
        raise BuildGoneError(_ABANDONED_MESSAGE)


def drop_abandoned(engine: sa.Engine, at_once: int = 5_000) -> None:
    """In batches; a later call continues the work."""
    with engine.connect() as connection:
        if get_meta(connection, _HAS_ABANDONED) is None:
            return
    other = chunks.c.build.not_in(sa.select(builds.c.id))
    while True:
        with writing(engine) as connection:
            connection.execute(sa.delete(meta).where(meta.c.key == _HAS_ABANDONED))
            query = sa.select(chunks.c.id, chunks.c.vector).where(other).limit(at_once)
            rows = connection.execute(query).all()
            if not rows:
                return
            for part in batches([row.id for row in rows]):
                connection.execute(sa.delete(chunks).where(chunks.c.id.in_(part)))
            drop_unused_vectors(connection, {row.vector for row in rows})
            set_meta(connection, _HAS_ABANDONED, "1")


_ROWS = (documents, versions, layouts, signatures, details, uploaders)
_VECTORS = (vectors, sentence_vectors)
_ROWS_AT_ONCE = 500


def save_rows(connection: sa.Connection, document_id: int, file: Path) -> None:
    """Raises DocumentNotFoundError."""
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
    """:func:`restore_rows` restores its layouts."""
    query = sa.select(versions, documents.c.source, documents.c.path, documents.c.size, documents.c.mtime_ns)
    with _opened(file) as kept:
        row = kept.execute(query.join_from(documents, versions, is_current())).one()
        given = details_of(kept, row.document_id)
    version, document = (row.document_id, row.version), uncovered(to_document(row), given)
    return Incoming(row.source, row.path, row.size, row.mtime_ns, row.digest, document, version, given)


def restore_vectors(engine: sa.Engine, file: Path) -> None:
    """Call this before the commit that restores the document."""
    with _opened(file) as kept, writing(engine) as connection:
        for table in _VECTORS:
            _copy(kept, connection, table)


def restore_rows(connection: sa.Connection, file: Path) -> set[str]:
    """Return the digests of all vectors in the file; after the commit, delete those that no passage uses.

    The passages are not restored. Raises TakenError if another document has the id or the path.
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
    count = 0
    insert = insert_into(target, table).on_conflict_do_nothing()
    for part in source.execute(sa.select(table).where(*where)).partitions(_ROWS_AT_ONCE):
        rows: list[dict[str, Any]] = [dict(row._mapping) for row in part]
        target.execute(insert, rows)
        count += len(rows)
    return count


def put_uploader(connection: sa.Connection, document_id: int, viewer: str) -> None:
    """``viewer`` is "" if unknown."""
    connection.execute(sa.delete(uploaders).where(uploaders.c.document_id == document_id))
    if viewer:
        connection.execute(sa.insert(uploaders).values(document_id=document_id, viewer=viewer))


def uploader_of(connection: sa.Connection, document_id: int) -> str:
    found = sa.select(uploaders.c.viewer).where(uploaders.c.document_id == document_id)
    return connection.scalar(found) or ""


def uploaded_bytes(connection: sa.Connection, viewer: str, source: str, except_path: str = "") -> int:
    """Leave out the file at ``except_path``, which an upload replaces."""
    own = _sizes(source).where(uploaders.c.viewer == viewer, documents.c.path != except_path)
    return int(connection.scalar(sa.select(sa.func.sum(own.subquery().c.size))) or 0)


def bytes_by_uploader(connection: sa.Connection, source: str) -> dict[str, int]:
    sizes = _sizes(source).subquery()
    total = sa.func.sum(sizes.c.size)
    by_viewer = sa.select(sizes.c.viewer, total).group_by(sizes.c.viewer).order_by(total.desc())
    return {str(viewer): int(size) for viewer, size in connection.execute(by_viewer)}


def _sizes(source: str) -> sa.Select[tuple[str, int]]:
    pairs = sa.select(uploaders.c.viewer, documents.c.size).join_from(uploaders, documents)
    return pairs.where(documents.c.source == source)


def limit_look_alikes(
    connection: sa.Connection, names: Iterable[str | None], written: Collection[int]
) -> None:
    """Limit a collection that is new with these documents as the limited ones that it looks like.

    A folder's name cannot be refused, and its reports must not be seen by more than those beside them.
    """
    limited = list(connection.scalars(sa.select(limits.c.collection)))
    for name in sorted({name for name in names if name is not None}) if limited else ():
        alike = look_alikes(name, limited)
        if alike and not _documents_in(connection, name).difference(written):
            _copy_limits(connection, alike, name)


def _documents_in(connection: sa.Connection, collection: str) -> set[int]:
    found = sa.select(documents.c.id).join_from(documents, versions, is_current())
    return set(connection.scalars(found.where(versions.c.collection == collection)))


def _copy_limits(connection: sa.Connection, limited: Sequence[str], collection: str) -> None:
    """Only who may see all of ``limited`` may see ``collection``, which has no limit yet."""
    _log.warning("The collection %r looks like %r, and is limited as that one.", collection, limited[0])
    count_invalidation(connection)
    connection.execute(sa.insert(limits).values(collection=collection))
    theirs = [
        set(connection.scalars(sa.select(limit_viewers.c.viewer).where(limit_viewers.c.collection == each)))
        for each in limited
    ]
    if viewers := sorted(set.intersection(*theirs)):
        rows = [{"collection": collection, "viewer": viewer} for viewer in viewers]
        connection.execute(sa.insert(limit_viewers), rows)


class CollectionViewers:
    """Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def all(self) -> Mapping[str, tuple[str, ...]]:
        query = sa.select(limits.c.collection, limit_viewers.c.viewer).join_from(
            limits, limit_viewers, isouter=True
        )
        found: dict[str, tuple[str, ...]] = {}
        with self._engine.connect() as connection:
            for collection, viewer in connection.execute(query.order_by(*query.selected_columns)):
                found[collection] = (*found.get(collection, ()), *([] if viewer is None else [viewer]))
        return found

    def set(self, collection: str, viewers: Collection[str]) -> None:
        """The collection may have no document yet; ``viewers`` are keys.

        A first limit holds for those that look like the collection, too, unless they have their own.
        """
        rows = [{"collection": collection, "viewer": viewer} for viewer in sorted(set(viewers))]
        with writing(self._engine) as connection:
            count_invalidation(connection)
            known = connection.execute(sa.delete(limits).where(limits.c.collection == collection)).rowcount
            connection.execute(sa.insert(limits).values(collection=collection))
            if rows:
                connection.execute(sa.insert(limit_viewers), rows)
            if not known:
                limited = set(connection.scalars(sa.select(limits.c.collection)))
                for other in sorted(collections_of(connection).difference(limited)):
                    if look_alike(collection, other):
                        _copy_limits(connection, [collection], other)

    def remove(self, collection: str) -> bool:
        """Return whether the collection was limited."""
        with writing(self._engine) as connection:
            count_invalidation(connection)
            gone = connection.execute(sa.delete(limits).where(limits.c.collection == collection))
        return gone.rowcount > 0
