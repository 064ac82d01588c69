"""The best sentences of a question, read once more by a reader: in windows, with what stands around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from index.text import may_be_in
from rag.finding.features import Candidate
from rag.finding.reader import Reader
from rag.finding.reading import Reading
from rag.finding.windows import Window
from rag.questions import Question

READ_CLOSELY = 24
"""Candidates that a reader reads."""

_CONTEXT = 1
"""Sentences that are read before and after each of them."""

_MAX_CHARACTERS = 700
"""Of a window, about 160 tokens: what the reader was trained on, and a bound on its time."""

_BUDGET_CHARACTERS = 5000
"""Of all windows of a question, about 1,200 tokens."""


def reads(reader: Reader, question: Question) -> bool:
    """Whether ``reader`` reads the question's language, as far as both are known."""
    return may_be_in(question.language, reader.languages)


def read_closely(reader: Reader, question: Question, ranked: Sequence[Candidate]) -> list[Candidate]:
    """Have the best candidates read, and note in their features what the reader says.

    Args:
        reader: what reads.
        question: what was asked.
        ranked: candidates, best first, by their other features.

    Returns:
        The candidates that were read, in the order they came; the rest is left out, as it has no score that
        could be compared.
    """
    windows = _windows(ranked)
    read = reader.read(
        question.text,
        [
            Window(reading.document.title, tuple(reading.sentences[place].text for place in places))
            for reading, places in windows
        ],
    )
    best = max((result.answerable for result in read), default=0.0)
    noted: dict[tuple[Reading, int], tuple[float, float]] = {}
    for (reading, places), result in zip(windows, read, strict=True):
        for place, score in zip(places, result.sentences, strict=True):
            noted[reading, place] = (score, result.answerable)
    return [
        replace(
            candidate,
            features=replace(
                candidate.features, reader=score / 10, reader_window=window / 10, reader_best=best / 10
            ),
        )
        for candidate in ranked
        if (found := noted.get((candidate.reading, candidate.place))) is not None
        for score, window in [found]
    ]


def _windows(ranked: Sequence[Candidate]) -> list[tuple[Reading, tuple[int, ...]]]:
    """Runs of sentences about the best candidates, as places in their readings, within the budget."""
    wanted: dict[Reading, set[int]] = {}
    budget = _BUDGET_CHARACTERS
    for candidate in ranked[:READ_CLOSELY]:
        sentences = candidate.reading.sentences
        places = wanted.setdefault(candidate.reading, set())
        around = range(
            max(candidate.place - _CONTEXT, 0), min(candidate.place + _CONTEXT + 1, len(sentences))
        )
        new = set(around) - places
        cost = sum(len(sentences[place].text) for place in new)
        if budget <= 0 or (cost > budget and places):
            continue
        budget -= cost
        places |= new
    return [
        (reading, tuple(run)) for reading, places in wanted.items() for run in _runs(reading, sorted(places))
    ]


def _runs(reading: Reading, places: Sequence[int]) -> list[list[int]]:
    """Places that follow each other together, each run no longer than a window."""
    runs: list[list[int]] = []
    length = 0
    for before, place in pairwise([-2, *places]):
        characters = len(reading.sentences[place].text)
        if place != before + 1 or length + characters > _MAX_CHARACTERS:
            runs.append([])
            length = 0
        runs[-1].append(place)
        length += characters
    return runs
