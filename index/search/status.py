"""How a library's caches and builds stand, by its catalog and what is noted of the caches. Opens neither."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from index.catalog.builds import count_unbuilt
from index.catalog.database import Catalog
from index.catalog.schema import builds, chunks, documents
from index.catalog.writes import get_build
from index.search.manifest import Saved, folder_of, read_marker


@dataclass(frozen=True, slots=True)
class Building:
    """A build that is being made beside the one that is searched, or was and will be taken up again.

    Attributes:
        encoder: the key of its encoder.
        documents: how many documents it has.
        of: how many it is to have.
    """

    encoder: str
    documents: int
    of: int


@dataclass(frozen=True, slots=True)
class Condition:
    """How a library stands.

    Attributes:
        generation: how many commits have changed what can be found.
        build: the number of the build that is searched; None while nothing was ever indexed.
        encoder: the key of its encoder, or None.
        passages: how many passages can be found.
        recent: how many of them are in no base of vectors yet, and are read from the catalog at opening.
        removed: how many that went the caches still have, hidden.
        cached: whether there are caches that were finished; if not, the next search makes them.
        cache_bytes: how large they are.
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
    building: Building | None


def condition(home: Path, catalog: Catalog) -> Condition:
    """How the library under ``home`` stands."""
    with catalog.reading() as reader:
        build, generation = reader.build, reader.generation
        if build is None:
            return Condition(generation, None, None, 0, 0, 0, True, 0, _building(catalog, None))
        folder = folder_of(home, build)
        noted = read_marker(folder)
        saved = noted or Saved()
        mine = chunks.c.build == build.number
        after = sa.select(sa.func.count()).select_from(chunks).where(mine, chunks.c.id > saved.last)
        recent = int(reader.connection.scalar(after) or 0)
        passages, removed = reader.count_chunks(), len(reader.removed())
    return Condition(
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
    """The bytes of a file, or of all in a folder; what goes while it is looked at counts for nothing."""
    files = [Path(folder, name) for folder, _, names in os.walk(place) for name in names]
    total = 0
    for file in files or [place]:
        with suppress(OSError):
            state = file.lstat()
            total += state.st_size if stat.S_ISREG(state.st_mode) else 0
    return total


def _building(catalog: Catalog, searched: int | None) -> Building | None:
    with catalog.engine.connect() as connection:
        others = sa.select(sa.func.max(builds.c.id)).where(builds.c.id != (searched or 0))
        number = connection.scalar(others)
        if number is None:
            return None
        build = get_build(connection, number)
        total = int(connection.scalar(sa.select(sa.func.count()).select_from(documents)) or 0)
    return Building(build.recipe.encoder, total - count_unbuilt(catalog.engine, build), total)
