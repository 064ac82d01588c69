"""Reads one state of the catalog. Later commits do not change this state."""

from __future__ import annotations

import codecs
import json
import sys
import zlib
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import sqlalchemy as sa

from index.catalog.dialects import database_of, each_json, each_of, object_of
from index.catalog.schema import (
    builds,
    chunks,
    details,
    documents,
    layouts,
    limit_viewers,
    limits,
    meta,
    ranges,
    removals,
    sentence_vectors,
    sources,
    vectors,
    versions,
)
from index.documents import Detail, Document, PageLayout, Section, Span, label_of, uncovered
from index.errors import DocumentNotFoundError
from index.machine import LONG, give_back
from index.records import (
    NO_FILTERS,
    Allowed,
    Build,
    DocumentRecord,
    FileState,
    Filters,
    HiddenPaths,
    Passage,
    Recipe,
    Viewer,
)
from index.text import look_alikes

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# The random name of the catalog (``Build.lineage``), the document's id, and its version.
Key = tuple[str, int, int]
ROOM = 100_000_000  # The most bytes of memory that the shared texts may take together.


def hidden_collections(viewer: Viewer | None) -> sa.Select[Any] | None:
    if viewer is None or viewer.sees_all:
        return None
    own = sa.select(limit_viewers.c.collection).where(limit_viewers.c.viewer == viewer.key)
    return sa.select(limits.c.collection).where(limits.c.collection.not_in(own))


def collections_of(connection: sa.Connection, except_path: tuple[str, str] | None = None) -> set[str]:
    """The collections of the current documents, without that at source and path ``except_path``."""
    query = sa.select(versions.c.collection).distinct().join_from(documents, versions, is_current())
    if except_path is not None:
        source, path = except_path
        query = query.where(sa.or_(documents.c.source != source, documents.c.path != path))
    return set(connection.scalars(query.where(versions.c.collection.is_not(None))))


def documents_in(collections: sa.Select[Any]) -> sa.Select[Any]:
    document, version = documents.alias(), versions.alias()
    is_current = sa.and_(version.c.document_id == document.c.id, version.c.version == document.c.version)
    return (
        sa.select(document.c.id)
        .join_from(version, document, is_current)
        .where(version.c.collection.in_(collections))
    )


def all_documents() -> sa.Select[Any]:
    return sa.select(documents.c.id)


def visible_documents(viewer: Viewer | None) -> sa.Select[Any]:
    hidden, numbers = hidden_collections(viewer), all_documents()
    return numbers if hidden is None else numbers.where(documents.c.id.not_in(documents_in(hidden)))


def is_visible_name(
    kind: sa.ColumnElement[str], name: sa.ColumnElement[str], viewer: Viewer | None
) -> sa.ColumnElement[bool]:
    """Whether a visible document has the collection or publisher ``name``."""
    document, version = documents.alias(), versions.alias()
    is_current = sa.and_(version.c.document_id == document.c.id, version.c.version == document.c.version)
    is_named = [sa.and_(kind == each, version.c[each] == name) for each in ("collection", "publisher")]
    return sa.exists().where(is_current, sa.or_(*is_named), document.c.id.in_(visible_documents(viewer)))


class LongText:
    """In pieces: in a string, a single emoji would take four bytes for every character of the text."""

    def __init__(self, utf8: Iterable[bytes]) -> None:
        """``utf8`` are consecutive parts, which may end within a character."""
        decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        self._pieces: list[str] = []
        self._starts: list[int] = []
        self._length = 0
        for part in utf8:
            piece = decoder.decode(part)
            self._pieces.append(piece)
            self._starts.append(self._length)
            self._length += len(piece)
        decoder.decode(b"", final=True)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, span: slice) -> str:
        start, end, _ = span.indices(self._length)
        first = max(bisect_right(self._starts, start) - 1, 0)
        parts = []
        for piece, begins in zip(self._pieces[first:], self._starts[first:], strict=True):
            if begins >= end:
                break
            parts.append(piece[max(start - begins, 0) : end - begins])
        return "".join(parts)

    @property
    def size(self) -> int:
        return sum(map(sys.getsizeof, self._pieces))


