"""Embeds texts in two steps: any thread tokenises texts, then one thread turns tokens into unit vectors.

Importing this module does not import torch, which takes a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from index.embedding.buckets import Kind, Row, rows_of, width_of
from index.embedding.late_chunking import Offsets, token_parts

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

Vectors = npt.NDArray[np.float32]
"""Unit vectors, one a row: shape (texts, dimensions)."""

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of a passage.

    Attributes:
        vector: the vector of the passage, shape (dimensions,).
        sentences: the vectors of its sentences in context, shape (sentences, dimensions). Each is the mean
            of the sentence's tokens within the passage; a sentence beyond the model's window has the vector
            of the passage. None if the model gives no such vectors.
    """

    vector: npt.NDArray[np.float32]
    sentences: Vectors | None


class Passes(Protocol):
    """The two steps of a model: texts to rows of tokens, and rows to vectors.

    Attributes:
        gives_parts: whether a pass through the model also gives the vectors of a text's parts (sentences).
        precision: the precision in which the transformer calculates.
    """

    gives_parts: bool
    precision: Precision

    def rows(self, texts: Sequence[str], kind: Kind, parts: Sequence[Sequence[Offsets]] = ()) -> list[Row]:
        """Tokenise each of ``texts``, and find its ``parts`` in the tokens. Any thread may call this."""

    def vectors(self, rows: Sequence[Row], kind: Kind) -> Vectors:
        """Embed rows of one width and kind that fit in one pass. Only one thread may call this at a time."""

    def passages(self, rows: Sequence[Row]) -> list[Embedded]:
        """Embed rows of passages with their parts, as :meth:`vectors` does."""


class TokenModel(Protocol):
    """A model that takes each text as one row of tokens.

    Attributes:
        tokenizer: its tokenizer, without truncation and padding.
        window: the most tokens of a row, with special tokens; None for no limit.
        padding: the token that fills a row.
        pads_left: whether a row is filled on its left.
        gives_parts: whether the mean of the tokens of a part of a text is comparable with the text's vector.
        precision: the precision in which the transformer calculates.
    """

    tokenizer: Tokenizer
    window: int | None
    padding: int
    pads_left: bool
    gives_parts: bool
    precision: Precision

    def prompt(self, kind: Kind) -> str:
        """The words before each text of this kind."""

    def features(self, texts: Sequence[str], kind: Kind) -> Mapping[str, Any]:
        """The inputs of the texts with their prompts, by name.

        Tensors, ``input_ids`` and ``attention_mask`` among them, have the shape (texts, tokens of the
        longest). All texts share the other values.
        """

    def through(self, features: Mapping[str, Any], kind: Kind) -> Mapping[str, Tensor]:
        """Run the model: gives ``sentence_embedding``, and ``token_embeddings`` if it gives parts."""


class TokenPasses:
    """The two steps of a model that takes each text as one row of tokens: see :class:`Passes`."""

    def __init__(self, model: TokenModel, dimensions: int) -> None:
        self._model = model
        self._dimensions = dimensions
        self._padding = {"input_ids": model.padding}
        self.gives_parts = model.gives_parts and not model.pads_left
        self.precision = model.precision

    def rows(self, texts: Sequence[str], kind: Kind, parts: Sequence[Sequence[Offsets]] = ()) -> list[Row]:
        """Tokenise each of ``texts``, and find its ``parts`` in the tokens."""
        features = self._model.features(texts, kind)
        prompt = self._model.prompt(kind)
        tensors = {name: value for name, value in features.items() if is_tensor(value)}
        shared = {name: value for name, value in features.items() if name not in tensors}
        rows = []
        for place, length in enumerate(features["attention_mask"].sum(dim=1).tolist()):
            width = width_of(length, self._model.window)
            own = {name: self._padded(name, value[place], width) for name, value in tensors.items()}
            rows.append(Row(width, own, shared))
            if parts and self.gives_parts:
                ids = features["input_ids"][place][:length].tolist()
                text = prompt + texts[place]
                found = token_parts(self._model.tokenizer, text, len(prompt), ids, parts[place])
                rows[-1] = replace(rows[-1], parts=found)
        return rows

    def _padded(self, name: str, values: Tensor, width: int) -> Tensor:
        """Bring ``values``, padded to the longest text that was tokenised with them, to ``width``."""
        from torch.nn.functional import pad

        # ``pad`` shortens the tensor if the number of places is negative.
        more = width - len(values)
        return pad(
            values, (more, 0) if self._model.pads_left else (0, more), value=self._padding.get(name, 0)
        )

    def vectors(self, rows: Sequence[Row], kind: Kind) -> Vectors:
        """Embed rows of one width and kind that fit in one pass."""
        return self._unit(self._through(rows, kind)["sentence_embedding"])

    def passages(self, rows: Sequence[Row]) -> list[Embedded]:
        """Embed rows of passages with their parts."""
        through = self._through(rows, "document")
        embedded = []
        for place, vector in enumerate(self._unit(through["sentence_embedding"])):
            parts, sentences = rows[place].parts, None
            if parts is not None:
                sentences = self._of_parts(through["token_embeddings"][place], parts, vector)
            embedded.append(Embedded(vector, sentences))
        return embedded

    def _through(self, rows: Sequence[Row], kind: Kind) -> dict[str, Tensor]:
        import torch

        # Repeat the last row, so that all passes of this width have equally many rows: see
        # index.embedding.buckets.
        full = [*rows, *[rows[-1]] * (rows_of(rows[0].width, kind) - len(rows))]
        features = dict(rows[0].shared)
        for name in rows[0].tensors:
            features[name] = torch.stack([row.tensors[name] for row in full])
        with torch.inference_mode():
            through = self._model.through(features, kind)
        return {name: through[name][: len(rows)] for name in _WANTED if name in through}

    def _unit(self, vectors: Tensor) -> Vectors:
        import torch

        unit = torch.nn.functional.normalize(vectors[:, : self._dimensions].float(), dim=1)
        return np.asarray(unit.numpy(), np.float32)

    def _of_parts(self, tokens: Tensor, parts: Sequence[Offsets], whole: npt.NDArray[np.float32]) -> Vectors:
        import torch

        if not parts:
            return np.empty((0, len(whole)), np.float32)
        # Each mean is over the tokens of one part, so it does not depend on the other texts in the pass.
        means = [tokens[first:beyond].float().mean(dim=0) for first, beyond in parts]
        vectors = self._unit(torch.stack(means))
        vectors[[place for place, (first, beyond) in enumerate(parts) if first == beyond]] = whole
        return vectors


_WANTED = ("sentence_embedding", "token_embeddings")


def is_tensor(value: object) -> bool:
    """Whether ``value``, of a model's features, is a tensor."""
    return hasattr(value, "shape")


_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
"""The processor features for bfloat16. A processor without them emulates it, more slowly than float32."""


def best_precision() -> Precision:
    """The fastest precision on this machine: bfloat16 if torch reports AVX512-BF16 or AMX, else float32.

    A version of torch without ``torch.cpu.get_capabilities`` reports neither.
    """
    import torch

    report: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return "bfloat16" if any(report.get(name) for name in _INSTRUCTIONS) else "float32"
