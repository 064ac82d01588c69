"""An HTML page becomes its whole main text, without navigation."""

from __future__ import annotations

import time
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import LoadError
from index.loaders.epub import read_epub
from index.loaders.html.elements import joined_figures
from index.loaders.html.page import fragment_blocks, read_html
from index.loaders.merged_cells import Cell, in_columns
from index.loaders.text import decode
from index.text.tabular import table_cells, tables
from tests.index.loaders.test_epub import PATH as BOOK
from tests.index.loaders.test_epub import book
from tests.index.loaders.test_epub import page as chapter

PATH = Path("pages/dam.html")

FIRST = "Gate 3 of the Maravel Dam was torn from its bearings at five to three in the morning of 10 March."
LAST = "The commission heard 63 witnesses, visited the dam three times, and will report again in the spring."
STORY = "".join(f"<p>{FIRST} Day {day} brought more rain.</p>" for day in range(12))


def read(body: str, head: str = "") -> str:
    return read_html(f"<html><head>{head}</head><body>{body}</body></html>".encode(), PATH).text


def between(body: str) -> str:
    """The text that the loader reads from ``body``, placed between two paragraphs of an article."""
    text = read(f"<article><p>{FIRST}</p>{body}<p>{LAST}</p></article>")
    assert text.startswith(FIRST)
    assert text.endswith(LAST)
    return text[len(FIRST) : -len(LAST)].strip("\n")


WRAPPED = "The river rose by four metres in the night of the ninth of\nMarch, and no siren was heard."


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>It\n   <b>had</b>&nbsp;rust,<br/>\n said <a href='/x'>he</a>.</p>", "It had rust,\nsaid he."),
        ("<p>The pin had rusted.<br><br>Nobody looked.</p>", "The pin had rusted.\n\nNobody looked."),
        ("<p>The com&shy;mis\u00adsion met.</p>", "The commission met."),
        ("<p>The guard said <q>no</q>.</p>", "The guard said “no”."),
        (
            "<p>It is <ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby> here.</p>",
            "It is 漢字 here.",
        ),
        ("<p>Of 2,500<sup>2</sup>.<sup>[3]</sup> 10<sup>6</sup> CO<sub>2</sub></p>", "Of 2,500².[3] 10⁶ CO2"),
        # A number at the beginning of a line is no reference.
        ("<p>In May.<a href='#n2'>2</a></p><p><a href='#r2'>2</a> I think.</p>", "In May.²\n\n2 I think."),
        (
            "<ul><li>tents<ul><li>large</li><li><p>small</p></li></ul></li><li>fuel</li></ul>",
            "• tents\n  • large\n  • small\n• fuel",
        ),
        ("<ol start='4'><li>a</li><li value='9'>b</li></ol>", "4. a\n9. b"),
        (
            "<ol type='a'><li>a</li><li>b</li></ol><ol type='i'><li>c</li><li>d</li></ol>",
            "a. a\nb. b\n\ni. c\nii. d",
        ),
        ("<ol style='list-style-type: upper-roman' start=4><li>wood</li></ol>", "IV. wood"),
        ("<ol reversed><li>two</li><li>one</li></ol>", "2. two\n1. one"),
        ("<ol style='list-style: none'><li>1.1 Findings</li></ol>", "1.1 Findings"),
        (
            (
                "<table><caption>People</caption><thead><tr><th>District</th><th>May</th></tr></thead>"
                "<tbody><tr><td>A <b>b</b></td><td><p>4,980</p></td></tr><tr><td></td><td>1</td></tr>"
            ),
            "People\nDistrict | May\nA b | 4,980\n| 1",
        ),
        # Rows without words count as rows of the cells above.
        (
            "<table><tr><td rowspan=3>a</td><td>b</tr><tr></tr><tr><td>c<tr><td>d<td>e</table>",
            "a | b\na | c\nd | e",
        ),
        # Figures with and without signs stand in one column.
        (
            (
                "<table><tr><td><td><td colspan=2>2021<td><td colspan=2>2020<tr><td>Cash<td><td>$<td>1,600"
                "<td><td>$<td>(599<td>)<tr><td>Debt<td><td colspan=2>1,100<td><td colspan=2><tr><td>Loss<td>"
                "<td colspan=2><td><td colspan=2>12<tr><td>Share<td><td><td>12<td>%<td><td>7<td>%</table>"
            ),
            "| 2021 | 2020\nCash | $1,600 | $(599)\nDebt | 1,100\nLoss |  | 12\nShare | 12% | 7%",
        ),
        # Preformatted text is unwrapped where it was wrapped.
        ("<pre>gate  --open\nlog\n\nThen</pre>", "gate  --open\nlog\n\nThen"),
        (f"<pre>{WRAPPED}</pre>", WRAPPED.replace("\n", " ")),
        (f"<h2>A</h2><p>{FIRST}</p><h2>B</h2><p>{FIRST}</p>", f"A\n\n{FIRST}\n\nB\n\n{FIRST}"),
    ],
)
def test_a_page_is_read_as_it_is_shown(markup: str, text: str) -> None:
    assert between(markup) == text