class LongTexts:
    """Shared by threads: thirty simultaneous searches of a 20 MB report would take hundreds of megabytes."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._texts: OrderedDict[Key, LongText] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, read: Callable[[], Iterable[bytes]]) -> LongText:
        """While one thread reads the text, all others wait."""
        with self._lock:
            if key not in self._texts:
                self._texts[key] = LongText(read())
                give_back()  # the memory in which the parts arrived
            self._texts.move_to_end(key)
            text = self._texts[key]
            while sum(kept.size for kept in self._texts.values()) > self._room:
                self._texts.popitem(last=False)
            return text


def is_current() -> sa.ColumnElement[bool]:
    return sa.and_(versions.c.document_id == documents.c.id, versions.c.version == documents.c.version)


def is_version(document_id: int, version: int | None) -> sa.ColumnElement[bool]:
    """None is the current version."""
    wanted = documents.c.version if version is None else version
    return sa.and_(documents.c.id == document_id, versions.c.version == wanted)


def record_query(*more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    columns = versions.c[
        "document_id", "version", "kind", "title", "publisher", "published", "language", "characters",
        "passages", "digest", "added", "author", "collection", "origins", "unread_pages", "recognised_pages",
    ]  # fmt: skip
    return sa.select(
        *columns,
        *documents.c["source", "path"],
        sa.func.json_array_length(versions.c.page_starts).label("pages"),
        _next_edition().label("superseded_by"),
        *more,
    ).join_from(documents, versions, versions.c.document_id == documents.c.id)


def _next_edition() -> sa.ColumnElement[Any]:
    """The next version of another file; null if only the loaders have changed since, or nothing has."""
    later = versions.alias()
    others = sa.select(sa.func.min(later.c.version)).where(
        later.c.document_id == versions.c.document_id,
        later.c.version > versions.c.version,
        later.c.digest != versions.c.digest,
    )
    return sa.case((versions.c.version == documents.c.version, sa.null()), else_=others.scalar_subquery())


def list_query() -> sa.Select[Any]:
    """With few of the columns after the text, which SQLite must skip to reach them."""
    return sa.select(
        *versions.c["document_id", "version"],
        *documents.c["source", "path"],
        *versions.c["kind", "title", "publisher", "published"],
        versions.c.origins["published"].as_string().label("published_origin"),
        *versions.c["language", "collection"],
        sa.func.nullif(sa.func.json_array_length(versions.c.page_starts), 0).label("pages"),
        versions.c.added,
    ).join_from(documents, versions, versions.c.document_id == documents.c.id)


def file_query() -> sa.Select[Any]:
    # Text recognition (OCR) applies only to pages of PDFs.
    pages = (versions.c.unread_pages, versions.c.recognised_pages)
    count = sum((sa.func.json_array_length(column) for column in pages), start=sa.literal(0))
    beneath = object_of(details.c.key, details.c.beneath_origin)
    covered = sa.select(beneath).where(details.c.document_id == documents.c.id).scalar_subquery()
    return sa.select(
        *documents.c["path", "id", "version", "size", "mtime_ns"],
        *versions.c["digest", "origins", "recognised_in", "reading"],
        sa.type_coerce(sa.and_(versions.c.kind == "pdf", count > 0), sa.Boolean).label("has_pictures"),
        sa.type_coerce(covered, sa.JSON).label("covered"),
    ).join_from(documents, versions, is_current())


def to_file(row: sa.Row[Any]) -> FileState:
    origins = {key: origin for key, origin in {**row.origins, **row.covered}.items() if origin}
    state = (row.id, row.version, row.size, row.mtime_ns, row.digest)
    return FileState(*state, origins, row.has_pictures, row.recognised_in, row.reading)


def details_of(connection: sa.Connection, document_id: int) -> dict[str, Detail]:
    columns = details.c["key", "value", "origin", "beneath", "beneath_origin"]
    query = sa.select(*columns).where(details.c.document_id == document_id)
    return {key: Detail(*given) for key, *given in connection.execute(query)}


def to_record(row: sa.Row[Any]) -> DocumentRecord:
    fields = row._mapping
    computed = {"pages", "unread_pages", "recognised_pages"}
    return DocumentRecord(
        **{name: fields[name] for name in DocumentRecord.__dataclass_fields__ if name not in computed},
        pages=fields["pages"] or None,
        unread_pages=tuple(fields["unread_pages"]),
        recognised_pages=tuple(fields["recognised_pages"]),
    )


def to_passage(row: sa.Row[Any], text: str | LongText) -> Passage:
    document = to_record(row)
    span = Span(row.start, row.end)
    page = bisect_right(row.page_starts, row.start) or None
    header = Span(*row.header) if row.header else None
    sentences = tuple(Span(start, end) for start, end, *_ in row.sentences)
    return Passage(
        row.chunk_id,
        document,
        span,
        text[span.start : span.end],
        page,
        sentences,
        header,
        text[header.start : header.end] if header else "",
        _sections(text, header, sentences)
        if header
        else tuple(_lead_in(text, each) for each in row.sentences),
        document.recognised(*range(page or 0, bisect_left(row.page_starts, row.end) + 1)),
        label_of(row.page_labels, page),
        in_headings=tuple(sentence[2:3] == [1] for sentence in row.sentences),
    )


def _sections(text: str | LongText, header: Span, sentences: Sequence[Span]) -> tuple[str, ...]:
    # Imported here: the command `status` opens the catalog but needs no tables, whose patterns import slowly.
    from index.text.tabular import sections_at

    rows = [sentence.start for sentence in sentences if sentence.start >= header.end]
    found = sections_at(text, header, rows) if rows else []
    return (*[""] * (len(sentences) - len(rows)), *found)


def _lead_in(text: str | LongText, sentence: Sequence[int]) -> str:
    """Of the stored form that :func:`index.catalog.writes.chunk_rows` makes."""
    return text[slice(*sentence[3:])] if sentence[3:] else ""


def to_document(row: sa.Row[Any]) -> Document:
    """Without the page layouts."""
    return Document(
        row.text,
        row.title,
        row.kind,
        row.language,
        row.publisher,
        row.published,
        tuple(row.page_starts),
        row.author,
        row.origins,
        tuple(Section(*section) for section in row.sections),
        tuple(row.mended),
        unread_pages=tuple(row.unread_pages),
        recognised_pages=tuple(row.recognised_pages),
        recognised_in=row.recognised_in,
        reading=row.reading,
        # A collection without an origin is only the folder's name, which changes if the document moves.
        collection=row.collection if "collection" in row.origins else None,
        page_labels=tuple(row.page_labels),
    )


# Whole texts: for each passage, ``substr`` in SQL would count the characters from the start again.
TEXTS = (
    sa.select(versions.c.document_id, versions.c.version, versions.c.text)
    .join_from(documents, versions, is_current())
    .where(documents.c.id.in_(sa.bindparam("numbers", expanding=True)))
)


def conditions(filters: Filters) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    for column, values in (
        (documents.c.id, filters.document_ids),
        (versions.c.publisher, filters.publishers),
        (versions.c.language, filters.languages),
        (versions.c.collection, filters.collections),
        (versions.c.kind, filters.kinds),
    ):
        if values:
            conditions.append(column.in_(each_of(values)))
    # ISO dates compare as text, even shortened ones: 2031-03 sorts before 2031-03-01.
    if filters.published_before is not None:
        conditions.append(versions.c.published < filters.published_before)
    if filters.published_after is not None:
        # A date after a month or a year means a date after its last day.
        conditions.append(versions.c.published > filters.published_after)
        conditions.append(~versions.c.published.startswith(filters.published_after, autoescape=True))
    return conditions


@lru_cache(maxsize=16)  # it takes longer to make than to run
def passage_query(build: int) -> sa.Select[Any]:
    """Only of current versions, in order of id."""
    return (
        record_query(
            chunks.c.id.label("chunk_id"),
            *chunks.c["start", "end", "sentences", "header"],
            *versions.c["page_starts", "page_labels"],
        )
        .join(chunks, chunks.c.document_id == documents.c.id)
        .where(is_current(), chunks.c.build == build)
        .order_by(chunks.c.id)
    )


_BATCH = 500  # The number of values in one IN list: old versions of SQLite allow 999 parameters.

_Value = TypeVar("_Value")


def batches(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]


def get_meta(connection: sa.Connection, key: str) -> str | None:
    value: str | None = connection.scalar(sa.select(meta.c.value).where(meta.c.key == key))
    return value


def all_meta(connection: sa.Connection) -> dict[str, str]:
    return {key: value for key, value in connection.execute(sa.select(meta.c.key, meta.c.value))}  # noqa: C416


def searched_build(connection: sa.Connection, known: Mapping[str, str] | None = None) -> Build | None:
    """None before the first indexing. ``known`` is all of ``meta``."""
    values = all_meta(connection) if known is None else known
    number = values.get("build")
    return None if number is None else get_build(connection, int(number), values.get("lineage"))


def get_build(connection: sa.Connection, number: int, lineage: str | None = None) -> Build:
    """The build must exist. ``lineage`` is read from the catalog if it is None."""
    row = connection.execute(sa.select(builds).where(builds.c.id == number)).one()
    recipe = Recipe(row.encoder, row.max_chunk_tokens, row.title_tokens, row.chunking, row.model)
    return Build(number, lineage or get_meta(connection, "lineage") or "", recipe)


_ROWS = 2_000  # The number of vectors in a batch: 3 MB at 384 dimensions.

# One JSON parameter takes a fifth of the time that a parameter for each of hundreds of ids would take.
_VECTORS = (
    sa.select(chunks.c.id, vectors.c.vector)
    .join_from(chunks, vectors, chunks.c.vector == vectors.c.digest)
    .where(chunks.c.id.in_(each_json(sa.bindparam("numbers", type_=sa.Text), int)))
)


class Part(NamedTuple):
    """The first ``limit`` documents with ids above ``after``, in order of id."""

    limit: int
    after: int = 0


def _in_order(query: sa.Select[Any], part: Part | None) -> sa.Select[Any]:
    if part is None:
        return query.order_by(documents.c.path, documents.c.source)
    return query.where(documents.c.id > part.after).order_by(documents.c.id).limit(part.limit)


_TOGETHER = 1_000  # The most passages for which one SQL statement reads the texts of their documents.


class CatalogReader:
    """Reads one state of the catalog without what the viewer may not see, for one thread at a time.

    Only :meth:`sources`, :meth:`files`, :meth:`details` and what the search caches call ignore the viewer.
    ``build`` is None before the first indexing.
    """

    def __init__(
        self,
        connection: sa.Connection,
        texts: LongTexts,
        build: Build | None = None,
        viewer: Viewer | None = None,
    ) -> None:
        self.connection = connection
        self._texts = texts
        # Few statements, since each takes a millisecond if the database is on another machine.
        self._meta = all_meta(connection)
        self.generation = int(self._meta.get("generation") or 0)
        self.build = searched_build(connection, self._meta) if build is None else build
        self._number = self.build.number if self.build else 0
        hidden = hidden_collections(viewer)
        self.hidden: tuple[str, ...] = (
            () if hidden is None else tuple(connection.scalars(hidden.order_by("collection")))
        )

    def for_viewer(self, viewer: Viewer | None) -> CatalogReader:
        """None may see all."""
        return CatalogReader(self.connection, self._texts, self.build, viewer)

    def _visible(self, number: sa.ColumnElement[int] = documents.c.id) -> Sequence[sa.ColumnElement[bool]]:
        return [number.not_in(documents_in(each_of(self.hidden)))] if self.hidden else []

    @property
    def lineage(self) -> str:
        """The random name of the catalog; a restored backup gets a new one."""
        return self._meta.get("lineage") or ""

    # Documents

    def sources(self) -> list[str]:
        """The followed folders, which a sync without a path reads; sorted."""
        return self._folders(sources.c.confirmed)

    def unconfirmed(self) -> list[str]:
        """The folders of a restored backup that no user has confirmed. No sync reads them."""
        return self._folders(~sources.c.confirmed)

    def _folders(self, which: sa.ColumnElement[bool]) -> list[str]:
        query = sa.select(sources.c.folder).where(which).order_by(sources.c.folder)
        return list(self.connection.scalars(query))

    def files(self, source: str) -> dict[str, FileState]:
        query = file_query().where(documents.c.source == source)
        return {row.path: to_file(row) for row in self.connection.execute(query)}

    def file(self, document_id: int) -> FileState:
        """Raises DocumentNotFoundError."""
        query = file_query().where(documents.c.id == document_id, *self._visible())
        row = self.connection.execute(query).first()
        if row is None:
            raise DocumentNotFoundError(document_id, None)
        return to_file(row)

    def details(self, source: str, path: str) -> dict[str, Detail]:
        place = sa.select(documents.c.id).where(documents.c.source == source, documents.c.path == path)
        number = self.connection.scalar(place)
        return {} if number is None else details_of(self.connection, number)

    def documents(self, part: Part | None = None) -> list[DocumentRecord]:
        """In order of path, or, with ``part``, in order of id."""
        query = _in_order(record_query().where(is_current(), *self._visible()), part)
        return [to_record(row) for row in self.connection.execute(query)]

    def list_rows(self, part: Part | None = None) -> list[dict[str, Any]]:
        """Rows of :func:`list_query`, in the order of :meth:`documents`."""
        query = _in_order(list_query().where(is_current(), *self._visible()), part)
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def records(self, document_ids: Collection[int], filters: Filters = NO_FILTERS) -> list[DocumentRecord]:
        """In order of path."""
        query = record_query().where(is_current(), *conditions(filters), *self._visible())
        found = [
            to_record(row)
            for part in batches(sorted(document_ids))
            for row in self.connection.execute(query.where(documents.c.id.in_(part)))
        ]
        return sorted(found, key=lambda record: (record.path, record.source))

    def count_documents(self, filters: Filters = NO_FILTERS) -> int:
        query = sa.select(sa.func.count()).select_from(documents).join(versions, is_current())
        return int(self.connection.scalar(query.where(*conditions(filters), *self._visible())) or 0)

    def count_by_collection(self) -> dict[str, int]:
        query = sa.select(versions.c.collection, sa.func.count()).join_from(documents, versions, is_current())
        named = query.where(versions.c.collection.is_not(None), *self._visible())
        return {name: count for name, count in self.connection.execute(named.group_by("collection"))}  # noqa: C416 (rows are no pairs to mypy)

    def look_alikes(self, collection: str, except_path: tuple[str, str] | None = None) -> list[str]:
        """The collections with documents or a limit, also hidden ones, that look like a new ``collection``.

        None if there is that collection. The one of the document at source and path ``except_path`` may go.
        """
        limited = self.connection.scalars(sa.select(limits.c.collection))
        return look_alikes(collection, {*collections_of(self.connection, except_path), *limited})

    def count_by_language(self) -> dict[str, int]:
        query = sa.select(versions.c.language, sa.func.count()).join_from(documents, versions, is_current())
        counted = query.where(*self._visible()).group_by(versions.c.language)
        return {language: count for language, count in self.connection.execute(counted)}  # noqa: C416 (as above)

    def newest(self, limit: int, filters: Filters = NO_FILTERS) -> list[int]:
        """Most recently added first."""
        query = sa.select(documents.c.id).join(versions, is_current())
        newest = query.where(*conditions(filters), *self._visible())
        newest = newest.order_by(versions.c.added.desc(), documents.c.id.desc()).limit(limit)
        return list(self.connection.scalars(newest))

    def document(self, document_id: int, version: int | None = None) -> DocumentRecord:
        """None is the current version. Raises DocumentNotFoundError."""
        query = record_query().where(is_version(document_id, version), *self._visible())
        row = self.connection.execute(query).first()
        if row is None:
            raise DocumentNotFoundError(document_id, version)
        return to_record(row)

    def versions(self, document_id: int) -> list[DocumentRecord]:
        """Newest first. Raises DocumentNotFoundError."""
        query = record_query().where(documents.c.id == document_id, *self._visible())
        query = query.order_by(versions.c.version.desc())
        found = [to_record(row) for row in self.connection.execute(query)]
        if not found:
            raise DocumentNotFoundError(document_id, None)
        return found

    def is_hidden_at(self, source: str, path: str) -> bool:
        place = sa.select(documents.c.id).where(documents.c.source == source, documents.c.path == path)
        number = self.connection.scalar(place)
        return number is not None and not self.records([number])

    def is_limited_at(self, source: str, path: str) -> bool:
        """Whoever reads: whether the document at a place is in a limited collection."""
        query = sa.select(documents.c.id).where(documents.c.source == source, documents.c.path == path)
        limited = documents_in(sa.select(limits.c.collection))
        return self.connection.scalar(query.where(documents.c.id.in_(limited))) is not None

    def hidden_paths(self) -> HiddenPaths:
        if not self.hidden:
            return HiddenPaths()
        query = sa.select(documents.c.path).where(documents.c.id.in_(documents_in(each_of(self.hidden))))
        return HiddenPaths(frozenset(self.hidden), frozenset(self.connection.scalars(query)))

    def text(self, document_id: int, version: int | None = None) -> Document:
        """Without page layouts. Raises DocumentNotFoundError."""
        query = sa.select(versions).join_from(versions, documents).where(is_version(document_id, version))
        row = self.connection.execute(query.where(*self._visible())).first()
        if row is None:
            raise DocumentNotFoundError(document_id, version)
        return to_document(row)

    def as_read(self, document_id: int) -> Document:
        return uncovered(self.text(document_id), details_of(self.connection, document_id))

    def layouts(self, document_id: int, version: int, pages: Collection[int]) -> dict[int, PageLayout]:
        """By page number, from 1; pages without a layout are absent."""
        same = layouts.c.document_id == document_id, layouts.c.version == version
        query = sa.select(layouts).where(*same, *self._visible(layouts.c.document_id))
        return {
            row.page: PageLayout(row.width, row.height, zlib.decompress(row.boxes))
            for part in batches(sorted(pages))
            for row in self.connection.execute(query.where(layouts.c.page.in_(part)))
        }

    def sentence(self, record: DocumentRecord, span: Span) -> tuple[Span | None, Span | None] | None:
        """A row's headings, and an item's lead-in; None if it is no sentence, or ``record`` is outdated."""
        query = (
            sa.select(chunks.c.sentences, chunks.c.header)
            .join_from(chunks, documents, chunks.c.document_id == documents.c.id)
            .where(documents.c.id == record.document_id, documents.c.version == record.version)
            .where(chunks.c.build == self._number, chunks.c.start <= span.start, chunks.c.end >= span.end)
            .where(*self._visible())
        )
        row = self.connection.execute(query).first()
        stored = (each for each in (row.sentences if row else ()) if each[:2] == [span.start, span.end])
        found = next(stored, None)
        if row is None or found is None:
            return None
        header = Span(*row.header) if row.header else None
        lead = Span(*found[3:]) if found[3:] else None
        return header if header and span.start >= header.end else None, lead

    # Passages

    def passages(
        self,
        chunk_ids: Collection[int] | None = None,
        after: int | None = None,
        *,
        document_id: int | None = None,
    ) -> Iterator[Passage]:
        """In the order of their ids, from above ``after``; unknown ids are ignored."""
        query = passage_query(self._number).where(*self._visible())
        if document_id is not None:
            query = query.where(chunks.c.document_id == document_id)
        if after is not None:
            query = query.where(chunks.c.id > after)
        texts: dict[tuple[int, int], str | LongText] = {}
        for part in [None] if chunk_ids is None else batches(sorted(chunk_ids)):
            in_part = query if part is None else query.where(chunks.c.id.in_(part))
            found = self.connection.execute(in_part.execution_options(yield_per=1000))
            for rows in _together(found):
                texts = self._texts_of(rows, texts)
                for row in rows:
                    yield to_passage(row, texts[row.document_id, row.version])

    def _texts_of(
        self, rows: Sequence[sa.Row[Any]], known: Mapping[tuple[int, int], str | LongText]
    ) -> dict[tuple[int, int], str | LongText]:
        characters = {(row.document_id, row.version): row.characters for row in rows}
        texts = {place: known[place] for place in characters if place in known}
        texts |= {
            place: self._long_text(*place)
            for place, count in characters.items()
            if count > LONG and place not in texts
        }
        if numbers := [number for number, version in characters if (number, version) not in texts]:
            for row in self.connection.execute(TEXTS, {"numbers": numbers}):
                texts[row.document_id, row.version] = row.text
        return texts

    def _long_text(self, document_id: int, version: int) -> LongText:
        def read() -> Iterator[bytes]:
            return database_of(self.connection).text_parts(self.connection, document_id, version)

        return self._texts.get((self.lineage, document_id, version), read)

    def count_chunks(self, filters: Filters = NO_FILTERS) -> int:
        query = sa.select(sa.func.sum(ranges.c.beyond - ranges.c.first)).where(ranges.c.build == self._number)
        if filters or self.hidden:
            own = query.join_from(ranges, documents, ranges.c.document_id == documents.c.id)
            query = own.join(versions, is_current()).where(*conditions(filters), *self._visible())
        return int(self.connection.scalar(query) or 0)

    def chunk_mask(self, last: int) -> npt.NDArray[np.bool_]:
        """The ids from 0 to ``last``, shape (last + 1,)."""
        import numpy as np

        query = sa.select(ranges.c.first, ranges.c.beyond)
        found = np.zeros(last + 1, np.bool_)
        for first, beyond in self.connection.execute(query.where(ranges.c.build == self._number)):
            found[first:beyond] = True
        return found

    def has_chunks(self) -> bool:
        some = sa.select(ranges.c.first).where(
            ranges.c.build == self._number, ranges.c.beyond > ranges.c.first
        )
        return self.connection.execute(some.limit(1)).first() is not None

    def last_chunk(self) -> int:
        """Also counts the recorded removed chunks."""
        mine = ranges.c.build == self._number
        beyond = self.connection.scalar(sa.select(sa.func.max(ranges.c.beyond)).where(mine))
        gone = self.connection.scalar(sa.select(sa.func.max(removals.c.chunk)))
        return max((beyond or 1) - 1, gone or 0)

    @property
    def mark(self) -> str:
        """The random name of the last commit; empty before the first."""
        return self._meta.get("mark") or ""

    @property
    def invalidation_count(self) -> int:
        """Counts changes to dates (``Catalog.touch``) and to limits of collections."""
        return int(self._meta.get("touched") or 0)

    def allowed(self, filters: Filters) -> Allowed:
        import numpy as np

        query = (
            sa.select(ranges.c.document_id, ranges.c.first, ranges.c.beyond)
            .join_from(ranges, documents, ranges.c.document_id == documents.c.id)
            .join(versions, is_current())
            .where(ranges.c.build == self._number, *conditions(filters), *self._visible())
            .order_by(ranges.c.document_id)
        )
        rows = [tuple(row) for row in self.connection.execute(query)]
        mask = np.zeros(max((beyond for _, _, beyond in rows), default=0), np.bool_)
        for _, first, beyond in rows:
            mask[first:beyond] = True
        return Allowed(tuple(number for number, _, _ in rows), mask)

    # Chunks and vectors for the search caches

    def forgotten(self) -> int:
        """The last generation whose records of removed chunks were deleted; 0 if there is none."""
        return int(self._meta.get("forgotten") or 0)

    def removed(self, since: int = -1) -> list[int]:
        """The ids that commits after the generation ``since`` removed, in order."""
        query = sa.select(removals.c.chunk).where(removals.c.generation > since)
        return sorted(self.connection.scalars(query))

    def vectors(self, chunk_ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """In the order of ``chunk_ids``, shape (n, dimensions); all ids must exist."""
        import numpy as np

        if not chunk_ids:
            return np.empty((0, 0), np.float32)
        found = self.connection.execute(_VECTORS, {"numbers": json.dumps(list(chunk_ids))}).all()
        rows = {number: vector for number, vector in found}  # noqa: C416 (rows are no pairs to mypy)
        return np.frombuffer(b"".join(rows[number] for number in chunk_ids), "<f4").reshape(
            len(chunk_ids), -1
        )

    def sentence_vectors(self, chunk_ids: Collection[int]) -> dict[int, bytes]:
        """Packed, by chunk id; chunks without any are absent."""
        query = sa.select(chunks.c.id, sentence_vectors.c.packed).join_from(
            chunks, sentence_vectors, chunks.c.vector == sentence_vectors.c.digest
        )
        return {
            number: packed
            for part in batches(sorted(chunk_ids))
            for number, packed in self.connection.execute(query.where(chunks.c.id.in_(part)))
        }

    def all_vectors(self, after: int = -1) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
        import numpy as np

        query = (
            sa.select(chunks.c.id, vectors.c.vector)
            .join_from(chunks, vectors, chunks.c.vector == vectors.c.digest)
            .where(chunks.c.build == self._number, chunks.c.id > after)
            .order_by(chunks.c.id)
            .execution_options(yield_per=_ROWS)
        )
        for rows in self.connection.execute(query).partitions():
            numbers = np.array([number for number, _ in rows], np.int64)
            stored = np.frombuffer(b"".join(vector for _, vector in rows), "<f4")
            yield numbers, stored.reshape(len(rows), -1)


def _together(rows: Iterable[sa.Row[Any]]) -> Iterator[list[sa.Row[Any]]]:
    """So that the texts of each part's documents fit into memory."""
    part: list[sa.Row[Any]] = []
    room, last = LONG, None
    for row in rows:
        if last != (last := (row.document_id, row.version)):
            room -= row.characters
            if part and room < 0:
                yield part
                part, room = [], LONG - row.characters
        part.append(row)
        if len(part) == _TOGETHER:
            yield part
            part = []
    if part:
        yield part
