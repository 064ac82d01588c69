"""A hostile file gives a document or a named error, and no other file is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from stat import S_IFLNK
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
import pytest
from openpyxl import Workbook

from tests.index.loaders.test_epub import book, page
from tests.support.opendocument_files import p, packed
from tests.support.slide_files import presentation, titled
from tests.support.word_files import saved

HIDDEN = "HIDDEN WORDS"
DEEP = 10_000
WORDS = "MARK of the dam"


def word() -> bytes:
    document = docx.Document()
    document.add_paragraph(WORDS)
    return saved(document)


def sheet() -> bytes:
    book_of_one = Workbook()
    book_of_one.worksheets[0].append([WORDS, 1])
    file = BytesIO()
    book_of_one.save(file)
    return file.getvalue()


def rewritten(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """An archive with one of its parts changed."""
    made = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(made, "w", ZIP_DEFLATED) as target:
        for entry in source.namelist():
            content = source.read(entry)
            target.writestr(entry, change(content) if entry == name else content)
    return made.getvalue()


def declared(declaration: str, reference: str) -> Callable[[bytes], bytes]:
    """Declares entities before the root of a part, and refers to one of them after its words."""

    def change(part: bytes) -> bytes:
        xml = re.sub(rb"^<\?xml[^>]*>", b"", part)
        return declaration.encode() + xml.replace(WORDS.encode(), WORDS.encode() + reference.encode())

    return change


BILLION = (
    '<!DOCTYPE x [<!ENTITY a "AAAAAAAAAAAAAAAAAAAA">'
    + "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 20}">' for at in range(8))
    + "]>"
)
PARTS = {
    "a.docx": (word, "word/document.xml"),
    "a.xlsx": (sheet, "xl/sharedStrings.xml"),
    "a.pptx": (lambda: presentation(titled(WORDS)), "ppt/slides/slide1.xml"),
    "a.odt": (lambda: packed(p(WORDS)), "content.xml"),
    "a.epub": (lambda: book({"a.xhtml": page(f"<p>{WORDS}</p>")}), "OEBPS/a.xhtml"),
}


class TestEntities:
    @pytest.mark.parametrize("name", PARTS)
    def test_a_file_outside_is_not_read(
        self, name: str, read: Callable[[str, bytes], str], tmp_path: Path
    ) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text(HIDDEN)
        make, part = PARTS[name]
        entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
        found = read(name, rewritten(make(), part, declared(entity, " &e;")))
        assert HIDDEN not in found
        assert found.startswith((WORDS, "Sheet", "is broken"))

    @pytest.mark.parametrize("name", PARTS)
    def test_a_billion_words_are_not_made(self, name: str, read: Callable[[str, bytes], str]) -> None:
        make, part = PARTS[name]
        found = read(name, rewritten(make(), part, declared(BILLION, " &i;")))
        assert found.startswith((WORDS, "Sheet", "is broken"))
        assert len(found) < 1000

    def test_a_page_does_not_show_embedded_files(
        self, read: Callable[[str, bytes], str], tmp_path: Path
    ) -> None:
        (tmp_path / "secret.txt").write_text(HIDDEN)
        uri = (tmp_path / "secret.txt").as_uri()
        embedded = (
            f"<object data='{uri}'>x</object><iframe src='{uri}'></iframe><svg><image href='{uri}'/></svg>"
        )
        assert read("a.html", f"<p>{WORDS}</p>{embedded}".encode()) == WORDS


class TestArchives:
    @pytest.mark.parametrize(
        "name", ["../../outside", "/outside", "\\\\host\\share\\outside", "C:\\outside", "word/../../outside"]
    )
    def test_names_that_lead_out_of_it_are_names_and_nothing_else(
        self, name: str, read: Callable[[str, bytes], str], tmp_path: Path
    ) -> None:
        file = BytesIO(word())
        with ZipFile(file, "a") as archive:
            archive.writestr(name, "x")
        assert read("a.docx", file.getvalue()) == WORDS
        assert [found.name for found in tmp_path.rglob("*")] == ["a.docx"]

    def test_a_part_that_a_relation_seeks_outside_is_not_read(
        self, read: Callable[[str, bytes], str], tmp_path: Path
    ) -> None:
        (tmp_path / "secret.txt").write_text(HIDDEN)
        relation = (
            '<Relationship Id="rX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
            f'footnotes" Target="../../../../..{tmp_path}/secret.txt"/></Relationships>'
        )
        data = rewritten(
            word(),
            "word/_rels/document.xml.rels",
            lambda part: part.replace(b"</Relationships>", relation.encode()),
        )
        assert read("a.docx", data).startswith("is broken: There is no item named")

    def test_a_link_is_not_followed(self, read: Callable[[str, bytes], str], tmp_path: Path) -> None:
        (tmp_path / "secret.txt").write_text(HIDDEN)
        file = BytesIO(book({"b.xhtml": page(f"<p>{WORDS}</p>"), "a.xhtml": page("")}))
        link = ZipInfo("OEBPS/a.xhtml")
        link.create_system, link.external_attr = 3, (S_IFLNK | 0o777) << 16
        with pytest.warns(UserWarning, match="Duplicate name"), ZipFile(file, "a") as archive:
            archive.writestr(link, str(tmp_path / "secret.txt"))
        assert HIDDEN not in read("a.epub", file.getvalue())

    def test_an_archive_in_an_archive_is_not_opened(self, read: Callable[[str, bytes], str]) -> None:
        inner = BytesIO()
        with ZipFile(inner, "w", ZIP_DEFLATED) as archive:
            archive.writestr("zeros", b"\0" * 10_000_000)
        file = BytesIO(word())
        with ZipFile(file, "a") as archive:
            archive.writestr("word/embeddings/a.zip", inner.getvalue())
        assert read("a.docx", file.getvalue()) == WORDS

    def test_a_part_larger_than_its_declared_size_is_damage(self, read: Callable[[str, bytes], str]) -> None:
        large = 4_000_000
        text = b"A" * large
        data = rewritten(word(), "word/document.xml", lambda part: part.replace(WORDS.encode(), text))
        with ZipFile(BytesIO(data)) as archive:
            size = archive.getinfo("word/document.xml").file_size
        lying = data.replace(size.to_bytes(4, "little"), (2000).to_bytes(4, "little"))
        assert read("a.docx", lying).startswith("is broken: Bad CRC-32")

    @pytest.mark.slow
    def test_more_parts_than_any_document_has_are_refused(self, read: Callable[[str, bytes], str]) -> None:
        file = BytesIO(word())
        with ZipFile(file, "a") as archive:
            for number in range(66_000):
                archive.writestr(f"m/{number}", "")
        assert read("a.docx", file.getvalue()).endswith(
            "parts, more than the limit of 65,535, as malicious archives do."
        )


class TestFrontMatter:
    def test_aliases_are_not_expanded_without_end(self, read: Callable[[str, bytes], str]) -> None:
        names = "abcdefghi"
        lines = [f"{names[0]}: &{names[0]} [x, x, x, x, x, x, x, x, x]"]
        lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in pairwise(names)]
        text = "\n".join(["---", *lines, "title: *i", "---", WORDS])
        assert read("a.md", text.encode()) == WORDS

    def test_one_that_makes_an_object_makes_none(
        self, read: Callable[[str, bytes], str], tmp_path: Path
    ) -> None:
        order = f"title: !!python/object/apply:os.mkdir ['{tmp_path}/made']"
        assert read("a.md", f"---\n{order}\n---\n{WORDS}\n".encode()) == WORDS
        assert not (tmp_path / "made").exists()

    def test_more_of_it_than_any_report_has_is_refused(self, read: Callable[[str, bytes], str]) -> None:
        text = "---\n" + "".join(f"k{number}: v\n" for number in range(10_000)) + f"---\n{WORDS}\n"
        assert read("a.md", text.encode()).startswith(
            "has front matter of 88,890 characters, more than the limit of 65,536"
        )
