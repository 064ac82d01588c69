"""The views of the page: each function acts like a user to reach one, for screenshots and checks."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from rag.suggesting import MAX_STARTERS
from tests.browser.pages import ARRESTS, BIRD, answered, ask

DAM = "How many times did Pavo Arnholt telephone Corin Dalvey?"
DISPLACED = "How many people were displaced on 12 May 2025?"

PHONE_PIXELS = 992
"""Up to this width of the window, in pixels, the areas beside the conversation are drawers (62rem)."""


def is_phone(page: Page) -> bool:
    size = page.viewport_size
    return size is not None and size["width"] <= PHONE_PIXELS


def show_library(page: Page) -> None:
    if page.locator("#fn-library").get_attribute("data-as") == "closed":
        page.locator(".fn-open-library:visible").first.click()
    page.get_by_role("tab", name="Library").click()
    page.locator("#fn-library .fn-report").first.wait_for()


def first_visit(page: Page) -> None:
    """Leave the page as it is on the first visit, with all the questions to begin with."""
    page.locator("#fn-starters button").nth(MAX_STARTERS - 1).wait_for()


def an_answer(page: Page) -> None:
    """Ask a question on which the sources disagree, and unfold its footnotes."""
    answered(page, DISPLACED)
    page.locator(".fn-footnotes summary").last.click()


def a_card(page: Page) -> None:
    """Show the card of a footnote's mark."""
    answered(page, ARRESTS)
    page.locator("#fn-conversation .fn-mark").first.focus()
    page.locator("#fn-card").wait_for()


def no_answer(page: Page) -> None:
    """Ask a question without an answer, so that the nearest passages are shown."""
    ask(page, BIRD)
    page.locator("#fn-conversation .fn-abstention").wait_for()


def a_source(page: Page) -> None:
    """Show the words of a footnote in the text of its report."""
    answered(page, DISPLACED)
    page.locator("#fn-conversation .fn-mark").first.click()
    page.locator("#fn-source mark").first.wait_for()


def a_page(page: Page) -> None:
    answered(page, DAM)
    page.locator("#fn-conversation .fn-mark").first.click()
    page.locator("#fn-source mark").first.wait_for()
    button = page.locator("#fn-source").get_by_role("button", name="Page", exact=True)
    if button.count():
        button.click()
    page.locator("#fn-source img:not(.fn-arriving)").wait_for()


def found_words(page: Page) -> None:
    a_source(page)
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("searchbox", name="Find in this report").fill("people")
    page.locator(".fn-find-count:not(:empty)").wait_for()


def about_a_report(page: Page) -> None:
    """Show the details of a report and their origins."""
    a_source(page)
    page.get_by_role("button", name="About", exact=True).click()
    page.locator("#fn-source .fn-about").first.wait_for()


def the_library(page: Page) -> None:
    """Show the library with a filter, which narrows the question, too."""
    show_library(page)
    page.get_by_role("button", name="Filters").click()
    page.locator("#fn-library .fn-facet input[type=checkbox]").first.check()
    page.locator(".fn-chip").first.wait_for(state="attached")


def the_history(page: Page) -> None:
    answered(page, ARRESTS)
    if page.locator("#fn-library").get_attribute("data-as") == "closed":
        page.locator(".fn-open-library:visible").first.click()
    page.get_by_role("tab", name="Conversations").click()
    page.locator("#fn-library .fn-conversation-open").first.wait_for()


def the_model(page: Page) -> None:
    page.get_by_role("button", name="Quotes only").click()
    page.get_by_label("Model provider").select_option(label="OpenAI or a compatible server")
    page.get_by_label("Model", exact=True).fill("small")


def the_shortcuts(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()


VIEWS: dict[str, Callable[[Page], None]] = {
    "first-visit": first_visit,
    "answer": an_answer,
    "card": a_card,
    "no-answer": no_answer,
    "source": a_source,
    "page": a_page,
    "find": found_words,
    "about": about_a_report,
    "library": the_library,
    "history": the_history,
    "model": the_model,
    "shortcuts": the_shortcuts,
}
"""The function for each view, by a name that also serves as a file name; each begins at a new page."""

SIZES = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")
