"""Reads a sheet's cells as blocks: its tables, each with its headings, and the lines between them.

Empty rows and columns separate tables, unless the cells after the gap have no headings or labels.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import regex

from index.loaders import merged_cells
from index.loaders.blocks import Block, is_sparse, row, stretches
from index.loaders.merged_cells import parts_of
from index.text.tabular import MAX_CAPTION_CHARACTERS, WORD_TABLE_ROWS

_YEAR = r"(?:19|20)\p{N}{2}"
_HAS_YEAR = regex.compile(
    rf"(?<![\p{{N}}.,])(?:FY|CY|[HQ][1-4]\s?)?{_YEAR}(?!\p{{N}}|[.,]\p{{N}})", regex.IGNORECASE
)
_ALL_FIGURES = regex.compile(r"[^\p{L}]+")
_ONLY_YEARS = regex.compile(
    rf"[(]?{_YEAR}(?:\s*[-/–]\s*(?:{_YEAR}|\p{{N}}{{1,2}}(?:[-/]\p{{N}}{{1,2}})?))?[)*†‡¹²³]*"
    rf"|\p{{N}}{{1,2}}[./]\p{{N}}{{1,2}}[./]{_YEAR}"
)

MAX_PERIOD_CHARACTERS = 60


def is_dated_period(text: str) -> bool:
    """Such as ``2023``, ``2022/23`` or ``January–June 2023``."""
    if len(text) > MAX_PERIOD_CHARACTERS:
        return False
    if _ALL_FIGURES.fullmatch(text):
        return _ONLY_YEARS.fullmatch(text) is not None
    return _HAS_YEAR.search(text) is not None


def period_of_all(
    rows: Sequence[Mapping[int, Cell]], columns: Sequence[int]
) -> tuple[list[str], list[Mapping[int, Cell]]] | None:
    """Return the lines to write above the table, and the other heading rows; None without one.

    The period is alone in the first row, but for a text, mostly the units, over the row names. That moves
    into the next row, or above the table if its place is taken.
    """
    if len(rows) < 2 or len(columns) < 3:
        return None
    stub, (first, second, *others) = columns[0], rows
    labels = [heading for column, heading in first.items() if column != stub]
    beneath = [heading.text for line in (second, *others) for heading in line.values()]
    if len(labels) != 1 or labels[0].width > 1 or not set(columns[1:]) <= set(second):
        return None
    if not is_dated_period(labels[0].text) or any(map(is_dated_period, beneath)):
        return None
    before = {stub: first[stub]} if stub in first else {}
    lines = [heading.text for heading in before.values()] if stub in second else []
    return [*lines, labels[0].text], [before | dict(second), *others]


def spread(rows: Sequence[Mapping[int, Cell]], columns: Sequence[int]) -> list[dict[int, str]]:
    """The first of ``columns`` names the rows; a merged cell covers its columns, else positions decide.

    If empty columns form groups with one heading each, all of them periods, each covers its group. Otherwise,
    each covers the columns up to the next, if one is in the first column after the names, and all are
    periods, or several have the same headings below. In all other cases, each covers only its own column.
    """
    found: list[dict[int, str]] = []
    for place, cells in enumerate(rows):
        written = {column: heading.text for column, heading in cells.items()}
        merged = False
        for at, heading in cells.items():
            for column in columns[bisect_right(columns, at) :] if heading.width > 1 else ():
                if column >= at + heading.width or column in cells:
                    break
                written[column] = heading.text
                merged = True
        below = set[int]().union(*rows[place + 1 :])
        if below and not merged:
            written |= _by_place(written, rows[place + 1 :], [at for at in columns[1:] if at in below])
        found.append(written)
    return found


def _by_place(
    written: Mapping[int, str], below: Sequence[Mapping[int, Cell]], columns: Sequence[int]
) -> dict[int, str]:
    """Empty if the positions do not tell which columns a heading covers."""
    labels = [column for column in columns if column in written]
    if not labels or len(labels) == len(columns):
        return {}
    periods = all(is_dated_period(written[column]) for column in labels)
    groups = runs(columns)
    if periods and len(groups) == len(labels) and all(len(set(labels) & set(group)) == 1 for group in groups):
        return {
            column: written[label] for group, label in zip(groups, labels, strict=True) for column in group
        }
    if labels[0] != columns[0]:
        return {}
    edges = [*labels, columns[-1] + 1]
    reach = [[at for at in columns if start <= at < end] for start, end in pairwise(edges)]
    heads = [[below[0][at].text for at in group if at in below[0]] for group in reach]
    if not periods and (len(labels) < 2 or any(head != heads[0] for head in heads)):
        return {}
    return {column: written[group[0]] for group in reach for column in group}


def runs(columns: Sequence[int]) -> list[list[int]]:
    """1, 2 and 5 give [1, 2] and [5]."""
    return stretches(columns, lambda run, column: column == run[-1] + 1)


MAX_CAPTION_LINES = 3

MAX_GAP_ROWS = 2  # between the headings of a table and its figures
_NOTE = regex.compile(
    r"[(\[]?(?:[a-z]|[0-9]{1,2}|[*†‡]+)[)\]*†‡]\s|[*†‡]|(?:notes?|sources?)\s*(?::|\Z)", regex.IGNORECASE
)
_STOP = regex.compile(r"[.!?;,。！？；]\s*\Z")
_NO_QUANTITY = regex.compile(r"\p{L}")
_BLANK_FIGURE = regex.compile(r"[-–—―.…]+|n\.?/?a\.?|nil", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cell:
    """``figure``: a quantity or a dash for one. Years and dates are none: they name columns and rows."""

    text: str
    figure: bool = False
    width: int = 1
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """``number`` is its place in the sheet; ``cells`` are by column, in order."""

    number: int
    cells: Mapping[int, Cell]

    @property
    def alone(self) -> Cell | None:
        return next(iter(self.cells.values())) if len(self.cells) == 1 else None

    def has_figures(self) -> bool:
        return any(cell.figure for cell in self.cells.values())


def is_written_figure(text: str) -> bool:
    """Or a dash or ``n/a`` in place of one; periods are none."""
    if _BLANK_FIGURE.fullmatch(text):
        return True
    return not _NO_QUANTITY.search(text) and any(map(str.isdigit, text)) and not is_dated_period(text)


def grid_blocks(rows: Sequence[Row]) -> Iterator[Block]:
    """Merged headings are repeated, since a line of text cannot show the extent of a heading."""
    for region in _regions(rows):
        parts = _side_by_side(region)
        for part in parts:
            for table in _regions(part) if len(parts) > 1 else [region]:
                yield from _region_blocks(table)


@dataclass(slots=True)
class _Region:
    """``columns`` and ``has_figures`` are those of the rows with several cells."""

    rows: list[Row] = field(default_factory=list)
    columns: set[int] = field(default_factory=set)
    has_figures: bool = False

    def add(self, run: Sequence[Row]) -> None:
        self.rows += run
        for line in run:
            if line.alone is None:
                self.columns.update(line.cells)
                self.has_figures = self.has_figures or line.has_figures()

    def is_spaced(self, least: int) -> bool:
        """It has at least so many rows, none right below another."""
        return len(self.rows) >= least and all(
            above.number + 1 < below.number for above, below in pairwise(self.rows)
        )


def _regions(rows: Sequence[Row]) -> Iterator[list[Row]]:
    held = _Region()
    for run in stretches(rows, lambda run, line: line.number <= run[-1].number + 1):
        gap = run[0].number - held.rows[-1].number - 1 if held.rows else 0
        if held.rows and not (_continues(held, run, gap) or _is_caption(held.rows, run, gap)):
            yield held.rows
            held = _Region()
        held.add(run)
    if held.rows:
        yield held.rows


def _continues(held: _Region, run: Sequence[Row], gap: int) -> bool:
    """After a table with figures and one empty row, the next row must fill half of the columns.

    Between headings and figures, headings may go on, and the labels or notes of the figures have no heading.
    In a table with an empty row after each, none separates.
    """
    columns = held.columns
    index = next((index for index, line in enumerate(run) if line.alone is None), len(run))
    if not columns or index > 1 or index == len(run) or gap > MAX_GAP_ROWS:
        return False
    first = run[index]
    unheaded = set(first.cells) - columns
    if not held.has_figures:
        if not first.has_figures():
            return len(run) == 1 and not unheaded and min(first.cells) >= min(columns) and held.is_spaced(1)
        unheaded = {at for at in unheaded if first.cells[at].figure}
    if unheaded or not (first.has_figures() or held.is_spaced(3)):
        return False
    if index and (min(run[0].cells) != min(columns) or not _is_short(run[0])):
        return False
    return not held.has_figures or (gap == 1 and (2 * len(first.cells) >= len(columns) or held.is_spaced(3)))


def _is_caption(held: Sequence[Row], run: Sequence[Row], gap: int) -> bool:
    """They are few, short and no notes, and one empty row separates them from the table."""
    return (
        gap == 1
        and len(held) <= MAX_CAPTION_LINES
        and all(line.alone and _is_short(line) and not _NOTE.match(line.alone.text) for line in held)
        and any(line.alone is None for line in run[: MAX_CAPTION_LINES + 1])
    )


def _is_short(line: Row) -> bool:
    text = line.alone.text if line.alone else ""
    return len(text) <= MAX_CAPTION_CHARACTERS and not _STOP.search(text)


def _side_by_side(rows: Sequence[Row]) -> list[list[Row]]:
    several = [line for line in rows if line.alone is None]
    columns = _columns(several)
    if is_sparse(len(several), len(columns), sum(len(line.cells) for line in several)):
        return [list(rows)]
    starts: list[int] = []
    left: list[int] = []
    for run in runs(columns):
        if len(left) > 1 and _stands_alone(run, several):
            starts.append(run[0])
            left = []
        left += run
    if not starts:
        return [list(rows)]
    edges = [0, *starts, max(max(line.cells) for line in rows) + 1]
    parts: list[list[Row]] = []
    for start, end in pairwise(edges):
        kept = [
            (line.number, {at: cell for at, cell in line.cells.items() if start <= at < end}) for line in rows
        ]
        parts.append([Row(number, cells) for number, cells in kept if cells])
    return parts


def _stands_alone(columns: Sequence[int], rows: Sequence[Row]) -> bool:
    """The first column then mostly has words, and gives each row with figures another name."""
    figures = [line for line in rows if any(_is_figure(line, column) for column in columns[1:])]
    names = [line.cells[columns[0]].text for line in figures if columns[0] in line.cells]
    words = [line for line in figures if columns[0] in line.cells and not _is_figure(line, columns[0])]
    return bool(figures) and 2 * len(words) > len(figures) and len(set(names)) == len(names)


def _is_figure(line: Row, column: int) -> bool:
    return column in line.cells and line.cells[column].figure


def _region_blocks(rows: Sequence[Row]) -> Iterator[Block]:
    several = [index for index, line in enumerate(rows) if line.alone is None]
    if not several:
        yield from (Block(line.alone.text) for line in rows if line.alone)
        return
    first, last = several[0], several[-1]
    stub = min(min(rows[index].cells) for index in several)
    while first and _is_heading_alone(rows[first - 1], stub):
        first -= 1
    columns = set[int]().union(*(rows[index].cells for index in several))
    while (
        last + 1 < len(rows)
        and rows[last + 1].number == rows[last].number + 1
        and (columns - {stub}).issuperset(rows[last + 1].cells)
    ):
        last += 1
    captions = first
    while captions and first - captions < MAX_CAPTION_LINES and _is_short(rows[captions - 1]):
        captions -= 1
    group = object()
    for index, line in enumerate(rows[:first]):
        yield Block(line.alone.text if line.alone else "", group if index >= captions else None)
    yield from table_blocks(rows[first : last + 1], group)
    yield from (Block(line.alone.text) for line in rows[last + 1 :] if line.alone)


def _is_heading_alone(line: Row, stub: int) -> bool:
    """``stub``, the first column of the table, names the rows."""
    cell = line.alone
    return cell is not None and min(line.cells) > stub and (cell.width > 1 or is_dated_period(cell.text))


def table_blocks(rows: Sequence[Row], group: object) -> Iterator[Block]:
    """A heading is repeated in every column that it covers; ``group`` stands for this table alone."""
    columns = _columns(rows)
    if is_sparse(len(rows), len(columns), sum(len(line.cells) for line in rows)):
        yield from (Block(row(cell.text for cell in line.cells.values()), group) for line in rows)
        return
    headings = next((index for index, line in enumerate(rows) if line.has_figures()), WORD_TABLE_ROWS)
    headings = headings if headings < WORD_TABLE_ROWS else 1  # a table of words alone
    for part in parts_of([list(_extents(line)) for line in rows], headings, columns[0] + 1):
        yield from _part_blocks([rows[number] for number in part.headings], columns, group)
        for number in part.rows:
            cells = rows[number].cells
            yield Block(row(cells[at].text if at in cells else "" for at in columns), group)
        group = object()


def _part_blocks(headings: Sequence[Row], columns: Sequence[int], group: object) -> Iterator[Block]:
    heads = [line.cells for line in headings]
    whole = period_of_all(heads, columns)
    if whole is not None:
        above, heads = whole
        yield from (Block(line, group) for line in above)
    for cells in spread(heads, columns):
        yield Block(row(cells.get(column, "") for column in columns), group)


def _extents(line: Row) -> Iterator[merged_cells.Cell]:
    for at, cell in line.cells.items():
        yield merged_cells.Cell(cell.text, at, at + cell.width, is_bold=cell.is_bold)


def _columns(rows: Iterable[Row]) -> list[int]:
    return sorted(set[int]().union(*(line.cells for line in rows)))
