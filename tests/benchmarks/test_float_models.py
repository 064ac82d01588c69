"""The float32 folder of a packaged model is the same model, but for the rounding of activations."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.float_models import write_float_weights
from index.embedding import Encoder, open_encoder
from index.embedding.onnx import PACKAGED

pytestmark = pytest.mark.slow

TEXTS = ["The dam broke at night.", "Net sales rose by 4 % to 7.2 billion euros."]


def test_sentence_transformers_gives_the_vectors_of_the_default_encoder(
    encoder: Encoder, tmp_path: Path
) -> None:
    written = open_encoder(str(write_float_weights(PACKAGED, tmp_path / "bge")))
    cosines = (written.encode(TEXTS) * encoder.encode(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.99
