"""Browser tests: the three areas of the page, their widths, and their layout in smaller windows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.pages import ARRESTS, Watched, ask, opened
from tests.browser.rows import row

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
HALF = {"viewport": {"width": 1100, "height": 800}}
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
    seed_page: Watched,
) -> None:
    page = seed_page.page
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


def test_the_source_is_closed_and_the_focus_is_where_it_was(seed_page: Watched) -> None:
    page = seed_page.page
    opener = row(page, REPORT).locator(".fn-report")
    for close in ("Escape", "Close the source"):
        open_report(page)
        if close == "Escape":
            page.keyboard.press(close)
        else:
            page.get_by_role("button", name=close).click()
        expect(source(page)).to_be_hidden()
        expect(opener).to_be_focused()


def test_what_was_closed_is_opened_again_where_it_was(seed_page: Watched) -> None:
    page = seed_page.page
    again = page.get_by_role("button", name="Show the source")
    expect(again).to_have_count(0)
    open_report(page)
    page.keyboard.press("Escape")
    again.click()
    expect(source(page).locator("h2")).to_have_text(
        "Correction 2025/07: displaced people in the Isken valley on 12 May (fictional)"
    )
    expect(source(page).locator("h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(again).to_be_focused()


def test_a_citation_s_address_goes_with_the_source(seed_page: Watched) -> None:
    page = seed_page.page
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
    seed_page: Watched,
) -> None:
    page = seed_page.page
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


def test_the_line_beside_the_source_is_dragged_as_far_as_the_conversation_allows(seed_page: Watched) -> None:
    page = seed_page.page
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


def test_a_folded_library_stays_folded_when_the_page_is_opened_again(seed_page: Watched) -> None:
    page = seed_page.page
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


def test_nothing_of_the_page_moves_while_it_opens(chromium: Browser, seed_server: str) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(
        """window.moved = 0;
        new PerformanceObserver((list) => {
          for (const shift of list.getEntries()) window.moved += shift.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    for folded in (False, True):
        page.goto(seed_server)
        page.locator("#fn-library .fn-report").first.wait_for(state="attached")
        page.get_by_label("Your question").wait_for()
        page.wait_for_timeout(500)
        # The limit of a poor layout shift (https://web.dev/articles/cls); a quiet machine has 0.02.
        assert page.evaluate("window.moved") < 0.25
        if not folded:
            page.get_by_role("button", name="Hide the library").click()
    context.close()


def test_the_tabs_are_walked_with_the_arrow_keys(seed_page: Watched) -> None:
    page = seed_page.page
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
    with opened(chromium, seed_server, **HALF) as watched:
        page = watched.page
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
        assert (watched.errors, watched.elsewhere) == ([], [])


def test_on_a_phone_a_bar_opens_the_library_over_the_page(chromium: Browser, seed_server: str) -> None:
    with opened(chromium, seed_server, **PHONE) as watched:
        page = watched.page
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
        assert (watched.errors, watched.elsewhere) == ([], [])


def test_on_a_phone_a_report_leads_back_to_its_row_in_the_library(
    chromium: Browser, seed_server: str
) -> None:
    with opened(chromium, seed_server, **PHONE) as watched:
        page = watched.page
        page.get_by_role("button", name="Library (7)").tap()
        row(page, REPORT).locator(".fn-report").tap()
        expect(library(page)).to_be_hidden()
        expect(source(page).locator("h2")).to_be_focused()
        page.get_by_role("button", name="Close the source").tap()
        expect(row(page, REPORT).locator(".fn-report")).to_be_focused()
        page.get_by_role("button", name="Hide the library").tap()
        expect(page.get_by_role("button", name="Library (7)")).to_be_focused()
        assert (watched.errors, watched.elsewhere) == ([], [])


def test_nothing_moves_for_a_reader_who_wants_no_motion(chromium: Browser, seed_server: str) -> None:
    for motion, animation in (("no-preference", "fn-from-side"), ("reduce", "none")):
        with opened(chromium, seed_server, **PHONE, reduced_motion=motion) as watched:
            watched.page.get_by_role("button", name="Library (7)").tap()
            expect(library(watched.page)).to_have_css("animation-name", animation)


def test_a_window_that_grows_has_its_columns_again(chromium: Browser, seed_server: str) -> None:
    with opened(chromium, seed_server, **HALF) as watched:
        page = watched.page
        page.set_viewport_size({"width": 390, "height": 844})
        page.get_by_role("button", name="Library (7)").click()
        page.set_viewport_size({"width": 1440, "height": 900})
        expect(library(page)).to_have_attribute("data-as", "column")
        assert page.evaluate("document.querySelector('gradio-app').inert") is False
        expect(page.locator("#fn-scrim")).to_be_hidden()


def test_the_first_stop_of_the_keyboard_skips_to_the_question(seed_page: Watched) -> None:
    page = seed_page.page
    skip = page.get_by_role("link", name="Skip to the question")
    assert skip.evaluate("(link) => document.body.firstElementChild === link")
    expect(skip).not_to_be_in_viewport()
    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your question")).to_be_focused()


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("shape", [PHONE, HALF, {}])
def test_the_page_has_one_heading_of_the_first_order_and_says_its_language(
    chromium: Browser, seed_server: str, shape: dict[str, object], asked: bool
) -> None:
    with opened(chromium, seed_server, locale="fr-FR", **shape) as watched:
        page = watched.page
        if asked:
            ask(page, ARRESTS)
            page.locator(".fn-source").last.wait_for()
        expect(page.get_by_role("heading", level=1)).to_have_text(["Footnoted"])
        expect(page.get_by_role("main")).to_have_count(1)
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("html")).to_have_attribute("dir", "ltr")
