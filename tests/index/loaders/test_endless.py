"""Files with extreme nesting, lines or page counts give a document or a named error, in time."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from index.loaders import LoadingLimits
from tests.index.loaders.test_hostile import WORDS, sheet, word
from tests.support.archives import rewritten
from tests.support.processes import run_script

pytestmark = pytest.mark.slow_cases

DEEP = 10_000
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
        found = read("a.eml", (head + "--b\nContent-Type: text/plain\n\nx\n" * 3000 + "--b--\n").encode())
        assert found.endswith("\n\n".join(["x"] * 3000))


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
        ("a.csv", f"{WORDS}{',' * 16_383}"),
        ("a.rtf", f"{{\\rtf1 {WORDS} {{\\*\\fldinst SYMBOL {'1 ' * 300_000}}}}}"),
        ("a.eml", f"From: {'(' * 30_000}\nSubject: {WORDS} {'=?utf-8?q?' * 30_000}\n\n{WORDS}\n"),
    ],
)
def test_a_long_line_is_read(name: str, text: str, read: Callable[[str, bytes], str]) -> None:
    assert WORDS in read(name, text.encode())


def pdf(box: str, count: str, kids: str) -> bytes:
    """A PDF of one page that may declare more."""
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
def test_the_page_count_that_a_pdf_declares_is_not_trusted(
    box: str, count: str, kids: str, found: str, read: Callable[[str, bytes], str]
) -> None:
    assert read("a.pdf", pdf(box, count, kids)).startswith(found)


UNPACKED = 2 << 30


def deflated(unit: bytes, size: int) -> bytes:
    """``size`` bytes of a repeated ``unit``, deflated."""
    part = unit * ((1 << 20) // len(unit))
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(part) for _ in range(size // len(part) + 1)) + packer.flush()


def packed_pdf(unit: bytes) -> bytes:
    """A PDF of about two kilobytes, whose page unpacks to two gigabytes."""
    content = zlib.compress(zlib.compress(deflated(unit, UNPACKED), 9), 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<<>>>>",
        b"<</Length %d/Filter[/FlateDecode/FlateDecode/FlateDecode]>>stream\n%s\nendstream"
        % (len(content), content),
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, 1))
    return b"%%PDF-1.4\n%strailer<</Size 5/Root 1 0 R>>\n%%%%EOF" % body


def packed_sheet(size: int) -> bytes:
    """A workbook whose sheet unpacks to ``size`` bytes of rows."""
    begins = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    row = b"<row><c><v>1</v></c></row>" * 10_000
    made = BytesIO()
    with ZipFile(BytesIO(sheet())) as source, ZipFile(made, "w", ZIP_DEFLATED) as target:
        for entry in source.namelist():
            if entry != SHEET:
                target.writestr(entry, source.read(entry))
        with target.open(SHEET, "w", force_zip64=True) as part:
            part.write(begins)
            for _ in range(size // len(row)):
                part.write(row)
            part.write(b"</sheetData></worksheet>")
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
WIDE = ",".join(f"c{number}" for number in range(100_000)) + "\n" + ",".join(["1"] * 100_000) + "\n"

READING = """
import resource, sys
from pathlib import Path
from index.errors import LoadError
from index.loaders.sandbox.client import Isolated
with Isolated() as reader:
    try:
        print(reader.load(Path(sys.argv[1])).text[:20])
    except LoadError as error:
        print(error.cause)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory")
@pytest.mark.parametrize(
    ("name", "make", "cause"),
    [
        (
            "paths.pdf",
            lambda: packed_pdf(b"0 0 m 9 9 l S\n"),
            "crashed the reading process (signal 6, Aborted)",
        ),
        ("spaces.pdf", lambda: packed_pdf(b" "), "crashed the reading process (signal 6, Aborted)"),
        ("a.xlsx", lambda: packed_sheet(UNPACKED), "unpacks to 2,048 MB, more than the limit of 512 MB"),
        ("a.csv", WIDE.encode, "has 100,000 columns, more than the limit of 16,384"),
        ("rows.csv", lambda: WIDE.encode() * 10, "has 100,000 columns, more than the limit of 16,384"),
        ("empty.csv", lambda: (b"," * 100_000 + b"\n") * 100, "has 100,001 columns, more than the limit of"),
    ],
)
def test_a_small_file_that_becomes_huge_is_refused_within_500_megabytes(
    name: str, make: Callable[[], bytes], cause: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(make())
    done = run_script(READING, tmp_path / name)
    said, megabytes = done.stdout.splitlines()
    assert said.startswith(cause)
    assert int(megabytes) < 500


def test_the_memory_of_a_file_grows_with_the_file() -> None:
    limits = LoadingLimits()
    assert [limits.memory_of(size) for size in (0, 2048, 1 << 20, 256 << 20)] == [256, 256, 512, 4096]
    assert LoadingLimits(memory_megabytes=64).memory_of(1 << 20) == 64
