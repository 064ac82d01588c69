"""Reads workbooks and delimited text: sheets in order, and tables as rows with their headings."""

from __future__ import annotations

import csv
import warnings
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, redirect_stdout
from dataclasses import replace
from datetime import date, time, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import regex

from index.documents import Document, Section
from index.errors import LoadError
from index.loaders.archive import check_archive, core_properties, damage_reported
from index.loaders.assembly import assemble
from index.loaders.blocks import Block, Heading, flow, join, row, sections_of
from index.loaders.equations import in_font
from index.loaders.merged_cells import MOST_REPEATED
from index.loaders.metadata import title_of_line
from index.loaders.options import DEFAULTS, Options
from index.loaders.sheets.grid import Cell, Row, grid_blocks, is_dated_period, is_written_figure
from index.loaders.sheets.number_formats import shown_moment, shown_number, shown_text
from index.loaders.text import decode, unwrap
from index.text.tabular import MAX_CAPTION_CHARACTERS, is_row

if TYPE_CHECKING:
    from openpyxl.cell.read_only import ReadOnlyCell
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet
    from openpyxl.worksheet._reader import WorkSheetParser

MAX_COLUMNS = 16_384  # in a sheet (ECMA-376, part 1, section 18.3.1.13), and in a record
_MAX_CODE_CHARACTERS = 255  # as in Excel; a longer one is ignored
_ESCAPED = regex.compile(r"_x00[01][0-9A-Fa-f]_")  # ECMA-376, part 1, section 22.9.2.19
_TRUE = {"1", "true"}

_NO_SIZE = regex.compile(r"0+(?:\.0*)?")


