"""The frequencies of English words, from the list in the package symspellpy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_LIST = "frequency_dictionary_en_82_765.txt"

_PASSAGES = 2e10
"""The count, in the list, of a word that would be in every passage. The list counts the words of a large part
of the web."""


def english_frequency(word: str) -> float:
    """Return roughly the share of English passages that contain ``word`` (in lower case); 0 if unknown."""
    return _frequencies().get(word, 0) / _PASSAGES


def english_words(beginning: str) -> Mapping[str, float]:
    """Return the English words that begin with the letter ``beginning``, and how frequent each word is."""
    return _by_letter().get(beginning, {})


@cache
def _frequencies() -> Mapping[str, int]:
    text = files("symspellpy").joinpath(_LIST).read_text("utf-8-sig")
    return {word: int(number) for word, number in map(str.split, text.splitlines())}


@cache
def _by_letter() -> Mapping[str, Mapping[str, float]]:
    letters: dict[str, dict[str, float]] = {}
    for word, number in _frequencies().items():
        letters.setdefault(word[0], {})[word] = number / _PASSAGES
    return letters
