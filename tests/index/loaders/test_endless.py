"""Files with extreme nesting, lines or page counts give a document or a named error, in time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.index.loaders.test_hostile import WORDS, rewritten, word

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
        part = "--b\nContent-Type: text/plain\n\nx\n"
        found = read("a.eml", (head + part * 3000 + "--b--\n").encode())
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
        ("a.csv", f"{WORDS}{',' * 300_000}"),
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
