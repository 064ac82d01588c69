"""Reads one state of the catalog. Later commits do not change this state."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from index.catalog.databases import database_of, each_json, each_of
from index.catalog.limits import documents_in, hidden_collections
from index.catalog.queries import (
    TEXTS,
    LongText,
    LongTexts,
    all_meta,
    batches,
    conditions,
    details_of,
    file_query,
    is_current,
    is_version,
    list_query,
    passage_query,
    record_query,
    searched_build,
    to_document,
    to_file,
    to_passage,
    to_record,
)
from index.catalog.schema import (
    chunks,
    documents,
    layouts,
    ranges,
    removals,
    sentence_vectors,
    sources,
    vectors,
    versions,
)
from index.documents import Detail, Document, PageLayout, Span, uncovered
from index.errors import DocumentNotFoundError
from index.machine import LONG
from index.records import (
    NO_FILTERS,
    Allowed,
    Build,
    DocumentRecord,
    FileState,
    Filters,
    HiddenPaths,
    Passage,
    Viewer,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_ROWS = 2_000  # The number of vectors in a batch: 3 MB at 384 dimensions.

_VECTORS = (
    sa.select(chunks.c.id, vectors.c.vector)
    .join_from(chunks, vectors, chunks.c.vector == vectors.c.digest)
    .where(chunks.c.id.in_(each_json(sa.bindparam("numbers", type_=sa.Text), int)))
)
"""Selects the vectors of chunks by their ids. Each search passes hundreds of ids; one JSON parameter for all
of them takes a fifth of the time that a parameter for each id would take."""


class Part(NamedTuple):
    """Part of a list of documents: the first ``limit`` with ids above ``after``, in order of id."""

    limit: int
    after: int = 0


def _in_order(query: sa.Select[Any], part: Part | None) -> sa.Select[Any]:
    if part is None:
        return query.order_by(documents.c.path, documents.c.source)
    return query.where(documents.c.id > part.after).order_by(documents.c.id).limit(part.limit)


_TOGETHER = 1_000  # The most passages for which one SQL statement reads the texts of their documents.


class CatalogReader:
    """Reads a catalog in one transaction, for one thread at a time.

    With a viewer, the reader leaves out the documents that the viewer may not see. Only :meth:`sources`,
    :meth:`files`, :meth:`details` and the methods that the search caches call do not depend on the viewer.
    ``hidden`` are the collections that the viewer may not see, in order; ``build`` is the one whose passages
    are read, None before the first indexing.
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
        """Return a reader of the same state; None may see all."""
        return CatalogReader(self.connection, self._texts, self.build, viewer)

    def _visible(self, number: sa.ColumnElement[int] = documents.c.id) -> Sequence[sa.ColumnElement[bool]]:
        return [number.not_in(documents_in(each_of(self.hidden)))] if self.hidden else []

    @property
    def lineage(self) -> str:
        """The random name of the catalog; a restored backup gets a new one (see ``Build.lineage``)."""
        return self._meta.get("lineage") or ""

    # Documents

    def sources(self) -> list[str]:
        """Return the followed folders (those that a sync without a path reads), sorted by path."""
        return self._folders(sources.c.confirmed)

    def unconfirmed(self) -> list[str]:
        """Return the folders that a restored backup lists and no user has confirmed. No sync reads them."""
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
        """Return all current versions in order of path, or those of ``part`` in order of id."""
        query = _in_order(record_query().where(is_current(), *self._visible()), part)
        return [to_record(row) for row in self.connection.execute(query)]

    def list_rows(self, part: Part | None = None) -> list[dict[str, Any]]:
        """Return a row of :func:`list_query` for each document of :meth:`documents`, in the same order."""
        query = _in_order(list_query().where(is_current(), *self._visible()), part)
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def records(self, document_ids: Collection[int], filters: Filters = NO_FILTERS) -> list[DocumentRecord]:
        """Return, of these documents, the current versions that pass ``filters``, in order of path."""
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

    def count_by_language(self) -> dict[str, int]:
        query = sa.select(versions.c.language, sa.func.count()).join_from(documents, versions, is_current())
        counted = query.where(*self._visible()).group_by(versions.c.language)
        return {language: count for language, count in self.connection.execute(counted)}  # noqa: C416 (as above)

    def newest(self, limit: int, filters: Filters = NO_FILTERS) -> list[int]:
        """Return document ids, most recently added first."""
        query = sa.select(documents.c.id).join(versions, is_current())
        newest = query.where(*conditions(filters), *self._visible())
        newest = newest.order_by(versions.c.added.desc(), documents.c.id.desc()).limit(limit)
        return list(self.connection.scalars(newest))

    def document(self, document_id: int, version: int | None = None) -> DocumentRecord:
        """Return a version, by default the current one. Raises DocumentNotFoundError."""
        query = record_query().where(is_version(document_id, version), *self._visible())
        row = self.connection.execute(query).first()
        if row is None:
            raise DocumentNotFoundError(document_id, version)
        return to_record(row)

    def versions(self, document_id: int) -> list[DocumentRecord]:
        """Return all versions, newest first. Raises DocumentNotFoundError."""
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

    def hidden_paths(self) -> HiddenPaths:
        if not self.hidden:
            return HiddenPaths()
        query = sa.select(documents.c.path).where(documents.c.id.in_(documents_in(each_of(self.hidden))))
        return HiddenPaths(frozenset(self.hidden), frozenset(self.connection.scalars(query)))

    def text(self, document_id: int, version: int | None = None) -> Document:
        """Return a version, without page layouts. Raises DocumentNotFoundError."""
        query = sa.select(versions).join_from(versions, documents).where(is_version(document_id, version))
        row = self.connection.execute(query.where(*self._visible())).first()
        if row is None:
            raise DocumentNotFoundError(document_id, version)
        return to_document(row)

    def as_read(self, document_id: int) -> Document:
        return uncovered(self.text(document_id), details_of(self.connection, document_id))

    def layouts(self, document_id: int, version: int, pages: Collection[int]) -> dict[int, PageLayout]:
        """Return the layouts by page number, from 1; pages without one are absent."""
        same = layouts.c.document_id == document_id, layouts.c.version == version
        query = sa.select(layouts).where(*same, *self._visible(layouts.c.document_id))
        return {
            row.page: PageLayout(row.width, row.height, zlib.decompress(row.boxes))
            for part in batches(sorted(pages))
            for row in self.connection.execute(query.where(layouts.c.page.in_(part)))
        }

    def sentence(self, record: DocumentRecord, span: Span) -> tuple[Span, Span | None] | None:
        """Return the sentence at exactly ``span``, and for a row of a table the span of its headings.

        None if ``span`` is not one sentence, or if ``record`` is no longer the current version.
        """
        query = (
            sa.select(chunks.c.sentences, chunks.c.header)
            .join_from(chunks, documents, chunks.c.document_id == documents.c.id)
            .where(documents.c.id == record.document_id, documents.c.version == record.version)
            .where(chunks.c.build == self._number, chunks.c.start <= span.start, chunks.c.end >= span.end)
            .where(*self._visible())
        )
        row = self.connection.execute(query).first()
        if row is None or [span.start, span.end] not in row.sentences:
            return None
        header = Span(*row.header) if row.header else None
        return span, header if header and span.start >= header.end else None

    # Passages

    def passages(
        self,
        chunk_ids: Collection[int] | None = None,
        after: int | None = None,
        *,
        document_id: int | None = None,
    ) -> Iterator[Passage]:
        """Yield passages in the order of their ids, from above ``after``; unknown ids are ignored."""
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
        """Return a mask of the ids from 0 to ``last`` that chunks of the build have, shape (last + 1,)."""
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
        """Return the highest id among the chunks of the reader's build and the recorded removed chunks."""
        mine = ranges.c.build == self._number
        beyond = self.connection.scalar(sa.select(sa.func.max(ranges.c.beyond)).where(mine))
        gone = self.connection.scalar(sa.select(sa.func.max(removals.c.chunk)))
        return max((beyond or 1) - 1, gone or 0)

    @property
    def mark(self) -> str:
        """The random name of the last commit; empty before the first commit."""
        return self._meta.get("mark") or ""

    @property
    def invalidation_count(self) -> int:
        """The number of changes to dates (``Catalog.touch``) and to limits of collections."""
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
        """Return the last generation whose records of removed chunks were deleted; 0 if there is none."""
        return int(self._meta.get("forgotten") or 0)

    def removed(self, since: int = -1) -> list[int]:
        """Return the ids, in order, of the chunks that commits after the generation ``since`` removed."""
        query = sa.select(removals.c.chunk).where(removals.c.generation > since)
        return sorted(self.connection.scalars(query))

    def vectors(self, chunk_ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """Return the vectors of ``chunk_ids`` in this order, shape (n, dimensions); all ids must exist."""
        import numpy as np

        if not chunk_ids:
            return np.empty((0, 0), np.float32)
        found = self.connection.execute(_VECTORS, {"numbers": json.dumps(list(chunk_ids))}).all()
        rows = {number: vector for number, vector in found}  # noqa: C416 (rows are no pairs to mypy)
        return np.frombuffer(b"".join(rows[number] for number in chunk_ids), "<f4").reshape(
            len(chunk_ids), -1
        )

    def sentence_vectors(self, chunk_ids: Collection[int]) -> dict[int, bytes]:
        """Return the packed vectors of sentences by chunk id; chunks without any are absent."""
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
    """Split the rows of passages into parts, so that the texts of each part's documents fit into memory."""
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
