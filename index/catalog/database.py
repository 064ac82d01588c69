"""The one authoritative database of a library; the FAISS and tantivy files are caches of it."""

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
    limit_look_alikes,
    note_removals,
    put_uploader,
    restore_rows,
    set_meta,
    supersede,
)
from index.documents import Document
from index.errors import CatalogError, CatalogUnreachableError, write_failure
from index.private import close_to_others, database_files
from index.records import Build, Committed, DocumentRecord, FileState, NewVersion, Recipe, Viewer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Catalog:
    """For ``viewer``; None may see all. Safe to share between threads."""

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
        """Create or migrate it. Raises CatalogError, CatalogUnreachableError, or SchemaError."""
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
        with self.engine.connect() as connection:
            return database_of(connection).damage(connection)

    def size(self) -> int:
        with self.engine.connect() as connection:
            return database_of(connection).size(connection)

    def clear_log(self) -> None:
        """SQLite's log still has deleted rows. A log that a reader needs is kept."""
        with self.engine.connect() as connection:
            database_of(connection).clear_log(connection)

    # Reading

    @contextmanager
    def reading(self, build: Build | None = None) -> Iterator[CatalogReader]:
        """Commits do not change what the reader sees, by default of the current build."""
        with self.engine.connect() as connection:
            begin_reading(connection)
            yield CatalogReader(connection, self._texts, build, self.viewer)

    def generation(self) -> int:
        """The number of commits that have changed the searchable passages."""
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
        """By digest, before the commit of their passages; :mod:`index.embedding.onnx` packs ``sentences``."""
        rows = [
            {"digest": digest, "vector": vector.astype("<f4").tobytes()} for digest, vector in new.items()
        ]
        packed_rows = [{"digest": digest, "packed": packed} for digest, packed in (sentences or {}).items()]
        with writing(self.engine) as connection:
            for table, new_rows in ((vectors, rows), (sentence_vectors, packed_rows)):
                if new_rows:
                    connection.execute(insert_into(connection, table).on_conflict_do_nothing(), new_rows)

    def follow(self, folders: Iterable[str]) -> None:
        """This also confirms folders of a restored backup."""
        rows = [{"folder": folder, "confirmed": True} for folder in folders]
        if rows:
            with writing(self.engine) as connection:
                new = insert_into(connection, sources)
                confirmed = {"confirmed": new.excluded.confirmed}
                connection.execute(new.on_conflict_do_update(index_elements=["folder"], set_=confirmed), rows)

    def touch(self, states: Mapping[int, tuple[int, int]], lineage: str | None = None) -> None:
        """``states`` are size and mtime_ns by id. Raises LibraryRestoredError if ``lineage`` has changed."""
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

        An empty library adopts ``recipe``; any other must use it. ``prepare`` does slow work: it gets the
        expected outcome before the transaction, and again inside it if the outcome differs; if it raises,
        nothing is committed. ``back`` has the rows of a deleted document, which must also be in ``new``.
        Raises LibraryRestoredError if ``lineage`` has changed, OutdatedError or DetailsChangedError after
        another edit, and TakenError if another document has the id or the path of the one in ``back``.
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
            limit_look_alikes(connection, [item.incoming.collection for item in new], written)
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
        """Call this only when no cache is older: it learns from these records which chunks it must drop."""
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
    """Raises ValueError if the current build has passages of other settings than ``recipe``."""
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
