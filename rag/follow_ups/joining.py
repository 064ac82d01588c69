"""Completes a question that depends on an earlier turn, without a language model.

The completed question is the earlier question followed by the new one. But if the new question only names
another time, or another thing of the same kind (*And in 2023?*, *What about Finland?*), the completed
question is the earlier one with its time or thing replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import regex

from index.embedding import Encoder
from rag.figures.dates import dates
from rag.follow_ups.conversation import (
    Exchange,
    core_of,
    depends_on_earlier_turn,
    is_fragment,
    split_preposition,
)
from rag.questions import MAX_QUESTION_CHARACTERS, Question, understand

SAME_KIND, CLEARLY = 0.58, 0.08
"""A name may replace another if their cosine similarity is at least ``SAME_KIND``, and at least ``CLEARLY``
higher than the similarity to any other name. They are for the default encoder, whose cosines of unrelated
names are about 0.5."""

_YEAR = regex.compile(r"(?:19|20)\d\d")
_JOINS = regex.compile(r"(?:\s|,|-|–|of|in|to|and|the|fiscal|year)*", regex.IGNORECASE)
_NAME = regex.compile(
    r"(?<=(?P<led>\p{L}+|[\p{N},’']) )(?:the )?(?:\p{Ll}?\p{Lu}[\p{L}\p{M}\p{N}&-]*\.?)"
    r"(?: (?:(?:of|on|for|and|the) ){0,2}\p{Lu}[\p{L}\p{M}\p{N}&-]*)*(?:\.\p{Lu}\.?)*"
)
_SENTENCE = regex.compile(r"(?<=[?？])\s*")


def join(question: Question, history: Sequence[Exchange], encoder: Encoder) -> Question | None:
    """Return a question completed with words of the turn before it.

    Args:
        question: the question as asked.
        history: the earlier turns, the oldest first.
        encoder: compares names.

    Returns:
        The completed question; None if the question stands alone, or if the completed question is too long.
    """
    if not history or not depends_on_earlier_turn(question.text):
        return None
    base = _base(history)
    replaced = _replaced(question, base, encoder)
    text = replaced or _joined(base, question.text)
    if not replaced and not (names_in(question.text) or names_in(base)) and history[-1].source:
        text = f"{text} ({history[-1].source})"
    if len(text) > MAX_QUESTION_CHARACTERS:
        return None
    asked = understand(text)
    if replaced or is_fragment(question.text):
        own = understand(base)
        return replace(asked, kind=own.kind, form=own.form)
    return replace(asked, kind=question.kind, form=question.form)


def is_from_another_report(question: Question, history: Sequence[Exchange], title: str) -> bool:
    """Return whether a question has no name, and its best answer is in another report than the last turn's.

    Args:
        question: the question as asked.
        history: the earlier turns, the oldest first.
        title: the title of the report that answers it best.
    """
    source = history[-1].source if history else ""
    return bool(source) and title != source and not names_in(question.text)


def _base(history: Sequence[Exchange]) -> str:
    """Return the last turn's question, preceded by the earlier question on which it depends, if any."""
    *earlier, last = history
    question = last.standalone.strip()
    parts = [part for part in _SENTENCE.split(question) if part]
    if len(parts) > 2:
        # In a chain of follow-ups, the first question names the subject.
        return _joined(parts[0], parts[-1])
    if len(parts) == 1 and earlier and depends_on_earlier_turn(question):
        return _joined(_SENTENCE.split(earlier[-1].standalone.strip())[0], question)
    return question


def _joined(before: str, question: str) -> str:
    end = "" if before.endswith(("?", "？", ".", "。", "!")) else "?"
    return f"{before}{end} {question}"


def _replaced(question: Question, base: str, encoder: Encoder) -> str | None:
    """Return ``base``, the earlier question, with its period or a name replaced by that of ``question``.

    Return None if ``question`` is not a fragment, or if it is unclear what to replace in ``base``.
    """
    if not is_fragment(question.text):
        return None
    core = core_of(question.text)
    preposition, thing = split_preposition(core)
    return _with_time(thing, core, base, question.language) or _with_name(preposition, thing, base, encoder)


def _with_time(thing: str, core: str, base: str, language: str) -> str | None:
    """Return ``base`` with its only period replaced by the period ``thing``.

    If ``thing`` names no year, the year of the replaced period stays. If ``thing`` is only a year, it
    replaces only the year. Return None if ``base`` does not have exactly one period, or if ``thing`` is not
    a period.
    """
    thing = thing.removeprefix("the ")
    named, own = _periods(core, language), _periods(base, language)
    if len(own) != 1 or [core[start:end] for start, end in named] != [thing]:
        return None
    [(start, end)] = own
    before = base[start:end]
    year, new = _YEAR.search(before), _YEAR.search(thing)
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


def _with_name(preposition: str, thing: str, base: str, encoder: Encoder) -> str | None:
    """Return ``base`` with a name replaced by ``thing``.

    The name is the one after ``preposition``, or else the one most similar to ``thing``. Return None if
    ``thing`` is not a name, or if it is unclear which name to replace.
    """
    bare = thing.removeprefix("the ")
    if _NAME.fullmatch(f"x {bare}", pos=2) is None or bare in base:
        return None
    names = names_in(base)
    end = f" {preposition.casefold()} "
    same = [found for found in names if preposition and base[: found.start()].casefold().endswith(end)]
    if len(same) == 1:
        return base[: same[0].start()] + thing + base[same[0].end() :]
    if preposition or not names:
        return None
    vectors = encoder.encode([bare, *(found[0].removeprefix("the ") for found in names)])
    cosines = (vectors[1:] @ vectors[0]).tolist()
    best, *others = sorted(cosines, reverse=True)
    if best < SAME_KIND or (others and best - others[0] < CLEARLY):
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
