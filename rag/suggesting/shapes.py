"""Makes the question that an English sentence with a figure or a date answers, by a few shapes of sentences.

A missing question does no harm, but an odd one looks like a mistake: a sentence of any other shape, or about
what another sentence names, gives none.
"""

from __future__ import annotations

from collections.abc import Callable

import regex

from index.text import DAYS, MONTHS, cells
from rag.questions import asks
from rag.verb_forms import PARTICIPLES, PAST

_MOST_WORDS = 17
"""The most words of a question."""

_MOST_SUBJECT_WORDS = 9

DATE = regex.compile(
    rf"(?:\b\p{{N}}{{1,2}}(?:st|nd|rd|th)?\s)?\b(?:{MONTHS})(?:\s\p{{N}}{{1,2}}\b)?(?:,?\s\p{{N}}{{4}})?\b"
    rf"|\b(?:{DAYS})\b|\b(?:fiscal\s)?(?:1[5-9]|20)\p{{N}}{{2}}\b"
)
"""A date, a year or a weekday."""

_ABOUT = (
    r"(?:(?:about|around|approximately|an estimated|nearly|almost|some|at least|up to|more than|over)\s)*"
)
_NUMBER = (
    r"(?:\p{N}[\p{N},.]*(?<=\p{N})|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    r"(?:\s(?:hundred|thousand|million|billion))?"
)
_SCALE = r"(?:\s(?:thousand|million|billion|trillion))"
_WHEN = rf"(?:in|for|during|at|as of|on)\s(?:the\s(?:[\p{{L}}-]+\s){{1,4}}?(?:ended|of)\s)?(?:{DATE.pattern})"

_BRACKETS = regex.compile(r"\s?\([^()]{0,80}\)|\s?\[\p{N}{1,3}\]|[¹²³⁰⁴-⁹]+")
_ATTRIBUTED = regex.compile(r"\s(?:attributable|available)\s.*", regex.IGNORECASE)
_BULLET = regex.compile(r"^[\s•●▪◦‣·]+")
_FRONTED = regex.compile(rf"^(?P<when>(?:In|On|By|As of)\s(?:{DATE.pattern})),?\s(?=\S)")
_BREAK = regex.compile(r"[;:]|,(?!\p{N}|\s(?:19|20)\p{N}{2}\b)|\s[–—-]+\s")
"""The end of a clause."""
_PREPOSITION = regex.compile(r"\s(?:of|for|in|from|to|on|at|by|with|per)\s")
_UNFINISHED = regex.compile(
    r"\b(?:and|or|of|for|with|by|on|at|as|to|the|an?|is|was|be)\?$|\sand\s(?:\p{Sc}|" + _NUMBER + r"\b)",
    regex.IGNORECASE,
)
_UNSAFE = regex.compile(r"[“”\"«»|\[\]{}<>…?!*_#=@\\]|\bhttps?:")
_LEANS = regex.compile(
    r"\b(?:he|she|it|they|him|them|his|her|its|their|we|us|our|I|you|your|my|this|that|these|those|there|here|such|"
    r"same|former|latter|others?|both|who|which|whose|not|no|also|because|while|although|respectively|compared|"
    r"versus|as follows|the (?:figure|table|report|rest|following|remaining))\b",
    regex.IGNORECASE,
)
"""Words about other sentences or a second clause."""

_COUNTED = regex.compile(rf"^{_ABOUT}{_NUMBER}\s(?P<of>of\s(?=the\s))?(?P<rest>\p{{L}}.*)", regex.IGNORECASE)
_PLURAL = regex.compile(
    r"^(?:[\p{L}’'-]+\s){0,3}?(?:\p{Ll}{2,}s|people|children|women|men|personnel|staff)\s\p{Ll}"
)
_UNITS = regex.compile(
    r"^(?:years?|months?|weeks?|days?|hours?|minutes|times|quarters?|thirds?|per|percent|percentage)\b"
)
_AUXILIARIES = frozenset({
    "is", "are", "was", "were", "be", "been", "has", "have", "had", "will", "would",
    "can", "could", "may", "might", "must", "should",
})  # fmt: skip
_NOT_COUNTS = regex.compile(
    r"^(?:(?:1[5-9]|20)\p{N}{2}|\p{N}+(?:\.\p{N}+)+)\s(?!(?:thousand|million|billion)\b)"
)
"""A year, or the number of a paragraph."""
_SHARE = regex.compile(
    rf"^{_ABOUT}\p{{N}}[\p{{N}},.]*\s?(?:%|per\s?cent)\sof\s(?P<rest>\p{{L}}.*)", regex.IGNORECASE
)
_FIGURE = regex.compile(
    r"^(?P<subject>[^,;:]+?)\s(?:(?P<be>is|are|was|were)|stood at|amounted to|totall?ed|reached|averaged"
    r"|(?:increased|decreased|rose|fell|grew|declined|dropped|climbed)(?:\s(?:by\s)?\p{N}[\p{N},.]*\s?(?:%|per\s?cent))?"
    rf"(?:\s(?P<before>{_WHEN}))?,?\sto)\s{_ABOUT}(?:\p{{L}}{{0,3}}\p{{Sc}}\s?\p{{N}}[\p{{N}},.]*+{_SCALE}?+"
    rf"|\p{{N}}[\p{{N}},.]*+(?:\s?(?:%|per\s?cent)|{_SCALE}))(?:\sper\s(?:\p{{Ll}}+\s)?share)?+"
    rf"(?!\s(?:and|higher|lower|more|less|above|below)\b)(?:\s(?P<when>{_WHEN}))?(?=\s|[,.;]|$)"
)
_DEED = "|".join({**PAST, **PARTICIPLES})
_DONE = regex.compile(
    rf"^(?P<subject>[^,;:]+?)\s(?:(?P<be>was|were)\s)?(?P<done>{_DEED})\b(?P<rest>[^,;:]*?)\s(?:on|in)\s(?:{DATE.pattern})$"
)
_DID = regex.compile(
    rf"^(?P<subject>[^,;:]+?)\s(?P<did>{_DEED})\s{_ABOUT}{_NUMBER}\s(?P<noun>(?:[\p{{L}}-]+\s){{0,2}}?"
    r"(?:\p{Ll}{2,}s|people|children|women|men))(?P<rest>(?:\s.*)?)$"
)


