"""Finds the headings above a table, and puts them into rows.

A heading of several lines is one cell. Programs write it line by line or cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import NamedTuple

import regex

from index.loaders.pdf.positioned import joined_by, unplaced
from index.loaders.pdf.runs import Cell, Line
from index.loaders.pdf.tables.atoms import Atom, Column, atoms, joined_atoms, text_of
from index.loaders.pdf.tables.grid import placed
from index.text.tabular import is_quantity

MAX_LINES = 40
"""The largest number of lines of headings above the first row of a table."""

MAX_HEIGHT = 9.0
"""The largest distance, in line heights, of a heading from the first row."""

TIGHT = 1.6
"""The largest distance, in line heights, between two lines of one heading."""

STEP = 2.5
"""The largest distance, in line heights, between a heading and the line below it."""

SHARED = 0.3
"""A line is below another line if at most this share of its height overlaps the other line's height."""

MAX_LEDGE = 8.0
"""The largest distance, in line heights, that a heading begins to the left of its columns."""

MAX_SHIFT = 1.5
"""The largest distance, in line heights, between the middle of a heading and the middle of its columns."""

EXACT = 0.5
"""The largest distance, in heights of a heading, at which two edges or two middles count as aligned."""

_PERIOD = regex.compile(
    r"\b(?:months?|weeks?|quarters?|years?|ended|ending|as of|fiscal|half|jan\w*|feb\w*|mar\w*|apr\w*|may"
    r"|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*)\b|\A\W*(?:in|dollars in)\b|\A\(?unaudited",
    regex.IGNORECASE,
)
"""A heading that usually stands over several columns: a period, or the units."""

_UNITS = regex.compile(r"\((?:\p{L}+ ){0,3}in (?:thousand|million|billion|[A-Z$€£])", regex.IGNORECASE)
_CAPTION = regex.compile(r"(?:table|figure|chart|box)\s+[\p{N}.]*\p{N}", regex.IGNORECASE)
_SENTENCE = regex.compile(r"(?:\p{Ll}\p{Ll}|\p{N})[.!?]\s*$")


@dataclass(slots=True)
class _Heading:
    """A cell of the headings.

    Attributes:
        columns: the numbers of the columns that the heading covers.
        cell: the words of the heading.
        bottom: the lower bound of the heading's last line, in points.
        top: the upper bound of the heading's first line, in points.
    """

    columns: tuple[int, ...]
    cell: Cell
    bottom: float
    top: float

    def add(self, cell: Cell, bottom: float) -> None:
        """Add the next line of the heading, or the next part of its line."""
        words = joined_by(" ", (self.cell.words.strip(), cell.words.strip()))
        left, right = min(self.cell.left, cell.left), max(self.cell.right, cell.right)
        self.cell = Cell(words, left, right, self.cell.first_word)
        self.bottom = min(self.bottom, bottom)

    def shift(self, columns: Sequence[Column]) -> float:
        """The distance, in points, of the middle of the heading from the middle of its columns."""
        left, right = columns[self.columns[0]].left, columns[self.columns[-1]].right
        return abs(left + right - self.cell.left - self.cell.right) / 2


class _Part(NamedTuple):
    """A line of a heading, or a part of the line: the words, the columns under the words, and the line."""

    atom: Atom
    columns: tuple[int, ...]
    line: Line

    def is_beside(self, other: _Part) -> bool:
        """Return whether two parts stand at one height."""
        shared = min(self.line.top, other.line.top) - max(self.line.bottom, other.line.bottom)
        return shared > 0.5 * other.line.height

    def is_aligned(self, other: _Part) -> bool:
        """Return whether two parts have a left edge, a right edge or a middle in common."""
        left, right = self.atom.left - other.atom.left, self.atom.right - other.atom.right
        return min(abs(left), abs(right), abs(left + right) / 2) < EXACT * self.line.height

    def overlaps(self, other: _Part) -> bool:
        """Return whether two parts overlap from left to right; they may stand at any height."""
        return min(self.atom.right, other.atom.right) > max(self.atom.left, other.atom.left)


def ends_like_sentence(line: Line) -> bool:
    """Return whether a line ends like a sentence; a colon or an abbreviation's stop may end a heading."""
    return _SENTENCE.search(line.text) is not None


