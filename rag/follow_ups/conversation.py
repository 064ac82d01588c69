"""A question in a conversation → one that stands alone, without a language model.

What it leaves out or only points at is taken over from earlier turns. A question that says what it is about
is left as it is, and so is one of another subject: what is dragged along from an old one would be searched.
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
"""How many earlier turns are looked at, the newest ones."""

_OPENING = regex.compile(
    r"(?:(?:ok(?:ay)?|thanks|thank you|great|good|right|alright|fine|well|hm+|oh|yes|no|sure|i see|got it"
    r"|please|sorry|interesting|now|then|so|and|but|or|also|cheers|very much|a lot|many)\b[\s,.!;:–-]*)+",
    regex.IGNORECASE,
)
"""Words of courtesy and of connection."""

_READ = 2000
"""Characters of an answer and its quotes; what a follow-up points at stands near the beginning."""

_COMMON = 0.4
"""The share of the rarity of what was spoken of, below which a question's words say nothing of their own."""

Rarity = Callable[[Sequence[Term]], Mapping[Term, float]]
"""Words → how telling each of them is in the library."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier turn of a conversation, which has the oldest first.

    Attributes:
        question: as it was asked.
        standalone: as it was searched for.
        answer: the answer's text.
        cited: the quotes that it cited.
        abstained: whether there was none.
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
        carried: the words taken over from earlier turns, as written there; () where it was left as it is.
    """

    question: str
    carried: tuple[str, ...]


def stand_alone(
    question: str,
    history: Sequence[Exchange],
    rarity: Rarity | None = None,
) -> Rewritten:
    """A follow-up as a question that stands alone; any other question as it is.

    Args:
        question: as it was asked, in English, Chinese, Vietnamese or Indonesian.
        history: the turns before it, the oldest first; the newest ``MAX_EXCHANGES`` are looked at.
        rarity: how rare words are in the library.
    """
    as_it_is = Rewritten(question, ())
    turns = [turn for turn in history[-MAX_EXCHANGES:] if _said(turn)]
    if not turns or not question.strip() or len(question) > MAX_QUESTION_CHARACTERS:
        return as_it_is
    made = _rewrite(question, turns, rarity)
    if made is None or len(made.question) > MAX_QUESTION_CHARACTERS:
        return as_it_is
    # What would be rewritten again does not stand alone yet.
    again = _rewrite(made.question, turns, rarity)
    return made if again is None else as_it_is


def _without_opening(question: str) -> str:
    """A question without the courtesies and the connection that it begins with."""
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
    """A question of common words, with what was spoken of if that is said in rarer ones."""
    text, carried = about(question, sources)
    if carried and _rarest(question, rarity) < _COMMON * _rarest(carried[0], rarity):
        return text, carried
    return question, ()


def _rarest(text: str, rarity: Rarity) -> float:
    return max(rarity(terms(text, "en")).values(), default=0.0)


def _sources(turns: Sequence[Exchange]) -> list[Source]:
    """Earlier turns, the newest first; those without an answer last."""
    newest_first = [
        *(turn for turn in reversed(turns) if not turn.abstained),
        *(turn for turn in reversed(turns) if turn.abstained),
    ]
    return [
        Source(_said(turn), "" if turn.abstained else "\n".join([turn.answer, *turn.cited])[:_READ])
        for turn in newest_first
    ]
