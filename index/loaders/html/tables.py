"""Reads a data table of a page as rows, and recognises tables that only lay out the page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.loaders.blocks import MAX_CELL_CHARACTERS, flow, row
from index.loaders.html.columns import Cell, in_columns
from index.text.tabular import is_period

if TYPE_CHECKING:
    from lxml.html import HtmlElement

CELLS = frozenset({"td", "th"})

_MOST_COLUMNS = 1000
"""The most columns that browsers let a cell cover."""

_MOST_DOWN = 50
"""The most cells that may reach down into a row from the rows above; further cells end with their own row."""

_MOST_REPEATED = 10
"""The most characters that a table may repeat, as a multiple of the characters in its cells."""

_CURRENCY = re.compile(r"[(\[]?[$€£¥₩₹₫฿]\s*[(\[]?")
_FIGURE_END = re.compile(r"[\d–—-][)\]]?\Z")
_AFTER_FIGURE = re.compile(r"[)\]]?\s*%?\s*[)\]]?")


@dataclass(slots=True)
class Table:
    """A data table that is being read.

    A cell that covers several rows is repeated in each of them, since each row is cited by itself.

    Attributes:
        _rows: the finished rows with words: their cells from the left, empty cells included.
        _cells: the cells of the current row.
        _down: the cells of the rows above that reach down to the current row, each with the number of rows
            that it still covers, the current row included.
        _reaching: the cells of the current row that reach down, each with the number of rows that it covers,
            the current row included.
        _characters: the number of characters of all cells, without repetitions.
        _repeated: the number of repeated characters.
    """

    _rows: list[list[Cell]] = field(default_factory=list)
    _cells: list[Cell] = field(default_factory=list)
    _down: list[tuple[Cell, int]] = field(default_factory=list)
    _reaching: list[tuple[Cell, int]] = field(default_factory=list)
    _characters: int = 0
    _repeated: int = 0

    def end_cell(self, text: str, linked: float, element: HtmlElement | None = None) -> None:
        """Add a cell to the current row, in the next columns that no cell from above covers.

        Args:
            text: the words of the cell.
            linked: the share of the words' characters that are in links.
            element: the cell's element; None for words outside of cells.
        """
        start = self._cells[-1].end if self._cells else 0
        for above, _ in self._down:
            if above.start <= start < above.end:
                start = above.end
        width, height = (_span(element, name) for name in ("colspan", "rowspan"))
        cell = Cell(flow(text), start, start + min(width, _MOST_COLUMNS), linked)
        self._cells.append(cell)
        self._characters += len(cell.text)
        if height > 1:
            self._reaching.append((cell, height))

    def end_row(self, *, is_real: bool) -> None:
        """End the current row; a row without words is left out.

        Args:
            is_real: whether the page has a ``tr`` element for the row. Without one, the call ends a row only
                if cells were added.
        """
        if not (self._cells or is_real):
            return
        if any(cell.text for cell in self._cells):
            cells = [*self._cells, *(cell for cell, _ in self._down if self._may_repeat(cell))]
            self._rows.append(sorted(cells, key=lambda cell: cell.start))
        below = [(cell, height - 1) for cell, height in [*self._down, *self._reaching] if height > 1]
        self._down = sorted(below[:_MOST_DOWN], key=lambda reach: reach[0].start)
        self._cells, self._reaching = [], []

    def _may_repeat(self, cell: Cell) -> bool:
        """Return whether the table may repeat the characters of ``cell``; if so, count them as repeated."""
        may = self._repeated + len(cell.text) <= _MOST_REPEATED * self._characters
        self._repeated += len(cell.text) if may else 0
        return may

    def lines(self) -> list[tuple[str, float]]:
        """Return each row as a line of text, with the mean share of link text in its cells (0 to 1)."""
        texts = [row(words) for words in in_columns([joined_figures(cells) for cells in self._rows])]
        links = [sum(cell.linked for cell in cells) / len(cells) for cells in self._rows]
        return list(zip(texts, links, strict=True))


def open_table(element: HtmlElement) -> Table | None:
    """Return an empty ``Table`` for reading the table ``element``; None if the table only lays out the page.

    A table lays out the page if its role says so, if it contains tables or a very long cell, or if no row has
    more than one cell. The role ``table`` allows rows of one cell.
    """
    if element.get("role") in {"presentation", "none"} or element.find(".//table") is not None:
        return None
    widths = [sum(1 for cell in line if cell.tag in CELLS) for line in element.iter("tr")]
    if max(widths, default=0) <= 1 and element.get("role") != "table":
        return None
    if any(len(cell.text_content()) > MAX_CELL_CHARACTERS for cell in element.iter("td", "th")):
        return None
    return Table()


def joined_figures(cells: Iterable[Cell]) -> list[Cell]:
    """Return the cells of a row without empty ones, and with each sign joined to its figure.

    The signs are currency signs, closing brackets and percent signs. A sign that stands alone, such as ``%``
    above a column, stays a cell.
    """
    joined: list[Cell] = []
    for cell in cells:
        if joined and cell.text and _is_one_figure(joined[-1].text, cell.text):
            joined[-1] = Cell(joined[-1].text + cell.text, joined[-1].start, cell.end)
        elif cell.text:
            joined.append(cell)
    return joined


def _is_one_figure(before: str, text: str) -> bool:
    """Return whether two neighbouring cells hold a figure and its sign or bracket."""
    if _AFTER_FIGURE.fullmatch(text):
        return _FIGURE_END.search(before) is not None and not is_period(before)
    return _CURRENCY.fullmatch(before) is not None


def _span(element: HtmlElement | None, name: str) -> int:
    """Return the number of columns or rows that an element covers, at least 1."""
    written = (element.get(name) or "").strip() if element is not None else ""
    return max(int(written), 1) if re.fullmatch(r"[0-9]{1,5}", written) else 1
