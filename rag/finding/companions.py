"""Adds the neighbouring sentences (companions) without which the chosen sentences say too little.

- A sentence that begins with a pronoun needs the sentence before it, which names what the pronoun means.
- A sentence that ends with a colon needs the items that follow.
- If the question asks why, a sentence that draws a conclusion (*therefore*) needs the sentence before it. A
  sentence also needs the next one if the next one explains it: *This reflects higher prices*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import regex

from rag.answer_limits import MAX_SENTENCES
from rag.finding.ranking import Scored
from rag.finding.reading import ReadSentence
from rag.questions import Kind, Question

PRONOUN = regex.compile(
    r"^\W*(?:he|she|it|they|his|her|its|their|this|these|that|those|ông|bà|họ|anh|chị|nó|ia|dia|mereka|beliau"
    r"|他|她|它|他们|她们)\b",
    regex.IGNORECASE,
)
"""A pronoun at the beginning of a sentence. The sentence before says what the pronoun means."""

_LEADS = regex.compile(r"[:：]\s*$")
_NUMBER = regex.compile(r"\p{N}{1,2}\.")
ITEM = regex.compile(
    r"\s*(?:[•◦▪■‣·]\s*|[*–—-]\s+|\(?(?:\p{N}{1,2}|\p{L}|[ivx]{1,4})\)\s*|\p{N}{1,2}\.\s+)(?=[\p{L}\p{N}“\"‘'(])"
)
"""The beginning of a list's item: a bullet, a number or a letter."""

_CONCLUDES = regex.compile(r"\b(?:therefore|thus|hence|consequently|as a result)\b", regex.IGNORECASE)
_EXPLAINS = regex.compile(r"^\W*(?:this|these)\b", regex.IGNORECASE)


def with_companions(
    chosen: Sequence[Scored], question: Question, max_sentences: int = MAX_SENTENCES
) -> list[list[Scored]]:
    """Group each chosen sentence with its companions. No sentence is returned twice.

    Args:
        chosen: the result of :func:`rag.finding.selection.select`.
        question: the question.
        max_sentences: the most sentences to return. The companions of a sentence take precedence over the
            sentences that were chosen after it, so that a list stays whole.

    Returns:
        The groups in the order of ``chosen``; within a group, the sentences in the order of the text. A
        sentence that an earlier group contains gets no group of its own.
    """
    asks_why = question.kind is Kind.REASON
    kept: set[tuple[int, int, int]] = set()
    groups: list[list[Scored]] = []
    for item in chosen:
        room = max_sentences - len(kept)
        if room <= 0 or _key(item) in kept:
            continue
        kept.add(_key(item))
        before, after = (
            [other for other in others if _key(other) not in kept]
            for others in (_before(item, asks_why), _after(item, asks_why))
        )
        before = before[: room - 1]
        after = after[: room - 1 - len(before)]
        kept.update(map(_key, [*before, *after]))
        groups.append([*before, item, *after])
    return groups


def _before(item: Scored, asks_why: bool) -> list[Scored]:
    words = item.candidate.sentence.text
    needed = PRONOUN.match(words) or (asks_why and _CONCLUDES.search(words))
    return [neighbour(item, -1)] if needed and _follows(item, 0) else []


def _after(item: Scored, asks_why: bool) -> list[Scored]:
    if _LEADS.search(item.candidate.sentence.text):
        return list(_items(item))
    explains = (
        asks_why and _follows(item, 1) and _EXPLAINS.match(_sentences(item)[item.candidate.number + 1].text)
    )
    return [neighbour(item, 1)] if explains else []


def _items(item: Scored) -> Iterator[Scored]:
    numbered = False
    for step, sentence in enumerate(_sentences(item)[item.candidate.number + 1 :], 1):
        # The number of an item ("1.") has been split off as a sentence before the item.
        is_number = _NUMBER.fullmatch(sentence.text) is not None
        if sentence.headings or not (is_number or numbered or ITEM.match(sentence.text)):
            return
        if not is_number:
            yield neighbour(item, step)
        numbered = is_number


def _follows(item: Scored, step: int) -> bool:
    """Return whether a sentence directly follows another sentence of the same paragraph.

    Args:
        item: a chosen sentence.
        step: the position of the sentence to look at, counted from ``item``: 0 for ``item``, 1 for the next.
    """
    sentences, number = _sentences(item), item.candidate.number + step
    if not 0 < number < len(sentences):
        return False
    one, other = sentences[number - 1], sentences[number]
    # A blank line separates paragraphs.
    return other.span.start - one.span.end <= 1 and not (one.headings or one.is_heading or other.headings)


def _sentences(item: Scored) -> Sequence[ReadSentence]:
    return item.candidate.reading.sentences


def neighbour(item: Scored, step: int) -> Scored:
    """Return a copy of ``item`` for the sentence that comes ``step`` sentences later in the text.

    The probability stays that of ``item``. A negative ``step`` counts backwards. The sentence must be part of
    the same :class:`Reading`.
    """
    return replace(item, candidate=replace(item.candidate, number=item.candidate.number + step))


def _key(item: Scored) -> tuple[int, int, int]:
    span = item.candidate.sentence.span
    return item.candidate.reading.document.document_id, span.start, span.end
