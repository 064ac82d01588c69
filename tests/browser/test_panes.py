"""Browser tests: the three areas of the page, their widths, and the keys that lead through them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.desks import PHONE
from tests.browser.pages import ARRESTS, ask, opened
from tests.browser.rows import row

pytestmark = pytest.mark.browser

HALF: dict[str, Any] = {"viewport": {"width": 1100, "height": 800}}
REPORT = "Correction 2025/07"
MIDDLE_REM = 28


def width(area: Locator) -> float:
    box = area.bounding_box()
    assert box is not None
    return box["width"]


def library(page: Page) -> Locator:
    return page.locator("#fn-library")


def source(page: Page) -> Locator:
    return page.locator("#fn-source")


def opened_again(page: Page) -> Page:
    """A second page of the same browser; a reload instead would make Gradio log its broken requests."""
    url = page.url
    later = page.context.new_page()
    later.goto(url)
    later.get_by_label("Your question").wait_for()
    return later


def open_report(page: Page) -> None:
    row(page, REPORT).locator(".fn-report").click()
    expect(source(page).locator("h2")).to_be_focused()


@pytest.mark.journey
def test_a_wide_window_has_the_library_the_conversation_and_a_source_beside_one_another(
    page: Page,
) -> None:
    expect(source(page)).to_be_hidden()
    expect(page.get_by_role("tab")).to_have_text(["Library", "Conversations"])
    open_report(page)
    boxes = [page.locator(area).bounding_box() for area in ("#fn-library", "gradio-app", "#fn-source")]
    edges = [(box["x"], box["x"] + box["width"]) for box in boxes if box is not None]
    assert edges[0][0] == 0
    assert [edges[0][1], edges[1][1], edges[2][1]] == pytest.approx(
        [edges[1][0], edges[2][0], page.evaluate("innerWidth")], abs=1.5
    )
    assert width(page.locator("gradio-app")) >= MIDDLE_REM * 16


def test_the_source_is_closed_and_opened_again_and_the_focus_is_where_it_was(page: Page) -> None:
    opener = row(page, REPORT).locator(".fn-report")
    again = page.get_by_role("button", name="Show the source")
    expect(again).to_have_count(0)
    open_report(page)
    page.get_by_role("button", name="Close the source").click()
    expect(source(page)).to_be_hidden()
    expect(opener).to_be_focused()
    open_report(page)
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    again.click()
    expect(source(page).locator("h2")).to_contain_text(REPORT)
    expect(source(page).locator("h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(again).to_be_focused()


def test_a_citation_s_address_goes_with_the_source(page: Page) -> None:
    ask(page, ARRESTS)
    page.locator(".fn-mark").first.click()
    source(page).locator("mark").first.wait_for()
    assert page.evaluate("location.hash").startswith("#cite-")
    expect(page.locator(".fn-mark").first).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    assert page.evaluate("location.hash") == ""
    expect(page.locator(".fn-mark[aria-current]")).to_have_count(0)
    page.get_by_role("button", name="Show the source").click()
    expect(page.locator(".fn-mark").first).to_have_attribute("aria-current", "true")
    assert page.evaluate("location.hash").startswith("#cite-")
    expect(page.locator(".fn-report[aria-current]")).to_have_count(1)


def test_the_line_beside_the_library_is_moved_with_the_keyboard_and_stays_where_it_was_moved(
    page: Page,
) -> None:
    line = page.get_by_role("separator", name="Width of the library pane")
    before = width(library(page))
    expect(line).to_have_attribute("aria-valuenow", str(round(before)))
    line.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert width(library(page)) == pytest.approx(before + 5 * 16)
    expect(line).to_have_attribute("aria-valuenow", str(round(before + 5 * 16)))
    page = opened_again(page)
    line = page.get_by_role("separator", name="Width of the library pane")
    expect(line).to_have_attribute("aria-valuenow", str(round(before + 5 * 16)))
    line.focus()
    page.keyboard.press("Home")
    expect(line).to_have_attribute("aria-valuenow", line.get_attribute("aria-valuemin") or "")
    page.keyboard.press("End")
    expect(line).to_have_attribute("aria-valuenow", line.get_attribute("aria-valuemax") or "")
    line.dblclick()
    assert width(library(page)) == pytest.approx(before)


def test_the_line_beside_the_source_is_dragged_as_far_as_the_conversation_allows(page: Page) -> None:
    open_report(page)
    line = page.get_by_role("separator", name="Width of the source pane")
    box = line.bounding_box()
    assert box is not None
    before = width(source(page))
    x, y = box["x"] + box["width"] / 2, 400
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=3)
    assert width(source(page)) == pytest.approx(before - 60, abs=1)
    page.mouse.move(50, y, steps=3)
    page.mouse.up()
    assert width(page.locator("gradio-app")) == pytest.approx(MIDDLE_REM * 16, abs=1)
    page.mouse.move(700, y)
    assert width(page.locator("gradio-app")) == pytest.approx(MIDDLE_REM * 16, abs=1)


def test_a_folded_library_stays_folded_when_the_page_is_opened_again(page: Page) -> None:
    page.get_by_role("button", name="Hide the library").click()
    expect(library(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Show the library")).to_be_focused()
    page = opened_again(page)
    expect(library(page)).to_be_hidden()
    page.get_by_role("button", name="Show the library").click()
    expect(page.get_by_role("tab", name="Library")).to_be_focused()
    expect(page.locator("#fn-library .fn-report").first).to_be_visible()


def test_the_desk_works_where_nothing_may_be_remembered(chromium: Browser, seed_server: str) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } })"
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(seed_server)
    page.get_by_role("separator", name="Width of the library pane").press("ArrowRight")
    page.get_by_role("button", name="Hide the library").click()
    expect(library(page)).to_be_hidden()
    assert [error for error in errors if "localStorage" not in error and "forbidden" not in error] == []
    context.close()


def test_the_tabs_are_walked_with_the_arrow_keys(page: Page) -> None:
    page.get_by_role("tab", name="Library").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Conversations")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Conversations")).to_be_visible()
    expect(page.get_by_role("tabpanel", name="Library")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tabpanel", name="Library")).to_be_visible()


def test_in_half_a_window_the_library_gives_its_place_to_the_source_and_comes_back(
    chromium: Browser, seed_server: str
) -> None:
    with opened(chromium, seed_server, **HALF) as page:
        expect(library(page)).to_have_attribute("data-as", "column")
        opener = row(page, REPORT).locator(".fn-report")
        opener.click()
        expect(library(page)).to_be_hidden()
        page.get_by_role("button", name="Show the library").click()
        expect(library(page)).to_have_attribute("data-as", "drawer")
        expect(page.get_by_role("tab", name="Library")).to_be_focused()
        assert page.evaluate(
            "document.querySelector('gradio-app').inert && document.querySelector('#fn-source').inert"
        )
        page.keyboard.press("Escape")
        expect(library(page)).to_be_hidden()
        expect(page.get_by_role("button", name="Show the library")).to_be_focused()
        page.get_by_role("button", name="Close the source").click()
        expect(library(page)).to_have_attribute("data-as", "column")
        expect(opener).to_be_focused()


def test_on_a_phone_a_bar_opens_the_library_over_the_page(chromium: Browser, seed_server: str) -> None:
    with opened(chromium, seed_server, **PHONE) as page:
        bar = page.get_by_role("button", name="Library (7)")
        expect(library(page)).to_be_hidden()
        expect(bar).to_have_attribute("aria-expanded", "false")
        bar.tap()
        expect(page.get_by_role("tab", name="Library")).to_be_focused()
        expect(bar).to_have_attribute("aria-expanded", "true")
        assert page.evaluate(
            "document.querySelector('gradio-app').inert && document.querySelector('#fn-top').inert"
        )
        page.keyboard.press("Escape")
        expect(bar).to_be_focused()
        bar.tap()
        page.touchscreen.tap(380, 500)
        expect(library(page)).to_be_hidden()
        assert page.evaluate("document.querySelector('gradio-app').inert") is False
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_nothing_moves_for_a_reader_who_wants_no_motion(chromium: Browser, seed_server: str) -> None:
    for motion, animation in (("no-preference", "fn-from-side"), ("reduce", "none")):
        with opened(chromium, seed_server, **PHONE, reduced_motion=motion) as page:
            page.get_by_role("button", name="Library (7)").tap()
            expect(library(page)).to_have_css("animation-name", animation)


def test_the_first_stop_of_the_keyboard_skips_to_the_question(page: Page) -> None:
    skip = page.get_by_role("link", name="Skip to the question")
    assert skip.evaluate("(link) => document.body.firstElementChild === link")
    expect(skip).not_to_be_in_viewport()
    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your question")).to_be_focused()


@pytest.mark.parametrize("shape", [PHONE, {}])
def test_the_page_has_one_heading_of_the_first_order_and_says_its_language(
    chromium: Browser, seed_server: str, shape: dict[str, Any]
) -> None:
    with opened(chromium, seed_server, locale="fr-FR", **shape) as page:
        ask(page, ARRESTS)
        page.locator(".fn-source").last.wait_for()
        expect(page.get_by_role("heading", level=1)).to_have_text(["Footnoted"])
        expect(page.get_by_role("main")).to_have_count(1)
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("html")).to_have_attribute("dir", "ltr")


# Keys


def leave_the_question(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")


@pytest.mark.journey
def test_the_list_of_keys_opens_and_gives_the_focus_back(page: Page) -> None:
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


def test_brackets_show_and_hide_the_areas(page: Page) -> None:
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


def test_keys_lead_to_the_question_and_are_taken_neither_from_a_writer_nor_from_the_browser(
    page: Page,
) -> None:
    library, question = page.locator("#fn-library"), page.get_by_label("Your question")
    leave_the_question(page)
    page.keyboard.press("/")
    expect(question).to_be_focused()
    expect(question).to_have_value("")
    page.keyboard.type("/[]np?")
    expect(question).to_have_value("/[]np?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    leave_the_question(page)
    page.keyboard.press("Control+[")
    page.keyboard.press("Alt+]")
    expect(library).to_be_visible()
    # With AltGr, which some keyboards need for a bracket, it is a bracket.
    held = {"key": "[", "ctrlKey": True, "altKey": True, "modifierAltGraph": True, "bubbles": True}
    page.evaluate("(held) => document.body.dispatchEvent(new KeyboardEvent('keydown', held))", held)
    expect(library).to_be_hidden()
