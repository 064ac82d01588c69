"""Records the viewers who uploaded documents, and adds up the bytes of each viewer's files."""

from __future__ import annotations

import sqlalchemy as sa

from index.catalog.schema import documents, uploaders


def put_uploader(connection: sa.Connection, document_id: int, viewer: str) -> None:
    """Record the key of the viewer who uploaded a document's present file; "" if the viewer is unknown."""
    connection.execute(sa.delete(uploaders).where(uploaders.c.document_id == document_id))
    if viewer:
        connection.execute(sa.insert(uploaders).values(document_id=document_id, viewer=viewer))


def uploader_of(connection: sa.Connection, document_id: int) -> str:
    """Return the key of the viewer who uploaded the present file of a document; empty if unknown."""
    found = sa.select(uploaders.c.viewer).where(uploaders.c.document_id == document_id)
    return connection.scalar(found) or ""


def uploaded_bytes(connection: sa.Connection, viewer: str, source: str, except_path: str = "") -> int:
    """Return the total size, in bytes, of the files that a viewer uploaded.

    Args:
        connection: reads one state of the catalog.
        viewer: the viewer's key.
        source: the folder of the uploads.
        except_path: the path of a file that does not count, because the next upload replaces it.
    """
    own = _sizes(source).where(uploaders.c.viewer == viewer, documents.c.path != except_path)
    return int(connection.scalar(sa.select(sa.func.sum(own.subquery().c.size))) or 0)


def bytes_by_uploader(connection: sa.Connection, source: str) -> dict[str, int]:
    """Return the total bytes of each viewer's uploaded files, by the viewer's key, largest first."""
    sizes = _sizes(source).subquery()
    total = sa.func.sum(sizes.c.size)
    by_viewer = sa.select(sizes.c.viewer, total).group_by(sizes.c.viewer).order_by(total.desc())
    return {str(viewer): int(size) for viewer, size in connection.execute(by_viewer)}


def _sizes(source: str) -> sa.Select[tuple[str, int]]:
    pairs = sa.select(uploaders.c.viewer, documents.c.size).join_from(uploaders, documents)
    return pairs.where(documents.c.source == source)
