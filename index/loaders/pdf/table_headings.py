"""Finds the headings above a table, whose lines may be apart in the file, and puts them into rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import NamedTuple

import regex

from index.loaders.pdf.rules import NEAR, Rule
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
from index.text.tabular import is_period

MAX_LINES = 40  # of headings above the first row, counting the names of groups of rows
MAX_HEIGHT = 9.0  # line heights from a heading to the first row
TIGHT = 1.6  # line heights between two lines of one heading
GAP = 1.5  # line heights between two headings, one above the other
ROW_GAP = 3.5  # line heights below several headings that stand side by side
FIRST_GAP = 1.9  # line heights between the lowest heading and the first row
MAX_OVERLAP = 0.3  # share of a line's height that overlaps the height of the line above it
MAX_LEDGE = 8.0  # line heights by which a heading may begin to the left of the columns of figures
MAX_EXCESS = 6.0  # line heights by which a heading may end to the right of the last column
MAX_SHIFT = 1.5  # line heights between the middle of a heading and the middle of its columns
UNDER = 1.0  # line heights from a heading down to its rule
EXACT = 0.5  # heights of the heading between two edges or middles that count as aligned
_UNITS = regex.compile(r"\((?:\p{L}+ ){0,3}in (?:thousand|million|billion|[A-Z$€£])", regex.IGNORECASE)
_CAPTION = regex.compile(r"(?:table|figure|chart|box)\s+\p{L}{0,3}[\p{N}.]*\p{N}", regex.IGNORECASE)
_SENTENCE = regex.compile(r"(?:\p{Ll}\p{Ll}|\p{N})[.!?]\s*$")
MIN_INDENT = 0.25  # line heights between the left edges of two levels
MAX_LEVELS = 8  # labels with more left edges are centred rather than indented


@dataclass(slots=True)
class _Heading:
    """The bounds are in points; ``height`` is a line's."""

    columns: tuple[int, ...]
    cell: Cell
    bottom: float
    top: float
    height: float
    is_ruled: bool = False

    def add(self, below: _Heading) -> None:
        self.cell = self.cell.followed_by(below.cell)
        self.bottom = min(self.bottom, below.bottom)

    def is_beside(self, other: _Heading) -> bool:
        shared = min(self.top, other.top) - max(self.bottom, other.bottom)
        return other is not self and shared > 0.5 * min(self.height, other.height)

    def is_above(self, other: _Heading) -> bool:
        return other is not self and self.bottom > other.top - 0.5 * min(self.height, other.height)


class _HeadingPart(NamedTuple):
    """``columns`` are those under its words, or those under the rule that is drawn below them."""

    atom: Atom
    columns: tuple[int, ...]
    line: Line
    is_ruled: bool = False

    def is_beside(self, other: _HeadingPart) -> bool:
        return self.line.shared_height(other.line) > 0.5 * other.line.height

    def overlaps(self, other: _HeadingPart) -> bool:
        """Horizontally; their heights do not matter."""
        return min(self.atom.right, other.atom.right) > max(self.atom.left, other.atom.left)


