"""Ranks sentences as answers to a question."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from index.text import may_be_in
from rag.errors import WeightsError
from rag.finding.features import FEATURE_NAMES, Candidate, Features
from rag.finding.fragments import is_fragment
from rag.finding.reader import Reader
from rag.finding.reading import Reading
from rag.finding.windows import Window
from rag.questions import Question

Ranker = Literal["features", "reader"]
"""The input of the weights: features alone, or features together with the reader's scores."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression over :class:`~rag.finding.features.Features`."""

    intercept: float
    weights: Mapping[str, float]

    def of(self, features: Features) -> float:
        """Return the probability, 0 to 1."""
        total = self.intercept + sum(
            weight * getattr(features, name) for name, weight in self.weights.items()
        )
        return 1 / (1 + math.exp(-total))


@dataclass(frozen=True, slots=True)
class Weights:
    """Learned weights and thresholds.

    Attributes:
        selection: gives the probability that a sentence answers the question.
        answerability: gives the probability that the library answers it, from its best sentence.
        foreign: like ``answerability``, but from cosines alone: for a question in another language than the
            document.
        reach: the share of the best sentence's probability that another sentence needs to be cited as well.
        threshold: the probability below which there is no answer.
        foreign_threshold: the same threshold for a question in another language.
    """

    selection: Logistic
    answerability: Logistic
    foreign: Logistic
    reach: float
    threshold: float
    foreign_threshold: float


@cache
def load_weights(ranker: Ranker = "features", file: Path | None = None) -> Weights:
    """Load learned weights.

    Args:
        ranker: ``features`` for ranking without a reader, ``reader`` for ranking with one.
        file: a file from ``benchmarks/calibrate.py`` for another encoder or reader; None for the bundled
            weights.

    Raises:
        WeightsError: if the file cannot be read, or lacks the weights for ``ranker``.
    """
    source = file or files("rag.finding").joinpath("weights.json")
    try:
        stored: dict[str, Any] = json.loads(source.read_text())[ranker]
        return Weights(
            selection=_logistic(stored["selection"]),
            answerability=_logistic(stored["answerability"]),
            foreign=_logistic(stored["foreign"]),
            reach=float(stored["reach"]),
            threshold=float(stored["threshold"]),
            foreign_threshold=float(stored["foreign_threshold"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        cause = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise WeightsError(
            f"the weights in {source} cannot be used: {cause}; make them with benchmarks/calibrate.py"
        ) from error


def _logistic(stored: Mapping[str, Any]) -> Logistic:
    unknown = sorted(set(stored["weights"]) - set(FEATURE_NAMES))
    if unknown:
        raise ValueError(f"it names the features {', '.join(unknown)}, which are not measured")
    return Logistic(float(stored["intercept"]), dict(stored["weights"]))


FRAGMENT = 0.5
"""The factor on the probability of a heading, caption or running title, because it names a subject and states
nothing about it. The training sets of the weights contain whole sentences only."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate and the probability, 0 to 1, that it answers the question."""

    candidate: Candidate
    score: float


def rank(candidates: Sequence[Candidate], weights: Weights) -> list[Scored]:
    """Return the candidates by their probability of answering, best first; ties keep their order."""
    return sorted((score(candidate, weights) for candidate in candidates), key=lambda item: -item.score)


def score(candidate: Candidate, weights: Weights) -> Scored:
    """Return a candidate with the probability that it answers, times :data:`FRAGMENT` for a fragment."""
    probability = weights.selection.of(candidate.features)
    return Scored(candidate, probability * (FRAGMENT if is_fragment(candidate.sentence.text) else 1))


MAX_READ = 24
"""The number of candidates that a reader reads."""

_CONTEXT = 1
"""The number of sentences before and after each candidate that the reader reads with it."""

_MAX_CHARACTERS = 700
"""The most characters of a window, about 160 tokens. The reader was trained on this length, which also limits
its time."""

_MAX_HEADINGS = 300
"""The most characters of a table's headings that are read with its rows."""

_BUDGET_CHARACTERS = 5000
"""The most characters of all windows of a question, about 1,200 tokens."""


def can_read(reader: Reader, question: Question) -> bool:
    """Whether ``reader`` reads the question's language, as far as both are known."""
    return may_be_in(question.language, reader.languages)


def apply_reader(reader: Reader, question: Question, ranked: Sequence[Candidate]) -> list[Candidate]:
    """Let a reader read the best candidates, and record its scores in their features.

    Args:
        reader: the reader.
        question: the question.
        ranked: the candidates, best first by their other features.

    Returns:
        The candidates that were read, in their order. The others are left out, because their scores cannot be
        compared with these.
    """
    windows = _windows(ranked)
    read = reader.read(
        question.text,
        [
            Window(reading.document.title, (*_lead(reading, places), *_texts(reading, places)))
            for reading, places in windows
        ],
    )
    best = max((result.answerable for result in read), default=0.0)
    scores: dict[tuple[Reading, int], tuple[float, float]] = {}
    for (reading, places), result in zip(windows, read, strict=True):
        lead = len(_lead(reading, places))
        for place, score in zip(places, result.sentences[lead:], strict=True):
            scores[reading, place] = (score, result.answerable)
    return [
        replace(
            candidate,
            features=replace(
                candidate.features, reader=score / 10, reader_window=window / 10, reader_best=best / 10
            ),
        )
        for candidate in ranked
        if (found := scores.get((candidate.reading, candidate.place))) is not None
        for score, window in [found]
    ]


def _lead(reading: Reading, places: Sequence[int]) -> tuple[str, ...]:
    """The headings of the table whose rows a run begins with, unless the run has them itself."""
    headings = reading.sentences[places[0]].headings
    return (headings[-_MAX_HEADINGS:],) if headings else ()


def _texts(reading: Reading, places: Sequence[int]) -> Iterator[str]:
    """The sentences of a run; a row has the name of its group of rows before it."""
    for place in places:
        sentence = reading.sentences[place]
        group = sentence.section.splitlines()[-1:]
        yield " ".join([*group, sentence.text])


def _windows(ranked: Sequence[Candidate]) -> list[tuple[Reading, tuple[int, ...]]]:
    """Choose runs of sentences around the best candidates, about ``_BUDGET_CHARACTERS`` in all.

    Returns:
        For each run, its reading and the numbers of its sentences in the reading.
    """
    wanted: dict[Reading, set[int]] = {}
    budget = _BUDGET_CHARACTERS
    for candidate in ranked[:MAX_READ]:
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
    """Group the numbers of neighbouring sentences into runs of at most ``_MAX_CHARACTERS`` characters."""
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
