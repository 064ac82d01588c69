"""The two halves of embedding: texts → tokens, which any thread may do, and tokens → unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from index.batching import Row, width_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

Vectors = npt.NDArray[np.float32]
"""Unit vectors, one a row: shape (texts, dimensions)."""

Kind = Literal["document", "query"]

_PROMPTS: dict[Kind, tuple[str, ...]] = {"document": ("document", "passage", "corpus"), "query": ("query",)}
"""The names of the prompts of a kind, as sentence-transformers' encode_document and encode_query look for
them: the first that the model has, else its default."""


class Passes(Protocol):
    """A model, in two halves."""

    def rows(self, texts: Sequence[str], kind: Kind) -> list[Row]:
        """What the model takes for each of ``texts``. Any thread may ask, at any time."""

    def vectors(self, rows: Sequence[Row], kind: Kind) -> Vectors:
        """The vectors of ``rows``, which have one width and one kind. One thread at a time."""


def passes_of(model: SentenceTransformer, dimensions: int) -> Passes:
    """The halves of ``model``: through its own modules, or all at once where these are unusual."""
    return _Passes(model, dimensions) if _is_usual(model) else _WholePasses(model)


class _Passes:
    """A model of a transformer and what comes after it."""

    def __init__(self, model: SentenceTransformer, dimensions: int) -> None:
        self._model = model.eval()
        self._dimensions = dimensions
        self._left = model.tokenizer.padding_side == "left"
        self._padding = {"input_ids": model.tokenizer.pad_token_id or 0}

    def rows(self, texts: Sequence[str], kind: Kind) -> list[Row]:
        features = _features(self._model, texts, kind)
        tensors = {name: value for name, value in features.items() if _is_tensor(value)}
        shared = {name: value for name, value in features.items() if name not in tensors}
        rows = []
        for place, length in enumerate(features["attention_mask"].sum(dim=1).tolist()):
            width = width_of(length, self._model.max_seq_length)
            own = {name: self._padded(name, value[place], width) for name, value in tensors.items()}
            rows.append(Row(width, own, shared))
        return rows

    def _padded(self, name: str, values: Tensor, width: int) -> Tensor:
        """``values``, padded to the longest of their window, padded to ``width``."""
        from torch.nn.functional import pad

        # A negative number of places to add takes so many away.
        more = width - len(values)
        return pad(values, (more, 0) if self._left else (0, more), value=self._padding.get(name, 0))

    def vectors(self, rows: Sequence[Row], kind: Kind) -> Vectors:
        import torch

        features = dict(rows[0].shared)
        for name in rows[0].tensors:
            features[name] = torch.stack([row.tensors[name] for row in rows])
        with torch.inference_mode():
            embedded = self._model(features, task=kind)["sentence_embedding"][:, : self._dimensions]
            unit = torch.nn.functional.normalize(embedded.float(), dim=1)
        return np.asarray(unit.numpy(), np.float32)


class _WholePasses:
    """A model that takes something else than rows of tokens: texts go through it by ``encode``."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model

    def rows(self, texts: Sequence[str], kind: Kind) -> list[Row]:  # noqa: ARG002
        return [Row(_WHOLE, {"text": text}, {}) for text in texts]

    def vectors(self, rows: Sequence[Row], kind: Kind) -> Vectors:
        encode = self._model.encode_query if kind == "query" else self._model.encode_document
        texts = [row.tensors["text"] for row in rows]
        vectors = encode(texts, show_progress_bar=False, normalize_embeddings=True)
        return np.asarray(vectors, np.float32)


_WHOLE = 64
"""Tokens that a text counts for where they are not known."""


def _is_usual(model: SentenceTransformer) -> bool:
    """Whether it begins with a transformer that takes one row of tokens a text, without expanding queries."""
    from sentence_transformers.base.modules import Transformer

    if not isinstance(model[0], Transformer) or model[0].query_expansion or model.tokenizer is None:
        return False
    features = _features(model, ["a", "a longer one"], "document")
    mask = features.get("attention_mask")
    return mask is not None and all(
        value.shape == mask.shape == (2, mask.shape[-1]) for value in features.values() if _is_tensor(value)
    )


def _features(model: SentenceTransformer, texts: Sequence[str], kind: Kind) -> dict[str, Any]:
    names = [name for name in _PROMPTS[kind] if name in model.prompts]
    name = names[0] if names else model.default_prompt_name
    return model.preprocess(
        list(texts),
        prompt=model.prompts.get(name) if name else None,
        task=kind,
    )


def _is_tensor(value: object) -> bool:
    return hasattr(value, "shape")
