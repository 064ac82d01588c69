"""Merged cells and stacked headings reach every cell that they stand over or beside, in each format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.styles import Font
from pptx import Presentation

from index.loaders.html.page import read_html
from index.loaders.opendocument import read_ods, read_odt
from index.loaders.rtf import read_rtf
from index.loaders.sheets.xlsx import read_xlsx
from index.loaders.slides import read_pptx
from index.loaders.word import read_docx
from index.text import PATH_SEPARATOR, table_cells, tables
from tests.support.opendocument_files import p, packed

Placed = tuple[str, int, int, int, int]  # words, row and column from 0, height and width
Grid = Sequence[Sequence[str]]
Writer = Callable[[Sequence[Placed], frozenset[int]], str]


def grid(drawing: str) -> Grid:
    """``<`` stands for a cell merged with that on its left, ``^`` with that above."""
    return [[cell.strip() for cell in line.split("|")] for line in drawing.strip().split("\n")]


def placed(lines: Grid) -> list[Placed]:
    found: list[Placed] = []
    for row, line in enumerate(lines):
        for column, words in enumerate(line):
            if words in {"<", "^"}:
                continue
            width = height = 1
            while column + width < len(line) and line[column + width] == "<":
                width += 1
            while row + height < len(lines) and lines[row + height][column] == "^":
                height += 1
            found.append((words, row, column, height, width))
    return found


def html(cells: Sequence[Placed], bold: frozenset[int]) -> str:
    def row(number: int) -> str:
        tag = "th" if number in bold else "td"
        return "".join(
            f"<{tag} rowspan={height} colspan={width}>{words}</{tag}>"
            for words, at, _, height, width in cells
            if at == number
        )

    last = max(row + height for _, row, _, height, _ in cells)
    body = "".join(f"<tr>{row(number)}</tr>" for number in range(last))
    return read_html(f"<html><body><table>{body}</table></body></html>".encode(), Path("a.html")).text


def word(cells: Sequence[Placed], bold: frozenset[int]) -> str:
    document = docx.Document()
    rows = max(row + height for _, row, _, height, _ in cells)
    columns = max(column + width for _, _, column, _, width in cells)
    table = document.add_table(rows, columns)
    for words, row, column, height, width in cells:
        cell = table.cell(row, column)
        if height * width > 1:
            cell = cell.merge(table.cell(row + height - 1, column + width - 1))
        cell.paragraphs[0].add_run(words).bold = row in bold
    file = BytesIO()
    document.save(file)
    return read_docx(file.getvalue(), Path("a.docx")).text


def excel(cells: Sequence[Placed], bold: frozenset[int]) -> str:
    book = Workbook()
    sheet = book.worksheets[0]
    for words, row, column, height, width in cells:
        cell = sheet.cell(row + 1, column + 1)
        cell.value = int(words) if words.isdecimal() else words or None
        cell.font = Font(bold=row in bold)
        if height * width > 1:
            sheet.merge_cells(
                start_row=row + 1, start_column=column + 1, end_row=row + height, end_column=column + width
            )
    file = BytesIO()
    book.save(file)
    return read_xlsx(file.getvalue(), Path("a.xlsx")).text


BOLD = (
    "<style:style style:name='Strong' style:family='table-cell'>"
    "<style:text-properties fo:font-weight='bold'/></style:style>"
)


def open_table(cells: Sequence[Placed], bold: frozenset[int]) -> str:
    by_place = {(row, column): (words, height, width) for words, row, column, height, width in cells}
    rows = max(row + height for _, row, _, height, _ in cells)
    columns = max(column + width for _, _, column, _, width in cells)

    def written(row: int, column: int) -> str:
        if (row, column) not in by_place:
            return "<table:covered-table-cell/>"
        words, height, width = by_place[row, column]
        spans = f"table:number-rows-spanned='{height}' table:number-columns-spanned='{width}'"
        style = " table:style-name='Strong'" if row in bold else ""
        return f"<table:table-cell {spans}{style}>{p(words) if words else ''}</table:table-cell>"

    lines = ("".join(written(row, column) for column in range(columns)) for row in range(rows))
    body = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    return f"<table:table table:name='T'>{body}</table:table>"


def open_text(cells: Sequence[Placed], bold: frozenset[int]) -> str:
    return read_odt(packed(open_table(cells, bold), automatic=BOLD), Path("a.odt")).text


def open_sheet(cells: Sequence[Placed], bold: frozenset[int]) -> str:
    data = packed(open_table(cells, bold), automatic=BOLD, container="spreadsheet")
    return read_ods(data, Path("a.ods")).text


def slides(cells: Sequence[Placed], bold: frozenset[int]) -> str:
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    rows = max(row + height for _, row, _, height, _ in cells)
    columns = max(column + width for _, _, column, _, width in cells)
    table = slide.shapes.add_table(rows, columns, 0, 0, 5_000_000, 2_000_000).table
    for words, row, column, height, width in cells:
        cell = table.cell(row, column)
        if height * width > 1:
            cell.merge(table.cell(row + height - 1, column + width - 1))
        run = cell.text_frame.paragraphs[0].add_run()
        run.text, run.font.bold = words, row in bold
    file = BytesIO()
    presentation.save(file)
    return read_pptx(file.getvalue(), Path("a.pptx")).text


def rich(cells: Sequence[Placed], bold: frozenset[int]) -> str:
    """Cells over several columns are wide, as LibreOffice writes them; edges differ by a few twips."""
    lines = []
    for number in range(max(row + height for _, row, _, height, _ in cells)):
        own = [cell for cell in cells if cell[1] <= number < cell[1] + cell[3]]
        own.sort(key=lambda cell: cell[2])
        edges = ""
        for _, row, column, height, width in own:
            edges += "" if height == 1 else r"\clvmgf" if row == number else r"\clvmrg"
            edges += rf"\cellx{(column + width) * 1440 + number % 3}"
        weight = r"\b " if number in bold else ""
        words = "".join(rf"{weight}{cell[0] if cell[1] == number else ''}\b0\cell " for cell in own)
        lines.append(rf"\trowd{edges}\pard\intbl {words}\row")
    return read_rtf(rf"{{\rtf1\ansi {' '.join(lines)} \pard\par}}".encode(), Path("a.rtf")).text


def merged_rich(cells: Sequence[Placed], bold: frozenset[int]) -> str:
    """Every column has a cell, of which some are merged with that on their left, as Word writes them."""
    by_place = {
        (row + down, column + right): (words, down, right, height, width)
        for words, row, column, height, width in cells
        for down in range(height)
        for right in range(width)
    }
    lines = []
    for number in range(max(row for row, _ in by_place) + 1):
        edges = words = ""
        for column in range(max(column for _, column in by_place) + 1):
            text, down, right, height, width = by_place[number, column]
            edges += (r"\clmrg" if right else r"\clmgf") if width > 1 else ""
            edges += (r"\clvmrg" if down else r"\clvmgf") if height > 1 else ""
            edges += rf"\cellx{(column + 1) * 1440}"
            words += rf"{text if not down and not right else ''}\cell "
        weight = r"\b " if number in bold else ""
        lines.append(rf"\trowd{edges}\pard\intbl {weight}{words}\b0\row")
    return read_rtf(rf"{{\rtf1\ansi {' '.join(lines)} \pard\par}}".encode(), Path("a.rtf")).text


WRITERS = pytest.mark.parametrize(
    "write", [html, word, excel, open_text, open_sheet, slides, rich, merged_rich]
)


def paths(text: str) -> dict[str, tuple[str, str]]:
    """Row and column of each value."""
    return {
        cell.value: (cell.row, cell.column)
        for table in tables(text)
        for line in table.lines
        if line.start >= table.header.end
        for cell in table_cells(text, table.header, line)
    }


@WRITERS
@pytest.mark.parametrize(
    ("drawing", "found"),
    [
        pytest.param(
            """Pump  | Six months ended | <  | Total
               ^     | May  | June | ^
               North | 11   | 12   | 13""",
            {
                "11": ("North", "Six months ended › May"),
                "12": ("North", "Six months ended › June"),
                "13": ("North", "Total"),
            },
            id="over two columns, beside a heading over two rows",
        ),
        pytest.param(
            """Pump  | Sales | <    |
                     | Home  | Away | Staff
               North | 11    | 12   | 13""",
            {
                "11": ("North", "Sales › Home"),
                "12": ("North", "Sales › Away"),
                "13": ("North", "Staff"),
            },
            id="over two columns, and over the next none",
        ),
        pytest.param(
            """Pump  | Whole company | <    | <     | <
               ^     | Sales | <    | Staff | <
               ^     | Home  | Away | Home  | Away
               ^     | Net   | Net  | Mean  | Mean
               North | 11    | 12   | 13    | 14""",
            {
                "11": ("North", "Whole company › Sales › Home › Net"),
                "12": ("North", "Whole company › Sales › Away › Net"),
                "13": ("North", "Whole company › Staff › Home › Mean"),
                "14": ("North", "Whole company › Staff › Away › Mean"),
            },
            id="four lines",
        ),
        pytest.param(
            """Pump  | Home | Away | Staff
               ^     | Sold goods | < | Mean
               North | 11   | 12   | 13""",
            {
                "11": ("North", "Home › Sold goods"),
                "12": ("North", "Away › Sold goods"),
                "13": ("North", "Staff › Mean"),
            },
            id="below narrower ones",
        ),
        pytest.param(
            """Pump  | Sales | <    | Staff
               ^     | Home  | Away | ^
               ^     | Net   | Net  | ^
               North | 11    | 12   | 13""",
            {
                "11": ("North", "Sales › Home › Net"),
                "12": ("North", "Sales › Away › Net"),
                "13": ("North", "Staff"),
            },
            id="over three rows",
        ),
        pytest.param(
            """Coast | Pump  | Sales | <
               ^     | ^     | Home | Away
               North | First | 11   | 12
               ^     | Other | 13   | 14
               South | First | 15   | 16""",
            {
                "First": ("South", "Pump"),
                "11": ("North", "Sales › Home"),
                "12": ("North", "Sales › Away"),
                "Other": ("North", "Pump"),
                "13": ("North", "Sales › Home"),
                "14": ("North", "Sales › Away"),
                "15": ("South", "Sales › Home"),
                "16": ("South", "Sales › Away"),
            },
            id="a label over two rows",
        ),
    ],
)
def test_a_merged_cell_reaches_all_that_it_stands_over_or_beside(
    write: Writer, drawing: str, found: dict[str, tuple[str, str]]
) -> None:
    assert paths(write(placed(grid(drawing)), frozenset())) == found


@WRITERS
@pytest.mark.parametrize(
    ("drawing", "bold", "found"),
    [
        pytest.param(
            """      | Last day | <
                     | Cases | Deaths
               North | 11 | 12
               South | 13 | 14
                     | Since the start | <
               North | 21 | 22""",
            "",
            {
                "12": ("North", "Last day › Deaths"),
                "13": ("South", "Last day › Cases"),
                "21": ("North", "Since the start › Cases"),
                "22": ("North", "Since the start › Deaths"),
            },
            id="replaces that over the same columns",
        ),
        pytest.param(
            """Pump  | 2031 | 2030
               North | 11   | 12
               South | 13   | 14
                     | Staff | Days
               North | 21   | 22""",
            "",
            {
                "12": ("North", "2030"),
                "13": ("South", "2031"),
                "21": ("North", "Staff"),
                "22": ("North", "Days"),
            },
            id="replaces all",
        ),
        pytest.param(
            """Pump  | 2031 | 2030
               North | 11   | 12
               South | 13   | 14
                     | As corrected | <
               North | 21   | 22""",
            "",
            {
                "12": ("North", "2030"),
                "13": ("South", "2031"),
                "21": ("North", "As corrected › 2031"),
                "22": ("North", "As corrected › 2030"),
            },
            id="stands above them",
        ),
        pytest.param(
            """Pump  | 2031 | 2030
               North | 11   | 12
               South | 13   | 14
               Valve | Staff | Days
               North | 21   | 22""",
            "03",
            {
                "12": ("North", "2030"),
                "13": ("South", "2031"),
                "21": ("North", "Staff"),
                "22": ("North", "Days"),
            },
            id="is bold and has a label",
        ),
        pytest.param(
            """Pump  | 2031 | 2030
               North | 11   | 12
               Before the flood | < | <
               South | 13   | 14""",
            "",
            {
                "12": ("North", "2030"),
                "13": ("Before the flood › South", "2031"),
            },
            id="is merged across, and names a group",
        ),
        pytest.param(
            """Pump  | 2031 | 2030
               North | 11   | 12
               Valve | new  | broken
                     | old  | whole
               South | 13   | broken""",
            "",
            {
                "12": ("North", "2030"),
                "13": ("South", "2031"),
                "broken": ("South", "2030"),
                "new": ("Valve", "2031"),
            },
            id="words are values where a label is beside them or others above",
        ),
    ],
)
def test_a_heading_in_the_middle_opens_a_new_part(
    write: Writer, drawing: str, bold: str, found: dict[str, tuple[str, str]]
) -> None:
    read = paths(write(placed(grid(drawing)), frozenset(map(int, bold))))
    assert {value: read.get(value) for value in found} == found


@st.composite
def headed(draw: st.DrawFn) -> tuple[list[Placed], int]:
    """Up to four lines of headings, each over one or more of the columns of values; and their lines."""
    columns, lines = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    found: list[Placed] = [("Pump", 0, 0, lines, 1)]
    for line in range(lines):
        edges = draw(st.sets(st.integers(2, columns))) | {1, columns + 1}
        for start in sorted(edges)[:-1]:
            width = min(edge for edge in edges if edge > start) - start
            is_empty = width == 1 and start > 1 and line < lines - 1 and draw(st.booleans())
            words = "" if is_empty else f"Heading {'abcd'[line]}{'uvwxyz'[start - 1]}"
            found.append((words, line, start, 1, width))
    for place, label in enumerate(("North", "South"), lines):
        values = [(f"{place}{column}5", place, column, 1, 1) for column in range(1, columns + 1)]
        found += [(label, place, 0, 1, 1), *values]
    return found, lines


@WRITERS
@given(headed())
def test_each_value_has_every_heading_over_it(write: Writer, table: tuple[list[Placed], int]) -> None:
    cells, lines = table
    read = paths(write(cells, frozenset()))
    headings = [cell for cell in cells if cell[1] < lines and cell[2] and cell[0]]
    values = [cell for cell in cells if cell[1] >= lines and cell[2]]
    assert set(read) == {words for words, *_ in values}
    for value, _, column, *_ in values:
        over = [words for words, _, start, _, width in headings if start <= column < start + width]
        wide = {words for words, *_, width in headings if width > 1}
        has = read[value][1].split(PATH_SEPARATOR)
        assert [words for words in has if words in over] == over
        assert not wide & (set(has) - set(over))
