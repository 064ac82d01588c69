"""Puts the cells of a table into columns, merged ones too, and each row below all of its headings."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import regex

from index.loaders.blocks import is_sparse, row
from index.text.tabular import (
    MAX_CAPTION_CHARACTERS,
    WORD_TABLE_ROWS,
    is_of_whole_table,
    is_period,
    is_quantity,
)

MOST_REPEATED = 10  # a multiple of the characters in the table
_NEAR_ROWS = 20  # above a heading in the middle of a table; they tell what its columns hold
_WORDS = regex.compile(r"\p{L}{2}")


@dataclass(frozen=True, slots=True)
class Cell:
    """It covers ``start`` to ``end`` (exclusive); ``linked`` is the share of its characters in links.

    The file declares it a heading, as ``<th>`` does, or shows it in bold letters.
    """

    text: str
    start: int
    end: int
    linked: float = 0.0
    is_heading: bool = False
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Numbers of rows of the table; headings of parts above may head this one, too."""

    headings: tuple[int, ...]
    rows: tuple[int, ...]


def in_columns(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """A table that would be mostly empty keeps only the words of its cells.

    Overlapping cells of different rows share a column; a cell over two of another row goes into the first. An
    empty string stands for a missing cell, except after the last one.
    """
    columns = _Columns(rows)
    return [columns.words(cells) for cells in rows]


def table_lines(rows: Sequence[Sequence[Cell]]) -> list[list[tuple[int, str]]]:
    """The parts of a table, each with its lines, and for each line the number of its row."""
    columns = _Columns(rows)
    headings = _leading_headings(rows, columns.stub)
    return [list(_lines(rows, columns, part)) for part in parts_of(rows, headings, columns.stub)]


def _lines(rows: Sequence[Sequence[Cell]], columns: _Columns, part: Part) -> Iterator[tuple[int, str]]:
    heads = [number for number in part.headings if _beside_labels(rows[number], columns.stub)]
    for number in part.headings:
        is_last = len(heads) > 1 and number == heads[-1]
        yield number, row(columns.words_of_heading(rows[number], is_last=is_last))
    for number in part.rows:
        yield number, row(columns.words(rows[number]))


class _Columns:
    """``stub`` is where the labels of the rows end."""

    def __init__(self, rows: Sequence[Sequence[Cell]]) -> None:
        gaps = _Gaps(rows)
        self._places: dict[tuple[int, int], int] = {}
        columns: list[tuple[int, int]] = []
        for start, end in sorted({(cell.start, cell.end) for cells in rows for cell in cells}):
            if gaps.within(start, end):
                continue
            first, last = columns[-1] if columns else (0, 0)
            if start < last and not gaps.within(first, max(last, end)):
                columns[-1] = (first, max(last, end))
            else:
                columns.append((start, end))
            self._places[start, end] = len(columns) - 1
        self._starts = [start for start, _ in columns]
        self._ends = [end for _, end in columns]
        self._is_sparse = is_sparse(len(rows), len(columns), sum(map(len, rows)))
        self.stub = self._ends[0] if columns else 0

    def words(self, cells: Sequence[Cell]) -> list[str]:
        if self._is_sparse:
            return [cell.text for cell in cells]
        words: list[str] = []
        for cell in cells:
            words += [""] * (self._place(cell) - len(words))
            words.append(cell.text)
        return words

    def words_of_heading(self, cells: Sequence[Cell], *, is_last: bool) -> list[str]:
        """Repeated in each of their columns only where else a line of text would not show their extent.

        Over an empty cell the nearest heading to the left counts, which is wrong where no cell covers that
        column; in the last row of several, none does.
        """
        words = self.words(cells)
        others = _beside_labels(cells, self.stub)
        spans = [(self._place(cell), self._end(cell), cell.text) for cell in others]
        wide = [end for start, end, _ in spans if end - start > 1]
        if self._is_sparse or not wide or any(len(text) > MAX_CAPTION_CHARACTERS for *_, text in spans):
            return words
        starts = {start for start, _, _ in spans}
        is_needed = any(end < len(self._starts) and end not in starts for end in wide)
        if is_last:
            is_needed = len(others) > 1 or not is_of_whole_table(others[0].text)
        if is_needed:
            words += [""] * (max(wide) - len(words))
            for start, end, text in spans:
                words[start:end] = [text] * (end - start)
        return words

    def _place(self, cell: Cell) -> int:
        return self._places.get((cell.start, cell.end), bisect_right(self._ends, cell.start))

    def _end(self, cell: Cell) -> int:
        return max(bisect_left(self._starts, cell.end), self._place(cell) + 1)


class _Gaps:
    def __init__(self, rows: Sequence[Sequence[Cell]]) -> None:
        found = sorted({(left.end, right.start) for cells in rows for left, right in pairwise(cells)})
        self._ends = [end for end, _ in found]
        self._nearest = [*accumulate((start for _, start in reversed(found)), min)][::-1]

    def within(self, start: int, end: int) -> bool:
        place = bisect_right(self._ends, start)
        return place < len(self._nearest) and self._nearest[place] < end


def _beside_labels(cells: Sequence[Cell], stub: int) -> list[Cell]:
    return [cell for cell in cells if cell.start >= stub]


def _leading_headings(rows: Sequence[Sequence[Cell]], stub: int) -> int:
    """Up to the first row with figures or a group's name; of a table of words, those declared, or one."""
    count, parted = 0, False
    for cells in rows[:WORD_TABLE_ROWS]:
        others = _beside_labels(cells, stub)
        if any(is_quantity(cell.text) for cell in others) or (parted and not others):
            break
        count += 1
        parted = parted or bool(others)
    if count in {WORD_TABLE_ROWS, len(rows)}:
        declared = [bool(cells) and all(cell.is_heading for cell in cells) for cells in rows[:count]]
        return min(max(declared.index(False) if False in declared else 1, 1), len(rows))
    return count


def parts_of(rows: Sequence[Sequence[Cell]], headings: int, stub: int) -> list[Part]:
    """Headings in the middle of a table head the rows below: ``headings`` counts those at its start.

    They replace the headings that begin over the same columns, or all, if they head as many columns as the
    last of these, and else stand above them. ``stub`` is where the labels of the rows end.
    """
    characters = sum(len(cell.text) for cells in rows for cell in cells)
    left = MOST_REPEATED * characters
    heads = list(range(headings))
    parts: list[Part] = []
    begun = number = headings
    while number < len(rows):
        end = _end_of_headings(rows, number, begun, stub)
        renewed = _renewed(rows, heads, range(number, end), stub)
        left -= sum(len(cell.text) for head in renewed for cell in rows[head]) if end > number else 0
        if end == number or left < 0:
            number = max(end, number + 1)
            continue
        parts.append(Part(tuple(heads), tuple(range(begun, number))))
        heads, begun, number = renewed, end, end
    parts.append(Part(tuple(heads), tuple(range(begun, len(rows)))))
    return parts


def _end_of_headings(rows: Sequence[Sequence[Cell]], first: int, begun: int, stub: int) -> int:
    """``first`` if that row is no heading, or if no row with a label follows."""
    above = rows[max(begun, first - _NEAR_ROWS) : first]
    end = first
    while above and end < len(rows) and end - first < WORD_TABLE_ROWS and _heads(rows[end], above, stub):
        end += 1
    followed = end < len(rows) and rows[end] and rows[end][0].start < stub
    return end if followed and _beside_labels(rows[end], stub) else first


def _heads(cells: Sequence[Cell], above: Sequence[Sequence[Cell]], stub: int) -> bool:
    """Declared as headings, or words in columns of figures, without a label or in bold letters."""
    others = _beside_labels(cells, stub)
    if not others or not all(_is_name(cell.text) for cell in others):
        return False
    if all(cell.is_heading for cell in cells):
        return not all(cell.is_heading for cell in above[-1])
    is_bold = all(cell.is_bold for cell in cells) and not all(cell.is_bold for cell in above[-1])
    if cells[0].start < stub and not is_bold:
        return False
    return all(_stands_over_figures(cell, above) for cell in others)


def _is_name(text: str) -> bool:
    return is_period(text) or (_WORDS.search(text) is not None and not is_quantity(text))


def _stands_over_figures(heading: Cell, above: Sequence[Sequence[Cell]]) -> bool:
    crossed = [
        cell for cells in above for cell in cells if heading.start < cell.end and cell.start < heading.end
    ]
    return 2 * sum(is_quantity(cell.text) for cell in crossed) > len(crossed)


def _renewed(
    rows: Sequence[Sequence[Cell]], heads: Sequence[int], new: Sequence[int], stub: int
) -> list[int]:
    def starts(number: int) -> list[int]:
        return [cell.start for cell in _beside_labels(rows[number], stub)]

    titles = [head for head in heads if not starts(head)]
    held = [head for head in heads if starts(head)]
    is_matched = bool(new) and any(starts(head) == starts(new[-1]) for head in held)
    is_whole = bool(new and held) and len(starts(new[-1])) >= len(starts(held[-1]))
    if is_whole and (len(new) >= len(held) or not is_matched):
        return [*titles, *new]
    place = 0
    for number in new:
        same = next((at for at in range(place, len(held)) if starts(held[at]) == starts(number)), None)
        if same is None:
            held.insert(place, number)
        else:
            place = same
            held[place] = number
        place += 1
    return titles + held
