"""Reads the rules that are drawn on a page, and puts the words between them into rows and columns.

Horizontal and vertical rules that cross make a grid. A cell goes on where no rule is drawn, so merged cells
are known, and all lines in one cell are its words, however many they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import regex

from index.loaders.blocks import stretches
from index.loaders.pdf.text import Cell, Frame, Line, turned

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

MAX_OBJECTS = 5_000  # a page with more is a drawing
MAX_PLACES = 3_000  # rows times columns of a grid
MAX_DEPTH = 4  # of nested forms (reusable parts of a page)
THICK = 3.0  # points; what is thicker is a box
NEAR = 2.5  # points between two ends that meet, or two rules that are one
MIN_SIDE = 12.0  # points from the last rule to the end of those across it, where a table is open
_MAX_SEGMENTS = 6  # of a path that is a box
_WORD = regex.compile(r"\S+")
_Matrix = tuple[float, float, float, float, float, float]


class Rule(NamedTuple):
    """``at`` is its height if it is horizontal, else its distance from the left edge. All are in points."""

    at: float
    start: float
    end: float


class Rules(NamedTuple):
    horizontal: Sequence[Rule] = ()
    vertical: Sequence[Rule] = ()


def rules(page: PdfPage, frame: Frame) -> Rules:
    """Lines, thin boxes and the sides of drawn boxes; none if the page is a drawing."""
    import numpy as np
    from pypdfium2 import raw

    count = max(raw.FPDFPage_CountObjects(page.raw), 0)
    found: list[tuple[float, ...]] = []
    whole = _add_bounds(
        found, count, lambda place: raw.FPDFPage_GetObject(page.raw, place), (1, 0, 0, 1, 0, 0)
    )
    if not (found and whole):
        return Rules()
    boxes = np.array(found)
    horizontal: list[Rule] = []
    vertical: list[Rule] = []
    for left, bottom, right, top in turned(boxes, frame).tolist():
        if right - left > THICK < top - bottom:
            horizontal += [Rule(bottom, left, right), Rule(top, left, right)]
            vertical += [Rule(left, bottom, top), Rule(right, bottom, top)]
        elif right - left > THICK:
            horizontal.append(Rule((bottom + top) / 2, left, right))
        elif top - bottom > THICK:
            vertical.append(Rule((left + right) / 2, bottom, top))
    return Rules(_merged(horizontal), _merged(vertical))


def _add_bounds(
    found: list[tuple[float, ...]], count: int, get: Callable[[int], Any], matrix: _Matrix, depth: int = 0
) -> bool:
    """Of lines and drawn boxes, in PDF coordinates. False if there are too many objects."""
    from ctypes import byref, c_float, c_int

    from pypdfium2 import raw

    if len(found) + count > MAX_OBJECTS:
        return False
    edges = [c_float() for _ in range(4)]
    places = [byref(edge) for edge in edges]
    fills, strokes = c_int(), c_int()
    for each in map(get, range(count)):
        kind = raw.FPDFPageObj_GetType(each)
        if kind == raw.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
            own = raw.FS_MATRIX()
            raw.FPDFPageObj_GetMatrix(each, byref(own))
            inner = _times((own.a, own.b, own.c, own.d, own.e, own.f), matrix)

            def part(place: int, form: Any = each) -> Any:  # noqa: ANN401 - pointers
                return raw.FPDFFormObj_GetObject(form, place)

            if not _add_bounds(found, max(raw.FPDFFormObj_CountObjects(each), 0), part, inner, depth + 1):
                return False
        if kind != raw.FPDF_PAGEOBJ_PATH or not raw.FPDFPageObj_GetBounds(each, *places):
            continue
        left, bottom, right, top = (edge.value for edge in edges)
        if min(right - left, top - bottom) > THICK:
            raw.FPDFPath_GetDrawMode(each, byref(fills), byref(strokes))
            if not strokes.value or raw.FPDFPath_CountSegments(each) > _MAX_SEGMENTS:
                continue
        a, b, c, d, e, f = matrix
        x = sorted((a * left + c * bottom + e, a * right + c * top + e))
        y = sorted((b * left + d * bottom + f, b * right + d * top + f))
        found.append((x[0], y[0], x[1], y[1]))
    return True


def _times(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, c, d, e, f = inner
    k, l, m, n, o, p = outer  # noqa: E741 - of a matrix
    return (a * k + b * m, a * l + b * n, c * k + d * m, c * l + d * n, e * k + f * m + o, e * l + f * n + p)


def _merged(found: Sequence[Rule]) -> list[Rule]:
    """Those that go on after each other are one."""
    merged: list[Rule] = []
    for group in stretches(sorted(found), lambda group, rule: rule.at - group[0].at <= NEAR / 2):
        at = sum(rule.at for rule in group) / len(group)
        parts = sorted((rule.start, rule.end) for rule in group)
        start, end = parts[0]
        for following, its_end in parts[1:]:
            if following > end + NEAR:
                merged.append(Rule(at, start, end))
                start, end = following, its_end
            end = max(end, its_end)
        merged.append(Rule(at, start, end))
    return merged


@dataclass(frozen=True, slots=True)
class Grid:
    """``rows`` are the heights of its rules from the top, ``columns`` their places from the left.

    ``cells`` has the first and last row and column of the cell at each place, by row and column.
    """

    rows: Sequence[float]
    columns: Sequence[float]
    cells: Sequence[Sequence[tuple[int, int, int, int]]]

    def place(self, x: float, y: float) -> tuple[int, int] | None:
        if not (self.columns[0] <= x <= self.columns[-1] and self.rows[-1] <= y <= self.rows[0]):
            return None
        row = sum(y < edge for edge in self.rows[1:-1])
        column = sum(x > edge for edge in self.columns[1:-1])
        first, _, start, _ = self.cells[row][column]
        return first, start


def grids(drawn: Rules) -> list[Grid]:
    found = (grid_of(*crossing) for crossing in _crossing(drawn))
    return [grid for grid in found if grid is not None]


def _crossing(drawn: Rules) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Groups of horizontal and vertical rules that cross or touch each other."""
    import numpy as np

    owner = list(range(len(drawn.horizontal) + len(drawn.vertical)))
    at, start, end = np.array(drawn.horizontal).reshape(-1, 3).T[:, :, None]
    along, low, high = np.array(drawn.vertical).reshape(-1, 3).T
    meet = (low - NEAR <= at) & (at <= high + NEAR) & (start - NEAR <= along) & (along <= end + NEAR)
    for across, down in np.argwhere(meet).tolist():
        owner[_root(owner, across)] = _root(owner, len(drawn.horizontal) + down)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = defaultdict(lambda: ([], []))
    for number, rule in enumerate((*drawn.horizontal, *drawn.vertical)):
        groups[_root(owner, number)][number >= len(drawn.horizontal)].append(rule)
    yield from groups.values()


