"""Splits English sentences of reports into the subject, the verb, and the rest of a clause.

Lists of function words and of verbs decide where each part ends. A sentence that does not split cleanly is
rejected.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import regex

from rag.suggesting.proper_names import DATE, PREPOSITIONS, is_person_or_group
from rag.verb_forms import PARTICIPLES, PAST, THIRD_PERSON

MAX_CHARACTERS = 260
"""The longest sentence to parse; a longer one has too many facts for one question."""

_MOST_SUBJECT_WORDS = 9

_DATELINE = regex.compile(r"^[\p{Lu}\s.,]{4,30}(?:,[^,–—]{0,25})?\s[–—]\s")
_BULLET = regex.compile(r"^[•●▪◦‣·]\s*")
_OPENING = regex.compile(r"^(?:But|And|So|In all|In total|Altogether|Overall),?\s")
_BRACKETS = regex.compile(r"\s\([^()]{0,80}\)")
_UNSAFE = regex.compile(r"[“”\"«»|\[\]{}<>…?!*_#=@\\]|\bhttps?:|&[a-z]+;")
BREAK = regex.compile(r"[,;:](?!\d)|\s[–—-]\s")
"""The end of a clause."""

_FRONTED = regex.compile(rf"^(?P<preposition>On|In|Since|By)\s(?P<date>{DATE.pattern}),?\s(?=\S)")
_APPOSED = regex.compile(
    r"^(?P<subject>\p{Lu}[\p{L}’' -]{2,50}),\s(?:who|which|an?|the|whose)\s[^,;:]{3,90},\s(?P<rest>\p{Ll}.*)$"
)

_AUXILIARIES = frozenset({
    "is", "are", "was", "were", "has", "have", "had", "will", "would", "must", "can", "could",
    "may", "might",
})  # fmt: skip
_ASKED_WITH = frozenset({"is", "are", "was", "were", "has", "have", "will", "must"})
"""The auxiliaries that can begin a question."""

ANAPHORS = frozenset({
    "he", "she", "it", "they", "him", "them", "his", "her", "hers", "its", "their", "theirs",
    "himself", "herself", "itself", "themselves", "i", "we", "us", "our", "you", "your", "my", "me",
    "this", "that", "these", "those", "there", "here", "then", "such", "same", "former", "latter",
    "other", "others", "another", "both", "one", "ones", "neither", "none", "also", "too", "still",
    "already", "now", "today", "yesterday", "tomorrow", "recently", "later", "earlier", "meanwhile",
    "however", "therefore", "instead", "so", "thus", "yet", "even", "only", "who", "which",
    "whom", "whose", "what", "when", "where", "why", "how", "if", "whether", "while", "although",
    "though", "because", "since", "said", "says", "told", "not", "no", "never", "nor", "cannot",
    "nobody", "nothing", "ago", "further", "more", "most", "less", "than", "as", "but", "or",
})  # fmt: skip
"""Words that a question must not contain, because they refer to earlier text, deny, or join another clause.
"""

_RELATIVES = frozenset({"that", "which", "who", "whose"})
_LOWERED = frozenset({
    "the", "a", "an", "every", "each", "all", "some", "many", "most", "several", "about", "around",
    "nearly",
})  # fmt: skip
_NO_VERB_AFTER = _LOWERED | {"of", "to", "and", "for", "with"}
_NO_HEADS = frozenset({"and", "of", "the", "to", "in", "time", "year", "month", "week", "day"})

NUMBER = (
    r"(?:(?:\p{N}[\p{N}.,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|"
    r"forty|fifty|sixty)(?:\s(?:hundred|thousand|million|billion)\b)?|hundreds|thousands|dozens)"
)
HAS_NUMBER = regex.compile(rf"\p{{N}}|\b{NUMBER}\b", regex.IGNORECASE)

_NOBODY = regex.compile(
    r"^\p{Lu}{2,}s?$|\b(?:War|Charter|Treaty|Act|Index|Report|Award|Cup|Law|Convention|Directive|Plan|Project|"
    r"System|Agreement|Museum|Protocol|Code|Bill|Festival|Games|League|Dam|Bridge|Road|Street|River|Tower|"
    r"Building)\b"
)
"""Names of things that are neither a person nor an organisation."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause that can become a question.

    Attributes:
        subject: the subject, as written in the middle of a sentence: ``the levee at Pellan``.
        verb: an auxiliary, or a finite form of a verb.
        base: the verb's infinitive; None for an auxiliary.
        rest: the words after the verb.
        date: the date before the subject, with a space and a preposition first, such as " in May"; or "".
        is_who: whether the subject is exactly the name of a person or an organisation.
    """

    subject: str
    verb: str
    base: str | None
    rest: str
    date: str
    is_who: bool


def simplify(sentence: str) -> str | None:
    """Return a sentence without bullet, brackets, dateline, opening word and full stop.

    Return None if the text is too long, is not a sentence, or has characters such as quotation marks
    or those of markup.
    """
    words = _DATELINE.sub("", _BULLET.sub("", " ".join(sentence.split())))
    words = _OPENING.sub("", _BRACKETS.sub("", words))
    if not words.endswith(".") or len(words) > MAX_CHARACTERS or _UNSAFE.search(words):
        return None
    return words[:1].upper() + words[1:].rstrip(". ")


def parse_clause(sentence: str, around: str) -> Clause | None:
    """Return the first clause of a sentence; None if it does not split cleanly.

    Args:
        sentence: the sentence, in the form that :func:`simplify` returns.
        around: nearby text, which tells a name from an ordinary word at the start of a sentence.
    """
    date = ""
    fronted = _FRONTED.match(sentence)
    if fronted is not None:
        date = f" {fronted['preposition'].lower()} {fronted['date']}"
        sentence = sentence[fronted.end() :]
        sentence = sentence[0].upper() + sentence[1:]
    apposed = _APPOSED.match(sentence)
    if apposed is not None:
        sentence = f"{apposed['subject']} {apposed['rest']}"
    words = BREAK.split(sentence)[0].split()
    for index, word in enumerate(words[1 : _MOST_SUBJECT_WORDS + 1], 1):
        if word in _AUXILIARIES:
            return _clause(words, index, None, date, around)
        base = PAST.get(word) or THIRD_PERSON.get(word)
        if base is not None and words[index - 1].casefold() not in _NO_VERB_AFTER:
            return _clause(words, index, base, date, around)
    return None


def _clause(words: list[str], index: int, base: str | None, date: str, around: str) -> Clause | None:
    before, verb, after = words[:index], words[index], words[index + 1 :]
    if before[-1].endswith("ly"):
        before = before[:-1]
    subject = _within(" ".join(before), around)
    # With a second verb, the first one may be a participle, or the sentence may have several clauses.
    if subject is None or set(after) & (_AUXILIARIES | _RELATIVES):
        return None
    if base is None and not _asks(verb, next((word for word in after if not word.endswith("ly")), "")):
        return None
    if base is not None and after[:1] in (["by"], ["with"]):
        return None
    return Clause(subject, verb, base, " ".join(after), date, _is_who(subject))


def _asks(auxiliary: str, first: str) -> bool:
    """Return whether a question can begin with ``auxiliary``.

    *Has* and *have* can do so only if ``first``, the word after them in the sentence, is a participle.
    """
    if auxiliary in {"has", "have"}:
        return first == "been" or first in PARTICIPLES
    return auxiliary in _ASKED_WITH


def _within(subject: str, around: str) -> str | None:
    """Return a subject as written within a sentence: *The levee* becomes *the levee*, *Pellan Rail* stays.

    Return None if the subject does not suit a question, or if it is unclear whether its first word is a name.
    """
    words = subject.split()
    folded = [word.casefold() for word in words]
    if not 1 <= len(words) <= _MOST_SUBJECT_WORDS or not _is_subject(words, folded):
        return None
    if folded[0] in _LOWERED:
        return " ".join([folded[0], *words[1:]]) if len(words) > 1 else None
    first = words[0]
    if any(letter.isupper() for letter in first[1:]) and not first.isupper():
        # A name such as eBay or McDonald’s; :func:`simplify` may have raised its first letter.
        lower = first[0].lower() + first[1:]
        return " ".join([lower if lower in around else first, *words[1:]])
    if len(words) > 1 and words[1][0].isupper() and first[0].isupper():
        return subject
    as_name = regex.search(rf"(?<=\p{{Ll}}[,;]?\s){regex.escape(first)}\b", around) is not None
    as_word = regex.search(rf"\b{regex.escape(first.lower())}\b", around) is not None
    if as_name == as_word:
        return None
    return subject if as_name else " ".join([first.lower(), *words[1:]])


def _is_subject(words: list[str], folded: list[str]) -> bool:
    if set(folded) & ANAPHORS or HAS_NUMBER.search(" ".join(words)):
        return False
    if folded[0] in PREPOSITIONS or folded[-1] in _NO_HEADS or all(word in _LOWERED for word in folded):
        return False
    if any(word.endswith("ing") and word[0].islower() for word in words[1:]):
        return False
    joined = [after for word, after in pairwise(words) if word == "and"]
    return all(after[0].isupper() for after in joined)


def _is_who(subject: str) -> bool:
    bare = subject.removeprefix("the ")
    return _NOBODY.search(bare) is None and is_person_or_group(bare)
