"""A Word document becomes a document with metadata, or an error with its cause."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from index.errors import LoadError
from index.loaders import load
from index.loaders.word import read_docx
from tests.support.word_files import PATH, changed, read, saved


def part(archive: bytes, name: str) -> bytes:
    with ZipFile(BytesIO(archive)) as opened:
        return opened.read(name)


class TestMetadata:
    def test_it_is_that_of_the_properties(self) -> None:
        def write(word: WordDocument) -> None:
            word.add_paragraph("Gate 3 failed because nobody had looked at its pin since the dam was built.")
            said = word.core_properties
            said.title, said.author = "Inquiry into the dam", "Dam commission"
            said.created, said.modified = datetime(2031, 3, 1), datetime(2031, 4, 2)  # noqa: DTZ001

        found = read(write)
        assert (found.title, found.author, found.published) == (
            "Inquiry into the dam",
            "Dam commission",
            "2031-04-02",
        )
        assert (found.kind, found.language) == ("docx", "en")
        assert found.origins == dict.fromkeys(("author", "published", "title"), "document properties")

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
        stored = re.compile(rb"<dc.*>", re.DOTALL)
        found = read_docx(changed("docProps/core.xml", stored, b"</cp:coreProperties>"), PATH)
        assert (found.title, found.publisher, found.published) == ("MARK", None, None)


def test_its_outline_comes_from_heading_styles_and_outline_levels() -> None:
    def write(word: WordDocument) -> None:
        word.add_paragraph("The Maravel Dam", "Title")
        word.add_paragraph("What failed", "Heading 1")
        word.add_paragraph("Gate 3 failed.")
        word.add_paragraph("The pin", "Heading 2")
        word.add_paragraph("What follows").paragraph_format.element.get_or_add_pPr().append(
            OxmlElement("w:outlineLvl", {qn("w:val"): "0"})
        )

    found = read(write)
    assert [(section.level, section.title) for section in found.sections] == [
        (1, "What failed"),
        (2, "The pin"),
        (1, "What follows"),
    ]
    assert [found.text[each.start :].startswith(each.title) for each in found.sections] == [True] * 3


class TestErrors:
    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (changed("[Content_Types].xml", re.compile(rb".*", re.DOTALL), b"<Types"), "is broken: "),
            (saved(docx.Document()), "holds no words to read"),
            (b"plain words", "is named .docx but is not a Word document"),
        ],
        ids=["broken part", "empty", "no archive"],
    )
    def test_each_is_named(self, data: bytes, cause: str) -> None:
        with pytest.raises(LoadError) as caught:
            read_docx(data, PATH)
        assert caught.value.cause.startswith(cause)
        assert caught.value.remedy

    def test_a_part_that_is_damaged_is_named(self) -> None:
        made = bytearray(changed("word/document.xml", b"MARK", b"Gate 3 failed."))
        made[made.index(b"Gate 3")] ^= 1
        with pytest.raises(LoadError) as caught:
            read_docx(bytes(made), PATH)
        assert caught.value.cause == "is broken: Bad CRC-32 for file 'word/document.xml'"

    def test_a_part_of_an_unexpected_type_is_damage_too(self) -> None:
        twice = re.compile(rb'<Relationship [^>]*relationships/styles"[^>]*/>')
        [relation] = twice.findall(part(saved(docx.Document()), "word/_rels/document.xml.rels"))
        again = relation.replace(b'Id="', b'Id="again')
        attacked = changed("word/_rels/document.xml.rels", relation, relation + again)
        with pytest.raises(LoadError, match=r"is broken: multiple relationships of type .*/styles' in"):
            read_docx(attacked, PATH)

    def test_external_entities_are_not_followed(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("SECRET")
        entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]><w:document'.encode()
        attacked = changed("word/document.xml", b"<w:document", entity, b"MARK", b"Gate 3 failed.&x;")
        assert read_docx(attacked, PATH).text == "Gate 3 failed."

    def test_the_deepest_nesting_that_is_parsed_is_read_and_deeper_is_one_line(self) -> None:
        """libxml2 stops at 256 levels of elements, far below the limit of recursion in the loader."""
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
    assert (found.title, found.published) == ("U.S. Department of Justice", "2023-05-15")
    assert found.language == "en"
    assert len(found.text) > 800_000
    assert "\n\nCHAPTER 1 - INTRODUCTION\n\n" in found.text
