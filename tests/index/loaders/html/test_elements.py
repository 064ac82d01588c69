"""The elements of a page become paragraphs, lists, tables and references to notes."""

from __future__ import annotations

import time
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.loaders.epub import read_epub
from index.loaders.html.elements import Cell, in_columns, joined_figures
from index.loaders.html.page import fragment_blocks
from index.text.tabular import table_cells, tables
from tests.index.loaders.html.test_page import between, read
from tests.index.loaders.test_epub import PATH as BOOK
from tests.index.loaders.test_epub import book, page


def test_a_soft_hyphen_is_not_seen() -> None:
    assert between("<p>The com&shy;mis\u00adsion met.</p>") == "The commission met."


def test_items_are_numbered_as_the_page_asks() -> None:
    assert (
        between(
            "<ol type='i'><li>water</li><li>food</li></ol>"
            "<ol style='list-style-type: upper-roman' start=4><li>wood</li></ol>"
            "<ol reversed><li>two</li><li>one</li></ol>"
            "<ol style='list-style: none'><li>1.1 Findings</li></ol>"
        )
        == "i. water\nii. food\n\nIV. wood\n\n2. two\n1. one\n\n1.1 Findings"
    )


def test_quotation_marks_that_the_browser_draws_are_read() -> None:
    assert between("<p>The guard said <q>no</q>.</p>") == "The guard said “no”."


def test_pronunciation_above_characters_is_left_out() -> None:
    assert between("<p>The word <ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby> it is.</p>") == (
        "The word 漢字 it is."
    )


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
    "<table><tr><td></td><td></td><td colspan='6'>2021</td><td></td><td></td><td colspan='6'>2020</td></tr>"
    "<tr><td>Quarter</td><td></td><td colspan='2'>High</td><td></td><td></td><td colspan='2'>Low</td>"
    "<td></td><td></td><td colspan='2'>High</td><td></td><td></td><td colspan='2'>Low</td></tr>"
    "<tr><td>March</td><td></td><td>$</td><td>(3.02</td><td>)</td><td></td><td></td><td>1.72</td><td></td>"
    "<td></td><td>$</td><td>—</td><td></td><td></td><td></td><td></td></tr></table>"
)


def test_a_table_set_for_the_eye_keeps_the_columns_that_a_reader_sees() -> None:
    assert (
        between(PRICES) == "| 2021 |  | 2020\nQuarter | High | Low | High | Low\nMarch | $(3.02) | 1.72 | $—"
    )
    assert paths(PRICES) == [
        ("March", "2021 › High", "$(3.02)"),
        ("March", "2021 › Low", "1.72"),
        ("March", "2020 › High", "$—"),
    ]


def test_figures_with_and_without_signs_stand_in_one_column() -> None:
    assert (
        between(
            "<table><tr><td></td><td></td><td colspan='2'>2021</td><td></td><td colspan='2'>2020</td></tr>"
            "<tr><td>Cash</td><td></td><td>$</td><td>1,600</td><td></td><td>$</td><td>(599</td><td>)</td></tr>"
            "<tr><td>Debt</td><td></td><td colspan='2'>1,100</td><td></td><td colspan='2'></td></tr>"
            "<tr><td>Loss</td><td></td><td colspan='2'></td><td></td><td colspan='2'>12</td></tr>"
            "<tr><td>Share</td><td></td><td></td><td>12</td><td>%</td><td></td><td>7</td><td>%</td></tr></table>"
        )
        == "| 2021 | 2020\nCash | $1,600 | $(599)\nDebt | 1,100\nLoss |  | 12\nShare | 12% | 7%"
    )


def test_a_cell_over_several_rows_stands_in_each_of_them() -> None:
    table = (
        "<table><tr><th rowspan='2'>District</th><th colspan='2'>2021</th><th rowspan=2>Total</th></tr>"
        "<tr><th>May</th><th>June</th></tr>"
        "<tr><td rowspan='2'>Pellan</td><td>3</td><td>4</td><td>7</td></tr>"
        "<tr><td>5</td><td>6</td><td>11</td></tr><tr><td>Quell</td><td>1</td><td>2</td><td>3</td></tr></table>"
    )
    assert between(table) == (
        "District | 2021 |  | Total\nDistrict | May | June | Total\n"
        "Pellan | 3 | 4 | 7\nPellan | 5 | 6 | 11\nQuell | 1 | 2 | 3"
    )
    assert paths(table) == [
        ("Quell", "2021 › May", "1"),
        ("Quell", "2021 › June", "2"),
        ("Quell", "Total", "3"),
    ]


def test_rows_without_words_count_as_rows_of_the_cells_above() -> None:
    assert (
        between(
            "<table><tr><td rowspan='3'>a</td><td>b</td></tr><tr></tr><tr><td>c</td></tr>"
            "<tr><td>d</td><td>e</td></tr></table>"
        )
        == "a | b\na | c\nd | e"
    )


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
