"""A 4-bit file is read as its format says."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from index.embedding.onnx import Sizes, Vocabulary, read_q4_file

PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁báo")
SCORES = (0.0, 0.0, 0.0, 0.0, -3.5)
LOW, HIGH = tuple(range(16)), tuple(range(15, -1, -1))


def block(scale: float) -> bytes:
    """32 weights: the first 16 from -8 to 7 times ``scale``, the others from 7 to -8 times ``scale``."""
    return struct.pack("<e16B", scale, *(low | high << 4 for low, high in zip(LOW, HIGH, strict=True)))


def write_file(file: Path) -> None:
    text = "".join(PIECES).encode()
    offsets = [len("".join(PIECES[:place]).encode()) for place in range(len(PIECES) + 1)]
    data = bytearray(struct.pack("<4s8ifi", b"E5S1", 1, 32, 1, 2, 64, 2, 9, 1, 1e-12, 32))
    data += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text))
    data += struct.pack(f"<{len(offsets)}I{len(SCORES)}f", *offsets, *SCORES) + text
    data += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 0xFF21, 1, 0x21)
    own = np.linspace(-1, 1, 32, dtype=np.float32).tobytes()
    tensors = [
        ("emb.word", 1, 64, block(0.5) + block(2.0)),
        ("emb.ln.w", 0, 32, own),
        ("l0.fo.w", 1, 64, block(1.0) + block(0.25)),
    ]
    head = sum(2 + len(name) + 21 for name, *_ in tensors)
    at = len(data) + 4 + head
    data += struct.pack("<i", len(tensors))
    for name, kind, elements, raw in tensors:
        data += struct.pack(f"<H{len(name)}sBIQQ", len(name), name.encode(), kind, elements, at, len(raw))
        at += len(raw)
    file.write_bytes(data + b"".join(raw for *_, raw in tensors))


def test_its_sizes_pieces_and_tensors_are_read(tmp_path: Path) -> None:
    write_file(tmp_path / "small.bin")
    model = read_q4_file(tmp_path / "small.bin")
    assert model.sizes == Sizes(32, 1, 2, 64, 2, 9, 1, float(np.float32(1e-12)))
    assert model.vocabulary == Vocabulary(tuple(zip(PIECES, SCORES, strict=True)), 0, 2, 1, 3)
    assert list(model.tensors) == [
        "embeddings.word_embeddings.weight",
        "embeddings.LayerNorm.weight",
        "encoder.layer.0.output.dense.weight",
    ]
    words, own, out = model.tensors.values()
    steps = np.array([*range(-8, 8), *range(7, -9, -1)])
    assert (words.dtype.name, own.dtype.name) == ("float16", "float32")
    assert words.tolist() == [list(steps * 0.5), list(steps * 2.0)]
    assert (own.shape, own[-1]) == ((32,), 1)
    assert (out.shape, out[0].tolist()) == ((1, 64), [*steps, *(steps * 0.25)]), "as wide as feed-forward"
