"""The part of a conversation's history that a follow-up may refer to."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.catalog import Catalog
from rag.answers import COURTESIES, UNKNOWN, Answer, Citation
from rag.conversations.answers import answers_before, conversation
from rag.conversations.store import AnswerStore
from rag.errors import OtherConversationError
from rag.follow_ups import MAX_EXCHANGES, Exchange

MAX_TURN_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns before a question, the oldest first; ``id`` is None if nothing is stored.

    A later answer keeps the numbers in ``cited``; the next one replaces ``replaces`` and all after it.
    """

    id: str | None = None
    exchanges: tuple[Exchange, ...] = ()
    cited: tuple[Citation, ...] = ()
    replaces: str | None = None

    @property
    def said(self) -> str:
        return "\n".join(turn.answer for turn in self.exchanges)


MAX_NUMBERED = 200  # the latest answers of a conversation, whose footnote numbers a new answer uses again
NO_CONVERSATION = Conversation()


def from_answers(conversation_id: str, answers: Sequence[Answer]) -> Conversation:
    return Conversation(
        conversation_id,
        tuple(exchange_of(each) for each in answers if each.cause not in COURTESIES)[-MAX_EXCHANGES:],
        tuple(cited for answer in answers for cited in answer.citations),
    )


def continue_conversation(
    catalog: Catalog,
    conversation_id: str | None = None,
    turns: Sequence[tuple[str, str]] = (),
    replaces: str | None = None,
) -> Conversation:
    """Return the stored conversation that a question continues, or else one of the given turns.

    The answer joins it if the viewer owns an answer of it, else a new one. Raises AnswerNotFoundError, or
    OtherConversationError if the answer to replace is in another conversation.
    """
    if replaces is None:
        kept = conversation(catalog, conversation_id, MAX_NUMBERED) if conversation_id else []
        # Nobody may choose an id: under the id of another user's conversation, a link to that conversation
        # could lead to other answers.
        is_own = conversation_id and AnswerStore(catalog).owns(conversation_id)
        chosen = conversation_id if conversation_id and is_own else uuid.uuid4().hex
    else:
        own, kept = answers_before(catalog, replaces, MAX_NUMBERED, own=True)
        if conversation_id not in {None, own}:
            raise OtherConversationError(replaces, str(conversation_id))
        chosen = own or uuid.uuid4().hex
    # A question can do without an earlier answer whose stored text is damaged.
    answers = [answer for answer in kept if isinstance(answer, Answer)]
    follows = from_answers(chosen, answers) if answers else from_turns(turns, chosen)
    return replace(follows, replaces=replaces)


def exchange_of(answer: Answer) -> Exchange:
    return Exchange(
        standalone=answer.standalone or answer.searched_for or answer.question,
        answer=answer.text,
        source=answer.citations[0].title if answer.citations else "",
        document_id=answer.citations[0].document_id if answer.citations else None,
        documents=answer.documents,
        asked=answer.searched_for or answer.question,
    )


def from_turns(turns: Sequence[tuple[str, str]], conversation_id: str | None = None) -> Conversation:
    """Pairs of role (``user`` or ``assistant``) and text; text before the first question is ignored."""
    exchanges: list[Exchange] = []
    for role, text in turns:
        # JSON can contain half a surrogate pair, which cannot be sent to a model.
        words = text.strip()[:MAX_TURN_CHARACTERS].encode("utf-8", "replace").decode().strip()
        if role == "user" and words:
            exchanges.append(Exchange(words))
        elif role == "assistant" and exchanges and not exchanges[-1].answer:
            exchanges[-1] = replace(exchanges[-1], answer=words, documents=frozenset({UNKNOWN}))
    return Conversation(conversation_id, tuple(exchanges[-MAX_EXCHANGES:]))
