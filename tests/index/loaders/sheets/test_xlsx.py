"""Workbooks and delimited text become tables as a person sees them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from benchmarks.fuzz_samples import parts_of, zipped
from index.documents import Section
from index.errors import LoadError
from index.loaders import load
from index.loaders.sheets.xlsx import read_delimited, read_xlsx
from index.text.tabular import tables
from tests.support.archives import changed, without

PATH = Path("reports/dam.xlsx")
SHEET = "xl/worksheets/sheet1.xml"


def saved(book: Workbook) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def workbook(write: Callable[[Worksheet], object]) -> bytes:
    """A workbook whose only sheet, Gates, was filled by ``write``."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Gates"
    write(sheet)
    return saved(book)


def text(write: Callable[[Worksheet], object]) -> str:
    """The text of a sheet, without the line with its name."""
    found = read_xlsx(workbook(write), PATH).text
    assert found.startswith("Gates\n\n")
    return found.removeprefix("Gates\n\n")


def small(sheet: Worksheet) -> None:
    sheet.append(["Gate", "Age"])
    sheet.append(["Gate 3", 41])


def test_visible_sheets_come_in_order_each_under_its_name() -> None:
    book = Workbook()
    book.create_sheet("First")  # the sheet before it is empty
    for name, state in (("Hidden", "hidden"), ("Very hidden", "veryHidden"), ("Last", "visible")):
        book.create_sheet(name).sheet_state = state
    for sheet in book.worksheets[1:]:
        sheet["B2"] = f"words of {sheet.title}"
    found = read_xlsx(saved(book), PATH)
    assert found.text == "First\n\nwords of First\n\nLast\n\nwords of Last"
    assert found.sections == (Section(0, 1, "First"), Section(23, 1, "Last"))


def test_rows_and_columns_that_are_hidden_or_have_no_size_are_left_out() -> None:
    def write(sheet: Worksheet) -> None:
        for line in (["Gate", "Cost", "Age", "Secret"], ["1", 9, 40, 1], ["2", 8, 41, 2], ["3", 7, 42, 3]):
            sheet.append(line)
        sheet.column_dimensions["B"].hidden = True
        sheet.row_dimensions[3].hidden = True

    shown = changed(workbook(write), SHEET, rb"</cols>", b'<col min="4" max="4" width="0"/></cols>')
    flat = changed(shown, SHEET, rb'<row r="2"', b'<row r="2" ht="0" customHeight="1"')
    assert read_xlsx(shown, PATH).text == "Gates\n\nGate | Age\n1 | 40\n3 | 42"
    assert read_xlsx(flat, PATH).text == "Gates\n\nGate | Age\n3 | 42"


