"""Checks with a cross-encoder, if one is configured, whether the quotes entail a sentence.

A cross-encoder is a model that reads two texts together. One text, the premise, entails another, the
hypothesis, if the hypothesis must be true whenever the premise is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import EntailmentError
from rag.verification.evidence import Evidence, Finding, Statement

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

ENTAILED_FROM = 0.5
"""The least probability of entailment with which a sentence may be supported."""

CONTRADICTED_FROM = 0.5
"""The least probability of contradiction with which a sentence is unsupported."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model says about a premise and a hypothesis.

    Attributes:
        entailed: the probability, 0 to 1, that the premise entails the hypothesis.
        contradicted: the probability, 0 to 1, that the premise contradicts the hypothesis; 0 if the model has
            no class for contradiction.
    """

    entailed: float
    contradicted: float


class Entailment:
    """A sentence-transformers cross-encoder that has a class for entailment.

    Attributes:
        name: the name or folder of the model, as the caller gave it.
    """

    def __init__(self, model: CrossEncoder, name: str, entailed: int, contradicted: int | None) -> None:
        self.name = name
        self._model = model
        self._entailed = entailed
        self._contradicted = contradicted

    def judge(self, premises: Sequence[str], hypothesis: str) -> list[Judgement]:
        """Judge one hypothesis against each premise; the results are in the order of the premises."""
        if not premises:
            return []
        scores = self._model.predict([(premise, hypothesis) for premise in premises], show_progress_bar=False)
        logits = np.asarray(scores, np.float64).reshape(len(premises), -1)
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        against = self._contradicted
        return [
            Judgement(float(row[self._entailed]), float(row[against]) if against is not None else 0.0)
            for row in shares
        ]


def open_entailment(name_or_folder: str) -> Entailment:
    """Load a cross-encoder for natural language inference.

    Args:
        name_or_folder: the name or folder of a sequence-classification model. The name of one of its classes
            must begin with "entail".

    Raises:
        EntailmentError: if the model cannot be found or read, or has no such class.
    """
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity

    try:
        model = CrossEncoder(name_or_folder, device="cpu", activation_fn=Identity())
    except (OSError, ValueError, SafetensorError) as error:
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EntailmentError(
            f"entailment model {name_or_folder!r} cannot be loaded: {cause}; give the name or folder of a "
            "cross-encoder for natural language inference, or leave the setting out"
        ) from error
    labels = {str(label).lower(): int(place) for place, label in model.config.id2label.items()}
    entailed = next((place for label, place in labels.items() if label.startswith("entail")), None)
    if entailed is None:
        raise EntailmentError(
            f"entailment model {name_or_folder!r} has the classes {', '.join(labels)} and "
            "none for entailment; "
            "give a cross-encoder for natural language inference"
        )
    contradicted = next((place for label, place in labels.items() if label.startswith("contra")), None)
    return Entailment(model, name_or_folder, entailed, contradicted)


def entailment(statement: Statement, evidence: Sequence[Evidence], model: Entailment) -> Finding:
    """Check that the quotes entail the statement: one quote alone, or all of them joined."""
    quotes = [item.quote for item in evidence]
    premises = list(dict.fromkeys([*quotes, " ".join(quotes)]))
    judged = model.judge(premises, statement.text)
    best = max(judged, key=lambda judgement: judgement.entailed)
    if best.contradicted >= CONTRADICTED_FROM:
        return Finding(
            "entailment", best.entailed, "the cited sentence contradicts it, by the entailment model"
        )
    if best.entailed < ENTAILED_FROM:
        reason = "it does not follow from the cited sentence, by the entailment model"
        return Finding("entailment", best.entailed, reason, fatal=False)
    return Finding("entailment", best.entailed)
