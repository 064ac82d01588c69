"""Text of documents and people is shown literally, and dates are written in the reader's language."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.support.markup import ENGLISH, Page, shown, texts
from ui.page.head import Locale
from ui.page.markup.tables import escape, localized_date, source_date, string_markup


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
