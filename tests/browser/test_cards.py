"""Browser tests: the cards, sources and footnotes of an answer."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import ARRESTS, answered, api_answer

pytestmark = pytest.mark.browser

DISPLACED = "What are the numbers of people displaced on 12 May 2025?"
IN_THE_DELTA = "How many people were displaced in the Quell Delta in May 2025?"
WITHIN_WINDOW = """(card) => {
  const { left, top, right, bottom } = card.getBoundingClientRect();
  return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
}"""


def card(page: Page) -> Locator:
    return page.locator("#fn-card")


@pytest.mark.journey
def test_hovering_a_mark_shows_its_words_source_date_and_verdict(page: Page, seed_server: str) -> None:
    answer = answered(page, ARRESTS)
    cited = api_answer(seed_server, ARRESTS)["citations"][0]
    expect(card(page)).to_be_hidden()
    answer.locator(".fn-mark").first.hover()
    expect(card(page)).to_be_visible()
    expect(card(page).locator(".fn-foot-quote")).to_have_text(cited["quote"])
    expect(card(page).locator(".fn-foot-title")).to_have_text(cited["title"])
    expect(card(page).locator(".fn-fact")).to_have_text(["Footnoted sample library", "18 July 2025"])
    expect(card(page).locator(".fn-foot-verdict")).to_have_text("Quoted word for word.")
    # A quotation is no praise: its card has the colour of its words and no other.
    colours = [
        card(page).locator(part).first.evaluate("(element) => getComputedStyle(element).color")
        for part in (".fn-foot-verdict", ".fn-foot-words")
    ]
    assert colours[0] == colours[1]
    assert card(page).evaluate(WITHIN_WINDOW)
    assert card(page).evaluate("(card) => card.closest('main') !== null")
    expect(card(page).locator("a")).to_have_count(0)


def test_the_card_stays_while_the_pointer_is_on_it_and_goes_with_it(page: Page) -> None:
    answered(page, ARRESTS).locator(".fn-mark").first.hover()
    card(page).hover()
    page.wait_for_timeout(500)
    expect(card(page)).to_be_visible()
    page.mouse.move(5, 5)
    expect(card(page)).to_be_hidden()
    page.locator(".fn-mark").first.hover()
    expect(card(page)).to_be_visible()
    page.evaluate("document.querySelector('#fn-new').click()")
    expect(page.locator(".fn-mark")).to_have_count(0)
    expect(card(page)).to_be_hidden()


def test_escape_closes_the_card_and_leaves_the_source_open(page: Page) -> None:
    mark = answered(page, ARRESTS).locator(".fn-mark").first
    mark.click()
    page.locator("#fn-source mark").first.wait_for()
    expect(card(page)).to_be_hidden()
    page.mouse.move(5, 5)
    mark.hover()
    expect(card(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(card(page)).to_be_hidden()
    expect(page.locator("#fn-source mark").first).to_be_visible()


def test_the_keyboard_shows_a_card_at_once_and_a_reader_hears_its_words(page: Page) -> None:
    mark = answered(page, "List the recommendations of the inquiry.").locator(".fn-mark").first
    page.locator("#fn-question textarea").focus()
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if mark.evaluate("(mark) => mark === document.activeElement"):
            break
    expect(mark).to_be_focused()
    expect(card(page)).to_be_visible(timeout=100)
    described = mark.evaluate(
        "(mark) => document.getElementById(mark.getAttribute('aria-describedby')).textContent"
    )
    assert "14 recommendations" in described
    assert "Quoted word for word." in described
    assert (mark.get_attribute("aria-label") or "").startswith("Footnote 1: open the quote in ")
    page.keyboard.press("Tab")
    expect(card(page).locator(".fn-foot-number")).not_to_have_text("[1]")


def test_the_list_of_footnotes_unfolds_and_opens_the_source(page: Page, seed_server: str) -> None:
    answer = answered(page, IN_THE_DELTA)
    numbers = sorted({each["id"] for each in api_answer(seed_server, IN_THE_DELTA)["citations"]})
    expect(answer.locator(".fn-foot").first).to_be_hidden()
    answer.locator(".fn-footnotes summary").click()
    expect(answer.locator(".fn-foot-number")).to_have_text([f"[{number}]" for number in numbers])
    expect(answer.locator(".fn-foot").first).to_be_visible()
    # A cited row of a table is shown as a table.
    expect(answer.locator(".fn-foot table")).to_have_count(1)
    answer.locator(".fn-foot-number").last.click()
    page.locator("#fn-source mark").first.wait_for()


def test_a_file_that_cannot_be_made_leaves_the_page_as_it_is(page: Page, seed_server: str) -> None:
    answer = answered(page, ARRESTS)
    page.wait_for_url(re.compile("conversation="))
    address = page.url
    own = address.rpartition("=")[2]
    httpx.delete(f"{seed_server}/v1/conversations/{own}", timeout=60).raise_for_status()
    answer.locator(".fn-save summary").click()
    answer.locator(".fn-file", has_text="Markdown").click()
    page.wait_for_timeout(1000)
    assert page.url == address
    expect(page.locator(".fn-question")).to_have_text([ARRESTS])


def test_a_form_goes_with_what_it_is_for(page: Page) -> None:
    answered(page, ARRESTS)
    answer, field = page.locator("#fn-conversation .bot-row").last, page.get_by_label("Edit the question")
    answer.locator(".fn-act-edit").click()
    expect(field).to_be_visible()
    before = page.locator("[id^='fn-answer-']").get_attribute("id")
    answer.locator(".fn-act-again").click()
    expect(field).to_have_count(0)
    expect(page.locator(f"#{before}")).to_have_count(0)
    expect(page.locator(".fn-question")).to_be_visible()
    answer.locator(".fn-act-edit").click()
    expect(field).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    expect(field).to_have_count(0)
    other = answered(page, DISPLACED)
    expect(page.locator(".fn-question")).to_be_visible()
    other.locator(".fn-act-edit").click()
    expect(field).to_have_value(DISPLACED)
