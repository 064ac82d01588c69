"""Puts the pieces (text runs) of a page into reading order, column by column.

Some programs alternate between columns, or write the second column first. There, the parts that cross the
gutter between columns divide the page into zones, and each column of a zone is read to its end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, product
from statistics import fmean, median
from typing import TYPE_CHECKING, NamedTuple

import regex

from index.loaders.blocks import stretches
from index.loaders.pdf.text import MIN_GUTTER, Line, is_unspaced
from index.text.geometry import BOX_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_ROWS = 4  # headings and side notes have fewer lines than a column
MIN_WORDS = 2.5  # a line of a column, on average: the cells of a table have fewer
MIN_FILL = 0.6  # share of a column's width that half of its lines fill: cells of a table fill less
MIN_WRAPPED = 0.25  # share of a column's lines that begin inside a sentence: few cells of a table do
MAX_LEADING = 2.2  # line heights between the lines of a column (median): side notes are further apart
MAX_CELL_FILL = 0.7  # share of a column's width that the cells of a row fill at most: running text fills more
MIN_TABLE_ROWS = 3
MIN_JUMPS = 0.08  # share of the parts, at least three, that are out of order on a page that is reordered
MAX_PARTS = 2_000  # more are a drawing, on which the search for columns would take too long
MAX_STRETCH = 2.5  # line heights down to the next part in the file, if the two stay together
_MAX_DEPTH = 4
_SAME_TOP = 4  # points between the tops of parts that stand side by side
_WRAPPED = regex.compile(r"[\p{Ll}\p{Lo}]")
_FROM_THE_RIGHT = regex.compile(r"[\p{Hebrew}\p{Arabic}]")
COMPARED_LINES = 3  # running titles and page numbers may stand between a cut line and the edge of its page
SAME_LINE = 0.3  # share of the upper run's height between the lower bounds of two runs on one line
MIN_CHARACTERS = 3  # of a cut line by which the whole line can be recognised


class _PiecePart(NamedTuple):
    """Only cells of one piece have adjacent ranks."""

    rank: int
    line: Line


def ordered(pieces: Sequence[Line]) -> list[Line]:
    """Unchanged if few are out of order in the file, or the page is a drawing; else split at gutters."""
    parts: list[_PiecePart] = []
    rank = 0
    for piece in pieces:
        for cell in piece.cells:
            parts.append(_PiecePart(rank, replace(piece, cells=(cell,)) if len(piece.cells) > 1 else piece))
            rank += 1
        rank += 1  # parts of different pieces must not have adjacent ranks
    if len(parts) > MAX_PARTS:
        return list(pieces)
    sample = "".join(cell.words.text for piece in pieces[:12] for cell in piece.cells)
    from_right = len(_FROM_THE_RIGHT.findall(sample)) > len(sample) / 4
    read, jumps = _read(parts, from_right=from_right, depth=0)
    count = sum(len(row.cells) for piece in pieces for row in (piece.rows or (piece,)))
    if jumps < max(3, MIN_JUMPS * count):
        return list(pieces)
    return [
        replace(piece[0].line, cells=tuple(cell for part in piece for cell in part.line.cells))
        for piece in stretches(read, lambda piece, part: part.rank == piece[-1].rank + 1)
    ]


def _read(parts: Sequence[_PiecePart], *, from_right: bool, depth: int) -> tuple[list[_PiecePart], int]:
    """Also return how many parts were out of order in the file."""
    gutter = _gutter(parts) if depth < _MAX_DEPTH else None
    if gutter is None:  # parts that follow each other in the file and on the page stay together
        together = stretches(sorted(parts), lambda stretch, part: _is_next(stretch[-1].line, part.line))
        together.sort(key=lambda stretch: (-round(stretch[0].line.top / _SAME_TOP), stretch[0].line.left))
        return [part for stretch in together for part in stretch], 0
    read: list[_PiecePart] = []
    jumps = 0
    for sides, crossing in _zones(parts, gutter):
        first, second = reversed(sides) if from_right else sides
        if first and second:
            start = median(part.rank for part in second)
            jumps += sum(part.rank > start for part in first)
        for side in (first, second):
            column, inner = _read(side, from_right=from_right, depth=depth + 1)
            read += column
            jumps += inner
        read += crossing
    return read, jumps


def _gutter(parts: Sequence[_PiecePart]) -> float | None:
    """An x coordinate, between columns of running text."""
    if len(parts) < 2 * MIN_ROWS:
        return None
    gaps = _gaps(parts)
    if len(gaps) < MIN_ROWS:
        return None
    gutter = _most_shared_middle(gaps)
    sides: tuple[list[_PiecePart], list[_PiecePart]] = ([], [])
    for zone, _ in _zones(parts, gutter):
        if all(zone):
            sides[0].extend(zone[0])
            sides[1].extend(zone[1])
    return gutter if all(_is_column(side) for side in sides) else None


def _gaps(parts: Sequence[_PiecePart]) -> NDArray[np.float64]:
    """Start and end to the nearest part on the right, at least ``MIN_GUTTER`` away; shape (n, 2)."""
    import numpy as np

    box = np.array([(line.left, line.right, line.bottom, line.top) for _, line in parts])
    left, right, bottom, top = box.T
    shared = np.minimum(top[:, None], top) - np.maximum(bottom[:, None], bottom)
    height = np.minimum((top - bottom)[:, None], top - bottom)
    is_beside = (shared > 0.3 * height) & (left - right[:, None] >= MIN_GUTTER * height)
    nearest = np.where(is_beside, left, np.inf).min(axis=1)
    has_one = np.isfinite(nearest)
    return np.column_stack((right[has_one], nearest[has_one]))


def _most_shared_middle(gaps: NDArray[np.float64]) -> float:
    import numpy as np

    edges = np.concatenate((gaps[:, 0], gaps[:, 1]))
    order = np.argsort(edges, kind="stable")
    steps = np.where(order < len(gaps), 1, -1)
    most = int(np.argmax(np.cumsum(steps)))
    return float(edges[order[most]] + edges[order[most + 1]]) / 2


def _is_column(parts: Sequence[_PiecePart]) -> bool:
    """Lines of running text, one below the other, and not cells or notes."""
    rows = _rows(parts)
    if len(rows) < MIN_ROWS:
        return False
    bounds = [(min(line.left for _, line in row), max(line.right for _, line in row)) for row in rows]
    width = max(right for _, right in bounds) - min(left for left, _ in bounds)
    # In a script without spaces, two characters count as one word.
    texts = [[line.text for _, line in row] for row in rows]
    words = fmean(sum(text.count(" ") + 1 + sum(map(is_unspaced, text)) / 2 for text in row) for row in texts)
    wrapped = fmean(_WRAPPED.match(row[0]) is not None for row in texts)
    leading = median(
        (first[0].line.bottom - second[0].line.bottom) / first[0].line.height
        for first, second in pairwise(rows)
    )
    return (
        median(right - left for left, right in bounds) >= MIN_FILL * width
        and words >= MIN_WORDS
        and wrapped >= MIN_WRAPPED
        and leading <= MAX_LEADING
    )


def _zones(
    parts: Sequence[_PiecePart], gutter: float
) -> Iterator[tuple[tuple[list[_PiecePart], list[_PiecePart]], list[_PiecePart]]]:
    """From the top, each as ``((left, right), crossing)``; ``crossing`` separates it from the next."""
    crossing = [[part] for part in parts if part.line.left < gutter < part.line.right]
    beside_gutter = [part for part in parts if not part.line.left < gutter < part.line.right]
    rows = list(_table_rows(beside_gutter, gutter))
    in_rows = {part.rank for row in rows for part in row}
    waiting = deque(sorted((part for part in beside_gutter if part.rank not in in_rows), key=_height_on_page))
    for below in (*sorted(crossing + rows, key=lambda row: _height_on_page(row[0])), []):
        left: list[_PiecePart] = []
        right: list[_PiecePart] = []
        while waiting and (not below or _height_on_page(waiting[0]) < _height_on_page(below[0])):
            part = waiting.popleft()
            (left if part.line.right < gutter else right).append(part)
        yield (left, right), below


def _table_rows(parts: Sequence[_PiecePart], gutter: float) -> Iterator[list[_PiecePart]]:
    """Headings of two columns may stand at one height, so a table needs ``MIN_TABLE_ROWS`` rows."""
    bounds = [(part.line.left, part.line.right) for part in parts]
    start, end = min((left for left, _ in bounds), default=0), max((right for _, right in bounds), default=0)
    run: list[list[_PiecePart]] = []
    for row in (*_rows(parts), []):
        left = sum(part.line.right - part.line.left for part in row if part.line.right < gutter)
        right = sum(part.line.right - part.line.left for part in row if part.line.right >= gutter)
        ranks = sorted(part.rank for part in row)
        is_row = (
            0 < left < MAX_CELL_FILL * (gutter - start)
            and 0 < right < MAX_CELL_FILL * (end - gutter)
            and ranks[-1] - ranks[0] <= 2 * len(ranks)
            and not any(part.line.text[0].islower() for part in row)
        )
        if is_row:
            run.append(sorted(row, key=lambda part: part.line.left))
            continue
        if len(run) >= MIN_TABLE_ROWS:
            yield from run
        run = []


def _rows(parts: Sequence[_PiecePart]) -> list[list[_PiecePart]]:
    def is_beside(row: Sequence[_PiecePart], part: _PiecePart) -> bool:
        line, first = part.line, row[0].line
        return line.shared_height(first) > 0.5 * min(line.height, first.height)

    return stretches(sorted(parts, key=_height_on_page), is_beside)


def _is_next(line: Line, following: Line) -> bool:
    down = line.bottom - following.bottom
    return -0.6 * line.height < down < MAX_STRETCH * max(line.height, following.height)


def _height_on_page(part: _PiecePart) -> float:
    return -(part.line.bottom + part.line.top) / 2


def without_cut_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """A neighbouring page has the lines that a page's edge cuts off."""
    kept = [list(runs) for runs in pages]
    for above, below in pairwise(kept):
        lowest = [_PlacedLine(runs) for runs in _by_height(above)[:COMPARED_LINES]]
        highest = [_PlacedLine(runs) for runs in _by_height(below)[-COMPARED_LINES:]]
        cut = {id(run) for one, other in product(lowest, highest) if one.is_cut(other) for run in one.runs}
        cut |= {id(run) for one, other in product(highest, lowest) if one.is_cut(other) for run in one.runs}
        for runs in (above, below):
            runs[:] = [run for run in runs if id(run) not in cut]
    return kept


