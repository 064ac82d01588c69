"""What was asked and answered before, as far as a follow-up may refer to it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.catalog import Catalog
from index.library import Library
from rag.answers import Answer, Citation
from rag.conversations.answers import answers_before
from rag.conversations.answers import conversation as kept_conversation
from rag.errors import OtherConversationError
from rag.follow_ups.conversation import MAX_EXCHANGES, Exchange

MAX_TURN_CHARACTERS = 4_000
"""Of what was said at once, as far as it is read again."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns before a question.

    Attributes:
        id: what its answers are kept under; None where they belong together only for who asks.
        exchanges: its last turns, the oldest first, :data:`~rag.follow_ups.conversation.MAX_EXCHANGES` at
            most.
        cited: the footnotes of all its answers: their numbers stay.
        replaces: the id of an answer that was given after them, in whose place the next one comes: when that
            is kept, the former one is taken out of the conversation, with those that followed it.
    """

    id: str | None = None
    exchanges: tuple[Exchange, ...] = ()
    cited: tuple[Citation, ...] = ()
    replaces: str | None = None


NUMBERED = 200
"""Answers of a conversation whose footnotes keep their numbers, the last ones."""

ALONE = Conversation()
"""No conversation: a question by itself."""


def of_answers(conversation_id: str, answers: Sequence[Answer]) -> Conversation:
    """A conversation from its kept answers, the oldest first."""
    return Conversation(
        conversation_id,
        tuple(map(exchange_of, answers[-MAX_EXCHANGES:])),
        tuple(cited for answer in answers for cited in answer.citations),
    )


def follow(
    library: Library | Catalog,
    conversation_id: str | None = None,
    turns: Sequence[tuple[str, str]] = (),
    replaces: str | None = None,
) -> Conversation:
    """What a question follows: the kept answers of its conversation, else what is said to have been said.

    Args:
        library: has the kept answers.
        conversation_id: what they are kept under; None begins a conversation, unless ``replaces`` has one.
        turns: as :func:`of_turns` takes them.
        replaces: the id of an answer in whose place the next one comes: only what was said before it counts.

    Raises:
        AnswerNotFoundError: if there is no answer to replace.
        OtherConversationError: if that is of another conversation than ``conversation_id``.
    """
    if replaces is None:
        chosen = conversation_id or uuid.uuid4().hex
        answers = kept_conversation(library, chosen, NUMBERED) if conversation_id else []
    else:
        own, answers = answers_before(library, replaces, NUMBERED)
        if conversation_id not in {None, own}:
            raise OtherConversationError(replaces, str(conversation_id))
        chosen = own or uuid.uuid4().hex
    follows = of_answers(chosen, answers) if answers else of_turns(turns, chosen)
    return replace(follows, replaces=replaces)


def exchange_of(answer: Answer) -> Exchange:
    """A turn from its answer."""
    return Exchange(
        question=answer.question,
        standalone=answer.standalone or answer.question,
        answer=answer.text,
        cited=tuple(cited.quote for cited in answer.citations),
        abstained=answer.abstained,
    )


def of_turns(turns: Sequence[tuple[str, str]], conversation_id: str | None = None) -> Conversation:
    """A conversation from what was said, where nothing was kept of it.

    Args:
        turns: ``user`` or ``assistant``, and what was said, the oldest first. What no question stands before
            is left out.
        conversation_id: what its answers shall be kept under.
    """
    exchanges: list[Exchange] = []
    for role, said in turns:
        # Half a surrogate pair can arrive in JSON; no model can be sent it.
        words = said.strip()[:MAX_TURN_CHARACTERS].encode("utf-8", "replace").decode().strip()
        if role == "user" and words:
            exchanges.append(Exchange(words, words))
        elif role == "assistant" and exchanges and not exchanges[-1].answer:
            last = exchanges[-1]
            exchanges[-1] = Exchange(last.question, last.standalone, words)
    return Conversation(conversation_id, tuple(exchanges[-MAX_EXCHANGES:]))
