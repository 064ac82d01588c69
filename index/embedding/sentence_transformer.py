"""Opens models with the library sentence-transformers, which interprets the configuration of a model.

Importing sentence-transformers takes seconds, since it imports the training parts of transformers,
scikit-learn, SciPy and pandas. The bundled model (:mod:`index.embedding.bundled`) does not need the library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from index.embedding.buckets import Kind, Row
from index.embedding.late_chunking import Offsets
from index.embedding.late_interaction import DEPTH
from index.embedding.machine import Precision
from index.embedding.model import (
    Embedded,
    EmbeddedTokens,
    ModelRunner,
    TokenModelRunner,
    Vectors,
    is_tensor,
    without_tokens,
)
from index.errors import EncoderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from torch import Tensor, nn

_PROMPTS: dict[Kind, tuple[str, ...]] = {"document": ("document", "passage", "corpus"), "query": ("query",)}
"""The names of the prompts for each kind of text. The first of these prompts that the model has is used, or
else the model's default prompt, as in sentence-transformers' encode_document and encode_query."""


def open_sentence_transformer(model: str) -> SentenceTransformer:
    """Load a model by its name or folder, or raise EncoderError if it cannot be found or read."""
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    # While it loads a model, transformers draws a progress bar on stderr, which is the user's terminal here.
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(model, device="cpu")
    except (OSError, ValueError, SafetensorError) as error:
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EncoderError(
            f"model {model!r} cannot be loaded: {cause}; give the name or folder of a "
            "sentence-transformers model, or leave the setting out for the bundled one"
        ) from error


def model_runner(model: SentenceTransformer, dimensions: int) -> ModelRunner:
    """Return a ``ModelRunner`` for ``model``: one for rows of tokens or, if need be, one for whole texts."""
    if _takes_rows_of_tokens(model):
        return TokenModelRunner(_Modules(model), dimensions)
    return _WholeTextRunner(model)


class _Modules:
    """A ``TokenModel`` that runs all modules of a model, the first of which is a transformer."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model.eval()
        self.tokenizer = plain_tokenizer(model)
        self.window = model.max_seq_length
        self.padding = model.tokenizer.pad_token_id or 0
        self.pads_left = model.tokenizer.padding_side == "left"
        self.gives_part_vectors = _gives_part_vectors(model)
        self.precision = precision_of(model)

    def prompt(self, kind: Kind) -> str:
        return _prompt(self._model, kind) or ""

    def features(self, texts: Sequence[str], kind: Kind) -> Mapping[str, Any]:
        return _features(self._model, texts, kind)

    def through(self, features: Mapping[str, Any], kind: Kind) -> Mapping[str, Tensor]:
        through: Mapping[str, Tensor] = self._model(features, task=kind)
        return through

    def through_layer(self, features: Mapping[str, Any], kind: Kind) -> Mapping[str, Tensor]:
        # sentence-transformers reads this setting only from the model's configuration.
        transformer: Any = self._model[0]
        configuration = transformer.model.config
        configuration.output_hidden_states = True
        try:
            through = dict(self._model(features, task=kind))
        finally:
            configuration.output_hidden_states = False
        layers = through.pop("all_layer_embeddings")
        return through | {"token_embeddings": layers[round(DEPTH * (len(layers) - 1))]}


class _WholeTextRunner:
    """A ``ModelRunner`` for a model that takes whole texts instead of rows of tokens."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model
        self.gives_part_vectors = False
        self.precision = precision_of(model)

    def rows(
        self,
        texts: Sequence[str],
        kind: Kind,  # noqa: ARG002
        parts: Sequence[Sequence[Offsets]] = (),  # noqa: ARG002
    ) -> list[Row]:
        return [Row(_WHOLE, {"text": text}, {}) for text in texts]

    def vectors(self, rows: Sequence[Row], kind: Kind) -> Vectors:
        encode = self._model.encode_query if kind == "query" else self._model.encode_document
        texts = [row.tensors["text"] for row in rows]
        vectors = encode(texts, show_progress_bar=False, normalize_embeddings=True)
        return np.asarray(vectors, np.float32)

    def passages(self, rows: Sequence[Row]) -> list[Embedded]:
        return [Embedded(vector, None) for vector in self.vectors(rows, "document")]

    def tokens(self, rows: Sequence[Row], kind: Kind) -> list[EmbeddedTokens]:
        return without_tokens(self.vectors(rows, kind))


_WHOLE = 64
"""The number of tokens that a text is assumed to have, for the size of a batch, if it is unknown."""


def _takes_rows_of_tokens(model: SentenceTransformer) -> bool:
    """Return whether the model begins with a transformer that takes each text as one row of tokens."""
    from sentence_transformers.base.modules import Transformer

    if not isinstance(model[0], Transformer) or model[0].query_expansion or model.tokenizer is None:
        return False
    features = _features(model, ["a", "a longer one"], "document")
    mask = features.get("attention_mask")
    return mask is not None and all(
        value.shape == mask.shape == (2, mask.shape[-1]) for value in features.values() if is_tensor(value)
    )


def _features(model: SentenceTransformer, texts: Sequence[str], kind: Kind) -> dict[str, Any]:
    return model.preprocess(list(texts), prompt=_prompt(model, kind), task=kind)


def _prompt(model: SentenceTransformer, kind: Kind) -> str | None:
    names = [name for name in _PROMPTS[kind] if name in model.prompts]
    name = names[0] if names else model.default_prompt_name
    return model.prompts.get(name) if name else None


def plain_tokenizer(model: SentenceTransformer) -> Tokenizer:
    """Return a copy of the model's tokenizer that neither truncates nor pads."""
    from tokenizers import Tokenizer

    # Copy the tokenizer, because the model's own one must keep truncating and padding. In models without a
    # transformer, no wrapper surrounds the tokenizer.
    wrapped = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    tokenizer = Tokenizer.from_str(wrapped.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _gives_part_vectors(model: SentenceTransformer) -> bool:
    """Return whether the mean of a sentence's token vectors is comparable with the model's vector of a text.

    They are comparable if the model also computes a text's vector as a mean: it averages all token vectors,
    including those of the prompt, and then does nothing more than normalise the mean.
    """
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    _, *after = model
    if not after or not isinstance(pooling := after[0], Pooling):
        return False
    return (
        pooling.pooling_mode in {"mean", ("mean",)}
        and pooling.include_prompt
        and all(isinstance(module, Normalize) for module in after[1:])
    )


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
    """Return the precision in which ``model`` calculates."""
    import torch

    return "bfloat16" if any(weight.dtype == torch.bfloat16 for weight in model.parameters()) else "float32"


def _widen(_module: nn.Module, _inputs: object, features: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name: value.float() if getattr(value, "is_floating_point", bool)() else value
        for name, value in features.items()
    }
