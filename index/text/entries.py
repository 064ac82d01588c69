"""Passages → what is embedded and indexed of them: their words, and what they are of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from index.records import NewVersion, Passage
from index.search.bm25 import Entry


def passage_text(title: str, text: str, headings: str = "") -> str:
    """What is embedded and indexed of a passage: what it is of, and its words.

    Args:
        title: its document's title, or nothing.
        text: its words.
        headings: for rows of a table that stand apart from their headings, the headings.
    """
    return "\n".join(part for part in (title, headings, text) if part)


def entries(passages: Iterable[Passage], *, titled: bool) -> Iterator[Entry]:
    """Passages as the words are made of them.

    Args:
        passages: from the catalog.
        titled: whether a passage is also found by the words of its document's title.
    """
    for passage in passages:
        document = passage.document
        apart = passage.header is not None and not passage.span.covers(passage.header)
        headings = passage.headings if apart else ""
        text = passage_text(document.title if titled else "", passage.text, headings)
        yield Entry(passage.chunk_id, document.language, text, document.document_id)


def entries_of(
    item: NewVersion, document_id: int, numbers: Sequence[int], *, titled: bool
) -> Iterator[Entry]:
    """The passages of a document that is being written, as :func:`entries` has them."""
    document = item.incoming.document
    for number, piece in zip(numbers, item.chunks, strict=True):
        apart = piece.header is not None and not piece.span.covers(piece.header)
        headings = piece.header.of(document.text) if piece.header and apart else ""
        text = passage_text(document.title if titled else "", piece.span.of(document.text), headings)
        yield Entry(number, document.language, text, document_id)
