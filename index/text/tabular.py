"""Finds tables and their headings in a canonical text, which is the text that a loader makes of a document.

A loader writes a table as consecutive lines with cells separated by ``CELL_SEPARATOR``. Only the text decides
what a table is, so a table is found in a plain text file in the same way as in a workbook.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from index.documents import Span

CELL_SEPARATOR = " | "
"""The separator between the cells of a row."""

WORD_TABLE_ROWS = 5
"""A table that begins with this many rows without figures is a table of words, whose first row is its
headings."""

MAX_CAPTION_CHARACTERS = 200
"""The most characters of a caption line; a longer line above a table is a paragraph."""

MAX_LABELS = 3
"""The most lines without several cells (names of groups) between two rows of a table."""

_MAX_CAPTION_LINES = 3

LINE = regex.compile(r"[^\n\r\f\v\x1c-\x1e\x85\u2028\u2029]+")
_BREAKS = regex.compile(r"\r\n|[\n\r\f\v\x1c-\x1e\x85\u2028\u2029]")
CELL_EDGE = regex.compile(r"(?:(?<=^|\s)\|(?=\s|$))")
_QUANTITY = regex.compile(r"\P{L}{0,4}\p{N}")
"""The beginning of a quantity: a digit, possibly after a sign or bracket. ``CO2e`` is not a quantity."""

_BARRED_CAPTION = regex.compile(
    r"\s*(?:table|figure|fig|chart|box|map|exhibit|annex)\b[\s.]*\p{L}{0,3}\p{N}[\p{L}\p{N}.:]*\s\|\s[^|]*\p{L}{3}[^|]*",
    regex.IGNORECASE,
)
_UNITS = regex.compile(
    r"[(\[].*[)\]]|.*\b(?:million|billion|thousand|percent|per cent)s?\b.*|.*[%$€£¥]", regex.IGNORECASE
)
_TITLE_WITH_UNITS = regex.compile(
    r"[^(]*\p{L}{3}[^(]*\([^()]*\b(?:thousand|million|billion|000)s?\b[^()]*\).*", regex.IGNORECASE
)
"""A title and, in brackets, the units: ``Balance Sheets (in millions)``."""
_PERIOD = regex.compile(
    r"(?=.*(?:[a-z]|(?:19|20)\d{2}))"
    r"(?>(?:fy|cy|fiscal|vs|versus|compared|with|one|two|three|six|nine|twelve|thirteen|first|second|third|fourth|years?|months?|quarters?|weeks?|ended|ending|as|at|of|to|the|and|notes?|no"
    r"|h[12]|q[1-4]|[12]h|[1-4]q|jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*"
    r"|(?:19|20)\d{2}(?:[/–-]\d{2,4})?|\d{1,2}(?:st|nd|rd|th)?|[¹²³⁰⁴-⁹]+)[\s.,:;/()–-]*+)++",
    regex.IGNORECASE,
)
"""A cell that names a time rather than a quantity, such as ``2019`` or ``Years ended September 30,``."""
_YEAR = regex.compile(r"(?:19|20)\d{2}")
_WORDS = regex.compile(r"\p{L}{3}")
_TWO_LETTERS = regex.compile(r"(?!\W*n\W*[adms]\W*\Z).*\p{L}.*\p{L}", regex.IGNORECASE)
"""A cell with words: it has at least two letters, and is not a mark of a missing value, such as ``n/a``."""
_STOP = regex.compile(r"[.!?。！？។၊।]\s*\Z")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a document.

    Attributes:
        header: the span of the table's caption, units and rows of headings; an empty span at the start of
            the first row if the table has none.
        lines: the table's lines in order: the lines of the header, then the rows.
    """

    header: Span
    lines: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """The span from the start of the table's first line to the end of its last line."""
        return Span(self.lines[0].start, self.lines[-1].end)


def cells(row: str) -> list[str]:
    """Return the cells of a row in order, with empty ones: ``["", "2019", ""]`` for `` | 2019 | ``."""
    return [cell.strip() for cell in CELL_EDGE.split(row)]


def readable_rows(text: str) -> str:
    """Return a text as people read it: with middle dots between the cells of a row, and without empty cells.

    A semicolon parts adjacent rows, since many front ends put the lines of a text on one line.
    """
    if "|" not in text:
        return text
    lines = text.splitlines()
    shown = [" · ".join(filter(None, cells(line))) for line in lines]
    for place, adjacent in enumerate(pairwise(lines)):
        if all(map(is_row, adjacent)):
            shown[place] += ";"
    return "\n".join(shown)


def label_cells(row: Sequence[str]) -> list[str]:
    """Return the cells that name a row: the leading ones up to the first with words, without empty ones.

    For ``["", "Gate 3", "12"]`` it is ``["Gate 3"]``, and for ``["2031", "Varda", "12"]`` both names. A cell
    that begins with a quantity ends the search, unless it is the first. If no cell before it has words, the
    first cell alone is the label; it may be empty.

    Args:
        row: the row's cells, at least one.
    """
    for place, cell in enumerate(row):
        if place and is_quantity(cell):
            break
        if _TWO_LETTERS.match(cell):
            return [name for name in row[: place + 1] if name]
    return list(row[:1])


def is_row(line: str) -> bool:
    """Return whether a line has a bar between two cells, and is not a caption with a bar."""
    return "|" in line and CELL_EDGE.search(line) is not None and not is_barred_caption(line)


def is_barred_caption(line: str) -> bool:
    """Return whether a line is a caption with a bar after its number: ``Table 3. | Reported cases``."""
    return _BARRED_CAPTION.fullmatch(line) is not None


