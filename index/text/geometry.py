"""Converts a span of a document to rectangles on its pages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from index.documents import Document, Span
from index.text.tabular import CELL_SEPARATOR

UNITS = 4  # in one point; a layout holds the places of a page's characters in these units
BOX_BYTES = 8  # four unsigned 16-bit numbers (see ``PageLayout``)
_SHARED = 0.5  # of the smaller character's height
# A multiple of the line's height. A wider gap separates columns, unless a cell separator is in it.
_MAX_GAP = 1.5


@dataclass(frozen=True, slots=True)
class Box:
    """In points from the upper left corner of the page after rotation."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


def boxes(document: Document, span: Span) -> tuple[Box, ...]:
    """One for each line of a page; none if the format has no fixed pages."""
    if not document.layouts:
        return ()
    found: list[Box] = []
    first = max(bisect_right(document.page_starts, span.start) - 1, 0)
    for number in range(first, len(document.layouts)):
        start = document.page_starts[number]
        if start >= span.end:
            break
        ends = document.page_starts[number + 1 : number + 2] or (len(document.text),)
        part = Span(max(span.start, start), max(min(span.end, ends[0]), span.start, start))
        found += _on_page(document, number, part)
    return tuple(found)


def _on_page(document: Document, number: int, span: Span) -> Iterator[Box]:
    import numpy as np

    start = document.page_starts[number]
    bounds = slice((span.start - start) * BOX_BYTES, (span.end - start) * BOX_BYTES)
    places = np.frombuffer(document.layouts[number].boxes[bounds], "<u2").reshape(-1, 4)
    placed = np.flatnonzero(places.any(axis=1)).tolist()
    line: tuple[int, int, int, int] | None = None
    last = 0
    for offset in placed:
        left, top, right, bottom = places[offset].tolist()
        if line is not None:
            between = document.text[span.start + last + 1 : span.start + offset]
            if _is_same_line(line, (left, top, right, bottom), ends_cell=CELL_SEPARATOR.strip() in between):
                line = (min(line[0], left), min(line[1], top), max(line[2], right), max(line[3], bottom))
                last = offset
                continue
            yield _box(number, line)
        line, last = (left, top, right, bottom), offset
    if line is not None:
        yield _box(number, line)


def _is_same_line(
    line: tuple[int, int, int, int], character: tuple[int, int, int, int], *, ends_cell: bool
) -> bool:
    """It may stand at any distance if a cell separator is between (``ends_cell``)."""
    shared = min(line[3], character[3]) - max(line[1], character[1])
    heights = line[3] - line[1], character[3] - character[1]
    gap = max(character[0] - line[2], line[0] - character[2])
    return shared >= _SHARED * min(heights) and (ends_cell or gap <= _MAX_GAP * max(heights))


def _box(number: int, line: tuple[int, int, int, int]) -> Box:
    left, top, right, bottom = (value / UNITS for value in line)
    return Box(number + 1, left, top, right, bottom)
