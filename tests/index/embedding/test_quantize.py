"""Quantised vectors of sentences take a quarter of the space, and their cosines hardly change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embedding.encoder import Encoder
from index.embedding.onnx import pack, unpack
from tests.support.writings import SENTENCES


def test_they_take_a_byte_a_dimension_and_four() -> None:
    packed = pack(np.array([[0.6, -0.8], [1.0, 0.0]], np.float32))
    assert len(packed) == 2 * (2 + 4)
    assert np.frombuffer(packed, np.int8, offset=8).tolist() == [95, -127, 127, 0]
    assert unpack(packed, 2) == pytest.approx(np.array([[0.5990, -0.8008], [1.0, 0.0]]), abs=1e-4)


def test_none_and_nothing() -> None:
    assert pack(np.empty((0, 3), np.float32)) == b""
    assert unpack(b"", 3).shape == (0, 3)
    assert unpack(pack(np.zeros((1, 3), np.float32)), 3).tolist() == [[0.0, 0.0, 0.0]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 400))
def test_what_comes_back_is_near_and_of_length_one(seed: int, count: int, dimensions: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    back = unpack(pack(vectors), dimensions)
    assert np.linalg.norm(back, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.sum(back * vectors, axis=1).min() > 0.9995


def test_cosines_of_real_sentences_differ_by_four_thousandths_at_most(encoder: Encoder) -> None:
    vectors = encoder.encode(SENTENCES)
    cosines = vectors @ vectors.T
    assert unpack(pack(vectors), 384) @ vectors.T == pytest.approx(cosines, abs=4e-3)
