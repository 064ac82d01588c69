"""The tables of stored answers and of their conversations. An answer is an opaque text here.

Storing an answer changes no search result: the generation stays the same, and writers of documents wait only
for the time of a few rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from index.catalog import kept, kept_references, kept_words, series_names, withdrawals
from index.text import fold
from rag.errors import AnswerNotFoundError, ConversationNotFoundError


@dataclass(frozen=True, slots=True)
class SearchFields:
    """The fields by which an answer is found.

    Attributes:
        heading: a line that represents it in a list: the question.
        words: the text to search, regardless of case and accents.
        references: the documents that it cites: their numbers and versions.
    """

    heading: str = ""
    words: str = ""
    references: frozenset[tuple[int, int]] = frozenset()


NO_FIELDS = SearchFields()
"""The fields of an answer that only its id and its conversation find."""


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
    """

    conversation_id: str
    name: str
    named: bool
    created: str
    updated: str
    answers: int


class AnswerStore:
    """The stored answers of a library, as JSON texts. Safe to share between threads.

    Args:
        engine: the catalog's database.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

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
        """Store an answer. If another process is writing, this waits for it.

        Args:
            answer_id: its id; a taken id is an error, because stored answers never change.
            conversation_id: the conversation that it continues, or None.
            created: when it was made, ISO 8601 in UTC.
            body: its text.
            fields: the fields by which it is found.
            replaces: the id of an answer of the same conversation. That answer and all later ones leave the
                conversation in the same transaction; they remain readable by their ids. An unknown id
                replaces nothing.

        Raises:
            sqlalchemy.exc.IntegrityError: if another answer has the id ``answer_id``.
            sqlalchemy.exc.OperationalError: if the catalog cannot be written, or stays locked for 30 seconds.
        """
        row = {"id": answer_id, "series": conversation_id, "created": created, "body": body}
        words = {"heading": fields.heading, "folded": fold(fields.words)}
        with self._engine.begin() as connection:
            [number] = connection.execute(sa.insert(kept).values(row)).inserted_primary_key or [0]
            connection.execute(sa.insert(kept_words).values(number=number, **words))
            references = [
                {"number": number, "document_id": document_id, "version": version}
                for document_id, version in sorted(fields.references)
            ]
            if references:
                connection.execute(sa.insert(kept_references), references)
            if replaces is not None and conversation_id is not None:
                _withdraw(connection, conversation_id, replaces, before=number)

    def get(self, answer_id: str) -> str:
        """Return an answer as it was stored; raise AnswerNotFoundError."""
        with self._engine.connect() as connection:
            body = connection.scalar(sa.select(kept.c.body).where(kept.c.id == answer_id))
        if body is None:
            raise AnswerNotFoundError(answer_id)
        return str(body)

    def conversation(self, conversation_id: str, limit: int | None = None) -> list[str]:
        """Return the last answers of a conversation, at most ``limit``, the oldest first."""
        newest = sa.select(kept.c.body).where(kept.c.series == conversation_id).order_by(kept.c.number.desc())
        with self._engine.connect() as connection:
            return [str(body) for body in connection.scalars(newest.limit(limit))][::-1]

    def before(self, answer_id: str, limit: int | None = None) -> tuple[str | None, list[str]]:
        """Return the answers that preceded an answer in its conversation, even a replaced answer.

        Returns:
            The conversation's id, or None; and the last preceding answers, at most ``limit``, the oldest
            first.

        Raises:
            AnswerNotFoundError: if the answer does not exist.
        """
        with self._engine.connect() as connection:
            number, conversation_id = _place(connection, answer_id)
            earlier = (
                sa.select(kept.c.body)
                .where(kept.c.series == conversation_id, kept.c.number < number)
                .order_by(kept.c.number.desc())
                .limit(limit)
            )
            if conversation_id is None:
                return None, []
            return conversation_id, [str(body) for body in connection.scalars(earlier)][::-1]

    def citing(
        self, document_id: int, limit: int, before: tuple[int, ...] | None = None
    ) -> list[tuple[int, int, str]]:
        """Return the answers that cite a document and were not replaced in their conversation.

        Args:
            document_id: the document's number.
            limit: the most answers to return.
            before: return only what follows this number and version.

        Returns:
            The answer's number, the cited version and the answer, the newest first. An answer that cites two
            versions appears twice, the newer version first.
        """
        place = sa.tuple_(kept_references.c.number, kept_references.c.version)
        found = (
            sa.select(kept_references.c.number, kept_references.c.version, kept.c.body)
            .join_from(kept_references, kept, kept_references.c.number == kept.c.number)
            .where(
                kept_references.c.document_id == document_id,
                kept.c.number.not_in(sa.select(withdrawals.c.number)),
            )
            .where(*([] if before is None else [place < before]))
            .order_by(kept_references.c.number.desc(), kept_references.c.version.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(found)]

    def delete(self, answer_id: str) -> None:
        """Delete an answer; the last answer takes its conversation's name with it.

        Raises:
            AnswerNotFoundError: if the answer does not exist.
        """
        with self._engine.begin() as connection:
            # The deletion takes the write lock, so the rows that are read next cannot change.
            gone = sa.delete(kept).where(kept.c.id == answer_id).returning(kept.c.series)
            found = connection.execute(gone).all()
            if not found:
                raise AnswerNotFoundError(answer_id)
            conversation_id = found[0].series
            rest = sa.select(kept.c.number).where(kept.c.series == conversation_id)
            connection.execute(
                sa.delete(series_names).where(series_names.c.series == conversation_id, ~sa.exists(rest))
            )

    def list_conversations(
        self, query: str = "", limit: int | None = None, before: int | None = None
    ) -> list[tuple[int, KeptConversation]]:
        """Return the conversations, each with the number of its last answer, the last updated first.

        Args:
            query: words. Each must occur in the name or in an answer of the conversation, regardless of case
                and accents. Empty for all conversations.
            limit: the most conversations to return.
            before: return only conversations whose last answer has a lower number.
        """
        having = [_has(word) for word in dict.fromkeys(fold(query).split())]
        with self._engine.connect() as connection:
            rows = connection.execute(_select(*having, limit=limit, before=before))
            return [(number, _summary(row)) for *row, number in rows]

    def find_conversation(self, conversation_id: str) -> KeptConversation:
        """Return the summary of a conversation; raise ConversationNotFoundError."""
        with self._engine.connect() as connection:
            row = connection.execute(_select(kept.c.series == conversation_id)).first()
        if row is None:
            raise ConversationNotFoundError(conversation_id)
        return _summary(row[:-1])

    def name_conversation(self, conversation_id: str, name: str | None) -> None:
        """Name a conversation, or with None remove its name; raise ConversationNotFoundError."""
        series = series_names.c.series
        with self._engine.begin() as connection:
            connection.execute(sa.delete(series_names).where(series == conversation_id))
            # The deletion takes the write lock, so the conversation cannot vanish meanwhile.
            first = sa.select(kept.c.number).where(kept.c.series == conversation_id).limit(1)
            if connection.scalar(first) is None:
                raise ConversationNotFoundError(conversation_id)
            if name is not None:
                row = {"series": conversation_id, "name": name, "folded": fold(name)}
                connection.execute(sa.insert(series_names).values(row))

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation with its name and its answers, including replaced ones.

        Raises:
            ConversationNotFoundError: if the conversation does not exist.
        """
        withdrawn = sa.select(withdrawals.c.number).where(withdrawals.c.series == conversation_id)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(series_names).where(series_names.c.series == conversation_id))
            gone = connection.execute(sa.delete(kept).where(kept.c.number.in_(withdrawn))).rowcount
            gone += connection.execute(sa.delete(kept).where(kept.c.series == conversation_id)).rowcount
        if not gone:
            raise ConversationNotFoundError(conversation_id)


