"""Splits sentences into words and clauses, tells which words carry meaning, and joins the forms of a word."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import regex

from index.search import NO_SPACES, composed, field_of, terms_in
from rag.figures.number_words import ENGLISH
from rag.verification.words.lexicon import AUXILIARIES, CONJUNCTIONS, ENGLISH_VERBS, IRREGULAR, STOPS, VERBS
from rag.verification.words.synonyms import SYNONYMS
from rag.word_lists import listed

_TOKEN = regex.compile(
    r"(?P<word>[\p{L}\p{M}\p{N}]+(?:[’'][\p{L}\p{M}\p{N}]+)*)|(?P<mark>[,;:()，；：、。.!?—–])"
)
_HAN_MARK = regex.compile(r"[，。；、：,;!?！？]|而且?|但是?|并且?|同时|却")
_ISE = regex.compile(r"(?<=\w{3})is(?=(?:e|ed|es|ing|ation|ations)$)")
_OUR = regex.compile(r"(?<=\w{3})our(?=(?:s|ed|ing|able)?$)")
_SUFFIX = regex.compile(r"(?:nya|lah|kah|pun)$")
_PREFIX = regex.compile(
    r"^(?:mem(?=[bpf])|men(?=[dcj])|meng(?=[ghk])|me(?=[lrmnwy](?!y))|di|ter|ber|pem(?=b)|pen(?=[dcj])"
    r"|peng(?=g)|se)"
)
_NASAL = ((regex.compile(r"^(?:me|pe)ny(?=[aeiou])"), "s"), (regex.compile(r"^(?:me|pe)ng(?=[aeiou])"), ""),
          (regex.compile(r"^(?:me|pe)m(?=[aeiou])"), "p"),
          (regex.compile(r"^(?:me|pe)n(?=[aeiou])"), "t"))  # fmt: skip
_BEFORE_A_VERB = listed("to not will would can could may might must should did never")
_BEFORE_A_NOUN = listed("of for with in from on about as")
_NOUNS_TOO = listed(
    "aims beat cast cost cut ends fell felt hit hopes lead leads lives means needs plans spread shot"
)
_SHORTEST_ROOT = 5
_LONGEST_ENDING = 3


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence.

    Attributes:
        text: the word as written; in a script without spaces, a pair of characters.
        stem: the stem, which all forms of the word share.
        start: the offset in the text at which it begins.
        end: the offset at which it ends.
        content: whether it carries meaning, unlike words such as *the* and *of*.
        name: whether it looks like a name: capitalised but not the first word, or with several capitals.
        clause: the number of its clause in the sentence, from 0.
    """

    text: str
    stem: str
    start: int
    end: int
    content: bool
    name: bool
    clause: int


@lru_cache(maxsize=4096)
def words_of(text: str, language: str) -> tuple[Word, ...]:
    """Return the words of a sentence, in order."""
    text = composed(text)
    if language in {"zh", "ja"}:
        return tuple(_han_words(text))
    found: list[Word] = []
    clause, first = 0, True
    boundaries = CONJUNCTIONS.get(language, CONJUNCTIONS["en"])
    for match in _TOKEN.finditer(text):
        if match["mark"]:
            clause += match["mark"] not in "()"
            continue
        word = match["word"]
        lower = regex.sub(r"[’']s$", "", word.lower())
        clause += lower in boundaries
        content = lower not in STOPS.get(language, STOPS["en"]) and not word[0].isdigit()
        content = content and not lower.endswith(("n't", "n’t"))
        name = word[0].isupper() and (not first or sum(map(str.isupper, word)) > 1)
        found.append(Word(word, stem(lower, language), match.start(), match.end(), content, name, clause))
        first = False
    return tuple(found)


def _han_words(text: str) -> Iterator[Word]:
    marks = [match.start() for match in _HAN_MARK.finditer(text)]
    for run in NO_SPACES.finditer(text):
        for place in range(run.start(), max(run.end() - 1, run.start() + 1)):
            pair = text[place : min(place + 2, run.end())]
            if any(place <= mark < place + len(pair) for mark in marks) and len(pair) == 2:
                continue
            clause = sum(mark <= place for mark in marks)
            yield Word(pair, pair, place, place + len(pair), len(pair) == 2, False, clause)
    for match in regex.finditer(r"[\p{Latin}][\p{Latin}'-]+", text):
        clause = sum(mark <= match.start() for mark in marks)
        yield Word(match[0], match[0].lower(), match.start(), match.end(), True, True, clause)


@lru_cache(maxsize=65_536)
def stem(word: str, language: str) -> str:
    """Return the stem that all forms of a word share, by the index's stemmers and a few tables."""
    lower = word.lower()
    if language == "en" or language not in STOPS:
        lower = _spelling(IRREGULAR.get(lower, lower)) if language == "en" else lower
        found = terms_in(field_of(language), lower)
        return found[0] if found else lower
    return _indonesian(lower) if language == "id" else lower


