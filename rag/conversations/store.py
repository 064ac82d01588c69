"""The tables of answers and conversations. Storing changes neither search results nor the generation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from index.catalog import (
    Catalog,
    all_documents,
    bytes_of,
    documents_in,
    hidden_collections,
    insert_into,
    is_visible_name,
    kept,
    kept_documents,
    kept_names,
    kept_owners,
    kept_references,
    kept_words,
    series_names,
    visible_documents,
    withdrawals,
    writing,
)
from index.records import Viewer
from index.text import fold
from rag.errors import AnswerNotFoundError, ConversationNotFoundError
from rag.visible_text import visible


@dataclass(frozen=True, slots=True)
class SearchFields:
    """``references``: number and version of each cited document.

    ``documents`` are all others of which the text may have words. ``names`` are those by which it was
    filtered, each after its kind, ``collection`` or ``publisher``.
    """

    heading: str = ""
    words: str = ""
    references: frozenset[tuple[int, int]] = frozenset()
    documents: frozenset[int] = frozenset()
    names: frozenset[tuple[str, str]] = frozenset()


# Id and text; bytes that are not UTF-8 are lone surrogates (error handler ``surrogateescape``).
StoredText = tuple[str, str]
_STORED = (kept.c.id, bytes_of(kept.c.body))

LISTED = 200

NO_FIELDS = SearchFields()


@dataclass(frozen=True, slots=True)
class KeptConversation:
    """A summary of a conversation.

    Attributes:
        conversation_id: the id that its answers carry.
        name: the name that the user gave it, else its first question.
        named: whether the user gave it a name.
        created: when its first answer was made, ISO 8601 in UTC.
        updated: when its last answer was made.
        answers: the number of its answers, without replaced ones.
        shared: whether its owner shares all of these answers with the other users.
    """

    conversation_id: str
    name: str
    named: bool
    created: str
    updated: str
    answers: int
    shared: bool = False


class AnswerStore:
    """The stored answers of a library, as JSON texts. Safe to share between threads.

    What the viewer may not read counts as missing; only the owner can list, continue, change or share.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._engine = catalog.engine
        self._viewer = catalog.viewer
        self._own = is_own(catalog.viewer)
        self._readable = is_readable(catalog.viewer)

    def put(
        self,
        answer_id: str,
        conversation_id: str | None,
        created: str,
        body: str,
        fields: SearchFields = NO_FIELDS,
        *,
        replaces: str | None = None,
    ) -> None:
        """Wait for other writers, then store; an unknown id ``replaces`` nothing.

        Raises sqlalchemy's IntegrityError if the id is taken, OperationalError after 30 seconds of waiting.
        """
        row = {"id": answer_id, "series": conversation_id, "created": created, "body": body}
        words = {"heading": fields.heading, "folded": fold(fields.words)}
        with writing(self._engine) as connection:
            [number] = connection.execute(sa.insert(kept).values(row)).inserted_primary_key or [0]
            connection.execute(sa.insert(kept_words).values(number=number, **words))
            references = [
                {"number": number, "document_id": document_id, "version": version}
                for document_id, version in sorted(fields.references)
            ]
            if references:
                connection.execute(sa.insert(kept_references), references)
            shown = {document_id for document_id, _ in fields.references} | fields.documents
            note_owner(connection, number, self._viewer, shown)
            if fields.names:
                names = [{"number": number, "kind": kind, "name": name} for kind, name in fields.names]
                connection.execute(sa.insert(kept_names), names)
            if replaces is not None and conversation_id is not None:
                _withdraw(connection, conversation_id, replaces, number, self._own)

    def get(self, answer_id: str) -> str:
        """Raises AnswerNotFoundError."""
        with self._engine.connect() as connection:
            found = sa.select(bytes_of(kept.c.body)).where(kept.c.id == answer_id, self._readable)
            body = connection.scalar(found)
        if body is None:
            raise AnswerNotFoundError(answer_id)
        return _decoded(body)

    def hidden(self, answer_ids: Collection[str]) -> set[str]:
        """Those that are stored, and that the viewer may not read."""
        found = sa.select(kept.c.id).where(kept.c.id.in_(answer_ids), ~self._readable)
        with self._engine.connect() as connection:
            return set(connection.scalars(found))

    def conversation(self, conversation_id: str, limit: int | None = None) -> list[StoredText]:
        """The last ``limit``, the oldest first; if the viewer owns none, the shared ones."""
        newest = sa.select(*_STORED).where(kept.c.series == conversation_id).order_by(kept.c.number.desc())
        with self._engine.connect() as connection:
            condition = self._visible_condition(connection, conversation_id)
            return _stored(connection.execute(newest.where(condition).limit(limit)))[::-1]

    def owns(self, conversation_id: str) -> bool:
        with self._engine.connect() as connection:
            return self._has_own(connection, conversation_id)

    def _has_own(self, connection: sa.Connection, conversation_id: str) -> bool:
        own = sa.select(kept.c.number).where(kept.c.series == conversation_id, self._own)
        return connection.scalar(own.limit(1)) is not None

    def _visible_condition(self, connection: sa.Connection, conversation_id: str) -> sa.ColumnElement[bool]:
        """Clients once chose ids, so users may share one: who owns none sees one owner's answers."""
        if self._has_own(connection, conversation_id):
            return self._own
        shared = sa.select(owner_of(kept.c.number)).where(kept.c.series == conversation_id, self._readable)
        owner = connection.scalar(shared.order_by(kept.c.number).limit(1))
        return sa.and_(self._readable, owner_of(kept.c.number) == owner)

    def before(
        self, answer_id: str, limit: int | None = None, *, own: bool = False
    ) -> tuple[str | None, list[StoredText]]:
        """As :func:`rag.conversations.answers.answers_before`."""
        with self._engine.connect() as connection:
            condition = self._own if own else self._readable
            number, conversation_id = _place(connection, answer_id, condition)
            same_owner = owner_of(kept.c.number) == owner_of(sa.literal(number))
            earlier = (
                sa.select(*_STORED)
                .where(kept.c.series == conversation_id, kept.c.number < number, condition, same_owner)
                .order_by(kept.c.number.desc())
                .limit(limit)
            )
            if conversation_id is None:
                return None, []
            return conversation_id, _stored(connection.execute(earlier))[::-1]

    def citing(
        self, document_id: int, limit: int, before: tuple[int, ...] | None = None
    ) -> list[tuple[int, int, StoredText]]:
        """The newest first: number, cited version, id, text. ``before``: the last number and version."""
        place = sa.tuple_(kept_references.c.number, kept_references.c.version)
        found = (
            sa.select(kept_references.c.number, kept_references.c.version, *_STORED)
            .join_from(kept_references, kept, kept_references.c.number == kept.c.number)
            .where(
                kept_references.c.document_id == document_id,
                kept.c.number.not_in(sa.select(withdrawals.c.number)),
                self._own,
            )
            .where(*([] if before is None else [place < before]))
            .order_by(kept_references.c.number.desc(), kept_references.c.version.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(found)
            return [(number, version, (key, _decoded(body))) for number, version, key, body in rows]

    def delete(self, answer_id: str) -> None:
        """The last answer takes the conversation's name along. Raises AnswerNotFoundError."""
        with writing(self._engine) as connection:
            # The deletion takes the write lock, so the rows that are read next cannot change.
            deletion = sa.delete(kept).where(kept.c.id == answer_id, self._own).returning(kept.c.series)
            deleted = connection.execute(deletion).all()
            if not deleted:
                raise AnswerNotFoundError(answer_id)
            conversation_id = deleted[0].series
            if conversation_id is not None and not self._has_own(connection, conversation_id):
                connection.execute(sa.delete(series_names).where(self._is_name_of(conversation_id)))

    def share_answer(self, answer_id: str, *, shared: bool) -> None:
        """Raises AnswerNotFoundError if the viewer owns no such answer."""
        if not self._share(kept.c.id == answer_id, shared=shared):
            raise AnswerNotFoundError(answer_id)

    def share_conversation(self, conversation_id: str, *, shared: bool) -> None:
        """Later answers are not shared. Raises ConversationNotFoundError if none is the viewer's."""
        if not self._share(kept.c.series == conversation_id, shared=shared):
            raise ConversationNotFoundError(conversation_id)

    def _share(self, condition: sa.ColumnElement[bool], *, shared: bool) -> bool:
        with writing(self._engine) as connection:
            return set_shared(connection, sa.and_(condition, self._own), shared=shared) > 0

    def _is_name_of(self, conversation_id: str) -> sa.ColumnElement[bool]:
        return sa.and_(series_names.c.series == conversation_id, _is_own_name(self._viewer))

    def forget(self, before: str) -> int:
        """``before`` is ISO 8601 in UTC; returns how many were deleted."""
        with writing(self._engine) as connection:
            deleted = connection.execute(sa.delete(kept).where(kept.c.created < before)).rowcount
            left = sa.select(kept.c.series, owner_of(kept.c.number)).where(kept.c.series.is_not(None))
            named = sa.tuple_(series_names.c.series, series_names.c.owner)
            connection.execute(sa.delete(series_names).where(named.not_in(left)))
        return deleted

    def list_conversations(
        self, query: str = "", limit: int = LISTED, before: int | None = None
    ) -> tuple[list[KeptConversation], int | None]:
        """The last updated first, with every word of ``query``; also ``before`` for the next page."""
        having = [self._contains(word) for word in dict.fromkeys(fold(query).split())]
        with self._engine.connect() as connection:
            rows = connection.execute(_select(self._own, *having, limit=limit + 1, before=before)).all()
        found = [_summary(row[:-1]) for row in rows[:limit]]
        return found, rows[limit - 1][-1] if len(rows) > limit else None

    def find_conversation(self, conversation_id: str) -> KeptConversation:
        """Raises ConversationNotFoundError."""
        with self._engine.connect() as connection:
            condition = self._visible_condition(connection, conversation_id)
            row = connection.execute(_select(kept.c.series == conversation_id, condition)).first()
        if row is None:
            raise ConversationNotFoundError(conversation_id)
        return _summary(row[:-1])

    def name_conversation(self, conversation_id: str, name: str) -> None:
        """An empty name restores the first question. Raises ConversationNotFoundError."""
        name = visible(name)
        with writing(self._engine) as connection:
            connection.execute(sa.delete(series_names).where(self._is_name_of(conversation_id)))
            # The deletion takes the write lock, so the conversation cannot vanish meanwhile.
            own = sa.select(owner_of(kept.c.number)).where(kept.c.series == conversation_id, self._own)
            owner = connection.scalar(own.order_by(kept.c.number).limit(1))
            if owner is None:
                raise ConversationNotFoundError(conversation_id)
            if name:
                row = {"series": conversation_id, "owner": owner, "name": name, "folded": fold(name)}
                connection.execute(sa.insert(series_names).values(row))

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete replaced answers, too. Raises ConversationNotFoundError."""
        withdrawn = sa.select(withdrawals.c.number).where(withdrawals.c.series == conversation_id)
        own = sa.delete(kept).where(self._own)
        with writing(self._engine) as connection:
            connection.execute(sa.delete(series_names).where(self._is_name_of(conversation_id)))
            deleted = connection.execute(own.where(kept.c.number.in_(withdrawn))).rowcount
            deleted += connection.execute(own.where(kept.c.series == conversation_id)).rowcount
        if not deleted:
            raise ConversationNotFoundError(conversation_id)

    def _contains(self, word: str) -> sa.ColumnElement[bool]:
        has_word = series_names.c.folded.contains(word, autoescape=True)
        in_name = sa.select(series_names.c.series).where(has_word, _is_own_name(self._viewer))
        in_answers = (
            sa.select(kept.c.series)
            .join_from(kept_words, kept, kept_words.c.number == kept.c.number)
            .where(kept_words.c.folded.contains(word, autoescape=True), kept.c.series.is_not(None), self._own)
        )
        return kept.c.series.in_(in_name.union(in_answers))


def _stored(rows: Iterable[Sequence[Any]]) -> list[StoredText]:
    return [(answer_id, _decoded(body)) for answer_id, body in rows]


def _decoded(body: bytes) -> str:
    return bytes(body).decode("utf-8", "surrogateescape")


def _is_own_name(viewer: Viewer | None) -> sa.ColumnElement[bool]:
    return sa.true() if viewer is None else series_names.c.owner.in_(keys_of(viewer))


def _place(
    connection: sa.Connection, answer_id: str, condition: sa.ColumnElement[bool]
) -> tuple[int, str | None]:
    """Return the number and the conversation, even the former one. Raises AnswerNotFoundError."""
    found = connection.execute(
        sa.select(kept.c.number, sa.func.coalesce(kept.c.series, withdrawals.c.series))
        .join_from(kept, withdrawals, kept.c.number == withdrawals.c.number, isouter=True)
        .where(kept.c.id == answer_id, condition)
    ).first()
    if found is None:
        raise AnswerNotFoundError(answer_id)
    number, conversation_id = found
    return int(number), conversation_id


def _withdraw(
    connection: sa.Connection,
    conversation_id: str,
    answer_id: str,
    before: int,
    condition: sa.ColumnElement[bool],
) -> None:
    """Remove an answer and later ones below ``before``; nothing if it does not meet ``condition``."""
    try:
        first, own = _place(connection, answer_id, condition)
    except AnswerNotFoundError:
        return
    if own != conversation_id:
        return
    leaving = (kept.c.series == conversation_id, kept.c.number >= first, kept.c.number < before, condition)
    connection.execute(
        sa.insert(withdrawals).from_select(
            ["number", "series"], sa.select(kept.c.number, kept.c.series).where(*leaving)
        )
    )
    connection.execute(sa.update(kept).where(*leaving).values(series=None))


def _summary(row: Sequence[Any]) -> KeptConversation:
    conversation_id, name, heading, created, updated, answers, shared = row
    shown = heading if name is None else name
    return KeptConversation(conversation_id, shown, name is not None, created, updated, answers, bool(shared))


def _select(
    *conditions: sa.ColumnElement[bool], limit: int | None = None, before: int | None = None
) -> sa.Select[Any]:
    """A row per conversation: what :func:`_summary` reads, and its last answer's number, below ``before``."""
    last_number = sa.func.max(kept.c.number)
    shared = sa.func.coalesce(kept_owners.c.shared, sa.false())
    grouped = (
        sa.select(
            kept.c.series,
            sa.func.min(kept.c.number).label("first"),
            last_number.label("last"),
            sa.func.count().label("texts"),
            sa.func.min(sa.cast(shared, sa.Integer)).label("shared"),
        )
        .join_from(kept, kept_owners, kept.c.number == kept_owners.c.number, isouter=True)
        .where(kept.c.series.is_not(None), *conditions)
        .group_by(kept.c.series)
        .having(*([] if before is None else [last_number < before]))
        .order_by(sa.desc("last"))
        .limit(limit)
        .subquery()
    )
    first, last = kept.alias(), kept.alias()
    return (
        sa.select(
            grouped.c.series,
            series_names.c.name,
            kept_words.c.heading,
            first.c.created,
            last.c.created,
            grouped.c.texts,
            grouped.c.shared,
            grouped.c.last,
        )
        .join_from(grouped, first, first.c.number == grouped.c.first)
        .join(last, last.c.number == grouped.c.last)
        .join(kept_words, kept_words.c.number == grouped.c.first)
        .join(
            series_names,
            sa.and_(
                series_names.c.series == grouped.c.series,
                series_names.c.owner == owner_of(grouped.c.first),
            ),
            isouter=True,
        )
        .order_by(grouped.c.last.desc())
    )


NOBODY = ""  # the key of the owner of answers that belong to nobody


def is_own(viewer: Viewer | None) -> sa.ColumnElement[bool]:
    """Own, and with none of its documents hidden from ``viewer``; without a viewer, any answer.

    A document that is gone is hidden if the collection that it was in is.
    """
    if viewer is None:
        return sa.true()
    numbers = sa.select(kept_owners.c.number)
    own: sa.ColumnElement[bool] = kept.c.number.in_(numbers.where(kept_owners.c.owner.in_(keys_of(viewer))))
    if NOBODY in keys_of(viewer):
        own |= kept.c.number.not_in(numbers)
    hidden = hidden_collections(viewer)
    if hidden is None:
        return own
    document, is_gone = kept_documents.c.document_id, kept_documents.c.document_id.not_in(all_documents())
    was_hidden = sa.and_(is_gone, kept_documents.c.collection.in_(hidden))
    return sa.and_(own, ~_has(kept_documents, document.in_(documents_in(hidden)) | was_hidden))


def is_readable(viewer: Viewer | None) -> sa.ColumnElement[bool]:
    """Own, or shared and with all its documents and names visible; without a viewer, any answer.

    Nobody knows any more who may see a document that is gone, so only the owner reads its words.
    """
    if viewer is None:
        return sa.true()
    shared = kept.c.number.in_(sa.select(kept_owners.c.number).where(kept_owners.c.shared))
    is_visible = kept_documents.c.document_id.in_(visible_documents(viewer))
    is_known = is_visible_name(kept_names.c.kind, kept_names.c.name, viewer)
    return sa.or_(
        is_own(viewer), sa.and_(shared, ~_has(kept_documents, ~is_visible), ~_has(kept_names, ~is_known))
    )


def _has(table: sa.Table, condition: sa.ColumnElement[bool]) -> sa.Exists:
    return sa.exists().where(table.c.number == kept.c.number, condition).correlate(kept)


def keys_of(viewer: Viewer) -> tuple[str, ...]:
    return (viewer.key, NOBODY) if viewer.sees_all else (viewer.key,)


def owner_of(number: sa.ColumnElement[int]) -> sa.ColumnElement[str]:
    owners = kept_owners.alias()
    owner = sa.select(owners.c.owner).where(owners.c.number == number).correlate_except(owners)
    return sa.func.coalesce(owner.scalar_subquery(), NOBODY)


def note_owner(connection: sa.Connection, number: int, viewer: Viewer | None, shown: Collection[int]) -> None:
    """``shown``: the documents of which the answer may have words."""
    if viewer is not None and viewer.key != NOBODY:
        row = {"number": number, "owner": viewer.key, "shared": False}
        connection.execute(sa.insert(kept_owners).values(row))
    if shown:
        rows = [{"number": number, "document_id": document_id} for document_id in sorted(shown)]
        connection.execute(sa.insert(kept_documents), rows)


def set_shared(connection: sa.Connection, answers: sa.ColumnElement[bool], *, shared: bool) -> int:
    rows = sa.select(kept.c.number, owner_of(kept.c.number), sa.literal(shared)).where(answers)
    columns: list[Any] = ["number", "owner", "shared"]
    new = insert_into(connection, kept_owners).from_select(columns, rows)
    changed = new.on_conflict_do_update(index_elements=["number"], set_={"shared": shared})
    return len(connection.execute(changed.returning(kept_owners.c.number)).all())
