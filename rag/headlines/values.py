"""The headline of one cell: its value, its names, and the part of its unit that the value does not show."""

from __future__ import annotations

import regex

from index.text import TableCell
from rag.answers import CellAddress, Headline

_SIGN = regex.compile(r"(?:US|C|A)?\p{Sc}|%|[A-Z]{3}\b")


def headline_of_cell(cell: CellAddress | TableCell) -> Headline:
    """Return the headline that states the value of a cell."""
    return Headline(cell.value, unit_of(cell), cell.row, cell.column)


def unit_of(cell: CellAddress | TableCell) -> str:
    """Return the part of a cell's unit that the value does not show."""
    sign = _SIGN.match(cell.unit)
    unit = cell.unit[sign.end() :].strip() if sign and sign[0] in cell.value else cell.unit
    return f"{unit[:1].lower()}{unit[1:]}" if unit[1:2].islower() else unit
