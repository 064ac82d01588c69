"""Documents → passages with their vectors, ready to be written to the catalog."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from index.catalog import Catalog
from index.chunking import HEADING_TOKENS, chunk
from index.documents import Chunk
from index.embedding import Encoder
from index.entries import passage_text
from index.parts import Part
from index.records import Incoming, NewVersion, Recipe
from index.sentence_vectors import pack
from index.similarity import signature

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
    pieces: dict[str, tuple[str, list[Part]]] = {}
    for item in incoming:
        chunks = tuple(chunk(item.document, encoder.token_spans, recipe.max_chunk_tokens))
        title = encoder.clip(item.document.title, recipe.title_tokens)
        embedded = [_embedded(encoder, title, piece, item.document.text) for piece in chunks]
        digests = [vector_digest(encoder.key, recipe.chunking, *its) for its in embedded]
        pieces.update(zip(digests, embedded, strict=True))
        new.append(NewVersion(item, chunks, tuple(digests), signature(item.document.text)))
    known = catalog.known_vectors(pieces)
    missing = [digest for digest in pieces if digest not in known]
    for start in range(0, len(missing), _EMBED_AT_ONCE):
        part = missing[start : start + _EMBED_AT_ONCE]
        texts, places = [pieces[digest][0] for digest in part], [pieces[digest][1] for digest in part]
        made = encoder.encode_passages(texts, places)
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


def _embedded(encoder: Encoder, title: str, piece: Chunk, text: str) -> tuple[str, list[Part]]:
    """What the encoder sees of a passage, and where its sentences stand in that."""
    apart = piece.header is not None and not piece.span.covers(piece.header)
    headings = encoder.clip(piece.header.of(text), HEADING_TOKENS) if piece.header and apart else ""
    words = piece.span.of(text)
    embedded = passage_text(title, words, headings)
    before = len(embedded) - len(words) - piece.span.start
    return embedded, [(span.start + before, span.end + before) for span in piece.sentences]
