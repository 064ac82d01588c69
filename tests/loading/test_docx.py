"""A Word document becomes what its reader sees: paragraphs, lists, rows of tables, notes, running titles."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

from index.documents import Document
from index.loading import LoadError, archives, load
from index.loading.docx import read_docx

PATH = Path("reports/dam.docx")
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)


def saved(word: WordDocument) -> bytes:
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def read(write: Callable[[WordDocument], object]) -> Document:
    """What a document becomes that ``write`` filled."""
    word = docx.Document()
    write(word)
    return read_docx(saved(word), PATH)


def paragraph(xml: str) -> Callable[[WordDocument], object]:
    """Writes one paragraph with this content."""
    return lambda word: word.element.body.insert(0, parse_xml(f"<w:p {NAMESPACES}>{xml}</w:p>"))


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


class TestText:
    def test_headings_paragraphs_and_line_breaks(self) -> None:
        def write(word: WordDocument) -> None:
            word.add_heading("The Maravel Dam", 1)
            word.add_paragraph("Gate 3  was torn\tfrom its bearings.")
            word.add_paragraph("The commission\nheard 63 witnesses.")

        assert (
            read(write).text == "The Maravel Dam\n\nGate 3 was torn from its bearings.\n\n"
            "The commission\nheard 63 witnesses."
        )

    def test_items_of_lists_are_lines_with_their_bullet_or_number(self) -> None:
        def write(word: WordDocument) -> None:
            for style, text in (
                ("List Bullet", "tents"),
                ("List Bullet", "fuel"),
                ("List Number", "water"),
                ("List Number", "food"),
            ):
                word.add_paragraph(text, style)
            word.add_paragraph("That is all.")

        assert read(write).text == "• tents\n• fuel\n\n1. water\n2. food\n\nThat is all."

    def test_items_numbered_by_themselves_are_one_list_too(self) -> None:
        def write(word: WordDocument) -> None:
            numbering = word.part.numbering_part.element
            numbering.append(
                parse_xml(f"<w:num {NAMESPACES} w:numId='1234'><w:abstractNumId w:val='0'/></w:num>")
            )
            number = "<w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='1234'/></w:numPr></w:pPr>"
            for text in ("food", "water"):
                paragraph(f"{number}{run(text)}")(word)

        assert read(write).text == "1. water\n2. food"

    @pytest.mark.parametrize(
        ("xml", "text"),
        [
            (
                f"{run('Gate ')}<w:ins w:id='1' w:author='x'>{run('3')}</w:ins>{run(' failed.')}",
                "Gate 3 failed.",
            ),
            (
                (
                    f"{run('Gate 3')}<w:del w:id='1'><w:r><w:delText> not</w:delText></w:r></w:del>"
                    f"<w:moveFrom w:id='2' w:author='x'>{run(' moved')}</w:moveFrom>{run(' failed.')}"
                ),
                "Gate 3 failed.",
            ),
            (
                (
                    "<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr>"
                    f"<w:sdtContent>{run('Gate 3')}</w:sdtContent></w:sdt>"
                    f"<w:hyperlink w:anchor='a'>{run(' failed.')}</w:hyperlink>"
                ),
                "Gate 3 failed.",
            ),
            (
                (
                    f"{run('Page ')}<w:r><w:fldChar w:fldCharType='begin'/></w:r>"
                    "<w:r><w:instrText>PAGEREF a</w:instrText>"
                    f"</w:r><w:r><w:fldChar w:fldCharType='separate'/></w:r>{run('7')}"
                ),
                "Page 7",
            ),
            (
                "<w:r><w:t>pre</w:t><w:noBreakHyphen/><w:t>war</w:t><w:tab/><w:t>site</w:t></w:r>",
                "pre-war site",
            ),
            (f"{run('over')}<w:r><w:br w:type='page'/></w:r>{run('leaf')}", "over leaf"),
            (
                (
                    f"{run('Seen.')}<mc:AlternateContent><mc:Choice>{run(' Once.')}</mc:Choice>"
                    f"<mc:Fallback>{run(' Once.')}</mc:Fallback></mc:AlternateContent>"
                ),
                "Seen. Once.",
            ),
        ],
        ids=["insertion", "deletion", "control", "field", "hyphen", "page break", "alternative"],
    )
    def test_it_is_what_is_seen(self, xml: str, text: str) -> None:
        assert read(paragraph(xml)).text == text

    def test_a_text_box_stands_apart_from_the_sentence_that_it_is_anchored_in(self) -> None:
        box = f"<w:r><w:pict><w:txbxContent><w:p>{run('Boxed.')}</w:p></w:txbxContent></w:pict></w:r>"
        assert read(paragraph(f"{run('Gate 3')}{box}{run(' failed.')}")).text == "Gate 3 failed.\n\nBoxed."


class TestTables:
    def test_rows_are_lines_of_cells(self) -> None:
        def write(word: WordDocument) -> None:
            word.add_paragraph("Displaced people")
            table = word.add_table(3, 3)
            for line, cells in zip(
                table.rows,
                (["District", "March", "May"], ["Quell\nDelta", "2,480", "4,980"], ["Pellan", "", "1,100"]),
                strict=True,
            ):
                for cell, text in zip(line.cells, cells, strict=True):
                    cell.text = text

        assert read(write).text == (
            "Displaced people\n\nDistrict | March | May\nQuell Delta | 2,480 | 4,980\nPellan |  | 1,100"
        )

    def test_a_merged_cell_speaks_once(self) -> None:
        def write(word: WordDocument) -> None:
            table = word.add_table(2, 2)
            table.cell(0, 0).merge(table.cell(1, 0)).text = "Pellan"
            table.cell(0, 1).text, table.cell(1, 1).text = "March", "May"
            covered = table._tbl.tr_lst[1].tc_lst[0]
            covered.append(parse_xml(f"<w:p {NAMESPACES}>{run('covered words')}</w:p>"))

        assert read(write).text == "Pellan | March\n| May"

    def test_a_table_that_lays_out_the_page_is_read_as_text(self) -> None:
        def write(word: WordDocument) -> None:
            table = word.add_table(1, 2)
            table.cell(0, 0).text, table.cell(0, 1).text = "Gate 3 failed. " * 120, "Aside."

        assert read(write).text == f"{('Gate 3 failed. ' * 120).strip()}\n\nAside."

    def test_a_nested_table_s_words_are_in_the_cell_around_it(self) -> None:
        def write(word: WordDocument) -> None:
            table = word.add_table(1, 2)
            table.cell(0, 0).text = "outer"
            inner = table.cell(0, 1).add_table(1, 2)
            inner.cell(0, 0).text, inner.cell(0, 1).text = "a", "b"

        assert read(write).text == "outer | a | b"


def with_notes(word: WordDocument, kind: str, content_type: str, relation: str, notes: str) -> None:
    blob = f"<w:{kind}s {NAMESPACES}>{notes}</w:{kind}s>".encode()
    part = Part(PackURI(f"/word/{kind}s.xml"), content_type, blob, word.part.package)
    word.part.relate_to(part, relation)


def note(kind: str, number: int, text: str, attributes: str = "") -> str:
    return f"<w:{kind} w:id='{number}' {attributes}><w:p>{run(text)}</w:p></w:{kind}>"


class TestNotes:
    def test_they_follow_the_body_with_their_marks(self) -> None:
        def write(word: WordDocument) -> None:
            paragraph(
                f"{run('It cost 2,500')}<w:r><w:footnoteReference w:id='2'/></w:r>{run(' marks.')}"
                "<w:r><w:endnoteReference w:id='1'/></w:r>"
            )(word)
            separator = note("footnote", -1, "", "w:type='separator'")
            with_notes(
                *(word, "footnote", CONTENT_TYPE.WML_FOOTNOTES, RELATIONSHIP_TYPE.FOOTNOTES),
                separator + note("footnote", 2, "Without labour."),
            )
            with_notes(
                *(word, "endnote", CONTENT_TYPE.WML_ENDNOTES, RELATIONSHIP_TYPE.ENDNOTES),
                note("endnote", 1, "Council, minutes of May."),
            )

        assert read(write).text == (
            "It cost 2,500² marks.e¹\n\n² Without labour.\n\ne¹ Council, minutes of May."
        )

    def test_headers_and_footers_come_last_each_wording_once(self) -> None:
        def write(word: WordDocument) -> None:
            word.add_paragraph("Gate 3 failed.")
            word.add_section()
            word.add_section()
            for number, section in enumerate(word.sections):
                section.header.is_linked_to_previous = number == 1
                if number != 1:
                    section.header.paragraphs[0].text = f"Dam inquiry, page {number}"
                section.footer.is_linked_to_previous = False
                section.footer.paragraphs[0].text = str(number)

        assert read(write).text == "Gate 3 failed.\n\nDam inquiry, page 0"


class TestMetadata:
    def test_it_is_that_of_the_properties(self) -> None:
        def write(word: WordDocument) -> None:
            word.add_paragraph("Gate 3 failed because nobody had looked at its pin since the dam was built.")
            said = word.core_properties
            said.title, said.author = "Inquiry into the dam", "Dam commission"
            said.created, said.modified = datetime(2031, 3, 1), datetime(2031, 4, 2)  # noqa: DTZ001

        found = read(write)
        assert (found.title, found.publisher, found.published) == (
            "Inquiry into the dam",
            "Dam commission",
            "2031-04-02",
        )
        assert (found.kind, found.language) == ("docx", "en")

    def test_without_a_title_it_is_the_one_in_the_style_for_titles_or_the_first_short_line(self) -> None:
        def styled(word: WordDocument) -> None:
            word.core_properties.title = ""
            word.add_paragraph("A foreword that is long enough to be no title, and ends with a stop.")
            word.add_paragraph("The Maravel Dam", "Title")

        def plain(word: WordDocument) -> None:
            word.core_properties.title = "Document1"
            word.add_paragraph("What failed at Maravel")

        assert [read(styled).title, read(plain).title] == ["The Maravel Dam", "What failed at Maravel"]

    def test_nothing_is_made_up_for_a_file_without_properties(self) -> None:
        said = re.compile(rb"<Relationship [^>]*core-properties[^>]*>")
        found = read_docx(changed("_rels/.rels", said, b""), PATH)
        assert (found.title, found.publisher, found.published) == ("MARK", None, None)


def changed(name: str, *replaced: bytes | re.Pattern[bytes]) -> bytes:
    """A document of the word MARK, with parts of one of its files replaced: old, new, old, new."""
    word = docx.Document()
    word.add_paragraph("MARK")
    made = BytesIO()
    with ZipFile(BytesIO(saved(word))) as source, ZipFile(made, "w") as target:
        for entry in source.namelist():
            content = source.read(entry)
            for old, new in zip(replaced[::2], replaced[1::2], strict=True) if entry == name else ():
                assert isinstance(new, bytes)
                pattern = re.compile(re.escape(old)) if isinstance(old, bytes) else old
                content = pattern.sub(lambda _, new=new: new, content, count=1)
            target.writestr(entry, content)
    return made.getvalue()


def zipped(**entries: bytes) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return file.getvalue()


class TestErrors:
    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "is encrypted or in an old Office format"),
            (b"{\\rtf1 text}", "is named .docx but is not a Word document: it seems to be an RTF file"),
            (b"plain words", "is named .docx but is not a Word document"),
            (
                zipped(xl__workbook_dot_xml=b"<x/>"),
                "is named .docx but is not a Word document: it seems to be an Excel workbook",
            ),
            (zipped(other=b"x"), "is named .docx but is not a Word document: it has no word/document.xml"),
            (zipped(word__document_dot_xml=b"<w"), "is broken: "),
            (saved(docx.Document()), "holds no words to read"),
            (saved(docx.Document())[:900], "is broken: File is not a zip file"),
        ],
        ids=["old", "rtf", "text", "excel", "zip", "no package", "empty", "cut short"],
    )
    def test_each_is_named(self, data: bytes, cause: str) -> None:
        with pytest.raises(LoadError) as caught:
            read_docx(data, PATH)
        assert caught.value.cause.startswith(cause)
        assert caught.value.remedy

    def test_a_file_that_would_unpack_to_too_much_is_not_unpacked(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 2 * 1024 * 1024)
        data = zipped(word__document_dot_xml=b" " * 3 * 1024 * 1024)
        with pytest.raises(LoadError, match="unpacks to 3 MB, more than the 2 MB that are read; split it"):
            read_docx(data, PATH)

    def test_external_entities_are_not_followed(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("SECRET")
        entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]><w:document'.encode()
        attacked = changed("word/document.xml", b"<w:document", entity, b"MARK", b"Gate 3 failed.&x;")
        assert read_docx(attacked, PATH).text == "Gate 3 failed."

    def test_the_deepest_nesting_that_is_parsed_is_read_and_deeper_is_one_line(self) -> None:
        """libxml2 stops at 256 elements, far below where reading them one inside the other would."""
        opened, closed = b"<w:tbl><w:tr><w:tc><w:p/>", b"</w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>"
        mark = b"<w:p><w:r><w:t>MARK</w:t></w:r></w:p>"
        deep = [changed("word/document.xml", mark, opened * n + mark + closed * n) for n in (80, 90)]
        assert read_docx(deep[0], PATH).text == "MARK"
        with pytest.raises(LoadError, match="is broken: Excessive depth in document: 256"):
            read_docx(deep[1], PATH)


def test_the_suffix_chooses_the_loader(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_paragraph("Gate 3 failed.")
    file = tmp_path / "Dam.DOCX"
    word.save(str(file))
    assert (load(file).kind, load(file).text) == ("docx", "Gate 3 failed.")


def test_a_real_handbook_of_872_pages_keeps_its_words(evaluation_data: Path) -> None:
    found = load(evaluation_data / "documents" / "office" / "handbook-872p.docx")
    assert (found.title, found.language, found.published) == (
        "U.S. Department of Justice",
        "en",
        "2023-05-15",
    )
    assert len(found.text) > 800_000
    assert "\n\nCHAPTER 1 - INTRODUCTION\n\n" in found.text
