"""The catalog: every document, version, passage and vector of a library, in one SQL database.

The catalog is authoritative; the FAISS and tantivy files are caches of it. Each commit that changes the
searchable passages raises a number, the generation, by one. A reader sees the state before a commit or the
state after it, never one in between.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from index.catalog.databases import (
    begin_reading,
    database_at,
    database_of,
    insert_into,
    is_file,
    shown,
    writing,
)
from index.catalog.queries import LongTexts, batches, get_meta, searched_build
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
    """A library's database. Safe to share between threads.

    Attributes:
        engine: the SQLAlchemy engine of the database.
        viewer: readers show only the documents that this viewer may see; None for all documents.
    """

    def __init__(self, engine: sa.Engine, viewer: Viewer | None = None) -> None:
        self.engine = engine
        self.viewer = viewer
        self._texts = LongTexts()

    def for_viewer(self, viewer: Viewer | None) -> Catalog:
        """Return the same catalog for ``viewer``, without the documents that the viewer may not see."""
        other = copy(self)
        other.viewer = viewer
        return other

    @classmethod
    def open(cls, place: Path | sa.URL) -> Catalog:
        """Open the catalog at ``place``; create or migrate it as needed.

        Args:
            place: the path of a SQLite file, or an address from :func:`index.catalog.databases.address_of`.

        Raises:
            CatalogError: if the catalog cannot be written, or if ``place`` is not a catalog.
            CatalogUnreachableError: if the database's server does not answer.
            SchemaError: if a newer program wrote the catalog.
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
        """Close all connections."""
        self.engine.dispose()

    def damage(self) -> str | None:
        """Describe the damage that a quick check of the database finds; return None if it finds none."""
        with self.engine.connect() as connection:
            return database_of(connection).damage(connection)

    def size(self) -> int:
        """Return the number of bytes that the database takes on its disk."""
        with self.engine.connect() as connection:
            return database_of(connection).size(connection)

    def clear_log(self) -> None:
        """Empty SQLite's write-ahead log, which still has deleted rows. A log that a reader needs is kept."""
        with self.engine.connect() as connection:
            database_of(connection).clear_log(connection)

    # Reading

    @contextmanager
    def reading(self, build: Build | None = None) -> Iterator[CatalogReader]:
        """Open a reader of the catalog's present state. Later commits do not change what the reader sees.

        Args:
            build: the build whose passages are read; None for the current one.
        """
        with self.engine.connect() as connection:
            begin_reading(connection)
            yield CatalogReader(connection, self._texts, build, self.viewer)

    def generation(self) -> int:
        """Return the number of commits that have changed the searchable passages."""
        with self.engine.connect() as connection:
            return int(get_meta(connection, "generation") or 0)

    def build(self) -> Build | None:
        """Return the build (set of embedded passages) that searches use; None before the first indexing."""
        with self.reading() as reader:
            return reader.build

    def sources(self) -> list[str]:
        """Return the followed folders (those that a sync without a path reads), sorted by path."""
        with self.reading() as reader:
            return reader.sources()

    def unconfirmed(self) -> list[str]:
        """Return the folders that a restored backup lists and no user has confirmed. No sync reads them."""
        with self.reading() as reader:
            return reader.unconfirmed()

    def files(self, source: str) -> dict[str, FileState]:
        """Return the recorded state (size, time, digest …) of each file in the folder ``source``, by path."""
        with self.reading() as reader:
            return reader.files(source)

    def documents(self) -> list[DocumentRecord]:
        """Return the current version of every document, in order of path."""
        with self.reading() as reader:
            return reader.documents()

    def document(self, document_id: int, version: int | None = None) -> DocumentRecord:
        """Return a version of a document, by default the current one (:meth:`CatalogReader.document`)."""
        with self.reading() as reader:
            return reader.document(document_id, version)

    def count_passages(self) -> int:
        """Return the number of passages that a search can find."""
        with self.reading() as reader:
            return reader.count_chunks()

    def text(self, document_id: int, version: int | None = None) -> Document:
        """Return a version of a document, by default the current one, with text but without page layouts."""
        with self.reading() as reader:
            return reader.text(document_id, version)

    def known_vectors(self, digests: Collection[str]) -> set[str]:
        """Return the subset of ``digests`` whose vectors are stored."""
        known: set[str] = set()
        with self.engine.connect() as connection:
            for part in batches(sorted(digests)):
                known.update(
                    connection.scalars(sa.select(vectors.c.digest).where(vectors.c.digest.in_(part)))
                )
        return known

    def vectors_of(self, file: Path) -> frozenset[str]:
        """Return the digests of the vectors of a file's passages; empty if no document has this file."""
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
        """Store vectors. Call this before the commit of the passages that refer to the vectors.

        Args:
            new: the passages' vectors, by digest.
            sentences: the packed vectors of the passages' sentences (:mod:`index.embedding.onnx`), by the
                same digests. Passages for which the encoder gives no vectors of sentences are absent.
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
        """Follow folders, so that each later sync without a path reads them.

        This also confirms folders that a restored backup lists; until then, no sync reads them.
        """
        rows = [{"folder": folder, "confirmed": True} for folder in folders]
        if rows:
            with writing(self.engine) as connection:
                new = insert_into(connection, sources)
                confirmed = {"confirmed": new.excluded.confirmed}
                connection.execute(new.on_conflict_do_update(index_elements=["folder"], set_=confirmed), rows)

    def touch(self, states: Mapping[int, tuple[int, int]], lineage: str | None = None) -> None:
        """Record the new file sizes and times of documents whose content is unchanged.

        A document whose date was taken from the time of its file gets a new date.

        Args:
            states: size in bytes and mtime_ns, by document id.
            lineage: the random name (``Build.lineage``) that the catalog had when the caller read the ids;
                None allows any name.

        Raises:
            LibraryRestoredError: if the catalog's name is no longer ``lineage``: a backup was restored.
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
        """Write new versions and remove documents in one transaction; return what has changed.

        Each commit raises a number, the generation, by one.

        Args:
            new: documents to add, or new versions of known documents.
            removed: ids of documents to remove with all their versions.
            recipe: the recipe (the settings) by which the passages of ``new`` were cut and embedded; None for
                the library's recipe. An empty library adopts ``recipe``; any other library must use it.
            prepare: does slow work that belongs to the commit. The commit calls ``prepare`` with the expected
                outcome before the transaction, since other writers wait during the transaction. If the actual
                outcome differs, the commit calls ``prepare`` again inside the transaction. If ``prepare``
                raises an error, nothing is committed.
            lineage: the random name (``Build.lineage``) that the catalog had when the caller read the ids in
                ``removed``; None allows any name.
            back: to restore a deleted document, the file with the document's saved rows
                (:mod:`index.catalog.writes`); ``new`` must contain the document too.
            mark: a random name for this commit, which ``CatalogReader.mark`` returns.

        Raises:
            LibraryRestoredError: if the catalog's name is no longer ``lineage``: a backup was restored.
            OutdatedError: if a document of ``new`` is an edit of a version that is no longer current.
            DetailsChangedError: if a user has edited the details of a document of ``new`` after
                ``Incoming.described`` added the details to it.
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
        """Delete the records of the chunks that were removed in the generation ``until`` or earlier.

        Call this only when no cache is older than ``until``: an older cache learns from these records which
        chunks it must drop.
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
    """Return the build (set of embedded passages) to which new passages go: normally the current build.

    If there is no build, this creates one. If the current build has no passages and was made for settings
    other than ``recipe``, this replaces it with a new build.

    Raises:
        ValueError: if the current build has passages that were made with settings other than ``recipe``.
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


_PROCESSES = Path("/proc")
_BOOT = _PROCESSES / "sys/kernel/random/boot_id"
_BOOT_DIGITS = 8

_STATE, _START = 0, 19
"""Fields of ``/proc/PID/stat`` after the program's name (fields 3 and 22 in proc(5))."""


