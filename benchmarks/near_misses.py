"""Makes questions that a passage seems to answer but does not, from questions that it does answer.

People who write unanswerable questions exchange a name or a figure, use the opposite of a word, deny what was
said, or use another word of the same kind (Rajpurkar et al., Know What You Don't Know, ACL 2018).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache

import regex

from index.search.analyzers import terms
from rag.finding.contradiction import LANGUAGE, OPPOSITES, denies

_NAME = regex.compile(
    r"(?<!^)(?<![.?!]\s)\b\p{Lu}[\p{L}'’-]+(?:\s\p{Lu}[\p{L}'’-]+)*|\b\p{N}[\p{N}.,]*(?<=\p{N})"
)
_WORD = regex.compile(r"(?<!^)\b\p{Ll}{3,}\b")
_AUXILIARY = regex.compile(r"\b(is|are|was|were|did|does|do|has|have|had|could|would|should)\b(?! not\b)")
_ENDINGS = ("ing", "ed", "es", "s", "d", "")
_SHORTEST = 5
"""The fewest letters of a word that is exchanged."""


def near_miss(question: str, passage: str, related: Sequence[str], chance: random.Random) -> str | None:
    """Return a question like ``question`` that ``passage`` most likely does not answer.

    Return None if none can be made.

    Args:
        question: a question that the passage answers.
        passage: the text of the passage.
        related: other texts and questions on the subject, which supply names and words.
        chance: the random generator.
    """
    ways: list[Callable[[], str | None]] = [
        lambda: _exchange_name(question, passage, related, chance),
        lambda: _oppose(question, chance),
        lambda: _deny(question),
        lambda: _exchange_word(question, passage, related, chance),
    ]
    chance.shuffle(ways)
    return next((made for way in ways if (made := way())), None)


def _exchange_name(question: str, passage: str, related: Sequence[str], chance: random.Random) -> str | None:
    """Exchange a name or a figure for one that the passage does not have."""
    own = _NAME.findall(question)
    if not own:
        return None
    leaving = chance.choice(own)
    others = [
        name
        for name in dict.fromkeys(_NAME.findall("\n".join(related)))
        if name not in passage and name not in question and name[0].isdigit() == leaving[0].isdigit()
    ]
    return question.replace(leaving, chance.choice(others)) if others else None


def _oppose(question: str, chance: random.Random) -> str | None:
    """Turn a word into its opposite, in the same form."""
    found = [
        (match, other)
        for match in _WORD.finditer(question)
        for ending in _ENDINGS
        if match[0].endswith(ending)
        for stem in _stems(match[0], ending)
        for other in _opposites().get(stem, ())
        if other not in question
        for other in [_inflected(other, ending)]
    ]
    if not found:
        return None
    match, other = chance.choice(found)
    return f"{question[: match.start()]}{other}{question[match.end() :]}"


def _deny(question: str) -> str | None:
    """Negate the first auxiliary verb."""
    match = _AUXILIARY.search(question)
    if match is None or denies(question):
        return None
    return f"{question[: match.end()]}n't{question[match.end() :]}"


def _exchange_word(question: str, passage: str, related: Sequence[str], chance: random.Random) -> str | None:
    """Exchange a word for one with the same ending that the passage does not have."""
    held = set(terms(passage, LANGUAGE))
    own = [
        match
        for match in _WORD.finditer(question)
        if len(match[0]) >= _SHORTEST and any(term in held for term in terms(match[0], LANGUAGE))
    ]
    if not own:
        return None
    leaving = chance.choice(own)
    others = [
        word
        for word in dict.fromkeys(_WORD.findall("\n".join(related)))
        if len(word) >= _SHORTEST
        and word[-2:] == leaving[0][-2:]
        and not held.intersection(terms(word, LANGUAGE))
    ]
    if not others:
        return None
    return f"{question[: leaving.start()]}{chance.choice(others)}{question[leaving.end() :]}"


@cache
def _opposites() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for first, second in OPPOSITES:
        found.setdefault(first, []).append(second)
        found.setdefault(second, []).append(first)
    return {word: tuple(others) for word, others in found.items()}


def _stems(word: str, ending: str) -> tuple[str, ...]:
    bare = word[: len(word) - len(ending)]
    return (bare, bare + "e") if ending == "ing" else (bare,)


def _inflected(word: str, ending: str) -> str:
    if ending in {"ing", "ed", "es", "d"}:
        plain = {"d": "ed", "es": "es"}.get(ending, ending)
        if word.endswith("e"):
            return word[:-1] + plain if plain != "es" else word + "s"
        return word + ("s" if plain == "es" else plain)
    return word + ending