def headings_above(lines: Sequence[Line], first: Line, columns: Sequence[Column]) -> tuple[int, int]:
    """Count headings at the end of ``lines``, and lines between them and the rows that name row groups."""
    right = max(column.right for column in columns)
    over = [column for column in columns[1:] if column.has_figures] or list(columns[1:])
    edge = min(column.left for column in over)
    found: list[Line] = []
    has_figures = any(column.has_figures for column in columns)
    for index in range(len(lines) - 1, max(len(lines) - MAX_LINES, 0) - 1, -1):
        line = lines[index]
        above = line.bottom - first.bottom
        lowest = -0.3 if line.right < first.left else 0.3  # the heading of the labels stands beside others
        if (
            (line.is_row and not (has_figures and _is_heading_row(lines, index)))
            or not lowest * line.height < above < MAX_HEIGHT * line.height
            or (line.right > right + MAX_EXCESS * first.height and not _is_over_last(line, columns))
            or (
                not line.is_row
                and line.right > edge + line.height
                and not any(_is_stacked(line, below, edge) for below in [*found, first])
                and _is_caption(line, lines, columns, edge)
            )
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


def _is_heading_row(lines: Sequence[Line], place: int) -> bool:
    """It is in a table without quantities, as headings are that stand apart from theirs."""
    start, end = place, place + 1
    while start and lines[start - 1].is_row and not lines[start].begins_table:
        start -= 1
    while end < len(lines) and lines[end].is_row and not lines[end].begins_table:
        end += 1
    return end - start <= MAX_LINES and not any(has_quantity(atoms(line)) for line in lines[start:end])


def ends_like_sentence(line: Line) -> bool:
    """A colon or an abbreviation's full stop does not count."""
    return _SENTENCE.search(line.text) is not None


def _top(lines: Sequence[Line], first: Line, edge: float) -> float:
    """In points. A line over the labels counts only if one over the figures, past ``edge``, is as high."""
    level, top = first.top, first.top
    for line in sorted(lines, key=lambda line: line.bottom):
        gap = FIRST_GAP * max(line.height, first.height) if top == first.top else GAP * line.height
        if line.bottom - level > (ROW_GAP * line.height if line.is_row and line.right > edge else gap):
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
    if middle - labels.right < edge - middle:
        return True
    over_all, over_figures = (abs((left + right) / 2 - middle) for left in (labels.left, edge))
    is_alone = len(line.cells) == 1 and not any(
        line.shared_height(other) > 0.5 * line.height for other in lines if other is not line
    )
    return is_alone and over_all <= MAX_SHIFT * line.height < over_figures


def _is_stacked(line: Line, below: Line, edge: float) -> bool:
    """They may be two lines of one heading over figures, which stand to the right of ``edge``."""
    step = line.bottom - below.bottom
    return 0.3 * line.height < step < TIGHT * line.height and any(
        min(abs(line.right - cell.right), abs(line.left + line.right - cell.left - cell.right) / 2)
        < EXACT * line.height
        for cell in below.cells
        if cell.right > edge
    )


def _is_aligned(one: Atom, other: Atom, height: float) -> bool:
    """By a left edge, a right edge or a middle."""
    left, right = one.left - other.left, one.right - other.right
    return min(abs(left), abs(right), abs(left + right) / 2) < EXACT * height


def _is_over_last(line: Line, columns: Sequence[Column]) -> bool:
    """It stands over its middle, and over no other column."""
    *others, last = columns
    return line.left > others[-1].right and last.left <= (line.left + line.right) / 2 <= last.right


def _continues_caption(above: Line, line: Line, right: float) -> bool:
    """The line above is full; ``line`` may be indented by the width of the caption's number."""
    step = above.bottom - line.bottom
    is_full = above.right + line.first_word + line.height > right
    return _CAPTION.match(above.text) is not None and 0 < step < TIGHT * line.height and is_full


def header_rows(lines: Sequence[Line], columns: Sequence[Column], rules: Sequence[Rule] = ()) -> list[Line]:
    """From the top. One over several columns is in the first, or in each if only that shows its extent.

    ``rules`` are the horizontal ones of the page.
    """
    parts = [
        _HeadingPart(atom, covered, line)
        for line in sorted(lines, key=lambda line: -line.bottom)
        for atom, covered in placed(atoms(line), line.height, columns, are_headings=True)
    ]
    parts = [_ruled(part, parts, columns, rules) for part in parts]
    headings = _stacked(parts)
    found: list[_Heading] = []
    for heading in sorted(headings, key=lambda each: each.bottom):
        heading.columns = _span(heading, headings, columns)
        found.append(heading)
    joined: list[_Heading] = []
    for heading in reversed(found):
        before = next((each for each in reversed(joined) if _is_one(each, heading)), None)
        if before is None:
            joined.append(heading)
        else:
            before.add(heading)
    return _rows(joined, lines, columns)


def _ruled(
    part: _HeadingPart, parts: Sequence[_HeadingPart], columns: Sequence[Column], rules: Sequence[Rule]
) -> _HeadingPart:
    """The rule is wider than its words, but reaches no label and no other heading beside it."""
    atom, line = part.atom, part.line
    for rule in rules:
        if (
            part.columns[0] == 0
            or not -UNDER * line.height < rule.at - line.bottom < EXACT * line.height
            or not (rule.start <= atom.left + NEAR and atom.right - NEAR <= rule.end)
            or rule.end - rule.start < atom.right - atom.left + 2 * NEAR
        ):
            continue
        span = tuple(
            number
            for number, column in enumerate(columns)
            if rule.start <= (column.left + column.right) / 2 <= rule.end
        )
        is_shared = any(
            other is not part
            and other.is_beside(part)
            and min(other.atom.right, rule.end) - max(other.atom.left, rule.start) > NEAR
            for other in parts
        )
        if span and span[0] and not is_shared:
            return part._replace(columns=span, is_ruled=True)
    return part


def is_by_cell(lines: Sequence[Line]) -> bool:
    """Some line then stands higher than the line before it."""
    return any(after.bottom - before.bottom > 0.3 * after.height for before, after in pairwise(lines))


def _stacked(parts: Sequence[_HeadingPart]) -> list[_Heading]:
    """``parts`` are from the top; lines of one heading are joined."""
    found: list[_Heading] = []
    stacks: list[tuple[_HeadingPart, _Heading]] = []
    for part in parts:
        line = part.line
        new = _Heading(
            part.columns, joined_atoms([part.atom]), line.bottom, line.top, line.height, part.is_ruled
        )
        place = next((at for at, (last, _) in enumerate(stacks) if _is_next_line(last, part, parts)), None)
        if place is None:
            found.append(new)
            stacks.append((part, new))
        else:
            heading = stacks[place][1]
            heading.add(new)
            heading.columns = tuple(sorted({*(() if new.is_ruled else heading.columns), *new.columns}))
            heading.is_ruled = new.is_ruled
            stacks[place] = (part, heading)
    return found


def _is_next_line(above: _HeadingPart, below: _HeadingPart, parts: Sequence[_HeadingPart]) -> bool:
    """They are aligned and close, and no other part is between. One above several periods heads them all."""
    step = above.line.bottom - below.line.bottom
    if (
        above.is_ruled
        or not 0.3 * below.line.height < step < TIGHT * below.line.height
        or not _is_aligned(above.atom, below.atom, above.line.height)
    ):
        return False
    lower = [part for part in parts if part.is_beside(below)]
    upper = [part for part in parts if part.is_beside(above)]
    periods = sum(is_period(text_of(part.atom)) for part in lower)
    return (
        _UNITS.match(text_of(below.atom)) is None
        and [part for part in lower if part.overlaps(above)] == [below]
        and [part for part in upper if part.overlaps(below)] == [above]
        and not (periods > 1 and is_period(text_of(below.atom)) and len(upper) < periods)
    )


def _span(heading: _Heading, headings: Sequence[_Heading], columns: Sequence[Column]) -> tuple[int, ...]:
    """The most columns over whose middle, or that of their own headings, it stands, with no other beside it.

    The headings below have their columns already.
    """
    covered = heading.columns
    if covered[0] == 0 or heading.is_ruled:
        return covered
    beside = [other for other in headings if heading.is_beside(other)]
    below = [other for other in headings if heading.is_above(other) and other.columns[0]]
    edges = [(other.cell.left, other.cell.right) for other in beside]
    before = max((right for _, right in edges if right <= heading.cell.left), default=-1e6)
    after = min((left for left, _ in edges if left >= heading.cell.right), default=1e6)
    least = (before + heading.cell.left) / 2 - heading.height
    most = (after + heading.cell.right) / 2 + heading.height
    taken = {number for other in beside for number in other.columns}
    middle = (heading.cell.left + heading.cell.right) / 2
    best = covered
    is_inside = len(covered) == 1 and columns[covered[0]].distance(heading.cell) <= 0.5 * heading.height
    if is_inside and beside and not any(covered[0] in other.columns for other in below):
        return covered
    for start in range(1, covered[0] + 1):
        for end in range(covered[-1], len(columns)):
            span = range(start, end + 1)
            own = [other for other in below if set(other.columns) & set(span)]
            is_cut = any(not set(other.columns) <= set(span) for other in own)
            if len(span) < len(best) or is_cut or taken & set(span) - set(covered):
                continue
            edges = [(columns[start].left, columns[end].right)]
            if own:
                edges.append((min(other.cell.left for other in own), max(other.cell.right for other in own)))
            shifts = [
                abs((left + right) / 2 - middle) for left, right in edges if least <= left and right <= most
            ]
            if min(shifts, default=1e6) <= MAX_SHIFT * heading.height:
                best = tuple(span)
    return best


def _is_one(above: _Heading, below: _Heading) -> bool:
    """They are its lines, or parts of one line."""
    text = below.cell.words.text
    if above.is_ruled or (below.columns[0] == 0 and not text[:1].islower()) or _UNITS.match(text):
        return False
    step = above.bottom - below.bottom
    return above.columns == below.columns and -0.5 * above.height < step < TIGHT * above.height


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
    _raise_whole(levels)
    rows = []
    for row, cells in zip(reversed(levels), _cells(levels[::-1], columns), strict=True):
        lowest = min(heading.bottom for heading in row)
        like = min(lines, key=lambda line: abs(line.bottom - lowest))
        rows.append(replace(like, cells=tuple(filled(cells, columns)), is_row=True))
    return rows


def _raise_whole(levels: list[list[_Heading]]) -> None:
    """What heads all columns comes first. ``levels`` are from the lowest, and change in place."""
    every = {number for row in levels for heading in row for number in heading.columns if number}
    lowest = levels[0] if len(levels) > 1 and len(every) > 1 else []
    whole = next((each for each in lowest if every <= set(each.columns)), None)
    if whole is None:
        return
    labels = [heading for heading in levels[0] if heading is not whole]
    if labels and any(heading.columns[0] == 0 for heading in levels[1]):
        return
    levels[1] += labels
    levels.append([whole])
    del levels[0]


def _cells(levels: Sequence[Sequence[_Heading]], columns: Sequence[Column]) -> list[dict[int, Cell]]:
    """Of the rows of ``levels``, the highest first, by column.

    A reader takes an empty cell of all but the last row for a part of the heading to its left. So where that
    is wrong, the heading below stands there, too, or the one to the left is repeated in its own columns.
    """
    rows = [
        {number: each for each in row for number in (each.columns if each.columns[0] else each.columns[:1])}
        for row in levels
    ]
    last = len(rows) - 1
    for place in range(last):
        for number in sorted({number for row in rows for number in row if number}):
            is_covered = number in rows[place]
            inherits = any(other and other < number for other in rows[place])
            if is_covered or not inherits:
                continue
            lower = next((at for at in range(place + 1, last + 1) if number in rows[at]), None)
            if lower is not None:
                rows[place][number] = rows[lower][number]
                if lower == last:
                    del rows[last][number]
    found = []
    for place, row in enumerate(rows):
        is_repeated = place == last and last > 0
        cells = {}
        for number, heading in row.items():
            following = heading.columns[-1] + 1
            is_needed = is_repeated or (following not in row and any(following in other for other in rows))
            if number == heading.columns[0] or (is_needed and columns[number].has_figures):
                cells[number] = heading.cell
        found.append(cells)
    return found


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
