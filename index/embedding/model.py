"""Embeds texts in two steps: any thread tokenises texts, then one thread turns tokens into unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from index.embedding.buckets import Kind, Row, rows_of, width_of
from index.embedding.late_chunking import Offsets, gives_parts, token_parts
from index.embedding.late_interaction import DEPTH, TokenVectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from torch import Tensor, nn

Vectors = npt.NDArray[np.float32]
"""Unit vectors, one a row: shape (texts, dimensions)."""

_PROMPTS: dict[Kind, tuple[str, ...]] = {"document": ("document", "passage", "corpus"), "query": ("query",)}
"""The names of the prompts of each kind. As in sentence-transformers' encode_document and encode_query, the
first one that the model has is used, else the model's default."""


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


@dataclass(frozen=True, slots=True)
class EmbeddedTokens:
    """The vectors of a text and of its tokens.

    Attributes:
        vector: the vector of the text, shape (dimensions,).
        tokens: the vectors of its tokens, without those of the prompt and special tokens, from the layer at
            :data:`~index.embedding.late_interaction.DEPTH`; none if the model gives no such vectors.
    """

    vector: npt.NDArray[np.float32]
    tokens: TokenVectors


class Passes(Protocol):
    """The two steps of a model: texts to rows of tokens, and rows to vectors.

    Attributes:
        gives_parts: whether a pass through the model also gives the vectors of a text's parts (sentences).
    """

    gives_parts: bool

    def rows(self, texts: Sequence[str], kind: Kind, parts: Sequence[Sequence[Offsets]] = ()) -> list[Row]:
        """Tokenise each of ``texts``, and find its ``parts`` in the tokens. Any thread may call this."""

    def vectors(self, rows: Sequence[Row], kind: Kind) -> Vectors:
        """Embed rows of one width and kind that fit in one pass. Only one thread may call this at a time."""

    def passages(self, rows: Sequence[Row]) -> list[Embedded]:
        """Embed rows of passages with their parts, as :meth:`vectors` does."""

    def tokens(self, rows: Sequence[Row], kind: Kind) -> list[EmbeddedTokens]:
        """Embed rows with their tokens, as :meth:`vectors` does, in batches as small as those of queries."""


def passes_of(model: SentenceTransformer, dimensions: int) -> Passes:
    """The two steps of ``model``; they run its modules, or its own ``encode`` if the modules are unusual."""
    return _Passes(model, dimensions) if _is_usual(model) else _WholePasses(model)


