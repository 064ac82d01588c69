"""A sheet of a workbook → the cells that a reader sees, as they are shown."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from typing import IO, TYPE_CHECKING, Any

import regex

from index.loaders.blocks import flow
from index.loaders.sheets.grid import Cell, Row, is_written_figure
from index.loaders.sheets.headings import is_period
from index.loaders.sheets.number_formats import shown_moment, shown_number, shown_text
from index.loaders.superscripts import superscript
from index.loaders.symbols import in_font

if TYPE_CHECKING:
    from openpyxl.cell.read_only import ReadOnlyCell
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet
    from openpyxl.worksheet._reader import WorkSheetParser

_MAX_COLUMNS = 16_384
"""How many columns a sheet can have (ECMA-376, part 1, section 18.3.1.13)."""

_ESCAPED = regex.compile(r"_x00[01][0-9A-Fa-f]_")
"""A control character, as it is written in a workbook (ECMA-376, part 1, section 22.9.2.19)."""

_TRUE = {"1", "true"}
_NO_SIZE = regex.compile(r"0+(?:\.0*)?")


def visible_rows(sheet: ReadOnlyWorksheet) -> list[Row]:
    """The rows of a sheet that have words, in order, without hidden rows and columns.

    Only what is there is read: the size that a sheet claims to have counts for nothing.
    """
    from openpyxl.cell.read_only import ReadOnlyCell

    # openpyxl's public reader of rows knows no merged and hidden cells, and fills rows up to the width that
    # the sheet claims; its parser gives the cells that are there.
    found: dict[int, dict[int, Cell]] = {}
    with _source(sheet) as source:
        parser = _parser(sheet, source)
        for place, cells in parser.parse():
            shown = {
                said["column"]: _shown(ReadOnlyCell(sheet, **said)) for said in cells if _is_filled(said)
            }
            kept = {column: cell for column, cell in shown.items() if cell.text}
            if kept:
                found.setdefault(place, {}).update(kept)
        return _visible(found, parser)


def _source(sheet: Any) -> IO[bytes]:  # noqa: ANN401 - what is private has no types
    source: IO[bytes] = sheet._get_source()
    return source


def _parser(sheet: Any, source: IO[bytes]) -> WorkSheetParser:  # noqa: ANN401
    from openpyxl.worksheet._reader import WorkSheetParser

    book = sheet.parent
    return WorkSheetParser(
        source,
        sheet._shared_strings,
        data_only=True,
        epoch=book.epoch,
        date_formats=book._date_formats,
        timedelta_formats=book._timedelta_formats,
        rich_text=True,
    )


def _is_filled(said: Mapping[str, object]) -> bool:
    return said["value"] is not None and said["value"] != ""


def _shown(cell: ReadOnlyCell) -> Cell:
    """A cell as the sheet shows it."""
    value, code = cell.value, cell.number_format
    if isinstance(value, bool):
        return Cell(str(value).upper())
    if isinstance(value, (int, float)):
        text = flow(shown_number(value, code))
        return Cell(text, figure=not (is_period(text) and "," not in code))
    if isinstance(value, timedelta):
        return Cell(shown_moment(value, code), figure=True)
    if isinstance(value, (date, time)):
        return Cell(shown_moment(value, code))
    text = flow(shown_text(_ESCAPED.sub(" ", _words(value, cell)), code))
    return Cell(text, figure=is_written_figure(text))


def _words(value: object, cell: ReadOnlyCell) -> str:
    """The words of a cell, which may be of several runs, as their fonts show them."""
    from openpyxl.cell.rich_text import CellRichText, TextBlock

    font = cell.font
    return "".join(
        _shown_run(run.text, run.font.rFont or font.name, run.font.vertAlign)
        if isinstance(run, TextBlock)
        else _shown_run(str(run), font.name, font.vertAlign)
        for run in (value if isinstance(value, CellRichText) else [value])
    )


def _shown_run(text: str, font: str | None, position: str | None) -> str:
    shown = in_font(text, font)
    return superscript(shown) if position == "superscript" else shown


def _visible(found: Mapping[int, Mapping[int, Cell]], parser: WorkSheetParser) -> list[Row]:
    """The rows without hidden rows and columns, closed up as the sheet is shown."""
    hidden_rows = sorted(
        int(number) for number, said in parser.row_dimensions.items() if _is_hidden(said, "ht")
    )
    hidden_columns = _hidden_columns(parser.column_dimensions.values())
    widths = {
        (merged.min_row, merged.min_col): merged.max_col
        for merged in (parser.merged_cells.mergeCell if parser.merged_cells else ())
    }
    rows: list[Row] = []
    unseen_rows, unseen_columns = set(hidden_rows), set(hidden_columns)
    for place in sorted(found):
        if place in unseen_rows:
            continue
        cells: dict[int, Cell] = {}
        for column in sorted(found[place]):
            if column in unseen_columns:
                continue
            cell = found[place][column]
            last = min(widths.get((place, column), column), _MAX_COLUMNS)
            at = column - bisect_left(hidden_columns, column)
            end = last + 1 - bisect_left(hidden_columns, last + 1)
            cells[at] = Cell(cell.text, cell.figure, end - at)
        if cells:
            rows.append(Row(place - bisect_left(hidden_rows, place), cells))
    return rows


def _is_hidden(said: Mapping[str, str], size: str) -> bool:
    """Whether a row or a column is hidden, or set to have no height or width."""
    return said.get("hidden") in _TRUE or _NO_SIZE.fullmatch(said.get(size, "")) is not None


def _hidden_columns(dimensions: Iterable[Mapping[str, str]]) -> list[int]:
    hidden: set[int] = set()
    for said in dimensions:
        if _is_hidden(said, "width"):
            first = int(said["min"])
            hidden |= set(range(first, min(int(said.get("max", first)), _MAX_COLUMNS) + 1))
    return sorted(hidden)
