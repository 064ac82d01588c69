"""Turns documents into passages with vectors, ready for a commit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from index.documents import Chunk, Document, Span
from index.embedding.encoder import Encoder
from index.embedding.model import Embedded, Offsets, Vector, Vectors
from index.embedding.onnx import pack
from index.machine import LONG, give_back
from index.records import Incoming, NewVersion, Recipe
from index.text.passages import Chunks, Cut, cut, passage_text, row_text, rows_text
from index.text.tabular import is_group, sections_at

TITLE_TOKENS = 40  # the most tokens of the document's title before each passage
_EMBED_AT_ONCE = 256  # an interrupted run loses at most this many passages
# Receives a stage (``reading``, ``embedding`` or ``rebuilding``), the items done, and their total.
Progress = Callable[[str, int, int], None]


class VectorTable(Protocol):
    """Stores vectors by the digests of passages, as :class:`index.catalog.database.Catalog` does."""

    def known_vectors(self, digests: Collection[str]) -> set[str]:
        """Return the subset of ``digests`` whose vectors are stored."""

    def put_vectors(self, new: Mapping[str, Vector], sentences: Mapping[str, bytes] | None = None) -> None:
        """Both are by digest; the vectors of sentences are packed."""


def embed_documents(
    incoming: Sequence[Incoming],
    recipe: Recipe,
    encoder: Encoder,
    catalog: VectorTable,
    progress: Progress | None = None,
) -> list[NewVersion]:
    """The catalog gets vectors as they are made, so that an interrupted run keeps them."""
    new: list[NewVersion] = []
    texts = [_PassageTexts(encoder, recipe, item.document) for item in incoming]
    places: dict[str, tuple[int, int]] = {}
    for number, item in enumerate(incoming):
        compact = _cut_of(item, encoder, recipe)
        chunks = Chunks(compact)
        digests = tuple(texts[number].digest(piece) for piece in chunks)
        places.update((digest, (number, place)) for place, digest in enumerate(digests))
        new.append(NewVersion(item, chunks, digests, compact.signature))
    known = catalog.known_vectors(places)
    missing = [digest for digest in places if digest not in known]
    if is_long(incoming):
        give_back()  # the memory in which the documents arrived
    for start in range(0, len(missing), _EMBED_AT_ONCE):
        part = missing[start : start + _EMBED_AT_ONCE]
        # Make the texts a second time instead of keeping them, since together they repeat all words of the
        # documents.
        seen = [
            texts[number].of(new[number].chunks[place]) for number, place in map(places.__getitem__, part)
        ]
        rows = list(dict.fromkeys(row for passage in seen for row in passage.rows if row is not None))
        total = len(part) + len(rows)
        made: list[Embedded] = []
        for embedded in encoder.encode_passages(
            [*(passage.text for passage in seen), *rows],
            [*(passage.sentences for passage in seen), *[()] * len(rows)],
        ):
            made.append(embedded)
            # The last text is reported below, after it has been saved.
            if progress is not None and len(made) < total:
                progress("embedding", start + len(part) * len(made) // total, len(missing))
        of_rows = {row: embedded.vector for row, embedded in zip(rows, made[len(part) :], strict=True)}
        vectors: dict[str, Vector] = {}
        sentences: dict[str, bytes] = {}
        for digest, passage, embedded in zip(part, seen, made, strict=False):
            vectors[digest] = embedded.vector
            of_sentences = passage.sentence_vectors(embedded, of_rows)
            if of_sentences is not None:
                sentences[digest] = pack(of_sentences)
        catalog.put_vectors(vectors, sentences)
        if is_long(incoming):
            give_back()  # the memory of these batches, which the next ones may not reuse
        if progress is not None:
            progress("embedding", start + len(part), len(missing))
    return new


def is_long(incoming: Iterable[Incoming]) -> bool:
    """The caller should then return freed memory to the system."""
    return sum(len(item.document.text) for item in incoming) > LONG


@dataclass(frozen=True, slots=True)
class PassageInput:
    """What the encoder reads: the title and the words, or :func:`index.text.passages.rows_text`.

    ``sentences`` are spans in ``text``, none for rows. ``rows`` has the :func:`index.text.passages.row_text`
    of each sentence that is a row, else None.
    """

    text: str
    sentences: Sequence[Offsets]
    rows: Sequence[str | None]

    def digest(self, key: str, chunking: int) -> str:
        """64 hexadecimal digits; ``chunking`` is the version of the code that cuts texts."""
        seen = json.dumps([key, chunking, self.text, self.sentences, self.rows])
        return hashlib.sha256(seen.encode()).hexdigest()

    def sentence_vectors(self, embedded: Embedded, of_rows: Mapping[str, Vector]) -> Vectors | None:
        """A row has the vector of its own text. None for prose without vectors of sentences."""
        if not self.sentences:
            within = [embedded.vector] * len(self.rows)
        elif embedded.sentences is not None:
            within = list(embedded.sentences)
        else:
            return None
        vectors = [
            vector if row is None else of_rows[row] for row, vector in zip(self.rows, within, strict=True)
        ]
        return np.stack(vectors)


def _cut_of(item: Incoming, encoder: Encoder, recipe: Recipe) -> Cut:
    if item.cut is not None:
        cutting, received = item.cut
        same = cutting.tokenizer == encoder.tokenizer and cutting.max_tokens == recipe.max_chunk_tokens
        if same and received.language == item.document.language:
            return received
    return cut(item.document, encoder.token_spans, recipe.max_chunk_tokens)


class _PassageTexts:
    def __init__(self, encoder: Encoder, recipe: Recipe, document: Document) -> None:
        self._key = encoder.key
        self._chunking = recipe.chunking
        self._title = encoder.clip(document.title, recipe.title_tokens)
        self._text = document.text

    def of(self, piece: Chunk) -> PassageInput:
        """A passage is one of rows if at least half of its sentences are below the headings of its table."""
        words = piece.span.of(self._text)
        if piece.header is not None:
            return self._with_rows(words, piece, piece.header)
        return self._prose(words, piece, [None] * len(piece.sentences))

    def digest(self, piece: Chunk) -> str:
        return self.of(piece).digest(self._key, self._chunking)

    def _with_rows(self, words: str, piece: Chunk, header: Span) -> PassageInput:
        below = [span for span in piece.sentences if span.start >= header.end]
        above = len(piece.sentences) - len(below)
        headings = header.of(self._text)
        lines = [span.of(self._text) for span in below]
        sections = sections_at(self._text, header, [span.start for span in below]) if below else []
        rows = [
            None if is_group(line) else row_text(self._title, headings, section, line)
            for line, section in zip(lines, sections, strict=True)
        ]
        rows = [*[None] * above, *rows]
        if len(below) < above:
            return self._prose(words, piece, rows)
        return PassageInput(rows_text(self._title, headings, sections[0], lines), (), rows)

    def _prose(self, words: str, piece: Chunk, rows: Sequence[str | None]) -> PassageInput:
        embedded = passage_text(self._title, words)
        before = len(embedded) - len(words) - piece.span.start
        return PassageInput(
            embedded, [(span.start + before, span.end + before) for span in piece.sentences], rows
        )
