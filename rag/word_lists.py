"""Parsers for the word lists in this package, and a pattern for pronouns."""

from __future__ import annotations

import regex

PRONOUN = regex.compile(
    r"^\W*(?:he|she|it|they|his|her|its|their|this|these|that|those|ông|bà|họ|anh|chị|nó|ia|dia|mereka|beliau"
    r"|他|她|它|他们|她们)\b",
    regex.IGNORECASE,
)
"""A pronoun at the beginning of a sentence. The sentence before says what the pronoun means."""


def word_set(words: str) -> frozenset[str]:
    """Return the set of words in ``words``, a text with white space between them."""
    return frozenset(words.split())


def lines(table: str) -> list[str]:
    """Return the entries of ``table``, a text with commas between them, in order and without line breaks."""
    return [" ".join(entry.split()) for entry in table.split(",") if entry.strip()]
