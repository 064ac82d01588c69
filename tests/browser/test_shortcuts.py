"""Browser tests: single-key shortcuts, and the list of them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Watched, ask
from tests.browser.rows import row

pytestmark = pytest.mark.browser


def leave_the_question(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")


@pytest.mark.journey
def test_the_list_of_keys_opens_and_gives_the_focus_back(seed_page: Watched) -> None:
    page = seed_page.page
    button = page.get_by_role("button", name="Shortcuts")
    button.click()
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog.locator("kbd")).to_have_text(
        ["/", "[", "]", "n", "p", "f", "a", "c", "?", "z", "Esc", "← →"]
    )
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    leave_the_question(page)
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    page.keyboard.press("[")
    expect(page.locator("#fn-library")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def test_a_slash_leads_to_the_question(seed_page: Watched) -> None:
    page = seed_page.page
    leave_the_question(page)
    page.keyboard.press("/")
    expect(page.get_by_label("Your question")).to_be_focused()
    expect(page.get_by_label("Your question")).to_have_value("")


def test_brackets_show_and_hide_the_areas(seed_page: Watched) -> None:
    page = seed_page.page
    leave_the_question(page)
    page.keyboard.press("[")
    expect(page.locator("#fn-library")).to_be_hidden()
    page.keyboard.press("[")
    expect(page.get_by_role("tab", name="Library")).to_be_focused()
    page.keyboard.press("]")
    expect(page.locator("#fn-source")).to_be_hidden()
    row(page, "Correction 2025/07").locator(".fn-report").click()
    expect(page.locator("#fn-source h2")).to_be_focused()
    page.keyboard.press("]")
    expect(page.locator("#fn-source")).to_be_hidden()
    page.keyboard.press("]")
    expect(page.locator("#fn-source h2")).to_be_focused()


def test_n_and_p_open_the_footnotes_in_their_order(seed_page: Watched) -> None:
    page = seed_page.page
    ask(page, "List the recommendations of the inquiry.")
    page.locator(".fn-actions").last.wait_for()
    leave_the_question(page)
    marks = page.locator(".fn-mark")
    assert marks.count() > 1
    for key, place in (("n", 0), ("n", 1), ("p", 0), ("p", 0)):
        page.keyboard.press(key)
        expect(marks.nth(place)).to_have_attribute("aria-current", "true")
        expect(page.locator("#fn-source mark").first).to_be_visible()


def test_no_key_is_taken_from_a_person_who_writes(seed_page: Watched) -> None:
    page = seed_page.page
    page.get_by_label("Your question").focus()
    page.keyboard.type("/[]np?")
    expect(page.get_by_label("Your question")).to_have_value("/[]np?")
    expect(page.locator("#fn-library")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_key_with_control_is_the_browser_s(seed_page: Watched) -> None:
    page = seed_page.page
    leave_the_question(page)
    page.keyboard.press("Control+[")
    page.keyboard.press("Alt+]")
    expect(page.locator("#fn-library")).to_be_visible()
    expect(page.locator("#fn-starters button").first).to_be_visible(timeout=60_000)


def test_a_bracket_behind_altgr_is_a_bracket(seed_page: Watched) -> None:
    page = seed_page.page
    leave_the_question(page)
    page.evaluate(
        """(held) => document.body.dispatchEvent(new KeyboardEvent('keydown', { ...held, bubbles: true }))""",
        {"key": "[", "ctrlKey": True, "altKey": True, "modifierAltGraph": True},
    )
    expect(page.locator("#fn-library")).to_be_hidden()
