"""Scores the best candidates with a reader (a cross-encoder), in windows of neighbouring sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.text import may_be_in
from rag.answer_limits import MAX_READ
from rag.finding.features import Candidate
from rag.finding.reader.reader import Reader
from rag.finding.reader.windows import Window
from rag.finding.reading import Reading
from rag.questions import Question

_CONTEXT = 1
"""The number of sentences before and after each candidate that the reader reads with it."""

_MAX_CHARACTERS = 700
"""The most characters of a window, about 160 tokens. The reader was trained on windows of this length, and
longer ones would take more time."""

_MAX_HEADINGS = 300
"""The most characters of a table's headings that are read with its rows."""

_BUDGET_CHARACTERS = 5000
"""The most characters of all windows of a question, about 1,200 tokens."""


def can_read(reader: Reader, question: Question) -> bool:
    """Return whether ``reader`` reads the question's language; True if that is unknown."""
    return may_be_in(question.language, reader.languages)


@dataclass(frozen=True, slots=True)
class CandidateWindow:
    """A run of neighbouring sentences, as a reader reads it.

    Attributes:
        reading: the stretch of a document that contains the sentences.
        numbers: the consecutive numbers of the sentences in ``reading``, from 0.
        window: the title and the sentences. If the run begins with a row of a table, the headings of the
            table come before the sentences.
    """

    reading: Reading
    numbers: tuple[int, ...]
    window: Window

    @property
    def headings(self) -> int:
        """The number of texts in the window that are headings, before its sentences: 0 or 1."""
        return len(self.window.sentences) - len(self.numbers)


def apply_reader(
    reader: Reader, question: Question, ranked: Sequence[Candidate], windows: Sequence[CandidateWindow]
) -> list[Candidate]:
    """Let a reader score the best candidates, and record the scores in the candidates' features.

    Args:
        reader: the reader.
        question: the question.
        ranked: the candidates, best first according to their other features.
        windows: the windows of the best candidates, from :func:`windows_of`.

    Returns:
        The candidates that were read, in the same order. The others are left out, because scores without a
        reader cannot be compared with scores that include the reader's.
    """
    read = reader.read(question.text, [item.window for item in windows])
    best = max((result.answerable for result in read), default=0.0)
    scores: dict[tuple[Reading, int], dict[str, float]] = {}
    for item, result in zip(windows, read, strict=True):
        for number, score in zip(item.numbers, result.sentences[item.headings :], strict=True):
            scores[item.reading, number] = {
                "reader": score / 10,
                "reader_window": result.answerable / 10,
                "reader_best": best / 10,
            }
    return [
        candidate.with_features(**scores[place])
        for candidate in ranked
        if (place := (candidate.reading, candidate.number)) in scores
    ]


def windows_of(ranked: Sequence[Candidate]) -> list[CandidateWindow]:
    """Return the windows (runs of neighbouring sentences) around the best candidates, for a reader to score.

    Args:
        ranked: the candidates, best first.
    """
    return [
        CandidateWindow(reading, numbers, Window(reading.document.title, tuple(_texts(reading, numbers))))
        for reading, numbers in _chosen(ranked)
    ]


def _texts(reading: Reading, numbers: Sequence[int]) -> Iterator[str]:
    """Yield the sentences of a run; a row is preceded by the name of its innermost group of rows.

    If the first sentence is a row, the headings of its table come before the sentences, as one text.
    """
    headings = reading.sentences[numbers[0]].headings
    if headings:
        yield headings[-_MAX_HEADINGS:]
    for number in numbers:
        sentence = reading.sentences[number]
        group = sentence.section.splitlines()[-1:]
        yield " ".join([*group, sentence.text])


def _chosen(ranked: Sequence[Candidate]) -> list[tuple[Reading, tuple[int, ...]]]:
    """Choose runs of sentences around the best candidates, about ``_BUDGET_CHARACTERS`` in all.

    Returns:
        For each run, the :class:`Reading` that contains it, and the numbers of the sentences in this reading.
    """
    wanted: dict[Reading, set[int]] = {}
    budget = _BUDGET_CHARACTERS
    for candidate in ranked[:MAX_READ]:
        sentences = candidate.reading.sentences
        numbers = wanted.setdefault(candidate.reading, set())
        around = range(candidate.number - _CONTEXT, candidate.number + _CONTEXT + 1)
        new = set(around).intersection(range(len(sentences))) - numbers
        cost = sum(len(sentences[number].text) for number in new)
        if budget <= 0 or (cost > budget and numbers):
            continue
        budget -= cost
        numbers |= new
    return [
        (reading, tuple(run))
        for reading, numbers in wanted.items()
        for run in _runs(reading, sorted(numbers))
    ]


def _runs(reading: Reading, numbers: Sequence[int]) -> list[list[int]]:
    """Group consecutive numbers of sentences into runs.

    The sentences of a run have at most ``_MAX_CHARACTERS`` characters; a longer sentence is a run by itself.
    """
    runs: list[list[int]] = []
    length = 0
    for before, number in pairwise([-2, *numbers]):
        characters = len(reading.sentences[number].text)
        if number != before + 1 or length + characters > _MAX_CHARACTERS:
            runs.append([])
            length = 0
        runs[-1].append(number)
        length += characters
    return runs