def question_of(sentence: str, around: str) -> str | None:
    """Return the question that a sentence answers; None if it has none of the shapes.

    Args:
        sentence: a sentence of an English report.
        around: nearby text, which tells a name from an ordinary word at the start of a sentence.
    """
    words = _BULLET.sub("", _BRACKETS.sub("", " ".join(sentence.split())))
    if not words.endswith(".") or _UNSAFE.search(words):
        return None
    fronted = _FRONTED.match(words)
    when = f" {fronted['when'][0].lower()}{fronted['when'][1:]}" if fronted else ""
    words = words[fronted.end() :] if fronted else words
    clause = _BREAK.split(words.rstrip(". "))[0]
    for shape in _SHAPES:
        question = shape(clause, around, when)
        if question is not None:
            question = f"{' '.join(question.split())}?"
            return question if _reads_well(question) else None
    return None


def question_about(row: str) -> str:
    """Return the question for the figures of a row of a table, by its label in ordinary words."""
    label = " ".join(_ATTRIBUTED.sub("", _BRACKETS.sub(" ", cells(row)[0])).split()).lower()
    return f"What {'were' if label.endswith('s') else 'was'} {label}?"


def _reads_well(question: str) -> bool:
    is_whole = _LEANS.search(question) is None and _UNFINISHED.search(question) is None
    return is_whole and 4 <= len(question.split()) <= _MOST_WORDS


def _how_many(clause: str, _around: str, when: str) -> str | None:
    """Turn *Some 40 houses were destroyed* into *How many houses were destroyed?*."""
    found = _COUNTED.match(clause)
    plural = _PLURAL.match(found["rest"]) if found else None
    if found is None or plural is None or _NOT_COUNTS.match(clause) or _UNITS.match(found["rest"]):
        return None
    after = found["rest"][plural.end() - 2 :]
    has_verb = any(word in PAST or word in _AUXILIARIES for word in after.split())
    return (
        f"How many {found['of'] or ''}{found['rest']}{when}"
        if has_verb or not _PREPOSITION.match(after)
        else None
    )


def _what_share(clause: str, _around: str, when: str) -> str | None:
    """Turn *60% of the shops closed* into *What share of the shops closed?*."""
    found = _SHARE.match(clause)
    return f"What share of {found['rest']}{when}" if found else None


def _what_was(clause: str, around: str, when: str) -> str | None:
    """Turn *Net revenue rose to $3 million in 2031* into *What was net revenue in 2031?*."""
    found = _FIGURE.match(clause)
    subject = _within(found["subject"], around) if found else None
    if found is None or subject is None:
        return None
    be = found["be"] or ("were" if _PREPOSITION.split(subject)[0].endswith("s") else "was")
    stated = found["when"] or found["before"]
    return f"What {be} {subject}{f' {stated}' if stated else when}"


def _when(clause: str, around: str, when: str) -> str | None:
    """Turn *The mill was rebuilt in May* into *When was the mill rebuilt?*."""
    found = _DONE.match(clause + when)
    subject = _within(found["subject"], around) if found else None
    if found is None or subject is None or regex.search(r"\p{N}", found["rest"]):
        return None
    done, rest = found["done"], found["rest"]
    if found["be"]:
        return f"When {found['be']} {subject} {done}{rest}" if done in PARTICIPLES else None
    return f"When did {subject} {PAST[done]}{rest}" if done in PAST else None


def _how_many_did(clause: str, around: str, when: str) -> str | None:
    """Turn *The city built 40 schools* into *How many schools did the city build?*."""
    found = _DID.match(clause)
    subject = _within(found["subject"], around) if found else None
    if found is None or subject is None or found["did"] not in PAST or _UNITS.match(found["noun"]):
        return None
    if found["rest"].startswith(" of ") or any(word in PAST for word in found["rest"].split()):
        return None
    return f"How many {found['noun']} did {subject} {PAST[found['did']]}{found['rest']}{when}"


def _within(subject: str, around: str) -> str | None:
    """Return a subject as within a sentence, *the levee* for *The levee*; None if it suits no question."""
    words = subject.split()
    if not 1 <= len(words) <= _MOST_SUBJECT_WORDS or regex.search(r"\p{N}", subject):
        return None
    if any(word in PAST or word in _AUXILIARIES for word in words[1:]):
        return None
    first = words[0]
    if asks(first.lower(), "en") or first.lower() in {"after", "as", "before", "if", "since", "until"}:
        return None
    is_word = first.lower() in {"the", "a", "an"} or (
        not first.isupper() and regex.search(rf"\b{regex.escape(first.lower())}\b", around) is not None
    )
    return " ".join([first.lower() if is_word else first, *words[1:]])


_SHAPES: tuple[Callable[[str, str, str], str | None], ...] = (
    _how_many,
    _what_share,
    _what_was,
    _when,
    _how_many_did,
)
