"""Finds the columns that a reader sees in a page's table, from the grid columns that the cells cover.

The grid of a table often has more columns than a reader sees: some are only spacing, or hold only a currency
sign or a bracket.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

_FEW_PLACES = 10_000
_PLACES_PER_CELL = 20
"""A table may have ``_FEW_PLACES`` places (rows times columns), and this many more for each cell. A larger
table is not written in columns: it would be huge and mostly empty."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a page's table.

    Attributes:
        text: the words, on one line.
        start: the first column of the grid that the cell covers, from 0.
        end: the column after the last one that it covers.
        linked: the share of the words' characters that are in links, 0 to 1.
    """

    text: str
    start: int
    end: int
    linked: float = 0.0


def in_columns(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Return the words of each row by visible column.

    - Cells of different rows that overlap in the grid share a column.
    - A cell that spans two neighbouring cells of another row goes into the column of the first of these.
    - An empty string stands for a missing cell, except after the last cell of a row.

    If the table would be mostly empty, each row is only the list of its cells' words.

    Args:
        rows: for each row, the cells that have words, from the left.
    """
    gaps = _Gaps(rows)
    places: dict[tuple[int, int], int] = {}
    columns: list[tuple[int, int]] = []
    for start, end in sorted({(cell.start, cell.end) for cells in rows for cell in cells}):
        if gaps.within(start, end):
            continue
        first, last = columns[-1] if columns else (0, 0)
        if start < last and not gaps.within(first, max(last, end)):
            columns[-1] = (first, max(last, end))
        else:
            columns.append((start, end))
        places[start, end] = len(columns) - 1
    if len(rows) * len(columns) > _FEW_PLACES + _PLACES_PER_CELL * sum(map(len, rows)):
        return [[cell.text for cell in cells] for cells in rows]
    ends = [end for _, end in columns]
    return [_placed(cells, places, ends) for cells in rows]


def _placed(cells: Sequence[Cell], places: dict[tuple[int, int], int], ends: Sequence[int]) -> list[str]:
    words: list[str] = []
    for cell in cells:
        place = places.get((cell.start, cell.end), bisect_right(ends, cell.start))
        words += [""] * (place - len(words))
        words.append(cell.text)
    return words


class _Gaps:
    """The gaps between neighbouring cells of the same row."""

    def __init__(self, rows: Sequence[Sequence[Cell]]) -> None:
        found = sorted({(left.end, right.start) for cells in rows for left, right in pairwise(cells)})
        self._ends = [end for end, _ in found]
        self._nearest = [*accumulate((start for _, start in reversed(found)), min)][::-1]

    def within(self, start: int, end: int) -> bool:
        """Return whether a range of grid columns contains a gap.

        A range that contains a gap covers parts of two neighbouring cells of one row.
        """
        place = bisect_right(self._ends, start)
        return place < len(self._nearest) and self._nearest[place] < end