def grid_of(horizontal: Sequence[Rule], vertical: Sequence[Rule]) -> Grid | None:
    rows = _edges(horizontal, vertical)[::-1]
    columns = _edges(vertical, horizontal)
    wide, high = len(columns) - 1, len(rows) - 1
    if wide < 2 or high < 1 or wide * high > MAX_PLACES:
        return None
    owner = list(range(wide * high))
    drawn_at = [[rule for rule in vertical if abs(rule.at - edge) <= NEAR] for edge in columns]
    drawn_below = [[rule for rule in horizontal if abs(rule.at - edge) <= NEAR] for edge in rows]
    for number in range(wide * high):
        row, column = divmod(number, wide)
        x, y = (columns[column] + columns[column + 1]) / 2, (rows[row] + rows[row + 1]) / 2
        if column + 1 < wide and not _is_drawn(drawn_at[column + 1], y):
            owner[_root(owner, number + 1)] = _root(owner, number)
        if row + 1 < high and not _is_drawn(drawn_below[row + 1], x):
            owner[_root(owner, number + wide)] = _root(owner, number)
    parts: dict[int, list[int]] = defaultdict(list)
    for number in range(wide * high):
        parts[_root(owner, number)].append(number)
    cells = [[(0, 0, 0, 0)] * wide for _ in range(high)]
    for members in parts.values():
        for rectangle in _rectangles(members, wide):
            across = [number % wide for number in rectangle]
            bounds = (rectangle[0] // wide, rectangle[-1] // wide, min(across), max(across))
            for number in rectangle:
                cells[number // wide][number % wide] = bounds
    return Grid(rows, columns, cells)


def _rectangles(members: list[int], wide: int) -> list[list[int]]:
    """A row without rules may open into several cells below it."""
    rows = stretches(members, lambda row, number: number == row[-1] + 1 and number % wide != 0)
    is_one = len({(row[0] % wide, len(row)) for row in rows}) == 1
    return [members] if is_one else rows


def _root(owner: list[int], number: int) -> int:
    while owner[number] != number:
        owner[number] = owner[owner[number]]
        number = owner[number]
    return number


def _edges(own: Sequence[Rule], across: Sequence[Rule]) -> list[float]:
    """From the left, or from below. An open table ends where the rules across it end."""
    places = sorted(rule.at for rule in own)
    edges = [sum(group) / len(group) for group in stretches(places, lambda group, at: at - group[-1] <= NEAR)]
    if edges and across:
        start, end = min(rule.start for rule in across), max(rule.end for rule in across)
        edges[:0] = [start] if edges[0] - start > MIN_SIDE else []
        edges += [end] if end - edges[-1] > MIN_SIDE else []
    return edges


def _is_drawn(rules: Sequence[Rule], middle: float) -> bool:
    return any(rule.start <= middle <= rule.end for rule in rules)


def parts_of(piece: Line, grid: Grid) -> list[tuple[tuple[int, int] | None, Line]]:
    """Its stretches, each with the place of its cell in the grid, or None outside."""
    y = (piece.bottom + piece.top) / 2
    if piece.rows or not grid.rows[-1] <= y <= grid.rows[0]:
        return [(None, piece)]
    found: list[tuple[tuple[int, int] | None, Line]] = []
    for cell in piece.cells:
        words = [match.span() for match in _WORD.finditer(cell.words.text)]
        placed = []
        for start, end in words:
            left, right = cell.words.cut(start, end).sides() or (cell.left, cell.right)
            placed.append((grid.place((left + right) / 2, y), start, end, left, right))
        for group in stretches(placed, lambda group, word: word[0] == group[0][0]):
            left, right = group[0][3], group[-1][4]
            part = Cell(cell.words.cut(group[0][1], group[-1][2]), left, right, group[0][4] - left)
            found.append((group[0][0], replace(piece, cells=(part,))))
    return found
