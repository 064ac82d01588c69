"""Collections that only some viewers may see.

For other viewers, a document of a limited collection does not exist. The collection of its current version
decides about its older ones too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from index.catalog.databases import writing
from index.catalog.schema import documents, limit_viewers, limits, versions
from index.catalog.writes import count_invalidation
from index.records import Viewer


def hidden_collections(viewer: Viewer | None) -> sa.Select[Any] | None:
    if viewer is None or viewer.sees_all:
        return None
    own = sa.select(limit_viewers.c.collection).where(limit_viewers.c.viewer == viewer.key)
    return sa.select(limits.c.collection).where(limits.c.collection.not_in(own))


def documents_in(collections: sa.Select[Any]) -> sa.Select[Any]:
    document, version = documents.alias(), versions.alias()
    is_current = sa.and_(version.c.document_id == document.c.id, version.c.version == document.c.version)
    return (
        sa.select(document.c.id)
        .join_from(version, document, is_current)
        .where(version.c.collection.in_(collections))
    )


def all_documents() -> sa.Select[Any]:
    return sa.select(documents.c.id)


class CollectionViewers:
    """Stores who may see the limited collections. Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def all(self) -> Mapping[str, tuple[str, ...]]:
        query = sa.select(limits.c.collection, limit_viewers.c.viewer).join_from(
            limits, limit_viewers, isouter=True
        )
        found: dict[str, tuple[str, ...]] = {}
        with self._engine.connect() as connection:
            for collection, viewer in connection.execute(query.order_by(*query.selected_columns)):
                found[collection] = (*found.get(collection, ()), *([] if viewer is None else [viewer]))
        return found

    def set(self, collection: str, viewers: Collection[str]) -> None:
        """Limit a collection, which may have no document yet, to the viewers with these keys."""
        rows = [{"collection": collection, "viewer": viewer} for viewer in sorted(set(viewers))]
        with writing(self._engine) as connection:
            count_invalidation(connection)
            connection.execute(sa.delete(limits).where(limits.c.collection == collection))
            connection.execute(sa.insert(limits).values(collection=collection))
            if rows:
                connection.execute(sa.insert(limit_viewers), rows)

    def remove(self, collection: str) -> bool:
        """Let everyone see a collection; return whether it was limited."""
        with writing(self._engine) as connection:
            count_invalidation(connection)
            gone = connection.execute(sa.delete(limits).where(limits.c.collection == collection))
        return gone.rowcount > 0