def _place(connection: sa.Connection, answer_id: str) -> tuple[int, str | None]:
    """Return an answer's number, and the conversation that it is in or was removed from."""
    found = connection.execute(
        sa.select(kept.c.number, sa.func.coalesce(kept.c.series, withdrawals.c.series))
        .join_from(kept, withdrawals, kept.c.number == withdrawals.c.number, isouter=True)
        .where(kept.c.id == answer_id)
    ).first()
    if found is None:
        raise AnswerNotFoundError(answer_id)
    number, conversation_id = found
    return int(number), conversation_id


def _withdraw(connection: sa.Connection, conversation_id: str, answer_id: str, before: int) -> None:
    """Remove an answer and the later ones with a number below ``before`` from their conversation."""
    try:
        first, own = _place(connection, answer_id)
    except AnswerNotFoundError:
        return
    if own != conversation_id:
        return
    theirs = (kept.c.series == conversation_id, kept.c.number >= first, kept.c.number < before)
    connection.execute(
        sa.insert(withdrawals).from_select(
            ["number", "series"], sa.select(kept.c.number, kept.c.series).where(*theirs)
        )
    )
    connection.execute(sa.update(kept).where(*theirs).values(series=None))


def _summary(row: Sequence[Any]) -> KeptConversation:
    conversation_id, name, heading, created, updated, answers = row
    shown = heading if name is None else name
    return KeptConversation(conversation_id, shown, name is not None, created, updated, answers)


def _select(
    *conditions: sa.ColumnElement[bool], limit: int | None = None, before: int | None = None
) -> sa.Select[Any]:
    """Select the row for :func:`_summary` of each conversation that meets ``conditions`` on ``kept``.

    The row ends with the number of the conversation's last answer, which is lower than ``before``.
    """
    last_number = sa.func.max(kept.c.number)
    grouped = (
        sa.select(
            kept.c.series,
            sa.func.min(kept.c.number).label("first"),
            last_number.label("last"),
            sa.func.count().label("texts"),
        )
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
            grouped.c.last,
        )
        .join_from(grouped, first, first.c.number == grouped.c.first)
        .join(last, last.c.number == grouped.c.last)
        .join(kept_words, kept_words.c.number == grouped.c.first)
        .join(series_names, series_names.c.series == grouped.c.series, isouter=True)
        .order_by(grouped.c.last.desc())
    )


def _has(word: str) -> sa.ColumnElement[bool]:
    """Return the condition that a word occurs in the name or in an answer of a conversation."""
    named = sa.select(series_names.c.series).where(series_names.c.folded.contains(word, autoescape=True))
    said = (
        sa.select(kept.c.series)
        .join_from(kept_words, kept, kept_words.c.number == kept.c.number)
        .where(kept_words.c.folded.contains(word, autoescape=True), kept.c.series.is_not(None))
    )
    return kept.c.series.in_(named.union(said))
