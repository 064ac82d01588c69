"""Conversations that the library keeps: listed, searched, named, and deleted with their answers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from index.catalog import Catalog
from rag.conversations.answers import conversation_texts
from rag.conversations.superseded import Series, delete_series, find_series, list_series, name_series
from rag.errors import ConversationNotFoundError, SeriesNotFoundError
from rag.wording import visible

if TYPE_CHECKING:
    from index.library import Library

LISTED = 200
"""How many conversations are listed where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class KeptConversation:
    """What is known of a conversation.

    Attributes:
        conversation_id: what its answers name it by.
        name: the name that it was given, else its first question.
        named: whether it was given one.
        created: when its first answer was made, ISO 8601 in UTC.
        updated: when its last answer was made.
        answers: how many it has; those that were replaced are not among them.
    """

    conversation_id: str
    name: str
    named: bool
    created: str
    updated: str
    answers: int


def list_conversations(
    library: Library | Catalog, query: str = "", limit: int = LISTED
) -> list[KeptConversation]:
    """The conversations, the one that was answered in last first.

    Args:
        library: keeps them.
        query: words, or parts of them, each of which must stand in the name, a question or an answer of a
            conversation, in whatever case and with whatever accents; none for all conversations.
        limit: how many at most.
    """
    return list(map(_of_series, list_series(_catalog(library).engine, query, limit)))


def find_conversation(library: Library | Catalog, conversation_id: str) -> KeptConversation:
    """A conversation; raises ConversationNotFoundError."""
    try:
        return _of_series(find_series(_catalog(library).engine, conversation_id))
    except SeriesNotFoundError as error:
        raise ConversationNotFoundError(conversation_id) from error


def written_conversation(library: Library | Catalog, conversation_id: str) -> str:
    """The JSON text of a conversation: what is known of it, and its answers as they were given.

    Raises:
        ConversationNotFoundError: if there is no such conversation.
    """
    fields = asdict(find_conversation(library, conversation_id))
    del fields["answers"]
    known = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    answers = ",".join(conversation_texts(library, conversation_id))
    return f'{known[:-1]},"answers":[{answers}]}}'


def name_conversation(library: Library | Catalog, conversation_id: str, name: str) -> KeptConversation:
    """Give a conversation a name, which is kept as a page shows it; an empty one is its first question again.

    Raises:
        ConversationNotFoundError: if there is no such conversation.
    """
    try:
        name_series(_catalog(library).engine, conversation_id, visible(name) or None)
    except SeriesNotFoundError as error:
        raise ConversationNotFoundError(conversation_id) from error
    return find_conversation(library, conversation_id)


def forget_conversation(library: Library | Catalog, conversation_id: str) -> None:
    """Delete a conversation with all its answers, those that were replaced among them.

    Raises:
        ConversationNotFoundError: if there is no such conversation.
    """
    try:
        delete_series(_catalog(library).engine, conversation_id)
    except SeriesNotFoundError as error:
        raise ConversationNotFoundError(conversation_id) from error


def _of_series(found: Series) -> KeptConversation:
    name = found.heading if found.name is None else found.name
    return KeptConversation(found.id, name, found.name is not None, found.created, found.updated, found.texts)


def _catalog(library: Library | Catalog) -> Catalog:
    return library if isinstance(library, Catalog) else library.catalog
