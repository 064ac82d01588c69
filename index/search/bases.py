"""Where the base of a library is, the vectors of its older passages: in a file, or in a store on a server."""

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
from index.vectors import DEFAULT_POLICY, Change, IndexPolicy, Mark, Store, VectorIndex

_log = logging.getLogger(__name__)


class Bases(Protocol):
    """Opens and makes the bases of a library."""

    def open(
        self, folder: Path, manifest: Manifest, reader: CatalogReader, dimensions: int
    ) -> tuple[VectorIndex, int]:
        """Open the base of the build that ``reader`` reads.

        Args:
            folder: the build's folder of caches.
            manifest: names the base.
            reader: reads the newest generation.
            dimensions: the length of a vector.

        Returns:
            An index without the passages that are removed, and the id of the last passage that the base
            knows; an empty index and 0 without a base.

        Raises:
            VectorIndexError: if the base cannot be opened.
            VectorsUnreachableError: if the store does not answer.
        """

    def build(
        self, folder: Path, reader: CatalogReader, dimensions: int, policy: IndexPolicy = DEFAULT_POLICY
    ) -> Manifest:
        """Make a base of all passages that ``reader`` reads.

        Returns:
            A manifest of the base alone.

        Raises:
            LibraryLockedError: if another process does so.
            VectorsUnreachableError: if the store does not answer.
        """

    def known_from(self, manifest: Manifest, build: Build) -> int:
        """The generation up to which removals may be forgotten, as far as the caches of ``manifest`` go."""


class FileBases:
    """Bases in files of the home folder. See :class:`Bases`."""

    def open(
        self, folder: Path, manifest: Manifest, reader: CatalogReader, dimensions: int
    ) -> tuple[VectorIndex, int]:
        if manifest.base is None:
            return VectorIndex.empty(dimensions), 0
        base = VectorIndex.open(folder / manifest.base, dimensions)
        return base.removed(reader.removed()), manifest.last

    def build(
        self, folder: Path, reader: CatalogReader, dimensions: int, policy: IndexPolicy = DEFAULT_POLICY
    ) -> Manifest:
        make_folder(folder)
        name = f"vectors-{uuid.uuid4().hex[:8]}.faiss"
        VectorIndex.build(folder / name, dimensions, reader.count_chunks(), reader.all_vectors, policy)
        made = Manifest(base=name, last=reader.last_chunk(), base_generation=reader.generation)
        return Manifest(made.base, made.last, made.base_generation, digests=digests(folder, made))

    def known_from(self, manifest: Manifest, build: Build) -> int:
        del build
        return manifest.known_from


class SharedBases:
    """Bases in a store, which all home folders of a library share. See :class:`Bases`."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog

    def open(
        self, folder: Path, manifest: Manifest, reader: CatalogReader, dimensions: int
    ) -> tuple[VectorIndex, int]:
        del folder, manifest
        name = _name_of(reader)
        mark = self._store.mark(name)
        if mark is None or not self._is_usable(mark, reader):
            return VectorIndex.empty(dimensions), 0
        if mark.generation > reader.generation:
            raise VectorIndexError(f"the collection {name} is newer than what is read; read again")
        gone = np.array(
            [number for number in reader.removed(mark.generation) if number <= mark.last], np.int64
        )
        base = self._store.open(name, mark, reader.count_until(mark.last), gone)
        if base is None:
            _log.warning("The collection %s lacks vectors; they are read from the catalog.", name)
            return VectorIndex.empty(dimensions), 0
        return VectorIndex.over(base, dimensions), mark.last

    def build(
        self, folder: Path, reader: CatalogReader, dimensions: int, policy: IndexPolicy = DEFAULT_POLICY
    ) -> Manifest:
        del folder, policy
        name = _name_of(reader)
        with self._alone():
            mark = self._store.mark(name)
            if mark is not None and self._is_usable(mark, reader) and mark.generation > reader.generation:
                # Another home folder has brought it up to date meanwhile.
                return Manifest(last=mark.last, base_generation=mark.generation)
            if mark is None or not self._is_usable(mark, reader) or not self._is_whole(name, mark, reader):
                # An interrupted update may have left passages that are removed by now.
                self._store.drop(name)
                mark = Mark(0, reader.generation)
            elif mark.generation == reader.generation:
                return Manifest(last=mark.last, base_generation=mark.generation)
            removed = [number for number in reader.removed(mark.generation) if number <= mark.last]
            made = Mark(reader.last_chunk(), reader.generation)
            new = partial(reader.all_vectors, mark.last)
            self._store.update(name, dimensions, Change(made, reader.count_chunks(), new, removed))
            self._drop_former(reader)
        return Manifest(last=made.last, base_generation=made.generation)

    def known_from(self, manifest: Manifest, build: Build) -> int:
        mark = self._store.mark(name_of(build))
        return manifest.known_from if mark is None else min(manifest.words_generation, mark.generation)

    def _is_usable(self, mark: Mark, reader: CatalogReader) -> bool:
        """Tell if the catalog still records all removals since the mark, and all commits until the mark."""
        if mark.generation > reader.generation:
            return mark.generation <= self._catalog.generation()
        return reader.forgotten() <= mark.generation

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep the processes of other home folders from updating the base meanwhile."""
        engine = self._catalog.engine
        with database_of(engine).lock(engine, 0, "base") as held:
            if not held:
                line = "a process of another home folder brings the vectors in Milvus up to date"
                raise LibraryLockedError(line, line)
            yield

    def _is_whole(self, name: str, mark: Mark, reader: CatalogReader) -> bool:
        return self._store.open(name, mark, reader.count_until(mark.last), np.empty(0, np.int64)) is not None

    def _drop_former(self, reader: CatalogReader) -> None:
        """Delete the bases of earlier builds of the library."""
        prefix = _name_of(reader).rpartition("_")[0] + "_"
        for name in self._store.names(prefix):
            number = name.removeprefix(prefix)
            if number.isdecimal() and reader.build is not None and int(number) < reader.build.number:
                self._store.drop(name)


def name_of(build: Build) -> str:
    """The name of the base of a build."""
    return f"footnoted_{build.lineage.replace('-', '')}_{build.number}"


def _name_of(reader: CatalogReader) -> str:
    if reader.build is None:
        raise ValueError("a library without a build has no base")
    return name_of(reader.build)
