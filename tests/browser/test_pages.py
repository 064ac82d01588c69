"""Browser tests: the page of a PDF is shown as a picture, with the quoted words marked on it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.pages import api_answer, ask, opened
from tests.browser.rows import row

pytestmark = pytest.mark.browser

TELEPHONED = "How many times did Pavo Arnholt telephone Corin Dalvey?"
LOADED = "(image) => image.complete && image.naturalWidth > 0"


def picture(page: Page) -> Locator:
    return page.locator("#fn-source .fn-sheet img")


def wait_until_loaded(page: Page) -> None:
    expect(picture(page)).not_to_have_class("fn-arriving")
    assert picture(page).evaluate(LOADED)


@pytest.fixture
def cited(seed_server: str) -> dict[str, Any]:
    """The citation of a PDF in the answer to ``TELEPHONED``."""
    found: dict[str, Any] = api_answer(seed_server, TELEPHONED)["citations"][0]
    assert (found["path"], found["page"]) == ("lorvenna-maravel-dam-inquiry.pdf", 2)
    return found


@pytest.fixture
def opened_pdf(page: Page, cited: dict[str, Any]) -> Page:
    """The page, with the panel open at the citation of a PDF."""
    del cited
    ask(page, TELEPHONED)
    page.locator(".fn-mark").first.click()
    page.locator("#fn-source mark").first.wait_for()
    return page


@pytest.mark.journey
def test_the_quoted_page_is_shown_as_a_picture_with_the_words_marked(
    opened_pdf: Page, cited: dict[str, Any]
) -> None:
    page = opened_pdf
    expect(picture(page)).to_be_hidden()
    page.get_by_role("button", name="Page", exact=True).click()
    wait_until_loaded(page)
    expect(page.locator("#fn-source .fn-text")).to_be_hidden()
    expect(page.get_by_role("button", name="Page", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(picture(page)).to_have_attribute("alt", f"Page 2 of {cited['title']}, with the quote marked")
    address = urlsplit(picture(page).get_attribute("src") or "")
    assert address.path.endswith(f"/v1/documents/{cited['document_id']}/pages/2.png")
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert (asked["version"], asked["start"], asked["end"]) == (
        str(cited["version"]),
        str(cited["start"]),
        str(cited["end"]),
    )


def test_text_page_and_its_neighbours_are_chosen_with_the_keyboard_and_the_ends_stay(
    opened_pdf: Page,
) -> None:
    page = opened_pdf
    page.get_by_role("button", name="Page", exact=True).focus()
    page.keyboard.press("Enter")
    expect(picture(page)).to_be_visible()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Text", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(picture(page)).to_be_hidden()
    expect(page.locator("#fn-source mark").first).to_be_in_viewport()
    page.get_by_role("button", name="Page", exact=True).click()
    count = page.locator(".fn-sheet-count")
    expect(count).to_have_text("Page 2 of 3")
    page.get_by_role("button", name="Next page").focus()
    page.keyboard.press("Enter")
    expect(count).to_have_text("Page 3 of 3")
    wait_until_loaded(page)
    alt = picture(page).get_attribute("alt") or ""
    assert alt.startswith("Page 3 of ")
    assert not alt.endswith("marked")
    page.keyboard.press("Enter")
    expect(count).to_have_text("Page 3 of 3")
    expect(page.get_by_role("button", name="Next page")).to_be_focused()
    page.get_by_role("button", name="Back to the quote").click()
    expect(count).to_have_text("Page 2 of 3")


def test_a_page_is_gone_to_by_its_number_and_a_number_without_a_page_is_refused(opened_pdf: Page) -> None:
    page = opened_pdf
    page.get_by_role("button", name="Page", exact=True).click()
    field = page.get_by_role("textbox", name="Go to a page")
    field.fill("3")
    field.press("Enter")
    expect(page.locator(".fn-sheet-count")).to_have_text("Page 3 of 3")
    expect(field).to_have_value("")
    field.fill("9")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".fn-sheet-count")).to_have_text("Page 3 of 3")


def test_the_page_is_that_of_the_text_in_view_and_the_text_that_of_the_page(opened_pdf: Page) -> None:
    page = opened_pdf
    count = page.locator(".fn-sheet-count")
    text, sheet = (page.get_by_role("button", name=name, exact=True) for name in ("Text", "Page"))
    page.locator(".fn-desk-body").evaluate("(body) => (body.scrollTop = body.scrollHeight)")
    expect(page.get_by_role("button", name="Back to the quote")).to_be_visible()
    sheet.click()
    expect(count).to_have_text("Page 3 of 3")
    text.click()
    at_the_end = "(body) => body.scrollTop + body.clientHeight >= body.scrollHeight - 1"
    assert page.locator(".fn-desk-body").evaluate(at_the_end)
    sheet.click()
    page.get_by_role("button", name="Previous page").click()
    page.get_by_role("button", name="Previous page").click()
    expect(count).to_have_text("Page 1 of 3")
    text.click()
    assert page.locator(".fn-desk-body").evaluate("(body) => body.scrollTop") < 100


def test_a_wide_panel_shows_text_page_or_both_as_the_reader_chooses(
    chromium: Browser, seed_server: str
) -> None:
    with opened(chromium, seed_server, viewport={"width": 1920, "height": 1080}) as page:
        ask(page, TELEPHONED)
        page.locator(".fn-mark").first.click()
        wait_until_loaded(page)
        text, sheet = page.locator("#fn-source .fn-words"), page.locator("#fn-source .fn-sheet")
        both = page.get_by_role("button", name="Both", exact=True)
        expect(both).to_have_attribute("aria-pressed", "true")
        left, right = text.bounding_box(), sheet.bounding_box()
        assert left is not None
        assert right is not None
        assert left["x"] + left["width"] < right["x"]
        expect(page.locator("#fn-source mark").first).to_be_in_viewport()
        expect(picture(page)).to_be_in_viewport()
        page.get_by_role("button", name="Page", exact=True).click()
        expect(text).to_be_hidden()
        expect(sheet).to_be_visible()
        page.get_by_role("button", name="Text", exact=True).click()
        expect(text).to_be_visible()
        expect(sheet).to_be_hidden()
        both.click()
        expect(sheet).to_be_visible()
        assert page.evaluate("localStorage.getItem('footnoted.source.view')") == '"both"'


def test_a_report_without_pages_has_no_page_to_choose(page: Page) -> None:
    row(page, "Correction 2025/07").locator(".fn-report").click()
    page.locator("#fn-source .fn-text").wait_for()
    expect(page.locator("#fn-source .fn-views button")).to_have_text(["Text", "About"])
    expect(picture(page)).to_have_count(0)
