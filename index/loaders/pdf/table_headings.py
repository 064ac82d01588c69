"""Finds the headings above a table, whose lines may be apart in the file, and puts them into rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import NamedTuple

import regex

from index.loaders.blocks import stretches
from index.loaders.pdf.table_grid import (
    Atom,
    Column,
    atoms,
    filled,
    has_quantity,
    joined_atoms,
    placed,
    text_of,
)
from index.loaders.pdf.text import Cell, Line

MAX_LINES = 40  # of headings above the first row, counting the names of groups of rows
MAX_HEIGHT = 9.0  # line heights from a heading to the first row
TIGHT = 1.6  # line heights between two lines of one heading
STEP = 2.5  # line heights between a heading and the line below it
MAX_OVERLAP = 0.3  # share of a line's height that overlaps the height of the line above it
MAX_LEDGE = 8.0  # line heights by which a heading may begin to the left of the columns of figures
MAX_SHIFT = 1.5  # line heights between the middle of a heading and the middle of its columns
EXACT = 0.5  # heights of the heading between two edges or middles that count as aligned
# A heading that often stands over several columns: a period, or the units.
_PERIOD = regex.compile(
    r"\b(?:months?|weeks?|quarters?|years?|ended|ending|as of|fiscal|half|jan\w*|feb\w*|mar\w*|apr\w*|may"
    r"|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*)\b|\A\W*(?:in|dollars in)\b|\A\(?unaudited",
    regex.IGNORECASE,
)
_UNITS = regex.compile(r"\((?:\p{L}+ ){0,3}in (?:thousand|million|billion|[A-Z$€£])", regex.IGNORECASE)
_CAPTION = regex.compile(r"(?:table|figure|chart|box)\s+[\p{N}.]*\p{N}", regex.IGNORECASE)
_SENTENCE = regex.compile(r"(?:\p{Ll}\p{Ll}|\p{N})[.!?]\s*$")
MIN_INDENT = 0.25  # line heights between the left edges of two levels
MAX_LEVELS = 8  # labels with more left edges are centred rather than indented


@dataclass(slots=True)
class _Heading:
    """The bounds are in points."""

    columns: tuple[int, ...]
    cell: Cell
    bottom: float
    top: float

    def add(self, cell: Cell, bottom: float) -> None:
        self.cell = self.cell.followed_by(cell)
        self.bottom = min(self.bottom, bottom)

    def shift(self, columns: Sequence[Column]) -> float:
        """From the heading's middle to the middle of its columns, in points."""
        left, right = columns[self.columns[0]].left, columns[self.columns[-1]].right
        return abs(left + right - self.cell.left - self.cell.right) / 2


class _HeadingPart(NamedTuple):
    """``columns`` are those under its words."""

    atom: Atom
    columns: tuple[int, ...]
    line: Line

    def is_beside(self, other: _HeadingPart) -> bool:
        return self.line.shared_height(other.line) > 0.5 * other.line.height

    def is_aligned(self, other: _HeadingPart) -> bool:
        """By a left edge, a right edge or a middle."""
        left, right = self.atom.left - other.atom.left, self.atom.right - other.atom.right
        return min(abs(left), abs(right), abs(left + right) / 2) < EXACT * self.line.height

    def overlaps(self, other: _HeadingPart) -> bool:
        """Horizontally; their heights do not matter."""
        return min(self.atom.right, other.atom.right) > max(self.atom.left, other.atom.left)


