"""A file that was made to do harm becomes a document or a named error, and nothing else is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from stat import S_IFLNK
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
import pytest
from opendocument_files import p, packed
from openpyxl import Workbook
from slide_files import presentation, titled
from test_epub import book, page
from word_files import saved

from index.loading import Limits, LoadError, Options
from index.loading.isolation import Isolated

HIDDEN = "HIDDEN WORDS"
DEEP = 10_000
OPTIONS = Options(Limits(seconds=60))
WORDS = "MARK of the dam"


@pytest.fixture(scope="module")
def shared() -> Iterator[Isolated]:
    """A process that reads all of them, which none of them may end."""
    with Isolated() as reader:
        yield reader


@pytest.fixture
def read(shared: Isolated, tmp_path: Path) -> Callable[[str, bytes], str]:
    """What becomes of a file: its words, or the error; the process lives on."""

    def attempt(name: str, data: bytes) -> str:
        file = tmp_path / name
        file.write_bytes(data)
        try:
            return shared.load(file, OPTIONS).text
        except LoadError as error:
            if error.__cause__ is not None:  # it is the death of the process
                raise
            return f"{error.cause}."

    return attempt


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
    """Declares entities before the root of a part, and refers to one after its words."""

    def change(part: bytes) -> bytes:
        xml = re.sub(rb"^<\\?xml[^>]*>", b"", part)
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

    def test_a_page_shows_nothing_of_what_it_embeds(
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

    def test_a_part_that_is_larger_than_it_says_is_damage(self, read: Callable[[str, bytes], str]) -> None:
        large = 4_000_000
        text = b"A" * large
        data = rewritten(word(), "word/document.xml", lambda part: part.replace(WORDS.encode(), text))
        with ZipFile(BytesIO(data)) as archive:
            size = archive.getinfo("word/document.xml").file_size
        lying = data.replace(size.to_bytes(4, "little"), (2000).to_bytes(4, "little"))
        assert read("a.docx", lying).startswith("is broken: Bad CRC-32")

    def test_more_parts_than_any_document_has_are_refused(self, read: Callable[[str, bytes], str]) -> None:
        file = BytesIO(word())
        with ZipFile(file, "a") as archive:
            for number in range(66_000):
                archive.writestr(f"m/{number}", "")
        assert read("a.docx", file.getvalue()).endswith(
            "parts, more than the 65,535 that are read, as archives do that are made to do harm."
        )


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
M = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def nested(opening: str, closing: str, depth: int, inside: str = "") -> str:
    return opening * depth + inside + closing * depth


class TestNesting:
    @pytest.mark.parametrize("depth", [60, 120, DEEP])
    @pytest.mark.parametrize(
        ("opening", "closing", "around"),
        [
            ("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>", ""),
            ("<w:sdt><w:sdtContent>", "</w:sdtContent></w:sdt>", ""),
            ("<m:f><m:num>", "</m:num></m:f>", "w:p"),
            ("<m:box><m:e>", "</m:e></m:box>", "w:p"),
        ],
        ids=["tables", "controls", "fractions", "boxes"],
    )
    def test_of_a_word_document(
        self, opening: str, closing: str, around: str, depth: int, read: Callable[[str, bytes], str]
    ) -> None:
        xml = nested(opening, closing, depth, "" if around else "<w:p/>")
        inside = f"<{around}><m:oMath>{xml}</m:oMath></{around}>" if around else xml
        document = (
            f'<w:document xmlns:w="{W}" xmlns:m="{M}"><w:body><w:p><w:r><w:t>{WORDS}</w:t></w:r></w:p>'
            f"{inside}</w:body></w:document>"
        )
        found = read("a.docx", rewritten(word(), "word/document.xml", lambda _: document.encode()))
        assert found.startswith((WORDS, "is broken: Excessive depth"))

    @pytest.mark.parametrize(
        "tag",
        [
            *("div", "ul><li", "ol><li", "table><tr><td", "b", "span", "sup", "q", "a href='#x'"),
            *("math", "math><mfrac"),
        ],
    )
    def test_of_a_page(self, tag: str, read: Callable[[str, bytes], str]) -> None:
        assert read("a.html", f"<p>{WORDS}.</p>{f'<{tag}>' * DEEP}x".encode()).startswith(f"{WORDS}.")

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("a.md", "> " * DEEP + "x"),
            ("a.md", "[" * DEEP + "]" * DEEP),
            ("a.md", "*" * DEEP + "x" + "*" * DEEP),
            ("a.md", "^[" * 2000 + "x" + "]" * 2000),
            ("a.rtf", "{" * DEEP + "x"),
        ],
        ids=["quotations", "links", "emphasis", "notes", "groups"],
    )
    def test_of_plain_formats(self, name: str, text: str, read: Callable[[str, bytes], str]) -> None:
        data = f"{{\\rtf1 {WORDS} {text}}}" if name == "a.rtf" else f"{WORDS}\n\n{text}\n"
        assert read(name, data.encode()).startswith(WORDS)

    @pytest.mark.parametrize(
        "part",
        [
            "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(DEEP)),
            "Content-Type: message/rfc822\n\n" * DEEP,
        ],
        ids=["parts", "messages"],
    )
    def test_of_a_message(self, part: str, read: Callable[[str, bytes], str]) -> None:
        message = (
            f"From: a@b.test\nSubject: {WORDS}\nMIME-Version: 1.0\n{part}Content-Type: text/plain\n\nx\n"
        )
        assert read("a.eml", message.encode()) == "is broken: its parts are nested too deeply."

    def test_many_parts_of_a_message_are_read(self, read: Callable[[str, bytes], str]) -> None:
        head = "From: a@b.test\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        part = "--b\nContent-Type: text/plain\n\nx\n"
        found = read("a.eml", (head + part * 3000 + "--b--\n").encode())
        assert found.endswith("\n\n".join(["x"] * 3000))


class TestFrontMatter:
    def test_values_that_stand_for_each_other_are_not_multiplied(
        self, read: Callable[[str, bytes], str]
    ) -> None:
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
            "has front matter of 88,890 characters, more than the 65,536"
        )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", f"{WORDS} e" + "\u0301" * 1999),
        ("a.md", f"{WORDS} e" + "\u0301" * 1999),
        ("a.html", f"<p>{WORDS} e" + "\u0301" * 1999),
        ("a.txt", f"{WORDS} " + "a" * 1_000_000),
        ("a.txt", f"{WORDS} " + " " * 1_000_000 + "x"),
        ("a.txt", f"{WORDS} " + "1," * 500_000),
        ("a.md", f"{WORDS} " + "[^" * 3000),
        ("a.md", f"{WORDS} " + "`" * 50_000),
        ("a.html", f"<style>{'.a ' * 100_000}{'{' * 50_000}</style><p>{WORDS}"),
        (
            "a.html",
            f"<p style='{'position:relative;' * 100_000}'>{WORDS}<b style='vertical-align:{'0' * 100_000}'>",
        ),
        ("a.html", f"<p>{WORDS} {'1<a href=#f>2</a>' * 3000}"),
        ("a.csv", f"{WORDS}{',' * 300_000}"),
        ("a.rtf", f"{{\\rtf1 {WORDS} {{\\*\\fldinst SYMBOL {'1 ' * 300_000}}}}}"),
        ("a.eml", f"From: {'(' * 30_000}\nSubject: {WORDS} {'=?utf-8?q?' * 30_000}\n\n{WORDS}\n"),
    ],
)
def test_a_long_line_is_read(name: str, text: str, read: Callable[[str, bytes], str]) -> None:
    assert WORDS in read(name, text.encode())


def pdf(box: str, count: str, kids: str) -> bytes:
    """A file of one page, however many it claims to have."""
    content = f"BT /F1 12 Tf 10 10 Td ({WORDS}) Tj ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {count}/Kids[{kids}]>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox{box}/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(content)}>>stream\n{content}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body = "".join(f"{number} 0 obj\n{one}\nendobj\n" for number, one in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer<</Size 6/Root 1 0 R>>\n%%EOF".encode()


@pytest.mark.parametrize(
    ("box", "count", "kids", "found"),
    [
        ("[0 0 600 800]", "2147483647", "3 0 R", WORDS),
        ("[0 0 600 800]", "9000", "3 0 R", "is broken: page 2"),
        ("[0 0 600 800]", "5", "2 0 R 3 0 R", "is broken: page"),
        ("[0 0 600 800]", "20000", "3 0 R " * 20_000, "has 20,000 pages"),
        ("[0 0 1e30 1e30]", "1", "3 0 R", WORDS),
        ("[-1e9 5 -1e9 5]", "1", "3 0 R", WORDS),
    ],
)
def test_what_a_pdf_claims_of_its_pages_is_not_believed(
    box: str, count: str, kids: str, found: str, read: Callable[[str, bytes], str]
) -> None:
    assert read("a.pdf", pdf(box, count, kids)).startswith(found)
