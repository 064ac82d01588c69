"""Strings of the interface as markup, and dates in the reader's language."""

from __future__ import annotations

import pytest

from tests.support.markup import ENGLISH
from ui.page.locales import Locale
from ui.page.markup.saying import date_in, dated, said

KHMER = Locale("km", {"facts.undated": "គ្មានកាលបរិច្ឆេទ"})


def test_markup_is_put_into_a_string_whose_own_words_are_escaped() -> None:
    hostile = Locale("en", {"x": "<b>{q}</b> & {q}"})
    assert said(hostile, "x", q="<q>a</q>") == ("&#60;b&#62;<q>a</q>&#60;&#47;b&#62; &#38; <q>a</q>")
    assert said(ENGLISH, "waiting.reading", 1) == "Reading 1 passage…"


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
    assert date_in(ENGLISH, published) == english
    assert date_in(KHMER, published) == khmer


def test_a_source_without_a_date_is_said_to_have_none() -> None:
    assert (dated(ENGLISH, None), dated(KHMER, None)) == ("undated", "គ្មានកាលបរិច្ឆេទ")
