"""Embeds texts in two steps: any thread tokenises texts, then one thread turns tokens into unit vectors.

Importing this module does not import torch, which takes a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from index.embedding.buckets import Kind, Row, rows_of, width_of
from index.embedding.late_chunking import Offsets, token_parts
from index.embedding.late_interaction import TokenVectors
from index.embedding.machine import Precision, this_machine

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

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

    vector: npt.NDArray[np.float32]
    sentences: Vectors | None


@dataclass(frozen=True, slots=True)
class EmbeddedTokens:
    """The vectors of a text and of its tokens.

    Attributes:
        vector: the vector of the text, shape (dimensions,).
        tokens: the vectors of its tokens, without the prompt and special tokens, from the layer that the
            caller chose. If the model gives no vectors of tokens, the only row is the vector of the text.
    """

    vector: npt.NDArray[np.float32]
    tokens: TokenVectors


class ModelRunner(Protocol):
    """Runs a model in two steps: texts to rows (a row is the tokens of one text), then rows to vectors.

    Attributes:
        gives_part_vectors: whether one run of the model also gives the vectors of a text's parts (sentences).
        precision: the precision in which the transformer calculates.
    """

    gives_part_vectors: bool
    precision: Precision

    def rows(self, texts: Sequence[str], kind: Kind, parts: Sequence[Sequence[Offsets]] = ()) -> list[Row]:
        """Tokenise ``texts``, and find the tokens of each text's ``parts``. Any thread may call this."""

    def vectors(self, rows: Sequence[Row], kind: Kind) -> Vectors:
        """Embed one batch: rows of the same width, either all passages or all queries.

        Only one thread may call this at a time.
        """

    def passages(self, rows: Sequence[Row]) -> list[Embedded]:
        """Embed one batch of passages and their sentences. Only one thread may call this at a time."""

    def tokens(self, rows: Sequence[Row], kind: Kind) -> list[EmbeddedTokens]:
        """Embed one batch of rows and their tokens. It must be no larger than a batch of queries.

        The layer at :data:`~index.embedding.late_interaction.DEPTH` gives the vectors of tokens. Only one
        thread may call this at a time.
        """


class TokenModel(Protocol):
    """A model that takes each text as one row of tokens.

    Attributes:
        tokenizer: the model's tokenizer, without truncation or padding.
        window: the most tokens of a row, with special tokens; None for no limit.
        padding: the number of the token that fills up a row.
        pads_left: whether a row is filled on its left.
        gives_part_vectors: whether the mean of the token vectors of a part (a sentence) is comparable with
            the vector of the text.
        precision: the precision in which the transformer calculates.
    """

    tokenizer: Tokenizer
    window: int | None
    padding: int
    pads_left: bool
    gives_part_vectors: bool
    precision: Precision

    def prompt(self, kind: Kind) -> str:
        """Return the prompt: the words that the model needs before each passage or before each query."""

    def features(self, texts: Sequence[str], kind: Kind) -> Mapping[str, Any]:
        """Return the model's inputs for texts and their prompts, by the name of the input.

        Each tensor, such as ``input_ids`` or ``attention_mask``, has the shape (texts, tokens of the longest
        text). All texts share each value that is not a tensor.
        """

    def through(self, features: Mapping[str, Any], kind: Kind) -> Mapping[str, Tensor]:
        """Run the model; return ``sentence_embedding``, and ``token_embeddings`` if the model gives them."""

    def through_layer(self, features: Mapping[str, Any], kind: Kind) -> Mapping[str, Tensor]:
        """Run the model; return ``sentence_embedding``, and the output of one layer as ``token_embeddings``.

        The layer is the one at :data:`~index.embedding.late_interaction.DEPTH`.
        """


