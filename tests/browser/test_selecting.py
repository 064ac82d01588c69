"""Browser tests: ask about a report or about selected words of it, and copy the selection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.pages import MARKED, ServeFiles, opened, place_of, report_at
from tests.browser.rows import row
from tests.support.background import wait_until

pytestmark = pytest.mark.browser
TITLE = "The looms of <b>Tarn</b> 😀"
WORDS = "Loom 7 <img src=x onerror=document.title='owned'> was built by hand"
FILLER = " ".join(f"In year {number} a loom was added." for number in range(1, 60))
SAID = 'publisher: "Weavers’ Guild"\npublished: "1931-05"\ntitle: "The looms of <b>Tarn</b> 😀"\n'

SELECT = """([first, last]) => {
  const container = document.querySelector('#fn-source .fn-text');
  const walker = document.createTreeWalker(container, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const { data } = walker.currentNode;
    if (data.includes(first)) range.setStart(walker.currentNode, data.indexOf(first));
    if (data.includes(last)) range.setEnd(walker.currentNode, data.indexOf(last) + last.length);
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


@pytest.fixture(scope="module")
def mill(serve_files: ServeFiles) -> str:
    """The URL of a server over a report on looms, and another report."""
    return serve_files(
        {
            "looms.md": f"# Looms 𝕏\n\n😀 {WORDS} in Tarn.\n\n{FILLER}\n",
            "looms.md.meta.yaml": SAID,
            "mill.txt": "The mill of Ostmere\n\nIt grinds barley.\n",
        }
    )


@pytest.fixture
def page(chromium: Browser, mill: str) -> Iterator[Page]:
    with opened(chromium, mill, permissions=["clipboard-read", "clipboard-write"]) as page:
        row(page, TITLE).locator(".fn-report").click()
        page.locator("#fn-source .fn-text").wait_for()
        yield page
        assert page.title() == "Footnoted"


def looms(server: str) -> int:
    return int(report_at(server, "looms.md")["document_id"])


def select(page: Page, first: str, last: str) -> None:
    """Select words until the toolbar appears: a text field that changes late takes the selection away."""

    def is_shown() -> bool:
        page.evaluate(SELECT, [first, last])
        page.wait_for_timeout(500)
        return page.locator(".fn-selected").is_visible()

    wait_until(is_shown)


def question(page: Page) -> Locator:
    return page.get_by_label("Your question")


def scoped(page: Page) -> list[int]:
    """The reports that the question is narrowed to; fails if there is any other filter."""
    scope = page.evaluate("module('desk/scope.js').then((scope) => scope.getScope())")
    ids: list[int] = scope.pop("document_ids")
    assert not any(scope.values())
    return ids


@pytest.mark.journey
def test_a_report_is_asked_about_and_about_nothing_else(page: Page, mill: str) -> None:
    narrow = "module('desk/scope.js').then((scope) => scope.setScope({ languages: ['km'] }))"
    page.evaluate(narrow)
    expect(page.locator("#fn-narrowed .fn-chip")).to_have_count(1)
    page.get_by_role("button", name="Ask about this report").click()
    assert scoped(page) == [looms(mill)]
    expect(page.locator("#fn-narrowed .fn-chip-words")).to_have_text([f"Report: {TITLE}"])
    expect(question(page)).to_be_focused()
    expect(question(page)).to_have_value("")
    expect(page.locator("#fn-source")).to_be_visible()


def test_selected_words_begin_the_question(page: Page, mill: str) -> None:
    question(page).fill("how?")
    select(page, "Loom 7", "by hand")
    page.get_by_role("button", name="Ask about this selection").click()
    expect(question(page)).to_have_value(f"About “{WORDS}”: how?")
    expect(question(page)).to_be_focused()
    assert scoped(page) == [looms(mill)]
    expect(page.locator(".fn-selected")).to_be_hidden()
    page.keyboard.type(" and when")
    expect(question(page)).to_have_value(f"About “{WORDS}”: how? and when")
    select(page, "Loom 7", "Loom 7")
    page.get_by_role("button", name="Ask about this selection").click()
    expect(question(page)).to_have_value("About “Loom 7”: how? and when")


def test_a_long_selection_is_shortened_between_two_words(page: Page) -> None:
    select(page, "In year 1 a", "In year 40 a loom was added.")
    page.get_by_role("button", name="Ask about this selection").click()
    said = question(page).input_value()
    begun = said.removeprefix("About “").removesuffix("…”: ")
    assert 140 < len(begun) <= 160
    assert FILLER.startswith(f"{begun} ")


def test_the_bar_is_reached_by_the_keyboard_and_left_by_escape(page: Page) -> None:
    page.locator(".fn-desk-body").focus()
    select(page, "Loom 7", "by hand")
    for _ in range(3):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Ask about this selection":
            break
    expect(page.get_by_role("button", name="Ask about this selection")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".fn-selected")).to_be_hidden()
    expect(page.locator("#fn-source")).to_be_visible()
    expect(page.locator(".fn-desk-body")).to_be_focused()


def test_keys_ask_about_the_selection_or_else_the_report(page: Page, mill: str) -> None:
    page.locator(".fn-desk-body").focus()
    select(page, "Loom 7", "Loom 7")
    page.keyboard.press("a")
    expect(question(page)).to_have_value("About “Loom 7”: ")
    question(page).fill("")
    page.evaluate("getSelection().removeAllRanges()")
    page.locator(".fn-desk-body").focus()
    page.keyboard.press("a")
    expect(question(page)).to_be_focused()
    expect(question(page)).to_have_value("")
    assert scoped(page) == [looms(mill)]


def test_a_selection_is_copied_with_its_source_and_a_link_to_it(
    page: Page, chromium: Browser, mill: str
) -> None:
    select(page, "Loom 7", "by hand")
    page.get_by_role("button", name="Copy with source").click()
    expect(page.locator(".fn-selected [role=status]")).to_have_text("Copied")
    link = f"{mill}/{place_of(mill, WORDS, looms(mill))}"
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"“{WORDS}”\n{TITLE}, Weavers’ Guild, May 1931\n{link}\n"
    with opened(chromium, mill, link.removeprefix(f"{mill}/")) as other:
        other.locator("#fn-source mark").first.wait_for()
        assert other.evaluate(MARKED) == WORDS
    page.evaluate("navigator.clipboard.writeText('')")
    page.locator(".fn-desk-body").focus()
    page.keyboard.press("c")
    page.wait_for_function("navigator.clipboard.readText().then((words) => words.startsWith('“Loom 7'))")
