"""Browser tests: the facets of the library narrow the list and the question."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.rows import chips, open_filters, titles
from tests.browser.shelves import EXAMS, GATE, LESSONS, MARKETS, SIRENS, TOLLS

pytestmark = pytest.mark.browser


@pytest.fixture
def page(shelf_page: Page) -> Page:
    return shelf_page


@pytest.mark.journey
def test_a_facet_narrows_the_list_and_the_question_and_its_chip_takes_that_back(page: Page) -> None:
    filters = open_filters(page)
    filters.get_by_role("checkbox", name="Statistics Office").check()
    expect(titles(page)).to_have_text([MARKETS, TOLLS])
    expect(chips(page)).to_have_text(["Publisher: Statistics Office"])
    expect(page.get_by_role("button", name="Filters, 1 active")).to_be_visible()
    expect(page.get_by_role("button", name="Show 2 reports")).to_be_visible()
    page.get_by_role("button", name="Remove filter Publisher: Statistics Office").click()
    expect(titles(page)).to_have_count(6)
    expect(filters.get_by_role("checkbox", name="Statistics Office")).not_to_be_checked()


def values(page: Page, facet: str) -> list[str]:
    group = page.get_by_role("region", name="Filters").get_by_role("group", name=facet, exact=True)
    return [" ".join(words.split()) for words in group.locator(".fn-values li").all_inner_texts()]


def test_the_values_of_a_facet_are_counted_under_the_others(page: Page) -> None:
    filters = open_filters(page)
    assert values(page, "Collection") == ["dams 2", "schools 2"]
    assert values(page, "Language") == ["English 5", "French 1"]
    assert values(page, "Kind") == ["Markdown 5", "Plain text 1"]
    filters.get_by_role("checkbox", name="schools").check()
    expect(titles(page)).to_have_text([LESSONS, EXAMS])
    assert values(page, "Collection") == ["dams 2", "schools 2"]
    assert values(page, "Language") == ["English 1", "French 1"]
    assert values(page, "Publisher") == ["Ministry of Education 1"]
    filters.get_by_role("checkbox", name="French").check()
    expect(titles(page)).to_have_text([LESSONS])
    expect(chips(page)).to_have_text(["Language: French", "Collection: schools"])
    filters.get_by_role("button", name="Clear filters").click()
    expect(titles(page)).to_have_count(6)
    expect(chips(page)).to_have_count(0)


def test_the_facets_are_folded_until_they_are_wanted_and_escape_folds_them(page: Page) -> None:
    expect(page.locator("#fn-facets")).to_be_hidden()
    filters = open_filters(page)
    filters.get_by_role("checkbox", name="dams").focus()
    page.keyboard.press("Space")
    expect(titles(page)).to_have_text([GATE, SIRENS])
    expect(filters.get_by_role("checkbox", name="dams")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#fn-facets")).to_be_hidden()
    expect(page.get_by_role("button", name="Filters, 1 active")).to_be_focused()
    expect(page.locator("#fn-library")).to_be_visible()


@pytest.mark.parametrize(
    ("first", "last", "found", "chip"),
    [
        ("2025-04", "", [GATE], ["Published after March 2025"]),
        ("2025-03", "", [GATE, SIRENS], ["Published after February 2025"]),
        ("", "2019-12", [MARKETS, TOLLS], ["Published before 2020"]),
        (
            "2019-01",
            "2024-02",
            [LESSONS, MARKETS, TOLLS],
            ["Published after 2018", "Published before March 2024"],
        ),
    ],
)
def test_dates_narrow_from_a_month_to_a_month(
    page: Page, first: str, last: str, found: list[str], chip: list[str]
) -> None:
    filters = open_filters(page)
    for name, month in (("From", first), ("To", last)):
        filters.get_by_label(name, exact=True).fill(month)
        filters.get_by_label(name, exact=True).blur()
    expect(titles(page)).to_have_text(found)
    expect(chips(page)).to_have_text(chip)
    expect(filters.get_by_text("1 report without a date is not shown.")).to_be_visible()


def test_months_in_the_wrong_order_are_said_and_narrow_nothing(page: Page) -> None:
    filters = open_filters(page)
    filters.get_by_label("To", exact=True).fill("2019-01")
    filters.get_by_label("From", exact=True).fill("2025-01")
    filters.get_by_label("From", exact=True).blur()
    expect(filters.get_by_role("alert")).to_have_text("“From” is later than “To”.")
    expect(chips(page)).to_have_text(["Published before February 2019"])


def test_a_year_of_the_picture_chooses_that_year_and_takes_it_back(page: Page) -> None:
    filters = open_filters(page)
    picture = filters.get_by_role("img")
    expect(picture).to_have_attribute("aria-label", "2019: 2, 2024: 1, 2025: 2")
    picture.locator(".fn-year").first.click()
    expect(titles(page)).to_have_text([MARKETS, TOLLS])
    expect(chips(page)).to_have_text(["Published after 2018", "Published before 2020"])
    expect(filters.get_by_label("From", exact=True)).to_have_value("2019-01")
    expect(filters.get_by_label("To", exact=True)).to_have_value("2019-12")
    picture.locator(".fn-year").first.click()
    expect(titles(page)).to_have_count(6)


@pytest.mark.parametrize(
    ("months", "dates"),
    [
        (("2024-03", "2025-06"), ("2024-02", "2025-07")),
        (("2024-01", "2025-12"), ("2023", "2026")),
        ((None, None), (None, None)),
    ],
)
def test_months_and_the_dates_of_the_scope_stand_for_each_other(
    page: Page, months: tuple[str | None, str | None], dates: tuple[str | None, str | None]
) -> None:
    script = """async ([[from, to], [after, before]]) => {
      const { afterOf, beforeOf, fromOf, toOf } = await module('library/narrowing.js');
      return [[afterOf(from), beforeOf(to)], [fromOf(after), toOf(before)]];
    }"""
    assert page.evaluate(script, [months, dates]) == [list(dates), list(months)]
