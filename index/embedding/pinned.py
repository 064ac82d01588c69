"""Opens models whose files are pinned, which means that the code fixes their digests.

The vector of a text is the normalised mean of its tokens' vectors, and texts have no prompts.
sentence-transformers gives the same vectors (in float32 to the last bit), but takes several times as long to
import. Since the files are pinned, this module reads no configuration.
:mod:`index.embedding.sentence_transformer` opens all other models.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.embedding.buckets import Kind
from index.embedding.late_interaction import DEPTH
from index.embedding.machine import Precision, this_machine
from index.embedding.model import ModelRunner, TokenModelRunner

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor, nn


def open_pinned(
    read: Callable[[Path], nn.Module],
    folder: Path,
    *,
    dimensions: int,
    window: int,
    padding: int,
    precision: Precision | None = None,
) -> ModelRunner:
    """Load a pinned model.

    Args:
        read: loads the network from a folder.
        folder: the folder with the model's files.
        dimensions: the length of a vector.
        window: the most tokens of a row (one text), including special tokens.
        padding: the number of the token that fills up a row.
        precision: the precision of the network; None for the fastest on this machine.

    Raises:
        KeyError, OSError, RuntimeError, ValueError, SafetensorError: if a file is missing or damaged.
    """
    model = _Pinned(read(folder), folder, window, padding, precision or this_machine().precision)
    return TokenModelRunner(model, dimensions)


def sha256_of(file: Path) -> str:
    """Return the sha256 of a file, in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def whole_tokenizer(folder: Path) -> Tokenizer:
    """Open the tokenizer of the model in ``folder``, without truncation or padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


class _Pinned:
    """A network and its tokenizer, as :class:`~index.embedding.model.TokenModelRunner` needs them.

    Since the files are pinned, the settings are fixed: rows are padded on the right, no text has a prompt,
    and a text's vector is the normalised mean of the vectors of its tokens.
    """

    pads_left = False
    gives_part_vectors = True

    def __init__(
        self, network: nn.Module, folder: Path, window: int, padding: int, precision: Precision
    ) -> None:
        import torch

        self._network = network.to(torch.bfloat16) if precision == "bfloat16" else network
        self.precision = precision
        self.window: int | None = window
        self.padding = padding
        self.tokenizer = whole_tokenizer(folder)
        self._rows = whole_tokenizer(folder)
        self._rows.enable_truncation(window)
        self._rows.enable_padding(pad_id=padding)

    def prompt(self, kind: Kind) -> str:  # noqa: ARG002 (it has none)
        return ""

    def features(self, texts: Sequence[str], kind: Kind) -> Mapping[str, Any]:  # noqa: ARG002
        import torch

        rows = self._rows.encode_batch_fast(list(texts))
        return {
            "input_ids": torch.tensor([row.ids for row in rows]),
            "attention_mask": torch.tensor([row.attention_mask for row in rows]),
        }

    def through(self, features: Mapping[str, Any], kind: Kind) -> Mapping[str, Tensor]:  # noqa: ARG002
        from torch.nn.functional import normalize

        mask = features["attention_mask"]
        # The mean is over float32 in both precisions.
        tokens = self._network(features["input_ids"], mask).float()
        means = (tokens * mask[..., None].float()).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        return {"sentence_embedding": normalize(means, dim=1), "token_embeddings": tokens}

    def through_layer(self, features: Mapping[str, Any], kind: Kind) -> Mapping[str, Tensor]:
        kept: list[Tensor] = []

        def keep(_layer: nn.Module, _inputs: object, tokens: Tensor) -> None:
            kept.append(tokens.float())

        layers = self._network.get_submodule("encoder.layer")
        count = len(list(layers.children()))
        hook = layers.get_submodule(str(round(DEPTH * count) - 1)).register_forward_hook(keep)
        try:
            through = self.through(features, kind)
        finally:
            hook.remove()
        return {**through, "token_embeddings": kept[0]}
