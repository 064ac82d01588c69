"""Keeps the search caches at the catalog's generation while other threads and processes write.

Readers see a change at the catalog's commit. Before it, the writer adds the words under chunk ids that
readers ignore until then; the base (the file of vectors) never changes, and newer vectors are in memory only.
A crash therefore leaves no partial change.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import RLock

import sqlalchemy as sa
from filelock import FileLock, Timeout

from index.catalog import lock
from index.catalog.database import Catalog
from index.catalog.lock import WriteLock, locked
from index.catalog.reader import CatalogReader
from index.catalog.writes import (
    add_to_build,
    begin_build,
    count_missing_passages,
    drop_abandoned,
    missing_documents,
    switch_to_build,
)
from index.embedding.encoder import Encoder
from index.embedding.pipeline import Progress, embed_documents, is_long
from index.errors import (
    LexicalIndexError,
    LibraryLockedError,
    LibraryWriteError,
    UnreachableError,
    VectorsGoneError,
    VectorsUnreachableError,
)
from index.machine import give_back
from index.private import FILE
from index.records import Build, Committed, Incoming, NewVersion, Recipe
from index.search.bm25 import entries_of
from index.search.caches import (
    Caches,
    FileBases,
    SharedBases,
    catch_up_caches,
    catch_up_words,
    follow_caches,
    open_caches,
    prepare_words,
    write_words,
)
from index.search.manifest import (
    delete_other_builds,
    delete_unused,
    digests,
    folder_of,
    has_intact_base,
    read_manifest,
    with_base,
    with_words,
    write_manifest,
)
from index.vectors import DEFAULT_POLICY, IndexPolicy, MilvusStore, VectorIndex, VectorIndexError

_POLL_SECONDS = 0.02

_log = logging.getLogger(__name__)


# The errors of a full disk or a read-only folder.
_FAILURES = (OSError, LexicalIndexError, VectorIndexError, sa.exc.OperationalError)
# May be temporary: the next reader or writer does the work that failed after a commit.
_LATER = (*_FAILURES, UnreachableError, LibraryLockedError)


@contextmanager
def naming_failures(home: Path) -> Iterator[None]:
    try:
        yield
    except Timeout:
        # A Timeout is an OSError, but means that the library is locked.
        raise
    except _FAILURES as error:
        known = getattr(error, "orig", None) or getattr(error, "strerror", None)
        remedy = (
            "check the folder's permissions and the space on the disk, then try again; searches "
            "still find what was saved before"
        )
        # Messages of tantivy and FAISS may name the library's folder.
        cause = f" ({known})" if known else ""
        raise LibraryWriteError(
            f"the library in {home} cannot be written to ({known or error}); {remedy}",
            f"the library cannot be written to{cause}; {remedy}",
        ) from error


class Maintenance:
    """Safe to share between threads."""

    def __init__(
        self,
        home: Path,
        catalog: Catalog,
        encoder_of: Callable[[CatalogReader], Encoder],
        policy: IndexPolicy = DEFAULT_POLICY,
        store: MilvusStore | None = None,
    ) -> None:
        """``encoder_of`` raises EncoderMismatchError if it cannot open the encoder of a reader's passages."""
        self.home = home
        self.policy = policy
        self.bases: FileBases | SharedBases = (
            FileBases(policy) if store is None else SharedBases(store, catalog)
        )
        self._encoder_of = encoder_of
        self._catalog = catalog
        self._caches: Caches | None = None
        self._caches_lock = RLock()
        self._write_lock = WriteLock(home, catalog.engine)
        self._compact_lock = FileLock(home / "compact.lock", mode=FILE)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Raises LibraryLockedError if another writer holds the lock for more than half a minute."""
        with self._write_lock.hold():
            yield

    @contextmanager
    def snapshot(self) -> Iterator[tuple[CatalogReader, Caches]]:
        """Fixed at the newest state. Raises EncoderMismatchError or LibraryLockedError."""
        deadline = time.monotonic() + lock.LOCK_SECONDS
        while True:
            with self._catalog.reading() as reader:
                caches = self._caches_of(reader)
                if caches is not None:
                    yield reader, caches
                    return
            if time.monotonic() > deadline:
                raise locked(self.home)
            time.sleep(_POLL_SECONDS)

    def ensure_intact(self, reader: CatalogReader, caches: Caches) -> Caches:
        """Rebuild damaged ones. Raises LibraryLockedError if ``reader`` is not at the newest generation."""
        return caches if caches.is_intact() else self._renewed(reader, caches)

    def _renewed(self, reader: CatalogReader, damaged: Caches) -> Caches:
        deadline = time.monotonic() + lock.LOCK_SECONDS
        with self._caches_lock:
            if self._caches is damaged:
                self._caches = None
        while self._catalog.generation() == reader.generation and time.monotonic() < deadline:
            caches = self._caches_of(reader)
            if caches is not None:
                return caches
            time.sleep(_POLL_SECONDS)
        raise locked(self.home)

    def commit(
        self,
        new: Sequence[NewVersion],
        removed: Collection[int],
        recipe: Recipe,
        lineage: str | None = None,
        back: Path | None = None,
    ) -> Committed:
        """Commit as :meth:`index.catalog.database.Catalog.commit`, only inside :meth:`writing`."""
        with self.snapshot() as (reader, caches):
            before = caches if caches.is_writable() else self._renewed(reader, caches)
        written: list[Build] = []
        mark = uuid.uuid4().hex

        def prepare(committed: Committed, build: Build) -> None:
            written.append(build)
            known = before.build is not None and before.build.number == build.number
            _, words = prepare_words(folder_of(self.home, build), before.last if known else 0, mark)
            titled = build.recipe.title_tokens > 0
            written_now = zip(new, committed.documents, committed.added, strict=True)
            words.add(entry for item in written_now for entry in entries_of(*item, titled=titled))

        committed = self._catalog.commit(new, removed, recipe, prepare, lineage, back=back, mark=mark)
        if is_long(item.incoming for item in new):
            give_back()
        try:
            self._finish(written[0], committed)
        except _LATER as error:
            # The commit stands: the next reader brings the caches up to date.
            _log.warning("The caches of %s are behind: %s", self.home, error)
        return committed

    def _finish(self, build: Build, committed: Committed) -> None:
        """If this fails, the next reader or writer does it."""
        with self.snapshot() as (reader, caches):
            folder = folder_of(self.home, build)
            manifest = read_manifest(folder)
            if caches.index is None or manifest is None:
                return
            # These removals include the removals of a process that died before this step.
            caches.index.remove(reader.removed(since=manifest.words_generation))
            with self._caches_lock:
                if self._caches is caches:
                    self._caches = caches.with_words()
            done = replace(manifest, writing=False, words_generation=committed.generation)
            write_manifest(folder, replace(done, digests=digests(folder, done)))

    def is_due(self) -> bool:
        with self.snapshot() as (_, caches):
            return caches.are_words_due() or caches.vectors.is_due(self.policy)

    def compact(self) -> bool:
        """Rewrite words and vectors if that is due, then switch; return whether anything was rewritten.

        Searches go on, and writers wait only during the switch. Nothing is rewritten while another process is
        compacting, or the server of the vectors does not answer. Raises LibraryWriteError if the disk is
        full, and LibraryLockedError as :meth:`writing`.
        """
        try:
            # A Timeout means that another process is compacting, so it must not become a LibraryWriteError.
            with self._compact_lock.acquire(timeout=0), naming_failures(self.home):
                return self._compact()
        except Timeout:
            return False
        except VectorsUnreachableError as error:
            _log.warning("The vectors of %s stay in memory: %s", self.home, error)
            return False

    def _compact(self) -> bool:
        with self.snapshot() as (reader, caches):
            build, last = caches.build, caches.last
            words_due, base_due = caches.are_words_due(), caches.vectors.is_due(self.policy)
            if build is None or not (words_due or base_due):
                return False
            folder, titled = folder_of(self.home, build), build.recipe.title_tokens > 0
            dimensions = caches.vectors.dimensions
            words = write_words(folder, reader, titled=titled) if words_due else None
            base = None
            if base_due:
                # A process of another home folder may be making the base just now.
                with suppress(LibraryLockedError):
                    base = self.bases.build(folder, reader, dimensions)
            if words is None and base is None:
                return False
        with self.writing():
            with self.snapshot() as (reader, caches):
                manifest = read_manifest(folder)
                if caches.build != build or manifest is None:
                    return False
                manifest = with_words(manifest, words) if words else manifest
                manifest = with_base(manifest, base) if base else manifest
                manifest = catch_up_words(
                    folder, manifest, reader, last if words else caches.last, titled=titled
                )
                manifest = replace(manifest, writing=False)
                write_manifest(folder, manifest)
                self._caches = open_caches(folder, reader, dimensions, self.bases)
            self._catalog.forget_removals(self.bases.removals_applied_until(manifest, build))
            delete_unused(self.home, build, manifest)
        return True

    def _caches_of(self, reader: CatalogReader) -> Caches | None:
        """Return None if the caller must open a new reader."""
        caches = self._caches
        same = caches is not None and (caches.generation, caches.build) == (reader.generation, reader.build)
        if caches is not None and same and caches.is_intact():
            return caches
        with self._caches_lock:
            caches = self._caches
            if caches is not None and not caches.is_intact():
                _log.warning("A cache of %s was changed or is gone; the caches are read again.", self.home)
                caches = self._caches = None
            if caches is None or (caches.generation, caches.build) != (reader.generation, reader.build):
                if (
                    caches is not None
                    and caches.build == reader.build
                    and caches.generation > reader.generation
                ):
                    if caches.generation <= self._catalog.generation():
                        return None
                    # The database has lost its last commits, as may happen when a standby takes over.
                    caches = self._caches = None
                caches = self._made(caches, reader)
                # Another process may have removed words of this generation meanwhile.
                if caches is not None and self._catalog.generation() != reader.generation:
                    return None
                self._caches = caches
            return caches

    def _made(self, caches: Caches | None, reader: CatalogReader) -> Caches | None:
        dimensions = self._encoder_of(reader).dimensions
        if reader.build is None:
            return Caches(reader.generation, None, 0, VectorIndex.empty(dimensions))
        folder = folder_of(self.home, reader.build)
        if caches is not None and caches.build == reader.build:
            followed = follow_caches(caches, folder, reader)
            if followed is None and self._caught_up(folder, reader):
                followed = follow_caches(caches, folder, reader)
            if followed is not None:
                return followed
        return open_caches(folder, reader, dimensions, self.bases) or self._repaired(
            folder, reader, dimensions
        )

    def _caught_up(self, folder: Path, reader: CatalogReader) -> bool:
        build = reader.build
        if build is None:
            return False
        try:
            with self._write_lock.hold("repair", timeout=0, home_only=True):
                titled = build.recipe.title_tokens > 0
                return catch_up_caches(folder, reader, titled=titled, checked=True)
        except LibraryLockedError:
            return False

    def _repaired(self, folder: Path, reader: CatalogReader, dimensions: int) -> Caches | None:
        """None if another process holds the write lock, or has committed meanwhile."""
        build = reader.build
        try:
            with self._write_lock.hold("repair", timeout=0, home_only=True):
                if build is None or self._catalog.generation() != reader.generation:
                    return None
                titled = build.recipe.title_tokens > 0
                if catch_up_caches(folder, reader, titled=titled):
                    caches = open_caches(folder, reader, dimensions, self.bases)
                    if caches is not None:
                        return caches
                before = read_manifest(folder)
                manifest = write_words(folder, reader, titled=titled)
                caches = None
                if before is not None and has_intact_base(folder, before):
                    write_manifest(folder, with_base(manifest, before))
                    caches = open_caches(folder, reader, dimensions, self.bases)
                if caches is None:
                    # The folder has no base, or its base does not fit the catalog's state.
                    write_manifest(folder, manifest)
                    caches = open_caches(folder, reader, dimensions, self.bases)
                delete_unused(self.home, build, read_manifest(folder) or manifest)
                return caches
        except LibraryLockedError:
            return None


_PATIENCE = 3_600.0  # the seconds to wait for another process that updates the base on a server
_DOCUMENTS_AT_ONCE = 20  # documents between two commits: an interrupted run repeats at most this many


def rebuild(
    catalog: Catalog,
    maintenance: Maintenance,
    encoder: Encoder,
    recipe: Recipe,
    progress: Progress | None = None,
) -> None:
    """Cut and embed all documents by ``recipe``; searches switch to the result once it is complete.

    A later run resumes an interrupted one. ``progress`` counts the passages of the current build. Raises
    LibraryLockedError, and BuildGoneError if another process has switched to another build.
    """
    build = begin_build(catalog.engine, recipe)
    report = _counting(count_missing_passages(catalog.engine, build), progress)
    _fill(catalog, encoder, build, report)
    while not _switched(catalog, maintenance, encoder, build, report):
        pass
    drop_abandoned(catalog.engine)
    delete_other_builds(maintenance.home, build)


def _switched(
    catalog: Catalog, maintenance: Maintenance, encoder: Encoder, build: Build, report: Callable[[int], None]
) -> bool:
    """False, to be tried again, if records of removals that ``build`` needs were deleted meanwhile."""
    folder, titled = folder_of(maintenance.home, build), build.recipe.title_tokens > 0
    with catalog.reading(build) as reader:
        last = reader.last_chunk()
        manifest = write_words(folder, reader, titled=titled)
        if reader.count_chunks():
            made = maintenance.bases.build(folder, reader, encoder.dimensions, _PATIENCE)
            manifest = with_base(manifest, made)
    # Add the documents that came meanwhile, so that little is left to do while other writers wait.
    _fill(catalog, encoder, build, report)
    with maintenance.writing():
        _fill(catalog, encoder, build, report)
        with catalog.reading(build) as reader:
            # A compaction of the current caches may have deleted records of removals that ``build`` needs.
            if reader.forgotten() > manifest.removals_applied_until:
                return False
            manifest = catch_up_words(folder, manifest, reader, last, titled=titled)
        # Write the manifest before the switch, so that every reader of the new build finds its caches.
        write_manifest(folder, manifest)
        switch_to_build(catalog.engine, build)
    return True


def _fill(catalog: Catalog, encoder: Encoder, build: Build, report: Callable[[int], None]) -> None:
    while numbers := missing_documents(catalog.engine, build, _DOCUMENTS_AT_ONCE):
        versions: dict[int, tuple[int, Incoming]] = {}
        left, now = count_missing_passages(catalog.engine, build), 0
        with catalog.reading() as reader:
            for record in reader.records(numbers):
                number = record.document_id
                now += record.passages
                document = reader.text(number, record.version)
                versions[number] = (
                    record.version,
                    Incoming(record.source, record.path, 0, 0, record.digest, document),
                )
        embedding = partial(_embedding, report, left, now)
        made = embed_documents(
            [item for _, item in versions.values()], build.recipe, encoder, catalog, embedding
        )
        new: dict[int, tuple[int, NewVersion]] = {
            number: (version, item)
            for (number, (version, _)), item in zip(versions.items(), made, strict=True)
        }
        with suppress(VectorsGoneError):
            add_to_build(catalog.engine, build, new)
        report(count_missing_passages(catalog.engine, build))


def _embedding(report: Callable[[int], None], left: int, now: int, _stage: str, done: int, of: int) -> None:
    """``left`` passages remain, ``now`` of them in the documents that are being embedded."""
    if done < of:  # The end is reported once the documents are in the build.
        report(left - now * done // of)


def _counting(total: int, progress: Progress | None) -> Callable[[int], None]:
    """The function gets how many of ``total`` are left."""

    def report(left: int) -> None:
        if progress is not None:
            progress("rebuilding", max(total - left, 0), total)

    return report
