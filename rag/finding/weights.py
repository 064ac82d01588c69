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
from pathlib import Path
from typing import Any, Literal

from rag.errors import WeightsError
from rag.finding.features import FEATURE_NAMES, Features

JudgedBy = Literal["features", "reader"]
"""What weights are for: features alone, or features together with what a reader says."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression over :class:`~rag.finding.features.Features`."""

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
def load_weights(judged_by: JudgedBy = "features", file: Path | None = None) -> Weights:
    """Learned weights.

    Args:
        judged_by: ``features`` for what is measured without a reader, ``reader`` for both together.
        file: what ``benchmarks/calibrate.py`` wrote for another encoder or reader; None for the weights that
            come with the program.

    Raises:
        WeightsError: if the file cannot be read, or does not have the weights of what is measured.
    """
    source = file or files("rag.finding").joinpath("weights.json")
    try:
        stored: dict[str, Any] = json.loads(source.read_text())[judged_by]
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
