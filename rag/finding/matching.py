"""Matches words of a question with words of a text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import regex

from index.search import Snapshot, Term, terms
from rag.figures.number_words import ENGLISH
from rag.finding.english_words import LIGHT_WORDS
from rag.questions import Question

_WORDS = regex.compile(r"\w+")

_SHORTEST_ROOT = 5
_LONGEST_ENDING = 3
"""Lengths in letters. Two words that begin alike are often unrelated if their common root is shorter than the
first length, or an ending is longer than the second."""

_CAPITALISED = regex.compile(r"\b\p{Lu}")
_LONG_NAME = regex.compile(
    r"\b\p{Lu}[\p{L}\p{M}'’-]*(?:\s(?:(?:of|on|for|and|the|de|des|du|y)\s){0,2}\p{Lu}[\p{L}\p{M}'’-]*)+"
)

_LANGUAGE = "en"
"""The language of :data:`_DIGITS`."""

_DIGITS: Mapping[str, str] = {
    stem: str(value)
    for word, value in ENGLISH.values.items()
    if value > 1
    for _, stem in terms(word, _LANGUAGE)
}
"""The digits of each number word, by its stem; *one* is left out, because it often counts nothing."""

_LETTERS = {digits: stem for stem, digits in _DIGITS.items()}


def content_terms(index: Snapshot, question: Question, language: str) -> Mapping[Term, float]:
    """Return the content words of the question, each with its rarity; all words if none is a content word."""
    return index.idf(content_words(question.text, language) or terms(question.text, language))


def content_words(text: str, language: str) -> list[Term]:
    """Return the words of ``text`` as terms of the search, without those that are too common to count."""
    return [term for term in terms(text, language) if term[1] not in LIGHT_WORDS]


def words_of(text: str, language: str) -> frozenset[Term]:
    """Return the words of ``text`` as terms of the search."""
    return frozenset(terms(text, language))


@lru_cache(maxsize=4096)
def terms_of(text: str, language: str) -> frozenset[Term]:
    """Return the words of ``text``, and the acronyms of the long names in it (:func:`acronyms`)."""
    return words_of(" ".join([text, *acronyms(text)]), language)


def acronyms(text: str) -> list[str]:
    """Return the initials of long names in ``text``: UNODC for United Nations Office on Drugs and Crime."""
    names = (name.removeprefix("The ") for name in _LONG_NAME.findall(text))
    return ["".join(_CAPITALISED.findall(name)) for name in names]


def contains_term(text_terms: frozenset[Term], term: Term) -> bool:
    """Return whether a text contains a word that matches ``term`` (:func:`matching_terms`)."""
    return bool(matching_terms(text_terms, term))


def matching_terms(text_terms: frozenset[Term], term: Term) -> frozenset[Term]:
    """Return the words of a text that are ``term``, related to it, or the same number in letters or digits.

    A stemmer may give different stems to a people and its country (Cambodian, Cambodia), or to a noun and its
    verb (drowning, drown). Two words count as related if one of them is the beginning of the other, this
    beginning is long, and the rest is short.
    """
    field, word = term
    number = _DIGITS.get(word) or _LETTERS.get(word) if field == _LANGUAGE else None
    same = text_terms & ({term, (field, number)} if number else {term})
    if len(word) < _SHORTEST_ROOT:
        return same
    roots = range(max(_SHORTEST_ROOT, len(word) - _LONGEST_ENDING), len(word))
    longest = len(word) + _LONGEST_ENDING
    longer = (
        (other_field, other)
        for other_field, other in text_terms
        if other.startswith(word) and other_field == field and len(other) <= longest
    )
    return (text_terms & {(field, word[:length]) for length in roots}).union(same, longer)


def names_label(question: str, label: str) -> bool:
    """Return whether a question contains the whole label of a row, with a capital: *Space*, and not *space*.

    The capital tells the name of a row, such as *Water*, from an ordinary word.
    """
    words = " ".join(_WORDS.findall(label))
    return words[:1].isupper() and f" {words} " in f" {' '.join(_WORDS.findall(question))} "
