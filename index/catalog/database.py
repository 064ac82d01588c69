"""The catalog: every document, version, passage and vector of a library, in one SQL database.

The catalog is authoritative; the FAISS and tantivy files are caches of it. Each commit that changes the
searchable passages raises a number, the generation, by one. A reader sees the state before a commit or the
state after it, never one in between.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from index.catalog.dialects import (
    begin_reading,
    database_at,
    database_of,
    insert_into,
    is_file,
    shown,
    writing,
)
from index.catalog.reader import CatalogReader, LongTexts, batches, get_meta, searched_build
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
from index.catalog.writes import (
    check_lineage,
    check_vectors,
    chunk_rows,
    count_invalidation,
    delete_document,
    drop_unused_vectors,
    forecast,
    insert_build,
    insert_chunks,
    note_removals,
    put_uploader,
    restore_rows,
    set_meta,
    supersede,
    update_file_dates,
)
from index.documents import Document
from index.errors import CatalogError, CatalogUnreachableError, write_failure
from index.private import close_to_others, database_files
from index.records import Build, Committed, DocumentRecord, FileState, NewVersion, Recipe, Viewer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Catalog:
    """A library's database, for ``viewer``; None may see all. Safe to share between threads."""

    def __init__(self, engine: sa.Engine, viewer: Viewer | None = None) -> None:
        self.engine = engine
        self.viewer = viewer
        self._texts = LongTexts()

    def for_viewer(self, viewer: Viewer | None) -> Catalog:
        other = copy(self)
        other.viewer = viewer
        return other

    @classmethod
    def open(cls, place: Path | sa.URL) -> Catalog:
        """Open the catalog in a SQLite file or at an address; create or migrate it as needed.

        Raises CatalogError if the catalog cannot be written, or if ``place`` is not a catalog;
        CatalogUnreachableError if the database's server does not answer; SchemaError if a newer program wrote
        the catalog.
        """
        address = sa.URL.create("sqlite", database=str(place)) if isinstance(place, Path) else place
        engine = database_at(address).connect(address)
        try:
            migrate(engine)
        except sa.exc.DatabaseError as error:
            raise _unopened(address, error) from error
        if is_file(address):
            for file in database_files(Path(str(address.database))):
                close_to_others(file)
        return cls(engine)

    def close(self) -> None:
        self.engine.dispose()

    def damage(self) -> str | None:
        """Describe the damage that a quick check of the database finds; return None if it finds none."""
        with self.engine.connect() as connection:
            return database_of(connection).damage(connection)

    def size(self) -> int:
        with self.engine.connect() as connection:
            return database_of(connection).size(connection)

    def clear_log(self) -> None:
        """Empty SQLite's write-ahead log, which still has deleted rows. A log that a reader needs is kept."""
        with self.engine.connect() as connection:
            database_of(connection).clear_log(connection)

    # Reading

    @contextmanager
    def reading(self, build: Build | None = None) -> Iterator[CatalogReader]:
        """Open a reader of the present state, by default of the current build. Commits do not change it."""
        with self.engine.connect() as connection:
            begin_reading(connection)
            yield CatalogReader(connection, self._texts, build, self.viewer)

    def generation(self) -> int:
        """Return the number of commits that have changed the searchable passages."""
        with self.engine.connect() as connection:
            return int(get_meta(connection, "generation") or 0)

    def build(self) -> Build | None:
        with self.reading() as reader:
            return reader.build

    def sources(self) -> list[str]:
        with self.reading() as reader:
            return reader.sources()

    def unconfirmed(self) -> list[str]:
        with self.reading() as reader:
            return reader.unconfirmed()

    def files(self, source: str) -> dict[str, FileState]:
        with self.reading() as reader:
            return reader.files(source)

    def documents(self) -> list[DocumentRecord]:
        with self.reading() as reader:
            return reader.documents()

    def document(self, document_id: int, version: int | None = None) -> DocumentRecord:
        with self.reading() as reader:
            return reader.document(document_id, version)

    def count_passages(self) -> int:
        with self.reading() as reader:
            return reader.count_chunks()

    def text(self, document_id: int, version: int | None = None) -> Document:
        with self.reading() as reader:
            return reader.text(document_id, version)

    def known_vectors(self, digests: Collection[str]) -> set[str]:
        known: set[str] = set()
        with self.engine.connect() as connection:
            for part in batches(sorted(digests)):
                known.update(
                    connection.scalars(sa.select(vectors.c.digest).where(vectors.c.digest.in_(part)))
                )
        return known

    def vectors_of(self, file: Path) -> frozenset[str]:
        places = [(str(folder), file.relative_to(folder).as_posix()) for folder in file.parents]
        ids = sa.select(documents.c.id).where(sa.tuple_(documents.c.source, documents.c.path).in_(places))
        with self.engine.connect() as connection:
            return frozenset(
                connection.scalars(sa.select(chunks.c.vector).where(chunks.c.document_id.in_(ids)))
            )

    # Writing

    def put_vectors(
        self, new: Mapping[str, npt.NDArray[np.float32]], sentences: Mapping[str, bytes] | None = None
    ) -> None:
        """Store vectors by digest. Call this before the commit of the passages that refer to them.

        ``sentences`` are packed vectors of the passages' sentences (:mod:`index.embedding.onnx`), if the
        encoder makes them.
        """
        rows = [
            {"digest": digest, "vector": vector.astype("<f4").tobytes()} for digest, vector in new.items()
        ]
        packed_rows = [{"digest": digest, "packed": packed} for digest, packed in (sentences or {}).items()]
        with writing(self.engine) as connection:
            for table, new_rows in ((vectors, rows), (sentence_vectors, packed_rows)):
                if new_rows:
                    connection.execute(insert_into(connection, table).on_conflict_do_nothing(), new_rows)

    def follow(self, folders: Iterable[str]) -> None:
        """Let each sync without a path read these folders; this confirms those of a restored backup."""
        rows = [{"folder": folder, "confirmed": True} for folder in folders]
        if rows:
            with writing(self.engine) as connection:
                new = insert_into(connection, sources)
                confirmed = {"confirmed": new.excluded.confirmed}
                connection.execute(new.on_conflict_do_update(index_elements=["folder"], set_=confirmed), rows)

    def touch(self, states: Mapping[int, tuple[int, int]], lineage: str | None = None) -> None:
        """Record sizes and mtime_ns, by id, of unchanged documents, and the dates that come from mtime_ns.

        Raises LibraryRestoredError if the catalog's name is no longer ``lineage``: a backup was restored.
        """
        if not states:
            return
        with writing(self.engine) as connection:
            # The passages are the same, so the generation does not rise; but cached filters on dates are no
            # longer valid.
            count_invalidation(connection)
            # This transaction has written, so no other writer can change the rows that it reads now.
            check_lineage(connection, lineage)
            for document_id, (size, mtime_ns) in states.items():
                connection.execute(
                    sa.update(documents)
                    .where(documents.c.id == document_id)
                    .values(size=size, mtime_ns=mtime_ns)
                )
                for statement in update_file_dates(document_id, mtime_ns):
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
        mark: str = "",
    ) -> Committed:
        """Write new versions and remove documents, all of it in one transaction.

        ``recipe`` is that of the passages of ``new``: an empty library adopts it, any other must use it.
        ``prepare`` does slow work that belongs to the commit. It is called with the expected outcome before
        the transaction, in which other writers wait, and if the actual outcome differs, again inside it; if
        it raises an error, nothing is committed. ``lineage`` is the catalog's random name when the caller
        read the ids in ``removed``. ``back`` is the file with the rows of a deleted document
        (:func:`index.catalog.writes.save_rows`), which must also be in ``new``. ``CatalogReader.mark`` then
        returns ``mark``.

        Raises:
            LibraryRestoredError: if the catalog's name is no longer ``lineage``: a backup was restored.
            OutdatedError: if a document of ``new`` is an edit of a version that is no longer current.
            DetailsChangedError: if a user has edited details after ``Incoming.described`` added them.
            TakenError: if another document has the id or the path of the document in ``back``.
        """
        expected: tuple[Committed, Build] | None = None
        if prepare is not None:
            with self.reading() as reader:
                check_lineage(reader.connection, lineage)
                check_vectors(reader.connection, new)
                expected = forecast(reader.connection, new, removed, recipe)
            prepare(*expected)
        rows = [chunk_rows(item) for item in new]
        with writing(self.engine) as connection:
            check_lineage(connection, lineage)
            generation = int(get_meta(connection, "generation") or 0) + 1
            # Write before reading: from here on no other writer can change the rows that are read.
            set_meta(connection, "generation", str(generation))
            set_meta(connection, "mark", mark)
            build = _build_for(connection, recipe)
            written: list[int] = []
            added: list[tuple[int, ...]] = []
            gone: dict[int, str] = {}
            came_back = restore_rows(connection, back) if back is not None else set()
            for item, new_chunks in zip(new, rows, strict=True):
                document_id, old = supersede(connection, item)
                if item.incoming.uploader is not None:
                    put_uploader(connection, document_id, item.incoming.uploader)
                gone |= old
                written.append(document_id)
                added.append(tuple(insert_chunks(connection, build.number, document_id, new_chunks)))
            for document_id in sorted(removed):
                gone |= delete_document(connection, document_id)
            note_removals(connection, gone, generation)
            committed = Committed(generation, tuple(written), tuple(added), tuple(gone))
            if prepare is not None:
                check_vectors(connection, new)
                if (committed, build) != expected:
                    # Another writer has changed the outcome meanwhile; for example, a rebuild has taken chunk
                    # ids.
                    prepare(committed, build)
        unused = sorted(came_back.union(gone.values()))
        # If the database is unreachable now, the commit still stands; unused vectors only take space.
        with suppress(CatalogUnreachableError):
            for part in batches(unused):
                # No reader uses these vectors any more. Other writers may write between two batches.
                with writing(self.engine) as connection:
                    drop_unused_vectors(connection, part)
        return committed

    def forget_removals(self, until: int) -> None:
        """Forget the chunks that were removed in the generation ``until`` or earlier.

        Call this only when no cache is older: it learns from these records which chunks it must drop.
        """
        with writing(self.engine) as connection:
            connection.execute(sa.delete(removals).where(removals.c.generation <= until))
            # Another home folder with newer caches may have deleted more rows already.
            forgotten = max(until, int(get_meta(connection, "forgotten") or 0))
            set_meta(connection, "forgotten", str(forgotten))