def _spelling(word: str) -> str:
    """Return an English word in American spelling."""
    return _OUR.sub("or", _ISE.sub("iz", word))


def _indonesian(word: str) -> str:
    if len(word) < 6:
        return word
    root = _SUFFIX.sub("", word)
    for pattern, begins in _NASAL:
        changed = pattern.sub(begins, root)
        if changed != root:
            root = changed
            break
    else:
        root = _PREFIX.sub("", root)
    root = regex.sub(r"(?<=\w{4})(?:kan|i|an)$", "", root)
    return root[1:] if len(root) > 4 and root[0] == "k" and root[1] in "aeiou" else root


def content(text: str, language: str) -> list[Word]:
    """Return the words of a text that carry meaning."""
    return [word for word in words_of(text, language) if word.content]


@lru_cache(maxsize=4096)
def stems(text: str, language: str) -> frozenset[str]:
    """Return the stems of the words of a text that carry meaning."""
    return frozenset(word.stem for word in content(text, language))


@lru_cache(maxsize=4096)
def cues_in(language: str, *cues: str) -> regex.Pattern[str]:
    """Return a pattern that matches any of the given expressions.

    Except in Chinese, which has no spaces between words, the pattern matches only whole words.
    """
    joined = "|".join(cues)
    return regex.compile(joined if language == "zh" else rf"\b(?:{joined})\b", regex.IGNORECASE)


def shares(stem_of: str, held: Collection[str]) -> bool:
    """Return whether a set of stems has a stem, a synonym of it, or one that differs in a short ending.

    Args:
        stem_of: the stem.
        held: the set of stems.
    """
    if stem_of in held or not meanings(stem_of).isdisjoint(held):
        return True
    if len(stem_of) < _SHORTEST_ROOT or not stem_of.isalpha():
        return False
    return any(
        abs(len(other) - len(stem_of)) <= _LONGEST_ENDING
        and min(len(other), len(stem_of)) >= _SHORTEST_ROOT
        and (other.startswith(stem_of) or stem_of.startswith(other))
        for other in held
    )


@cache
def _groups() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in SYNONYMS["en"]:
        stems = [stem(word, "en") for word in line.split() if "_" not in word]
        for each in stems:
            found.setdefault(each, set()).update(stems)
    return {each: frozenset(others) for each, others in found.items()}


def meanings(stem_of: str) -> frozenset[str]:
    """Return the stems of an English word's synonyms and of the word itself; empty if it has none."""
    return _groups().get(stem_of, frozenset())


@lru_cache(maxsize=4096)
def verbs(text: str, language: str) -> tuple[Word, ...]:
    """Return the verbs of a sentence, as far as endings and word lists tell."""
    if language in VERBS:
        return tuple(_listed_verbs(text, language))
    found = words_of(text, language)
    return tuple(word for place, word in enumerate(found) if _is_verb(found, place, language))


def _is_verb(words: tuple[Word, ...], place: int, language: str) -> bool:
    word = words[place]
    lower = word.text.lower()
    if word.name:
        return False
    if language == "id":
        verbal = regex.match(r"(?:me|di|ber|ter)\p{L}{4,}", lower) is not None or lower in {"naik", "turun"}
        return verbal and lower not in {"dengan", "terhadap", "berikut", "tersangka", "merupakan", "meter"}
    if lower in AUXILIARIES:
        return False
    before = words[place - 1].text.lower() if place else ""
    if _in_noun_phrase(words, place, before):
        return False
    if before in _BEFORE_A_VERB:
        return word.content and lower not in ENGLISH.values
    return lower in ENGLISH_VERBS or (lower.endswith("ed") and len(lower) > 4)


def _in_noun_phrase(words: tuple[Word, ...], place: int, last: str) -> bool:
    """Tell if a word that may be a verb belongs to a noun, as in *the injured* and *of almond spread*."""
    if last in {"the", "a", "an", "his", "her", "their", "its"}:
        return True
    lower = words[place].text.lower()
    if lower.endswith("ed") and (last in _BEFORE_A_NOUN or last[:1].isdigit() or last in ENGLISH.values):
        return True
    before = [word.text.lower() for word in words[max(0, place - 2) : place]]
    opened = any(word in _BEFORE_A_NOUN or word in {"the", "a", "an", "its", "their"} for word in before)
    return lower in _NOUNS_TOO and opened


def _listed_verbs(text: str, language: str) -> Iterator[Word]:
    clauses = {word.start: word.clause for word in words_of(text, language)}
    end = 0
    lowered = composed(text).lower()
    names = "|".join(sorted(VERBS[language], key=len, reverse=True))
    bound = r"\b" if language == "vi" else ""
    for match in regex.finditer(f"{bound}(?:{names}){bound}", lowered):
        if match.start() >= end:
            yield Word(
                match[0], match[0], match.start(), match.end(), True, False, clauses.get(match.start(), 0)
            )
            end = match.end()
