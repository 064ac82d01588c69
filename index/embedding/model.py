"""What an encoder needs of a model: a text in, its vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from index.embedding.late_chunking import Offsets

Kind = Literal["document", "query"]

Vector = npt.NDArray[np.float32]
"""A unit vector: shape (dimensions,)."""

Vectors = npt.NDArray[np.float32]
"""Unit vectors, one a row: shape (texts, dimensions)."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of a passage.

    Attributes:
        vector: the vector of the passage, shape (dimensions,).
        sentences: the vectors of its sentences in context, shape (sentences, dimensions). Each is the mean
            of the sentence's tokens within the passage; a sentence beyond the model's window has the vector
            of the passage. None if the model gives no vectors of sentences.
    """

    vector: Vector
    sentences: Vectors | None


@dataclass(frozen=True, slots=True)
class EmbeddedTokens:
    """The vectors of a text and of its tokens.

    Attributes:
        vector: the vector of the text, shape (dimensions,).
        tokens: the vectors of its tokens, without the prompt and special tokens. If the model gives no
            vectors of tokens, the only row is the vector of the text.
    """

    vector: Vector
    tokens: Vectors


class Model(Protocol):
    """Embeds one text at a time, in the calling thread. Several threads may call it at once.

    A text's vectors therefore never depend on the texts that are embedded beside it.
    """

    def vector(self, text: str, kind: Kind) -> Vector:
        """Embed a text with the prompt for its kind; the model ignores the part beyond its window."""

    def passage(self, text: str, sentences: Sequence[Offsets]) -> Embedded:
        """Embed a passage and its sentences, which are given in code points of ``text`` and in order."""

    def tokens(self, text: str, kind: Kind) -> EmbeddedTokens:
        """Embed a text and its tokens."""


def unit(vectors: npt.NDArray[np.float32]) -> Vectors:
    """Return the vectors, one a row, in length 1; vectors of zeros stay as they are."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def vectors_of_parts(tokens: npt.NDArray[np.float32], parts: Sequence[Offsets], whole: Vector) -> Vectors:
    """Return the normalised mean of the vectors of each part's tokens.

    Args:
        tokens: the vectors of a text's tokens, shape (tokens, dimensions).
        parts: the start and end (exclusive) of each part, as positions in ``tokens``.
        whole: the vector of the text, which a part without tokens gets.
    """
    vectors = np.empty((len(parts), len(whole)), np.float32)
    for place, (first, beyond) in enumerate(parts):
        vectors[place] = unit(tokens[first:beyond].mean(axis=0)[: len(whole)]) if first < beyond else whole
    return vectors
