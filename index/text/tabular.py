"""Tables in a canonical text: which lines are rows, and which of them are headings.

A loader writes a table as neighbouring lines whose cells are parted by ``CELL_SEPARATOR``. Everything else
is read off the text, so that a table in a plain text file is as good as one in a workbook.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from index.documents import Span

CELL_SEPARATOR = " | "
"""What stands between the cells of a table's row."""

MAX_HEADING_ROWS = 5
"""More rows without figures than these are no headings: a table of words."""

MAX_CAPTION_CHARACTERS = 200
"""A longer line above a table is a paragraph."""

_MAX_CAPTION_LINES = 3

_LINE = regex.compile(r"[^\n\r\f\v\x1c-\x1e\x85\u2028\u2029]+")
_BREAKS = regex.compile(r"\r\n|[\n\r\f\v\x1c-\x1e\x85\u2028\u2029]")
_CELL_EDGE = regex.compile(r"(?:(?<=^|\s)\|(?=\s|$))")
_QUANTITY = regex.compile(r"\P{L}{0,4}\p{N}")
"""How a quantity begins: with its sign, currency or bracket. ``CO2e`` is none."""

_UNITS = regex.compile(
    r"[(\[].*[)\]]|.*\b(?:million|billion|thousand|percent|per cent)s?\b.*|.*[%$€£¥]", regex.IGNORECASE
)
_PERIOD = regex.compile(
    r"(?=.*(?:[a-z]|(?:19|20)\d{2}))"
    r"(?>(?:fy|cy|fiscal|years?|months?|quarters?|weeks?|ended|ending|as|at|of|to|the|and|notes?|no"
    r"|h[12]|q[1-4]|[12]h|[1-4]q|jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*"
    r"|(?:19|20)\d{2}(?:[/–-]\d{2,4})?|\d{1,2}(?:st|nd|rd|th)?|[¹²³⁰⁴-⁹]+)[\s.,:;/()–-]*+)++",
    regex.IGNORECASE,
)
"""A cell that names a time rather than a quantity: ``2019``, ``Q1 2020``, ``Years ended September 30,``."""
_STOP = regex.compile(r"[.!?。！？។၊।]\s*\Z")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a document.

    Attributes:
        header: its caption, units and rows of headings, from the start of the first to the end of the last;
            an empty span at its first row where it has none.
        lines: its lines, in order: those of the header, then the rows.
    """

    header: Span
    lines: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """From the first line to the end of the last."""
        return Span(self.lines[0].start, self.lines[-1].end)


def cells(row: str) -> list[str]:
    """The cells of a row, in order, the empty ones too: ``["", "2019", ""]`` of `` | 2019 | ``."""
    return [cell.strip() for cell in _CELL_EDGE.split(row)]


def is_row(line: str) -> bool:
    """Whether a line has cells."""
    return "|" in line and _CELL_EDGE.search(line) is not None


def tables(text: str) -> list[Table]:
    """The tables of a canonical text, in order.

    A table is a run of at least two neighbouring rows. A line with one cell among them (the name of a group
    of rows) belongs to it. Right above it, up to three short lines are its caption and units.
    """
    if "|" not in text:
        return []
    found: list[Table] = []
    for block, above in _blocks(text):
        rows = [is_row(line.of(text)) for line in block]
        end = 0
        for first, last in _runs(text, block, rows):
            before = [above] if above and not first else block[end:first]
            caption = _caption(text, before)
            found.append(_table(text, caption, block[first:last]))
            end = last
    return found


def _blocks(text: str) -> Iterator[tuple[list[Span], Span | None]]:
    """Runs of neighbouring lines, each with the last line before it."""
    block: list[Span] = []
    above: Span | None = None
    for match in _LINE.finditer(text):
        line = Span(match.start(), match.end())
        if not match[0].strip():
            continue
        if block and len(_BREAKS.findall(text, block[-1].end, line.start)) > 1:
            yield block, above
            above, block = block[-1], []
        block.append(line)
    if block:
        yield block, above


def _runs(text: str, block: Sequence[Span], rows: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where the tables of a block begin and end, as places in it."""
    places = [place for place, row in enumerate(rows) if row]
    if len(places) < 2:
        return
    first = places[0]
    for place, following in pairwise([*places, len(block) + 3]):
        between = block[place + 1 : following]
        if following - place <= 3 and all(_is_label(text, line) for line in between):
            continue
        if sum(rows[first : place + 1]) > 1:
            yield first, place + 1
        first = following


def _is_label(text: str, line: Span) -> bool:
    """Whether a line beside rows names them, rather than being a sentence."""
    return len(line) <= MAX_CAPTION_CHARACTERS and not _STOP.search(text, line.start, line.end)


def _caption(text: str, lines: Sequence[Span]) -> list[Span]:
    caption: list[Span] = []
    for line in reversed(lines[-_MAX_CAPTION_LINES:]):
        if not _is_label(text, line) or is_row(line.of(text)):
            break
        caption.insert(0, line)
    return caption


def _table(text: str, caption: list[Span], lines: Sequence[Span]) -> Table:
    headings = 0
    parted = False
    for line in lines[:MAX_HEADING_ROWS]:
        row = cells(line.of(text))
        others = any(row[1:])
        # After the columns have their headings, a line with one cell names a group of rows, or the units.
        if any(map(_is_quantity, row)) or (row[0] and not others and parted and not _UNITS.fullmatch(row[0])):
            break
        headings += 1
        parted = parted or others
    # A table of words alone: its first row is taken for its headings.
    if headings == len(lines) or headings == MAX_HEADING_ROWS:
        headings = 1
    every = [*caption, *lines]
    header = every[: len(caption) + headings]
    start = every[0].start
    return Table(Span(start, header[-1].end) if header else Span(start, start), tuple(every))


def _is_quantity(cell: str) -> bool:
    return _QUANTITY.match(cell) is not None and not _PERIOD.fullmatch(cell)
