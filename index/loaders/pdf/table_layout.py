"""Puts the words of a page's tables into rows and columns, by their alignment.

A PDF has no tables, only words at places. All rows together show the columns: atoms (a figure with its signs,
or a stretch of words) above each other form one; an atom over two of another row spans them, and goes to the
first. A column without an atom gets an empty cell.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, pairwise, takewhile, zip_longest
from statistics import median

import regex

from index.loaders.blocks import MAX_CELL_CHARACTERS, stretches
from index.loaders.equations import superscript
from index.loaders.pdf.paragraphs import joined
from index.loaders.pdf.rules import NEAR, Grid, Rule, Rules, grid_of, grids, parts_of
from index.loaders.pdf.table_grid import (
    MIN_GAP,
    Atom,
    Column,
    atoms,
    cells_of,
    find_columns,
    has_quantity,
    is_numeric,
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
from index.loaders.pdf.text import MIN_GUTTER, WRAPPED_HYPHEN, Cell, Line, Placed, unplaced
from index.text.tabular import MAX_LABELS, is_period, is_quantity

MAX_APART = 20  # lines between headings and the first row of their table, which may be in any order
MIN_APART = 3  # rows whose figures the file has apart from their labels
MIN_PAIRED = 0.5  # share of a table's figures apart that stand beside labels
EXACT_BASE = 0.15  # line heights between the lower edges of a label and its figures
MAX_WRAPPED = 0.3  # share of labels that begin with a small letter: more do in running text
MAX_STEP = 3.0  # line heights between two rows of a table
MAX_ATOMS = 2_000  # a larger table is not arranged: the search for columns takes quadratic time
MIN_FILLED = 0.4  # share of the places between rules that have words: the grid of a chart has few
CLOSE = 0.8  # share of the step between rows that is less than a step between the lines of one label
MIN_RULES = 4  # of one width that part the rows of a table
MIN_USED = 0.2  # share of the rows times that of the columns which have words
MAX_REPEATED = 4  # times the characters of a table, in cells over several rows
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
_DIGIT = regex.compile(r"\p{N}")
_PROSE = regex.compile(r"\P{N}*\p{L}")


def lines(pieces: Iterable[Line], rules: Sequence[Rule] = ()) -> list[Line]:
    """``pieces`` are in reading order, ``rules`` the horizontal ones of the page."""
    read: list[Line] = []
    for stretch in stretches(pieces, lambda stretch, piece: not (stretch[-1].rows or piece.rows)):
        if stretch[0].rows:
            _add_ruled(read, list(stretch[0].rows), rules)
        else:
            read += _unruled(stretch, rules)
    return read


def _unruled(pieces: Iterable[Line], rules: Sequence[Rule]) -> list[Line]:
    joined = _row_by_row(_joined(_periods_first(pieces)))
    return _with_tables(
        [
            replace(line, is_row=True) if _is_row(line, joined[max(number - 1, 0) : number + 2]) else line
            for number, line in enumerate(joined)
        ],
        rules,
    )


def _joined(pieces: Iterable[Line]) -> list[Line]:
    joined: list[Line] = []
    for piece in pieces:
        line = replace(piece, cells=_wide_cells(piece))
        if joined and _continues_line(joined[-1], line):
            joined[-1] = _together(joined[-1], line)
        elif len(joined) > 1 and _goes_on_after(joined[-2], joined[-1], line):
            # In a file written by cell, a cell of two lines is between.
            cell, row = joined.pop(), joined.pop()
            row = replace(row, cells=(*row.cells, *line.cells))
            joined += [cell, row] if cell.bottom > row.bottom else [row, cell]
        else:
            joined.append(line)
    return joined


def _row_by_row(lines: Sequence[Line]) -> list[Line]:
    """Some files have the labels of a table, or some of its columns, apart from the rest of their rows."""
    figures = [line for line in lines if is_numeric(line.text) and _DIGIT.search(line.text)]
    if len(figures) < MIN_APART:
        return list(lines)
    known = set(map(id, figures))
    by_height = sorted((line for line in lines if id(line) not in known), key=lambda line: line.bottom)
    bottoms = [line.bottom for line in by_height]
    pairs: list[tuple[Line, Line]] = []
    for row in sorted(figures, key=lambda line: -line.bottom):
        near = by_height[bisect_left(bottoms, row.bottom - row.height) : bisect_left(bottoms, row.top)]
        beside = [line for line in near if line.right < row.left and _are_beside(line, row)]
        if beside:
            pairs.append((max(beside, key=lambda line: line.right), row))
    ordered = list(lines)
    for group in stretches(
        pairs, lambda group, pair: group[-1][1].bottom - pair[1].bottom < MAX_HEIGHT * pair[1].height
    ):
        ordered = _with_rows_of(ordered, group, figures)
    return ordered


def _are_beside(one: Line, other: Line) -> bool:
    return one.shared_height(other) > 0.5 * min(one.height, other.height)


def _with_rows_of(
    lines: list[Line], pairs: Sequence[tuple[Line, Line]], figures: Sequence[Line]
) -> list[Line]:
    """Unchanged if the lines to the left of the figures are no labels: they are text, or on other lines."""
    height = median(row.height for _, row in pairs)
    left, right = min(label.left for label, _ in pairs), max(row.right for _, row in pairs)
    highest, lowest = max(row.top for _, row in pairs), min(row.bottom for _, row in pairs)
    exact = sum(abs(label.bottom - row.bottom) < EXACT_BASE * row.height for label, row in pairs)

    def is_inside(line: Line) -> bool:
        return left - height < line.left and line.right < right + height and line.height < 2 * height

    own = [line for line in figures if is_inside(line) and lowest <= line.bottom and line.top <= highest]
    wrapped = sum(_LOWER.match(label.text) is not None for label, _ in pairs)
    if (
        exact < max(MIN_APART, MIN_PAIRED * len(own))
        or wrapped > MAX_WRAPPED * len(pairs)
        or any(ends_like_sentence(label) for label, _ in pairs)
    ):
        return lines
    held: set[int] = set()
    for place, line in enumerate(lines):
        middle = (line.bottom + line.top) / 2
        if not (is_inside(line) and lowest < middle < highest):
            continue
        held.add(place)
        # Lines before it in the file, and above the table, may be its headings.
        for before in range(place - 1, -1, -1):
            above = lines[before]
            if before in held or not (
                is_inside(above)
                and highest - 0.5 * height < above.top < highest + MAX_HEIGHT * height
                and not ends_like_sentence(above)
            ):
                break
            held.add(before)
    rows = [
        _row_of(band)
        for band in stretches(
            sorted((lines[place] for place in held), key=lambda line: -line.bottom - line.top),
            lambda band, line: _are_beside(band[0], line),
        )
    ]
    first = min(held)
    return [
        *lines[:first],
        *rows,
        *(line for place, line in enumerate(lines[first:], first) if place not in held),
    ]


def _row_of(band: Sequence[Line]) -> Line:
    parts = [replace(line, cells=(cell,)) for line in band for cell in line.cells]
    row, *others = sorted(parts, key=lambda part: part.left)
    for part in others:
        if part.left - row.right < MIN_GAP * row.height:
            row = _together(row, part)
        else:
            row = replace(row, cells=(*row.cells, *part.cells), bold=(row.bold[0], part.bold[1]))
    return row


def _periods_first(pieces: Iterable[Line]) -> list[Line]:
    """Some files have the periods of a table's columns after all of its rows, and other lines between."""
    ordered: list[Line] = []
    waiting = list(pieces)
    for place, piece in enumerate(waiting):
        below = waiting[place + 1] if place + 1 < len(waiting) else None
        are_periods = len(piece.cells) > 1 and all(is_period(cell.words.text.strip()) for cell in piece.cells)
        if not are_periods or (below and _is_headed(below, piece)):
            ordered.append(piece)
            continue
        row = next((at for at, line in enumerate(ordered) if _is_headed(line, piece)), None)
        while (
            row
            and ordered[row - 1].bottom < piece.bottom - 0.3 * piece.height
            and (ordered[row - 1].bottom > ordered[row].bottom)
        ):
            row -= 1
        ordered.insert(len(ordered) if row is None else row, piece)
    return ordered