def _unopened(address: sa.URL, error: sa.exc.DatabaseError) -> CatalogError:
    remedy = "check that its user may create tables in it"
    if is_file(address):
        # A backup does not help if the disk takes no more writes.
        restore = "" if write_failure(error) else ", or restore a backup with `footnoted restore FILE`"
        remedy = f"check the folder's permissions and space{restore}"
    return CatalogError(f"the catalog {shown(address)} cannot be opened: {error.orig}; {remedy}")


def _build_for(connection: sa.Connection, recipe: Recipe | None) -> Build:
    """Return the build to which new passages go: the current one, or a new one if it has no passages.

    Raises ValueError if the current build has passages of other settings than ``recipe``.
    """
    build = searched_build(connection)
    if build is None:
        build = insert_build(connection, recipe or Recipe("", 0, 0, 0))
        set_meta(connection, "build", str(build.number))
    elif recipe is not None and recipe != build.recipe:
        if connection.scalar(sa.select(chunks.c.id).where(chunks.c.build == build.number).limit(1)):
            raise ValueError(f"passages by {recipe} cannot go to a library of {build.recipe}")
        # The old build has no passages, so no process may resume it.
        connection.execute(sa.delete(builds).where(builds.c.id == build.number))
        build = insert_build(connection, recipe)
        set_meta(connection, "build", str(build.number))
    return build
