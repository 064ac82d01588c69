"""Comparison of two evaluations: which figures differ, and whether the differences are significant."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from rag.evaluation.bootstrap import LEVEL, Array, Estimate, KeyPath, bootstrap, interval
from rag.evaluation.evaluation import Evaluation

Outcome = Literal["better", "worse", "no difference", "not tested"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure under two configurations.

    Attributes:
        key_path: the keys of the figure in the JSON form, from the outermost.
        first: the figure under the first configuration.
        second: the figure under the second configuration.
        change: the second minus the first, with its 95 % interval over paired resamples.
        p: the probability that two equal configurations differ at least as much by chance; None for a time,
            which varies from run to run with the machine.
        outcome: the second configuration compared with the first, at the 5 % level. Each figure is tested
            separately, so of twenty equal figures, one on average appears different by chance.
    """

    key_path: KeyPath
    first: Estimate
    second: Estimate
    change: Estimate
    p: float | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two configurations on one set.

    Attributes:
        dataset: the set's name.
        first: the name of the first configuration.
        second: the name of the second configuration.
        n_queries: the number of questions.
        differences: one row per figure that both evaluations have.
    """

    dataset: str
    first: str
    second: str
    n_queries: int
    differences: tuple[Difference, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain dicts and lists, ready for JSON.

        Each difference has the field ``place`` in place of ``key_path``: the keys, with dots between them.
        """
        result = asdict(self)
        rows = result["differences"]
        return result | {"differences": [{"place": ".".join(row.pop("key_path")), **row} for row in rows]}


def compare(first: Evaluation, second: Evaluation) -> Comparison:
    """Test every figure that two evaluations of the same questions share, with a paired bootstrap.

    The resamples of both evaluations contain the same questions (Efron and Tibshirani, 1993, chapter 16;
    Koehn, Statistical Significance Tests for Machine Translation Evaluation, EMNLP 2004).

    Raises:
        ValueError: if the evaluations are of different sets.
    """
    if first.dataset != second.dataset:
        raise ValueError(
            f"{first.dataset} and {second.dataset} are different sets; compare two configurations on one"
        )
    return Comparison(
        first.dataset,
        first.configuration.name,
        second.configuration.name,
        second.n_queries,
        tuple(
            _difference(key_path, first, second)
            for key_path in first.figures
            if key_path in second.figures
            and first.samples[key_path].queries == second.samples[key_path].queries
        ),
    )


def _difference(key_path: KeyPath, first: Evaluation, second: Evaluation) -> Difference:
    before, after = first.figures[key_path], second.figures[key_path]
    before_sample, after_sample = first.samples[key_path], second.samples[key_path]
    changes = bootstrap(after_sample) - bootstrap(before_sample)
    changes = changes[~np.isnan(changes)]
    change = Estimate(after.value - before.value, *interval(changes), after.n)
    if before_sample.is_time:
        return Difference(key_path, before, after, change, None, "not tested")
    p = _two_sided(changes)
    return Difference(key_path, before, after, change, p, _outcome(change.value, p))


def _two_sided(changes: Array) -> float:
    """Return the two-sided p-value of a change, given its value in each resample.

    The p-value is twice the share of the resamples on the smaller side of zero, and at most 1. A change of
    zero counts on both sides.
    """
    side = min(int((changes <= 0).sum()), int((changes >= 0).sum()))
    return min(1.0, 2 * (side + 1) / (len(changes) + 1))


def _outcome(change: float, p: float) -> Outcome:
    if p >= 1 - LEVEL or change == 0:
        return "no difference"
    return "better" if change > 0 else "worse"
