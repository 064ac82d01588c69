"""Whether a sentence contradicts what a question takes for granted: an opposite, or a denial that it lacks.

A question that looks answerable and is not often differs from the sentence that it was made of by one word:
*weaker* for *stronger*, *didn't leave* for *left*. Its other words are all there, so that neither words nor
vectors tell it from one that is answered. English only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files

import regex

from index.search import Term, terms

LANGUAGE = "en"
"""The one language whose opposites and denials are known."""

_DENIAL = regex.compile(
    r"\b(?:no|not|never|neither|nor|none|nobody|nothing|nowhere|without|unless|cannot|unable|fail(?:s|ed|ing)?)\b"
    r"|n['’]t\b",
    regex.IGNORECASE,
)


def denies(text: str) -> bool:
    """Whether an English text says that something is not so."""
    return _DENIAL.search(text) is not None


def opposes(asked: Collection[Term], held: Collection[Term]) -> bool:
    """Whether a text has, in place of a word of a question, one that means its opposite.

    Args:
        asked: the question's words, from :func:`index.search.analyzers.terms` in English.
        held: the text's words, the same way.
    """
    for term in asked:
        if term not in held:
            found = _opposites().get(term, frozenset())
            if any(other in held and other not in asked for other in found):
                return True
    return False


def pairs() -> list[tuple[str, str]]:
    """The pairs of English words that mean the opposite of each other, as ``opposites.txt`` lists them."""
    lines = files("rag.finding").joinpath("opposites.txt").read_text(encoding="utf-8").splitlines()
    listed = [line.split() for line in lines if not line.startswith("#")]
    return [(first, second) for first, second in listed]


@cache
def _opposites() -> Mapping[Term, frozenset[Term]]:
    """What means the opposite of a word, by stem; of adjectives also compared, which stems keep apart."""
    found: dict[Term, set[Term]] = {}
    for pair in pairs():
        for ending in ("", "er", "est"):
            stems = [terms(_compared(word, ending), LANGUAGE)[:1] for word in pair]
            if all(stems) and stems[0] != stems[1]:
                found.setdefault(stems[0][0], set()).add(stems[1][0])
                found.setdefault(stems[1][0], set()).add(stems[0][0])
    return {term: frozenset(others) for term, others in found.items()}


def _compared(word: str, ending: str) -> str:
    """An adjective in its comparative (``er``) or superlative (``est``); of other words, what no text has."""
    if ending and word.endswith("e"):
        return f"{word[:-1]}{ending}"
    if ending and word.endswith("y"):
        return f"{word[:-1]}i{ending}"
    return f"{word}{ending}"
