"""The catalog: every document, version, passage and vector of a library, in one SQL database.

It is the truth; the FAISS and tantivy files are caches of it. Each commit that changes what can be
found raises the generation by one, and readers see the state before a commit or the one after it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from index.catalog.chunk_rows import chunk_rows, insert_chunks
from index.catalog.forecast import foreseen
from index.catalog.reader import CatalogReader
from index.catalog.schema import (
    builds,
    chunks,
    documents,
    migrate,
    removals,
    sentence_vectors,
    sources,
    vectors,
)
from index.catalog.trash import put_back_rows
from index.catalog.writes import (
    batches,
    check_lineage,
    check_vectors,
    date_again,
    delete_document,
    drop_unused_vectors,
    get_meta,
    insert_build,
    note_removals,
    searched_build,
    set_meta,
    supersede,
)
from index.documents import Document
from index.errors import CatalogError, write_failure
from index.private import close_to_others, make_file
from index.records import Build, Committed, DocumentRecord, FileState, NewVersion, Recipe

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_PATIENCE_SECONDS = 30.0


class Catalog:
    """A library's database. Safe to share between threads.

    Attributes:
        engine: gives connections to it.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, path: Path) -> Catalog:
        """Open the SQLite file at ``path``, making or migrating it as needed.

        Raises:
            CatalogError: if the file cannot be written or is not a catalog.
            SchemaError: if a newer program wrote it.
        """
        # SQLite gives the files beside it the mode of this one, and tells better why it cannot be made.
        with suppress(OSError):
            make_file(path)
        place = sa.URL.create("sqlite", database=str(path))
        # A reader holds its connection for a whole question: none waits for another's.
        engine = sa.create_engine(
            place, connect_args={"timeout": _PATIENCE_SECONDS}, pool_size=20, max_overflow=-1
        )
        sa.event.listen(engine, "connect", _set_pragmas)
        try:
            migrate(engine)
        except sa.exc.DatabaseError as error:
            # A backup does not help where nothing can be written.
            restore = "" if write_failure(error) else ", or put a backup back with `footnoted restore FILE`"
            raise CatalogError(
                f"the catalog {path} cannot be opened: {error.orig}; check the folder's permissions and "
                f"space{restore}"
            ) from error
        for suffix in ("", "-wal", "-shm"):
            close_to_others(path.with_name(path.name + suffix))
        return cls(engine)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    # Reading

    @contextmanager
    def reading(self, build: Build | None = None) -> Iterator[CatalogReader]:
        """One state of the catalog, for as long as it is held.

        Args:
            build: whose passages are read; None for those of the one that is searched.
        """
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield CatalogReader(connection, build)

    def generation(self) -> int:
        """How many commits have changed what can be found."""
        with self.engine.connect() as connection:
            return int(get_meta(connection, "generation") or 0)

    def build(self) -> Build | None:
        """The build that is searched; None while nothing was ever indexed."""
        with self.reading() as reader:
            return reader.build

    def sources(self) -> list[str]:
        """The folders that this library follows, in order."""
        with self.reading() as reader:
            return reader.sources()

    def unconfirmed(self) -> list[str]:
        """As :meth:`CatalogReader.unconfirmed`."""
        with self.reading() as reader:
            return reader.unconfirmed()

    def files(self, source: str) -> dict[str, FileState]:
        """The files known under the folder ``source``, by path, as they were when last read."""
        with self.reading() as reader:
            return reader.files(source)

    def documents(self) -> list[DocumentRecord]:
        """The current version of every document, by path."""
        with self.reading() as reader:
            return reader.documents()

    def text(self, document_id: int, version: int | None = None) -> Document:
        """As :meth:`CatalogReader.text`."""
        with self.reading() as reader:
            return reader.text(document_id, version)

    def known_vectors(self, digests: Collection[str]) -> set[str]:
        """Those of ``digests`` whose vector is stored."""
        known: set[str] = set()
        with self.engine.connect() as connection:
            for part in batches(sorted(digests)):
                known.update(
                    connection.scalars(sa.select(vectors.c.digest).where(vectors.c.digest.in_(part)))
                )
        return known

    # Writing

    def put_vectors(
        self, new: Mapping[str, npt.NDArray[np.float32]], sentences: Mapping[str, bytes] | None = None
    ) -> None:
        """Store vectors under their digests, ahead of the passages that will name them.

        Args:
            new: vectors by digest.
            sentences: for some of them, the vectors of the passage's sentences, packed
                (:mod:`index.embedding.quantize`).
        """
        rows = [
            {"digest": digest, "vector": vector.astype("<f4").tobytes()} for digest, vector in new.items()
        ]
        beside = [{"digest": digest, "packed": packed} for digest, packed in (sentences or {}).items()]
        with self.engine.begin() as connection:
            for table, its in ((vectors, rows), (sentence_vectors, beside)):
                if its:
                    connection.execute(sa.insert(table).prefix_with("OR IGNORE", dialect="sqlite"), its)

    def follow(self, folders: Iterable[str]) -> None:
        """Remember folders, so that a later sync without a path goes over them; this confirms them, too."""
        rows = [{"folder": folder, "confirmed": True} for folder in folders]
        if rows:
            with self.engine.begin() as connection:
                connection.execute(sa.insert(sources).prefix_with("OR REPLACE", dialect="sqlite"), rows)

    def touch(self, states: Mapping[int, tuple[int, int]], lineage: str | None = None) -> None:
        """Note that files were saved again with the same content: size and mtime_ns by document.

        What is dated by the time of its file has a new date.

        Raises:
            LibraryRestoredError: if the catalog is not of ``lineage`` any more.
        """
        if not states:
            return
        with self.engine.begin() as connection:
            # Not another generation: no passage came or went. What is remembered of dates is old now.
            set_meta(connection, "touched", str(int(get_meta(connection, "touched") or 0) + 1))
            # After something was written nobody else writes: what is read now stays.
            check_lineage(connection, lineage)
            for document_id, (size, mtime_ns) in states.items():
                connection.execute(
                    sa.update(documents)
                    .where(documents.c.id == document_id)
                    .values(size=size, mtime_ns=mtime_ns)
                )
                for statement in date_again(document_id, mtime_ns):
                    connection.execute(statement)

    def commit(
        self,
        new: Sequence[NewVersion],
        removed: Collection[int] = (),
        recipe: Recipe | None = None,
        prepare: Callable[[Committed, Build], None] | None = None,
        lineage: str | None = None,
        *,
        back: Path | None = None,
    ) -> Committed:
        """Write new versions and remove documents in one transaction, and raise the generation.

        Args:
            new: documents to add, or versions that supersede the ones there are.
            removed: numbers of documents to remove, with all their versions.
            recipe: how the passages of ``new`` were made, if that is not how the library's are: an empty
                library takes to it.
            prepare: does what takes long and belongs to the commit, before anybody sees anything of it and
                before the transaction, which others wait for. It is told what will be committed, and again,
                within the transaction, if that comes otherwise. If it raises, nothing is committed.
            lineage: the catalog's when ``removed`` was read; None for any.
            back: the file of a document that comes back (:mod:`index.catalog.trash`), which is among ``new``.

        Raises:
            LibraryRestoredError: if it has another one now.
            OutdatedError: if one of ``new`` is another reading of what is not there any more.
            DetailsChangedError: if somebody gave other details of one of ``new`` since it was described.
            TakenError: if something else is where ``back`` was.
        """
        expected: tuple[Committed, Build] | None = None
        if prepare is not None:
            with self.reading() as reader:
                check_lineage(reader.connection, lineage)
                check_vectors(reader.connection, new)
                expected = foreseen(reader.connection, new, removed, recipe)
            prepare(*expected)
        rows = [chunk_rows(item) for item in new]
        with self.engine.begin() as connection:
            check_lineage(connection, lineage)
            generation = int(get_meta(connection, "generation") or 0) + 1
            # Written first: from here on nobody else writes, and what is read stays.
            set_meta(connection, "generation", str(generation))
            build = _build_for(connection, recipe)
            written: list[int] = []
            came: list[tuple[int, ...]] = []
            gone: dict[int, str] = {}
            came_back = put_back_rows(connection, back) if back is not None else set()
            for item, its in zip(new, rows, strict=True):
                document_id, old = supersede(connection, item)
                gone |= old
                written.append(document_id)
                came.append(tuple(insert_chunks(connection, build.number, document_id, its)))
            for document_id in sorted(removed):
                gone |= delete_document(connection, document_id)
            note_removals(connection, gone, generation)
            committed = Committed(generation, tuple(written), tuple(came), tuple(gone))
            if prepare is not None:
                check_vectors(connection, new)
                if (committed, build) != expected:
                    # As where a build that is being made has been given numbers meanwhile.
                    prepare(committed, build)
        unused = sorted(came_back.union(gone.values()))
        for part in batches(unused):
            # Nobody sees them any more. Others may write between two parts.
            with self.engine.begin() as connection:
                drop_unused_vectors(connection, part)
        return committed

    def forget_removals(self, until: int) -> None:
        """Forget what went up to the generation ``until``: no cache was made before it any more."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(removals).where(removals.c.generation <= until))
            set_meta(connection, "forgotten", str(until))


def _build_for(connection: sa.Connection, recipe: Recipe | None) -> Build:
    """The build that new passages belong to: the one that is searched, made or changed where it has none."""
    build = searched_build(connection)
    if build is None:
        build = insert_build(connection, recipe or Recipe("", 0, 0, 0))
        set_meta(connection, "build", str(build.number))
    elif recipe is not None and recipe != build.recipe:
        if connection.scalar(sa.select(chunks.c.id).where(chunks.c.build == build.number).limit(1)):
            raise ValueError(f"passages by {recipe} cannot go to a library of {build.recipe}")
        # No passage is of the former one: it is no build that is being made.
        connection.execute(sa.delete(builds).where(builds.c.id == build.number))
        build = insert_build(connection, recipe)
        set_meta(connection, "build", str(build.number))
    return build


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    _set_wal(connection)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")
    # 8 MB: the upper pages of a million vectors' tables, which each search passes through.
    connection.execute("PRAGMA cache_size=-8000")


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
