"""Reads the status of a library's caches and builds from the catalog and the manifest alone."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from index.catalog.builds import count_missing
from index.catalog.database import Catalog
from index.catalog.queries import get_build
from index.catalog.schema import builds, chunks, documents
from index.search.manifest import Manifest, folder_of, read_manifest


@dataclass(frozen=True, slots=True)
class UnfinishedBuild:
    """A build (passages and their vectors) that a process is making, or that a later process will resume.

    Attributes:
        encoder: the key of the build's encoder.
        documents: the number of documents that the build has so far.
        of: the number of documents that the finished build will have.
    """

    encoder: str
    documents: int
    of: int


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """The status of a library.

    Attributes:
        generation: the number of commits that changed the searchable passages.
        build: the number of the current build; None while nothing was ever indexed.
        encoder: the key of the build's encoder, or None.
        passages: the number of searchable passages.
        recent: the number of passages newer than the base, the file of vectors. Opening the library reads
            their vectors from the catalog.
        removed: the number of removed passages that the caches still contain and searches leave out.
        cached: whether the caches are finished; if not, the next search builds them.
        cache_bytes: the size of the caches.
        building: another build that is not finished, or None.
    """

    generation: int
    build: int | None
    encoder: str | None
    passages: int
    recent: int
    removed: int
    cached: bool
    cache_bytes: int
    building: UnfinishedBuild | None


def library_status(home: Path, catalog: Catalog) -> LibraryStatus:
    """Read the status of the library in ``home``, whose catalog is ``catalog``."""
    with catalog.reading() as reader:
        build, generation = reader.build, reader.generation
        if build is None:
            return LibraryStatus(generation, None, None, 0, 0, 0, True, 0, _building(catalog, None))
        folder = folder_of(home, build)
        noted = read_manifest(folder)
        manifest = noted or Manifest()
        mine = chunks.c.build == build.number
        after = sa.select(sa.func.count()).select_from(chunks).where(mine, chunks.c.id > manifest.last)
        recent = int(reader.connection.scalar(after) or 0)
        passages, removed = reader.count_chunks(), len(reader.removed())
    return LibraryStatus(
        generation,
        build.number,
        build.recipe.encoder,
        passages,
        recent,
        removed,
        noted is not None and not noted.writing,
        size_of(folder),
        _building(catalog, build.number),
    )


def size_of(place: Path) -> int:
    """Return the size in bytes of a file or of a folder's files; skip files that disappear meanwhile."""
    files = [Path(folder, name) for folder, _, names in os.walk(place) for name in names]
    total = 0
    for file in files or [place]:
        with suppress(OSError):
            state = file.lstat()
            total += state.st_size if stat.S_ISREG(state.st_mode) else 0
    return total


def _building(catalog: Catalog, searched: int | None) -> UnfinishedBuild | None:
    with catalog.engine.connect() as connection:
        others = sa.select(sa.func.max(builds.c.id)).where(builds.c.id != (searched or 0))
        number = connection.scalar(others)
        if number is None:
            return None
        build = get_build(connection, number)
        total = int(connection.scalar(sa.select(sa.func.count()).select_from(documents)) or 0)
    return UnfinishedBuild(build.recipe.encoder, total - count_missing(catalog.engine, build), total)