def _is_headed(row: Line, periods: Line) -> bool:
    """A figure, or a sign for a missing one, stands near the middle of each, and a label beside them."""
    above = periods.bottom - row.bottom
    step = min(
        after.left + after.right - before.left - before.right for before, after in pairwise(periods.cells)
    )
    return (
        0.3 * row.height < above < MAX_STEP * row.height
        and len(row.cells) > len(periods.cells)
        and row.cells[0].right < periods.left
        and all(
            is_numeric(cell.words.text.split()[0])
            and abs(cell.left + cell.right - period.left - period.right) < step / 2
            for cell, period in zip(row.cells[-len(periods.cells) :], periods.cells, strict=True)
        )
    )


def _goes_on_after(row: Line, cell: Line, piece: Line) -> bool:
    smaller = min(row.height, piece.height)
    return (
        (max(len(row.cells), len(piece.cells)) > 2 or (len(row.cells) > 1 and is_numeric(piece.text)))
        and row.shared_height(piece) > 0.6 * smaller
        and piece.left > row.right
        and cell.shared_height(row) < 0.5 * smaller
        and abs(cell.bottom - row.bottom) < TIGHT * smaller
    )


def _wide_cells(piece: Line) -> tuple[Cell, ...]:
    """A label that reaches almost to two or more figures at the line's end is a cell of its own."""
    cells = [piece.cells[0]]
    figures = len(list(takewhile(lambda cell: is_numeric(cell.words.text), reversed(piece.cells))))
    has_figures = figures > 1 and (
        sum(_DIGIT.search(cell.words.text) is not None for cell in piece.cells[-figures:]) > 1
    )
    for number, cell in enumerate(piece.cells[1:], 1):
        last = cells[-1]
        begins = has_figures and number == len(piece.cells) - figures
        if begins or cell.left - last.right > MAX_WORD_GAP * piece.height:
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
    """It has many gaps, a wide one, two figures at its end, or a gap close to a neighbour's.

    A list item is never a row.
    """
    first, *others = line.cells
    if len(others) == 1 and _LABEL.fullmatch(first.words.text.strip()) and _PROSE.match(others[0].words.text):
        return False
    gaps = _gaps(line)
    if others and is_numeric(others[-1].words.text):
        figures = [atom for atom in atoms(line)[1:] if is_quantity(text_of(atom))]
        if len(figures) > 1:
            return True
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


