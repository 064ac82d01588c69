"""The frequencies of English words, the words that do not count as the subject of a question, and the terms.

A term is a word that by itself tells what a text is about, such as *dividend*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from rag.verb_forms import PARTICIPLES, PAST

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

_COMMON = 0.005
"""A word in a greater share of English passages says little about a text: *main*, *people*."""

_RARE = 0.001
"""A word in a smaller share of English passages is a term without being a noun for certain."""

_AS_VERB = 0.2
"""A word is mostly a verb if its past tense has at least this share of its own frequency."""

_PLURAL = (0.15, 1.0)
"""A word is a noun if the frequency of its plural is between these shares of its own, unlike *towards*."""

_IRREGULAR = frozenset(
    base for past, base in (*PAST.items(), *PARTICIPLES.items()) if not past.endswith("ed")
)


def english_frequency(word: str) -> float:
    """Return roughly the share of English passages that contain ``word`` (in lower case); 0 if unknown."""
    return english_words(word[:1]).get(word, 0.0)


def english_words(beginning: str) -> Mapping[str, float]:
    """Return the English words that begin with the letter ``beginning``, and how frequent each word is."""
    return _by_letter().get(beginning, {})


@cache
def is_term(word: str) -> bool:
    """Return whether an English word is a term: a noun that is not common, or a rare word.

    Forms of verbs, comparatives and adverbs are no terms. An unknown word, such as a name, is one.
    """
    word = word.casefold()
    forms = (word, *_singulars(word))
    frequency = max(map(english_frequency, forms))
    if frequency >= _COMMON or _is_inflected(word) or any(map(_is_light, forms)):
        return False
    return frequency < _RARE or any(map(_is_noun, forms))


def _is_light(word: str) -> bool:
    return word in LIGHT_WORDS or word in PAST or word in PARTICIPLES or word in _IRREGULAR or _is_verb(word)


def _is_noun(word: str) -> bool:
    least, most = (share * english_frequency(word) for share in _PLURAL)
    return 0 < least <= english_frequency(f"{word}s") <= most


def _singulars(word: str) -> Iterator[str]:
    for ending, replacement in (("s", ""), ("es", ""), ("ies", "y")):
        if word.endswith(ending) and not word.endswith("ss"):
            yield word[: -len(ending)] + replacement


def _is_inflected(word: str) -> bool:
    """Return whether a word is a form of another word, such as *funded*, *funding*, *yearly* or *dearer*.

    *dearer* is one because there is *dearest*, unlike *number*.
    """
    if any(word.endswith(ending) and _has_base(word, ending) for ending in ("ed", "ing", "ly")):
        return True
    return any(
        word.endswith(ending) and english_frequency(f"{word.removesuffix(ending)}{other}") > 0
        for ending, other in (("er", "est"), ("est", "er"))
    )


def _has_base(word: str, ending: str) -> bool:
    stem = word.removesuffix(ending)
    bases = {stem, f"{stem}e", f"{stem.removesuffix('i')}y", stem[:-1] if stem[-1:] == stem[-2:-1] else stem}
    return len(stem) > 2 and any(english_frequency(base) for base in bases)


def _is_verb(word: str) -> bool:
    pasts = (f"{word}ed", f"{word}d", f"{word.removesuffix('y')}ied", f"{word}{word[-1:]}ed")
    least = _AS_VERB * english_frequency(word)
    return least > 0 and any(english_frequency(past) >= least for past in pasts)


@cache
def _by_letter() -> Mapping[str, Mapping[str, float]]:
    letters: dict[str, dict[str, float]] = {}
    text = files("symspellpy").joinpath(_LIST).read_text("utf-8-sig")
    for word, number in map(str.split, text.splitlines()):
        letters.setdefault(word[0], {})[word] = int(number) / _PASSAGES
    return letters
