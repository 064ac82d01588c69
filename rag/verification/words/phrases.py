"""Finds the words and phrases of a sentence for which its evidence has synonyms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import regex

from index.documents import Span
from rag.verification.words.synonyms import SYNONYMS
from rag.verification.words.words import Word, stem, words_of

LONGEST = 4
"""The most words of a phrase."""


def said_otherwise(own: str, its: str, language: str) -> list[Span]:
    """Return the spans of the words and phrases of a sentence for which its evidence has a synonym.

    Args:
        own: the sentence.
        its: the whole text of its evidence.
        language: the ISO 639-1 code of both texts.
    """
    there = {group for group, _ in _found(its, language)}
    return [span for group, span in _found(own, language) if group in there]


def meets(word: Word, span: Span) -> bool:
    """Return whether a word overlaps a span."""
    return word.start < span.end and span.start < word.end


@lru_cache(maxsize=4096)
def _found(text: str, language: str) -> tuple[tuple[int, Span], ...]:
    """Return the phrases of a text that have synonyms, each as the number of its group and its span."""
    if language == "zh":
        return tuple(
            (group, Span(match.start(), match.end()))
            for phrase, groups in _phrases(language).items()
            for match in regex.finditer(regex.escape(phrase[0]), text)
            for group in groups
        )
    words = words_of(text, language)
    phrases = _phrases(language)
    return tuple(
        (group, Span(words[place].start, words[place + length - 1].end))
        for place in range(len(words))
        for length in range(1, min(LONGEST, len(words) - place) + 1)
        for group in phrases.get(tuple(word.stem for word in words[place : place + length]), ())
    )


@cache
def _phrases(language: str) -> Mapping[Sequence[str], frozenset[int]]:
    """Return the numbers of the groups of synonyms that have each phrase.

    The key of a phrase is the stems of its words; in Chinese, the phrase itself.
    """
    found: dict[Sequence[str], set[int]] = {}
    for group, line in enumerate(SYNONYMS.get(language, ())):
        for phrase in line.split():
            stems = tuple(stem(word, language) for word in phrase.split("_"))
            found.setdefault(stems if language != "zh" else (phrase,), set()).add(group)
    return {phrase: frozenset(groups) for phrase, groups in found.items()}
