"""Parsers for lists of words that the modules of this package write as text."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """Return the set of words in ``words``, a text with white space between them."""
    return frozenset(words.split())


def lines(table: str) -> list[str]:
    """Return the entries of ``table``, a text with commas between them, in order and without line breaks."""
    return [" ".join(entry.split()) for entry in table.split(",") if entry.strip()]
