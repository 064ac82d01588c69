"""Creates and opens a library's base: the vectors of its older passages, in a file or on a server."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from index.catalog.database import Catalog
from index.catalog.databases import database_of
from index.catalog.reader import CatalogReader
from index.errors import LibraryLockedError, VectorIndexError
from index.private import make_folder
from index.records import Build
from index.search.manifest import Manifest, digests
from index.vectors import DEFAULT_POLICY, Change, Expected, IndexPolicy, Mark, Store, VectorIndex

_log = logging.getLogger(__name__)

_NEWEST, _SPREAD = 5, 10
"""How many vectors of a stored base are compared with the catalog's vectors: the newest ones, and vectors
that are spread over the whole base."""


class Bases(Protocol):
    """Creates and opens the bases of a library.

    A base has the vectors of the older passages: those that the library had when the base was made.
    """

    def open(
        self, folder: Path, manifest: Manifest, reader: CatalogReader, dimensions: int
    ) -> tuple[VectorIndex, int]:
        """Open the base (the vectors of the older passages) of the build that ``reader`` reads.

        Args:
            folder: the build's folder of caches.
            manifest: names the base.
            reader: reads the newest generation (state) of the catalog.
            dimensions: the length of a vector.

        Returns:
            An index over the base, and the highest passage id that the base covers. The index may still have
            passages that were removed from the library. If there is no base, an empty index and 0.

        Raises:
            VectorIndexError: if the base cannot be opened.
            VectorsUnreachableError: if the store does not answer.
        """

    def build(
        self,
        folder: Path,
        reader: CatalogReader,
        dimensions: int,
        patience: float = 0,
    ) -> Manifest:
        """Store the vectors of all passages that ``reader`` reads: make a base, or update one on a server.

        Args:
            folder: the build's folder of caches.
            reader: reads the passages.
            dimensions: the length of a vector.
            patience: the seconds to wait while another process is making a base.

        Returns:
            A manifest that describes only the base.

        Raises:
            LibraryLockedError: if another process is making a base for longer than ``patience``.
            VectorsUnreachableError: if the store does not answer.
        """

    def removals_applied_until(self, manifest: Manifest, build: Build) -> int:
        """Return the generation up to which removed passages are gone from both the base and the words.

        A generation is the number of a state of the library. The base is the stored vectors; the words are
        the tantivy index that ``manifest`` names. The catalog may delete its records of all removals up to
        this generation.
        """


class FileBases:
    """Keeps each base (stored vectors) in a file of the library's home folder. See :class:`Bases`."""

    def __init__(self, policy: IndexPolicy = DEFAULT_POLICY) -> None:
        """Create bases (files of vectors) of the type that ``policy`` chooses."""
        self._policy = policy

    def open(
        self, folder: Path, manifest: Manifest, reader: CatalogReader, dimensions: int
    ) -> tuple[VectorIndex, int]:
        del reader
        if manifest.base is None:
            return VectorIndex.empty(dimensions), 0
        return VectorIndex.open(folder / manifest.base, dimensions), manifest.last

    def build(
        self,
        folder: Path,
        reader: CatalogReader,
        dimensions: int,
        patience: float = 0,
    ) -> Manifest:
        del patience
        make_folder(folder)
        name = f"vectors-{uuid.uuid4().hex[:8]}.faiss"
        VectorIndex.build(folder / name, dimensions, reader.count_chunks(), reader.all_vectors, self._policy)
        made = Manifest(base=name, last=reader.last_chunk(), base_generation=reader.generation)
        return Manifest(made.base, made.last, made.base_generation, digests=digests(folder, made))

    def removals_applied_until(self, manifest: Manifest, build: Build) -> int:
        del build
        return manifest.removals_applied_until