def words_outside_columns(headings: str) -> str:
    """Return the words of a table's caption and headings that are not above a column of values."""
    lines = headings.splitlines()
    return "\n".join(cells(line)[0] if is_row(line) else line for line in lines)


def tables(text: str) -> list[Table]:
    """Return the tables of a canonical text, in order.

    A table has at least two consecutive rows. A line with one cell between rows is the name of a group of
    rows, and belongs to the table. Up to three short lines directly above a table are its caption and units.
    """
    if "|" not in text:
        return []
    found: list[Table] = []
    for block, before_block in _blocks(text):
        rows = [is_row(line.of(text)) for line in block]
        end = 0
        for first, last in _runs(text, block, rows):
            caption = _caption(text, block[end:first]) if first else _caption_above(text, before_block)
            found.append(_table(text, caption, block[first:last]))
            end = last
    return found


def _blocks(text: str) -> Iterator[tuple[list[Span], list[Span]]]:
    """Yield each block of lines between empty lines, and the last ``_MAX_CAPTION_LINES`` lines before it."""
    block: list[Span] = []
    above: list[Span] = []
    for match in LINE.finditer(text):
        line = Span(match.start(), match.end())
        if not match[0].strip():
            continue
        if block and len(_BREAKS.findall(text, block[-1].end, line.start)) > 1:
            yield block, above
            above, block = [*above, *block][-_MAX_CAPTION_LINES:], []
        block.append(line)
    if block:
        yield block, above


def _runs(text: str, block: Sequence[Span], rows: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield, for each table in a block, the index of its first line and the index after its last line."""
    places = [place for place, row in enumerate(rows) if row]
    if len(places) < 2:
        return
    first = places[0]
    for place, following in pairwise([*places, len(block) + MAX_LABELS + 1]):
        between = block[place + 1 : following]
        if following - place <= MAX_LABELS + 1 and all(_is_label(text, line) for line in between):
            continue
        if sum(rows[first : place + 1]) > 1:
            yield first, place + 1
        first = following


def _is_label(text: str, line: Span) -> bool:
    """Return whether a line next to rows can name a group of these rows: it is short, and not a sentence."""
    return len(line) <= MAX_CAPTION_CHARACTERS and not _STOP.search(text, line.start, line.end)


def _caption(text: str, lines: Sequence[Span]) -> list[Span]:
    caption: list[Span] = []
    for line in reversed(lines[-_MAX_CAPTION_LINES:]):
        if not _is_label(text, line) or is_row(line.of(text)):
            break
        caption.insert(0, line)
    return caption


def _caption_above(text: str, lines: Sequence[Span]) -> list[Span]:
    """Return the caption of a table, given the lines before its block.

    The caption is the last line. If that line gives only units or periods, or is the number of a page, the
    line above it belongs to the caption, too. If a line is a title with units (``_TITLE_WITH_UNITS``), the
    caption begins with that line.
    """
    above = [line.of(text).strip() for line in reversed(lines)]
    titled = next((number for number, line in enumerate(above, 1) if _TITLE_WITH_UNITS.fullmatch(line)), 0)
    count = next((number for number, line in enumerate(above, 1) if _names_table(line)), len(above))
    return _caption(text, lines[len(lines) - max(count, titled) :])


def _names_table(line: str) -> bool:
    """Return whether a line above a table says more than units, periods, and the number of a page."""
    return _WORDS.search(line) is not None and not (_UNITS.fullmatch(line) or is_period(line))


def _table(text: str, caption: list[Span], lines: Sequence[Span]) -> Table:
    headings = 0
    parted = False
    for line in lines[:WORD_TABLE_ROWS]:
        row = cells(line.of(text))
        others = any(row[1:])
        # Below the column headings, a line with one cell names a group of rows, or the units.
        if _has_quantity(row) or (row[0] and not others and parted and not _UNITS.fullmatch(row[0])):
            break
        headings += 1
        parted = parted or others
    # If a table has words only, its first row is its headings.
    if headings == len(lines) or headings == WORD_TABLE_ROWS:
        headings = 1
    every = [*caption, *lines]
    header = every[: len(caption) + headings]
    start = every[0].start
    return Table(Span(start, header[-1].end) if header else Span(start, start), tuple(every))


def _has_quantity(row: Sequence[str]) -> bool:
    """Return whether a row has a quantity.

    If all other cells are periods, a number in the label does not count: it may be a stray page number. In a
    row without a label, numbers do not count if all cells have words, such as ``12 weeks``.
    """
    label, *others = row
    if not label and all(map(_WORDS.search, filter(None, others))):
        return False
    if any(map(is_quantity, others)):
        return True
    return is_quantity(label) and not (any(others) and all(is_period(cell) for cell in others if cell))


def is_group(line: str) -> bool:
    """Return whether a line between rows names a group of rows: only its first cell has words."""
    first, *others = cells(line)
    return bool(first) and not any(others)


def is_period(cell: str) -> bool:
    """Return whether a cell names a time, such as ``2019``, ``Q1 2020`` or ``Years ended September 30,``."""
    return _PERIOD.fullmatch(cell) is not None


def is_date(cell: str) -> bool:
    """Return whether a cell names one date or period that ends with its year: ``June 30, 2023``."""
    return is_period(cell) and len(_YEAR.findall(cell)) == 1 and _YEAR.fullmatch(cell[-4:]) is not None


def is_quantity(cell: str) -> bool:
    """Return whether a cell begins with a quantity, and is not a period such as ``2019``."""
    return _QUANTITY.match(cell) is not None and not _PERIOD.fullmatch(cell)