def headings_above(lines: Sequence[Line], first: Line, columns: Sequence[Column]) -> tuple[int, int]:
    """Count the headings of a table and, after them, the names of groups of rows, at the end of ``lines``.

    A line names a group of rows if it stands between the headings and the rows, over the labels only.

    Args:
        lines: the lines before the table, in reading order.
        first: the table's first row.
        columns: the table's columns.
    """
    right = max(column.right for column in columns)
    over = [column for column in columns[1:] if column.has_figures] or list(columns[1:])
    edge = min(column.left for column in over)
    found: list[Line] = []
    for place in range(len(lines) - 1, max(len(lines) - MAX_LINES, 0) - 1, -1):
        line = lines[place]
        above = line.bottom - first.bottom
        # The units stand over the labels, and a heading beside them over the figures.
        has_units = (
            line.is_row
            and _UNITS.match(line.text) is not None
            and not any(is_quantity(text_of(atom)) for atom in atoms(line)[1:])
        )
        if (
            (line.is_row and not has_units)
            or not 0.3 * line.height < above < MAX_HEIGHT * line.height
            or line.right > right + 4 * line.height
            or (not has_units and line.right > edge + line.height and _is_caption(line, lines, columns, edge))
            or (place and _continues_caption(lines[place - 1], line, right))
            or ends_like_sentence(line)
        ):
            break
        found.append(line)
    while found:
        fitting = _below(found, _top(found, first, edge))
        if len(fitting) == len(found):
            break
        found = fitting
    over_figures = [line.bottom for line in found if line.right > edge]
    lowest = min(over_figures, default=first.top)
    names = len(
        list(takewhile(lambda line: line.right <= edge and line.top < lowest + SHARED * line.height, found))
    )
    return len(found) - names, names


def _below(lines: Sequence[Line], top: float) -> list[Line]:
    """The lines before the first one that lies above ``top``."""
    return list(takewhile(lambda line: line.bottom < top, lines))


def _top(lines: Sequence[Line], first: Line, edge: float) -> float:
    """The upper bound of a table's headings among ``lines``.

    Each heading stands closely above the first row or another heading. A line over the labels is a heading
    only if a line over the figures reaches as high. The figures begin at ``edge``.
    """
    level, top = first.top, first.top
    for line in sorted(lines, key=lambda line: line.bottom):
        if line.bottom - level > (STEP - 1) * line.height:
            break
        level = max(level, line.top)
        if line.right > edge:
            top = max(top, line.top)
    return top


def _is_caption(line: Line, lines: Sequence[Line], columns: Sequence[Column], edge: float) -> bool:
    """Tell if a line stands over the whole table, instead of over the columns that begin at ``edge``."""
    labels = columns[0]
    if line.left < max(edge - MAX_LEDGE * line.height, labels.left + 2 * line.height):
        return True
    middle, right = (line.left + line.right) / 2, max(column.right for column in columns)
    shifts = [abs((left + right) / 2 - middle) for left in (labels.left, edge)]
    is_alone = len(line.cells) == 1 and not any(
        min(line.top, other.top) - max(line.bottom, other.bottom) > 0.5 * line.height
        for other in lines
        if other is not line
    )
    return middle < edge or (is_alone and shifts[0] <= MAX_SHIFT * line.height < shifts[1])


def _continues_caption(above: Line, line: Line, right: float) -> bool:
    """Tell if ``line`` is the next line of a caption, which may hang to the right of the caption's number.

    The first line of such a caption is full: the next word has no room before ``right``, the table's edge.
    """
    step = above.bottom - line.bottom
    is_full = above.right + line.first_word + line.height > right
    return _CAPTION.match(above.text) is not None and 0 < step < TIGHT * line.height and is_full


def header_rows(lines: Sequence[Line], columns: Sequence[Column]) -> list[Line]:
    """The rows of a table's headings, from the top.

    The lines of one heading are joined. A heading that spans several columns becomes a cell of the first of
    these columns, in a row above the headings of single columns.

    Args:
        lines: the lines of the headings, in reading order.
        columns: the table's columns.
    """
    headings: list[_Heading] = []
    for new, height in _with_spans(lines, columns):
        before = next((each for each in reversed(headings) if _is_one(each, new, height)), None)
        if before is None:
            headings.append(new)
        else:
            before.add(new.cell, new.bottom)
    return _rows(headings, lines, columns)


def is_by_cell(lines: Sequence[Line]) -> bool:
    """Tell if headings are written cell by cell, each from its first line to its last, not line by line."""
    return any(after.bottom - before.bottom > 0.3 * after.height for before, after in pairwise(lines))


def _with_spans(lines: Sequence[Line], columns: Sequence[Column]) -> Iterator[tuple[_Heading, float]]:
    """The headings in reading order, each with the columns that it covers and the height of its lines.

    If headings are written cell by cell, the lines of each heading are joined; else each line is a heading.
    """
    parts = [
        _Part(atom, covered, line)
        for line in lines
        for atom, covered in placed(atoms(line), line.height, columns)
    ]
    stacks: list[list[_Part]] = []
    by_cell = is_by_cell(lines)
    for part in parts:
        if by_cell and stacks and _is_next_line(stacks[-1][-1], part, parts):
            stacks[-1].append(part)
        else:
            stacks.append([part])
    for stack in stacks:
        yield _heading(stack, parts, columns), stack[0].line.height


def _is_next_line(above: _Part, below: _Part, parts: Sequence[_Part]) -> bool:
    """Tell if two parts, written one after the other, are lines of one cell: each overlaps only the other."""
    step = above.line.bottom - below.line.bottom
    return (
        0.3 * below.line.height < step < TIGHT * below.line.height
        and above.is_aligned(below)
        and _UNITS.match(text_of(below.atom)) is None
        and [part for part in parts if part.is_beside(below) and part.overlaps(above)] == [below]
        and [part for part in parts if part.is_beside(above) and part.overlaps(below)] == [above]
    )


