"""Figures as a text writes them, with words that qualify them: *over a thousand*, *between 100 and 200*."""

from __future__ import annotations

import regex

from rag.figures.quantities import Quantity, comparator_of

FAR = 40
"""The number of characters before and after a figure in which the words that qualify it are searched."""

_BETWEEN = regex.compile(r"\b(?:between|giữa|antara)\s$", regex.IGNORECASE)


def written_start(text: str, quantity: Quantity) -> int:
    """Return the offset at which a figure begins, including the words that qualify it: *over* a thousand."""
    start = quantity.span.start
    if quantity.comparator == "exactly":
        opened = _BETWEEN.search(text[:start]) if quantity.is_range else None
        return opened.start() if opened else start
    for place in range(start - 1, max(0, start - FAR) - 1, -1):
        if comparator_of(text[place:start], start - place, start - place) == quantity.comparator:
            return place
    return start


def as_written(text: str, quantity: Quantity) -> str:
    """Return a figure as written in its text, with the words that qualify it."""
    start, end = written_start(text, quantity), quantity.span.end
    if quantity.comparator != "exactly" and start == quantity.span.start:
        for place in range(end + 1, min(len(text), end + FAR) + 1):
            if comparator_of(text[start:place], 0, end - start) == quantity.comparator:
                end = place
                break
    return " ".join(text[start:end].split())
