"""Documents → passages with their vectors, ready to be written to the catalog."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from index.catalog.database import Catalog
from index.documents import Chunk, Document, Span
from index.embedding.encoder import Encoder
from index.embedding.late_chunking import Part
from index.embedding.quantize import pack
from index.memory import LONG, give_back
from index.records import Incoming, NewVersion, Recipe
from index.text.chunks import HEADING_TOKENS, is_apart, passage_text
from index.text.cutting import Chunks, Cut, cut

TITLE_TOKENS = 40
"""What of a title goes in front of each passage; a chunk and this fit into MiniLM's window."""

_EMBED_AT_ONCE = 256
"""Texts between two savings of their vectors: what a broken-off run loses at most."""

Progress = Callable[[str, int, int], None]
"""Called with a stage (``reading``, ``embedding``), how much of it is done, and of how much."""


def make(
    incoming: Sequence[Incoming],
    recipe: Recipe,
    encoder: Encoder,
    catalog: Catalog,
    progress: Progress | None = None,
) -> list[NewVersion]:
    """Cut documents into passages and embed those that are new.

    Vectors are stored as they are made, so that a broken-off run need not embed them again.

    Args:
        incoming: what was read.
        recipe: how long passages are, and how much of a title goes in front.
        encoder: the recipe's.
        catalog: keeps the vectors.
        progress: told how many passages are embedded.
    """
    new: list[NewVersion] = []
    texts = [_PassageTexts(encoder, recipe, item.document) for item in incoming]
    places: dict[str, tuple[int, int]] = {}
    for number, item in enumerate(incoming):
        its = _cut_of(item, encoder, recipe)
        chunks = Chunks(its)
        digests = tuple(texts[number].digest(piece) for piece in chunks)
        places.update((digest, (number, place)) for place, digest in enumerate(digests))
        new.append(NewVersion(item, chunks, digests, its.signature))
    known = catalog.known_vectors(places)
    missing = [digest for digest in places if digest not in known]
    if is_long(incoming):
        give_back()  # what it took to receive them
    for start in range(0, len(missing), _EMBED_AT_ONCE):
        part = missing[start : start + _EMBED_AT_ONCE]
        # Made again rather than kept: those of a long document are all of its words once more.
        seen = [
            texts[number].of(new[number].chunks[place]) for number, place in map(places.__getitem__, part)
        ]
        made = encoder.encode_passages([text for text, _ in seen], [sentences for _, sentences in seen])
        vectors = {digest: its.vector for digest, its in zip(part, made, strict=True)}
        sentences = {
            digest: pack(its.sentences)
            for digest, its in zip(part, made, strict=True)
            if its.sentences is not None
        }
        catalog.put_vectors(vectors, sentences)
        if progress is not None:
            progress("embedding", start + len(part), len(missing))
    return new


def is_long(incoming: Iterable[Incoming]) -> bool:
    """Whether the texts of documents take so much memory that it is worth giving some back."""
    return sum(len(item.document.text) for item in incoming) > LONG


def vector_digest(key: str, chunking: int, text: str, sentences: Sequence[Part]) -> str:
    """Under which the vectors of a passage and its sentences are cached: 64 hexadecimal digits.

    Args:
        key: the encoder's.
        chunking: the recipe's: another one may make other vectors of the same sentences.
        text: what it sees of the passage.
        sentences: where the sentences stand in it.
    """
    places = ",".join(f"{start}-{end}" for start, end in sentences)
    return hashlib.sha256(f"{key}\0{chunking}\0{places}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _cut_of(item: Incoming, encoder: Encoder, recipe: Recipe) -> Cut:
    """The cut of a document: the one that it came with, if the encoder and the recipe would make the same."""
    if item.cut is not None:
        cutting, its = item.cut
        same = cutting.tokenizer == encoder.tokenizer and cutting.max_tokens == recipe.max_chunk_tokens
        if same and its.language == item.document.language:
            return its
    return cut(item.document, encoder.token_spans, recipe.max_chunk_tokens)


class _PassageTexts:
    """What an encoder sees of the passages of one document."""

    def __init__(self, encoder: Encoder, recipe: Recipe, document: Document) -> None:
        self._encoder = encoder
        self._chunking = recipe.chunking
        self._title = encoder.clip(document.title, recipe.title_tokens)
        self._text = document.text
        self._header: Span | None = None
        self._headings = ""

    def of(self, piece: Chunk) -> tuple[str, list[Part]]:
        """What the encoder sees of a passage, and where its sentences stand in that."""
        words = piece.span.of(self._text)
        embedded = passage_text(self._title, words, self._headings_of(piece))
        before = len(embedded) - len(words) - piece.span.start
        return embedded, [(span.start + before, span.end + before) for span in piece.sentences]

    def digest(self, piece: Chunk) -> str:
        """Under which its vectors are cached."""
        return vector_digest(self._encoder.key, self._chunking, *self.of(piece))

    def _headings_of(self, piece: Chunk) -> str:
        if piece.header is None or not is_apart(piece.span, piece.header):
            return ""
        # The rows of a table follow one another: its headings are clipped once.
        if piece.header != self._header:
            self._header = piece.header
            self._headings = self._encoder.clip(piece.header.of(self._text), HEADING_TOKENS)
        return self._headings
