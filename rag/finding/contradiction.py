"""Detects sentences that contradict a premise of the question, by an opposite or by a denial.

An unanswerable question that looks answerable often differs from a sentence of the library by one word:
*weaker* for *stronger*, *didn't leave* for *left*. All other words match, so neither word overlap nor vectors
can tell such a question from an answerable one. English only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Set
from functools import cache

import regex

from index.search import Term, terms
from rag.word_parsing import lines

LANGUAGE = "en"
"""The only language whose opposites and denials are known."""

OPPOSITES = tuple(
    tuple(pair.split())
    for pair in lines("""
        increase decrease, rise fall, grow shrink, gain loss, gain lose, win lose, profit loss,
        import export, buy sell, open close, strengthen weaken, strong weak, high low, more less,
        most least, maximum minimum, large small, big small, major minor, before after, precede succeed,
        first last, early late, begin end, start end, accept reject, approve reject, allow forbid,
        legal illegal, guilty innocent, above below, upper lower, male female, men women, north south,
        east west, northern southern, eastern western, urban rural, domestic foreign, public private,
        long short, old young, old new, rich poor, positive negative, success failure, improve worsen,
        support oppose, attack defend, arrive leave, enter leave, internal external,
        advantage disadvantage, employed unemployed, majority minority, clean dirty, left right
    """)
)
"""Pairs of English words; replacing one by the other reverses what a sentence says."""

_DENIAL = regex.compile(
    r"\b(?:no|not|never|neither|nor|none|nobody|nothing|nowhere|without|unless|cannot|unable|fail(?:s|ed|ing)?)\b"
    r"|n['’]t\b",
    regex.IGNORECASE,
)


_NEGATED = regex.compile(r"(?<!\p{L})non[-\s](\p{L}+)", regex.IGNORECASE)
_WORDS = regex.compile(r"\p{L}+")


def denies(text: str) -> bool:
    """Return whether an English text contains a negation."""
    return _DENIAL.search(text) is not None


def opposes(question_terms: Collection[Term], text_terms: Collection[Term]) -> bool:
    """Return whether a text lacks a word of the question and has its opposite instead.

    Args:
        question_terms: the question's terms, from :func:`index.search.analyzers.terms` in English.
        text_terms: the text's terms, from the same function.
    """
    return any(
        other in text_terms and other not in question_terms
        for term in question_terms
        if term not in text_terms
        for other in _opposites().get(term, ())
    )


def negates(question: str, text: str) -> bool:
    """Return whether a text has a word of the question with *non* before it, or without, unlike the question.

    *Non-GAAP operating margin* negates *GAAP operating margin*, and the reverse. A text with both does not.
    """
    asked_negated, has_negated = _negated(question), _negated(text)
    if not asked_negated and not has_negated:
        return False
    asked, has = _without_negated(question), _without_negated(text)
    added = (has_negated - asked_negated - has) & asked
    dropped = (asked_negated - has_negated - asked) & has
    return bool(added or dropped)


def _negated(text: str) -> frozenset[str]:
    return frozenset(_NEGATED.findall(text.casefold()))


def _without_negated(text: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(_NEGATED.sub(" ", text.casefold())))


@cache
def _opposites() -> Mapping[Term, Set[Term]]:
    """Return the opposites of each word; words and opposites are stems.

    The stem of a comparative or superlative (*weaker*, *weakest*) differs from the stem of its adjective, so
    both forms are included.
    """
    found: dict[Term, set[Term]] = defaultdict(set)
    for pair in OPPOSITES:
        for ending in ("", "er", "est"):
            stems = [terms(_compared(word, ending), LANGUAGE)[:1] for word in pair]
            if all(stems) and stems[0] != stems[1]:
                found[stems[0][0]].add(stems[1][0])
                found[stems[1][0]].add(stems[0][0])
    return found


def _compared(word: str, ending: str) -> str:
    """Return ``word`` as a comparative (``ending`` is ``er``), as a superlative (``est``), or unchanged ("").

    The result for a word that is not an adjective is usually not a word (*beforer*).
    """
    if ending and word.endswith("e"):
        return f"{word[:-1]}{ending}"
    if ending and word.endswith("y"):
        return f"{word[:-1]}i{ending}"
    return f"{word}{ending}"
