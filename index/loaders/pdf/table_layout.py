"""Puts the words of a page's tables into rows and columns, by their alignment.

A PDF has no tables, only words at places. All rows together show the columns: atoms (a figure with its signs,
or a stretch of words) above each other form one; an atom over two of another row spans them, and goes to the
first. A column without an atom gets an empty cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

import regex

from index.loaders.equations import superscript
from index.loaders.pdf.table_grid import (
    Atom,
    Column,
    atoms,
    cells_of,
    find_columns,
    has_quantity,
    joined_atoms,
    text_of,
)
from index.loaders.pdf.table_headings import (
    MAX_HEIGHT,
    MIN_INDENT,
    ends_like_sentence,
    header_rows,
    headings_above,
    is_by_cell,
    with_levels,
)
from index.loaders.pdf.text import Cell, Line, Placed, unplaced
from index.text.tabular import MAX_LABELS, is_period, is_quantity

MAX_APART = 20  # lines between headings and the first row of their table, which may be in any order
MAX_STEP = 3.0  # line heights between two rows of a table
MAX_ATOMS = 2_000  # a larger table is not arranged: the search for columns takes quadratic time
TIGHT = 1.5  # line heights between two lines of one cell
# The end of a label that continues in the next line.
_UNFINISHED = regex.compile(
    r"(?:[,;/&–—-]|\b(?:an?|and|as|at|by|for|from|in|of|on|or|per|than|the|to|with))\s*\Z", regex.IGNORECASE
)
_LOWER = regex.compile(r"[(“\"]?\p{Ll}")
MAX_WORD_GAP = 1.5  # line heights; a wider gap may separate cells: justified text seldom has it
SURE_GAP = 4.0  # line heights; a wider gap separates cells even if the adjacent lines have none there
SURE_GAPS = 3  # a line with as many gaps is always a row
MIN_WORD_GAP = 0.12  # line heights; a gap no wider between two pieces is inside a word
SCRIPT_RATIO = 0.85  # a piece smaller than this share of its line's height may be a superscript or subscript
# A piece that is only a bullet, or only the number of an item or heading.
_LABEL = regex.compile(r"[•●○◦▪■□‣∙·➢✓*–—-]|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+\.?")
_PROSE = regex.compile(r"\P{N}*\p{L}")


def lines(pieces: Iterable[Line]) -> list[Line]:
    """``pieces`` are in reading order."""
    joined: list[Line] = []
    for piece in pieces:
        line = replace(piece, cells=_wide_cells(piece))
        if joined and _continues_line(joined[-1], line):
            joined[-1] = _together(joined[-1], line)
        else:
            joined.append(line)
    return _with_tables(
        [
            replace(line, is_row=True) if _is_row(line, joined[max(number - 1, 0) : number + 2]) else line
            for number, line in enumerate(joined)
        ]
    )


def _wide_cells(piece: Line) -> tuple[Cell, ...]:
    cells = [piece.cells[0]]
    for cell in piece.cells[1:]:
        last = cells[-1]
        if cell.left - last.right > MAX_WORD_GAP * piece.height:
            cells.append(cell)
        else:
            words = last.words.cut(0, len(last.words.text.rstrip())) + unplaced(" ") + cell.words
            cells[-1] = Cell(words, last.left, cell.right, last.first_word)
    return tuple(cells)


def _continues_line(line: Line, following: Line) -> bool:
    """It may be a superscript or subscript."""
    overlap = line.shared_height(following)
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
        words = end.words.cut(0, len(end.words.text.rstrip())) + unplaced(between) + start.words
        one = Cell(words, end.left, max(end.right, start.right), end.first_word)
        cells = (*line.cells[:-1], one, *following.cells[1:])
    resumes = None
    if _is_script(following, line):
        resumes = line.right if line.resumes is None else line.resumes
    return Line(cells, taller.bottom, taller.top, (line.bold[0], following.bold[1]), resumes=resumes)


def _raised(piece: Line, line: Line) -> Line:
    """A small number that is raised beside ``line`` becomes a superscript."""
    cell = piece.cells[0]
    is_raised = _is_script(piece, line) and piece.top > line.top - 0.15 * line.height
    if len(piece.cells) > 1 or not is_raised or not cell.words.text.strip().isdecimal():
        return piece
    words = Placed(superscript(cell.words.text), cell.words.boxes)
    return replace(piece, cells=(replace(cell, words=words),))


def _is_row(line: Line, neighbours: Sequence[Line]) -> bool:
    """It has many gaps, a wide one, or one close to a neighbour's gap. A list item is never a row."""
    first, *others = line.cells
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
    return [(before.right, cell.left) for before, cell in pairwise(line.cells)]