class TokenModelRunner:
    """Implements :class:`ModelRunner` for a model that takes each text as one row of tokens."""

    def __init__(self, model: TokenModel, dimensions: int) -> None:
        self._model = model
        self._dimensions = dimensions
        self._padding = {"input_ids": model.padding}
        self.gives_part_vectors = model.gives_part_vectors and not model.pads_left
        self.precision = model.precision
        self._fills = model.precision in this_machine().uneven

    def rows(self, texts: Sequence[str], kind: Kind, parts: Sequence[Sequence[Offsets]] = ()) -> list[Row]:
        """Tokenise ``texts``, and find the tokens of each text's ``parts`` (sentences)."""
        features = self._model.features(texts, kind)
        prompt = self._model.prompt(kind)
        tensors = {name: value for name, value in features.items() if is_tensor(value)}
        shared = {name: value for name, value in features.items() if name not in tensors}
        rows = []
        for place, length in enumerate(features["attention_mask"].sum(dim=1).tolist()):
            width = width_of(length, self._model.window)
            own = {name: self._padded(name, value[place], width) for name, value in tensors.items()}
            rows.append(Row(width, own, shared))
            if parts and self.gives_part_vectors:
                ids = features["input_ids"][place][:length].tolist()
                text = prompt + texts[place]
                found = token_parts(self._model.tokenizer, text, len(prompt), ids, parts[place])
                rows[-1] = replace(rows[-1], parts=found)
        return rows

    def _padded(self, name: str, values: Tensor, width: int) -> Tensor:
        """Pad or shorten ``values``, a text's values of the model's input ``name``, to ``width`` tokens."""
        from torch.nn.functional import pad

        # ``pad`` shortens the tensor if the number of places is negative.
        more = width - len(values)
        return pad(
            values, (more, 0) if self._model.pads_left else (0, more), value=self._padding.get(name, 0)
        )

    def vectors(self, rows: Sequence[Row], kind: Kind) -> Vectors:
        """Embed one batch: rows of the same width, either all passages or all queries."""
        through = self._through(rows, kind, partial(self._model.through, kind=kind))
        return self._unit(through["sentence_embedding"])

    def passages(self, rows: Sequence[Row]) -> list[Embedded]:
        """Embed one batch of passages and their sentences."""
        through = self._through(rows, "document", partial(self._model.through, kind="document"))
        embedded = []
        for place, vector in enumerate(self._unit(through["sentence_embedding"])):
            parts, sentences = rows[place].parts, None
            if parts is not None:
                sentences = self._of_parts(through["token_embeddings"][place], parts, vector)
            embedded.append(Embedded(vector, sentences))
        return embedded

    def tokens(self, rows: Sequence[Row], kind: Kind) -> list[EmbeddedTokens]:
        """Embed one batch of rows and their tokens. It must be no larger than a batch of queries."""
        if not self.gives_part_vectors:
            return without_tokens(self.vectors(rows, kind))
        through = self._through(rows, "query", partial(self._model.through_layer, kind=kind))
        vectors, layer = self._unit(through["sentence_embedding"]), through["token_embeddings"]
        prompt = self._model.prompt(kind).rstrip()
        first = 1 + len(self._model.tokenizer.encode(prompt, add_special_tokens=False).ids)
        lengths = [int(row.tensors["attention_mask"].sum()) for row in rows]
        return [
            EmbeddedTokens(vector, _unit(layer[place, first : length - 1]))
            for place, (vector, length) in enumerate(zip(vectors, lengths, strict=True))
        ]

    def _through(
        self, rows: Sequence[Row], batch: Kind, run: Callable[[Mapping[str, Any]], Mapping[str, Tensor]]
    ) -> dict[str, Tensor]:
        import torch

        full = list(rows)
        if self._fills:
            # Repeat the last row, so that all batches of this width have equally many rows:
            # see index.embedding.buckets.
            full += [rows[-1]] * (rows_of(rows[0].width, batch) - len(rows))
        features = dict(rows[0].shared)
        for name in rows[0].tensors:
            features[name] = torch.stack([row.tensors[name] for row in full])
        with torch.inference_mode():
            through = run(features)
        return {name: through[name][: len(rows)] for name in _WANTED if name in through}

    def _unit(self, vectors: Tensor) -> Vectors:
        return _unit(vectors[:, : self._dimensions])

    def _of_parts(self, tokens: Tensor, parts: Sequence[Offsets], whole: npt.NDArray[np.float32]) -> Vectors:
        import torch

        if not parts:
            return np.empty((0, len(whole)), np.float32)
        # Each mean is over the tokens of one part, so it does not depend on the other texts in the batch.
        means = [tokens[first:beyond].float().mean(dim=0) for first, beyond in parts]
        vectors = self._unit(torch.stack(means))
        vectors[[place for place, (first, beyond) in enumerate(parts) if first == beyond]] = whole
        return vectors


_WANTED = ("sentence_embedding", "token_embeddings")


def without_tokens(vectors: Vectors) -> list[EmbeddedTokens]:
    """Return the vectors as if each text were one token, for a model that gives no vectors of tokens."""
    return [EmbeddedTokens(vector, vector[np.newaxis]) for vector in vectors]


def _unit(vectors: Tensor) -> Vectors:
    from torch.nn.functional import normalize

    return np.asarray(normalize(vectors.float(), dim=1).numpy(), np.float32)


def is_tensor(value: object) -> bool:
    """Return whether ``value``, one of a model's inputs, is a tensor."""
    return hasattr(value, "shape")
