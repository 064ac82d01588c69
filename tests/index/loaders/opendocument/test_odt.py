"""An OpenDocument file becomes a document with outline and metadata, or an error with its cause."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import odfdo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document, Section
from index.errors import LoadError
from index.loaders import load
from index.loaders.opendocument import read_ods, read_odt
from tests.support.opendocument_files import NAMES, PATH, SENTENCE, p, packed, row, saved, table


class TestMetadata:
    META = (
        "<office:meta><dc:title>Inquiry</dc:title><meta:initial-creator>Ada Lind</meta:initial-creator>"
        "<dc:creator>Bo Ek</dc:creator><dc:date>2031-04-02T10:11:12.5</dc:date>"
        "<meta:creation-date>2030-01-01</meta:creation-date><dc:language>en-GB</dc:language></office:meta>"
    )

    @staticmethod
    def known(found: Document) -> tuple[object, ...]:
        return (found.title, found.author, found.published, found.language, dict(found.origins))

    def test_it_is_that_of_the_properties(self) -> None:
        said = dict.fromkeys(("title", "author", "published", "language"), "document properties")
        assert self.known(read_odt(packed(p("Damm"), meta=self.META), PATH)) == (
            *("Inquiry", "Ada Lind", "2031-04-02", "en"),
            said,
        )

    def test_the_last_author_and_the_day_of_creation_are_fallbacks(self) -> None:
        meta = "<dc:creator>Bo Ek</dc:creator><meta:creation-date>2030-01-01T00:00:00</meta:creation-date>"
        found = read_odt(packed(p(SENTENCE), meta=meta), PATH)
        assert (found.author, found.published, found.language) == ("Bo Ek", "2030-01-01", "en")

    def test_without_a_title_it_is_the_one_in_the_style_for_titles_or_the_first_short_line_or_the_name(
        self,
    ) -> None:
        derived = "<style:style style:name='P1' style:parent-style-name='Title'/>"
        styled = read_odt(packed(p(SENTENCE) + p("The dam", "P1"), automatic=derived), PATH)
        short = read_odt(packed(p("What failed") + p(SENTENCE)), PATH)
        named = read_odt(packed(p(SENTENCE)), PATH)
        assert [(found.title, found.origins["title"]) for found in (styled, short, named)] == [
            ("The dam", "page"),
            ("What failed", "page"),
            ("dam", "file name"),
        ]


class TestSheets:
    def test_each_sheet_is_its_name_and_its_rows(self, tmp_path: Path) -> None:
        body = table(row("District", "March"), row("Quell", "7")) + table(row("Pellan", "8")).replace(
            "'T'", "'South'"
        )
        file = tmp_path / "dam.ods"
        file.write_bytes(packed(body, container="spreadsheet"))
        found = load(file)
        assert found.text == "T\n\nDistrict | March\nQuell | 7\n\nSouth\n\nPellan | 8"
        assert (found.kind, found.title, found.sections) == (
            "ods",
            "dam",
            (Section(0, 1, "T"), Section(found.text.index("South"), 1, "South")),
        )

    def test_a_hidden_sheet_is_not_read(self) -> None:
        style = '<style:style style:name="ta1"><style:table-properties table:display="false"/>'
        sheets = "".join(
            f'<table:table table:name="{name}" table:style-name="{styled}">{row(name, "2")}</table:table>'
            for name, styled in (("Shown", "ta0"), ("Secret", "ta1"))
        )
        data = packed(sheets, automatic=f"{style}</style:style>", container="spreadsheet")
        assert read_ods(data, PATH).text == "Shown\n\nShown | 2"

    def test_a_sheet_that_odfdo_writes_is_read(self) -> None:
        made = odfdo.Document("spreadsheet")
        made.body.clear()
        sheet = odfdo.Table("Costs", width=2, height=2)
        for place, value in (("A1", "Year"), ("B1", "Cost"), ("A2", 2031), ("B2", 7)):
            sheet.set_value(place, value)
        made.body.append(sheet)
        assert read_ods(saved(made), Path("a.ods")).text == "Costs\n\nYear | Cost\n2031 | 7"


class TestErrors:
    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (b"plain words", "is named .odt but is not an OpenDocument text"),
            (packed(""), "holds no words to read"),
            (packed("<text:p>"), "is broken: its part content.xml is not XML: "),
            (
                packed(
                    p("x"), manifest="<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
                ),
                "is encrypted",
            ),
            (
                packed(p("x")).replace(b"content.xml", b"encrypted-package"[:11]),
                "is named .odt but is not an OpenDocument text: ",
            ),
            (
                packed("<text:p>" * 300 + "x" + "</text:p>" * 300),
                "is broken: its part content.xml is not XML: ",
            ),
        ],
        ids=["no archive", "empty", "broken part", "encrypted", "no content", "deep"],
    )
    def test_each_is_named(self, data: bytes, cause: str) -> None:
        with pytest.raises(LoadError) as caught:
            read_odt(data, PATH)
        assert caught.value.cause.startswith(cause)
        assert caught.value.remedy

    def test_a_file_that_is_encrypted_as_a_whole_is_refused_by_name(self) -> None:
        made = BytesIO()
        with ZipFile(made, "w") as archive:
            archive.writestr("encrypted-package", "0123")
        with pytest.raises(LoadError, match=r"dam\.odt: is encrypted; save it without a password"):
            read_odt(made.getvalue(), PATH)

    def test_a_damaged_part_is_named(self) -> None:
        whole = packed(p("MARK"))
        with pytest.raises(
            LoadError, match=r"is broken: its part content\.xml cannot be unpacked: Bad CRC-32"
        ):
            read_odt(whole.replace(b"MARK", b"BARK"), PATH)

    def test_entities_are_neither_expanded_nor_followed(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("SECRET")
        made = BytesIO()
        entities = (
            f'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        )
        with ZipFile(made, "w") as archive:
            archive.writestr(
                "content.xml",
                f"{entities}<office:body {NAMES}><text:p>Gate &b;3&x; failed.</text:p></office:body>",
            )
        assert read_odt(made.getvalue(), PATH).text == "Gate 3 failed."


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["Gate", "Pin", ""])), max_size=6))
def test_a_section_starts_at_its_heading(headings: list[tuple[int, str]]) -> None:
    body = "".join(
        f"<text:h text:outline-level='{depth}'>{words}</text:h>{p('Words.')}" for depth, words in headings
    )
    found = read_odt(packed(p("Preface") + body), PATH)
    assert [(section.level, section.title) for section in found.sections] == [
        one for one in headings if one[1]
    ]
    for section in found.sections:
        assert found.text.startswith(f"{section.title}\n\nWords.", section.start)