class _Passes:
    """The two steps of a model that begins with a transformer: they run the model's modules."""

    def __init__(self, model: SentenceTransformer, dimensions: int) -> None:
        self._model = model.eval()
        self._dimensions = dimensions
        self._left = model.tokenizer.padding_side == "left"
        self._padding = {"input_ids": model.tokenizer.pad_token_id or 0}
        self._tokenizer = plain_tokenizer(model)
        self.gives_parts = gives_parts(model) and not self._left

    def rows(self, texts: Sequence[str], kind: Kind, parts: Sequence[Sequence[Offsets]] = ()) -> list[Row]:
        features = _features(self._model, texts, kind)
        prompt = _prompt(self._model, kind) or ""
        tensors = {name: value for name, value in features.items() if _is_tensor(value)}
        shared = {name: value for name, value in features.items() if name not in tensors}
        rows = []
        for place, length in enumerate(features["attention_mask"].sum(dim=1).tolist()):
            width = width_of(length, self._model.max_seq_length)
            own = {name: self._padded(name, value[place], width) for name, value in tensors.items()}
            rows.append(Row(width, own, shared))
            if parts and self.gives_parts:
                ids = features["input_ids"][place][:length].tolist()
                text = prompt + texts[place]
                found = token_parts(self._tokenizer, text, len(prompt), ids, parts[place])
                rows[-1] = replace(rows[-1], parts=found)
        return rows

    def _padded(self, name: str, values: Tensor, width: int) -> Tensor:
        """Bring ``values``, padded to the longest text that was tokenised with them, to ``width``."""
        from torch.nn.functional import pad

        # ``pad`` shortens the tensor if the number of places is negative.
        more = width - len(values)
        return pad(values, (more, 0) if self._left else (0, more), value=self._padding.get(name, 0))

    def vectors(self, rows: Sequence[Row], kind: Kind) -> Vectors:
        return self._unit(self._through(rows, kind)["sentence_embedding"])

    def passages(self, rows: Sequence[Row]) -> list[Embedded]:
        through = self._through(rows, "document")
        embedded = []
        for place, vector in enumerate(self._unit(through["sentence_embedding"])):
            parts, sentences = rows[place].parts, None
            if parts is not None:
                sentences = self._of_parts(through["token_embeddings"][place], parts, vector)
            embedded.append(Embedded(vector, sentences))
        return embedded

    def tokens(self, rows: Sequence[Row], kind: Kind) -> list[EmbeddedTokens]:
        if not self.gives_parts:
            return _without_tokens(self.vectors(rows, kind))
        # sentence-transformers takes this from the model's configuration alone.
        transformer: Any = self._model[0]
        transformer.model.config.output_hidden_states = True
        try:
            through = self._through(rows, kind, "query")
        finally:
            transformer.model.config.output_hidden_states = False
        vectors = self._unit(through["sentence_embedding"])
        layers = through["all_layer_embeddings"]
        layer = layers[round(DEPTH * (len(layers) - 1))]
        prompt = (_prompt(self._model, kind) or "").rstrip()
        first = 1 + len(self._tokenizer.encode(prompt, add_special_tokens=False).ids)
        lengths = [int(row.tensors["attention_mask"].sum()) for row in rows]
        return [
            EmbeddedTokens(vector, _unit(layer[place, first : length - 1]))
            for place, (vector, length) in enumerate(zip(vectors, lengths, strict=True))
        ]

    def _through(self, rows: Sequence[Row], kind: Kind, batch: Kind | None = None) -> dict[str, Any]:
        import torch

        # Repeat the last row, so that all passes of this width have equally many rows: see
        # index.embedding.buckets.
        full = [*rows, *[rows[-1]] * (rows_of(rows[0].width, batch or kind) - len(rows))]
        features = dict(rows[0].shared)
        for name in rows[0].tensors:
            features[name] = torch.stack([row.tensors[name] for row in full])
        with torch.inference_mode():
            through = self._model(features, task=kind)
        wanted = {name: through[name][: len(rows)] for name in _WANTED if name in through}
        return wanted | {name: through[name] for name in _LAYERS if name in through}

    def _unit(self, vectors: Tensor) -> Vectors:
        return _unit(vectors[:, : self._dimensions])

    def _of_parts(self, tokens: Tensor, parts: Sequence[Offsets], whole: npt.NDArray[np.float32]) -> Vectors:
        import torch

        if not parts:
            return np.empty((0, len(whole)), np.float32)
        # Each mean is over the tokens of one part, so it does not depend on the other texts in the pass.
        means = [tokens[first:beyond].float().mean(dim=0) for first, beyond in parts]
        vectors = self._unit(torch.stack(means))
        vectors[[place for place, (first, beyond) in enumerate(parts) if first == beyond]] = whole
        return vectors


