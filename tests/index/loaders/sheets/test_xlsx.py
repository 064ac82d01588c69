"""Workbooks and delimited text become tables as a person sees them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from index.documents import Section
from index.errors import LoadError
from index.loaders import LoadingLimits, Options, load
from index.loaders.sheets.xlsx import read_delimited, read_xlsx
from index.text.tabular import tables

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


PATH_CSV = Path("exports/gates.csv")


def text_csv(content: str | bytes) -> str:
    return read_delimited(content.encode() if isinstance(content, str) else content, PATH_CSV).text


class TestRecords:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_the_delimiter_is_found(self, delimiter: str) -> None:
        content = "Gate,Age,State\nGate 1,40,good\nGate 3,41,bad\n".replace(",", delimiter)
        assert text_csv(content) == "Gate | Age | State\nGate 1 | 40 | good\nGate 3 | 41 | bad"

    def test_numbers_stay_as_they_are_written(self) -> None:
        content = 'Gate;Cost;Share;Code\nGate 1;1.234,50;0,125;007\nGate 3;"-1 000,00";12.50 %;1E5'
        assert text_csv(content) == (
            "Gate | Cost | Share | Code\nGate 1 | 1.234,50 | 0,125 | 007\nGate 3 | -1 000,00 | 12.50 % | 1E5"
        )

    def test_quoted_values_keep_delimiters_and_their_line_breaks_are_spaces(self) -> None:
        content = 'Gate,Remark\r\n"Gate 3, north","torn from\r\nits ""bearings"""\r\nGate 4,\u2028none\r\n'
        assert text_csv(content) == 'Gate | Remark\nGate 3, north | torn from its "bearings"\nGate 4 | none'

    def test_rows_of_any_width_are_kept(self) -> None:
        assert text_csv("Gate,Age,State\nGate 1,40\nGate 2,41,good,twice\nGate 3\n,,bad\n") == (
            "Gate | Age | State\nGate 1 | 40\nGate 2 | 41 | good | twice\nGate 3\n|  | bad"
        )

    def test_a_bar_inside_a_value_parts_nothing(self) -> None:
        assert (
            text_csv("Gate,State\nGate 3,bad | torn\nGate 4,good\n")
            == "Gate | State\nGate 3 | bad ¦ torn\nGate 4 | good"
        )

    def test_an_empty_record_parts_tables_that_have_headings_and_no_others(self) -> None:
        assert text_csv("Gate,Age\nGate 1,40\n\nTotal,40\n,\nPin,State\nNorth,3\n") == (
            "Gate | Age\nGate 1 | 40\nTotal | 40\n\nPin | State\nNorth | 3"
        )

    def test_a_quote_that_is_never_closed_swallows_nothing(self) -> None:
        assert text_csv('Gate,Remark\nGate 1,"good"\nGate 2,"torn\nGate 3,bad\n') == (
            'Gate | Remark\nGate 1 | good\nGate 2 | "torn\nGate 3 | bad'
        )

    def test_quotes_inside_a_value_stay(self) -> None:
        content = 'Gate,Pin\nGate 1,5" wide\nGate 2,"5" wide\n"Gate 3",6" wide\n'
        assert text_csv(content) == 'Gate | Pin\nGate 1 | 5" wide\nGate 2 | "5" wide\nGate 3 | 6" wide'

    def test_a_first_line_that_names_the_delimiter_is_obeyed_and_left_out(self) -> None:
        assert text_csv("sep=;\nGate;Cost, age\nGate 3;5,1\n") == "Gate | Cost, age\nGate 3 | 5,1"

    def test_one_record_is_a_row(self) -> None:
        assert text_csv("Gate 3,41") == "Gate 3 | 41"


class TestProse:
    def test_a_file_without_delimiters_is_read_as_prose(self) -> None:
        content = "Gate 3 failed.\n\nNobody had looked at its pin.\n"
        assert text_csv(content) == content

    def test_commas_of_sentences_part_nothing(self) -> None:
        content = "Gate 3 failed, and nobody was warned.\nThe pin had rusted, as the commission found.\n"
        assert text_csv(content) == content

    def test_commas_with_spaces_part_values_where_every_record_has_as_many(self) -> None:
        assert text_csv("Gate, Age\nGate 1, 40\nGate 3, 41\n") == "Gate | Age\nGate 1 | 40\nGate 3 | 41"


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

    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (b"PK\x03\x04" + bytes(60), "is named .csv but seems to be a ZIP archive"),
            (b"Gate,\x00Age" * 20, "is binary, not text"),
            (b" \n\n", "is empty: it holds only white space"),
        ],
        ids=["archive", "binary", "blank"],
    )
    def test_a_binary_file_is_refused(self, data: bytes, cause: str) -> None:
        with pytest.raises(LoadError) as caught:
            read_delimited(data, PATH_CSV)
        assert caught.value.cause == cause


def test_a_file_of_delimiters_alone_is_refused() -> None:
    with pytest.raises(LoadError, match="holds no words to read"):
        read_delimited(b",,,\n,,,\n", PATH_CSV)


@pytest.mark.parametrize("name", ["gates.csv", "GATES.CSV", "gates.tsv"])
def test_the_suffix_chooses_the_loader(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("Gate\tAge\nGate 3\t41\n")
    assert (load(file).kind, load(file).text) == ("csv", "Gate | Age\nGate 3 | 41")


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
    assert (found.title, found.published, found.language) == ("3. Analyses by segment", "2023-07-26", "en")
    assert [section.title for section in found.sections] == [
        "OS-Rev.and results 30 06 2023",
        "OS-Other information 30 06 2023",
        "Prod.Rev.and results 30 06 2023",
        "Prod.-Other inform. 30 06 23",
        "Reconciliation 30 06 2023",
    ]
    columns = [
        *("In millions of CHF", "Sales (a)", "Underlying Trading operating profit (b)"),
        *("Trading operating profit", "Net other trading income/(expenses) (c)"),
        *("of which impairment of property, plant and equipment", "of which restructuring costs"),
        "Depreciation and amortization",
    ]
    assert found.text.splitlines()[:9] == [
        *("OS-Rev.and results 30 06 2023", "", "3. Analyses by segment", ""),
        *("3.1 Operating segments", "Revenue and results", "January–June 2023", " | ".join(columns)),
        "Zone NA | 12,553 | 2,713 | 2,632 | (81) | (29) | (44) | (337)",
    ]
    headers = [table.header.of(found.text).split("\n") for table in tables(found.text)]
    groups = (
        "In millions of CHF | January–June 2023 | January–June 2023 | January–June 2022 | January–June 2022"
    )
    last = (
        "3.4 Reconciliation from Underlying Trading operating profit to profit before taxes, associates and"
    )
    assert [header[-2] for header in headers] == [
        *("January–June 2023", "January–June 2022", groups),
        *("January–June 2023", "January–June 2022", groups),
        f"{last} joint ventures",
    ]
    assert (
        "\nUnallocated items (e) | — | (1,164) | (1,185) | (21) | — | (7) | (131)\nTotal | 46,293 |"
        in found.text
    )
    assert "\nZone NA | — | (9) | — | (285)\n" in found.text
    assert found.text.endswith(
        "Profit before taxes, associates and joint ventures | 6,565 | 6,185\n\n"
        "(a) Trading operating profit before Net other trading income/(expenses)."
    )
