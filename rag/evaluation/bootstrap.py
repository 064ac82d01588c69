"""Figures with confidence intervals, computed from one observation per question.

The intervals are percentile bootstraps over questions (Efron and Tibshirani, An Introduction to the
Bootstrap, 1993, chapter 13). A statistic is computed for all resamples at once: a resample is a row of
weights, the number of times that each question was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_Values = Sequence[float] | npt.NDArray[Any]

Statistic = Callable[[Array], Array]
"""Maps weights of the observations, shape (rounds, n), to the statistic of each round, shape (rounds,). A
statistic that is undefined is NaN."""

KeyPath = tuple[str, ...]
"""The keys of a figure in an evaluation's JSON form, from the outermost."""

ROUNDS = 1000
LEVEL = 0.95
_SEED = 0
_WEIGHTS_AT_ONCE = 4_000_000
"""The most weights in memory: 32 MB."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval.

    Attributes:
        value: the figure over all questions.
        low: the lower end of the interval.
        high: the upper end of the interval.
        n: the number of questions.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The data behind a figure.

    Attributes:
        queries: the ids of the questions, in the order of the observations.
        statistic: computes the figure from the weights of the questions.
        is_time: whether the figure is a time, which also depends on the machine; for other figures, higher is
            better.
    """

    queries: tuple[str, ...]
    statistic: Statistic
    is_time: bool = False


def mean(values: _Values) -> Statistic:
    """Return a statistic: the mean of one value per question."""
    return ratio(values, np.ones(len(values)))


def ratio(numerators: _Values, denominators: _Values) -> Statistic:
    """Return a statistic: the sum of the numerators divided by the sum of the denominators.

    An example is the share of sentences with a certain verdict, where each question has its own number of
    sentences.
    """
    above, below = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    return lambda weights: _divided(weights @ above, weights @ below)


def _divided(above: Array, below: Array) -> Array:
    """Return the quotients; those by zero are NaN."""
    return np.divide(above, below, out=np.full_like(below, np.nan), where=below != 0)


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> Statistic:
    """Return a statistic: the area under the receiver operating characteristic.

    It is the probability that a positive scores above a negative; ties count half (Mann–Whitney).
    """
    values = np.asarray(scores, dtype=float)
    order = np.argsort(values, kind="stable")
    is_positive = np.asarray(positive, dtype=float)[order]
    ties = np.flatnonzero(np.diff(values[order], prepend=-np.inf) > 0)

    def of(weights: Array) -> Array:
        ordered = weights[:, order]
        positives = np.add.reduceat(ordered * is_positive, ties, axis=1)
        negatives = np.add.reduceat(ordered * (1 - is_positive), ties, axis=1)
        below = np.cumsum(negatives, axis=1) - negatives
        won = (positives * (below + negatives / 2)).sum(axis=1)
        return _divided(won, positives.sum(axis=1) * negatives.sum(axis=1))

    return of


def quantile(values: Sequence[float], share: float) -> Statistic:
    """Return a statistic: the smallest value such that at least ``share`` of the values do not exceed it."""
    order = np.argsort(np.asarray(values, dtype=float), kind="stable")
    ordered = np.asarray(values, dtype=float)[order]

    def of(weights: Array) -> Array:
        reached = np.cumsum(weights[:, order], axis=1)
        # Weights are whole numbers, so this small tolerance only corrects rounding errors.
        result: Array = ordered[np.argmax(reached >= share * reached[:, -1:] - 1e-9, axis=1)]
        return result

    return of


def twice(statistic: Statistic) -> Statistic:
    """Adapt a statistic of two observations per question, so that it takes one weight per question.

    ``statistic`` takes the weights of all first observations, followed by those of all second observations.
    Both observations of a question get the weight of the question.
    """
    return lambda weights: statistic(np.hstack([weights, weights]))


def estimate(sample: Sample) -> Estimate | None:
    """Return the figure with its interval; None if the figure is undefined."""
    n = len(sample.queries)
    if not n:
        return None
    value = float(sample.statistic(np.ones((1, n)))[0])
    if np.isnan(value):
        return None
    return Estimate(value, *interval(bootstrap(sample)), n)


def bootstrap(sample: Sample) -> Array:
    """Return the statistic of each of ``ROUNDS`` resamples, shape (ROUNDS,).

    Samples with the same number of questions get the same draws, so their differences are paired.
    """
    return np.concatenate([sample.statistic(weights) for weights in _resamples(len(sample.queries))])


def interval(resampled: Array) -> tuple[float, float]:
    """Return the ends of the interval that contains the central share ``LEVEL`` of the resamples.

    Undefined resamples are left out.
    """
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(resampled, [tail, 1 - tail])
    return float(low), float(high)


def _resamples(n: int) -> Iterator[Array]:
    generator = np.random.default_rng(_SEED)
    at_once = max(1, _WEIGHTS_AT_ONCE // n)
    for start in range(0, ROUNDS, at_once):
        rounds = min(at_once, ROUNDS - start)
        drawn = generator.integers(0, n, (rounds, n)) + n * np.arange(rounds)[:, np.newaxis]
        yield np.bincount(drawn.ravel(), minlength=rounds * n).reshape(rounds, n).astype(float)
