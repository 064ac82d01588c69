"""Opens other models with sentence-transformers, whose import takes seconds: it imports torch and SciPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from index.embedding.model import (
    DEPTH,
    Embedded,
    EmbeddedTokens,
    Kind,
    Offsets,
    Vector,
    token_parts,
    unit,
    vectors_of_parts,
)
from index.errors import EncoderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from torch import Tensor

# The first that the model has is used, else its default prompt, as in encode_document and encode_query.
_PROMPTS: dict[Kind, tuple[str, ...]] = {"document": ("document", "passage", "corpus"), "query": ("query",)}


def open_sentence_transformer(model: str) -> SentenceTransformer:
    """Raises EncoderError if the model cannot be found or read."""
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
            "sentence-transformers model, or leave the setting out for the default one"
        ) from error


class SentenceTransformerModel:
    """Calculates in float32, with one thread a text, so that no vector depends on the number of cores."""

    def __init__(self, model: SentenceTransformer, dimensions: int) -> None:
        import torch

        torch.set_num_threads(1)
        self._dimensions = dimensions
        self.tokenizer = plain_tokenizer(model)
        self._model = model.float().eval()
        self._gives_part_vectors = _gives_part_vectors(model)
        if self._gives_part_vectors:
            # sentence-transformers then returns the outputs of all layers.
            transformer: Any = model[0]
            transformer.model.config.output_hidden_states = True

    def vector(self, text: str, kind: Kind) -> Vector:
        return self._unit(self._through(text, kind)["sentence_embedding"][0])

    def passage(self, text: str, sentences: Sequence[Offsets]) -> Embedded:
        out = self._through(text, "document")
        vector = self._unit(out["sentence_embedding"][0])
        if not self._gives_part_vectors:
            return Embedded(vector, None)
        prompt = self._prompt("document")
        encoding = self.tokenizer.encode(prompt + text)
        parts = token_parts(encoding, prompt + text, len(prompt), out["input_ids"][0].tolist(), sentences)
        if parts is None:
            return Embedded(vector, None)
        return Embedded(vector, vectors_of_parts(_numbers(out["token_embeddings"][0]), parts, vector))

    def tokens(self, text: str, kind: Kind) -> EmbeddedTokens:
        out = self._through(text, kind)
        vector = self._unit(out["sentence_embedding"][0])
        if not self._gives_part_vectors:
            return EmbeddedTokens(vector, vector[np.newaxis])
        prompt = self.tokenizer.encode(self._prompt(kind).rstrip(), add_special_tokens=False)
        layers = out["all_layer_embeddings"]
        layer = _numbers(layers[round(DEPTH * (len(layers) - 1))][0])
        return EmbeddedTokens(vector, unit(layer[1 + len(prompt.ids) : -1]))

    def _through(self, text: str, kind: Kind) -> Mapping[str, Tensor]:
        import torch

        features = self._model.preprocess([text], prompt=self._prompt(kind) or None, task=kind)
        with torch.inference_mode():
            # Some modules add their outputs to their input.
            return dict(self._model(features, task=kind))

    def _prompt(self, kind: Kind) -> str:
        prompts = self._model.prompts
        name = next((name for name in _PROMPTS[kind] if name in prompts), self._model.default_prompt_name)
        return (prompts.get(name) if name else None) or ""

    def _unit(self, vector: Tensor) -> Vector:
        return unit(_numbers(vector)[: self._dimensions])


def _numbers(tensor: Tensor) -> npt.NDArray[np.float32]:
    return np.asarray(tensor.float().numpy(), np.float32)


def plain_tokenizer(model: SentenceTransformer) -> Tokenizer:
    """The copy neither truncates nor pads."""
    from tokenizers import Tokenizer

    # Copy the tokenizer, because the model's own one must keep truncating. In models without a transformer,
    # no wrapper surrounds the tokenizer.
    wrapped = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    tokenizer = Tokenizer.from_str(wrapped.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _gives_part_vectors(model: SentenceTransformer) -> bool:
    """They suit if the model also makes a text's vector as the mean of all tokens, and only normalises it."""
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    first, *after = model
    if not isinstance(first, Transformer) or not after or not isinstance(pooling := after[0], Pooling):
        return False
    return (
        not first.query_expansion
        and pooling.pooling_mode in {"mean", ("mean",)}
        and pooling.include_prompt
        and all(isinstance(module, Normalize) for module in after[1:])
    )