class SharedBases:
    """Keeps bases (stored vectors) on a server, for all home folders of a library. See :class:`Bases`."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog

    def open(
        self, folder: Path, manifest: Manifest, reader: CatalogReader, dimensions: int
    ) -> tuple[VectorIndex, int]:
        del folder, manifest
        name, mark = self._latest(reader)
        if mark is None:
            return VectorIndex.empty(dimensions), 0
        if mark.generation > reader.generation:
            raise VectorIndexError(
                f"the collection {name} is newer than the catalog that is read; read the catalog again"
            )
        base = self._store.open(name, _expected(reader, mark))
        if base is None:
            _log.warning("The collection %s lacks vectors; they are read from the catalog.", name)
            return VectorIndex.empty(dimensions), 0
        return VectorIndex.over(base, dimensions), mark.last

    def build(
        self,
        folder: Path,
        reader: CatalogReader,
        dimensions: int,
        patience: float = 0,
    ) -> Manifest:
        del folder
        with self._alone(patience):
            name, mark = self._latest(reader)
            if mark is not None and mark.generation > reader.generation:
                # A process of another home folder has brought the base up to date meanwhile.
                return Manifest(last=mark.last, base_generation=mark.generation)
            if mark is not None and self._store.open(name, _expected(reader, mark)) is None:
                mark = None
            if mark is not None and mark.generation == reader.generation:
                return Manifest(last=mark.last, base_generation=mark.generation)
            removed: list[int] = []
            if mark is None:
                # A new name, so that no process searches the base before it is finished.
                name, mark = f"{_prefix(reader)}{uuid.uuid4().hex[:8]}", Mark(0, reader.generation)
                self._store.create(name, dimensions)
            else:
                removed = reader.removed(mark.generation)
            made = Mark(reader.last_chunk(), reader.generation)
            new = partial(reader.all_vectors, mark.last)
            self._store.update(name, Change(made, reader.count_chunks(), new, removed))
            self._drop_others(reader, name)
        return Manifest(last=made.last, base_generation=made.generation)

    def removals_applied_until(self, manifest: Manifest, build: Build) -> int:
        found = self._store.latest(prefix_of(build))
        return (
            manifest.removals_applied_until
            if found is None
            else min(manifest.words_generation, found[1].generation)
        )

    def _latest(self, reader: CatalogReader) -> tuple[str, Mark | None]:
        """Return the name and the mark of the newest base of the build that ``reader`` reads.

        A base is a collection of vectors; the mark says up to which state of the library the base is
        complete. The mark is None if the base cannot be updated to the state of the catalog. If there is no
        base, the name is "" and the mark None.
        """
        name, mark = self._store.latest(_prefix(reader)) or ("", None)
        if mark is None:
            return name, None
        if mark.generation > reader.generation:
            # The catalog may have lost commits, as may happen when a standby takes over.
            known = mark.generation <= self._catalog.generation()
        else:
            # The catalog must still record all chunks that were removed after the mark.
            known = reader.forgotten() <= mark.generation
        return name, mark if known else None

    @contextmanager
    def _alone(self, patience: float) -> Iterator[None]:
        """Keep processes of other home folders from updating the server's vectors while the context lasts."""
        engine = self._catalog.engine
        with database_of(engine).lock(engine, patience, "base") as held:
            if not held:
                line = "a process of another home folder brings the vectors in Milvus up to date"
                raise LibraryLockedError(line, line)
            yield

    def _drop_others(self, reader: CatalogReader, kept: str) -> None:
        """Delete earlier builds' collections of vectors, and those of ``reader``'s build except ``kept``."""
        searched = self._catalog.build()
        family = _prefix(reader).removesuffix("_").rpartition("_")[0] + "_"
        for name in self._store.names(family):
            number = name.removeprefix(family).partition("_")[0]
            is_former = number.isdecimal() and searched is not None and int(number) < searched.number
            if name != kept and (is_former or name.startswith(_prefix(reader))):
                self._store.drop(name)


def prefix_of(build: Build) -> str:
    """Return the prefix of the names of a build's collections of vectors on the server."""
    return f"footnoted_{build.lineage.replace('-', '')}_{build.number}_"


def _prefix(reader: CatalogReader) -> str:
    if reader.build is None:
        raise ValueError("a library without a build has no base")
    return prefix_of(reader.build)


def _expected(reader: CatalogReader, mark: Mark) -> Expected:
    """Return the passages that a base (stored vectors) with this ``mark`` must have, and sample vectors.

    The sample includes the newest passages, to reveal a catalog that has lost its last commits: such a
    catalog gives the same ids to other passages, whose vectors differ from those in the base.
    """
    alive = reader.chunk_mask(mark.last)
    numbers = np.flatnonzero(alive)
    some = sorted({*numbers[-_NEWEST:].tolist(), *numbers[:: max(1, len(numbers) // _SPREAD)].tolist()})
    sample = dict(zip(some, reader.vectors(some), strict=True))
    return Expected(alive, reader.removed(mark.generation), sample)