def with_ruled(pieces: Sequence[Line], drawn: Rules, known: frozenset[str]) -> list[Line]:
    """One line stands for each table whose cells are parted by rules, in place of its first piece.

    ``known`` are words of the document, as for :func:`paragraphs.joined`.
    """
    kept = list(pieces)
    for grid in (*grids(drawn), *_between_rules(drawn, kept)):
        parts = [parts_of(piece, grid) for piece in kept]
        # Above the first row of several cells stands a caption, below the last one a note.
        rows = [row for row, cells in enumerate(grid.cells) if len(set(cells)) > 1]
        held: dict[tuple[int, int], list[Line]] = defaultdict(list)
        for place, part in chain.from_iterable(parts):
            if place is None or not rows:
                continue
            start, end, *_ = grid.cells[place[0]][place[1]]
            if rows[0] <= end and start <= rows[-1]:
                held[place].append(part)
        table = _ruled_table(grid, held, known) if len(rows) > 1 else None
        if table is None or _only_heads(table.rows, grid, kept):
            continue
        replaced: list[Line] = []
        for piece, its in zip(kept, parts, strict=True):
            left = [part for place, part in its if place not in held]
            if len(left) < len(its) and table not in replaced:
                replaced.append(table)
            replaced += [piece] if len(left) == len(its) else left
        kept = replaced
    return kept


def _between_rules(drawn: Rules, pieces: Sequence[Line]) -> Iterator[Grid]:
    """Rules of one width part the rows, and gaps the columns, if some row has several lines."""
    for rules in stretches(
        sorted(drawn.horizontal, key=lambda rule: (rule.start, rule.end)),
        lambda group, rule: max(rule.start - group[0].start, abs(rule.end - group[0].end)) < NEAR,
    ):
        if len(rules) < MIN_RULES:
            continue
        _, start, end = rules[0]
        heights = sorted(rule.at for rule in rules)
        inside = [
            piece
            for piece in pieces
            if not piece.rows
            and heights[0] < (piece.bottom + piece.top) / 2 < heights[-1]
            and start - NEAR <= piece.left
            and piece.right <= end + NEAR
        ]
        is_crossed = any(
            start + NEAR < rule.at < end - NEAR and rule.start < heights[-1] and heights[0] < rule.end
            for rule in drawn.vertical
        )
        if is_crossed or not inside:
            continue
        gap = MIN_GUTTER * max(piece.height for piece in inside)
        spans = sorted((atom.left, atom.right) for piece in inside for atom in atoms(piece))
        columns: list[Rule] = []
        reached = spans[0][1]
        for left, right in spans:
            if left - reached > gap:
                columns.append(Rule((reached + left) / 2, heights[0], heights[-1]))
            reached = max(reached, right)
        sides = [Rule(side, heights[0], heights[-1]) for side in (start, end)]
        grid = grid_of(rules, [sides[0], *columns, sides[1]])
        if columns and grid is not None and _has_long_cells(grid, inside):
            yield grid


