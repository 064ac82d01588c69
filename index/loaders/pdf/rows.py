"""Lines of a page → the same, the rows of a table with a cell for each of its columns.

A cell that a row leaves empty is nowhere on the page. Without it the figures after it would stand under
the headings of other columns.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from index.loaders.pdf.positioned import unplaced
from index.loaders.pdf.runs import Cell, Line

MAX_STEP = 3.0
"""In line heights: rows further apart are of two tables."""


def aligned(lines: Sequence[Line]) -> list[Line]:
    """The lines of a page, their rows with empty cells put in where other rows of their table have words."""
    read: list[Line] = []
    for table in _tables(lines):
        edges = _edges(table) if len(table) > 1 else None
        read += [_filled(row, edges) for row in table] if edges else table
    return read


def _tables(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Rows that follow each other, and each other line alone."""
    table: list[Line] = []
    for line in lines:
        follows = bool(table) and line.is_row and table[-1].is_row
        if table and not (follows and 0 < table[-1].bottom - line.bottom < MAX_STEP * line.height):
            yield table
            table = []
        table.append(line)
    if table:
        yield table


def _edges(table: Sequence[Line]) -> list[tuple[float, float]] | None:
    """Where each column begins and ends, by the rows with the most cells; None where these do not agree."""
    count = max(len(row.cells) for row in table)
    full = [row for row in table if len(row.cells) == count]
    edges = [
        (min(row.cells[column].left for row in full), max(row.cells[column].right for row in full))
        for column in range(count)
    ]
    return edges if all(before[1] < after[0] for before, after in pairwise(edges)) else None


def _filled(row: Line, edges: Sequence[tuple[float, float]]) -> Line:
    """A row with empty cells for the columns that it leaves out; itself where its cells fit no columns."""
    if len(row.cells) == len(edges):
        return row
    middles = [(before[1] + after[0]) / 2 for before, after in pairwise(edges)]
    columns = [bisect_right(middles, (cell.left + cell.right) / 2) for cell in row.cells]
    for cell, column in zip(row.cells, columns, strict=True):
        reached = [
            number for number, (left, right) in enumerate(edges) if cell.left < right and left < cell.right
        ]
        if any(number != column for number in reached):
            return row
    if any(before >= after for before, after in pairwise(columns)):
        return row
    cells = dict(zip(columns, row.cells, strict=True))
    return replace(
        row, cells=tuple(cells.get(column) or _empty(edges[column]) for column in range(columns[-1] + 1))
    )


def _empty(edge: tuple[float, float]) -> Cell:
    return Cell(unplaced(""), edge[0], edge[1], 0.0)