class TestCells:
    def test_raised_figures_and_signs_of_symbol_fonts_are_read_as_shown(self) -> None:
        def write(sheet: Worksheet) -> None:
            raised, symbol = InlineFont(vertAlign="superscript"), InlineFont(rFont="Symbol")
            sheet.append([CellRichText("2,500", TextBlock(raised, "2"), " of 10", TextBlock(raised, "6"))])
            sheet.append([CellRichText("Dose ", TextBlock(symbol, "\uf0b3"), " 60 mg")])
            sheet.append(["\xfc"])
            sheet.cell(3, 1).font = Font(name="Wingdings")

        assert text(write).split() == ["2,500²", "of", "10⁶", "Dose", "≥", "60", "mg", "✓"]

    def test_values_are_written_as_shown(self) -> None:
        values = {
            (0.1 + 0.2, "General"): "0.3",
            (0.125, "0.0%"): "12.5%",
            (-81, "#,##0\\ ;\\(#,##0\\)"): "(81)",
            (7.5, '"CHF" #,##0.00'): "CHF 7.50",
            (date(2025, 3, 10), "dd/mm/yyyy"): "2025-03-10",
            (datetime(2025, 3, 10, 2, 55), "dd/mm/yyyy hh:mm"): "2025-03-10 02:55",  # noqa: DTZ001
            (time(2, 55), "h:mm"): "02:55",
            (True, "General"): "TRUE",
            ("#N/A", "General"): "#N/A",
            ("two\nlines", "General"): "two lines",
            ("a | b", "General"): "a ¦ b",
        }

        def write(sheet: Worksheet) -> None:
            sheet.append(["What", "Shown"])
            for value, code in values:
                sheet.append([type(value).__name__, value])
                sheet.cell(sheet.max_row, 2).number_format = code

        assert text(write).splitlines() == [
            "What | Shown",
            *(f"{type(value).__name__} | {shown}" for (value, _), shown in values.items()),
        ]

    def test_a_formula_has_the_value_that_was_saved_with_it_or_none(self) -> None:
        def write(sheet: Worksheet) -> None:
            sheet.append(["Gate", "Age", "Twice"])
            sheet.append(["Gate 3", 41, "=B2*2"])

        unsaved = workbook(write)
        kept = changed(unsaved, SHEET, rb"<f>B2\*2</f><v\s*/?>(?:</v>)?", b"<f>B2*2</f><v>82</v>")
        assert [read_xlsx(data, PATH).text.splitlines()[-1] for data in (unsaved, kept)] == [
            "Gate 3 | 41",
            "Gate 3 | 41 | 82",
        ]

    def test_a_merged_heading_is_repeated_in_each_of_its_columns_and_rows(self) -> None:
        def write(sheet: Worksheet) -> None:
            for line in (["Gate", "2022", None], [None, "Cost", "Age"], ["Gate 3", 5, 41]):
                sheet.append(line)
            sheet.merge_cells("B1:C1")
            sheet.merge_cells("A1:A2")

        assert text(write) == "Gate | 2022 | 2022\nGate | Cost | Age\nGate 3 | 5 | 41"

    def test_escaped_control_characters_are_white_space(self) -> None:
        assert text(lambda sheet: sheet.append(["Gate_x000D_\n3"])) == "Gate 3"


class TestMetadata:
    def test_it_is_that_of_the_properties(self) -> None:
        book = Workbook()
        small(book.worksheets[0])
        said = book.properties
        said.title, said.creator = "Ages of the gates", "Dam commission"
        saved_at = rb"(?<=W3CDTF.>)[0-9T:Z-]+(?=</dcterms:modified)"
        data = changed(saved(book), "docProps/core.xml", saved_at, b"2031-04-02T08:00:00Z")
        found = read_xlsx(data, PATH)
        assert (found.title, found.author) == ("Ages of the gates", "Dam commission")
        assert (found.published, found.kind) == (None, "xlsx")
        assert found.origins == dict.fromkeys(("title", "author"), "document properties")

    def test_without_properties_nothing_is_made_up_and_the_first_line_or_the_name_is_the_title(self) -> None:
        def titled(sheet: Worksheet) -> None:
            sheet.append(["Ages of the gates"])
            small(sheet)

        bare = [read_xlsx(without(workbook(write), "docProps/core.xml"), PATH) for write in (titled, small)]
        assert [(found.title, found.author, found.published, dict(found.origins)) for found in bare] == [
            ("Ages of the gates", None, None, {"title": "page"}),
            ("dam", None, None, {"title": "file name"}),
        ]


