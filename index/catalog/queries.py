"""SQL queries of the catalog, and the conversion of rows to values."""

from __future__ import annotations

import codecs
import sys
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

import sqlalchemy as sa

from index.catalog.databases import each_of, object_of
from index.catalog.schema import builds, chunks, details, documents, meta, versions
from index.documents import Detail, Document, Section, Span
from index.machine import give_back
from index.records import Build, DocumentRecord, FileState, Filters, Passage, Recipe

Key = tuple[str, int, int]
"""The random name of the catalog (``Build.lineage``), the document's id, and its version."""

ROOM = 100_000_000  # The most bytes of memory that the shared texts may take together.


class LongText:
    """A text in pieces, of which ``text[start:end]`` gives a span, as of a string.

    If a string contains a single emoji, Python stores four bytes for each of its characters; here, only for
    those of a piece.
    """

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
    """The long texts that were read lately. Safe to share between threads.

    Without sharing, thirty simultaneous searches that find the same report of 20 MB would take hundreds of
    megabytes, and the C library would not return all of that memory to the system.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._texts: OrderedDict[Key, LongText] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, read: Callable[[], Iterable[bytes]]) -> LongText:
        """Return the text of ``key``; while one thread reads it by ``read``, all others wait."""
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
    """Select a version of a document; None is the current one."""
    wanted = documents.c.version if version is None else version
    return sa.and_(documents.c.id == document_id, versions.c.version == wanted)


def record_query(*more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Select all versions, with the columns of a DocumentRecord and ``more``."""
    columns = versions.c[
        "document_id", "version", "kind", "title", "publisher", "published", "language", "characters",
        "passages", "digest", "added", "author", "collection", "origins", "unread_pages", "recognised_pages",
    ]  # fmt: skip
    return sa.select(
        *columns,
        *documents.c["source", "path"],
        sa.func.json_array_length(versions.c.page_starts).label("pages"),
        documents.c.version.label("current"),
        *more,
    ).join_from(documents, versions, versions.c.document_id == documents.c.id)


def list_query() -> sa.Select[Any]:
    """Select all versions, with few of the columns after the text, which SQLite must skip to reach them."""
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
        *versions.c["digest", "origins", "recognised_in"],
        sa.type_coerce(sa.and_(versions.c.kind == "pdf", count > 0), sa.Boolean).label("has_pictures"),
        sa.type_coerce(covered, sa.JSON).label("covered"),
    ).join_from(documents, versions, is_current())


def to_file(row: sa.Row[Any]) -> FileState:
    origins = {key: origin for key, origin in {**row.origins, **row.covered}.items() if origin}
    state = (row.id, row.version, row.size, row.mtime_ns, row.digest)
    return FileState(*state, origins, row.has_pictures, row.recognised_in)


def details_of(connection: sa.Connection, document_id: int) -> dict[str, Detail]:
    columns = details.c["key", "value", "origin", "beneath", "beneath_origin"]
    query = sa.select(*columns).where(details.c.document_id == document_id)
    return {key: Detail(*given) for key, *given in connection.execute(query)}


def to_record(row: sa.Row[Any]) -> DocumentRecord:
    fields = row._mapping
    computed = {"pages", "unread_pages", "recognised_pages", "superseded_by"}
    return DocumentRecord(
        **{name: fields[name] for name in DocumentRecord.__dataclass_fields__ if name not in computed},
        pages=fields["pages"] or None,
        unread_pages=tuple(fields["unread_pages"]),
        recognised_pages=tuple(fields["recognised_pages"]),
        superseded_by=None if row.version == row.current else row.version + 1,
    )


def to_passage(row: sa.Row[Any], text: str | LongText) -> Passage:
    document = to_record(row)
    span = Span(row.start, row.end)
    page = bisect_right(row.page_starts, row.start) or None
    header = Span(*row.header) if row.header else None
    sentences = tuple(Span(start, end) for start, end in row.sentences)
    return Passage(
        row.chunk_id,
        document,
        span,
        text[span.start : span.end],
        page,
        sentences,
        header,
        text[header.start : header.end] if header else "",
        _sections(text, header, sentences) if header else ("",) * len(sentences),
        document.recognised(*range(page or 0, bisect_left(row.page_starts, row.end) + 1)),
    )


def _sections(text: str | LongText, header: Span, sentences: Sequence[Span]) -> tuple[str, ...]:
    # Imported here: the command `status` opens the catalog but needs no tables, whose patterns import slowly.
    from index.text.tabular import sections_at

    rows = [sentence.start for sentence in sentences if sentence.start >= header.end]
    found = sections_at(text, header, rows) if rows else []
    return (*[""] * (len(sentences) - len(rows)), *found)


def to_document(row: sa.Row[Any]) -> Document:
    """Convert a full row of ``versions``, without the page layouts."""
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
        # A collection without an origin is only the folder's name, which changes if the document moves.
        collection=row.collection if "collection" in row.origins else None,
    )


TEXTS = (
    sa.select(versions.c.document_id, versions.c.version, versions.c.text)
    .join_from(documents, versions, is_current())
    .where(documents.c.id.in_(sa.bindparam("numbers", expanding=True)))
)
"""Selects the whole current texts of documents. For each passage, ``substr`` in SQL would count the
characters from the start of the text again."""


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


def passage_query(build: int) -> sa.Select[Any]:
    """Select the chunks of current versions in ``build``, by id, with the columns of a Passage."""
    return (
        record_query(
            chunks.c.id.label("chunk_id"),
            *chunks.c["start", "end", "sentences", "header"],
            versions.c.page_starts,
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
    """Return the build that searches use; None before the first indexing. ``known`` is all of ``meta``."""
    values = all_meta(connection) if known is None else known
    number = values.get("build")
    return None if number is None else get_build(connection, int(number), values.get("lineage"))


def get_build(connection: sa.Connection, number: int, lineage: str | None = None) -> Build:
    """The build must exist. ``lineage`` is read from the catalog if it is None."""
    row = connection.execute(sa.select(builds).where(builds.c.id == number)).one()
    recipe = Recipe(row.encoder, row.max_chunk_tokens, row.title_tokens, row.chunking, row.model)
    return Build(number, lineage or get_meta(connection, "lineage") or "", recipe)
