"""Corrects the spelling of a question, and knows how common English words are.

A correction never changes a word of the library or of English, and must be clearly the likeliest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import regex

from index.documents import UNKNOWN_LANGUAGE
from index.search import NO_SPACES, Snapshot, terms
from rag.questions import MAX_QUESTION_CHARACTERS, PARTICIPLES, PAST, Question

# They do not name a subject; the search splits ``s`` and ``t`` off possessives and *not*.
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
_LIST = "frequency_dictionary_en_82_765.txt"


# The count of a word that would be in every passage; the list counts a large part of the web.
_PASSAGES = 2e10
_COMMON = 0.005  # in a greater share of English passages, a word says little about a text: *main*, *people*
_RARE = 0.001  # in a smaller share, a word is a term without being a noun for certain
_AS_VERB = 0.2  # the past tense's share of a word's own frequency, from which the word is mostly a verb
_PLURAL = (0.15, 1.0)  # the plural's share of a noun's own frequency, unlike *towards*
_IRREGULAR = frozenset(
    base for past, base in (*PAST.items(), *PARTICIPLES.items()) if not past.endswith("ed")
)


def english_frequency(word: str) -> float:
    """Roughly the share of English passages with ``word``, in lower case; 0 if unknown."""
    return english_words(word[:1]).get(word, 0.0)


def english_words(beginning: str) -> Mapping[str, float]:
    return _by_letter().get(beginning, {})


@cache
def is_term(word: str) -> bool:
    """A noun that is not common, a rare word or an unknown one; no verb, comparative or adverb."""
    word = word.casefold()
    singulars = (("s", ""), ("es", ""), ("ies", "y"))
    forms = [word]
    if not word.endswith("ss"):
        forms += [word.removesuffix(end) + other for end, other in singulars if word.endswith(end)]
    frequency = max(map(english_frequency, forms))
    if frequency >= _COMMON or _is_inflected(word) or any(map(_is_verb, forms)):
        return False
    least, most = _PLURAL
    return frequency < _RARE or any(
        0 < least * english_frequency(form) <= english_frequency(f"{form}s") <= most * english_frequency(form)
        for form in forms
    )


def _is_inflected(word: str) -> bool:
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
    if word in LIGHT_WORDS or word in PAST or word in PARTICIPLES or word in _IRREGULAR:
        return True
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


_ENGLISH = "en"


_SHORTEST = 4  # most shorter words (in letters) that are unknown are abbreviations
_SHORTEST_NAME = 5  # a name with fewer letters resembles too many other names
_LONG = 8
_FORMS = 2  # letters by which a form of a word, such as a plural, differs from it


_LEAST_SHARE = 5e-5  # the share is of English passages; about 20,000 words are as common
# For a typed word of ``_SHORTEST`` letters; about 200 words are as common, such as "which".
_LEAST_SHARE_OF_SHORT = 0.01
_ENGLISH_WEIGHT = 0.2  # a word's share of the library's passages weighs 1
_CLEARLY = 4


# If fewer words are known or corrected, the language or subject is unknown: nothing is corrected.
_UNDERSTOOD = 0.7
# The relative chances of single mistakes: 34 % of the mistakes drop a letter, 12.5 % swap two, 27 % add one
# and 19 % replace one (Pollock and Zamora, Automatic spelling correction, 1984). There are 26 times as many
# ways to add or to replace a letter as to drop one.
_DROPPED, _SWAPPED, _ADDED, _REPLACED = 4.0, 1.5, 0.12, 0.09
_OTHER = 0.001


# Words in quotation marks are meant as they are written.
_WORD = regex.compile(
    r"“[^”]*”|\"[^\"]*\""
    r"|(?<![\p{L}\p{M}\p{N}'’_@./\\])\p{L}[\p{L}\p{M}]*+(?![\p{N}'’_@/\\]|\.[\p{L}\p{N}])"
)
_DOUBLED = regex.compile(r"(.)\1+")


_STARTS = regex.compile(r"(?:^|[.?!:]\s+)\W*$")


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    text: str
    is_name: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    """In lower case; most passages write a name with a capital."""

    text: str
    is_name: bool
    weight: float


def correct(index: Snapshot, question: Question) -> str | None:
    """Correct the words of a question that exist neither in the library nor in English, if any.

    Short words, those with figures, in capitals or in quotation marks, and scripts without spaces stay. In
    other languages and in names, only a dropped letter or two swapped ones are corrected: anything else may
    be another word or another person's name.
    """
    words = list(_words(question.text))
    unknown = [word for word in words if not _is_known(index, word.text)]
    if not unknown:
        return None
    language = _language(question, words)
    found = {word: better for word in unknown if (better := _better(index, word, language))}
    uncorrected = [word for word in unknown if word not in found and not word.is_name]
    if not found or len(words) - len(uncorrected) < _UNDERSTOOD * len(words):
        return None
    text = question.text
    for word, better in reversed(found.items()):
        text = text[: word.start] + better + text[word.start + len(word.text) :]
    return text if len(text) <= MAX_QUESTION_CHARACTERS else None


def _language(question: Question, words: Sequence[_Word]) -> str:
    """Words with a capital may belong to a foreign title; English for a short, mostly English question."""
    if question.language != UNKNOWN_LANGUAGE:
        return question.language
    plain = [word.text for word in words if word.text.islower()]
    known = sum(english_frequency(word) > 0 for word in plain)
    return _ENGLISH if plain and 2 * known >= len(plain) else UNKNOWN_LANGUAGE


def _words(text: str) -> Iterator[_Word]:
    for match in _WORD.finditer(text):
        word = match.group()
        if len(word) < _SHORTEST or not word[0].isalpha() or NO_SPACES.search(word):
            continue
        if word.islower() or word.istitle():
            starts = _STARTS.search(text, endpos=match.start()) is not None
            yield _Word(match.start(), word, word.istitle() and not starts)


def documents_of_spelling(index: Snapshot, typed: Question, corrected: Question, shown: str) -> set[int]:
    """One document for each word that only the correction has, unless it is English or ``shown``."""
    before, text = {word.text for word in _words(typed.text)}, shown.lower()
    new = [word.text for word in _words(corrected.text) if word.text not in before]
    rare = [word for word in new if not english_frequency(word.lower()) and word.lower() not in text]
    found = [number for word in rare for form in _forms(word) if (number := index.document_with(form))]
    return set(found)


def _forms(word: str) -> Iterable[str]:
    return dict.fromkeys([word, word.lower(), word.title(), word.upper()])


def _is_known(index: Snapshot, word: str) -> bool:
    return english_frequency(word.lower()) > 0 or any(map(index.is_written, _forms(word)))


def _better(index: Snapshot, word: _Word, language: str) -> str | None:
    """None if it is unclear, or if the search needs no correction."""
    typed = word.text.lower()
    names = (form.lower() for form in index.alike(typed, _FORMS) if not form.islower())
    if any(_has_same_stem(name, typed, language) for name in names):
        return None
    candidates = [each for each in _candidates(index, typed, language) if each.is_name or not word.is_name]
    likely = sorted(candidates, key=lambda each: each.weight, reverse=True)[:2]
    if not likely or (len(likely) == 2 and likely[0].weight < _CLEARLY * likely[1].weight):
        return None
    meant = likely[0].text
    if _has_same_stem(meant, typed, language):
        return None
    return meant.title() if word.text.istitle() else meant


def _candidates(index: Snapshot, typed: str, language: str) -> Iterator[_Candidate]:
    english = language == _ENGLISH
    most = 2 if len(typed) >= _LONG and english else 1
    written = _by_word(index.alike(typed, most))
    # The object keeps the state of a comparison, so threads must not share it.
    from symspellpy.editdistance import DistanceAlgorithm, EditDistance

    distances = EditDistance(DistanceAlgorithm.DAMERAU_OSA)
    for meant in {**written, **(english_words(typed[0]) if english else {})}:
        if abs(len(meant) - len(typed)) > most or len(meant) < _SHORTEST:
            continue
        distance = distances.compare(typed, meant, most)
        if distance > 0:
            share, is_name = written.get(meant, (0.0, False))
            chance = _chance_of_mistake(typed, meant, distance)
            if _may_be_meant(typed, meant, chance, share=share, is_name=is_name, english=english):
                weight = chance * (share + _ENGLISH_WEIGHT * english_frequency(meant))
                yield _Candidate(meant, is_name, weight)


def _may_be_meant(
    typed: str, meant: str, chance: float, *, share: float, is_name: bool, english: bool
) -> bool:
    common = english_frequency(meant) >= (_LEAST_SHARE if len(typed) > _SHORTEST else _LEAST_SHARE_OF_SHORT)
    if is_name or not english:
        return chance >= _SWAPPED and len(typed) >= _SHORTEST_NAME
    return common or (share > 0 and len(typed) > _SHORTEST and chance > _OTHER)


def _has_same_stem(meant: str, typed: str, language: str) -> bool:
    """*Sudan* for *sudans*: the search finds the word that was meant without a correction."""
    return terms(meant, language) == terms(typed, language) and not _differ_in_doubling(meant, typed)


def _differ_in_doubling(one: str, other: str) -> bool:
    return _DOUBLED.sub(r"\1", one) == _DOUBLED.sub(r"\1", other)


def _by_word(forms: Mapping[str, float]) -> dict[str, tuple[float, bool]]:
    """In lower case, with the share of passages, and whether it is a name; ``forms`` are as written."""
    lower: dict[str, float] = defaultdict(float)
    capital: dict[str, float] = defaultdict(float)
    for form, share in forms.items():
        shares = lower if form.islower() else capital
        shares[form.lower()] += share
    return {word: (lower[word] + capital[word], capital[word] > lower[word]) for word in {**lower, **capital}}


def _chance_of_mistake(typed: str, meant: str, distance: int) -> float:
    if distance > 1:
        return _OTHER
    if len(meant) != len(typed):
        return _DROPPED if len(meant) > len(typed) else _ADDED
    return _SWAPPED if Counter(meant) == Counter(typed) else _REPLACED