class _PlacedLine:
    """Left edges are in quarters of a point."""

    def __init__(self, runs: Sequence[Line]) -> None:
        self.runs = runs
        self.characters = [
            (character, int.from_bytes(cell.words.boxes[start * BOX_BYTES : start * BOX_BYTES + 2], "little"))
            for run in runs
            for cell in run.cells
            for start, character in enumerate(cell.words.text)
            if not character.isspace()
        ]

    def is_cut(self, whole: _PlacedLine) -> bool:
        """Clipping keeps all occurrences of a letter, or none; a mere beginning of ``whole`` is not cut."""
        if not MIN_CHARACTERS <= len(self.characters) < len(whole.characters):
            return False
        drawn, whole_characters = {character for character, _ in self.characters}, set(whole.characters)
        last = max(place for _, place in self.characters)
        return (
            all(
                any((character, place + shift) in whole_characters for shift in (0, -1, 1))
                for character, place in self.characters
            )
            and sum(character in drawn for character, _ in whole.characters) == len(self.characters)
            and any(place < last for character, place in whole.characters if character not in drawn)
        )


def _by_height(runs: Sequence[Line]) -> list[list[Line]]:
    """The lowest line first."""
    return stretches(
        sorted(runs, key=lambda run: run.bottom),
        lambda line, run: run.bottom - line[0].bottom < SAME_LINE * run.height,
    )
