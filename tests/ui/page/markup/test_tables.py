"""Cited rows, sources, dates and words of documents as markup: every cell in its column, its text literal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt

from rag.answers import CellAddress
from tests.support.markup import ENGLISH, Page, citation, shown, texts
from ui.page.head import Locale
from ui.page.markup.tables import (
    CitedRow,
    cited_row,
    escape,
    localized_date,
    source_date,
    string_markup,
    strip_markup,
    table_markup,
)

HEADINGS = "Revenue by segment\n(in millions of euros)\nSegment | 2023 | 2024 | Note"
FOOD = CitedRow("Food | 1,204.5 | (38.1) | restated", "")
PAPER = CitedRow("Paper | – | € 12 m | ", "")


class Grid:
    """A table: the lines of its caption, and its rows as (tag, class, text)."""

    def __init__(self, markup: str) -> None:
        # Gradio renders the markup as Markdown first, so that the result of that step counts.
        tree = etree.fromstring(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markup))
        self.tags = [str(element.tag) for element in tree.iter()]
        self.caption = ["".join(line.itertext()) for line in tree.iterfind(".//caption/span")]
        self.rows = [
            [(str(cell.tag), cell.get("class"), "".join(cell.itertext())) for cell in row]
            for row in tree.iter("tr")
        ]

    @property
    def words(self) -> list[list[str]]:
        return [[words for _, _, words in row] for row in self.rows]


def test_a_row_stands_under_the_caption_and_the_headings_of_its_table() -> None:
    grid = Grid(table_markup(HEADINGS, [FOOD]))
    assert grid.caption == ["Revenue by segment", "(in millions of euros)"]
    assert grid.words == [
        ["Segment", "2023", "2024", "Note", ""],
        ["Food", "1,204.5", "(38.1)", "restated", ""],
    ]
    assert grid.tags[:3] == ["div", "table", "caption"]
    assert [tag for tag in grid.tags if tag in {"thead", "tbody"}] == ["thead", "tbody"]


def test_rows_of_one_table_stand_together_with_their_footnotes_in_the_last_column() -> None:
    notes = ['<a class="fn-mark" href="#cite-1-1-0-9">[1]</a>', '<a href="#cite-1-1-9-18">[2]</a>']
    rows = [CitedRow("Food | 1", notes[0]), CitedRow("Paper | 2", notes[1])]
    grid = Grid(table_markup("Segment | 2023", rows))
    assert grid.words == [["Segment", "2023", ""], ["Food", "1", "[1]"], ["Paper", "2", "[2]"]]
    assert [row[-1][:2] for row in grid.rows] == [("td", None), ("td", "fn-notes"), ("td", "fn-notes")]


def test_the_first_cell_names_its_row_and_headings_without_words_are_no_headings() -> None:
    grid = Grid(table_markup("| 2023 | 2024", [CitedRow("Food | 1 | 2", "")]))
    assert [[tag for tag, _, _ in row] for row in grid.rows] == [
        ["td", "th", "th", "td"],
        ["th", "td", "td", "td"],
    ]


def test_a_heading_above_others_spans_their_columns_and_units_alone_span_all() -> None:
    headings = "| Three months |  | Six months\n| 2031 | 2030 | 2031 | 2030\n| (in millions)"
    markup = table_markup(headings, [CitedRow("Pumps | 12 | 14 | 22 | 26", "")])
    assert '<th class="fn-figure" colspan="2">Three months</th>' in markup
    assert '<th class="fn-figure" colspan="2">Six months</th>' in markup
    assert '<th class="fn-figure">2031</th><th class="fn-figure">2030</th>' in markup
    assert '<th class="fn-figure" colspan="4">&#40;in millions&#41;</th>' in markup


def test_the_asked_column_comes_first_and_its_cell_is_marked() -> None:
    grid = Grid(table_markup(HEADINGS, [CitedRow(FOOD.text, "", 2, ("2024", "in millions")), PAPER]))
    figure = "fn-figure"
    assert [kind for _, kind, _ in grid.rows[0]] == [None, f"{figure} fn-sought", figure, None, None]
    assert [kind for _, kind, _ in grid.rows[1]] == [None, f"{figure} fn-cell", figure, None, "fn-notes"]
    assert [kind for _, kind, _ in grid.rows[2]] == [None, figure, figure, None, "fn-notes"]
    assert grid.tags.count("mark") == 1
    assert grid.words == [
        ["Segment", "2024 in millions", "2023", "Note", ""],
        ["Food", "(38.1)", "1,204.5", "restated", ""],
        ["Paper", "€ 12 m", "–", "", ""],
    ]


def test_above_the_asked_column_is_its_whole_heading_and_a_wide_heading_stays_over_the_others() -> None:
    headings = "| Three months |  | Six months\n| 2031 | 2030 | 2031 | 2030\n| (in millions)"
    asked = CitedRow("Pumps | 12 | 14 | 22 | 26", "", 1, ("Three months", "2031", "in millions"))
    markup = table_markup(headings, [asked])
    assert Grid(markup).words == [
        ["", "Three months 2031 in millions", "Three months", "Six months", ""],
        ["", "2030", "2031", "2030", ""],
        ["", "(in millions)", ""],
        ["Pumps", "12", "14", "22", "26", ""],
    ]
    assert '<th class="fn-figure fn-sought" rowspan="3">' in markup
    assert '<th class="fn-figure" colspan="2">Six months</th>' in markup
    assert '<th class="fn-figure" colspan="3">&#40;in millions&#41;</th>' in markup


def test_several_cells_that_name_a_row_are_one_label_before_the_asked_column() -> None:
    rows = [CitedRow("2031 | Varda | 12 | 13", "", 3, ("Closed",)), CitedRow("2032 | Varda | 14 | 15", "", 2)]
    grid = Grid(table_markup("Year | Valley | Open | Closed", rows))
    assert grid.words == [
        ["Year · Valley", "Closed", "Open", ""],
        ["2031 · Varda", "13", "12", ""],
        ["2032 · Varda", "15", "14", ""],
    ]
    assert [kind for _, kind, _ in grid.rows[2]] == [None, "fn-figure", "fn-figure fn-cell", "fn-notes"]


@given(st.lists(st.text("abc1 ", max_size=4), min_size=2, max_size=6), st.data())
def test_wherever_the_asked_column_is_no_word_is_lost(words: list[str], data: st.DataObject) -> None:
    row = ["Food", *words, "7"]
    marked = data.draw(st.integers(1, len(row) - 1))
    grid = Grid(
        table_markup(
            " | ".join(["Name", *map(str, range(1, len(row)))]), [CitedRow(" | ".join(row), "", marked)]
        )
    )
    found = [cell for cell in grid.words[1] if cell]
    assert sorted(found) == sorted(filter(None, map(str.strip, row)))
    assert found[1 : 2 if row[marked].strip() else 1] == [row[marked].strip()] * bool(row[marked].strip())


def test_the_place_of_a_cell_and_its_heading_follow_from_the_citation() -> None:
    row = citation(1, FOOD.text)
    assert FOOD.text[17:23] == "(38.1)"
    cell = CellAddress("Food", "Years › 2024", "(38.1)", "in millions", row.start + 17, row.start + 23)
    assert cited_row(replace(row, cell=cell), "[1]") == CitedRow(
        FOOD.text, "[1]", 2, ("Years", "2024", "in millions")
    )
    in_heading = replace(cell, column="2024 (in millions)")
    assert cited_row(replace(row, cell=in_heading)).heading == ("2024 (in millions)",)
    assert cited_row(row) == CitedRow(FOOD.text, "")


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("1,204", "fn-figure"),
        ("(38.1)", "fn-figure"),
        ("−4 %", "fn-figure"),
        ("USD 7", "fn-figure"),
        ("3 bn", "fn-figure"),
        ("၁၂", "fn-figure"),
        ("12 May 2025", "fn-figure"),
        ("7 January", None),
        ("–", None),
        ("yes", None),
    ],
)
def test_a_figure_has_digits_and_no_more_letters_than_a_unit(cell: str, kind: str | None) -> None:
    grid = Grid(table_markup("", [CitedRow(f"Food | {cell}", "")]))
    assert grid.rows[0][1] == ("td", kind, cell)


def test_a_row_s_name_is_no_figure_even_where_it_is_a_year() -> None:
    assert Grid(table_markup("", [CitedRow("2023 | 5", "")])).rows[0][0] == ("th", None, "2023")


def test_columns_that_are_empty_everywhere_are_left_out() -> None:
    grid = Grid(table_markup("Segment | | 2023 | |", [CitedRow("Food | | 1 | | ", "")]))
    assert grid.words == [["Segment", "2023", ""], ["Food", "1", ""]]


def test_words_of_a_report_are_words_in_caption_heading_and_cell() -> None:
    hostile = "<script>alert(1)</script> **b** [x](javascript:alert(1)) $$x$$"
    markup = table_markup(f"{hostile}\n{hostile} | {hostile}", [CitedRow(f"{hostile} | {hostile}", "")])
    grid = Grid(markup)
    assert grid.caption == [hostile]
    assert grid.words == [[hostile, hostile, ""], [hostile, hostile, ""]]
    assert "\n" not in markup, "a blank line would end the HTML block and begin Markdown"


words = st.text(
    st.one_of(st.sampled_from("<>&\"'`*_#[]()!$\\~-+=:;/@.{} 0123"), st.characters(categories=["L", "N"])),
    max_size=12,
).map(lambda text: " ".join(text.split()))


@given(st.lists(st.lists(words, min_size=3, max_size=3), min_size=1, max_size=4))
def test_every_cell_that_has_words_is_shown_once_in_its_place(table: list[list[str]]) -> None:
    rows = [CitedRow(" | ".join(row), "") for row in table]
    shown = Grid(table_markup("", rows)).words
    kept = [place for place in range(3) if any(row[place] for row in table)]
    assert [row[:-1] for row in shown] == [[row[place] for place in kept] for row in table]


def strip(*cited: object) -> Page:
    return Page(strip_markup(cited, ENGLISH))  # type: ignore[arg-type]


def test_one_source_has_all_that_is_known_of_it() -> None:
    page = strip(citation(1, "One.", page=4), citation(2, "Two.", page=2, at=5))
    assert [text for owner, text in page.texts if owner != "ul" and text.strip()] == [
        *["Source", "Report 1", "The Office", "18 July 2025", "pages 2, 4", "cited 2 times"]
    ]
    assert page.links == [("#cite-1-2-100-104", None)]


def test_several_sources_stand_in_the_order_in_which_they_are_cited_first() -> None:
    first = citation(1, "One.", document_id=2)
    second = citation(2, "Two.", document_id=1, at=5)
    again = citation(3, "Three.", document_id=2, at=10)
    page = strip(first, second, again)
    assert page.text_of("fn-strip-name") == ["Sources"]
    assert page.text_of("fn-title") == ["Report 2", "Report 1"]
    assert page.text_of("fn-often") == ["cited 2 times", "cited once"]
    assert page.text_of("fn-fact") == ["18 July 2025", "18 July 2025"]


def test_two_versions_of_a_document_are_two_sources_and_the_older_one_is_marked() -> None:
    old = replace(citation(1, "One."), superseded_by=3)
    new = replace(citation(2, "Two.", at=5), version=3, published=None)
    page = strip(old, new)
    assert page.text_of("fn-fact") == ["18 July 2025", "undated"]
    assert page.text_of("fn-badge") == ["superseded by version 3"]
    assert [href for href, _ in page.links] == ["#cite-1-2-100-104", "#cite-1-3-100-104"]


@given(texts.filter(bool), texts.filter(bool))
def test_a_hostile_title_or_publisher_is_text_in_the_strip(title: str, publisher: str) -> None:
    page = strip(replace(citation(1, "Words."), title=title, publisher=publisher))
    assert "".join(page.text_of("fn-title")) == shown(title)
    assert "".join(page.text_of("fn-fact")[:-1]) == shown(publisher)
    assert page.tags == ["div", "p", "ul", "li", "a", "span", "span", "span"]


@given(texts)
def test_escaped_text_is_shown_as_it_is_and_is_no_markup(text: str) -> None:
    page = Page(f'<div class="words">{escape(text)}</div>')
    assert "".join(page.text_of("words")) == shown(text)
    assert page.tags == ["div"]


@given(texts)
def test_escaped_text_stays_inside_an_attribute(text: str) -> None:
    page = Page(f'<div><a href="#x" title="{escape(text)}">1</a></div>')
    assert page.tags == ["div", "a"]
    assert page.links == [("#x", shown(text))]


KHMER = Locale("km", {"facts.undated": "គ្មានកាលបរិច្ឆេទ"})


def test_markup_is_put_into_a_string_whose_own_words_are_escaped() -> None:
    hostile = Locale("en", {"x": "<b>{q}</b> & {q}"})
    assert string_markup(hostile, "x", q="<q>a</q>") == ("&#60;b&#62;<q>a</q>&#60;&#47;b&#62; &#38; <q>a</q>")
    assert string_markup(ENGLISH, "waiting.reading", 1) == "Reading 1 sentence…"


@pytest.mark.parametrize(
    ("published", "english", "khmer"),
    [
        ("2025-07-18", "18 July 2025", "18 កក្កដា 2025"),
        ("2025-07", "July 2025", "កក្កដា 2025"),
        ("2025", "2025", "2025"),
        ("in spring", "in spring", "in spring"),
        (None, None, None),
    ],
)
def test_a_date_is_written_as_the_language_does(
    published: str | None, english: str | None, khmer: str | None
) -> None:
    assert localized_date(ENGLISH, published) == english
    assert localized_date(KHMER, published) == khmer


def test_a_source_without_a_date_is_said_to_have_none() -> None:
    assert (source_date(ENGLISH, None), source_date(KHMER, None)) == ("undated", "គ្មានកាលបរិច្ឆេទ")
