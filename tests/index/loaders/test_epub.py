"""An EPUB book becomes its chapters with outline and metadata, or an error with its cause."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fuzz_samples import zipped
from index.documents import Section
from index.errors import LoadError
from index.loaders.epub import read_epub

PATH = Path("books/dam.epub")
SENTENCE = "Gate 3 failed because nobody had looked at its pin since the dam was built."
CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)
ELSEWHERE = CONTAINER.replace("OEBPS", "../ps")
TITLE = "<dc:title>The dam</dc:title>"


def page(body: str, head: str = "<title/>") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head>{head}</head><body>{body}</body></html>'
    )


def book(
    chapters: Mapping[str, str],
    *,
    metadata: str = TITLE,
    items: str = "",
    files: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """A book of chapters (content by file name) in order; ``items`` and ``files`` add other entries."""
    manifest = "".join(
        f'<item id="c{number}" href="{name}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:opf="http://www.idpf.org/2007/opf">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f"<manifest>{manifest}{items}</manifest><spine>{spine}</spine></package>"
    )
    written = {f"OEBPS/{name.replace('%20', ' ')}": content for name, content in chapters.items()}
    fixed = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package,
    }
    return zipped({**fixed, **written, **(files or {})})


def nav(listed: str) -> tuple[str, dict[str, str | bytes]]:
    """The manifest item and the file of a navigation document."""
    item = '<item id="n" href="nav/toc.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    return item, {"OEBPS/nav/toc.xhtml": page(f'<nav epub:type="toc"><h1>Contents</h1>{listed}</nav>')}


def encryption(algorithm: str, uri: str) -> dict[str, str | bytes]:
    method = f'<enc:EncryptionMethod Algorithm="{algorithm}"/>'
    data = f'<enc:CipherData><enc:CipherReference URI="{uri}"/></enc:CipherData>'
    names = (
        'xmlns="urn:oasis:names:tc:opendocument:xmlns:container" '
        'xmlns:enc="http://www.w3.org/2001/04/xmlenc#"'
    )
    encrypted = f"<enc:EncryptedData>{method}{data}</enc:EncryptedData>"
    return {"META-INF/encryption.xml": f"<encryption {names}>{encrypted}</encryption>"}


@pytest.mark.parametrize(
    ("chapters", "text"),
    [
        (
            {
                "z.xhtml": page(f"<h1>One</h1><p>{SENTENCE}</p><img src='a.png' alt='A gate'/>"),
                "a%20b.xhtml": page(
                    "<ol><li>tents</li><li>fuel</li></ol>"
                    "<table><tr><th>District</th><th>March</th></tr><tr><td>Quell</td><td>2,480</td></tr></table>"
                ),
            },
            f"One\n\n{SENTENCE}\n\n1. tents\n2. fuel\n\nDistrict | March\nQuell | 2,480",
        ),
        (
            {"a.xhtml": page("<a id='x'/><p>Gate&nbsp;3 &mdash; fell.</p><script src='x.js'/><p>Then.</p>")},
            "Gate 3 — fell.\n\nThen.",
        ),
        (
            {
                "cover.xhtml": page("<img src='cover.jpg' alt=''/>"),
                "blank.xhtml": " ",
                "a.xhtml": page(f"<nav>Home</nav><p hidden='hidden'>Draft</p><p>{SENTENCE}</p>"),
            },
            SENTENCE,
        ),
        ({"a.xhtml": page("<p>Once.</p>"), "./a.xhtml": page("<p>Once.</p>")}, "Once."),
    ],
    ids=["in the order of the spine", "XHTML", "what is not seen", "a chapter that is listed twice"],
)
def test_the_chapters_are_read_as_they_are_shown(chapters: Mapping[str, str], text: str) -> None:
    assert read_epub(book(chapters), PATH).text == text


class TestOutline:
    CHAPTERS: Mapping[str, str] = {
        "one.xhtml": page(
            f"<h1>Findings</h1><p>{SENTENCE}</p><section id='gate'><h2>The gate</h2><p>It fell.</p></section>"
            "<a id='pin'/><h2>The pin</h2><p>It rusted.</p>"
        ),
        "two.xhtml": page(
            "<table id='t'><tr><td>Quell</td><td>7</td></tr><tr><td>Pellan</td><td>8</td></tr></table>"
        ),
    }

    def test_the_navigation_document_gives_it(self) -> None:
        item, file = nav(
            "<ol><li><a href='../one.xhtml'>1  Findings</a><ol><li><a href='../one.xhtml#gate'>Gate</a></li>"
            "<li><a href='../one.xhtml#pin'>Pin</a></li></ol></li>"
            "<li><span>Annex</span><ol><li><a href='../two.xhtml#t'>Table</a></li></ol></li>"
            "<li><a href='../three.xhtml'>Missing</a></li><li><a href='http://x.test/one.xhtml'>Web</a></li></ol>"
        )
        found = read_epub(book(self.CHAPTERS, items=item, files=file), PATH)
        assert found.sections == (
            Section(0, 1, "1 Findings"),
            Section(found.text.index("The gate"), 2, "Gate"),
            Section(found.text.index("The pin"), 2, "Pin"),
            Section(found.text.index("Quell | 7"), 1, "Annex"),
            Section(found.text.index("Quell | 7"), 2, "Table"),
        )
        assert found.text.endswith("It rusted.\n\nQuell | 7\nPellan | 8")

    def test_the_older_ncx_gives_it_where_there_is_no_other(self) -> None:
        def point(label: str, src: str, inside: str = "") -> str:
            words = f"<navLabel><text>{label}</text></navLabel>"
            return f'<navPoint>{words}<content src="{src}"/>{inside}</navPoint>'

        item = '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        listed = point("Findings", "one.xhtml", point("Pin", "one.xhtml#pin"))
        ncx = f'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{listed}</navMap></ncx>'
        found = read_epub(book(self.CHAPTERS, items=item, files={"OEBPS/toc.ncx": ncx}), PATH)
        assert found.sections == (Section(0, 1, "Findings"), Section(found.text.index("The pin"), 2, "Pin"))

    def test_a_broken_table_of_contents_is_ignored(self) -> None:
        item, _ = nav("")
        found = read_epub(book(self.CHAPTERS, items=item, files={"OEBPS/nav/toc.xhtml": "<nav>"}), PATH)
        assert (found.sections, found.text.startswith("Findings")) == ((), True)

    @given(
        st.lists(
            st.sampled_from(["<p{}>{}</p>", "<ul><li{}>{}</li></ul>", "<h2{}>{}</h2>", "<pre{}>{}</pre>"]),
            min_size=1,
        )
    )
    def test_every_section_starts_at_its_element(self, forms: list[str]) -> None:
        body = "".join(form.format(f" id='p{number}'", f"Word{number}.") for number, form in enumerate(forms))
        item, file = nav(
            "".join(f"<ol><li><a href='../a.xhtml#p{number}'>T</a></li></ol>" for number in range(len(forms)))
        )
        found = read_epub(book({"a.xhtml": page(body)}, items=item, files=file), PATH)
        assert len(found.sections) == len(forms)
        for number, section in enumerate(found.sections):
            assert found.text[section.start :].removeprefix("• ").startswith(f"Word{number}.")


class TestMetadata:
    def test_it_is_that_of_the_package(self) -> None:
        said = (
            "<dc:title>The  dam</dc:title><dc:title>A report</dc:title><dc:creator>Ada Lind</dc:creator>"
            "<dc:creator>Bo Ek</dc:creator><dc:publisher>Dam commission</dc:publisher>"
            "<dc:date opf:event='modification'>2032-01-01</dc:date>"
            "<dc:date opf:event='publication'>2031-04</dc:date><dc:language>en-GB</dc:language>"
        )
        found = read_epub(book({"a.xhtml": page("<p>Damm</p>")}, metadata=said), PATH)
        assert (found.title, found.author) == ("The dam", "Ada Lind, Bo Ek")
        assert (found.publisher, found.published) == ("Dam commission", "2031-04")
        assert (found.language, found.kind) == ("en", "epub")
        assert found.origins == dict.fromkeys(
            ("title", "author", "publisher", "published", "language"), "document properties"
        )

    def test_without_a_title_it_is_the_first_short_line_or_the_name(self) -> None:
        short = read_epub(book({"a.xhtml": page(f"<h1>What fell</h1><p>{SENTENCE}</p>")}, metadata=""), PATH)
        named = read_epub(book({"a.xhtml": page(f"<p>{SENTENCE}</p>")}, metadata=""), PATH)
        assert (short.title, dict(short.origins)) == ("What fell", {"title": "page"})
        assert (named.title, dict(named.origins)) == ("dam", {"title": "file name"})
        assert named.language == "en"


class TestEncryption:
    AES = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"

    def test_a_chapter_that_needs_a_key_refuses_the_book_by_name(self) -> None:
        with pytest.raises(LoadError) as caught:
            read_epub(book({"a.xhtml": page("<p>x</p>")}, files=encryption(self.AES, "OEBPS/a.xhtml")), PATH)
        assert str(caught.value) == (
            "dam.epub: is encrypted: its rights are managed (DRM); get a copy without DRM from its publisher"
        )

    @pytest.mark.parametrize(
        ("algorithm", "uri"),
        [("http://www.idpf.org/2008/embedding", "OEBPS/a.xhtml"), (AES, "OEBPS/font.otf")],
    )
    def test_fonts_may_be(self, algorithm: str, uri: str) -> None:
        made = book({"a.xhtml": page("<p>Read.</p>")}, files=encryption(algorithm, uri))
        assert read_epub(made, PATH).text == "Read."


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"plain words", "is named .epub but is not an EPUB book"),
        (book({"a.xhtml": page("<img/>")}), "holds no words to read"),
        (book({}), "is broken: its package lists no chapters"),
        (book({"a.xhtml": page("x")}, files={"META-INF/container.xml": ELSEWHERE}), "is broken: "),
        (book({"../../etc/passwd": page("x")}), "is broken: its part ../etc/passwd is missing"),
        (book({"a.xhtml": "\x00\x01\x02"}), "is broken: its part OEBPS/a.xhtml is binary, not text"),
        (
            book({"a.xhtml": page("x")}, metadata="<dc:title>"),
            "is broken: its part OEBPS/book.opf is not XML: ",
        ),
    ],
    ids=["no archive", "no words", "no chapters", "no package", "leads out", "binary", "broken package"],
)
def test_each_error_is_named(data: bytes, cause: str) -> None:
    with pytest.raises(LoadError) as caught:
        read_epub(data, PATH)
    assert caught.value.cause.startswith(cause)
    assert caught.value.remedy
