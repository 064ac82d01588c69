"""Joins the pieces (text runs) of a page into lines and table rows, with a cell in each column of a table.

A page has no characters for an empty cell of a row, so this module adds the cell. Without it, the figures
that follow would stand under the headings of other columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import regex

from index.loaders.pdf.positioned import Placed, joined_by, unplaced
from index.loaders.pdf.runs import Cell, Line
from index.loaders.pdf.tables.layout import with_tables
from index.loaders.superscripts import superscript

MAX_WORD_GAP = 1.5
"""A gap wider than this, in line heights, may separate cells: spaces in justified text are seldom so wide."""

SURE_GAP = 4.0
"""A gap wider than this, in line heights, separates cells even if the adjacent lines have no gap there."""

SURE_GAPS = 3
"""A line with at least this many gaps is always a row."""

MIN_WORD_GAP = 0.12
"""A gap no wider than this between two pieces of a line, in line heights, is inside a word."""

SCRIPT_RATIO = 0.85
"""A piece smaller than this share of its line's height may be a superscript or subscript."""

_LABEL = regex.compile(r"[•●○◦▪■□‣∙·➢✓*–—-]|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+\.?")
"""A piece that is only a bullet, or only the number of an item or heading."""

_PROSE = regex.compile(r"\P{N}*\p{L}")


def lines(pieces: Iterable[Line]) -> list[Line]:
    """Join the pieces (text runs) of a page, given in reading order, into lines and table rows."""
    joined: list[Line] = []
    for piece in pieces:
        line = replace(piece, cells=_wide_cells(piece))
        if joined and _continues_line(joined[-1], line):
            joined[-1] = _together(joined[-1], line)
        else:
            joined.append(line)
    return with_tables(
        [
            replace(line, is_row=True) if _is_row(line, joined[max(number - 1, 0) : number + 2]) else line
            for number, line in enumerate(joined)
        ]
    )


def _wide_cells(piece: Line) -> tuple[Cell, ...]:
    """Return the cells of a text run, joined where the gap between them is at most ``MAX_WORD_GAP``."""
    if len(piece.cells) == 1:
        return piece.cells
    cells = [piece.cells[0]]
    for cell in piece.cells[1:]:
        if cell.left - cells[-1].right > MAX_WORD_GAP * piece.height:
            cells.append(cell)
        else:
            words = joined_by(" ", (_without_end(cells[-1].words), cell.words))
            cells[-1] = Cell(words, cells[-1].left, cell.right, cells[-1].first_word)
    return tuple(cells)


def _without_end(words: Placed) -> Placed:
    return words.cut(0, len(words.text.rstrip()))


def _continues_line(line: Line, following: Line) -> bool:
    """Return whether ``following`` continues ``line`` on its right, perhaps as a superscript or subscript."""
    overlap = min(line.top, following.top) - max(line.bottom, following.bottom)
    smaller = min(line.height, following.height)
    end = line.right if line.resumes is None else line.resumes
    if overlap > 0.6 * smaller and following.left > end - 0.45 * smaller:
        return True
    is_near = abs(following.left - end) < 0.3 * line.height
    return is_near and overlap > 0.25 * smaller and _is_script(following, line)


def _is_script(piece: Line, line: Line) -> bool:
    return piece.height < SCRIPT_RATIO * line.height


def _together(line: Line, following: Line) -> Line:
    taller = line if line.height >= following.height else following
    gap = following.left - line.right
    end, start = _raised(line, following).cells[-1], _raised(following, line).cells[0]
    cells = (*line.cells[:-1], end, start, *following.cells[1:])
    if gap <= MAX_WORD_GAP * taller.height:
        between = " " if gap > MIN_WORD_GAP * taller.height or end.words.text.endswith(" ") else ""
        words = _without_end(end.words) + unplaced(between) + start.words
        one = Cell(words, end.left, max(end.right, start.right), end.first_word)
        cells = (*line.cells[:-1], one, *following.cells[1:])
    resumes = None
    if _is_script(following, line):
        resumes = line.right if line.resumes is None else line.resumes
    return Line(cells, taller.bottom, taller.top, (line.bold[0], following.bold[1]), resumes=resumes)


def _raised(piece: Line, line: Line) -> Line:
    """Return ``piece``, as a superscript if it is a small number that is raised beside ``line``."""
    cell = piece.cells[0]
    is_raised = _is_script(piece, line) and piece.top > line.top - 0.15 * line.height
    if len(piece.cells) > 1 or not is_raised or not cell.words.text.strip().isdecimal():
        return piece
    words = Placed(superscript(cell.words.text), cell.words.boxes)
    return replace(piece, cells=(replace(cell, words=words),))


def _is_row(line: Line, neighbours: Sequence[Line]) -> bool:
    """Return whether a line is a table's row.

    A row has many gaps, or a wide gap, or a gap closely above or below a gap of a neighbouring line.
    A list item (a bullet or number, then words) is never a row.
    """
    first, *others = line.cells
    if not others:
        return False
    if len(others) == 1 and _LABEL.fullmatch(first.words.text.strip()) and _PROSE.match(others[0].words.text):
        return False
    gaps = _gaps(line)
    if len(gaps) >= SURE_GAPS or any(end - start > SURE_GAP * line.height for start, end in gaps):
        return True
    return any(
        min(end, other_end) - max(start, other_start) > 0.5 * line.height
        for other in neighbours
        if other is not line and abs(other.bottom - line.bottom) < 3 * line.height
        for start, end in gaps
        for other_start, other_end in _gaps(other)
    )


def _gaps(line: Line) -> list[tuple[float, float]]:
    return [(line.cells[number].right, line.cells[number + 1].left) for number in range(len(line.cells) - 1)]