def headings_above(lines: Sequence[Line], first: Line, columns: Sequence[Column]) -> tuple[int, int]:
    """Count headings at the end of ``lines``, and lines between them and the rows that name row groups."""
    right = max(column.right for column in columns)
    over = [column for column in columns[1:] if column.has_figures] or list(columns[1:])
    edge = min(column.left for column in over)
    found: list[Line] = []
    for index in range(len(lines) - 1, max(len(lines) - MAX_LINES, 0) - 1, -1):
        line = lines[index]
        above = line.bottom - first.bottom
        # A line may have the units over the labels, and beside them a heading over the figures.
        has_units = line.is_row and _UNITS.match(line.text) is not None and not has_quantity(atoms(line))
        if (
            (line.is_row and not has_units)
            or not 0.3 * line.height < above < MAX_HEIGHT * line.height
            or (line.right > right + 4 * line.height and not _is_over_last(line, columns))
            or (not has_units and line.right > edge + line.height and _is_caption(line, lines, columns, edge))
            or (index and _continues_caption(lines[index - 1], line, right))
            or ends_like_sentence(line)
        ):
            break
        found.append(line)
    count = -1
    while count != len(found):
        count = len(found)
        top = _top(found, first, edge)
        found = found[: next((place for place, line in enumerate(found) if line.bottom >= top), count)]
    lowest = min((line.bottom for line in found if line.right > edge), default=first.top)
    names = takewhile(
        lambda line: line.right <= edge and line.top < lowest + MAX_OVERLAP * line.height, found
    )
    named = len(list(names))
    return len(found) - named, named


def ends_like_sentence(line: Line) -> bool:
    """A colon or an abbreviation's full stop does not count."""
    return _SENTENCE.search(line.text) is not None


def _top(lines: Sequence[Line], first: Line, edge: float) -> float:
    """In points. A line over the labels counts only if one over the figures, past ``edge``, is as high."""
    level, top = first.top, first.top
    for line in sorted(lines, key=lambda line: line.bottom):
        if line.bottom - level > (STEP - 1) * line.height:
            break
        level = max(level, line.top)
        if line.right > edge:
            top = max(top, line.top)
    return top


def _is_caption(line: Line, lines: Sequence[Line], columns: Sequence[Column], edge: float) -> bool:
    """It stands over the whole table, not just over the figures, to the right of ``edge``."""
    labels = columns[0]
    if line.left < max(edge - MAX_LEDGE * line.height, labels.left + 2 * line.height):
        return True
    middle, right = (line.left + line.right) / 2, max(column.right for column in columns)
    if middle < edge:
        return True
    over_all, over_figures = (abs((left + right) / 2 - middle) for left in (labels.left, edge))
    is_alone = len(line.cells) == 1 and not any(
        line.shared_height(other) > 0.5 * line.height for other in lines if other is not line
    )
    return is_alone and over_all <= MAX_SHIFT * line.height < over_figures


def _is_over_last(line: Line, columns: Sequence[Column]) -> bool:
    """It stands over its middle, and over no other column."""
    *others, last = columns
    return line.left > others[-1].right and last.left <= (line.left + line.right) / 2 <= last.right


def _continues_caption(above: Line, line: Line, right: float) -> bool:
    """The line above is full; ``line`` may be indented by the width of the caption's number."""
    step = above.bottom - line.bottom
    is_full = above.right + line.first_word + line.height > right
    return _CAPTION.match(above.text) is not None and 0 < step < TIGHT * line.height and is_full


def header_rows(lines: Sequence[Line], columns: Sequence[Column]) -> list[Line]:
    """From the top. A heading over several columns is a cell of the first, above single columns.

    Lines are joined if they are written cell by cell, else split by column.
    """
    parts = [
        _HeadingPart(atom, covered, line)
        for line in lines
        for atom, covered in placed(atoms(line), line.height, columns)
    ]
    by_cell = is_by_cell(lines)
    headings: list[_Heading] = []
    for stack in stretches(parts, lambda stack, part: by_cell and _is_next_line(stack[-1], part, parts)):
        new, height = _heading(stack, parts, columns), stack[0].line.height
        before = next((each for each in reversed(headings) if _is_one(each, new, height)), None)
        if before is None:
            headings.append(new)
        else:
            before.add(new.cell, new.bottom)
    return _rows(headings, lines, columns)


def is_by_cell(lines: Sequence[Line]) -> bool:
    """Some line then stands higher than the line before it."""
    return any(after.bottom - before.bottom > 0.3 * after.height for before, after in pairwise(lines))