def _with_tables(lines: Sequence[Line]) -> list[Line]:
    """``lines`` are in reading order; ``Line.is_row`` tells which have the gaps of a table's row."""
    lines = _without_heading_rows(_headings_first(lines))
    read: list[Line] = []
    place = 0
    above: Sequence[Column] = ()
    while place < len(lines):
        if not lines[place].is_row:
            read.append(lines[place])
            place += 1
            above = ()
            continue
        end = _end(lines, place)
        table = list(lines[place:end])
        rows = [atoms(line) for line in table]
        is_arranged = sum(map(len, rows)) <= MAX_ATOMS and not _are_headings(table, rows, lines[end:])
        columns = find_columns(rows) if is_arranged else []
        begins = not (has_quantity(rows[0]) and _are_same(above, columns, table[0].height))
        above = columns
        if len(columns) > 1:
            table = _arranged(table, rows, columns, read)
        else:
            table = [
                replace(line, cells=tuple(joined_atoms([atom]) for atom in row)) if line.is_row else line
                for line, row in zip(table, rows, strict=True)
            ]
        read += [replace(table[0], begins_table=begins), *table[1:]]
        place = end
    return read


def _are_same(above: Sequence[Column], columns: Sequence[Column], height: float) -> bool:
    """Only a gap is then between two parts of a table, which have the same headings."""
    return len(above) == len(columns) > 1 and all(
        min(abs(one.left - other.left), abs(one.right - other.right)) < height
        for one, other in zip(above[1:], columns[1:], strict=True)
    )


def _are_headings(table: Sequence[Line], rows: Sequence[Sequence[Atom]], below: Sequence[Line]) -> bool:
    """They stand apart from the table that they head, and may be only some of its headings."""
    if any(map(has_quantity, rows)):
        return False
    line = next((line for line in below[:MAX_APART] if line.is_row and has_quantity(atoms(line))), None)
    return line is not None and 0 < table[-1].bottom - line.bottom < MAX_HEIGHT * line.height


def _headings_first(lines: Sequence[Line]) -> list[Line]:
    """Some files have the headings after the rows."""
    kept: list[Line] = []
    first: int | None = None
    for line in lines:
        if first is not None and _may_be_heading(line, kept[first]):
            kept.insert(first, line)
            first += 1
            continue
        if not line.is_row:
            first = None
        elif first is None:
            first = len(kept)
        kept.append(line)
    return kept


def _without_heading_rows(lines: Sequence[Line]) -> list[Line]:
    """A heading's last line may stand beside the first line of the next, and so look like a row."""
    kept = list(lines)
    for place, line in enumerate(lines):
        if not line.is_row or not has_quantity(atoms(line)):
            continue
        last = place
        while last and place - last < MAX_LABELS and _is_name(lines[last - 1], line):
            last -= 1
        first = last
        while first and _may_be_heading(lines[first - 1], line):
            first -= 1
        if is_by_cell(lines[first:last]):
            kept[first:last] = [replace(heading, is_row=False) for heading in lines[first:last]]
    return kept


def _is_name(line: Line, first: Line) -> bool:
    """It stands over the row's label but not its figures."""
    return (
        not line.is_row
        and 0.3 * line.height < line.bottom - first.bottom < MAX_STEP * MAX_LABELS * line.height
        and line.right < first.cells[1].left
        and line.left <= first.left + 2 * first.height
        and not ends_like_sentence(line)
    )


def _may_be_heading(line: Line, first: Line) -> bool:
    """It stands over the row's figures, and has no quantity itself."""
    above = line.bottom - first.bottom
    return (
        0.3 * line.height < above < MAX_HEIGHT * line.height
        and line.left > first.left + 2 * first.height
        and line.right < first.right + 4 * first.height
        and not any(atom.is_figure and is_quantity(text_of(atom)) for atom in atoms(line))
        and not ends_like_sentence(line)
    )


def _end(lines: Sequence[Line], first: int) -> int:
    """Labels may be between its rows."""
    end = first + 1
    left, right = lines[first].left, lines[first].right
    figures_above = _figures(atoms(lines[first]))
    while (row := _next_row(lines, end)) is not None:
        new, words = lines[row], atoms(lines[row])
        left, right = min(left, new.left), max(right, new.right)
        figures = min(new.cells[1].left, lines[end - 1].cells[1].left)
        begins = _begins_part(words, figures_above, new.height)
        is_apart = not all(_is_label(line, left, right, figures) for line in lines[end:row])
        if begins or is_apart:
            break
        figures_above = _figures(words) or figures_above
        end = row + 1
    return end


def _figures(row: Sequence[Atom]) -> list[Atom]:
    return [atom for atom in row[1:] if is_quantity(text_of(atom))]


def _begins_part(row: Sequence[Atom], above: Sequence[Atom], height: float) -> bool:
    """Several periods below figures, or words over several columns of figures without a label."""
    if not above or any(is_quantity(text_of(atom)) for atom in row):
        return False
    is_over = [
        any(atom.left < figure.right + height and figure.left < atom.right + height for figure in above)
        for atom in row
    ]
    periods = sum(is_period(text_of(atom)) for atom in row)
    return periods > 1 or (len(row) > 1 and all(is_over) and not any(atom.is_figure for atom in row))


def _next_row(lines: Sequence[Line], end: int) -> int | None:
    """None after a large gap or more than ``MAX_LABELS`` lines."""
    for place in range(end, min(end + MAX_LABELS + 1, len(lines))):
        before, line = lines[place - 1], lines[place]
        height = max(line.height, before.height)
        # The figures of a row may stand beside the middle of its label, which has several lines.
        if not -height < before.bottom - line.bottom < MAX_STEP * height or line.bottom == before.bottom:
            return None
        if line.is_row:
            return place
    return None


