"""Turns documents into passages with vectors, ready for a commit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from index.documents import Chunk, Document, Span
from index.embedding.encoder import Encoder, Vector
from index.embedding.late_chunking import Offsets
from index.embedding.quantize import pack
from index.memory import LONG, give_back
from index.records import Incoming, NewVersion, Recipe
from index.text.chunks import HEADING_TOKENS, SECTION_TOKENS, lacks_headings, passage_text, table_context
from index.text.cutting import Chunks, Cut, cut
from index.text.groups import section_at

TITLE_TOKENS = 40
"""The most tokens of the document's title before each passage; title and passage fit into MiniLM's window."""

_EMBED_AT_ONCE = 256
"""The number of texts that are embedded between two saves: an interrupted run loses at most this many."""

Progress = Callable[[str, int, int], None]
"""Receives a stage (``reading``, ``embedding`` or ``rebuilding``), the number of items done, and their
total."""


class VectorTable(Protocol):
    """Stores the vectors of passages by their digests, as :class:`index.catalog.database.Catalog` does."""

    def known_vectors(self, digests: Collection[str]) -> set[str]:
        """Return the subset of ``digests`` whose vectors are stored."""

    def put_vectors(self, new: Mapping[str, Vector], sentences: Mapping[str, bytes] | None = None) -> None:
        """Store vectors of passages, and the packed vectors of their sentences, both by digest."""


def embed_documents(
    incoming: Sequence[Incoming],
    recipe: Recipe,
    encoder: Encoder,
    catalog: VectorTable,
    progress: Progress | None = None,
) -> list[NewVersion]:
    """Cut documents into passages, and embed the passages for which the catalog has no vector.

    The catalog stores vectors as soon as they exist, so that an interrupted run keeps them.

    Args:
        incoming: the documents.
        recipe: the settings for cutting and embedding, such as the most tokens of a passage.
        encoder: the recipe's encoder.
        catalog: stores the vectors.
        progress: receives the number of embedded passages.

    Returns:
        Each document with its passages and the digests of their vectors, in the order of ``incoming``.
    """
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
        vectors: dict[str, Vector] = {}
        sentences: dict[str, bytes] = {}
        for batch in encoder.passage_batches([text for text, _ in seen], [parts for _, parts in seen]):
            for place, embedded in batch.items():
                vectors[part[place]] = embedded.vector
                if embedded.sentences is not None:
                    sentences[part[place]] = pack(embedded.sentences)
            # The last batch is reported below, after it has been saved.
            if progress is not None and len(vectors) < len(part):
                progress("embedding", start + len(vectors), len(missing))
        catalog.put_vectors(vectors, sentences)
        if is_long(incoming):
            give_back()  # the memory of these batches, which the next ones may not reuse
        if progress is not None:
            progress("embedding", start + len(part), len(missing))
    return new


def is_long(incoming: Iterable[Incoming]) -> bool:
    """Return whether the documents are so long that the caller should return freed memory to the system."""
    return sum(len(item.document.text) for item in incoming) > LONG


def vector_digest(key: str, chunking: int, text: str, sentences: Sequence[Offsets]) -> str:
    """Return the key of a passage's vectors in the catalog: 64 hexadecimal digits.

    Args:
        key: the encoder's key.
        chunking: the version of the code that cuts texts, on which the vectors of sentences depend.
        text: the encoder's input.
        sentences: the spans of the sentences in ``text``.
    """
    places = ",".join(f"{start}-{end}" for start, end in sentences)
    return hashlib.sha256(f"{key}\0{chunking}\0{places}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _cut_of(item: Incoming, encoder: Encoder, recipe: Recipe) -> Cut:
    """Return the passages of ``item`` if they suit ``encoder`` and ``recipe``; else cut the text again."""
    if item.cut is not None:
        cutting, received = item.cut
        same = cutting.tokenizer == encoder.tokenizer and cutting.max_tokens == recipe.max_chunk_tokens
        if same and received.language == item.document.language:
            return received
    return cut(item.document, encoder.token_spans, recipe.max_chunk_tokens)


class _PassageTexts:
    """Makes the encoder's input for a passage: the document's title, table headings, the passage's words."""

    def __init__(self, encoder: Encoder, recipe: Recipe, document: Document) -> None:
        self._encoder = encoder
        self._chunking = recipe.chunking
        self._title = encoder.clip(document.title, recipe.title_tokens)
        self._text = document.text
        self._header: Span | None = None
        self._headings = ""

    def of(self, piece: Chunk) -> tuple[str, list[Offsets]]:
        """Return the encoder's input for a passage, and the spans of the sentences in this input."""
        words = piece.span.of(self._text)
        embedded = passage_text(self._title, words, self._headings_of(piece))
        before = len(embedded) - len(words) - piece.span.start
        return embedded, [(span.start + before, span.end + before) for span in piece.sentences]

    def digest(self, piece: Chunk) -> str:
        """Return the key of a passage's vectors: see :func:`vector_digest`."""
        return vector_digest(self._encoder.key, self._chunking, *self.of(piece))

    def _headings_of(self, piece: Chunk) -> str:
        if piece.header is None or not lacks_headings(piece.span, piece.header):
            return ""
        # The rows of a table are consecutive, so its headings are shortened only once.
        if piece.header != self._header:
            self._header = piece.header
            self._headings = self._encoder.clip(piece.header.of(self._text), HEADING_TOKENS)
        group = section_at(self._text, piece.header, piece.span.start)
        return table_context(self._headings, self._encoder.clip(group, SECTION_TOKENS) if group else "")
