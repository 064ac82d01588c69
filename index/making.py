"""Documents → passages with their vectors, ready to be written to the catalog."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.catalog import Catalog
from index.chunking import HEADING_TOKENS, chunk
from index.documents import Chunk
from index.embedding import Encoder, vector_digest
from index.entries import passage_text
from index.records import Incoming, NewVersion, Recipe
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
    texts: dict[str, str] = {}
    for item in incoming:
        chunks = tuple(chunk(item.document, encoder.token_spans, recipe.max_chunk_tokens))
        title = encoder.clip(item.document.title, recipe.title_tokens)
        embedded = [_embedded(encoder, title, piece, item.document.text) for piece in chunks]
        digests = [vector_digest(encoder.key, text) for text in embedded]
        texts.update(zip(digests, embedded, strict=True))
        new.append(NewVersion(item, chunks, tuple(digests), signature(item.document.text)))
    known = catalog.known_vectors(texts)
    missing = [digest for digest in texts if digest not in known]
    for start in range(0, len(missing), _EMBED_AT_ONCE):
        part = missing[start : start + _EMBED_AT_ONCE]
        vectors = encoder.encode([texts[digest] for digest in part])
        catalog.put_vectors(dict(zip(part, vectors, strict=True)))
        if progress is not None:
            progress("embedding", start + len(part), len(missing))
    return new


def _embedded(encoder: Encoder, title: str, piece: Chunk, text: str) -> str:
    """What the encoder sees of a passage."""
    apart = piece.header is not None and not piece.span.covers(piece.header)
    headings = encoder.clip(piece.header.of(text), HEADING_TOKENS) if piece.header and apart else ""
    return passage_text(title, piece.span.of(text), headings)