def test_a_table_that_lays_out_the_page_is_read_as_text() -> None:
    inner = f"<table><tr><td>{LAST}</td></tr></table>"
    page = f"<table><tr><td><img src='x.gif'></td><td><p>{FIRST}</p>{inner}</td></tr></table>"
    assert read(page) == f"{FIRST}\n\n{LAST}"


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
    text = read(
        "<header><a href='/'>The Courier</a> <a href='/login'>Log in</a></header>"
        f"<main><article><h1>Why the gate failed</h1>{STORY}</article></main>"
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
    rows = "".join(f"<tr><td>Station {day}</td><td>{day * 7}</td></tr>" for day in range(4))
    text = read(f"<main><article>{STORY}</article></main><h2>Levels</h2><table>{rows}</table>")
    assert text.endswith(
        "Day 11 brought more rain.\n\nLevels\n\nStation 0 | 0\nStation 1 | 7\nStation 2 | 14\nStation 3 | 21"
    )


@pytest.mark.parametrize(
    "beside",
    [
        "<table><tr><td><a href='/a'>Sport</a><td><a href='/b'>Business</a></table>",
        f"<table><tr><th>More<th>News{'<tr><td><a href=/a>Sport</a><td><a href=/b>Money</a>' * 3}</table>",
        "<footer><h4>Contact</h4><table><tr><td>Telephone<td>555</table></footer>",
        "<aside><table><tr><td>Advertise<td>here</table><p>Shares: 12</p></aside>",
    ],
    ids=["links", "links under headings", "footer", "aside"],
)
def test_tables_of_links_and_tables_in_asides_stay_out(beside: str) -> None:
    text = read(f"<main><article>{STORY}</article></main>{beside}")
    assert text.endswith("Day 11 brought more rain.")


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<div>Gate 3 failed.</div><div>36 died.</div>", "Gate 3 failed.\n\n36 died."),
        ("<p>Gate&#12;3&#1;failed<script></script>&#2; again.</p>", "Gate 3 failed again."),
        ("<ul><li>gate " * 800, "\n".join(f"{'  ' * min(level, 8)}• gate" for level in range(800))),
    ],
    ids=["few words", "control characters", "lists in lists without end"],
)
def test_a_page_that_is_short_or_odd_is_read_whole(page: str, text: str) -> None:
    assert read(page) == text


def test_a_date_in_running_text_is_no_date_of_publication() -> None:
    page = f"<p>{FIRST}</p><p>On 13 February 2009 the pin was last seen. Copyright 2021.</p><p>{LAST}</p>"
    assert read_html(page.encode(), PATH).published is None


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Gate 3</title>", "<h1>Definitions</h1>", "Gate 3"),
        ("<title>Gate 3 failed - News</title>", "<h1>Gate 3 failed</h1>", "Gate 3 failed"),
        ("<title>report_final.htm</title>", "<h1>Gate 3 failed</h1>", "Gate 3 failed"),
        ("<title>Gate 3</title>", "<p>Form 10-K</p>", "Gate 3"),
        ("<title>Gate 3 | The Dam</title><meta property='og:site_name' content='The Dam'>", "", "Gate 3"),
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


@pytest.mark.parametrize("page", ["<html></html>", "<script>x</script>", "<p> &nbsp; </p>", "<!-- -->"])
def test_a_page_without_words_is_an_error(page: str) -> None:
    with pytest.raises(LoadError, match="holds no words to read"):
        read_html(page.encode(), PATH)


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


