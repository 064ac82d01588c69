"""The catalog: every document, version, passage and vector of a library, in one SQL database.

It is the truth; the FAISS and tantivy files are caches of it. Each commit that changes what can be
found raises the generation by one, and readers see the state before a commit or the one after it.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from index.commits import (
    batches,
    date_again,
    delete_document,
    drop_unused_vectors,
    get_meta,
    insert_chunks,
    set_meta,
    supersede,
)
from index.documents import Document, PageLayout
from index.duplicates import Duplicates
from index.queries import (
    conditions,
    file_query,
    is_current,
    is_version,
    layout_query,
    passage_query,
    record_query,
    text_query,
    to_document,
    to_passage,
    to_record,
)
from index.records import (
    Committed,
    DocumentNotFoundError,
    DocumentRecord,
    FileState,
    Filters,
    NewVersion,
    Passage,
)
from index.schema import chunks, documents, migrate, sources, vectors, versions

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_PATIENCE_SECONDS = 30.0


class CatalogError(Exception):
    """The catalog's file cannot be used; the message says which file, why and what to do."""


class Catalog:
    """A library's database. Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.duplicates = Duplicates(engine)

    @classmethod
    def open(cls, path: Path) -> Catalog:
        """Open the SQLite file at ``path``, making or migrating it as needed.

        Raises:
            CatalogError: if the file cannot be written or is not a catalog.
            SchemaError: if a newer program wrote it.
        """
        place = sa.URL.create("sqlite", database=str(path))
        engine = sa.create_engine(place, connect_args={"timeout": _PATIENCE_SECONDS})
        sa.event.listen(engine, "connect", _set_pragmas)
        try:
            migrate(engine)
        except sa.exc.DatabaseError as error:
            raise CatalogError(
                f"the catalog {path} cannot be opened: {error.orig}; check the folder's permissions and "
                "space, or restore the file from a backup"
            ) from error
        return cls(engine)

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    # Reading

    def generation(self) -> int:
        """How many commits have changed what can be found."""
        return int(self._meta("generation") or 0)

    def encoder_key(self) -> str | None:
        """The key of the encoder whose vectors the passages have; None while there are none."""
        return self._meta("encoder") if self.count_chunks() else None

    def sources(self) -> list[str]:
        """The folders that this library follows, in order."""
        with self._engine.connect() as connection:
            return list(connection.scalars(sa.select(sources.c.folder).order_by(sources.c.folder)))

    def files(self, source: str) -> dict[str, FileState]:
        """The files known under the folder ``source``, by path, as they were when last read."""
        with self._engine.connect() as connection:
            return {path: FileState(*state) for path, *state in connection.execute(file_query(source))}

    def documents(self) -> list[DocumentRecord]:
        """The current version of every document, by path."""
        query = record_query().where(is_current()).order_by(documents.c.path, documents.c.source)
        with self._engine.connect() as connection:
            return [to_record(row) for row in connection.execute(query)]

    def document(self, document_id: int, version: int | None = None) -> DocumentRecord:
        """One document's current version, or the version asked for.

        Raises:
            DocumentNotFoundError: if there is none.
        """
        with self._engine.connect() as connection:
            row = connection.execute(record_query().where(is_version(document_id, version))).first()
        if row is None:
            raise DocumentNotFoundError(document_id, version)
        return to_record(row)

    def text(self, document_id: int, version: int | None = None) -> Document:
        """One document with its text, in its current version or the one asked for, without its layouts.

        Raises:
            DocumentNotFoundError: if there is none.
        """
        query = sa.select(versions).join_from(versions, documents).where(is_version(document_id, version))
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise DocumentNotFoundError(document_id, version)
        return to_document(row)

    def layouts(self, document_id: int, version: int, pages: Collection[int]) -> dict[int, PageLayout]:
        """The layouts of those of ``pages`` that have one, by page."""
        found: dict[int, PageLayout] = {}
        with self._engine.connect() as connection:
            for part in batches(sorted(pages)):
                for row in connection.execute(layout_query(document_id, version, part)):
                    found[row.page] = PageLayout(row.width, row.height, zlib.decompress(row.boxes))
        return found

    def passages(self, chunk_ids: Collection[int] | None = None) -> Iterator[Passage]:
        """Chunks by number, or all, in the order of their numbers; unknown numbers are passed over."""
        query = passage_query()
        place: tuple[int, int] | None = None
        text = ""
        with self._engine.connect() as connection:
            # One state of the database throughout: spans must be cut out of the text that they count in.
            connection.exec_driver_sql("BEGIN")
            for part in [None] if chunk_ids is None else batches(sorted(chunk_ids)):
                narrowed = query if part is None else query.where(chunks.c.id.in_(part))
                for row in connection.execute(narrowed):
                    # A document's chunks are numbered in a row, so that its text is fetched once.
                    if place != (row.document_id, row.version):
                        place = row.document_id, row.version
                        text = connection.execute(text_query(*place)).scalar_one()
                    yield to_passage(row, text)

    def count_chunks(self) -> int:
        """How many chunks there are."""
        with self._engine.connect() as connection:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(chunks)) or 0)

    def chunk_ids(self, filters: Filters) -> list[int]:
        """The numbers of the chunks whose document passes ``filters``, in order."""
        query = (
            sa.select(chunks.c.id)
            .join_from(chunks, documents)
            .join(versions, is_current())
            .where(*conditions(filters))
            .order_by(chunks.c.id)
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def chunk_vectors(
        self, chunk_ids: Collection[int] | None = None
    ) -> tuple[list[int], npt.NDArray[np.float32]]:
        """The numbers of chunks, in order, and their vectors: shape (chunks, dimensions)."""
        # Only here: `status` needs none of it, and it takes a tenth of a second.
        import numpy as np

        query = (
            sa.select(chunks.c.id, vectors.c.vector)
            .join_from(chunks, vectors, chunks.c.vector == vectors.c.digest)
            .order_by(chunks.c.id)
        )
        ids: list[int] = []
        rows: list[npt.NDArray[np.float32]] = []
        with self._engine.connect() as connection:
            for part in [None] if chunk_ids is None else batches(sorted(chunk_ids)):
                for number, blob in connection.execute(
                    query if part is None else query.where(chunks.c.id.in_(part))
                ):
                    ids.append(number)
                    rows.append(np.frombuffer(blob, dtype="<f4").astype(np.float32))
        return ids, np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def known_vectors(self, digests: Collection[str]) -> set[str]:
        """Those of ``digests`` whose vector is stored."""
        known: set[str] = set()
        with self._engine.connect() as connection:
            for part in batches(sorted(digests)):
                known.update(
                    connection.scalars(sa.select(vectors.c.digest).where(vectors.c.digest.in_(part)))
                )
        return known

    # Writing

    def put_vectors(self, new: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Store vectors under their digests, ahead of the passages that will name them."""
        rows = [
            {"digest": digest, "vector": vector.astype("<f4").tobytes()} for digest, vector in new.items()
        ]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(vectors).prefix_with("OR IGNORE", dialect="sqlite"), rows)

    def follow(self, folders: Iterable[str]) -> None:
        """Remember folders, so that a later sync without a path goes over them."""
        rows = [{"folder": folder} for folder in folders]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(sources).prefix_with("OR IGNORE", dialect="sqlite"), rows)

    def touch(self, states: Mapping[int, tuple[int, int]]) -> None:
        """Note that files were saved again with the same content: size and mtime_ns by document.

        What is dated by the time of its file has a new date.
        """
        with self._engine.begin() as connection:
            for document_id, (size, mtime_ns) in states.items():
                connection.execute(
                    sa.update(documents)
                    .where(documents.c.id == document_id)
                    .values(size=size, mtime_ns=mtime_ns)
                )
                connection.execute(date_again(document_id, mtime_ns))

    def commit(
        self, new: Sequence[NewVersion], removed: Collection[int] = (), encoder_key: str | None = None
    ) -> Committed:
        """Write new versions and remove documents in one transaction, and raise the generation.

        Args:
            new: documents to add, or versions that supersede the ones there are.
            removed: numbers of documents to remove, with all their versions.
            encoder_key: the encoder of the new versions' vectors.
        """
        with self._engine.begin() as connection:
            came: list[int] = []
            gone: list[int] = []
            unused: set[str] = set()
            for item in new:
                document_id, old = supersede(connection, item)
                came.extend(insert_chunks(connection, document_id, item))
                gone.extend(old)
                unused.update(old.values())
            for document_id in sorted(removed):
                old = delete_document(connection, document_id)
                gone.extend(old)
                unused.update(old.values())
            drop_unused_vectors(connection, unused)
            generation = int(get_meta(connection, "generation") or 0) + 1
            set_meta(connection, "generation", str(generation))
            if encoder_key is not None:
                set_meta(connection, "encoder", encoder_key)
        return Committed(generation, tuple(came), tuple(gone))

    def _meta(self, key: str) -> str | None:
        with self._engine.connect() as connection:
            return get_meta(connection, key)


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    _set_wal(connection)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")


def _set_wal(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not wait by itself while another process makes the same file.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
