"""Numbers and periods that can be written in letters or in digits: *two* and *2*, *third quarter* and *Q3*.

English only.
"""

from __future__ import annotations

from collections.abc import Mapping

import regex

from index.search import Term, terms
from rag.figures.number_words import ENGLISH

_LANGUAGE = "en"
_PERIOD = regex.compile(r"\b(?:(?P<part>[QH])(?P<place>[1-4])|(?P<place>[1-4])(?P<part>[QH]))\b")
_PLACES = ("first", "second", "third", "fourth")
_PARTS = {"Q": "quarter", "H": "half"}

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


def spelled_periods(text: str) -> list[str]:
    """Return the quarters and halves of years in ``text``, in words: *third quarter* for Q3 or 3Q."""
    return [f"{_PLACES[int(match['place']) - 1]} {_PARTS[match['part']]}" for match in _PERIOD.finditer(text)]
