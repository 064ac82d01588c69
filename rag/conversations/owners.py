"""SQL conditions that select the stored answers that a viewer of the library may read or change.

An answer belongs to the viewer for whom it was made. An answer that was made for no signed-in user belongs to
nobody: viewers who see all documents may read and change it like their own answers. An answer that shows
words or the title of a document does not exist for viewers who may not see that document.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from index.catalog import (
    all_documents,
    documents_in,
    hidden_collections,
    insert_into,
    kept,
    kept_documents,
    kept_owners,
    kept_references,
)
from index.records import Viewer

NOBODY = ""
"""The owner's key for answers that belong to nobody."""


def is_own(viewer: Viewer | None) -> sa.ColumnElement[bool]:
    """Return the SQL condition that ``viewer`` owns an answer and may see all documents that it shows.

    If there is no viewer, every answer meets the condition.
    """
    if viewer is None:
        return sa.true()
    numbers = sa.select(kept_owners.c.number)
    own: sa.ColumnElement[bool] = kept.c.number.in_(numbers.where(kept_owners.c.owner.in_(keys_of(viewer))))
    if NOBODY in keys_of(viewer):
        own |= kept.c.number.not_in(numbers)
    return sa.and_(own, *_shows_no_hidden_document(viewer))


def is_readable(viewer: Viewer | None) -> sa.ColumnElement[bool]:
    """Return the SQL condition that ``viewer`` may read an answer.

    The answer must be the viewer's own or shared, and the viewer must be allowed to see all documents that
    it shows. If there is no viewer, every answer meets the condition.

    If a shared answer cites a deleted document, the library no longer knows who may see that document. Then
    only the owner and viewers who see all documents can read the answer.
    """
    if viewer is None:
        return sa.true()
    shared = sa.select(kept_owners.c.number).where(kept_owners.c.shared)
    conditions = [kept.c.number.in_(shared), *_shows_no_hidden_document(viewer)]
    if not viewer.sees_all:
        cites_deleted = kept_references.c.document_id.not_in(all_documents())
        conditions.append(kept.c.number.not_in(sa.select(kept_references.c.number).where(cites_deleted)))
    return sa.or_(is_own(viewer), sa.and_(*conditions))


def keys_of(viewer: Viewer) -> tuple[str, ...]:
    """Return the keys of the owners whose answers count as the viewer's own."""
    return (viewer.key, NOBODY) if viewer.sees_all else (viewer.key,)


def owner_of(number: sa.ColumnElement[int]) -> sa.ColumnElement[str]:
    """Return an SQL expression for the key of the owner of the answer with this number."""
    owners = kept_owners.alias()
    owner = sa.select(owners.c.owner).where(owners.c.number == number).correlate_except(owners)
    return sa.func.coalesce(owner.scalar_subquery(), NOBODY)


def note_owner(connection: sa.Connection, number: int, viewer: Viewer | None, shown: Collection[int]) -> None:
    """Record the owner of a new answer, and the documents whose words or titles it shows (``shown``)."""
    if viewer is not None and viewer.key != NOBODY:
        row = {"number": number, "owner": viewer.key, "shared": False}
        connection.execute(sa.insert(kept_owners).values(row))
    if shown:
        rows = [{"number": number, "document_id": document_id} for document_id in sorted(shown)]
        connection.execute(sa.insert(kept_documents), rows)


def set_shared(connection: sa.Connection, answers: sa.ColumnElement[bool], *, shared: bool) -> int:
    """Share the answers that meet a condition, or stop sharing them; return the number of these answers."""
    rows = sa.select(kept.c.number, owner_of(kept.c.number), sa.literal(shared)).where(answers)
    columns: list[Any] = ["number", "owner", "shared"]
    new = insert_into(connection, kept_owners).from_select(columns, rows)
    changed = new.on_conflict_do_update(index_elements=["number"], set_={"shared": shared})
    return len(connection.execute(changed.returning(kept_owners.c.number)).all())


def _shows_no_hidden_document(viewer: Viewer) -> list[sa.ColumnElement[bool]]:
    hidden = hidden_collections(viewer)
    if hidden is None:
        return []
    shows = sa.select(kept_documents.c.number).where(kept_documents.c.document_id.in_(documents_in(hidden)))
    return [kept.c.number.not_in(shows)]
