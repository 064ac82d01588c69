"""Another build of a library, made beside the one that is searched, and changed over to when it is whole."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from index.catalog.chunk_rows import chunk_rows, insert_chunks
from index.catalog.schema import builds, chunks, documents, meta, ranges, versions
from index.catalog.writes import (
    batches,
    check_vectors,
    delete_chunks,
    drop_unused_vectors,
    get_build,
    get_meta,
    insert_build,
    searched_build,
    set_meta,
)
from index.errors import BuildGoneError
from index.records import Build, NewVersion, Recipe

_GIVEN_UP = "given_up"
"""In the library's table of facts for as long as there may be chunks of builds that are none any more."""

_GONE = "another process has made the library anew in another way meanwhile; run it again if need be"


def begin_build(engine: sa.Engine, recipe: Recipe) -> Build:
    """The build by ``recipe`` that was begun and not finished, or a new one."""
    with engine.begin() as connection:
        searched = searched_build(connection)
        own = searched.number if searched else 0
        for number in connection.scalars(sa.select(builds.c.id).where(builds.c.id != own)).all():
            build = get_build(connection, number)
            if build.recipe == recipe:
                return build
        return insert_build(connection, recipe)


def unbuilt(engine: sa.Engine, build: Build, limit: int) -> list[int]:
    """The numbers of some documents whose current version ``build`` does not have, in order."""
    has = sa.exists().where(
        ranges.c.build == build.number,
        ranges.c.document_id == documents.c.id,
        ranges.c.version == documents.c.version,
    )
    with engine.connect() as connection:
        return list(
            connection.scalars(sa.select(documents.c.id).where(~has).order_by(documents.c.id).limit(limit))
        )


def count_unbuilt(engine: sa.Engine, build: Build) -> int:
    """How many documents ``build`` does not have in their current version."""
    return len(unbuilt(engine, build, -1))


def put_in_build(engine: sa.Engine, build: Build, documents_at: Mapping[int, tuple[int, NewVersion]]) -> None:
    """Write chunks of documents in a build that is not searched; nobody finds them yet.

    Raises:
        VectorsGoneError: if a vector is not there any more; nothing is written.
        BuildGoneError: if the build was given up by another process.

    Args:
        engine: of the catalog.
        build: the build.
        documents_at: by number, each document's version and its chunks; one that has another version by
            now, or is gone, is passed over.
    """
    rows = {document_id: chunk_rows(item) for document_id, (_, item) in documents_at.items()}
    with engine.begin() as connection:
        _hold(connection, build)
        for document_id, (version, _) in documents_at.items():
            same = (documents.c.id == document_id, documents.c.version == version)
            touched = connection.execute(sa.update(documents).where(*same).values(version=version))
            if touched.rowcount:
                delete_chunks(connection, document_id, build.number)
                insert_chunks(connection, build.number, document_id, rows[document_id])
        check_vectors(connection, [item for _, item in documents_at.values()])


def change_over(engine: sa.Engine, build: Build) -> int:
    """Let ``build`` be searched from now on, in one step; returns the generation that it made.

    All others are given up: none of them can be taken up again, whole or in parts. Their chunks are
    deleted by :func:`drop_given_up`.

    Raises:
        BuildGoneError: if ``build`` was given up by another process meanwhile; nothing is changed.
    """
    with engine.begin() as connection:
        _hold(connection, build)
        connection.execute(sa.delete(builds).where(builds.c.id != build.number))
        set_meta(connection, _GIVEN_UP, "1")
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
    """Begin to write, so that the build cannot go before the transaction is over; raises BuildGoneError.

    Before anything is read: the transaction must not have to wait for a writer half-way.
    """
    mine = builds.c.id == build.number
    if not connection.execute(sa.update(builds).where(mine).values(id=build.number)).rowcount:
        raise BuildGoneError(_GONE)


def drop_given_up(engine: sa.Engine, at_once: int = 5_000) -> None:
    """Delete the chunks of builds that were given up, some at a time, with the vectors that only they had.

    Does nothing, in no time, where there are none. A run that is broken off is gone on with by the next.
    """
    with engine.connect() as connection:
        if get_meta(connection, _GIVEN_UP) is None:
            return
    other = chunks.c.build.not_in(sa.select(builds.c.id))
    while True:
        with engine.begin() as connection:
            connection.execute(sa.delete(meta).where(meta.c.key == _GIVEN_UP))
            query = sa.select(chunks.c.id, chunks.c.vector).where(other).limit(at_once)
            rows = connection.execute(query).all()
            if not rows:
                return
            for part in batches([row.id for row in rows]):
                connection.execute(sa.delete(chunks).where(chunks.c.id.in_(part)))
            drop_unused_vectors(connection, {row.vector for row in rows})
            set_meta(connection, _GIVEN_UP, "1")
