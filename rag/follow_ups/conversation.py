"""Rewrites a follow-up into a question that stands alone, by rules instead of a language model.

The rules take what a follow-up omits, or refers to by a pronoun, from earlier turns. They leave a question
that names its own subject as it is, so that the search does not get words of an old subject.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import regex

from index.search import Term, terms
from rag.follow_ups.antecedents import Source
from rag.follow_ups.asian_follow_ups import is_asian, rewrite
from rag.follow_ups.ellipsis import fill
from rag.follow_ups.references import about, leans, resolve
from rag.questions import MAX_QUESTION_CHARACTERS

MAX_EXCHANGES = 6
"""The number of earlier turns that are searched, the newest ones."""

_OPENING = regex.compile(
    r"(?:(?:ok(?:ay)?|thanks|thank you|great|good|right|alright|fine|well|hm+|oh|yes|no|sure|i see|got it"
    r"|please|sorry|interesting|now|then|so|and|but|or|also|cheers|very much|a lot|many)\b[\s,.!;:–-]*)+",
    regex.IGNORECASE,
)
"""Opening words of courtesy or connection."""

_READ = 2000
"""The length of an answer with its quotes, in characters, that is searched: antecedents stand near its
beginning."""

_COMMON = 0.4
"""A question says too little by itself if its rarest word has less than this share of the rarity of the
topic's rarest word."""

Rarity = Callable[[Sequence[Term]], Mapping[Term, float]]
"""Returns the rarity of terms in the library."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier turn of a conversation.

    Attributes:
        question: the question as asked.
        standalone: the question as searched.
        answer: the answer's text.
        cited: the quotes that it cited.
        abstained: whether the answer is an abstention.
    """

    question: str
    standalone: str
    answer: str = ""
    cited: tuple[str, ...] = ()
    abstained: bool = False


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A question that stands alone.

    Attributes:
        question: the question.
        carried: the words taken from earlier turns, as written there; empty if the question is unchanged.
    """

    question: str
    carried: tuple[str, ...]


def stand_alone(
    question: str,
    history: Sequence[Exchange],
    rarity: Rarity | None = None,
) -> Rewritten:
    """Rewrite a follow-up so that it stands alone; return any other question unchanged.

    Args:
        question: the question as asked, in English, Chinese, Vietnamese or Indonesian.
        history: the earlier turns, the oldest first; only the newest ``MAX_EXCHANGES`` are searched.
        rarity: returns the rarity of terms in the library.
    """
    as_it_is = Rewritten(question, ())
    turns = [turn for turn in history[-MAX_EXCHANGES:] if _said(turn)]
    if not turns or not question.strip() or len(question) > MAX_QUESTION_CHARACTERS:
        return as_it_is
    made = _rewrite(question, turns, rarity)
    if made is None or len(made.question) > MAX_QUESTION_CHARACTERS:
        return as_it_is
    # If the rules would change the result again, it does not stand alone.
    again = _rewrite(made.question, turns, rarity)
    return made if again is None else as_it_is


def _without_opening(question: str) -> str:
    """Return a question without its opening words of courtesy and connection."""
    opening = _OPENING.match(question.strip())
    return question.strip()[opening.end() if opening else 0 :].strip()


def _said(turn: Exchange) -> str:
    return turn.standalone.strip() or turn.question.strip()


def _rewrite(question: str, turns: Sequence[Exchange], rarity: Rarity | None) -> Rewritten | None:
    if "(about " in question:
        return None
    if is_asian(question):
        carried_over = rewrite(question, _sources(turns))
        return Rewritten(*carried_over) if carried_over is not None else None
    core = _without_opening(question)
    filled = fill(question, core, _said(turns[-1]))
    if filled is not None:
        return Rewritten(*filled)
    sources = _sources(turns)
    text, carried = resolve(core, sources)
    if not carried and rarity is not None and leans(core):
        text, carried = _with_rarer(core, sources, rarity)
    if not carried:
        return None
    return Rewritten(text[:1].upper() + text[1:], carried)


def _with_rarer(question: str, sources: Sequence[Source], rarity: Rarity) -> tuple[str, tuple[str, ...]]:
    """Add the topic of the last turn to a question, if every word of the question is more common."""
    text, carried = about(question, sources)
    if carried and _rarest(question, rarity) < _COMMON * _rarest(carried[0], rarity):
        return text, carried
    return question, ()


def _rarest(text: str, rarity: Rarity) -> float:
    return max(rarity(terms(text, "en")).values(), default=0.0)


def _sources(turns: Sequence[Exchange]) -> list[Source]:
    """Return the earlier turns, the newest first, with abstentions at the end."""
    newest_first = [
        *(turn for turn in reversed(turns) if not turn.abstained),
        *(turn for turn in reversed(turns) if turn.abstained),
    ]
    return [
        Source(_said(turn), "" if turn.abstained else "\n".join([turn.answer, *turn.cited])[:_READ])
        for turn in newest_first
    ]