def test_its_outline_and_details_come_from_the_markup() -> None:
    head = (
        "<title>Why gate 3 failed | The Valley Post</title><meta name='author' content='Ada Varro'>"
        "<meta property='og:site_name' content='The Valley Post'>"
        "<meta property='article:published_time' content='2021-04-02T06:00:00Z'>"
    )
    body = f"<article><h1>Why gate 3 failed</h1><p>{FIRST}</p><h2>The pin</h2><p>{LAST}</p></article>"
    page = f"<html lang='en-GB'><head>{head}</head><body>{body}</body></html>"
    found = read_html(page.encode(), PATH)
    assert [(each.level, each.title) for each in found.sections] == [(1, "Why gate 3 failed"), (2, "The pin")]
    assert found.text[found.sections[1].start :].startswith(f"The pin\n\n{LAST}")
    assert (found.title, found.publisher) == ("Why gate 3 failed", "The Valley Post")
    assert (found.author, found.published) == ("Ada Varro", "2021-04-02")
    assert (found.language, found.kind) == ("en", "html")
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


@pytest.mark.parametrize(
    ("name", "cover"),
    [("", COVER), *((name, FACTS) for name in ("", "dams-20211231.htm", "dams-20211231", "10-K"))],
)
def test_a_filing_is_named_by_the_facts_or_the_words_of_its_cover(name: str, cover: str) -> None:
    page = f"<html><head><title>{name}</title></head><body>{cover}<p>{FIRST}</p></body></html>"
    found = read_html(page.encode(), PATH)
    assert found.title == "Varro Dams, Inc.: Form 10-K for the fiscal year ended December 31, 2021"
    assert (found.publisher, found.published) == ("Varro Dams, Inc.", None)
    assert found.origins["title"] == found.origins["publisher"] == "page"


def test_an_equation_that_is_drawn_a_second_time_for_the_eye_is_read_once() -> None:
    katex = (
        "<span><span class='katex-mathml'><math><msup><mn>10</mn><mn>6</mn></msup></math></span>"
        "<span class='katex-html' aria-hidden='true'><span>10</span><span>6</span></span></span>"
    )
    assert between(f"<p>There were {katex} spores.</p>") == "There were 10^6 spores."


def paths(table: str) -> list[tuple[str, str, str]]:
    """The row, column and value of each cell of the last row of a table."""
    text = between(table)
    found = tables(text)[0]
    return [(cell.row, cell.column, cell.value) for cell in table_cells(text, found.header, found.lines[-1])]


PRICES = (
    "<table><tr><td><td><td colspan=6>2021<td><td><td colspan=6>2020<tr><td>Quarter<td><td colspan=2>High<td>"
    "<td><td colspan=2>Low<td><td><td colspan=2>High<td><td><td colspan=2>Low<tr><td>March<td><td>$<td>(3.02"
    "<td>)<td><td><td>1.72<td><td><td>$<td>—<td><td><td><td></table>"
)


def test_a_table_set_for_the_eye_keeps_the_columns_that_a_reader_sees() -> None:
    read = "| 2021 |  | 2020\nQuarter | High | Low | High | Low\nMarch | $(3.02) | 1.72 | $—"
    assert between(PRICES) == read
    assert paths(PRICES) == [
        *(
            ("March", "2021 › High", "$(3.02)"),
            ("March", "2021 › Low", "1.72"),
            ("March", "2020 › High", "$—"),
        ),
    ]


def test_a_cell_over_several_rows_stands_in_each_of_them() -> None:
    table = (
        "<table><tr><th rowspan='2'>District<th colspan='2'>2021<th rowspan=2>Total<tr><th>May<th>June"
        "<tr><td rowspan='2'>Pellan<td>3<td>4<td>7<tr><td>5<td>6<td>11<tr><td>Quell<td>1<td>2<td>3</table>"
    )
    assert between(table) == (
        "District | 2021 |  | Total\nDistrict | May | June | Total\n"
        "Pellan | 3 | 4 | 7\nPellan | 5 | 6 | 11\nQuell | 1 | 2 | 3"
    )
    assert paths(table) == [
        *(("Quell", "2021 › May", "1"), ("Quell", "2021 › June", "2"), ("Quell", "Total", "3")),
    ]


