"""An Excel workbook becomes its visible sheets, with tables as rows and figures as shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from index.documents import Section
from index.errors import LoadError
from index.loaders import LoadingLimits, Options, load
from index.loaders.sheets.xlsx import read_xlsx

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


def changed(data: bytes, part: str, pattern: bytes, replacement: bytes) -> bytes:
    """The workbook with one part of its archive changed."""
    out = BytesIO()
    with ZipFile(BytesIO(data)) as before, ZipFile(out, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == part:
                content, count = re.subn(pattern, lambda _: replacement, content, count=1, flags=re.DOTALL)
                assert count == 1
            after.writestr(name, content)
    return out.getvalue()


def without(data: bytes, part: str) -> bytes:
    out = BytesIO()
    with ZipFile(BytesIO(data)) as before, ZipFile(out, "w") as after:
        for name in before.namelist():
            if name != part:
                after.writestr(name, before.read(name))
    return out.getvalue()


def small(sheet: Worksheet) -> None:
    sheet.append(["Gate", "Age"])
    sheet.append(["Gate 3", 41])


class TestSheets:
    def test_visible_sheets_come_in_order_each_under_its_name(self) -> None:
        book = Workbook()
        book.worksheets[0].title = "First"
        for name, state in (("Hidden", "hidden"), ("Very hidden", "veryHidden"), ("Last", "visible")):
            book.create_sheet(name).sheet_state = state
        for sheet in book.worksheets:
            sheet["B2"] = f"words of {sheet.title}"
        found = read_xlsx(saved(book), PATH)
        assert found.text == "First\n\nwords of First\n\nLast\n\nwords of Last"
        assert found.sections == (Section(0, 1, "First"), Section(23, 1, "Last"))
        assert [found.text[section.start :].split("\n")[0] for section in found.sections] == ["First", "Last"]

    def test_an_empty_sheet_is_left_out(self) -> None:
        book = Workbook()
        small(book.create_sheet("Gates"))
        assert read_xlsx(saved(book), PATH).text == "Gates\n\nGate | Age\nGate 3 | 41"

    def test_hidden_rows_and_columns_are_left_out(self) -> None:
        def write(sheet: Worksheet) -> None:
            for line in (["Gate", "Cost", "Age"], ["Gate 1", 9, 40], ["Gate 2", 8, 41], ["Gate 3", 7, 42]):
                sheet.append(line)
            sheet.column_dimensions["B"].hidden = True
            sheet.row_dimensions[3].hidden = True

        assert text(write) == "Gate | Age\nGate 1 | 40\nGate 3 | 42"


class TestCells:
    def test_rows_and_columns_without_a_size_are_left_out(self) -> None:
        def write(sheet: Worksheet) -> None:
            for line in (["Year", "Secret", "Dead"], [2024, 1, 1200], [2025, 2, 7]):
                sheet.append(line)

        columns = b'<cols><col min="2" max="2" width="0"/></cols><sheetData>'
        data = changed(workbook(write), SHEET, rb"<sheetData>", columns)
        data = changed(data, SHEET, rb'<row r="3"', b'<row r="3" ht="0" customHeight="1"')
        assert read_xlsx(data, PATH).text == "Gates\n\nYear | Dead\n2024 | 1200"

    def test_raised_figures_and_signs_of_symbol_fonts_are_read_as_shown(self) -> None:
        def write(sheet: Worksheet) -> None:
            raised, symbol = InlineFont(vertAlign="superscript"), InlineFont(rFont="Symbol")
            sheet.append([CellRichText("2,500", TextBlock(raised, "2"), " of 10", TextBlock(raised, "6"))])
            sheet.append([CellRichText("Dose ", TextBlock(symbol, "\uf0b3"), " 60 mg")])
            sheet.append(["\xfc"])
            sheet.cell(3, 1).font = Font(name="Wingdings")

        assert text(write).split() == ["2,500²", "of", "10⁶", "Dose", "≥", "60", "mg", "✓"]

    def test_values_are_written_as_shown(self) -> None:
        def write(sheet: Worksheet) -> None:
            sheet.append(["What", "Shown"])
            for value, code in (
                (0.1 + 0.2, "General"),
                (0.125, "0.0%"),
                (46293, "#,##0"),
                (-81, "#,##0\\ ;\\(#,##0\\)"),
                (7.5, '"CHF" #,##0.00'),
                (date(2025, 3, 10), "dd/mm/yyyy"),
                (datetime(2025, 3, 10, 2, 55), "dd/mm/yyyy hh:mm"),  # noqa: DTZ001 - a sheet knows no zones
                (time(2, 55), "h:mm"),
                (True, "General"),
                ("#N/A", "General"),
                ("two\nlines", "General"),
                ("a | b", "General"),
            ):
                sheet.append([type(value).__name__, value])
                sheet.cell(sheet.max_row, 2).number_format = code

        assert text(write).splitlines() == [
            "What | Shown",
            "float | 0.3",
            "float | 12.5%",
            "int | 46,293",
            "int | (81)",
            "float | CHF 7.50",
            "date | 2025-03-10",
            "datetime | 2025-03-10 02:55",
            "time | 02:55",
            "bool | TRUE",
            "str | #N/A",
            "str | two lines",
            "str | a ¦ b",
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

    def test_a_merged_heading_is_repeated_in_each_of_its_columns(self) -> None:
        def write(sheet: Worksheet) -> None:
            for line in (["Gate", "2022", None], [None, "Cost", "Age"], ["Gate 3", 5, 41]):
                sheet.append(line)
            sheet.merge_cells("B1:C1")
            sheet.merge_cells("A1:A2")

        assert text(write) == "Gate | 2022 | 2022\n| Cost | Age\nGate 3 | 5 | 41"

    def test_escaped_control_characters_are_white_space(self) -> None:
        assert text(lambda sheet: sheet.append(["Gate_x000D_\n3"])) == "Gate 3"


class TestMetadata:
    def test_it_is_that_of_the_properties(self) -> None:
        book = Workbook()
        small(book.worksheets[0])
        said = book.properties
        said.title, said.creator = "Ages of the gates", "Dam commission"
        said.created = datetime(2031, 3, 1)  # noqa: DTZ001
        saved_at = rb"(?<=W3CDTF.>)[0-9T:Z-]+(?=</dcterms:modified)"
        data = changed(saved(book), "docProps/core.xml", saved_at, b"2031-04-02T08:00:00Z")
        found = read_xlsx(data, PATH)
        assert (found.title, found.author, found.published) == (
            "Ages of the gates",
            "Dam commission",
            "2031-04-02",
        )
        assert found.origins == dict.fromkeys(("title", "author", "published"), "document properties")
        assert found.kind == "xlsx"

    def test_without_properties_nothing_is_made_up_and_the_first_line_or_the_name_is_the_title(self) -> None:
        def titled(sheet: Worksheet) -> None:
            sheet.append(["Ages of the gates"])
            small(sheet)

        bare = [read_xlsx(without(workbook(write), "docProps/core.xml"), PATH) for write in (titled, small)]
        assert [(found.title, found.author, found.published, dict(found.origins)) for found in bare] == [
            ("Ages of the gates", None, None, {"title": "page"}),
            ("dam", None, None, {"title": "file name"}),
        ]

    def test_the_language_is_that_of_its_words(self) -> None:
        def write(sheet: Worksheet) -> None:
            sheet.append(["Die Wasserbehörde hat das Tor zuletzt im Oktober geprüft"])
            sheet.append(["Der Bolzen war vollständig durchgerostet und brach im März"])

        assert read_xlsx(workbook(write), PATH).language == "de"


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

    def test_entities_are_not_expanded_and_nothing_is_fetched(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("SECRET")
        entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]><worksheet'.encode()
        attacked = changed(workbook(small), SHEET, rb"<worksheet", entity)
        attacked = changed(attacked, SHEET, rb"<v>41</v>", b"<v>&x;</v>")
        with pytest.raises(LoadError, match="is broken: ") as caught:
            read_xlsx(attacked, PATH)
        assert "SECRET" not in str(caught.value)

    def test_a_workbook_with_macros_is_read_without_running_them(self, tmp_path: Path) -> None:
        sheet, macros = (
            b"openxmlformats-officedocument.spreadsheetml.sheet.main",
            b"ms-excel.sheet.macroEnabled.main",
        )
        data = changed(workbook(small), "[Content_Types].xml", re.escape(sheet), macros)
        file = tmp_path / "Gates.XLSM"
        file.write_bytes(data)
        with ZipFile(file, "a") as archive:
            archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 no macro that could run")
        assert (load(file).kind, load(file).text) == ("xlsx", "Gates\n\nGate | Age\nGate 3 | 41")

    def test_it_is_bounded_when_unpacked(self) -> None:
        with pytest.raises(LoadError, match="more than the limit of 0 MB"):
            read_xlsx(workbook(small), PATH, Options(limits=LoadingLimits(unpacked_megabytes=0)))

    def test_nothing_is_printed_of_a_workbook_with_styles_that_are_missing(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        attacked = changed(
            workbook(small), "xl/styles.xml", rb'(?<=<cellStyle )[^>]*xfId="0"', b'name="x" xfId="9"'
        )
        with pytest.raises(LoadError, match="is broken: "):
            read_xlsx(attacked, PATH)
        assert capsys.readouterr() == ("", "")


class TestErrors:
    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (workbook(lambda _: None), "holds no words to read: its visible sheets are empty"),
            (changed(workbook(small), SHEET, rb".*", b"<x"), "is broken: "),
            (changed(workbook(small), "[Content_Types].xml", rb".*", b"<Types"), "is broken: "),
            (changed(workbook(small), SHEET, rb'<row r="1"', b'<row r="q"'), "is broken: "),
            (without(workbook(small), "xl/workbook.xml"), "is named .xlsx but is not an Excel workbook"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "is encrypted or in an old Office format"),
            (b"Gate,Age", "is named .xlsx but is not an Excel workbook"),
        ],
        ids=["empty", "sheet", "types", "row", "workbook", "old", "text"],
    )
    def test_each_is_named(self, data: bytes, cause: str) -> None:
        with pytest.raises(LoadError) as caught:
            read_xlsx(data, PATH)
        assert caught.value.cause.startswith(cause)
        assert caught.value.remedy