class TestHostileFiles:
    @pytest.mark.parametrize(
        ("pattern", "replacement"),
        [
            (rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"'),
            (
                rb"</sheetData>",
                b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
            ),
            (rb"<sheetData>", b'<cols><col min="3" max="99999999" hidden="1"/></cols><sheetData>'),
            (rb"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'),
        ],
        ids=["claimed size", "merged whole", "hidden columns", "last cell"],
    )
    def test_the_declared_size_of_a_sheet_is_ignored(self, pattern: bytes, replacement: bytes) -> None:
        """Each of these declares some 17 billion cells."""
        found = read_xlsx(changed(workbook(small), SHEET, pattern, replacement), PATH)
        lines = found.text.splitlines()
        assert lines[-1] == "Gate 3 | 41"
        assert len(lines) == 4

    def test_a_workbook_with_macros_is_read_without_running_them(self) -> None:
        plain = b"openxmlformats-officedocument.spreadsheetml.sheet.main"
        macros = b"ms-excel.sheet.macroEnabled.main"
        data = changed(workbook(small), "[Content_Types].xml", re.escape(plain), macros)
        program = {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 no macro that could run"}
        assert read_xlsx(zipped(parts_of(data) | program), PATH).text == "Gates\n\nGate | Age\nGate 3 | 41"

    def test_nothing_is_printed_of_a_workbook_with_styles_that_are_missing(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        attacked = changed(
            workbook(small), "xl/styles.xml", rb'(?<=<cellStyle )[^>]*xfId="0"', b'name="x" xfId="9"'
        )
        with pytest.raises(LoadError, match="is broken: "):
            read_xlsx(attacked, PATH)
        assert capsys.readouterr() == ("", "")


DAMAGED = {
    "empty": (workbook(lambda _: None), "holds no words to read: its visible sheets are empty"),
    "sheet": (changed(workbook(small), SHEET, rb".*", b"<x"), "is broken: "),
    "types": (changed(workbook(small), "[Content_Types].xml", rb".*", b"<Types"), "is broken: "),
    "row": (changed(workbook(small), SHEET, rb'<row r="1"', b'<row r="q"'), "is broken: "),
    "workbook": (without(workbook(small), "xl/workbook.xml"), "is named .xlsx but is not an Excel workbook"),
    "text": (b"Gate,Age", "is named .xlsx but is not an Excel workbook"),
}


@pytest.mark.parametrize(("data", "cause"), DAMAGED.values(), ids=DAMAGED)
def test_each_error_is_named(data: bytes, cause: str) -> None:
    with pytest.raises(LoadError) as caught:
        read_xlsx(data, PATH)
    assert caught.value.cause.startswith(cause)
    assert caught.value.remedy


PATH_CSV = Path("exports/gates.csv")


def text_csv(content: str | bytes) -> str:
    return read_delimited(content.encode() if isinstance(content, str) else content, PATH_CSV).text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    content = "Gate,Age,State\nGate 1,40,good\nGate 3,41,bad\n".replace(",", delimiter)
    assert text_csv(content) == "Gate | Age | State\nGate 1 | 40 | good\nGate 3 | 41 | bad"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("A;B;C\n1;1.234,50;0,125\n3;-1 000,00;1E5", "A | B | C\n1 | 1.234,50 | 0,125\n3 | -1 000,00 | 1E5"),
        ('A,B\r\n"c, d","e\r\nits ""f"""\r\nG 4,\u2028no\r\n', 'A | B\nc, d | e its "f"\nG 4 | no'),  # quotes
        ("A,B,C\na,40\nb,41,c,d\ne\n,,bad\n", "A | B | C\na | 40\nb | 41 | c | d\ne\n|  | bad"),  # widths
        ("Gate,State\n3,bad | torn\n4,good\n", "Gate | State\n3 | bad ¦ torn\n4 | good"),  # a bar
        # An empty record parts tables that have headings and no others.
        ("A,B\na,40\n\nAll,40\n,\nC,D\nc,3\n", "A | B\na | 40\nAll | 40\n\nC | D\nc | 3"),
        ('A,B\na,"good"\nb,"torn\nc,bad\n', 'A | B\na | good\nb | "torn\nc | bad'),  # a quote without end
        ('A,B\na,5" wide\nb,"5" wide\n"c",6" wide\n', 'A | B\na | 5" wide\nb | "5" wide\nc | 6" wide'),
        ("sep=;\nGate;Cost, age\nGate 3;5,1\n", "Gate | Cost, age\nGate 3 | 5,1"),
        ("Gate 3,41", "Gate 3 | 41"),
        ("Gate, Age\nGate 1, 40\nGate 3, 41\n", "Gate | Age\nGate 1 | 40\nGate 3 | 41"),  # with spaces
        *[
            (prose, prose)
            for prose in ("It fell.\n\nNobody looked.\n", "It fell, they say.\nIt did, I know.\n")
        ],
    ],
)
def test_records_are_rows_and_prose_is_prose(content: str, found: str) -> None:
    assert text_csv(content) == found


class TestMetadataCsv:
    def test_the_name_of_the_file_is_the_title_of_a_table(self) -> None:
        found = read_delimited(b"Gate,Age\nGate 3,41\n", PATH_CSV)
        assert (found.title, found.kind, found.sections) == ("gates", "csv", ())
        assert found.origins == {"title": "file name"}

    def test_a_line_above_the_table_is_the_title_and_the_only_section(self) -> None:
        found = read_delimited(
            b"Ages of the gates,,\n\nGate,Age,State\nGate 3,41,bad\nGate 4,40,good\n", PATH_CSV
        )
        assert found.text == "Ages of the gates\n\nGate | Age | State\nGate 3 | 41 | bad\nGate 4 | 40 | good"
        assert (found.title, found.sections) == ("Ages of the gates", (Section(0, 1, "Ages of the gates"),))
        assert found.origins == {"title": "page"}

    def test_the_language_is_that_of_its_words(self) -> None:
        content = "Tor,Bemerkung\nTor 3,Der Bolzen war vollständig durchgerostet und wurde nicht geprüft\n"
        assert read_delimited(content.encode(), PATH_CSV).language == "de"


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    def test_its_encoding_is_found(self, encoding: str) -> None:
        content = "Ort;Straße;Länge\nMünchen;Königsallee;12\nKöln;Bäckergasse;5\nFürth;Am Graben;7\n"
        assert text_csv(content.encode(encoding)) == (
            "Ort | Straße | Länge\nMünchen | Königsallee | 12\nKöln | Bäckergasse | 5\nFürth | Am Graben | 7"
        )


VALUES = st.text("abc \"\n,;'\t", max_size=6)
RECORDS = st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=6)


@given(RECORDS)
def test_files_of_the_csv_module_come_back_value_by_value(records: list[list[str]]) -> None:
    file = StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["Gate", "Age", "State"], *records])
    found = text_csv(file.getvalue())
    values = [[" ".join(value.split()) for value in record] for record in records]
    assert [line.replace("|", " ").split() for line in found.split("\n") if line] == [
        ["Gate", "Age", "State"],
        *(" ".join(record).split() for record in values if any(record)),
    ]


