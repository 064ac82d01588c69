"""Delimited text becomes one row per record, with its values unchanged."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Section
from index.errors import LoadError
from index.loaders import load
from index.loaders.sheets.xlsx import read_delimited

PATH = Path("exports/gates.csv")


def text(content: str | bytes) -> str:
    return read_delimited(content.encode() if isinstance(content, str) else content, PATH).text


class TestRecords:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_the_delimiter_is_found(self, delimiter: str) -> None:
        content = "Gate,Age,State\nGate 1,40,good\nGate 3,41,bad\n".replace(",", delimiter)
        assert text(content) == "Gate | Age | State\nGate 1 | 40 | good\nGate 3 | 41 | bad"

    def test_numbers_stay_as_they_are_written(self) -> None:
        content = 'Gate;Cost;Share;Code\nGate 1;1.234,50;0,125;007\nGate 3;"-1 000,00";12.50 %;1E5'
        assert text(content) == (
            "Gate | Cost | Share | Code\nGate 1 | 1.234,50 | 0,125 | 007\nGate 3 | -1 000,00 | 12.50 % | 1E5"
        )

    def test_quoted_values_keep_delimiters_and_their_line_breaks_are_spaces(self) -> None:
        content = 'Gate,Remark\r\n"Gate 3, north","torn from\r\nits ""bearings"""\r\nGate 4,\u2028none\r\n'
        assert text(content) == 'Gate | Remark\nGate 3, north | torn from its "bearings"\nGate 4 | none'

    def test_rows_of_any_width_are_kept(self) -> None:
        assert text("Gate,Age,State\nGate 1,40\nGate 2,41,good,twice\nGate 3\n,,bad\n") == (
            "Gate | Age | State\nGate 1 | 40\nGate 2 | 41 | good | twice\nGate 3\n|  | bad"
        )

    def test_a_bar_inside_a_value_parts_nothing(self) -> None:
        assert (
            text("Gate,State\nGate 3,bad | torn\nGate 4,good\n")
            == "Gate | State\nGate 3 | bad ¦ torn\nGate 4 | good"
        )

    def test_an_empty_record_parts_tables_that_have_headings_and_no_others(self) -> None:
        assert text("Gate,Age\nGate 1,40\n\nTotal,40\n,\nPin,State\nNorth,3\n") == (
            "Gate | Age\nGate 1 | 40\nTotal | 40\n\nPin | State\nNorth | 3"
        )

    def test_a_quote_that_is_never_closed_swallows_nothing(self) -> None:
        assert text('Gate,Remark\nGate 1,"good"\nGate 2,"torn\nGate 3,bad\n') == (
            'Gate | Remark\nGate 1 | good\nGate 2 | "torn\nGate 3 | bad'
        )

    def test_quotes_inside_a_value_stay(self) -> None:
        content = 'Gate,Pin\nGate 1,5" wide\nGate 2,"5" wide\n"Gate 3",6" wide\n'
        assert text(content) == 'Gate | Pin\nGate 1 | 5" wide\nGate 2 | "5" wide\nGate 3 | 6" wide'

    def test_a_first_line_that_names_the_delimiter_is_obeyed_and_left_out(self) -> None:
        assert text("sep=;\nGate;Cost, age\nGate 3;5,1\n") == "Gate | Cost, age\nGate 3 | 5,1"

    def test_one_record_is_a_row(self) -> None:
        assert text("Gate 3,41") == "Gate 3 | 41"


class TestProse:
    def test_a_file_without_delimiters_is_read_as_prose(self) -> None:
        content = "Gate 3 failed.\n\nNobody had looked at its pin.\n"
        assert text(content) == content

    def test_commas_of_sentences_part_nothing(self) -> None:
        content = "Gate 3 failed, and nobody was warned.\nThe pin had rusted, as the commission found.\n"
        assert text(content) == content

    def test_commas_with_spaces_part_values_where_every_record_has_as_many(self) -> None:
        assert text("Gate, Age\nGate 1, 40\nGate 3, 41\n") == "Gate | Age\nGate 1 | 40\nGate 3 | 41"


class TestMetadata:
    def test_the_name_of_the_file_is_the_title_of_a_table(self) -> None:
        found = read_delimited(b"Gate,Age\nGate 3,41\n", PATH)
        assert (found.title, found.kind, found.sections) == ("gates", "csv", ())
        assert found.origins == {"title": "file name"}

    def test_a_line_above_the_table_is_the_title_and_the_only_section(self) -> None:
        found = read_delimited(
            b"Ages of the gates,,\n\nGate,Age,State\nGate 3,41,bad\nGate 4,40,good\n", PATH
        )
        assert found.text == "Ages of the gates\n\nGate | Age | State\nGate 3 | 41 | bad\nGate 4 | 40 | good"
        assert (found.title, found.sections) == ("Ages of the gates", (Section(0, 1, "Ages of the gates"),))
        assert found.origins == {"title": "page"}

    def test_the_language_is_that_of_its_words(self) -> None:
        content = "Tor,Bemerkung\nTor 3,Der Bolzen war vollständig durchgerostet und wurde nicht geprüft\n"
        assert read_delimited(content.encode(), PATH).language == "de"


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    def test_its_encoding_is_found(self, encoding: str) -> None:
        content = "Ort;Straße;Länge\nMünchen;Königsallee;12\nKöln;Bäckergasse;5\nFürth;Am Graben;7\n"
        assert text(content.encode(encoding)) == (
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
            read_delimited(data, PATH)
        assert caught.value.cause == cause


def test_a_file_of_delimiters_alone_is_refused() -> None:
    with pytest.raises(LoadError, match="holds no words to read"):
        read_delimited(b",,,\n,,,\n", PATH)


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
    found = text(file.getvalue())
    values = [[" ".join(value.split()) for value in record] for record in records]
    assert [line.replace("|", " ").split() for line in found.split("\n") if line] == [
        ["Gate", "Age", "State"],
        *(" ".join(record).split() for record in values if any(record)),
    ]
