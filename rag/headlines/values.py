"""The headline of one cell: its value, its names, and the part of its unit that the value does not show."""

from __future__ import annotations

import regex

from index.text import TableCell
from rag.answers import CellAddress, Headline

_SIGN = regex.compile(r"(?:US|C|A)?\p{Sc}|%|[A-Z]{3}\b")

_CURRENCY = regex.compile(r"\p{Sc}")
_SCALE = regex.compile(
    r"(?:(?P<counted>dollars|shares)\s)?in\s(?P<scale>thousand|million|billion|trillion)s?"
)


def headline_of_cell(cell: CellAddress | TableCell) -> Headline:
    """Return the headline that states the value of a cell."""
    unit = after_number(bare_unit(cell), has_sign=_CURRENCY.search(cell.value) is not None)
    return Headline(cell.value, unit, cell.row, cell.column)


def bare_unit(cell: CellAddress | TableCell) -> str:
    """Return a cell's unit, as the table states it, without a sign (``$``, ``%``) that its value shows."""
    sign = _SIGN.match(cell.unit)
    unit = cell.unit[sign.end() :].strip() if sign and sign[0] in cell.value else cell.unit
    return f"{unit[:1].lower()}{unit[1:]}" if unit[1:2].islower() else unit


def after_number(unit: str, *, has_sign: bool) -> str:
    """Return a scale in words that can follow a number: *million dollars* for *dollars in millions*.

    Args:
        unit: the unit; one that is no plain scale, such as *in millions, except sales*, is returned as it is.
        has_sign: whether the number has the sign of a currency, which makes *dollars* superfluous.
    """
    scale = _SCALE.fullmatch(unit)
    if scale is None:
        return unit
    counted = (
        "" if scale["counted"] is None or (has_sign and scale["counted"] == "dollars") else scale["counted"]
    )
    return f"{scale['scale']} {counted}".strip()
