"""Fills a new build of a library while searches use the current one, then makes the new build current.

A build is all passages of the library, cut and embedded by one recipe (the settings for both).
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from index.catalog.databases import writing
from index.catalog.queries import batches, get_build, get_meta, searched_build
from index.catalog.schema import builds, chunks, documents, meta, ranges, versions
from index.catalog.writes import (
    check_vectors,
    chunk_rows,
    delete_chunks,
    drop_unused_vectors,
    insert_build,
    insert_chunks,
    set_meta,
)
from index.errors import BuildGoneError
from index.records import Build, NewVersion, Recipe

_HAS_ABANDONED = "given_up"
"""The key in the table ``meta`` that is set while chunks of abandoned builds may exist."""

_ABANDONED_MESSAGE = (
    "another process has meanwhile rebuilt the library with other settings; run the command again to "
    "rebuild it with yours"
)


def begin_build(engine: sa.Engine, recipe: Recipe) -> Build:
    """Return the unfinished build with the settings ``recipe``; create an empty build if there is none."""
    with writing(engine) as connection:
        searched = searched_build(connection)
        own = searched.number if searched else 0
        for number in connection.scalars(sa.select(builds.c.id).where(builds.c.id != own)).all():
            build = get_build(connection, number)
            if build.recipe == recipe:
                return build
        return insert_build(connection, recipe)


def missing_documents(engine: sa.Engine, build: Build, limit: int | None) -> list[int]:
    """Return the ids, in order, of the documents whose current version is not in ``build``.

    Args:
        engine: the catalog's engine.
        build: the build.
        limit: the most ids to return; None for all.
    """
    with engine.connect() as connection:
        query = sa.select(documents.c.id).where(_is_missing(build)).order_by(documents.c.id).limit(limit)
        return list(connection.scalars(query))


def count_missing(engine: sa.Engine, build: Build) -> int:
    """Return the number of documents whose current version is not in ``build``."""
    return len(missing_documents(engine, build, None))


def count_missing_passages(engine: sa.Engine, build: Build) -> int:
    """Return how many passages these documents have in the current build."""
    current = versions.c.document_id == documents.c.id, versions.c.version == documents.c.version
    query = sa.select(sa.func.sum(versions.c.passages)).join_from(documents, versions, sa.and_(*current))
    with engine.connect() as connection:
        return int(connection.scalar(query.where(_is_missing(build))) or 0)


def _is_missing(build: Build) -> sa.ColumnElement[bool]:
    return ~sa.exists().where(
        ranges.c.build == build.number,
        ranges.c.document_id == documents.c.id,
        ranges.c.version == documents.c.version,
    )


def add_to_build(engine: sa.Engine, build: Build, documents_at: Mapping[int, tuple[int, NewVersion]]) -> None:
    """Add documents to a build that no search uses yet.

    Args:
        engine: the catalog's engine.
        build: the build.
        documents_at: each document's version and chunks, by the document's id. A document is skipped if this
            version is no longer current.

    Raises:
        VectorsGoneError: if the vector of a chunk is no longer stored; nothing is written.
        BuildGoneError: if another process has abandoned the build.
    """
    rows = {document_id: chunk_rows(item) for document_id, (_, item) in documents_at.items()}
    with writing(engine) as connection:
        _hold(connection, build)
        for document_id, (version, _) in documents_at.items():
            same = (documents.c.id == document_id, documents.c.version == version)
            touched = connection.execute(sa.update(documents).where(*same).values(version=version))
            if touched.rowcount:
                delete_chunks(connection, document_id, build.number)
                insert_chunks(connection, build.number, document_id, rows[document_id])
        check_vectors(connection, [item for _, item in documents_at.values()])


def switch_to_build(engine: sa.Engine, build: Build) -> int:
    """Make ``build`` the build that searches use, in one transaction; return the catalog's new generation.

    All other builds are abandoned for good; :func:`drop_abandoned` deletes their chunks.

    Raises:
        BuildGoneError: if another process has abandoned ``build`` meanwhile; nothing is changed.
    """
    with writing(engine) as connection:
        _hold(connection, build)
        connection.execute(sa.delete(builds).where(builds.c.id != build.number))
        set_meta(connection, _HAS_ABANDONED, "1")
        generation = int(get_meta(connection, "generation") or 0) + 1
        set_meta(connection, "generation", str(generation))
        set_meta(connection, "build", str(build.number))
        count = (
            sa.select(ranges.c.beyond - ranges.c.first)
            .where(ranges.c.build == build.number, ranges.c.document_id == versions.c.document_id)
            .scalar_subquery()
        )
        current = sa.exists().where(
            documents.c.id == versions.c.document_id, documents.c.version == versions.c.version
        )
        connection.execute(sa.update(versions).where(current).values(passages=count))
    return generation


def _hold(connection: sa.Connection, build: Build) -> None:
    """Take the write lock of the database, so that no other process can abandon ``build``.

    Call this before the transaction reads anything: then the transaction waits for other writers only at its
    start.

    Raises:
        BuildGoneError: if another process has abandoned the build.
    """
    mine = builds.c.id == build.number
    if not connection.execute(sa.update(builds).where(mine).values(id=build.number)).rowcount:
        raise BuildGoneError(_ABANDONED_MESSAGE)


def drop_abandoned(engine: sa.Engine, at_once: int = 5_000) -> None:
    """Delete, in batches, the chunks of abandoned builds and the vectors that no remaining build uses.

    If no build was abandoned, this returns at once. After an interruption, the next call continues the work.
    """
    with engine.connect() as connection:
        if get_meta(connection, _HAS_ABANDONED) is None:
            return
    other = chunks.c.build.not_in(sa.select(builds.c.id))
    while True:
        with writing(engine) as connection:
            connection.execute(sa.delete(meta).where(meta.c.key == _HAS_ABANDONED))
            query = sa.select(chunks.c.id, chunks.c.vector).where(other).limit(at_once)
            rows = connection.execute(query).all()
            if not rows:
                return
            for part in batches([row.id for row in rows]):
                connection.execute(sa.delete(chunks).where(chunks.c.id.in_(part)))
            drop_unused_vectors(connection, {row.vector for row in rows})
            set_meta(connection, _HAS_ABANDONED, "1")
