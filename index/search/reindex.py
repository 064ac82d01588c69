"""Rebuilds a library by another recipe beside the current build, then switches to the new build.

A recipe is the settings by which passages are cut and embedded, such as the encoder.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from index.catalog.builds import (
    add_to_build,
    begin_build,
    count_missing_passages,
    drop_abandoned,
    missing_documents,
    switch_to_build,
)
from index.catalog.database import Catalog
from index.embedding.encoder import Encoder
from index.embedding.pipeline import Progress, embed_documents
from index.errors import VectorsGoneError
from index.records import Build, Incoming, NewVersion, Recipe
from index.search.caches import catch_up_words, write_words
from index.search.maintenance import Maintenance
from index.search.manifest import delete_other_builds, folder_of, with_base, write_manifest

_PATIENCE = 3_600.0
"""The seconds to wait for another process that updates the base (the older vectors) on a server."""

_DOCUMENTS_AT_ONCE = 20
"""The number of documents between two commits: an interrupted run repeats at most this many."""


def rebuild(
    catalog: Catalog,
    maintenance: Maintenance,
    encoder: Encoder,
    recipe: Recipe,
    progress: Progress | None = None,
) -> None:
    """Cut and embed all documents by ``recipe``, and switch searches to the result once it is complete.

    Until then, searches use the old build, and documents that writers add are embedded by both recipes.
    Writers wait only during the switch. A later run resumes an interrupted one.

    Args:
        catalog: the library's catalog.
        maintenance: keeps the library's caches.
        encoder: the recipe's encoder.
        recipe: how to cut and embed passages.
        progress: receives the number of passages done, at the stage ``rebuilding``. They are counted as in
            the current build, because the new one may cut the documents in another way.

    Raises:
        LibraryLockedError: if another process writes for more than half a minute.
        BuildGoneError: if another process has meanwhile switched to another build.
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
    """Write the caches of ``build``, and let searches use ``build``.

    Return False, without letting searches use it, if records of removals that it needs were deleted
    meanwhile; the caller must then try again.
    """
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
    """Cut and embed the documents that ``build`` lacks, and add their passages to the build."""
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
    """Report how many of ``left`` passages remain, while the documents with ``now`` of them are embedded."""
    if done < of:  # The end is reported once the documents are in the build.
        report(left - now * done // of)


def _counting(total: int, progress: Progress | None) -> Callable[[int], None]:
    """Return a function that reports, given how many passages are left, how many of ``total`` are done."""

    def report(left: int) -> None:
        if progress is not None:
            progress("rebuilding", max(total - left, 0), total)

    return report
