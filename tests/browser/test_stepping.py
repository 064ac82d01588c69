"""Browser tests: step from one footnote of an answer to the next in the panel of the report."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import MARKED, api_answer, ask, opened
from tests.browser.rows import row

pytestmark = pytest.mark.browser

DISPLACED = "What are the numbers of people displaced on 12 May 2025?"
RECOMMENDED = "List the recommendations of the inquiry."
"""Its answer has three footnotes in one report: the sentence above the list is quoted with its first item."""


@pytest.fixture
def cited(seed_server: str) -> list[dict[str, Any]]:
    """The citations of the answer to ``DISPLACED``, in two reports. Differing figures have a second mark."""
    found: list[dict[str, Any]] = api_answer(seed_server, DISPLACED)["citations"]
    assert [one["id"] for one in found] == [1, 2]
    assert found[0]["document_id"] != found[1]["document_id"]
    return found


def answered(page: Page) -> None:
    ask(page, DISPLACED)
    page.locator(".fn-disagreement .fn-mark").last.wait_for()
    expect(page.locator(".fn-mark")).to_have_text(["[1]", "[2]", "[1]", "[2]"])


def listed(page: Page) -> None:
    ask(page, RECOMMENDED)
    expect(page.locator(".fn-mark")).to_have_text(["[1]", "[2]", "[3]"])


def at(page: Page, number: int) -> None:
    total = page.locator("#fn-conversation .fn-foot").count()
    expect(page.locator(".fn-steps [role=status]")).to_have_text(f"Footnote {number} of {total}")


@pytest.mark.journey
def test_the_footnotes_of_an_answer_are_gone_through_each_place_once(
    page: Page, cited: list[dict[str, Any]]
) -> None:
    answered(page)
    page.locator(".fn-mark").first.click()
    at(page, 1)
    before, after = (page.get_by_role("button", name=f"{which} footnote") for which in ("Previous", "Next"))
    expect(before).to_have_attribute("aria-disabled", "true")
    after.focus()
    for citation in cited[1:]:
        page.keyboard.press("Enter")
        at(page, citation["id"])
        expect(page.locator("#fn-source h2")).to_have_text(citation["title"])
        assert page.evaluate(MARKED) == citation["quote"]
        expect(page.locator("#fn-conversation [aria-current]")).to_have_text([f"[{citation['id']}]"])
        expect(page.locator("#fn-source :focus")).to_have_count(1)
    expect(after).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    at(page, len(cited))
    before.click()
    at(page, len(cited) - 1)


def test_keys_go_through_the_footnotes_and_the_way_back_is_to_the_current_mark(page: Page) -> None:
    listed(page)
    page.locator(".fn-mark").first.click()
    expect(page.locator("#fn-source h2")).to_be_focused()
    for key, number in (("n", 2), ("p", 1), ("n", 2), ("n", 3), ("n", 3)):
        page.keyboard.press(key)
        at(page, number)
        expect(page.locator("#fn-source :focus")).to_have_count(1)
    before = page.get_by_role("button", name="Previous footnote")
    before.focus()
    page.keyboard.press("Enter")
    at(page, 2)
    expect(before).to_be_focused()
    page.keyboard.press("n")
    at(page, 3)
    page.keyboard.press("Escape")
    expect(page.locator("#fn-source")).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent") == "[3]"
    expect(page.locator("#fn-conversation [aria-current]")).to_have_count(0)


def test_a_second_mark_of_a_place_is_at_the_same_footnote(page: Page) -> None:
    answered(page)
    last = page.locator(".fn-disagreement .fn-mark").last
    number = int((last.text_content() or "").strip("[]"))
    last.click()
    at(page, number)
    expect(last).to_have_attribute("aria-current", "true")


def test_a_place_of_the_address_is_a_footnote_once_its_answer_is_there(
    chromium: Browser, seed_server: str, cited: list[dict[str, Any]]
) -> None:
    second = cited[1]
    place = f"#cite-{second['document_id']}-{second['version']}-{second['start']}-{second['end']}"
    with opened(chromium, seed_server, place) as page:
        page.locator("#fn-source mark").first.wait_for()
        expect(page.locator(".fn-steps")).to_be_hidden()
        answered(page)
        at(page, 2)
        expect(page.locator("#fn-conversation [aria-current]")).to_have_text(["[2]"])


def test_a_footnote_by_itself_has_no_way_on_and_a_report_from_the_library_is_at_none(page: Page) -> None:
    ask(page, "How many times did Pavo Arnholt telephone Corin Dalvey?")
    page.locator(".fn-mark").first.click()
    expect(page.locator(".fn-steps [role=status]")).to_have_text("Footnote 1")
    expect(page.locator(".fn-steps button:visible")).to_have_count(0)
    row(page, "Correction 2025/07").locator(".fn-report").click()
    page.locator("#fn-source .fn-text").wait_for()
    expect(page.locator(".fn-steps")).to_be_hidden()
