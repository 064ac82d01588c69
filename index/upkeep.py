"""Keeps a library's caches at its catalog's generation, whatever other threads and processes do."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from filelock import FileLock, Timeout

from index.caches import Caches, load_caches, rebuild_caches
from index.catalog import Catalog
from index.embedding import Encoder
from index.records import Committed, NewVersion

_LOCK_SECONDS = 30.0
_POLL_SECONDS = 0.05


class EncoderMismatchError(Exception):
    """The library was indexed with another encoder than the one it is opened with."""


class LibraryLockedError(Exception):
    """Another process is writing to the library."""


class Upkeep:
    """The caches of one library, for one encoder. Safe to share between threads.

    The lock on writing is taken before the one on the caches, and never the other way round for longer
    than a glance.
    """

    def __init__(self, home: Path, catalog: Catalog, encoder: Encoder, *, titled: bool = True) -> None:
        self._home = home
        self._titled = titled
        self._catalog = catalog
        self._encoder = encoder
        self._caches: Caches | None = None
        self._caches_lock = RLock()
        self._write_lock = FileLock(home / "write.lock")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keeps every other writer out, in other threads and processes too.

        Raises:
            LibraryLockedError: if another one goes on writing for half a minute.
        """
        try:
            with self._write_lock.acquire(timeout=_LOCK_SECONDS):
                yield
        except Timeout as error:
            raise self._locked() from error

    @contextmanager
    def current(self) -> Iterator[Caches]:
        """The caches, at the catalog's generation, for as long as nobody else changes them.

        A writer in another process that has committed has its files in place in a moment, and until then
        there is nothing whole to answer from.

        Raises:
            EncoderMismatchError: if the library's vectors are another encoder's.
            LibraryLockedError: if another process is at work on the caches for half a minute.
        """
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            with self._caches_lock:
                caches = self._caught_up()
                if caches is not None:
                    yield caches
                    return
            if time.monotonic() > deadline:
                raise self._locked()
            time.sleep(_POLL_SECONDS)

    def commit(self, new: Sequence[NewVersion], removed: Collection[int]) -> Committed:
        """Write to the catalog, and let the caches follow. For the one who is :meth:`writing`."""
        with self.current() as caches:
            committed = self._catalog.commit(new, removed, self._encoder.key)
            self._caches = None
            caches.follow(self._catalog, committed)
            self._caches = caches
        return committed

    def commit_all(self, new: Sequence[NewVersion]) -> Committed:
        """Write every document again, after another encoder. For the one who is :meth:`writing`."""
        with self._caches_lock:
            committed = self._catalog.commit(new, (), self._encoder.key)
            self._caches = self._rebuilt(committed.generation)
        return committed

    def check_encoder(self) -> None:
        """Raise EncoderMismatchError if the library's vectors are another encoder's."""
        used = self._catalog.encoder_key()
        if used not in {None, self._encoder.key}:
            raise EncoderMismatchError(
                f"the library was indexed with {used}, not with {self._encoder.key}; set the model that it "
                "was indexed with, or run `footnoted sync` to embed it again with this one"
            )

    def _caught_up(self) -> Caches | None:
        """The caches at the catalog's generation; None while another process is at work on them."""
        generation = self._catalog.generation()
        if self._caches is None or self._caches.generation != generation:
            self.check_encoder()
            self._caches = self._load(generation) or self._repair()
            # Nobody may have committed while they were read.
            if self._caches is not None and self._caches.generation != self._catalog.generation():
                self._caches = None
        return self._caches

    def _repair(self) -> Caches | None:
        try:
            with self._write_lock.acquire(timeout=0):
                # A writer may have finished between the look at its files and the lock.
                generation = self._catalog.generation()
                return self._load(generation) or self._rebuilt(generation)
        except Timeout:
            return None

    def _load(self, generation: int) -> Caches | None:
        passages = self._catalog.count_chunks()
        return load_caches(self._home, self._encoder.dimensions, generation, passages, titled=self._titled)

    def _rebuilt(self, generation: int) -> Caches:
        return rebuild_caches(
            self._home, self._encoder.dimensions, generation, self._catalog, titled=self._titled
        )

    def _locked(self) -> LibraryLockedError:
        return LibraryLockedError(
            f"another process is writing to the library in {self._home}; wait until it is done, then try "
            "again"
        )
