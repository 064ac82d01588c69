"""Packs the vectors of a passage's sentences: one byte for each number, and one scale for each vector.

The vectors then take a quarter of the space. Cosines change by at most 0.004 (measured for the default
model).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from index.embedding.model import Vectors

_LARGEST = 127


def pack(vectors: Vectors) -> bytes:
    """Pack vectors: their scales as little-endian float32, then all their numbers as int8.

    Args:
        vectors: shape (vectors, dimensions).
    """
    scales = (np.abs(vectors).max(axis=1, initial=0) / _LARGEST).astype("<f4")
    whole = np.rint(vectors / np.where(scales > 0, scales, 1)[:, np.newaxis]).astype(np.int8)
    return bytes(scales.tobytes() + whole.tobytes())


def unpack(packed: bytes, dimensions: int) -> Vectors:
    """Undo :func:`pack`; return unit vectors, shape (vectors, dimensions)."""
    count = len(packed) // (dimensions + 4)
    scales = np.frombuffer(packed, "<f4", count)
    whole = np.frombuffer(packed, np.int8, offset=4 * count).reshape(count, dimensions)
    vectors: npt.NDArray[np.float32] = whole * scales[:, np.newaxis]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)