@dataclass(frozen=True, slots=True)
class Process:
    """Identifies a process, and distinguishes it from a later process with the same pid.

    Attributes:
        pid: the number that the system gave to the process.
        host: the host name of the process's machine or container.
        started: the system's boot, and the clock tick after it when the process started; empty if unknown.
    """

    pid: int
    host: str
    started: str = ""

    def __str__(self) -> str:
        return f"{self.pid}@{self.host}" + (f"/{self.started}" if self.started else "")

    @classmethod
    def parse(cls, written: str) -> Process:
        """Parse ``written``, the text that ``str`` makes of a process.

        Raises:
            ValueError: if ``written`` has another form.
        """
        pid, _, place = written.partition("@")
        host, _, started = place.partition("/")
        return cls(int(pid), host, started)

    @property
    def lives(self) -> bool | None:
        """Whether the process still runs; None if this is unknown, as for a process of another host."""
        # On Windows, signal 0 would end the process.
        if self.host != socket.gethostname() or sys.platform == "win32" or self.pid <= 0:
            return None
        if self.started:
            return _start_of(self.pid) == self.started
        try:
            os.kill(self.pid, 0)
        except PermissionError:
            return True
        except (ProcessLookupError, OverflowError):
            return False
        return True


def this_process() -> Process:
    """Return the current process."""
    return Process(os.getpid(), socket.gethostname(), _start_of(os.getpid()))


def _start_of(pid: int) -> str:
    """Return the id of the system's boot, and the clock tick after it at which a process started.

    The result is empty if the process has ended, or if the system is not Linux.
    """
    try:
        # The program's name is in parentheses and may contain parentheses itself.
        fields = (_PROCESSES / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = _BOOT.read_text()[:_BOOT_DIGITS]
    except OSError:
        return ""
    return "" if fields[_STATE] in {"Z", "X"} else f"{boot}-{fields[_START]}"