def read_xlsx(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """Hidden cells, charts, comments and text boxes are left out. A formula has its saved value."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    check_archive(data, path, "xl/workbook.xml", "an Excel workbook", options.limits)
    blocks: list[Block] = []
    # openpyxl warns about parts that it cannot write, and prints a message about missing styles.
    with (
        damage_reported(path, "spreadsheet program", InvalidFileException),
        warnings.catch_warnings(action="ignore"),
        redirect_stdout(StringIO()),
        closing(
            load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False, rich_text=True)
        ) as book,
    ):
        for sheet in book.worksheets:
            found = list(grid_blocks(visible_rows(sheet))) if sheet.sheet_state == "visible" else []
            if found:
                blocks += [Heading(flow(sheet.title)), *found]
    if not blocks:
        cause = "holds no words to read: its visible sheets are empty"
        raise LoadError(path, cause, "save it again with its text")
    text = join(blocks)
    first = next(block.text for block in blocks if not isinstance(block, Heading))
    title = None if is_row(first) else title_of_line(first)
    sections = sections_of(blocks, text)
    return assemble(path, "xlsx", text, core_properties(data, path), heading=title, sections=sections)


def visible_rows(sheet: ReadOnlyWorksheet) -> list[Row]:
    """Only cells are read: the size that the sheet declares is ignored."""
    from openpyxl.cell.read_only import ReadOnlyCell
    from openpyxl.worksheet._reader import WorkSheetParser

    # openpyxl's public reader of rows ignores merged and hidden cells, and adds empty cells up to the
    # declared width. The parser that it uses gives only the cells that exist.
    private: Any = sheet  # private attributes have no types
    book = private.parent
    found: dict[int, dict[int, Cell]] = {}
    with private._get_source() as source:
        parser = WorkSheetParser(
            source,
            private._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
            rich_text=True,
        )
        for number, cells in parser.parse():
            shown = {
                attributes["column"]: _shown(ReadOnlyCell(sheet, **attributes))
                for attributes in cells
                if attributes["value"] is not None and attributes["value"] != ""
            }
            kept = {column: cell for column, cell in shown.items() if cell.text}
            if kept:
                found.setdefault(number, {}).update(kept)
        return _visible_rows(found, parser)


def _shown(cell: ReadOnlyCell) -> Cell:
    value, code = cell.value, cell.number_format
    if len(code) > _MAX_CODE_CHARACTERS:
        code = "General"
    if isinstance(value, bool):
        return Cell(str(value).upper())
    if isinstance(value, (int, float)):
        text = flow(shown_number(value, code))
        return Cell(text, figure=not (is_dated_period(text) and "," not in code))
    if isinstance(value, timedelta):
        return Cell(shown_moment(value, code), figure=True)
    if isinstance(value, (date, time)):
        return Cell(shown_moment(value, code))
    text = flow(shown_text(_ESCAPED.sub(" ", _words(value, cell)), code))
    return Cell(text, figure=is_written_figure(text), is_bold=bool(cell.font.b))


def _words(value: object, cell: ReadOnlyCell) -> str:
    from openpyxl.cell.rich_text import CellRichText, TextBlock

    font = cell.font
    return "".join(
        in_font(run.text, run.font.rFont or font.name, is_raised=run.font.vertAlign == "superscript")
        if isinstance(run, TextBlock)
        else in_font(str(run), font.name, is_raised=font.vertAlign == "superscript")
        for run in (value if isinstance(value, CellRichText) else [value])
    )


def _visible_rows(found: dict[int, dict[int, Cell]], parser: WorkSheetParser) -> list[Row]:
    """Numbered as if hidden rows and columns did not exist. A label over several rows stands in each."""
    written = sorted(found)
    hidden_rows = sorted(
        int(number) for number, attributes in parser.row_dimensions.items() if _is_hidden(attributes, "ht")
    )
    dimensions = [one for one in parser.column_dimensions.values() if _is_hidden(one, "width")]
    spans = ((int(one["min"]), int(one.get("max", one["min"]))) for one in dimensions)
    unseen_columns = {column for first, last in spans for column in range(first, min(last, MAX_COLUMNS) + 1)}
    hidden_columns = sorted(unseen_columns)
    left = MOST_REPEATED * sum(len(cell.text) for cells in found.values() for cell in cells.values())
    areas = parser.merged_cells.mergeCell if parser.merged_cells else ()
    widths = {(merged.min_row, merged.min_col): merged.max_col for merged in areas}
    for merged in areas:
        label = found.get(merged.min_row, {}).get(merged.min_col)
        if label is None or label.figure or len(label.text) > MAX_CAPTION_CHARACTERS:
            continue
        below = written[bisect_right(written, merged.min_row) : bisect_right(written, merged.max_row)]
        left -= len(below) * len(label.text)
        for number in below if left >= 0 else ():
            found[number].setdefault(merged.min_col, label)
            widths[number, merged.min_col] = merged.max_col
    rows: list[Row] = []
    unseen_rows = set(hidden_rows)
    for number in written:
        if number in unseen_rows:
            continue
        cells: dict[int, Cell] = {}
        for column in sorted(found[number]):
            if column in unseen_columns:
                continue
            cell = found[number][column]
            last = min(widths.get((number, column), column), MAX_COLUMNS)
            at = column - bisect_left(hidden_columns, column)
            end = last + 1 - bisect_left(hidden_columns, last + 1)
            cells[at] = replace(cell, width=end - at)
        if cells:
            rows.append(Row(number - bisect_left(hidden_rows, number), cells))
    return rows


def _is_hidden(attributes: Mapping[str, str], size: str) -> bool:
    return attributes.get("hidden") in _TRUE or _NO_SIZE.fullmatch(attributes.get(size, "")) is not None


_DELIMITERS = "\t;|,"  # in order of preference: commas come last, since figures and sentences have them, too
_SAMPLE_CHARACTERS = 200_000

_PARTED_SHARE = 0.5  # of the records, which a delimiter must split
# A comma before spaces is punctuation if fewer of the records it splits have the usual length.
_EVEN_SHARE = 0.9
# The csv module's default of 131,072 would refuse a file for one long comment.
_MAX_FIELD_CHARACTERS = 2**31 - 1
# Spreadsheet programs name the delimiter in it, before the first record.
_SEPARATOR_LINE = regex.compile(r"sep=(?P<delimiter>.)[ \t]*(?:\r\n|\r|\n|\Z)", regex.IGNORECASE)
_SENTENCE_END = regex.compile(r"[.!?…。！？][\"'”’»)\]]*\s*\Z")


def read_delimited(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """One line a record. After an empty one, a record without figures has the headings of a new table."""
    text = decode(data, path)
    named = _SEPARATOR_LINE.match(text)
    body = text[named.end() :] if named else text
    delimiter = named["delimiter"] if named else _delimiter(body, path)
    blocks = list(_csv_blocks(_records(body, delimiter), path)) if delimiter else []
    words = join(blocks) or unwrap(text)
    if not any(map(str.isalnum, words)):
        raise LoadError(path, "holds no words to read", "save it again with its values")
    title = None if blocks and is_row(blocks[0].text) else title_of_line(words)
    sections = (Section(words.index(title), 1, title),) if title and title in words else ()
    return assemble(path, "csv", words, heading=title, sections=sections)


def _delimiter(text: str, path: Path) -> str | None:
    """None for prose. Raises LoadError for more than ``MAX_COLUMNS`` values."""
    end = text.rfind("\n", 0, _SAMPLE_CHARACTERS) if len(text) > _SAMPLE_CHARACTERS else 0
    sample = text[: end if end > 0 else _SAMPLE_CHARACTERS]
    best, most = None, 0.0
    widest: list[str] = []
    for delimiter in _DELIMITERS:
        every = list(_records(sample, delimiter))
        widest = max([widest, *every], key=len)
        records = [record for record in every if any(map(str.strip, record))]
        parted = [record for record in records if len(record) > 1]
        if not parted or len(parted) < _PARTED_SHARE * len(records):
            continue
        even = max(Counter(map(len, parted)).values())
        if even / len(records) > most and not _is_prose(parted, delimiter, even / len(parted)):
            best, most = delimiter, even / len(records)
    if best is None:
        _check_width(widest, path)
    return best


def _is_prose(records: Sequence[Sequence[str]], delimiter: str, even: float) -> bool:
    """A space follows each comma, and records are uneven (``even``) or mostly end like sentences."""
    if delimiter not in ",;" or not all(value.startswith(" ") for record in records for value in record[1:]):
        return False
    ended = sum(_SENTENCE_END.search(record[-1]) is not None for record in records)
    return even < _EVEN_SHARE or 2 * ended >= len(records)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """In a line with unbalanced quotes, quotes are ordinary characters."""
    csv.field_size_limit(_MAX_FIELD_CHARACTERS)
    lines = list(StringIO(text, newline=""))
    begun = 0
    while begun < len(lines):
        first = begun
        reader = csv.reader((lines[at] for at in range(first, len(lines))), delimiter=delimiter, strict=True)
        try:
            for record in reader:
                yield record
                begun = first + reader.line_num
        except csv.Error:
            yield from csv.reader([lines[begun]], delimiter=delimiter, quoting=csv.QUOTE_NONE)
            begun += 1


def _check_width(record: Sequence[str], path: Path) -> None:
    if len(record) > MAX_COLUMNS:
        cause = f"has {len(record):,} columns, more than the limit of {MAX_COLUMNS:,}"
        raise LoadError(path, cause, "split it, or save it again with its columns as rows")


def _csv_blocks(records: Iterator[list[str]], path: Path) -> Iterator[Block]:
    group = object()
    parted = False
    for record in records:
        _check_width(record, path)
        text = row(record)
        if not text:
            parted = True
            continue
        if parted and not any(is_written_figure(value.strip()) for value in record):
            group = object()
        parted = False
        yield Block(text, group)
