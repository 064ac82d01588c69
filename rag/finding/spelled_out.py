"""Numbers that can be written in letters or in digits: *two* and *2*. English only."""

from __future__ import annotations

from collections.abc import Mapping

from index.search import Term, terms
from rag.figures.number_words import ENGLISH

_LANGUAGE = "en"

_DIGITS: Mapping[str, str] = {
    stem: str(value)
    for word, value in ENGLISH.values.items()
    if value > 1
    for _, stem in terms(word, _LANGUAGE)
}
"""The digits of each number word, by its stem; *one* is left out, because it often counts nothing."""

_LETTERS = {digits: stem for stem, digits in _DIGITS.items()}


def same_number(term: Term) -> Term | None:
    """Return a number word as digits, or digits as a number word; None for any other term."""
    field, word = term
    other = _DIGITS.get(word) or _LETTERS.get(word)
    return (field, other) if other and field == _LANGUAGE else None
