"""Browser tests: search within a report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.pages import ServeFiles, ask, opened
from tests.browser.rows import row

pytestmark = pytest.mark.browser
TITLE = "The ferries of Ellmouth"
HOSTILE = "<img src=x onerror=document.title='owned'>"

PAINTED = """() => {
  const words = (name) => [...(CSS.highlights.get(name) ?? [])].map(String);
  return { all: words('fn-match'), current: words('fn-match-current') };
}"""
IN_MARKS = """() => {
  const words = (name) => [...document.querySelectorAll(`.${name}`)].map((mark) => mark.textContent);
  return { all: words('fn-match'), current: words('fn-match-current') };
}"""
CURRENT_IN_VIEW = """() => {
  const [range] = CSS.highlights.get('fn-match-current');
  const words = range.getBoundingClientRect();
  const body = document.querySelector('.fn-desk-body').getBoundingClientRect();
  return words.height > 0 && words.top >= body.top && words.bottom <= body.bottom;
}"""


def ferries() -> str:
    """A report longer than one load of the panel, with "Lærke" at its start, in a table and at its end."""
    filler = "\n\n".join(f"Crossing {number} took place in calm weather 😀." for number in range(1, 350))
    rows = "\n".join(f"| Ferry {number} | {number * 3} |" for number in range(1, 60))
    return (
        f"# {TITLE}\n\nThe ferry Lærke was launched first.\n\n{filler}\n\n"
        f"| Name | Seats |\n|---|--:|\n{rows}\n| LÆRKE | 180 |\n\n"
        f"{filler}\n\nThe lærke {HOSTILE} sank last.\n"
    )


@pytest.fixture(scope="module")
def pier(serve_files: ServeFiles) -> str:
    return serve_files({"ferries.md": ferries()})


@pytest.fixture
def page(chromium: Browser, pier: str) -> Iterator[Page]:
    with opened(chromium, pier) as page:
        row(page, TITLE).locator(".fn-report").click()
        page.locator("#fn-source .fn-text").wait_for()
        yield page
        assert page.title() == "Footnoted"


def find(page: Page, words: str) -> None:
    page.get_by_role("button", name="Find", exact=True).click()
    field = page.get_by_role("searchbox", name="Find in this report")
    expect(field).to_be_focused()
    page.keyboard.type(words)


def counted(page: Page, words: str) -> None:
    expect(page.locator(".fn-find-count")).to_have_text(words)


def painted(page: Page, how: str = PAINTED) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(how)
    return found


@pytest.mark.journey
def test_matches_are_counted_highlighted_and_gone_through_also_where_nothing_is_read_yet(
    page: Page,
) -> None:
    find(page, "laerke")
    counted(page, "No results")
    assert painted(page) == {"all": [], "current": []}
    page.keyboard.press("Control+A")
    page.keyboard.type("Lærke")
    for key, at, words in (
        (None, 1, "Lærke"),
        ("Enter", 2, "LÆRKE"),
        ("Enter", 3, "lærke"),
        ("Enter", 1, "Lærke"),
        ("Shift+Enter", 3, "lærke"),
        ("Shift+Enter", 2, "LÆRKE"),
    ):
        if key:
            page.keyboard.press(key)
        counted(page, f"{at} of 3")
        page.wait_for_function(
            "(words) => [...(CSS.highlights.get('fn-match-current') ?? [])].join() === words", arg=words
        )
        assert painted(page)["current"] == [words]
        assert page.evaluate(CURRENT_IN_VIEW)
    expect(page.locator(".fn-find-field")).to_be_focused()


def test_buttons_go_on_and_back_and_escape_clears_then_closes(page: Page) -> None:
    find(page, "crossing 1")
    counted(page, "1 of 222")
    assert painted(page)["all"][:3] == ["Crossing 1"] * 3
    page.get_by_role("button", name="Next match").click()
    counted(page, "2 of 222")
    page.get_by_role("button", name="Previous match").click()
    page.get_by_role("button", name="Previous match").click()
    counted(page, "222 of 222")
    field = page.get_by_role("searchbox", name="Find in this report")
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    counted(page, "")
    assert painted(page) == {"all": [], "current": []}
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(page.locator(".fn-desk-body")).to_be_focused()
    expect(page.get_by_role("button", name="Find", exact=True)).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#fn-source")).to_be_visible()


def test_a_key_opens_the_search_which_begins_where_the_reader_is(page: Page) -> None:
    page.locator(".fn-desk-body").evaluate("(body) => (body.scrollTop = 3000)")
    page.keyboard.press("f")
    expect(page.get_by_role("searchbox", name="Find in this report")).to_be_focused()
    page.keyboard.type("in calm")
    expect(page.locator(".fn-find-field")).to_have_value("in calm")
    expect(page.locator(".fn-find-count")).to_have_text(re.compile(r"^[3-9]\d of the first 500 of 698$"))
    assert page.evaluate(CURRENT_IN_VIEW)


def test_without_the_highlight_api_matches_stand_in_marks(chromium: Browser, pier: str) -> None:
    with opened(chromium, pier) as page:
        page.evaluate("delete window.Highlight")
        row(page, TITLE).locator(".fn-report").click()
        text = page.locator("#fn-source .fn-text")
        whole = text.evaluate("(element) => element.textContent")
        find(page, "took place in calm")
        counted(page, "1 of the first 500 of 698")
        found = painted(page, IN_MARKS)
        assert found["current"] == ["took place in calm"]
        assert set(found["all"]) == {"took place in calm"}
        assert text.evaluate("(element) => element.textContent") == whole
        page.keyboard.press("Enter")
        counted(page, "2 of the first 500 of 698")
        assert len(painted(page, IN_MARKS)["current"]) == 1
        page.keyboard.press("Escape")
        expect(page.locator("mark.fn-match")).to_have_count(0)
        assert text.evaluate("(element) => element.textContent") == whole


def test_a_place_that_is_read_late_does_not_take_the_reader_from_a_later_one(page: Page) -> None:
    find(page, "Lærke")
    counted(page, "1 of 3")
    late: list[Route] = []
    page.route("**/text?*", lambda route: route.continue_() if late else late.append(route))
    with page.expect_request("**/text?*"):
        page.keyboard.press("Enter")
    counted(page, "2 of 3")
    page.keyboard.press("Enter")
    page.wait_for_function("() => [...(CSS.highlights.get('fn-match-current') ?? [])].join() === 'lærke'")
    with page.expect_response("**/text?*"):
        late[0].continue_()
    page.wait_for_timeout(300)
    counted(page, "3 of 3")
    assert painted(page)["current"] == ["lærke"]
    assert page.evaluate(CURRENT_IN_VIEW)


def test_what_fails_once_is_said_and_can_be_tried_again(chromium: Browser, pier: str) -> None:
    with opened(chromium, pier, failing=True) as page:
        row(page, TITLE).locator(".fn-report").click()
        later = page.get_by_role("button", name="Show more below")
        later.wait_for()
        refusal = {"detail": "The disk is gone."}
        page.route("**/v1/documents/*/*", lambda route: route.fulfill(status=500, json=refusal))
        later.click()
        expect(page.locator("#fn-toasts [role=alert] p")).to_have_text("The disk is gone.")
        expect(page.locator("#fn-source .fn-text")).to_contain_text("The ferry Lærke was launched first.")
        find(page, "Lærke")
        counted(page, "The disk is gone.")
        page.unroute_all()
        page.keyboard.press("Enter")
        counted(page, "2 of 3")  # The first match after the words in view.


def test_the_page_with_the_found_words_is_shown_with_these_marked(seed_page: Page) -> None:
    page = seed_page
    ask(page, "How many times did Pavo Arnholt telephone Corin Dalvey?")
    page.locator(".fn-mark").first.click()
    page.get_by_role("button", name="Page", exact=True).click()
    find(page, "Port Quell")
    counted(page, "1 of 1")
    expect(page.locator(".fn-sheet-count")).to_have_text("Page 3 of 3")
    address = page.locator(".fn-sheet img").get_attribute("src") or ""
    start, end = (int(address.split(f"{name}=")[1].split("&")[0]) for name in ("start", "end"))
    assert end - start == len("Port Quell")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Back to the quote").click()
    expect(page.locator(".fn-sheet-count")).to_have_text("Page 2 of 3")
