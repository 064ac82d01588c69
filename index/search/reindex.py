"""A library made anew by another recipe, beside the one that is searched, and changed over to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from index.catalog.builds import begin_build, change_over, count_unbuilt, drop_given_up, put_in_build, unbuilt
from index.catalog.database import Catalog
from index.embedding.encoder import Encoder
from index.embedding.pipeline import Progress, make
from index.errors import VectorsGoneError
from index.records import Build, Incoming, NewVersion, Recipe
from index.search.maintenance import Upkeep
from index.search.manifest import clear_others, folder_of, with_base, write_marker
from index.search.view import catch_up_words, make_base, make_words

_DOCUMENTS_AT_ONCE = 20
"""Between two commits: what a run that is stopped has to make again at most."""


def rebuild(
    catalog: Catalog,
    upkeep: Upkeep,
    encoder: Encoder,
    recipe: Recipe,
    progress: Progress | None = None,
) -> None:
    """Make every passage by ``recipe``, and let them be searched once all are there.

    Readers see what there was until then, and writers are kept out for the change-over only: what they add
    meanwhile is made by the former recipe and then again by this one. A run that is stopped goes on where it
    was.

    Args:
        catalog: the library's catalog.
        upkeep: its caches.
        encoder: the recipe's.
        recipe: how the passages are to be made.
        progress: told how many documents are made (``rebuilding``).

    Raises:
        LibraryLockedError: if another process goes on writing for half a minute.
        BuildGoneError: if another process has changed over to another build before this one was whole.
    """
    build = begin_build(catalog.engine, recipe)
    told = _counting(catalog, build, progress)
    _fill(catalog, encoder, build, told)
    while not _changed_over(catalog, upkeep, encoder, build, told):
        pass
    drop_given_up(catalog.engine)
    clear_others(upkeep.home, build)


def _changed_over(
    catalog: Catalog, upkeep: Upkeep, encoder: Encoder, build: Build, told: Callable[[], None]
) -> bool:
    """Make the caches of ``build``, and change over to it; False if they must be made again."""
    folder, titled = folder_of(upkeep.home, build), build.recipe.title_tokens > 0
    with catalog.reading(build) as reader:
        last = reader.last_chunk()
        saved = make_words(folder, reader, titled=titled)
        if reader.count_chunks():
            saved = with_base(saved, make_base(folder, reader, encoder.dimensions, upkeep.sizes))
    # What came meanwhile, so that little is left to do while others wait.
    _fill(catalog, encoder, build, told)
    with upkeep.writing():
        _fill(catalog, encoder, build, told)
        with catalog.reading(build) as reader:
            # Who settles the caches that are searched forgets what went before theirs were made.
            if reader.forgotten() > saved.known_from:
                return False
            saved = catch_up_words(folder, saved, reader, last, titled=titled)
        # Before the change-over, so that whoever sees the new build finds its caches.
        write_marker(folder, saved)
        change_over(catalog.engine, build)
    return True


def _fill(catalog: Catalog, encoder: Encoder, build: Build, told: Callable[[], None]) -> None:
    """Make the passages of all documents that ``build`` lacks."""
    while numbers := unbuilt(catalog.engine, build, _DOCUMENTS_AT_ONCE):
        versions: dict[int, tuple[int, Incoming]] = {}
        with catalog.reading() as reader:
            for record in reader.records(numbers):
                number = record.document_id
                document = reader.text(number, record.version)
                versions[number] = (
                    record.version,
                    Incoming(record.source, record.path, 0, 0, record.digest, document),
                )
        made = make([item for _, item in versions.values()], build.recipe, encoder, catalog)
        new: dict[int, tuple[int, NewVersion]] = {
            number: (version, item)
            for (number, (version, _)), item in zip(versions.items(), made, strict=True)
        }
        with suppress(VectorsGoneError):
            put_in_build(catalog.engine, build, new)
        told()


def _counting(catalog: Catalog, build: Build, progress: Progress | None) -> Callable[[], None]:
    total = count_unbuilt(catalog.engine, build)

    def told() -> None:
        if progress is not None:
            progress("rebuilding", max(total - count_unbuilt(catalog.engine, build), 0), total)

    return told