def test_a_real_half_year_report_keeps_its_tables_periods_and_notes(evaluation_data: Path) -> None:
    """A period stands over one column but applies to a group or to all; empty rows separate its headings."""
    found = load(evaluation_data / "documents" / "office" / "2023-half-year-analyses-by-segment.xlsx")
    assert (found.title, found.published, found.language) == ("3. Analyses by segment", "2023", "en")
    assert len(found.sections) == 5
    assert found.text.startswith(
        "OS-Rev.and results 30 06 2023\n\n3. Analyses by segment\n\n3.1 Operating segments\n"
        "Revenue and results\nJanuary–June 2023\nIn millions of CHF | Sales (a) | Underlying Trading"
    )
    headers = [table.header.of(found.text).split("\n") for table in tables(found.text)]
    one, other = "January–June 2023", "January–June 2022"
    groups = f"In millions of CHF | {one} | {one} | {other} | {other}"
    assert [header[-2] for header in headers[:-1]] == [one, other, groups, one, other, groups]
    assert (
        "\nUnallocated items (e) | — | (1,164) | (1,185) | (21) | — | (7) | (131)\nTotal | 46," in found.text
    )
    assert found.text.endswith(
        "Profit before taxes, associates and joint ventures | 6,565 | 6,185\n\n"
        "(a) Trading operating profit before Net other trading income/(expenses)."
    )