class _WholePasses:
    """The two steps of a model that does not take rows of tokens: its ``encode`` embeds whole texts."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model
        self.gives_parts = False

    def rows(
        self,
        texts: Sequence[str],
        kind: Kind,  # noqa: ARG002
        parts: Sequence[Sequence[Offsets]] = (),  # noqa: ARG002
    ) -> list[Row]:
        return [Row(_WHOLE, {"text": text}, {}) for text in texts]

    def vectors(
        self,
        rows: Sequence[Row],
        kind: Kind,
    ) -> Vectors:
        encode = self._model.encode_query if kind == "query" else self._model.encode_document
        texts = [row.tensors["text"] for row in rows]
        vectors = encode(texts, show_progress_bar=False, normalize_embeddings=True)
        return np.asarray(vectors, np.float32)

    def passages(self, rows: Sequence[Row]) -> list[Embedded]:
        return [Embedded(vector, None) for vector in self.vectors(rows, "document")]

    def tokens(self, rows: Sequence[Row], kind: Kind) -> list[EmbeddedTokens]:
        return _without_tokens(self.vectors(rows, kind))


_WANTED = ("sentence_embedding", "token_embeddings")
_LAYERS = ("all_layer_embeddings",)


def _without_tokens(vectors: Vectors) -> list[EmbeddedTokens]:
    none = np.empty((0, 0), np.float32)
    return [EmbeddedTokens(vector, none) for vector in vectors]


def _unit(vectors: Tensor) -> Vectors:
    import torch

    return np.asarray(torch.nn.functional.normalize(vectors.float(), dim=1).numpy(), np.float32)


_WHOLE = 64
"""The number of tokens that a text counts for in a batch if its tokens are unknown."""


def _is_usual(model: SentenceTransformer) -> bool:
    """Whether the model begins with a transformer that takes each text as one row of tokens."""
    from sentence_transformers.base.modules import Transformer

    if not isinstance(model[0], Transformer) or model[0].query_expansion or model.tokenizer is None:
        return False
    features = _features(model, ["a", "a longer one"], "document")
    mask = features.get("attention_mask")
    return mask is not None and all(
        value.shape == mask.shape == (2, mask.shape[-1]) for value in features.values() if _is_tensor(value)
    )


def _features(model: SentenceTransformer, texts: Sequence[str], kind: Kind) -> dict[str, Any]:
    return model.preprocess(list(texts), prompt=_prompt(model, kind), task=kind)


def _prompt(model: SentenceTransformer, kind: Kind) -> str | None:
    names = [name for name in _PROMPTS[kind] if name in model.prompts]
    name = names[0] if names else model.default_prompt_name
    return model.prompts.get(name) if name else None


def plain_tokenizer(model: SentenceTransformer) -> Tokenizer:
    """A copy of the model's tokenizer that neither truncates nor pads."""
    from tokenizers import Tokenizer

    # A copy, because the model's own tokenizer truncates and pads. In models without a transformer, no
    # wrapper surrounds the tokenizer.
    its = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    tokenizer = Tokenizer.from_str(its.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _is_tensor(value: object) -> bool:
    return hasattr(value, "shape")


Precision = Literal["float32", "bfloat16"]

_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
"""The processor features for bfloat16. A processor without them emulates it, more slowly than float32."""


def best_precision() -> Precision:
    """The fastest precision on this machine: bfloat16 if torch reports AVX512-BF16 or AMX, else float32.

    A version of torch without ``torch.cpu.get_capabilities`` reports neither.
    """
    import torch

    report: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return "bfloat16" if any(report.get(name) for name in _INSTRUCTIONS) else "float32"


def calculate_in_bfloat16(model: SentenceTransformer) -> None:
    """Make a model's transformer calculate in bfloat16; its pooling and normalisation stay in float32.

    A model that does not begin with a transformer stays as it is.
    """
    import torch
    from sentence_transformers.base.modules import Transformer

    if isinstance(model[0], Transformer):
        model[0].to(torch.bfloat16)
        model[0].register_forward_hook(_widen)


def precision_of(model: SentenceTransformer) -> Precision:
    """The precision in which ``model`` calculates."""
    import torch

    return "bfloat16" if any(weight.dtype == torch.bfloat16 for weight in model.parameters()) else "float32"


def _widen(_module: nn.Module, _inputs: object, features: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name: value.float() if getattr(value, "is_floating_point", bool)() else value
        for name, value in features.items()
    }
