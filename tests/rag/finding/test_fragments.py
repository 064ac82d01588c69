"""Headings, captions and names never answer a question; sentences, items and rows may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from index.documents import Span
from rag.finding.matching import is_fragment, names_only
from rag.finding.reading import ReadSentence

TITLE = "The Maravel Dam"


def sentence(text: str, *, is_heading: bool = False) -> ReadSentence:
    return ReadSentence(Span(0, len(text)), text, is_heading=is_heading)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("The gate failed.", False),
        ("The gate failed.¹", False),
        ("Pellan | 12 | 14", False),
        ("Costs of repair", True),
        ("• Sales increased", True),
    ],
)
def test_a_fragment_neither_ends_like_a_sentence_nor_has_cells(text: str, fragment: bool) -> None:
    assert is_fragment(text) is fragment


@pytest.mark.parametrize(
    "text",
    [
        TITLE,
        "Isken Water Authority",
        "NETFLIX, INC.",
        "Figure 3: costs of repair",
        "Table 8 - Costs",
        "Table CA7",
        "Table CA7. | Campylobacter in fresh pig meat, 2003-2007.",
        "Figure 3: | Costs of repair",
        "17",
        "12.",
        "– 3 –",
    ],
)
def test_titles_names_captions_and_lone_numbers_state_nothing(text: str) -> None:
    assert names_only(sentence(text), TITLE)


@pytest.mark.parametrize(
    "text",
    [
        "• Sales increased 11.7%",
        "Pellan | 12 | 14",
        "Table 3 shows that costs rose.",
        "Maps | 12 | 14",
        "The gate failed.",
        "Dams rot.",
        "a rusted pin",
        "Gate 3 of the Dam",
    ],
)
def test_items_rows_and_sentences_state_something(text: str) -> None:
    assert not names_only(sentence(text), TITLE)


def test_a_row_of_headings_and_the_name_of_a_group_name_a_subject_only() -> None:
    assert names_only(sentence("| March | May", is_heading=True), TITLE)


def test_headings_that_a_long_table_repeats_name_a_subject_only() -> None:
    headings = "Sales by region\n\n| North Isken | South Isken | Total"
    text = "| North | South | Total"
    row = ReadSentence(Span(0, len(text)), text, headings=headings)
    assert names_only(row, TITLE)
    assert not names_only(replace(row, text="Total | 4 | 5"), TITLE)
    assert not names_only(replace(row, text="| North | South | Coast"), TITLE)
