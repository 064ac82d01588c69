"""Ranks sentences as answers to a question."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from index.embedding import BUNDLED_MODEL, MULTILINGUAL_MODEL
from rag.errors import WeightsError
from rag.finding.features import FEATURE_NAMES, Candidate, Features
from rag.finding.fragments import is_fragment

Ranker = Literal["features", "reader", "reranker"]
"""The scores that a set of weights uses: the features alone, also the reader's, or also the reranker's."""


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
        answerability: gives the probability that the library answers the question, from the features of the
            best sentence.
        foreign_selection: like ``selection``, for a sentence in a different language from the question; None
            if the weights are for an encoder of one language.
        foreign: like ``answerability``, for a question in a different language from the document.
        reach: another sentence of a list or a summary is cited as well if its probability is at least this
            share of the best sentence's.
        threshold: the probability below which the engine abstains.
        foreign_threshold: the same threshold for a question in a different language from the document.
    """

    selection: Logistic
    answerability: Logistic
    foreign_selection: Logistic | None
    foreign: Logistic
    reach: float
    threshold: float
    foreign_threshold: float


_FILES = {MULTILINGUAL_MODEL: "weights-multilingual.json"}
"""The file of weights for an encoder. All others use ``weights.json``, made for the bundled encoder."""


@cache
def load_weights(
    ranker: Ranker = "features", file: Path | None = None, encoder: str = BUNDLED_MODEL
) -> Weights:
    """Load learned weights.

    Args:
        ranker: ``features`` for ranking without a reader, ``reader`` for ranking with one, ``reranker`` for
            ranking with a reader and a reranker.
        file: a file from ``benchmarks/calibrate.py`` for other models; None for the bundled
            weights of the encoder.
        encoder: the name or folder of the encoder that measures the cosines. The part after the last slash
            selects the bundled weights.

    Raises:
        WeightsError: if the file cannot be read, or lacks the weights for ``ranker``.
    """
    source = file or files("rag.finding").joinpath(_FILES.get(Path(encoder).name, "weights.json"))
    try:
        parts = json.loads(source.read_text())
        # The reranker's part has no models for questions in another language.
        stored: dict[str, Any] = parts["reader"] | parts[ranker] if ranker == "reranker" else parts[ranker]
        return Weights(
            selection=_logistic(stored["selection"]),
            answerability=_logistic(stored["answerability"]),
            foreign_selection=(
                _logistic(stored["foreign_selection"]) if "foreign_selection" in stored else None
            ),
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
"""The factor that lowers the probability of a heading, caption or running title, which names a subject and
states nothing about it. The training sets of the weights contain whole sentences only."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate sentence, and the probability, 0 to 1, that it answers the question."""

    candidate: Candidate
    score: float


def rank(candidates: Sequence[Candidate], weights: Weights) -> list[Scored]:
    """Score the candidate sentences, and return them best first; ties keep their order."""
    return sorted((score(candidate, weights) for candidate in candidates), key=lambda item: -item.score)


def score(candidate: Candidate, weights: Weights) -> Scored:
    """Return a candidate sentence with the probability that it answers the question.

    The probability of a fragment is multiplied by :data:`FRAGMENT`.
    """
    foreign = weights.foreign_selection if candidate.features.foreign else None
    probability = (foreign or weights.selection).of(candidate.features)
    return Scored(candidate, probability * (FRAGMENT if is_fragment(candidate.sentence.text) else 1))


def by_document(items: Sequence[Scored]) -> list[Scored]:
    """Return sentences document by document, in the order in which ``items`` first names the documents.

    The sentences of one document are in the order of its text.
    """
    documents = list(dict.fromkeys(item.candidate.reading.document.document_id for item in items))
    return sorted(
        items,
        key=lambda item: (
            documents.index(item.candidate.reading.document.document_id),
            item.candidate.sentence.span,
        ),
    )


def leading(ranked: Sequence[Scored]) -> Features:
    """Return the features of the best sentence, with its ``lead`` over all other sentences filled in.

    Args:
        ranked: the candidate sentences, best first; at least one.
    """
    odds = [item.score / (1 - item.score) for item in ranked]
    return replace(ranked[0].candidate.features, lead=math.log(odds[0] / sum(odds)))