def _has_long_cells(grid: Grid, pieces: Iterable[Line]) -> bool:
    """Below the headings. No line has two figures, and no three lines in all cells may be three rows."""
    held: dict[tuple[int, int], list[Line]] = defaultdict(list)
    for piece in pieces:
        for place, part in parts_of(piece, grid):
            if place is not None:
                held[place].append(part)
    rows: dict[int, list[list[Line]]] = defaultdict(list)
    for (row, _), parts in sorted(held.items()):
        rows[row].append(_lines_of(parts))
    _, *body = rows.values()
    counts = [[len(lines) for lines in cells] for cells in body]
    return (
        any(max(each) > 1 for each in counts)
        and not any(min(each) == max(each) > 2 and len(each) > 1 for each in counts)
        and all(
            sum(atom.is_figure for atom in atoms(line)) < 2
            for cells in rows.values()
            for lines in cells
            for line in lines
        )
    )


def _only_heads(rows: Sequence[Line], grid: Grid, pieces: Sequence[Line]) -> bool:
    """Figures that no rules part stand directly below."""
    if any(has_quantity(atoms(row)) for row in rows):
        return False
    return any(
        -0.5 * piece.height < grid.rows[-1] - piece.top < 2 * piece.height
        and grid.columns[0] <= atom.left <= grid.columns[-1]
        and atom.is_figure
        for piece in pieces
        for atom in (atoms(piece) if abs(grid.rows[-1] - piece.top) < 2 * piece.height else ())
    )


def _ruled_table(
    grid: Grid, held: Mapping[tuple[int, int], Sequence[Line]], known: frozenset[str]
) -> Line | None:
    """None if its places are no cells: too few have words, or one has an essay or several rows."""
    spread = chain.from_iterable(_spread(grid, place, parts) for place, parts in held.items())
    texts = {place: _lines_of(parts) for place, parts in spread}
    cells = {place: _ruled_cell(its, known) for place, its in texts.items()}
    words_in = Counter(row for row, _ in cells)
    columns = sorted({column for _, column in cells})
    places = {each[::2] for row in grid.cells for each in row}
    asked = [place for place in places if place[0] in words_in and place[1] in columns]
    if (
        sum(count > 1 for count in words_in.values()) < 2
        or len(cells) < MIN_FILLED * len(asked)
        or len(words_in) * len(columns) < MIN_USED * len(grid.cells) * len(grid.cells[0])
        or max(len(cell.words.text) for cell in cells.values()) > MAX_CELL_CHARACTERS
        or _is_stacked(texts)
    ):
        return None
    repeats_left = MAX_REPEATED * sum(len(cell.words.text) for cell in cells.values())
    rows: list[Line] = []
    for row in sorted(words_in):
        first = min(column for place, column in texts if place == row)
        like = texts[row, first][0]
        row_cells: list[Cell] = []
        for column in columns:
            above, *_ = grid.cells[row][column]
            cell = cells.get((above, column))
            if cell and above < row:
                repeats_left -= len(cell.words.text)
                cell = cell if repeats_left > 0 else None
            left, right = grid.columns[column : column + 2]
            row_cells.append(cell or Cell(unplaced(""), left, right, 0.0))
        while not row_cells[-1].words.text:
            row_cells.pop()
        bold = like.bold[0], texts[row, first][-1].bold[1]
        rows.append(Line(tuple(row_cells), like.bottom, like.top, bold, is_row=True))
    every = [line for its in texts.values() for line in its]
    whole = Cell(rows[0].words, min(line.left for line in every), max(line.right for line in every), 0.0)
    bottom, top = min(line.bottom for line in every), max(line.top for line in every)
    return Line((whole,), bottom, top, rows=tuple(rows))


def _lines_of(parts: Sequence[Line]) -> list[Line]:
    """From the top, each from left to right."""
    found = []
    for beside in stretches(
        sorted(parts, key=lambda part: -part.bottom - part.top),
        lambda line, part: all(
            part.shared_height(other) > 0.5 * min(part.height, other.height)
            and min(part.right, other.right) - max(part.left, other.left) < 0.3 * part.height
            for other in line
        ),
    ):
        line, *others = sorted(beside, key=lambda part: part.left)
        for other in others:
            line = _together(line, other)
        found.append(replace(line, cells=(Cell(line.words, line.left, line.right, line.first_word),)))
    return found


def _ruled_cell(lines: Sequence[Line], known: frozenset[str]) -> Cell:
    words = lines[0].words.strip()
    for line in lines[1:]:
        words = joined(words, line.words.strip(), known)
    words = replace(words, text=words.text.replace(WRAPPED_HYPHEN, "-"))
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    return Cell(words, left, right, lines[0].first_word)


