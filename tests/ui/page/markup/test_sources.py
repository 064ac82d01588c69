"""The strip of sources has each cited document once, with its date and its number of citations."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from tests.support.markup import ENGLISH, Page, citation, shown, texts
from ui.page.markup.tables import strip_markup


def strip(*cited: object) -> Page:
    return Page(strip_markup(cited, ENGLISH))  # type: ignore[arg-type]


def test_nothing_cited_shows_no_strip() -> None:
    assert strip_markup([], ENGLISH) == ""


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