def _is_label(line: Line, left: float, right: float, figures: float) -> bool:
    """It is narrow, or ends before ``figures``, the left edge of the cells after the labels."""
    return (
        line.right <= right + line.height
        and (line.right - line.left < 0.7 * (right - left) or line.right < figures)
        and not ends_like_sentence(line)
    )


def _arranged(
    table: list[Line], rows: list[list[Atom]], columns: Sequence[Column], read: list[Line]
) -> list[Line]:
    """``read`` are the lines before the table; some lines move between the two."""
    captions = _captions(rows, table)
    read += [replace(line, is_row=False) for line in table[:captions]]
    table, rows = table[captions:], rows[captions:]
    if read and _is_label_of(read[-1], table[0], rows[0], columns):
        table[:0] = [read.pop()]
        rows[:0] = [atoms(table[0])]
    above, names = headings_above(read, table[0], columns)
    # Rows with several cells and no quantity are headings; in a table without quantities, only the first is.
    inside = len(list(takewhile(lambda row: len(row) > 1 and not has_quantity(row), rows)))
    inside = inside if inside < len(rows) else 1
    headings = [*read[len(read) - above - names : len(read) - names], *table[:inside]]
    named = [(line, atoms(line)) for line in read[len(read) - names :]]
    del read[len(read) - above - names :]
    body = [*named, *zip(table[inside:], rows[inside:], strict=True)]
    return [*header_rows(headings, columns), *with_levels(_filled(body, columns))]


def _captions(rows: Sequence[Sequence[Atom]], table: Sequence[Line]) -> int:
    """At least two lines. The last one has a single atom, is not to the left, and precedes headings."""
    headings = list(takewhile(lambda row: not has_quantity(row), rows))
    for place in range(len(headings) - 2, 0, -1):
        line, above = table[place], table[place - 1]
        if len(rows[place]) == 1 and len(rows[place + 1]) > 1 and above.left <= line.left + line.height:
            return place + 1
    return 0


def _is_label_of(line: Line, first: Line, row: Sequence[Atom], columns: Sequence[Column]) -> bool:
    return (
        not line.is_row
        and line.bottom - first.bottom < TIGHT * first.height
        and line.right <= max(columns[1].left, columns[0].right)
        and _LOWER.match(cells_of(row, first.height, columns)[0].words.text) is not None
    )


def _filled(body: Sequence[tuple[Line, Sequence[Atom]]], columns: Sequence[Column]) -> list[Line]:
    """Labels of several lines are joined."""
    rows = [
        replace(line, cells=tuple(cells_of(row, line.height, columns)), is_row=True) for line, row in body
    ]
    labels = [row.cells[0].right for row in rows if len(row.cells) > 1 and row.cells[0].words.text]
    edge = max(labels, default=columns[0].right)
    filled: list[Line] = []
    hanging: Cell | None = None
    for new in rows:
        if filled and (_continues_label(filled[-1], new, edge) or _hangs(hanging, filled[-1], new, edge)):
            is_indented = new.left - filled[-1].left > MIN_INDENT * new.height
            hanging = new.cells[0] if is_indented and len(new.cells) == 1 else None
            filled[-1:] = _with_label(filled[-1], new)
        else:
            hanging = None
            filled.append(new)
    return filled


def _hangs(hanging: Cell | None, before: Line, line: Line, edge: float) -> bool:
    """From the third line on; ``hanging`` is the label's previous line, if it is indented."""
    return (
        hanging is not None
        and abs(hanging.left - line.left) < MIN_INDENT * line.height
        and hanging.right + line.first_word > edge
        and before.bottom - line.bottom < TIGHT * line.height
    )


def _continues_label(before: Line, line: Line, edge: float) -> bool:
    """``edge`` is the right edge of the labels."""
    label, rest = before.cells[0], line.cells[0]
    step = before.bottom - line.bottom
    if not label.words.text or step > TIGHT * line.height:
        return False
    if not rest.words.text:
        # The figures of a row may stand beside the middle of its label, which has several lines.
        return len(before.cells) == 1 and step < 0.9 * line.height
    if len(before.cells) == 1 and _UNFINISHED.search(label.words.text):
        return True
    if not _LOWER.match(rest.words.text):
        return False
    return len(before.cells) == 1 or len(line.cells) == 1 or label.right + rest.first_word > edge


def _with_label(before: Line, line: Line) -> list[Line]:
    label, rest = before.cells[0], line.cells[0]
    if rest.words.text:
        label = label.followed_by(rest)
    bold = (before.bold[0], line.bold[1])
    if len(before.cells) == 1 or len(line.cells) == 1:
        others = before.cells[1:] or line.cells[1:]
        return [replace(before, cells=(label, *others), bottom=line.bottom, top=line.top, bold=bold)]
    empty = replace(line.cells[0], words=unplaced(""))
    return [replace(before, cells=(label, *before.cells[1:])), replace(line, cells=(empty, *line.cells[1:]))]
