"""Reads a data table of a page as rows, and recognises tables that only lay out the page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.loaders.blocks import MAX_CELL_CHARACTERS, flow, row

if TYPE_CHECKING:
    from lxml.html import HtmlElement

CELLS = frozenset({"td", "th"})

_CURRENCY = re.compile(r"[(\[]?[$€£¥₩₹₫฿]\s*[(\[]?")
_AFTER_FIGURE = re.compile(r"[)\]]?\s*%?\s*[)\]]?")


@dataclass(slots=True)
class Table:
    """A data table that is being read.

    Attributes:
        spanned: whether cells span columns. In such a table, empty cells are only space, and are left out.
    """

    spanned: bool
    _rows: list[list[tuple[str, float]]] = field(default_factory=list)
    _cells: list[tuple[str, float]] = field(default_factory=list)

    def end_cell(self, text: str, linked: float) -> None:
        """Add a cell to the current row."""
        self._cells.append((flow(text), linked))

    def end_row(self) -> None:
        """End the current row; a row without words is left out."""
        if any(text for text, _ in self._cells):
            self._rows.append(self._cells)
        self._cells = []

    def lines(self) -> list[tuple[str, float]]:
        """The rows as lines of text, each with the share of link text in a cell, averaged over the row."""
        written = [[text for text, _ in cells] for cells in self._rows]
        joined = [joined_figures(cells) for cells in written]
        for_the_eye = self.spanned or any(
            len(cells) < len(before) for cells, before in zip(joined, written, strict=True)
        )
        if not for_the_eye:
            joined = without_empty_columns(joined)
        texts = [row(cell for cell in cells if cell or not for_the_eye) for cells in joined]
        links = [sum(linked for _, linked in cells) / len(cells) for cells in self._rows]
        return list(zip(texts, links, strict=True))


def open_table(element: HtmlElement) -> Table | None:
    """The data table that starts at ``element``; None if the table only lays out the page.

    A table lays out the page if it contains tables, has one cell in each row, or has a very long cell.
    """
    if element.get("role") in {"presentation", "none"} or element.find(".//table") is not None:
        return None
    widths = [sum(1 for cell in line if cell.tag in CELLS) for line in element.iter("tr")]
    if max(widths, default=0) <= 1 and element.get("role") != "table":
        return None
    cells = list(element.iter("td", "th"))
    if any(len(cell.text_content()) > MAX_CELL_CHARACTERS for cell in cells):
        return None
    return Table(spanned=any((cell.get("colspan") or "1").strip() != "1" for cell in cells))


def without_empty_columns(rows: list[list[str]]) -> list[list[str]]:
    """Rows without the columns that are empty in every row."""
    width = max(map(len, rows), default=0)
    used = [any(len(cells) > column and cells[column] for cells in rows) for column in range(width)]
    return [[cell for cell, keep in zip(cells, used, strict=False) if keep] for cells in rows]


def joined_figures(cells: list[str]) -> list[str]:
    """A row in which currency signs, closing brackets and percent signs are joined to their figures."""
    joined: list[str] = []
    sign = ""
    for cell in cells:
        if cell and _CURRENCY.fullmatch(cell):
            sign += cell
        elif cell and _AFTER_FIGURE.fullmatch(cell) and any(joined):
            last = max(number for number, text in enumerate(joined) if text)
            joined[last] += cell
        elif sign and not cell:
            continue
        else:
            joined.append(sign + cell)
            sign = ""
    return [*joined, sign] if sign else joined
