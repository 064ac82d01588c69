"""Finds the names, years and parts of years (such as quarters) that a question has and a text lacks.

*What was Walmart's revenue in the third quarter of 2023?* can only be answered by a report that names
Walmart, and by a passage about that quarter. A passage without them does not answer, even if all its other
words match.
"""

from __future__ import annotations

import regex

from rag.figures.countries import names_same_country
from rag.figures.dates import dates
from rag.figures.moment import Moment
from rag.figures.periods import joined_periods
from rag.finding.english_words import LIGHT_WORDS
from rag.questions import OF_A_DATE, Question

_YEAR = regex.compile(r"(?:19|20)\d\d")
POSSESSIVE = regex.compile(r"['’]s?$")
_PLURAL = regex.compile(r"(?<=\p{L}{4}|\p{N})s$")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}'’&-]*")
_INNER_CAPITAL = regex.compile(r"\p{Ll}+\p{Lu}")
_LINK = r"\W+(?:(?:of|on|for|and|the)\W+)?"
_FISCAL = regex.compile(r"\s(?:fiscal|financial)(?:\syear)?\b", regex.IGNORECASE)

_FIRST_DAYS = 7
"""A quarter of whole weeks may end up to this many days after its last month: on 2 April."""


def phrases(question: Question) -> list[str]:
    """Return the question's names, without figures and parts of dates; adjacent names form one phrase.

    Return no phrases if capitals do not tell names from other words: in German, and in a question written in
    capitals or like a title.
    """
    words = _WORD.findall(question.text)
    # In German, every noun has a capital.
    if question.language == "de" or question.text.isupper() or any(map(_is_of_a_title, words[1:])):
        return []
    found: list[str] = []
    for name in dict.fromkeys(words):
        is_name = name in question.names or _INNER_CAPITAL.match(name)
        if not is_name or OF_A_DATE.fullmatch(name):
            continue
        before = found[-1] if found else ""
        if before and POSSESSIVE.search(before) is None and f"{before} {name}" in question.text:
            found[-1] = f"{before} {name}"
        else:
            found.append(name)
    return [POSSESSIVE.sub("", phrase) for phrase in found]


def _is_of_a_title(word: str) -> bool:
    """Return whether a word like *Were* has a capital only because the question is written like a title."""
    return word.istitle() and word.casefold() in LIGHT_WORDS and OF_A_DATE.fullmatch(word) is None


def absent_names(question: Question, text: str) -> list[str]:
    """Return the question's names that ``text`` does not mention.

    A text mentions a name if it has one of these: a word of the name, written with a capital; the words for
    which an acronym stands; or another name of the same country.
    """
    return [phrase for phrase in phrases(question) if not _names(text, phrase)]


def _names(text: str, phrase: str) -> bool:
    for word in phrase.split():
        bare = _PLURAL.sub("", word)
        forms = [bare, *bare.split("-"), ".".join(bare) + "."]
        written = "|".join(_as_written(form) for form in forms if form)
        if regex.search(rf"(?<!\p{{L}})(?:{written})", text):
            return True
    return names_same_country(phrase, text) or _spells_out(text, phrase)


def _as_written(name: str) -> str:
    """Return a pattern that matches a name with its capital: *Target* and *TARGET*, but not *target*."""
    return rf"[{regex.escape(name[0])}{regex.escape(name[0].upper())}](?i:{regex.escape(name[1:])})"


def _spells_out(text: str, name: str) -> bool:
    """Return whether a text has the words for which the acronym ``name`` stands.

    For an acronym of two letters, the words need capitals: *earnings per share* spells out EPS, but *each
    user* does not spell out EU.
    """
    if not name.isupper():
        return False
    words = _LINK.join("and" if letter == "&" else rf"{regex.escape(letter)}[\p{{L}}-]*" for letter in name)
    return regex.search(rf"\b{words}", text, regex.IGNORECASE if len(name) > 2 else 0) is not None


def absent_years(question: Question, text: str) -> list[str]:
    """Return the years that the question names and ``text`` does not contain."""
    return [name for name in question.names if _YEAR.fullmatch(name) and name not in text]


def absent_periods(question: Question, text: str) -> list[str]:
    """Return the parts of years, as the question writes them, that ``text`` is not about.

    A text is about a part of a year if it names the part, or a date at the part's end: *June 30* for the
    second quarter and for the first half. In a question about a fiscal year, dates do not count, because
    fiscal years end on different dates. If the text has no date or part that counts,
    return an empty list.
    """
    plain = _FISCAL.sub("", question.text)
    asked = [moment for moment in _moments(plain, question.language) if moment.until]
    if not asked:
        return []
    lines = _FISCAL.sub("", text).splitlines()
    found = [moment for line in lines for moment in _moments(line, question.language)]
    if plain != question.text:
        found = [moment for moment in found if moment.until]
    if not found:
        return []
    return [
        plain[part.span.start : part.span.end]
        for part in asked
        if not any(_is_in(moment, part) for moment in found)
    ]


def _moments(text: str, language: str) -> list[Moment]:
    """Return the parts of years (such as quarters) in a line, and the dates that have a month."""
    found = dates(text, language)
    joined = [period for _, _, period in joined_periods(found, text)]
    return [moment for moment in found if moment.month] + joined


def _is_in(moment: Moment, part: Moment) -> bool:
    """Return whether a text that names ``moment``, a date or part of a year, may be about the part ``part``.

    Two parts are compared by their months only. A date must be at the end of the part, and its year must be
    the same if both years are known.
    """
    if moment.year and part.year and moment.year != part.year and not moment.until:
        return False
    if moment.until:
        return (moment.month, moment.until) == (part.month, part.until)
    last = part.until or 0
    return moment.month == last or (moment.month == last % 12 + 1 and (moment.day or 31) <= _FIRST_DAYS)
