"""Reads a chart's data as a table with one row per category and one column per series.

ECMA-376, part 1, 21.2 defines charts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.loaders.blocks import Block, flow
from index.loaders.sheets.grid import Cell, Row, table_blocks
from index.loaders.sheets.number_formats import GENERAL, shown_moment, shown_number

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"

_LAST_DATE = 2_958_465
"""The serial number of 31 December 9999, the last day that a spreadsheet has."""


@dataclass(frozen=True, slots=True)
class _Series:
    """A series: its name, and the labels and values of its points by point number."""

    name: str
    labels: Mapping[int, str]
    values: Mapping[int, str]


def chart_blocks(root: Element) -> Iterator[Block]:
    """Yield the blocks of a chart: its title, then its data as a table.

    The chart stores a copy of its data, so the workbook is not opened. Neighbouring series with the same
    categories share a table.

    Args:
        root: the root element of the chart's part.
    """
    group = object()
    title = root.find(f"{_C}chart/{_C}title")
    words = (
        flow(" ".join(text.text or "" for text in title.iter(f"{_A}t", f"{_C}v")))
        if title is not None
        else ""
    )
    yield Block(words, group)
    held: list[_Series] = []
    for series in map(_series, root.iter(f"{_C}ser")):
        if held and series.labels != held[0].labels:
            yield from table_blocks(_rows(held), group)
            held, group = [], object()
        held.append(series)
    yield from table_blocks(_rows(held), group)


def _rows(several: Sequence[_Series]) -> list[Row]:
    """Return the row of headings, then a row for each category with a label or a value."""
    named = [
        series.name or (f"Series {number}" if len(several) > 1 else "")
        for number, series in enumerate(several, 1)
    ]
    rows = [Row(0, {column: Cell(name) for column, name in enumerate(named, 1) if name})]
    places = sorted({place for series in several for place in (*series.labels, *series.values)})
    for place in places:
        label = several[0].labels.get(place, "")
        cells = {0: Cell(label)} if label else {}
        for column, series in enumerate(several, 1):
            if series.values.get(place):
                cells[column] = Cell(series.values[place], figure=True)
        rows.append(Row(place + 1, cells))
    return [line for line in rows if line.cells]


def _series(element: Element) -> _Series:
    labels, values = element.find(f"{_C}cat"), element.find(f"{_C}val")
    if values is None:
        labels, values = element.find(f"{_C}xVal"), element.find(f"{_C}yVal")
    name = element.find(f"{_C}tx")
    return _Series(
        flow(" ".join(text.text or "" for text in name.iter(f"{_C}v"))) if name is not None else "",
        _points(labels),
        _points(values),
    )


def _points(data: Element | None) -> dict[int, str]:
    """Return the labels or the values of a series, as the chart shows them, by point number."""
    if data is None:
        return {}
    levels = list(data.iter(f"{_C}lvl"))
    if not levels:
        code = flow(data.findtext(f".//{_C}formatCode") or GENERAL)
        numbers = next(data.iter(f"{_C}numCache", f"{_C}numLit"), None) is not None
        return {
            place: _shown(text, own or code) if numbers else text for place, text, own in _each_point(data)
        }
    # The first level is the innermost. On an outer level, a label holds until the next label.
    inner, *outer = [{place: text for place, text, _ in _each_point(level)} for level in levels]
    found: dict[int, str] = {}
    current = [""] * len(outer)
    for place in sorted(inner):
        current = [level.get(place, held) for level, held in zip(outer, current, strict=True)]
        found[place] = flow(" ".join([*reversed(current), inner[place]]))
    return found


def _each_point(data: Element) -> Iterator[tuple[int, str, str | None]]:
    """Yield each point's number, its text, and its own number format (None if it has none)."""
    for point in data.iter(f"{_C}pt"):
        place = point.get("idx", "")
        text = flow(point.findtext(f"{_C}v") or "")
        if place.isascii() and place.isdigit() and text:
            yield int(place), text, point.get("formatCode")


def _shown(text: str, code: str) -> str:
    from openpyxl.styles.numbers import is_date_format
    from openpyxl.utils.datetime import from_excel

    try:
        value = float(text)
    except ValueError:
        return text
    if is_date_format(code) and 0 <= value <= _LAST_DATE:
        return shown_moment(from_excel(value), code)
    return shown_number(value, code)
