"""The learned weights of selection and abstention, read from ``weights.json``.

``benchmarks/calibrate.py`` makes the file; it says from which data, under which licence, for which encoder.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from rag.features import FEATURE_NAMES, Features


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression over :class:`~rag.features.Features`."""

    intercept: float
    weights: Mapping[str, float]

    def of(self, features: Features) -> float:
        """The probability, 0 to 1."""
        total = self.intercept + sum(
            weight * getattr(features, name) for name, weight in self.weights.items()
        )
        return 1 / (1 + math.exp(-total))


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned.

    Attributes:
        selection: the probability that a sentence answers the question.
        answerability: the probability that the library answers it, from its best sentence.
        foreign: the same from cosines alone, for a question in another language than the document.
        reach: the share of the best sentence's probability that another one must have to be cited too.
        threshold: the probability below which there is no answer.
        foreign_threshold: the same for a question in another language.
    """

    selection: Logistic
    answerability: Logistic
    foreign: Logistic
    reach: float
    threshold: float
    foreign_threshold: float


@cache
def load_weights(judged_by: Literal["features", "reader"] = "features") -> Weights:
    """The weights that come with the program.

    Args:
        judged_by: ``features`` for what is measured without a reader, ``reader`` for both together.

    Raises:
        ValueError: if the file names a feature that is not measured.
    """
    stored: dict[str, Any] = json.loads(files("rag").joinpath("weights.json").read_text())[judged_by]
    return Weights(
        selection=_logistic(stored["selection"]),
        answerability=_logistic(stored["answerability"]),
        foreign=_logistic(stored["foreign"]),
        reach=stored["reach"],
        threshold=stored["threshold"],
        foreign_threshold=stored["foreign_threshold"],
    )


def _logistic(stored: Mapping[str, Any]) -> Logistic:
    unknown = sorted(set(stored["weights"]) - set(FEATURE_NAMES))
    if unknown:
        raise ValueError(
            f"weights.json names the features {unknown}, which are not measured; calibrate again"
        )
    return Logistic(stored["intercept"], dict(stored["weights"]))
