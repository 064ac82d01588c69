"""Quality of abstentions, and calibration of the answerability: the probability that the library answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.evaluation.answered_queries import AnsweredQuery
from rag.evaluation.bootstrap import KeyPath, Sample, Statistic, auroc, ratio, twice
from rag.evaluation.selection import is_gold, quotes_of

BINS = 10
"""The number of bins of the calibration curve; each has the same number of questions."""

_POINTS = 200
"""The most points of the risk–coverage curve."""


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """The risk of answering only the questions with the highest answerability.

    Attributes:
        threshold: the lowest answerability of an answered question.
        coverage: the share of all questions that are answered.
        risk: the share of these answers that are wrong: their first citation is wrong, or they should be
            abstentions.
    """

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Questions of similar answerability.

    Attributes:
        predicted: the mean of their answerability.
        observed: the share of them that the library answers.
        n: the number of questions.
    """

    predicted: float
    observed: float
    n: int


def measure_abstention(asked: Sequence[AnsweredQuery]) -> dict[KeyPath, Sample]:
    """Measure the abstentions on the questions that the set labels as answerable or unanswerable.

    In ``precision``, ``recall`` and ``f1``, abstentions are the positive class. ``auroc`` tells how well the
    answerability ranks answerable questions above unanswerable ones. The result is empty if the set labels no
    question as unanswerable.
    """
    marked = labelled(asked)
    if all(item.query.answerable for item in marked):
        return {}
    ids = tuple(item.query.id for item in marked)
    return {("abstention", name): Sample(ids, statistic) for name, statistic in _figures(marked).items()}


def measure_removal(
    present: Sequence[AnsweredQuery], removed: Sequence[AnsweredQuery]
) -> dict[KeyPath, Sample]:
    """Measure the same figures as :func:`measure_abstention` on questions that were asked twice.

    Each question is asked once of the whole library, and once without the documents on its subject.

    Args:
        present: the answers from the whole library.
        removed: the answers to the same questions, in the same order, without the documents on their subject.
    """
    if not removed:
        return {}
    ids = tuple(item.query.id for item in removed)
    # A resample draws both answers to a question together, because they are not independent.
    return {
        ("abstention_subject_removed", name): Sample(ids, twice(statistic))
        for name, statistic in _figures(label_both(present, removed)).items()
    }


def label_both(present: Sequence[AnsweredQuery], removed: Sequence[AnsweredQuery]) -> list[AnsweredQuery]:
    """Label the questions of ``present`` as answerable, and those of ``removed`` as unanswerable."""
    return [
        replace(item, query=replace(item.query, answerable=answerable))
        for items, answerable in ((present, True), (removed, False))
        for item in items
    ]


def labelled(asked: Sequence[AnsweredQuery]) -> list[AnsweredQuery]:
    """Return the questions that the set labels as answerable or unanswerable."""
    return [item for item in asked if item.query.answerable is not None]


def risk_coverage(asked: Sequence[AnsweredQuery]) -> tuple[RiskPoint, ...]:
    """Return the risk–coverage curve, by falling answerability, of the questions whose answers can be judged.

    Abstentions have no point on the curve, but ``coverage`` counts them among all questions.
    """
    judged = [item for item in asked if item.query.has_gold or item.query.answerable is False]
    answered = sorted(
        (item for item in judged if not item.answer.abstained), key=lambda item: -item.answerability
    )
    points: dict[float, RiskPoint] = {}
    wrong = 0
    for count, item in enumerate(answered, 1):
        wrong += not any(is_gold(item.query, quote) for quote in quotes_of(item.answer)[:1])
        # The last of several questions of equal answerability sets their point.
        points[item.answerability] = RiskPoint(item.answerability, count / len(judged), wrong / count)
    step = max(1, -(-len(points) // _POINTS))
    return tuple(list(points.values())[::-step][::-1])


def calibration(marked: Sequence[AnsweredQuery]) -> tuple[CalibrationBin, ...]:
    """Return the calibration curve: questions by rising answerability, in ``BINS`` bins of equal size."""
    rising = sorted(marked, key=lambda item: item.answerability)
    predicted = np.array([item.answerability for item in rising])
    observed = np.array([bool(item.query.answerable) for item in rising], dtype=float)
    return tuple(
        CalibrationBin(float(predicted[part].mean()), float(observed[part].mean()), len(part))
        for part in np.array_split(np.arange(len(rising)), BINS)
        if len(part)
    )


def _figures(marked: Sequence[AnsweredQuery]) -> dict[str, Statistic]:
    answerable = [bool(item.query.answerable) for item in marked]
    abstentions = np.array([item.answer.abstained for item in marked], dtype=float)
    unanswerable = 1 - np.array(answerable, dtype=float)
    right = abstentions * unanswerable
    return {
        "auroc": auroc([item.answerability for item in marked], answerable),
        "precision": ratio(right, abstentions),
        "recall": ratio(right, unanswerable),
        "f1": ratio(2 * right, abstentions + unanswerable),
    }
