"""Completes a question that depends on an earlier turn, without a language model.

The completed question is the earlier question followed by the new one. But if the new question only names
another time, or another thing of the same kind (*And in 2023?*, *What about Finland?*), or only asks
(*Why?*), the completed question is the earlier one with its time, its thing or what it asks replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import regex

from index.embedding import Encoder
from rag.figures.countries import is_country
from rag.figures.dates import dates
from rag.follow_ups.conversation import (
    CONNECTIVE,
    Exchange,
    core_of,
    depends_on_earlier_turn,
    is_fragment,
    split_preposition,
)
from rag.questions import MAX_QUESTION_CHARACTERS, Kind, Question, understand

SAME_KIND, UNANSWERED, CLEARLY = 0.58, 0.5, 0.08
"""A name may replace another if their cosine similarity is at least ``SAME_KIND``, and at least ``CLEARLY``
higher than the similarity to any other name. After a turn without an answer, ``UNANSWERED`` is enough,
because the reports may lack the name. They are for the default encoder, whose cosines of unrelated names are
about 0.5."""

_YEAR = regex.compile(r"(?:19|20)\d\d")
_JOINS = regex.compile(r"(?:\s|,|-|–|of|in|to|and|the|fiscal|year)*", regex.IGNORECASE)
_NAME = regex.compile(
    r"(?<=(?P<led>\p{L}+|[\p{N},’']) )(?:the )?(?:\p{Ll}?\p{Lu}[\p{L}\p{M}\p{N}&-]*\.?)"
    r"(?: (?:(?:of|on|for|and|the) ){0,2}\p{Lu}[\p{L}\p{M}\p{N}&-]*)*(?:\.\p{Lu}\.?)*"
)
_SENTENCE = regex.compile(r"(?<=[?？])\s*")
_ASKS = regex.compile(r"(?:(?:by|from|since|until) )?(?:how|when|where|whom|why)", regex.IGNORECASE)
_AUXILIARY = regex.compile(
    r"(?:(?:how|when|where|why) )?((?:are|can|could|did|do|does|had|has|have|is|may|must|should|was|were|will"
    r"|would)\s[^?]*\??)",
    regex.IGNORECASE,
)
_OTHER_YEAR = regex.compile(
    r"(?:the )?(?:(?:(?P<next>following|next)|last|preceding|previous|prior) year"
    r"|year (?:ago|before|earlier|(?P<next>after)))",
    regex.IGNORECASE,
)


def join(question: Question, history: Sequence[Exchange], encoder: Encoder) -> Question | None:
    """Return ``question`` completed with words of the turn before it, the last of ``history``.

    Return None if the question stands alone, or if the completed question would be too long.
    """
    if not history or not depends_on_earlier_turn(question.text):
        return None
    base = _base(history)
    replaced = _replaced(question, base, encoder, SAME_KIND if history[-1].source else UNANSWERED)
    text = replaced or _joined(base, question.text)
    if not replaced and not (names_in(question.text) or names_in(base)) and history[-1].source:
        text = f"{text} ({history[-1].source})"
    if len(text) > MAX_QUESTION_CHARACTERS:
        return None
    asked = understand(text)
    asks_anew = question.kind is not Kind.OPEN or not is_fragment(question.text)
    own = question if asks_anew else understand(base)
    return replace(asked, kind=own.kind, form=own.form)


def is_from_another_report(question: Question, history: Sequence[Exchange], title: str) -> bool:
    """Return whether a question has no name, and ``title``, its best report, is not that of the last turn.

    After a turn without an answer, every report is another one.
    """
    return bool(history) and title != history[-1].source and not names_in(question.text)


def _base(history: Sequence[Exchange]) -> str:
    """Return the question that a follow-up completes: the last turn's, with the one that names its subject.

    A sentence that followed that question stays with it. A fragment does not: the new question replaces it.
    """
    *earlier, last = history
    first, *later = [part for part in _SENTENCE.split(last.standalone.strip()) if part]
    if not later and earlier and depends_on_earlier_turn(first):
        first, later = _SENTENCE.split(earlier[-1].standalone.strip())[0], [first]
    sentences = [part for part in later if not is_fragment(part)]
    return _joined(first, sentences[-1]) if sentences else first


def _joined(before: str, question: str) -> str:
    end = "" if before.endswith(("?", "？", ".", "。", "!")) else "?"
    return f"{before}{end} {question}"


def _replaced(question: Question, base: str, encoder: Encoder, least: float) -> str | None:
    """Return ``base``, the earlier question, with what ``question`` names or asks in place of its own.

    Return None if ``question`` is not a fragment, or if it is unclear what to replace in ``base``.
    """
    if not is_fragment(question.text):
        return None
    core = core_of(question.text)
    asks = CONNECTIVE.sub("", core)
    asked = _AUXILIARY.fullmatch(base)
    if asked and _ASKS.fullmatch(asks):
        return f"{asks[0].upper()}{asks[1:]} {asked[1][0].lower()}{asked[1][1:]}"
    preposition, thing = split_preposition(core)
    return _with_time(core, base, question.language) or _with_name(preposition, thing, base, encoder, least)


def _with_time(core: str, base: str, language: str) -> str | None:
    """Return ``base`` with its only period replaced by the only one of ``core``.

    If ``core`` names no year, the year of the replaced period stays. If it names only a year, that replaces
    only the year. Return None if either has more or fewer periods, or if ``core`` has words that
    ``base`` lacks.
    """
    # A month is recognised by its capital, which hurried users leave out.
    core = core if _periods(core, language) else core.title()
    named, own = _periods(core, language), _periods(base, language)
    if len(own) != 1:
        return None
    [(start, end)] = own
    before, thing = base[start:end], split_preposition(core)[1]
    year, other = _YEAR.search(before), _OTHER_YEAR.fullmatch(thing)
    if other and year:
        thing = str(int(year[0]) + (1 if other["next"] else -1))
    else:
        period = core[slice(*named[0])] if len(named) == 1 else ""
        words = regex.sub(r"^the ", "", thing.removesuffix(period), flags=regex.IGNORECASE)
        if not period or not thing.endswith(period) or words not in base:
            return None
        thing = period
    new = _YEAR.search(thing)
    if year and new and new[0] == thing:
        thing = _YEAR.sub(thing, before)
    elif year and not new:
        thing = f"{thing} {year[0]}"
    return base[:start] + thing + base[end:]


def _periods(text: str, language: str) -> list[tuple[int, int]]:
    """Return the starts and ends of the periods in ``text``; dates joined by small words are one period."""
    found: list[tuple[int, int]] = []
    for span in (moment.span for moment in dates(text, language)):
        if found and _JOINS.fullmatch(text, found[-1][1], span.start):
            found[-1] = (found[-1][0], span.end)
        else:
            found.append((span.start, span.end))
    return found


def _with_name(preposition: str, thing: str, base: str, encoder: Encoder, least: float) -> str | None:
    """Return ``base`` with a name replaced by ``thing``.

    The name is the only country for a country, or the one after ``preposition``, or else the one most similar
    to ``thing``, by a cosine of at least ``least``. Return None if ``thing`` is not a name, or if it is
    unclear which name to replace.
    """
    bare = thing.removeprefix("the ")
    named = is_country(bare)
    if (_NAME.fullmatch(f"x {bare}", pos=2) is None and not named) or bare in base:
        return None
    names = [found for found in names_in(base) if is_country(found[0].removeprefix("the ")) == named]
    end = f" {preposition.casefold()} "
    same = [found for found in names if preposition and base[: found.start()].casefold().endswith(end)]
    if named and not preposition:
        same = names
    if len(same) == 1:
        return base[: same[0].start()] + thing + base[same[0].end() :]
    if preposition or not names:
        return None
    vectors = encoder.encode([bare, *(found[0].removeprefix("the ") for found in names)])
    cosines = (vectors[1:] @ vectors[0]).tolist()
    best, *others = sorted(cosines, reverse=True)
    if best < least or (others and best - others[0] < CLEARLY):
        return None
    found = names[cosines.index(best)]
    return base[: found.start()] + thing + base[found.end() :]


def names_in(text: str, language: str = "en") -> list[regex.Match[str]]:
    """Return the matches of the names in a question, in order, except dates and the question's first word."""
    taken = _periods(text, language)
    return [
        found
        for found in _NAME.finditer(text)
        if not any(start < found.end() and found.start() < end for start, end in taken)
    ]
