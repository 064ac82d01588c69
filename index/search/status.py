"""Reads the status of a library from the catalog and the manifest alone."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from index.catalog.database import Catalog
from index.catalog.reader import get_build
from index.catalog.schema import builds, chunks, documents
from index.catalog.writes import missing_documents
from index.search.manifest import Manifest, folder_of, read_manifest


@dataclass(frozen=True, slots=True)
class UnfinishedBuild:
    """A build with ``documents`` of all its documents, which a process makes or a later one will resume."""

    encoder: str
    documents: int
    of: int


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """The status of a library; ``build`` and ``encoder`` are None while nothing was ever indexed.

    ``recent`` passages are newer than the base: opening the library reads their vectors from the catalog.
    ``removed`` ones are still in the caches. ``cached`` says that the caches are finished; if not, the next
    search builds them.
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
    """Return the bytes of a file or of a folder's files; skip files that disappear meanwhile."""
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
    return UnfinishedBuild(
        build.recipe.encoder, total - len(missing_documents(catalog.engine, build, None)), total
    )
