"""The frequencies of English words, and the words that do not count as the subject of a question."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LIGHT_WORDS = frozenset({
    "what", "which", "who", "whom", "whose", "when", "where", "why", "how", "many", "much", "do", "doe",
    "did", "done", "be", "is", "are", "was", "were", "been", "being", "have", "has", "had", "happen",
    "becam", "those", "these", "this", "that", "becom", "made", "make", "get", "got", "give", "gave",
    "given", "say", "said", "tell", "told", "call", "name", "kind", "type", "sort", "accord", "mani",
    "abov", "ani", "also", "can", "could", "would", "should", "may", "might", "must", "shall", "you",
    "your", "me", "my", "our", "we", "us", "i", "it", "he", "she", "they", "them", "from", "over", "about",
    "into", "than", "then", "so", "such", "there", "here", "ever", "still", "the", "a", "an", "and", "or",
    "of", "in", "on", "at", "to", "for", "by", "with", "as", "whi", "realli", "actual", "go", "went", "up",
    "out", "down", "way", "whether", "long", "often", "take", "took", "place", "includ", "regard",
    "concern", "him", "her", "his", "hers", "its", "their", "all", "both", "each", "everi", "most", "more",
    "list", "summaris", "summar", "pleas", "outlin", "describ", "explain", "s", "t",
})  # fmt: skip
"""Stems of English words that are too common to count in a question: they do not name its subject.

``s`` and ``t`` are the ends of possessives and of *not*, as the search splits them off.
"""

_LIST = "frequency_dictionary_en_82_765.txt"
"""The list of frequencies in the package symspellpy."""

_PASSAGES = 2e10
"""The count, in the list, of a word that would be in every passage. The list counts the words of a large part
of the web."""


def english_frequency(word: str) -> float:
    """Return roughly the share of English passages that contain ``word`` (in lower case); 0 if unknown."""
    return english_words(word[:1]).get(word, 0.0)


def english_words(beginning: str) -> Mapping[str, float]:
    """Return the English words that begin with the letter ``beginning``, and how frequent each word is."""
    return _by_letter().get(beginning, {})


@cache
def _by_letter() -> Mapping[str, Mapping[str, float]]:
    letters: dict[str, dict[str, float]] = {}
    text = files("symspellpy").joinpath(_LIST).read_text("utf-8-sig")
    for word, number in map(str.split, text.splitlines()):
        letters.setdefault(word[0], {})[word] = int(number) / _PASSAGES
    return letters