def _spread(
    grid: Grid, place: tuple[int, int], parts: Sequence[Line]
) -> list[tuple[tuple[int, int], Sequence[Line]]]:
    """In a cell over several columns, words that stand apart may be those of each column."""
    row, start = place
    *_, end = grid.cells[row][start]
    own = [sum(edge < (part.left + part.right) / 2 for edge in grid.columns[1:]) for part in parts]
    if start == end or len(parts) == 1 or len(set(own)) < len(parts):
        return [(place, parts)]
    return [((row, column), [part]) for column, part in zip(own, parts, strict=True)]


def _is_stacked(texts: Mapping[tuple[int, int], Sequence[Line]]) -> bool:
    """Some cell has the figures of several rows or columns, which no rule parts."""
    stacks: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for (row, _), lines in texts.items():
        figures = [sum(atom.is_figure for atom in atoms(line)) for line in lines]
        if max(figures) > 2 or sum(map(bool, figures)) > 2 or sum(count > 1 for count in figures) > 1:
            return True
        stacks[row].append((len(lines), all(figures)))
    for cells in stacks.values():
        counts = [count for count, _ in cells]
        stacked = [count for count, is_stack in cells if is_stack]
        if min(stacked, default=1) > 1 and any(counts.count(count) > 1 for count in stacked):
            return True
    return False


def _add_ruled(read: list[Line], rows: list[Line], rules: Sequence[Rule]) -> None:
    """``read`` are the lines before the table; headings above its rules move into it."""
    inside = len(list(takewhile(lambda row: not has_quantity(atoms(row)), rows)))
    headings = rows[: inside if inside < len(rows) else 1]
    body = rows[len(headings) :]
    headed = {place for row in headings for place, cell in enumerate(row.cells) if cell.words.text}
    if not headed.issuperset(range(1, max(len(row.cells) for row in body))):
        columns = [Column(*edges, has_figures=bool(place)) for place, edges in enumerate(_columns(rows))]
        above, names = headings_above(read, rows[0], columns)
        if not above + names:
            above = len(list(takewhile(lambda line: _heads(line, rows[0]), reversed(read))))
        if above and not names:
            headings[:0] = header_rows(read[len(read) - above :], columns, rules)
            del read[len(read) - above :]
    table = [*headings, *with_levels(body)]
    read += [replace(table[0], begins_table=True), *table[1:]]


def _heads(line: Line, first: Line) -> bool:
    """It has words over several columns, directly above the first row."""
    step = line.bottom - first.top
    return (
        line.is_row and -0.5 * line.height < step < MAX_STEP * line.height and not has_quantity(atoms(line))
    )


def _columns(rows: Sequence[Line]) -> Iterator[tuple[float, float]]:
    for cells in zip_longest(*(row.cells for row in rows)):
        found = [cell for cell in cells if cell and cell.words.text] or [cell for cell in cells if cell]
        yield min(cell.left for cell in found), max(cell.right for cell in found)


def _with_tables(lines: Sequence[Line], rules: Sequence[Rule]) -> list[Line]:
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
            table = _arranged(table, rows, columns, read, rules)
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
    table: list[Line],
    rows: list[list[Atom]],
    columns: Sequence[Column],
    read: list[Line],
    rules: Sequence[Rule],
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
    return [*header_rows(headings, columns, rules), *with_levels(_filled(body, columns))]


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
    close = CLOSE * _step(rows)
    filled: list[Line] = []
    hanging: Cell | None = None
    for new in rows:
        if filled and (
            _is_close(filled[-1], new, close)
            or _continues_label(filled[-1], new, edge)
            or _hangs(hanging, filled[-1], new, edge)
        ):
            is_indented = new.left - filled[-1].left > MIN_INDENT * new.height
            hanging = new.cells[0] if is_indented and len(new.cells) == 1 else None
            filled[-1:] = _with_label(filled[-1], new)
        else:
            hanging = None
            filled.append(new)
    return filled


def _step(rows: Sequence[Line]) -> float:
    """From a row with several cells to the line below or above it, in points, whichever is more."""
    steps = [(above, below, above.bottom - below.bottom) for above, below in pairwise(rows)]
    below_row = [step for above, _, step in steps if len(above.cells) > 1]
    above_row = [step for _, below, step in steps if len(below.cells) > 1]
    return max((median(each) for each in (below_row, above_row) if each), default=0.0)


def _is_close(before: Line, line: Line, close: float) -> bool:
    """One of them has only a part of the label, since the next row is further away."""
    return (
        min(len(before.cells), len(line.cells)) == 1
        and bool(before.cells[0].words.text and line.cells[0].words.text)
        and abs(before.left - line.left) < 2 * line.height
        and 0.3 * line.height < before.bottom - line.bottom < close
    )


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
