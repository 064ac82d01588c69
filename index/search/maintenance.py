"""Keeps what is searched at the catalog's generation, whatever other threads and processes do.

The catalog's commit is the only moment at which anything changes for a reader. The words are written before
it, under numbers that nobody looks at yet; vectors that came since the base was made are in memory only. So
there is nothing that a crash could leave half done: opening a library reads its base, and adds what the
catalog has beyond it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import RLock

import sqlalchemy as sa
from filelock import FileLock, Timeout

from index.catalog import lock
from index.catalog.database import Catalog
from index.catalog.lock import WriteLock, locked
from index.catalog.reader import CatalogReader
from index.embedding.encoder import Encoder
from index.embedding.pipeline import is_long
from index.errors import LexicalIndexError, LibraryLockedError, LibraryWriteError
from index.memory import give_back
from index.private import FILE
from index.records import Build, Committed, NewVersion, Recipe
from index.search.bm25 import entries_of
from index.search.manifest import (
    clear_away,
    digests,
    folder_of,
    has_sound_base,
    read_marker,
    with_base,
    with_words,
    write_marker,
)
from index.search.view import (
    View,
    catch_up_words,
    follow_view,
    make_base,
    make_words,
    open_view,
    prepare_words,
)
from index.vectors import SIZES, Sizes, VectorIndex, VectorIndexError

_POLL_SECONDS = 0.02

_log = logging.getLogger(__name__)


_FAILURES = (OSError, LexicalIndexError, VectorIndexError, sa.exc.OperationalError)
"""What a full disk or a read-only folder leads to."""


@contextmanager
def naming_failures(home: Path) -> Iterator[None]:
    """Turns what a full disk or a read-only folder leads to into LibraryWriteError."""
    try:
        yield
    except Timeout:
        # An OSError, too, and it is told otherwise: the library is locked.
        raise
    except _FAILURES as error:
        known = getattr(error, "orig", None) or getattr(error, "strerror", None)
        remedy = (
            "check the folder's permissions and the space on the disk, then try again: what was committed "
            "before is served as before"
        )
        # What tantivy and FAISS say may name the library's folder.
        cause = f" ({known})" if known else ""
        raise LibraryWriteError(
            f"the library in {home} cannot be written to ({known or error}); {remedy}",
            f"the library cannot be written to{cause}; {remedy}",
        ) from error


class Upkeep:
    """What is searched of one library. Safe to share between threads.

    Attributes:
        home: the library's folder.
        sizes: which type of vector index suits which size.
    """

    def __init__(
        self,
        home: Path,
        catalog: Catalog,
        encoder_of: Callable[[CatalogReader], Encoder],
        sizes: Sizes = SIZES,
    ) -> None:
        """Keep the library under ``home``.

        Args:
            home: its folder.
            catalog: its catalog.
            encoder_of: gives the encoder of the passages that a reader reads; raises EncoderMismatchError
                where there is none.
            sizes: which type of vector index suits which size.
        """
        self.home = home
        self.sizes = sizes
        self._encoder_of = encoder_of
        self._catalog = catalog
        self._view: View | None = None
        self._view_lock = RLock()
        self._write_lock = WriteLock(home)
        self._settle_lock = FileLock(home / "settle.lock", mode=FILE)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keeps every other writer out, in other threads and processes too.

        Raises:
            LibraryLockedError: if another one goes on writing for half a minute.
        """
        with self._write_lock.hold():
            yield

    @contextmanager
    def snapshot(self) -> Iterator[tuple[CatalogReader, View]]:
        """The newest generation, for as long as it is held: catalog, vectors and words of one state.

        Raises:
            EncoderMismatchError: if the library's vectors are another encoder's.
            LibraryLockedError: if another process is at work on the caches for half a minute.
        """
        deadline = time.monotonic() + lock.LOCK_SECONDS
        while True:
            with self._catalog.reading() as reader:
                view = self._view_of(reader)
                if view is not None:
                    yield reader, view
                    return
            if time.monotonic() > deadline:
                raise locked(self.home)
            time.sleep(_POLL_SECONDS)

    def sound(self, reader: CatalogReader, view: View) -> View:
        """``view``; if a file was changed that it has mapped, the same generation made again.

        Raises:
            LibraryLockedError: as :meth:`snapshot`, or if ``reader`` does not read the newest generation.
        """
        return view if view.is_sound() else self._renewed(reader, view)

    def _renewed(self, reader: CatalogReader, damaged: View) -> View:
        """The generation of ``damaged``, which ``reader`` reads, from caches that are read or made again."""
        deadline = time.monotonic() + lock.LOCK_SECONDS
        with self._view_lock:
            if self._view is damaged:
                self._view = None
        while self._catalog.generation() == reader.generation and time.monotonic() < deadline:
            view = self._view_of(reader)
            if view is not None:
                return view
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
        """Write to the catalog and its caches. For the one who is :meth:`writing`.

        Raises:
            LibraryRestoredError, OutdatedError, TakenError: as :meth:`index.catalog.database.Catalog.commit`.
        """
        with self.snapshot() as (reader, view):
            before = view if view.is_writable() else self._renewed(reader, view)
        written: list[Build] = []

        def prepare(committed: Committed, build: Build) -> None:
            written.append(build)
            known = before.build is not None and before.build.number == build.number
            _, words = prepare_words(folder_of(self.home, build), before.last if known else 0)
            titled = build.recipe.title_tokens > 0
            written_now = zip(new, committed.documents, committed.added, strict=True)
            words.add(entry for item in written_now for entry in entries_of(*item, titled=titled))

        committed = self._catalog.commit(new, removed, recipe, prepare, lineage, back=back)
        if is_long(item.incoming for item in new):
            give_back()
        try:
            self._finish(written[0], committed)
        except (*_FAILURES, LibraryLockedError) as error:
            # It is committed: whoever reads next makes up for what could not be written.
            _log.warning("The caches of %s are behind: %s", self.home, error)
        return committed

    def _finish(self, build: Build, committed: Committed) -> None:
        """Let the caches follow a commit; what is not done here the next reader or writer does."""
        with self.snapshot() as (reader, view):
            folder = folder_of(self.home, build)
            saved = read_marker(folder)
            if view.index is None or saved is None:
                return
            # More than went just now, where a process ended before it came to this.
            view.index.remove(reader.removed(since=saved.words_generation))
            with self._view_lock:
                if self._view is view:
                    self._view = view.with_words()
            done = replace(saved, writing=False, words_generation=committed.generation)
            write_marker(folder, replace(done, digests=digests(folder, done)))

    def is_due(self) -> bool:
        """Whether :meth:`settle` has something to do."""
        with self.snapshot() as (_, view):
            return view.has_dead_words() or view.vectors.is_due(self.sizes)

    def settle(self) -> bool:
        """Write afresh what has grown out of shape, beside what is searched meanwhile, and change over.

        Words count passages that were removed until they are written afresh, and a base of vectors has its
        type and size from when it was made. Only the change-over keeps other writers out.

        Returns:
            Whether anything was done; not if another process is at it.

        Raises:
            LibraryWriteError: if there is no room; what there was goes on serving.
            LibraryLockedError: as :meth:`writing`.
        """
        try:
            # In this order: that the lock is held is a failure of the system's to Python, too.
            with self._settle_lock.acquire(timeout=0), naming_failures(self.home):
                return self._settle()
        except Timeout:
            return False

    def _settle(self) -> bool:
        with self.snapshot() as (reader, view):
            build, last = view.build, view.last
            dead, due = view.has_dead_words(), view.vectors.is_due(self.sizes)
            if build is None or not (dead or due):
                return False
            folder, titled = folder_of(self.home, build), build.recipe.title_tokens > 0
            dimensions = view.vectors.dimensions
            words = make_words(folder, reader, titled=titled) if dead else None
            base = make_base(folder, reader, dimensions, self.sizes) if due else None
        with self.writing():
            with self.snapshot() as (reader, view):
                saved = read_marker(folder)
                if view.build != build or saved is None:
                    return False
                saved = with_words(saved, words) if words else saved
                saved = with_base(saved, base) if base else saved
                saved = catch_up_words(folder, saved, reader, last if words else view.last, titled=titled)
                saved = replace(saved, writing=False)
                write_marker(folder, saved)
                self._view = open_view(folder, reader, dimensions)
            give_back()  # the vectors that are in the base now
            self._catalog.forget_removals(saved.known_from)
            clear_away(self.home, build, saved)
        return True

    def _view_of(self, reader: CatalogReader) -> View | None:
        """What is searched of the state that ``reader`` reads; None where another must be read."""
        view = self._view
        same = view is not None and (view.generation, view.build) == (reader.generation, reader.build)
        if view is not None and same and view.is_sound():
            return view
        with self._view_lock:
            view = self._view
            if view is not None and not view.is_sound():
                _log.warning("A cache of %s was changed; the caches are read again.", self.home)
                view = self._view = None
            if view is None or (view.generation, view.build) != (reader.generation, reader.build):
                if view is not None and view.build == reader.build and view.generation > reader.generation:
                    return None
                view = self._made(view, reader)
                # Words that another process has removed since would be missing.
                if view is not None and self._catalog.generation() != reader.generation:
                    return None
                self._view = view
            return view

    def _made(self, view: View | None, reader: CatalogReader) -> View | None:
        dimensions = self._encoder_of(reader).dimensions
        if reader.build is None:
            return View(reader.generation, None, 0, VectorIndex.empty(dimensions))
        folder = folder_of(self.home, reader.build)
        if view is not None and view.build == reader.build:
            followed = follow_view(view, folder, reader)
            if followed is not None:
                return followed
        return open_view(folder, reader, dimensions) or self._repaired(folder, reader, dimensions)

    def _repaired(self, folder: Path, reader: CatalogReader, dimensions: int) -> View | None:
        """The caches made again from the catalog; None where another process is at it."""
        build = reader.build
        try:
            with self._write_lock.hold("repair", timeout=0):
                if build is None or self._catalog.generation() != reader.generation:
                    return None
                before = read_marker(folder)
                saved = make_words(folder, reader, titled=build.recipe.title_tokens > 0)
                view = None
                if before is not None and has_sound_base(folder, before):
                    write_marker(folder, with_base(saved, before))
                    view = open_view(folder, reader, dimensions)
                if view is None:
                    # Without a base, or with one that is whole and yet of another state than the catalog.
                    write_marker(folder, saved)
                    view = open_view(folder, reader, dimensions)
                clear_away(self.home, build, read_marker(folder) or saved)
                return view
        except LibraryLockedError:
            return None
