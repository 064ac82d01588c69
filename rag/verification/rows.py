"""Reads a cited row of a table: its figures in the units of the headings, and the period of each column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

import regex

from index.documents import Span
from index.text import PATH_SEPARATOR, TableCell, cells, is_row, table_cells, words_outside_columns
from rag.figures.quantities import Quantity, quantities
from rag.figures.reporting_periods import Periods, periods_of, without_periods
from rag.figures.units import PERCENT, currency_at, unit_at
from rag.verification.evidence import Evidence, language_in

_SCALES = {
    "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "mn": 6, "bn": 9, "nghìn": 3, "triệu": 6,
    "tỷ": 9, "ribu": 3, "juta": 6, "miliar": 9,
}  # fmt: skip
_SCALE = regex.compile(
    rf"\b(?P<scale>{'|'.join(_SCALES)})s?\b|(?<![\p{{N}}.,])['’]?000s?\b|(?:[$€£]|eur) ?m\b"
)
_EXCEPTION = regex.compile(r"\b(?:except|unless|other than)\b", regex.IGNORECASE)
_NEGATIVE = regex.compile(
    r"(?P<sign>\p{Sc}|[A-Z]{2,3})?\s?\(\s?(?P<value>[^()]*\p{N}[^()]*)\)\s?(?P<unit>%?)"
)
"""A negative value in the form of accounts: ``$ (531)`` or ``(4) %``."""

_CENTS = regex.compile(r"\p{N}[.,]\p{N}{2}(?!\p{N})")
_PERCENT = regex.compile(r"%|\bper ?cent\b", regex.IGNORECASE)
_SIGN = regex.compile(r"^\p{Sc}\s")
_WORD = regex.compile(r"(?<![\p{L}\p{N}])(?=[\p{L}\p{Sc}%])")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with a value.

    Attributes:
        value: its text.
        figures: the figures that it states, in the unit and scale of its headings.
        possible: other figures that it may state, because the table leaves a unit open. A sentence with one
            of them is neither refuted nor confirmed.
        column: the headings over it, from the top.
        periods: the periods that these headings name.
    """

    value: str
    figures: tuple[Quantity, ...]
    possible: tuple[Quantity, ...]
    column: str
    periods: Periods

    @property
    def is_in_brackets(self) -> bool:
        """Return whether the value is negative in the form of accounts."""
        return _NEGATIVE.fullmatch(self.value) is not None

    @property
    def has_no_unit(self) -> bool:
        """Return whether neither the cell nor its headings state a unit or a currency.

        Many tables have a currency sign only in their first row.
        """
        return all(figure.unit is figure.currency is None for figure in self.figures)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table with headings.

    Attributes:
        label: its first cell.
        cells: its other cells, without empty ones.
        periods: the periods that the label names.
        caption: the periods that the caption names.
    """

    label: str
    cells: tuple[Cell, ...]
    periods: Periods
    caption: Periods


@lru_cache(maxsize=1024)
def row_of(item: Evidence) -> Row | None:
    """Return a quote as a row; None if it is not a row, or if its context has no headings of columns."""
    if not is_row(item.quote):
        return None
    headings = _headings(item.context)
    found = item.cells or _cells(headings, item.quote)
    if not found:
        return None
    language = language_in(item)
    label = cells(item.quote)[0]
    units = _units_in(without_periods(item.context, language))
    # Without the whole table, the names of the row's groups are unknown: *per share* may be one.
    is_excepted = not item.cells and _EXCEPTION.search(headings) is not None
    return Row(
        label,
        tuple(_cell(each, language, units, is_excepted) for each in found),
        periods_of(label, language),
        periods_of(words_outside_columns(headings), language),
    )


def with_units(quantity: Quantity, context: str, language: str) -> Iterator[Quantity]:
    """Yield a figure of a quote that has no cells, with each scale, unit and currency of its context."""
    scaled = _scaled(quantity, context)
    if scaled != quantity:
        yield scaled
    if quantity.currency is None:
        yield from _with_each(scaled, _units_in(without_periods(context, language)))


def _headings(context: str) -> str:
    """Return the lines of a context up to the last row; a title and a publisher may follow it."""
    lines = context.splitlines()
    last = max((number for number, line in enumerate(lines, 1) if is_row(line)), default=0)
    return "\n".join(lines[:last])


def _cells(headings: str, quote: str) -> Sequence[TableCell]:
    if not headings:
        return ()
    text = f"{headings}\n{quote}"
    return table_cells(text, Span(0, len(headings)), Span(len(headings) + 1, len(text)))


def _cell(cell: TableCell, language: str, units: Sequence[_Unit], is_excepted: bool) -> Cell:
    column = cell.column.replace(PATH_SEPARATOR, " ")
    sure: list[Quantity] = []
    possible: list[Quantity] = []
    for raw in _raw(cell.value, language):
        if raw.currency is None and ("%" in cell.unit or _PERCENT.search(column)):
            sure.append(replace(raw, unit=raw.unit or PERCENT))
            continue
        scaled = _scaled(raw, cell.unit)
        stated = [each.currency for each in _units_in(cell.unit) if each.currency]
        if raw.currency is raw.unit is None and stated:
            scaled = replace(scaled, currency=stated[0])
        if scaled != raw:
            scaled = replace(scaled, written=f"{cell.value} ({_SIGN.sub('', cell.unit)})")
            is_share = is_excepted and _CENTS.search(cell.value) is not None
            is_doubtful = is_share or _EXCEPTION.search(cell.unit) is not None or raw.currency is None
            possible += [raw] if is_doubtful else []
        sure.append(scaled)
        if scaled.currency is scaled.unit is None:
            sure += _with_each(scaled, units)
    return Cell(cell.value, tuple(sure), tuple(possible), column, periods_of(column, language))


def _raw(value: str, language: str) -> Iterator[Quantity]:
    """Yield the figures of a cell as printed; those in brackets are negative."""
    negative = _NEGATIVE.fullmatch(value)
    text = value
    if negative:
        text = f"-{negative['sign'] or ''}{negative['value'].strip()}{negative['unit']}"
    for quantity in quantities(text, language):
        yield replace(quantity, written=value if negative else quantity.written, noun=None)


def _scaled(quantity: Quantity, words: str) -> Quantity:
    """Return a figure multiplied by the scale that ``words`` state; as it is if it has its own, or a unit."""
    scale = _SCALE.search(words.lower())
    if scale is None or quantity.unit is not None or _SCALE.search(quantity.written.lower()):
        return quantity
    default = "million" if "m" in scale[0] else "thousand"
    factor = Decimal(1).scaleb(_SCALES[scale["scale"] or default])
    return replace(
        quantity, low=quantity.low * factor, high=quantity.high * factor, step=quantity.step * factor
    )


@dataclass(frozen=True, slots=True)
class _Unit:
    unit: str | None
    currency: str | None


def _units_in(context: str) -> Sequence[_Unit]:
    """Return the units and currencies that a context names."""
    found = []
    for match in _WORD.finditer(context):
        unit, currency = unit_at(context, match.start()), currency_at(context, match.start())
        if unit and len(context[match.start() : unit[1]]) > 1 - (unit[0] == PERCENT):
            found.append(_Unit(unit[0], None))
        if currency:
            found.append(_Unit(None, currency[0]))
    return found


def _with_each(quantity: Quantity, units: Sequence[_Unit]) -> Iterator[Quantity]:
    for each in units:
        yield replace(quantity, unit=each.unit, currency=each.currency)