def _heading(stack: Sequence[_Part], parts: Sequence[_Part], columns: Sequence[Column]) -> _Heading:
    """The heading whose lines are ``stack``, from the top; ``parts`` are the lines of all headings."""
    before, after, is_alone = -1e6, 1e6, True
    for own in stack:
        atom, beside = own.atom, [part.atom for part in parts if part.is_beside(own)]
        nearest = max((other.right for other in beside if other.right < atom.left), default=-1e6)
        before = max(before, (nearest + atom.left) / 2)
        nearest = min((other.left for other in beside if other.left > atom.right), default=1e6)
        after = min(after, (nearest + atom.right) / 2)
        is_alone = is_alone and len(beside) == 1
    widest = max(stack, key=lambda part: part.atom.right - part.atom.left)
    wide = is_alone or any(_PERIOD.search(text_of(part.atom)) for part in stack)
    height = widest.line.height
    covered = _span(widest.atom, widest.columns, columns, (before, after), height, wide=wide)
    heading = _Heading(covered, joined_atoms([stack[0].atom]), stack[0].line.bottom, stack[0].line.top)
    for part in stack[1:]:
        heading.add(joined_atoms([part.atom]), part.line.bottom)
    return heading


def _span(
    atom: Atom,
    covered: tuple[int, ...],
    columns: Sequence[Column],
    bounds: tuple[float, float],
    height: float,
    *,
    wide: bool,
) -> tuple[int, ...]:
    """The columns that a heading covers: those under it, or more columns if it stands over their middle.

    Args:
        atom: the heading.
        covered: the columns under the heading.
        columns: the table's columns.
        bounds: the points halfway to the headings on the left and on the right.
        height: the height of the heading's line, in points.
        wide: whether the heading is of the kind that stands over several columns, such as a period.
    """
    if covered[0] == 0:
        return covered
    first, last = covered[0], covered[-1]
    middle = (atom.left + atom.right) / 2
    inside = columns[first].left - 0.5 * height <= middle <= columns[last].right + 0.5 * height
    if inside and not wide and len(covered) == 1:
        return covered
    best = covered
    for start in range(1, first + 1):
        for end in range(last, len(columns)):
            left, right = columns[start].left, columns[end].right
            fits = bounds[0] - height <= left and right <= bounds[1] + height
            # The heading stands over the middle of these columns.
            if fits and abs((left + right) / 2 - middle) <= MAX_SHIFT * height and end - start >= len(best):
                best = tuple(range(start, end + 1))
    return best


def _is_one(above: _Heading, below: _Heading, height: float) -> bool:
    """Return whether two headings are lines, or parts of a line, of one cell."""
    text = below.cell.words.text
    if (below.columns[0] == 0 and not text[:1].islower()) or _UNITS.match(text):
        return False
    return above.columns == below.columns and -0.5 * height < above.bottom - below.bottom < TIGHT * height


def _rows(headings: Sequence[_Heading], lines: Sequence[Line], columns: Sequence[Column]) -> list[Line]:
    """Put headings into rows: each into the lowest row that is above all lower headings in its columns."""
    levels: list[list[_Heading]] = []
    for heading in sorted(headings, key=lambda each: each.bottom):
        level = 0
        for number, row in enumerate(levels):
            if any(set(heading.columns) & set(other.columns) for other in row):
                level = number + 1
        if level == len(levels):
            levels.append([])
        levels[level].append(heading)
    _raise_uncovered(levels, columns)
    rows = []
    for row in reversed(levels):
        held = {heading.columns[0]: heading.cell for heading in row}
        cells = tuple(
            held.get(number) or Cell(unplaced(""), columns[number].left, columns[number].right, 0.0)
            for number in range(max(held) + 1)
        )
        lowest = min(row, key=lambda heading: heading.bottom)
        like = min(lines, key=lambda line: abs(line.bottom - lowest.bottom))
        rows.append(replace(like, cells=cells, is_row=True))
    return rows


def _raise_uncovered(levels: Sequence[list[_Heading]], columns: Sequence[Column]) -> None:
    """Move a heading with no heading above it into the row above, if that row has a heading on its left.

    If *Revenue* stands over *2024* and nothing stands over *Change* on the right, *Revenue* would otherwise
    seem to cover *Change*, too. A heading moves only if there is a sign that the left heading does not cover
    it: the left heading reaches down to it, or stands exactly over the middle of several columns.
    """
    for row, above in pairwise(levels):
        if any(_UNITS.match(heading.cell.words.text) for heading in row):
            continue
        for heading in sorted(row, key=lambda each: each.columns[0]):
            if any(set(heading.columns) & set(other.columns) for other in above):
                continue
            left = [other for other in above if other.columns[0] < heading.columns[0]]
            nearest = max(left, key=lambda other: other.columns[0], default=None)
            if nearest and (
                nearest.bottom < heading.top
                or (
                    len(nearest.columns) > 1
                    and nearest.shift(columns) < EXACT * (nearest.top - nearest.bottom)
                )
            ):
                row.remove(heading)
                above.append(heading)
