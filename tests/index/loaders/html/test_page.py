"""An HTML page becomes its whole main text, without navigation."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from index.errors import LoadError
from index.loaders.html.page import fragment_blocks, read_html
from index.loaders.text import decode

PATH = Path("pages/dam.html")

FIRST = "Gate 3 of the Maravel Dam was torn from its bearings at five to three in the morning of 10 March."
LAST = "The commission heard 63 witnesses, visited the dam three times, and will report again in the spring."


def read(body: str, head: str = "") -> str:
    return read_html(f"<html><head>{head}</head><body>{body}</body></html>".encode(), PATH).text


def between(body: str) -> str:
    """The text that the loader reads from ``body``, placed between two paragraphs of an article."""
    text = read(f"<article><p>{FIRST}</p>{body}<p>{LAST}</p></article>")
    assert text.startswith(FIRST)
    assert text.endswith(LAST)
    return text[len(FIRST) : -len(LAST)].strip("\n")


def test_a_paragraph_is_one_line_in_any_layout_of_its_source() -> None:
    paragraph = "<p>The pin\n   had <b>rusted</b>&nbsp;through,<br/>\n said the <a href='/x'>report</a>.</p>"
    assert between(paragraph) == "The pin had rusted through,\nsaid the report."


def test_two_line_breaks_separate_paragraphs() -> None:
    assert (
        between("<p>The pin had rusted.<br><br>Nobody had looked.</p>")
        == "The pin had rusted.\n\nNobody had looked."
    )


def test_items_of_lists_are_lines_with_their_marker() -> None:
    assert between(
        "<ul><li>tents<ul><li>large</li><li><p>small</p></li></ul></li><li>fuel</li></ul>"
        "<ol start='4'><li>water</li><li value='9'>food</li></ol><ol type='a'><li>wood</li><li>rope</li></ol>"
    ) == ("• tents\n• large\n• small\n• fuel\n\n4. water\n9. food\n\na. wood\nb. rope")


def test_rows_of_a_table_are_lines_of_cells_below_its_caption() -> None:
    assert (
        between(
            "<table><caption>Displaced people</caption><thead>"
            "<tr><th>District</th><th>March</th><th>May</th></tr></thead><tbody>"
            "<tr><td>Quell <b>Delta</b></td><td>2,480</td><td><p>4,980</p></td></tr>"
            "<tr><td>Pellan</td><td></td><td>1,100</td></tr></tbody></table>"
        )
        == "Displaced people\nDistrict | March | May\nQuell Delta | 2,480 | 4,980\nPellan |  | 1,100"
    )


def test_a_table_that_lays_out_the_page_is_read_as_text() -> None:
    inner = f"<table><tr><td>{LAST}</td></tr></table>"
    page = f"<table><tr><td><img src='x.gif'></td><td><p>{FIRST}</p>{inner}</td></tr></table>"
    assert read(page) == f"{FIRST}\n\n{LAST}"


def test_a_raised_figure_does_not_run_into_the_figure_before_it() -> None:
    paragraph = "<p>It cost 2,500<sup>2</sup> and fell.<sup>[3]</sup> 10<sup>6</sup> CO<sub>2</sub></p>"
    assert between(paragraph) == "It cost 2,500² and fell.[3] 10⁶ CO2"


def test_preformatted_text_is_kept_by_lines_and_unwrapped_where_it_was_wrapped() -> None:
    assert between(
        "<pre>gate  --open\nlog\n\nThe river rose by four metres in the night of the ninth of\n"
        "March, and no siren was heard.</pre>"
    ) == (
        "gate  --open\nlog\n\n"
        "The river rose by four metres in the night of the ninth of March, and no siren was heard."
    )


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>alert('x')</script>",
        "<style>p { color: red }</style>",
        "<template><p>Later</p></template>",
        "<noscript>Turn on scripts</noscript>",
        "<p hidden>Draft</p>",
        "<div style='color:red; display : none'>0000013156 iso4217:USD</div>",
        "<ix:header><ix:hidden>0000013156</ix:hidden></ix:header>",
        "<!-- a remark -->",
        "<button>Share</button><select><option>English</option></select>",
        "<nav><a href='/'>Home</a></nav>",
        "<div role='navigation'>Sections</div>",
        "<ul><li><a href='/b'>Most read</a></li></ul>",
    ],
)
def test_hidden_elements_and_navigation_are_left_out(unseen: str) -> None:
    assert between(unseen) == ""


def test_navigation_before_and_after_the_main_text_is_left_out() -> None:
    story = "".join(f"<p>{FIRST} Day {day} brought more rain.</p>" for day in range(12))
    text = read(
        "<header><a href='/'>The Courier</a> <a href='/login'>Log in</a></header>"
        f"<main><article><h1>Why the gate failed</h1>{story}</article></main>"
        "<footer><p>Contact <a href='/us'>us</a></p><p>All rights reserved</p></footer>"
    )
    assert text.startswith(f"Why the gate failed\n\n{FIRST} Day 0 ")
    assert text.endswith("Day 11 brought more rain.")


TABLE = "<table><tr><th>District</th><th>March</th></tr><tr><td>Pellan</td><td>1,100</td></tr></table>"
ROWS = "District | March\nPellan | 1,100"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"<h1>Gate 3</h1><p>{FIRST}</p>{TABLE}", f"Gate 3\n\n{FIRST}\n\n{ROWS}"),
        (f"<article><p>{FIRST}</p><p>{LAST}</p></article>{TABLE}", f"{FIRST}\n\n{LAST}\n\n{ROWS}"),
        (f"{TABLE}<h1>Gate 3</h1><p>{FIRST}</p>", f"{ROWS}\n\nGate 3\n\n{FIRST}"),
        (f"<p>{FIRST}</p><h2>Displaced</h2>{TABLE}", f"{FIRST}\n\nDisplaced\n\n{ROWS}"),
        (f"<p>{FIRST}</p>{TABLE}<p>By the office.</p>", f"{FIRST}\n\n{ROWS}\n\nBy the office."),
        (f"<p>{FIRST}</p><p>Why?</p><ul><li>rust</li></ul>", f"{FIRST}\n\nWhy?\n\n• rust"),
    ],
    ids=["after", "outside", "before", "headed", "followed", "short"],
)
def test_tables_and_short_lines_at_the_ends_of_the_main_text_are_kept(body: str, text: str) -> None:
    assert read(body) == text


def test_a_table_beside_the_main_text_stays_even_if_trafilatura_drops_it() -> None:
    story = "".join(f"<p>{FIRST} Day {day} brought more rain.</p>" for day in range(12))
    rows = "".join(f"<tr><td>Station {day}</td><td>{day * 7}</td></tr>" for day in range(4))
    text = read(f"<main><article>{story}</article></main><h2>Levels</h2><table>{rows}</table>")
    assert text.endswith(
        "Day 11 brought more rain.\n\nLevels\n\nStation 0 | 0\nStation 1 | 7\nStation 2 | 14\nStation 3 | 21"
    )


@pytest.mark.parametrize(
    "beside",
    [
        "<table><tr><td><a href='/a'>Sport</a></td><td><a href='/b'>Business</a></td></tr></table>",
        "<table><tr><th>More</th><th>News</th></tr>"
        + "<tr><td><a href='/a'>Sport</a></td><td><a href='/b'>Money</a></td></tr>" * 3
        + "</table>",
        "<footer><h4>Contact</h4><table><tr><td>Telephone</td><td>555</td></tr></table></footer>",
        "<aside><table><tr><td>Advertise</td><td>here</td></tr></table><p>Shares: 12</p></aside>",
    ],
    ids=["links", "links under headings", "footer", "aside"],
)
def test_tables_of_links_and_tables_in_asides_stay_out(beside: str) -> None:
    story = "".join(f"<p>{FIRST} Day {day} brought more rain.</p>" for day in range(12))
    text = read(f"<main><article>{story}</article></main>{beside}")
    assert text.endswith("Day 11 brought more rain.")


def test_a_repeated_paragraph_and_every_heading_are_kept() -> None:
    assert between(f"<h2>Staff</h2><p>{FIRST}</p><h2>Cost</h2><p>{FIRST}</p>") == (
        f"Staff\n\n{FIRST}\n\nCost\n\n{FIRST}"
    )


def test_a_page_of_few_words_is_read_whole() -> None:
    assert read("<div>Gate 3 failed.</div><div>36 died.</div>") == "Gate 3 failed.\n\n36 died."


def test_metadata_comes_from_the_markup() -> None:
    page = (
        "<html lang='en-GB'><head><title>Why gate 3 failed | The Courier</title>"
        "<meta property='og:site_name' content='The Courier'>"
        "<meta property='article:published_time' content='2025-05-14T06:00:00Z'></head>"
        f"<body><article><p>{FIRST}</p><p>{LAST}</p></article></body></html>"
    )
    document = read_html(page.encode(), PATH)
    assert (document.title, document.publisher) == ("Why gate 3 failed", "The Courier")
    assert (document.published, document.language, document.kind) == ("2025-05-14", "en", "html")


def test_a_date_in_running_text_is_no_date_of_publication() -> None:
    page = f"<p>{FIRST}</p><p>On 13 February 2009 the pin was last seen. Copyright 2021.</p><p>{LAST}</p>"
    assert read_html(page.encode(), PATH).published is None


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Gate 3</title>", "<h1>Definitions</h1>", "Gate 3"),
        ("<title>Gate 3 failed - News</title>", "<h1>Gate 3 failed</h1>", "Gate 3 failed"),
        ("<title>report_final.htm</title>", "<h1>Gate 3 failed</h1>", "Gate 3 failed"),
        ("", "", "dam"),
    ],
)
def test_the_title_is_that_of_the_page(head: str, body: str, title: str) -> None:
    page = f"<html><head>{head}</head><body>{body}<p>{FIRST}</p></body></html>"
    assert read_html(page.encode(), PATH).title == title


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ("<meta charset='windows-1252'>", "cp1252"),
        ("<meta charset=iso-8859-1>", "cp1252"),
        ("<meta http-equiv='Content-Type' content='text/html; charset=windows-1251'>", "cp1251"),
        ("<?xml version='1.0' encoding='koi8-r'?>", "koi8-r"),
        ("<meta charset='windows-1252'>", "utf-8"),
        ("<meta charset='utf-7'>", "utf-8"),
        ("<meta charset='no-such-thing'>", "utf-8"),
        ("", "utf-8"),
        ("", "utf-16"),
    ],
)
def test_the_encoding_is_the_one_that_the_page_declares_or_shows(declaration: str, encoding: str) -> None:
    is_cyrillic = encoding in {"cp1251", "koi8-r"}
    words = "Гейт номер три рухнул" if is_cyrillic else "Größe: 4 € für jeden"
    page = f"{declaration}<html><body><p>{words}</p></body></html>"
    assert read_html(page.encode(encoding), PATH).text == words


def test_nothing_outside_the_page_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the secret words")
    page = (
        f"<!DOCTYPE html [<!ENTITY s SYSTEM 'file://{tmp_path}/secret.txt'>]>"
        f"<html><body><p>{FIRST} &s;</p><iframe src='file://{tmp_path}/secret.txt'></iframe></body></html>"
    )
    assert "secret words" not in read_html(page.encode(), PATH).text


@pytest.mark.parametrize("page", ["<html></html>", "<script>x</script>", "<p> &nbsp; </p>", "<!-- -->"])
def test_a_page_without_words_is_an_error(page: str) -> None:
    with pytest.raises(LoadError, match="holds no words to read"):
        read_html(page.encode(), PATH)


def test_lists_inside_lists_without_end_are_read() -> None:
    assert read("<ul><li>gate " * 800).count("• gate") == 800


def test_control_characters_by_reference_become_spaces() -> None:
    assert read("<p>Gate&#12;3&#1;failed<script></script>&#2; again.</p>") == "Gate 3 failed again."


def test_a_fragment_is_read_like_a_page() -> None:
    assert [block.text for block in fragment_blocks("<p>One <i>two</i><p>three")] == ["One two", "three"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("html/example-10k.html", 0.99),
        ("html/example-with-scripts.html", 0.95),
        ("html/ideas-page.html", 1.0),
        ("broken/file_window.html", 1.0),
        ("broken/file_no_utf8.html", 1.0),
    ],
)
def test_real_pages_keep_their_words_in_order(evaluation_data: Path, name: str, kept: float) -> None:
    data = (evaluation_data / "documents" / name).read_bytes()
    seen = "\n".join(block.text for block in fragment_blocks(decode(data, PATH, "cp1252")))
    rest = iter(seen.splitlines())
    lines = read_html(data, PATH).text.split("\n")
    assert all(line in rest for line in lines if line)
    assert sum(map(len, lines)) >= kept * len(seen.replace("\n", ""))


@pytest.mark.parametrize("element", ["<table><tr><td>", "<div>", "<pre>"])
def test_elements_in_elements_without_end_take_no_longer_than_others(element: str) -> None:
    """Read as parts of a layout, such tables would take a minute instead of half a second."""
    started = time.monotonic()
    assert FIRST in read(f"<p>{FIRST}</p>{element * 3000}<p>{LAST}</p>")
    assert time.monotonic() - started < 20


def test_its_outline_and_where_its_facts_were_read() -> None:
    head = (
        "<title>Why gate 3 failed</title><meta property='og:site_name' content='The Valley Post'>"
        "<meta name='author' content='Ada Varro'>"
        "<meta property='article:published_time' content='2021-04-02'>"
    )
    body = f"<article><h1>Why gate 3 failed</h1><p>{FIRST}</p><h2>The pin</h2><p>{LAST}</p></article>"
    page = f"<html lang='en'><head>{head}</head><body>{body}</body></html>"
    found = read_html(page.encode(), PATH)
    assert [(each.level, each.title) for each in found.sections] == [(1, "Why gate 3 failed"), (2, "The pin")]
    assert found.text[found.sections[1].start :].startswith(f"The pin\n\n{LAST}")
    assert (found.publisher, found.author, found.published) == ("The Valley Post", "Ada Varro", "2021-04-02")
    assert found.origins == dict.fromkeys(
        ("title", "publisher", "author", "published", "language"), "document properties"
    )


FACTS = (
    "<div style='display:none'><ix:header><ix:hidden>"
    "<ix:nonNumeric name='dei:DocumentType'>10-K</ix:nonNumeric>"
    "<ix:nonNumeric name='dei:EntityRegistrantName'>Varro <b>Dams</b>, Inc.</ix:nonNumeric>"
    "<ix:nonNumeric name='dei:DocumentPeriodEndDate'>December&#160;31, 2021</ix:nonNumeric>"
    "</ix:hidden></ix:header></div>"
)
COVER = (
    "<p>FORM 10-K</p><p>For the fiscal year ended December 31, 2021</p><table><tr><td>Varro Dams, Inc.</td>"
    "<td></td></tr><tr><td>(Exact name of registrant as specified in its charter)</td><td></td></tr></table>"
)


@pytest.mark.parametrize("name", ["", "dams-20211231.htm", "dams-20211231", "10-K"])
@pytest.mark.parametrize("cover", [FACTS, COVER])
def test_a_filing_is_named_by_the_facts_or_the_words_of_its_cover(name: str, cover: str) -> None:
    page = f"<html><head><title>{name}</title></head><body>{cover}<p>{FIRST}</p></body></html>"
    found = read_html(page.encode(), PATH)
    assert found.title == "Varro Dams, Inc.: Form 10-K for the fiscal year ended December 31, 2021"
    assert (found.publisher, found.published) == ("Varro Dams, Inc.", None)
    assert found.origins["title"] == found.origins["publisher"] == "page"


def test_hidden_facts_of_a_filing_stay_out_of_its_text() -> None:
    assert between(FACTS) == ""


def test_a_page_that_only_mentions_a_form_keeps_its_title() -> None:
    page = f"<title>Gate 3</title><p>Form 10-K</p><p>{FIRST}</p>"
    assert read_html(page.encode(), PATH).title == "Gate 3"
