"""References to notes in pages become superscripts, so that they do not run into figures."""

from __future__ import annotations

import pytest

from index.loaders.epub import read_epub
from tests.index.loaders.epub.test_book import PATH as BOOK
from tests.index.loaders.epub.test_book import book, page
from tests.index.loaders.html.test_page import between, read


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("2,500<a href='#fn2'>2</a> people", "2,500² people"),
        ("2,500<a href='notes.html#n2'>2</a> people", "2,500² people"),
        ("2,500<a href='notes.html'>2</a> people", "2,500² people"),
        ("2,500<a role='doc-noteref' href='x'>2</a> people", "2,500² people"),
        ("2,500 <span class='footnote-ref'>2</span> people", "2,500 ² people"),
        ("2,500<a class='MsoFootnoteReference' href='#_ftn2'><span>[2]</span></a> people", "2,500[2] people"),
        ("2,500<span style='vertical-align: super; font-size: 70%'>2</span> people", "2,500² people"),
        ("2,500<span style='vertical-align:0.4em'>2</span> people", "2,500² people"),
        ("it failed.<a href='#fn2'>2</a>,<a href='#fn3'>3</a> <a href='#fn4'>4</a>", "it failed.²,³ ⁴"),
        ("the council<a href='#fna'>a</a> met", "the council[a] met"),
        ("the council<sup><a href='#fn*'>*</a></sup> met", "the council* met"),
        ("2,500<sup><a href='#fn2'>2</a></sup> of 10<sup>6</sup> m<sup>2</sup>", "2,500² of 10⁶ m²"),
    ],
)
def test_a_reference_is_raised(markup: str, text: str) -> None:
    assert between(f"<p>In all, {markup}.</p>") == f"In all, {text}."


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("see section <a href='#s2'>2</a> of it", "see section 2 of it"),
        ("see Fig.<a href='#f2'>2</a> of it", "see Fig.2 of it"),
        ("see <a href='#p1'>1</a> and <a href='#p2'>2</a>", "see 1 and 2"),
        ("the dam<a href='#dam'>s</a>ite<a href='#inquiry'> inquiry</a>", "the damsite inquiry"),
        ("ring 0<a href='tel:123'>123</a> now", "ring 0123 now"),
        ("in (<a href='#r1'>1</a>) and <a href='#r2'>2,500</a> cases", "in (1) and 2,500 cases"),
        ("a <span style='vertical-align: 1px'>2</span> b", "a 2 b"),
    ],
)
def test_other_links_stay(markup: str, text: str) -> None:
    assert between(f"<p>In all, {markup}.</p>") == f"In all, {text}."


def test_a_number_at_the_beginning_of_a_line_is_no_reference() -> None:
    assert between("<p>In May.<a href='#n2'>2</a></p><p><a href='#ref2'>2</a> Without labour.</p>") == (
        "In May.²\n\n2 Without labour."
    )


def test_a_class_that_the_page_s_style_raises_is_raised() -> None:
    style = (
        "<style>@media screen { p > .note, .mark a { vertical-align: super } .low { color: red } }</style>"
    )
    words = "<p>It cost 2,500<span class='note'>2</span> marks in <span class='low'>2</span> years.</p>"
    assert read(words, style) == "It cost 2,500² marks in 2 years."


def test_those_of_a_book_are_raised_as_its_chapters_and_style_sheets_say() -> None:
    chapters = {
        "a.xhtml": page(
            "<p>It cost 2,500<a epub:type='noteref' href='b.xhtml#n1'>1</a> marks, or 3,000"
            "<span class='n'>2</span>, not 4,000<a href='b.xhtml#n3'>3</a>.</p>"
        ),
        "b.xhtml": page("<p id='n1'>1 Without labour.</p>"),
    }
    item = "<item id='s' href='style.css' media-type='text/css'/>"
    data = book(chapters, items=item, files={"OEBPS/style.css": "span.n { vertical-align: super }"})
    assert read_epub(data, BOOK).text == "It cost 2,500¹ marks, or 3,000², not 4,000³.\n\n1 Without labour."
