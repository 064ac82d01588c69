"""Word lists as they are written in this package: words between spaces, or entries between commas."""

from __future__ import annotations


def listed(words: str) -> frozenset[str]:
    """The words of a table that are set apart by spaces."""
    return frozenset(words.split())


def lines(table: str) -> list[str]:
    """The entries of a table that are set apart by commas."""
    return [" ".join(entry.split()) for entry in table.split(",") if entry.strip()]
