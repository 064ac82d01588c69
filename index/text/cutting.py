"""A compact form of a document's passages; the process that reads files sends passages in this form.

A passage object with its sentences takes a kilobyte of memory, and a long document has tens of thousands of
passages. Passages are therefore stored as arrays of numbers, and each becomes an object only on access.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from index.documents import Chunk, Document, Span
from index.text.chunks import each_chunk
from index.text.minhash import signature
from index.text.tokens import TokenSpans

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_NO_HEADER = (1, 0)
"""The numbers that stand for a missing header: a span that ends before it begins."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """The settings for cutting a document into passages.

    Attributes:
        tokenizer: the encoder's tokenizer, as the JSON of the library ``tokenizers``.
        max_tokens: the most tokens in a passage.
        language: the ISO 639-1 code that the user has given; empty to use the language that the loader finds.
    """

    tokenizer: str
    max_tokens: int
    language: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """The passages of a document and the signature of its text.

    Attributes:
        language: the document's language, whose rules divided the text into sentences.
        counts: the number of sentences of each passage. This and the next two fields are arrays of four-byte
            numbers in the machine's byte order.
        sentences: start and end of each sentence, in order.
        headers: start and end of the header (caption and headings) of each passage's table; (1, 0) for a
            passage without a header.
        signature: the text's MinHash signature (:func:`index.text.minhash.signature`).
    """

    language: str
    counts: bytes
    sentences: bytes
    headers: bytes
    signature: bytes | None

    def fits(self, text: str) -> bool:
        """Return whether all passages are in order and within ``text``."""
        if any(len(numbers) % 4 for numbers in (self.counts, self.sentences, self.headers)):
            return False
        counts, sentences, headers = map(_numbers, (self.counts, self.sentences, self.headers))
        if len(headers) != 2 * len(counts) or len(sentences) != 2 * counts.sum(dtype="u8"):
            return False
        ends = headers[1::2][headers[::2] <= headers[1::2]]
        return bool(
            (counts > 0).all()
            and (sentences[::2] < sentences[1::2]).all()
            and (sentences[1:-1:2] <= sentences[2::2]).all()
            and (not len(sentences) or sentences[-1] <= len(text))
            and (ends <= len(text)).all()
        )


def cut(document: Document, token_spans: TokenSpans, max_tokens: int) -> Cut:
    """Return the passages into which :func:`index.text.chunks.chunk` cuts a document, in compact form.

    Args:
        document: the document.
        token_spans: the encoder's tokenizer.
        max_tokens: the most tokens in a passage, at least 1.
    """
    counts, sentences, headers = array("I"), array("I"), array("I")
    for chunk in each_chunk(document, token_spans, max_tokens):
        counts.append(len(chunk.sentences))
        for span in chunk.sentences:
            sentences.append(span.start)
            sentences.append(span.end)
        headers.extend((chunk.header.start, chunk.header.end) if chunk.header else _NO_HEADER)
    return Cut(
        document.language,
        counts.tobytes(),
        sentences.tobytes(),
        headers.tobytes(),
        signature(document.text),
    )


class Chunks(Sequence[Chunk]):
    """The passages of a :class:`Cut`; each is created when it is accessed."""

    def __init__(self, compact: Cut) -> None:
        import numpy as np

        self._ends = np.cumsum(_numbers(compact.counts), dtype=np.int64)
        self._sentences = _numbers(compact.sentences)
        self._headers = _numbers(compact.headers)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> Chunk: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Chunk]: ...
    def __getitem__(self, place: int | slice) -> Chunk | Sequence[Chunk]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        # As with a list, negative positions count from the end, and positions outside raise IndexError.
        place = range(len(self))[place]
        first = int(self._ends[place - 1]) if place else 0
        edges = self._sentences[2 * first : 2 * int(self._ends[place])].tolist()
        spans = tuple(map(Span, edges[::2], edges[1::2]))
        start, end = self._headers[2 * place : 2 * place + 2].tolist()
        return Chunk(Span(spans[0].start, spans[-1].end), spans, Span(start, end) if start <= end else None)


def _numbers(packed: bytes) -> npt.NDArray[np.uint32]:
    import numpy as np

    return np.frombuffer(packed, np.uint32)
