"""Verdicts, sources, dates and excerpts in plain words, the same in every front end."""

from __future__ import annotations

import pytest

from rag.answers import DOUBTFUL
from ui.words import (
    DOUBTS,
    EXCERPT_CHARACTERS,
    date_or_undated,
    date_precision,
    date_words,
    doubt_after,
    excerpt,
    page_words,
    source_facts,
)


def test_a_source_has_its_publisher_its_date_and_its_pages_as_far_as_they_are_known() -> None:
    paged = page_words(3, "iv")
    assert source_facts("Ministry", "A. Author", "2025-07-18", paged) == [
        "Ministry",
        "18 July 2025",
        "page iv (sheet 3)",
    ]
    assert source_facts(None, "A. Author", "2025", page_words(3, "3")) == ["A. Author", "2025", "page 3"]
    assert source_facts("", None, None, page_words(None, None)) == []
    assert page_words(36, None) == "36"


def test_a_source_without_a_date_is_undated() -> None:
    assert [date_or_undated(date) for date in ("2025-07", None, "")] == ["July 2025", "undated", "undated"]


def test_only_a_doubtful_sentence_has_a_label() -> None:
    assert {verdict for verdict, label in DOUBTS.items() if label} == DOUBTFUL | {"computed"}
    assert list(DOUBTS.items()) == [
        ("quoted", ""),
        ("supported", ""),
        ("computed", "(computed)"),
        ("paraphrased", "(paraphrased)"),
        ("unsupported", "(not supported)"),
    ]
    assert [doubt_after(verdict) for verdict in ("quoted", "supported", None)] == ["", "", ""]
    assert doubt_after("paraphrased") == " (paraphrased)"


@pytest.mark.parametrize(
    ("published", "words"),
    [
        ("2025-07-18", "18 July 2025"),
        ("2025-07-01", "1 July 2025"),
        ("2025-07", "July 2025"),
        ("2025", "2025"),
        ("2025-02-31", "2025-02-31"),
        ("Michaelmas", "Michaelmas"),
        (None, None),
        ("2200000000", "2200000000"),
    ],
)
def test_an_iso_date_becomes_words_and_other_text_stays(published: str | None, words: str | None) -> None:
    assert date_words(published) == words


def test_a_date_is_a_day_a_month_or_a_year() -> None:
    dates = ("2025-07-18", "2025-07", "2025", None)
    assert [date_precision(date) for date in dates] == ["day", "month", "year", None]


def test_an_excerpt_is_one_line_and_ends_at_a_word() -> None:
    assert excerpt("Two\n\nparagraphs.") == "Two paragraphs."
    assert excerpt("word " * 100) == f"{'word ' * 55}word …"
    assert excerpt("字" * 300) == f"{'字' * 280} …"
    assert excerpt("水 " + "水" * 400) == "水 " + "水" * (EXCERPT_CHARACTERS - 2) + " …"
