"""Parsers for the word lists in this package: words between spaces, or entries between commas."""

from __future__ import annotations


def listed(words: str) -> frozenset[str]:
    """Return the words of ``words``, which spaces separate."""
    return frozenset(words.split())


def lines(table: str) -> list[str]:
    """Return the entries of ``table``, which commas separate."""
    return [" ".join(entry.split()) for entry in table.split(",") if entry.strip()]