@pytest.mark.parametrize("span", ["0", "-2", "x", "", "1.5", "999999999"])
def test_a_span_that_no_browser_takes_counts_as_one(span: str) -> None:
    rows = f"<tr><td colspan='{span}' rowspan='{span}'>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr>"
    assert between(f"<table>{rows}</table>") == "a | b\nc | d"


def in_row(*texts: str) -> list[Cell]:
    return [Cell(text, place, place + 1) for place, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("cells", "joined"),
    [
        (["Cash", "$", "", "12", ")", "%"], ["Cash", "$12)%"]),
        (["Cash", "$", "n/a", "$", "—"], ["Cash", "$n/a", "$—"]),
        (["", "2021", "%", "Change", "%"], ["2021", "%", "Change", "%"]),
        (["Unit", "$", "%"], ["Unit", "$", "%"]),
    ],
)
def test_signs_join_their_figures_only(cells: list[str], joined: list[str]) -> None:
    assert [cell.text for cell in joined_figures(in_row(*cells))] == joined


def test_two_cells_of_a_row_are_in_two_columns_though_cells_of_other_rows_overlap_both() -> None:
    rows = [
        [Cell("a", 0, 2), Cell("b", 5, 8)],
        [Cell("c", 1, 4)],
        [Cell("d", 3, 6)],
    ]
    assert in_columns(rows) == [["a", "b"], ["c"], ["", "d"]]


def rows_of(most: int) -> st.SearchStrategy[list[list[Cell]]]:
    """Rows of cells with words that span up to ``most`` columns; between them are empty cells."""
    width = st.integers(1, most)

    def row(cells: list[tuple[str, int]]) -> list[Cell]:
        ends = accumulate(width for _, width in cells)
        placed = [Cell(text, end - width, end) for (text, width), end in zip(cells, ends, strict=True)]
        return [cell for cell in placed if cell.text]

    return st.lists(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), width), max_size=8).map(row))


@given(rows_of(4))
def test_every_word_is_kept_in_order(rows: list[list[Cell]]) -> None:
    kept = [[word for word in words if word] for words in in_columns(rows)]
    assert kept == [[cell.text for cell in cells] for cells in rows]


@given(rows_of(1))
def test_without_spans_only_the_columns_without_words_go(rows: list[list[Cell]]) -> None:
    used = sorted({cell.start for cells in rows for cell in cells})
    for cells, words in zip(rows, in_columns(rows), strict=True):
        assert [used[place] for place, word in enumerate(words) if word] == [cell.start for cell in cells]


@pytest.mark.parametrize(
    "rows",
    [
        "<tr>" + "<td rowspan='60000'>word</td>" * 3000 + "</tr>" + "<tr><td>a</td></tr>" * 3000,
        "".join(
            f"<tr><td colspan='{place % 1000 + 1}'></td><td>{place}</td></tr>" for place in range(20_000)
        ),
    ],
    ids=["down", "across"],
)
def test_cells_over_endless_rows_and_columns_take_no_room(rows: str) -> None:
    started = time.monotonic()
    blocks = fragment_blocks(f"<table>{rows}</table>")
    assert sum(len(block.text) for block in blocks) < 12 * len(rows)
    assert time.monotonic() - started < 20


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


def test_a_class_that_the_page_s_style_raises_is_raised() -> None:
    style = (
        "<style>@media screen { p > .note, .mark a { vertical-align: super } .low { color: red } }</style>"
    )
    words = "<p>It cost 2,500<span class='note'>2</span> marks in <span class='low'>2</span> years.</p>"
    assert read(words, style) == "It cost 2,500² marks in 2 years."


def test_those_of_a_book_are_raised_as_its_chapters_and_style_sheets_say() -> None:
    chapters = {
        "a.xhtml": chapter(
            "<p>It cost 2,500<a epub:type='noteref' href='b.xhtml#n1'>1</a> marks, or 3,000"
            "<span class='n'>2</span>, not 4,000<a href='b.xhtml#n3'>3</a>.</p>"
        ),
        "b.xhtml": chapter("<p id='n1'>1 Without labour.</p>"),
    }
    item = "<item id='s' href='style.css' media-type='text/css'/>"
    data = book(chapters, items=item, files={"OEBPS/style.css": "span.n { vertical-align: super }"})
    assert read_epub(data, BOOK).text == "It cost 2,500¹ marks, or 3,000², not 4,000³.\n\n1 Without labour."
