"""What a sentence says in other words than its evidence: phrases of one meaning, found by their forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import regex

from index.documents import Span
from rag.verification.words.synonyms import SYNONYMS
from rag.verification.words.words import Word, stem, words_of

LONGEST = 4
"""Words of a phrase."""


def said_otherwise(own: str, its: str, language: str) -> list[Span]:
    """Where a sentence has a word or phrase for which its evidence has another of the same meaning.

    Args:
        own: the sentence.
        its: all that its evidence says.
        language: of both, ISO 639-1.
    """
    there = {group for group, _ in _found(its, language)}
    return [span for group, span in _found(own, language) if group in there]


def meets(word: Word, span: Span) -> bool:
    """Whether a word stands in a span, in whole or in part."""
    return word.start < span.end and span.start < word.end


@lru_cache(maxsize=4096)
def _found(text: str, language: str) -> tuple[tuple[int, Span], ...]:
    """The groups of which a text has a phrase, and where."""
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
    """The groups of each phrase, by the stems of its words."""
    found: dict[Sequence[str], set[int]] = {}
    for group, line in enumerate(SYNONYMS.get(language, ())):
        for phrase in line.split():
            stems = tuple(stem(word, language) for word in phrase.split("_"))
            found.setdefault(stems if language != "zh" else (phrase,), set()).add(group)
    return {phrase: frozenset(groups) for phrase, groups in found.items()}