def _is_next_line(above: _HeadingPart, below: _HeadingPart, parts: Sequence[_HeadingPart]) -> bool:
    """They are aligned and close, and no other part is between."""
    step = above.line.bottom - below.line.bottom
    return (
        0.3 * below.line.height < step < TIGHT * below.line.height
        and above.is_aligned(below)
        and _UNITS.match(text_of(below.atom)) is None
        and [part for part in parts if part.is_beside(below) and part.overlaps(above)] == [below]
        and [part for part in parts if part.is_beside(above) and part.overlaps(below)] == [above]
    )


def _heading(
    stack: Sequence[_HeadingPart], parts: Sequence[_HeadingPart], columns: Sequence[Column]
) -> _Heading:
    """``stack`` is one heading, from the top; ``parts`` has the lines of all headings."""
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
    """``bounds`` are x coordinates halfway to the next headings; ``wide`` headings may cover several."""
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
    """They are its lines, or parts of one line."""
    text = below.cell.words.text
    if (below.columns[0] == 0 and not text[:1].islower()) or _UNITS.match(text):
        return False
    return above.columns == below.columns and -0.5 * height < above.bottom - below.bottom < TIGHT * height


def _rows(headings: Sequence[_Heading], lines: Sequence[Line], columns: Sequence[Column]) -> list[Line]:
    """A heading goes into the lowest row above all headings that are below it in the same columns."""
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
        cells = filled({heading.columns[0]: heading.cell for heading in row}, columns)
        lowest = min(heading.bottom for heading in row)
        like = min(lines, key=lambda line: abs(line.bottom - lowest))
        rows.append(replace(like, cells=tuple(cells), is_row=True))
    return rows


def _raise_uncovered(levels: Sequence[list[_Heading]], columns: Sequence[Column]) -> None:
    """*Revenue* over *2024* seems to cover *Change* on its right, if nothing stands over that.

    *Change* moves only if *Revenue* reaches down to its height, or is exactly over the middle of several
    others. The rows in ``levels``, the lowest first, change in place.
    """
    for row, above in pairwise(levels):
        if any(_UNITS.match(heading.cell.words.text) for heading in row):
            continue
        for heading in sorted(row, key=lambda each: each.columns[0]):
            if any(set(heading.columns) & set(other.columns) for other in above):
                continue
            left = [other for other in above if other.columns[0] < heading.columns[0]]
            nearest = max(left, key=lambda other: other.columns[0], default=None)
            if nearest is None:
                continue
            is_exact = nearest.shift(columns) < EXACT * (nearest.top - nearest.bottom)
            if nearest.bottom < heading.top or (len(nearest.columns) > 1 and is_exact):
                row.remove(heading)
                above.append(heading)


def with_levels(rows: Sequence[Line]) -> list[Line]:
    """By the left edges of labels; under a bold name of a group, labels at its edge are one deeper."""
    labelled = [row for row in rows if row.cells[0].words.text.strip()]
    lefts = sorted(row.left for row in labelled)
    least = MIN_INDENT * max((row.height for row in labelled), default=0.0)
    # Edges close to each other count as the leftmost.
    edges = lefts[:1] + [right for left, right in pairwise(lefts) if right - left > least]
    if len(edges) > MAX_LEVELS:
        return list(rows)
    places = {id(row): sum(row.left >= edge for edge in edges) for row in labelled}
    weighted = {
        place
        for place in set(places.values())
        if len({row.bold[0] for row in labelled if places[id(row)] == place}) > 1
        and any(_is_name(row) and row.bold[0] for row in labelled if places[id(row)] == place)
    }
    keys = {id(row): (places[id(row)], places[id(row)] in weighted and not row.bold[0]) for row in labelled}
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys.values())))}
    return [replace(row, level=ranks[keys[id(row)]]) if id(row) in keys else row for row in rows]


def _is_name(row: Line) -> bool:
    return not any(cell.words.text.strip() for cell in row.cells[1:])
