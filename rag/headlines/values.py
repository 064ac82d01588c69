"""The headline of one cell: its value with its names, and the part of its unit that the value lacks."""

from __future__ import annotations

import regex

from index.text import TableCell
from rag.answers import CellAddress, Headline
from rag.word_lists import listed

_SIGN = regex.compile(r"(?:US|C|A)?\p{Sc}|%|[A-Z]{3}\b")
_EXCEPTION = regex.compile(r",?\s*(?:except|unless)\b\s*(?:for\s)?(?P<words>.*)", regex.IGNORECASE)
_GENERAL = listed("amount amounts data per and or in as where otherwise noted")


def headline_of_cell(cell: CellAddress | TableCell) -> Headline:
    """Return the headline that states the value of a cell."""
    return Headline(cell.value, unit_of(cell), cell.row, cell.column)


def unit_of(cell: CellAddress | TableCell) -> str:
    """Return the part of a cell's unit that the value does not show.

    An exception in the unit, such as *except per share data*, is left out if it does not concern the cell.
    """
    sign = _SIGN.match(cell.unit)
    unit = cell.unit[sign.end() :].strip() if sign and sign[0] in cell.value else cell.unit
    exception = _EXCEPTION.search(unit)
    if exception is not None:
        named = set(regex.findall(r"\p{L}+", exception["words"].lower())) - _GENERAL
        names = f"{cell.row} {cell.column}".lower()
        if not any(word.removesuffix("s") in names for word in named):
            unit = unit[: exception.start()]
    return f"{unit[:1].lower()}{unit[1:]}" if unit[1:2].islower() else unit
