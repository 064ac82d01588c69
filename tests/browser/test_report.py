"""Browser tests: the head of a report shows its details, and its sections can be navigated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.browser.pages import MARKED, ServeFiles, opened, place_of, report_at
from tests.browser.rows import row
from tests.support.pdf_files import column, draw

pytestmark = pytest.mark.browser

CHAPTERS = ("Rivers", "Bridges", "Mills", "Lanterns")
QUOTED = "Of bridges, passage 7 of this chapter speaks at some length."

WADI = "تقرير عن الفيضانات في وادي النهر"
FLOODED = " ".join(f"تضرر {number * 7} منزلا في القرية رقم {number}." for number in range(1, 20))

HARBOUR = " ".join(
    f"Berth {number} of Ostmere was dredged to {number + 4} metres by the crew of barge {number * 3}."
    for number in range(1, 41)
)


def chapters() -> str:
    """Four chapters of some 6,000 characters each, so that the panel loads only a part of them."""
    return "# The book of Quellbrook\n\n" + "\n\n".join(
        f"## {name}\n\n"
        + "\n\n".join(
            f"Of {name.lower()}, passage {number} of this chapter speaks at some length."
            for number in range(1, 100)
        )
        for name in CHAPTERS
    )


def picture_page(canvas: Canvas) -> None:
    """A page as a scanner makes it: a picture without text."""
    canvas.drawImage(ImageReader(Image.new("RGB", (60, 80), "grey")), 50, 50, width=480, height=700)


@pytest.fixture(scope="module")
def shelf(serve_files: ServeFiles) -> str:
    """The URL of a server over a book, a partly scanned PDF, and two files with the same text."""
    words = column("The tannery of Westmere", "", "The tannery was sold in 1934 for 4,200 guilders.")
    return serve_files(
        {
            "book.md": chapters(),
            "scan.pdf": draw(picture_page, words, picture_page, picture_page),
            "harbour.txt": f"The harbour of Ostmere\n\n{HARBOUR}\n",
            "haven.txt": f"The haven of Ostmere\n\n{HARBOUR}\n",
            "haven.txt.meta.yaml": "collection: <i>Coast</i>\n",
            "wadi.txt": f"{WADI}\n\n{FLOODED}\n",
            "wadi.txt.meta.yaml": "language: ar\n",
        }
    )


@pytest.fixture
def page(chromium: Browser, shelf: str) -> Iterator[Page]:
    with opened(chromium, shelf) as page:
        yield page


def open_report(page: Page, title: str) -> None:
    row(page, title).locator(".fn-report").click()
    expect(page.locator("#fn-source h2")).to_have_text(title)


@pytest.mark.journey
def test_the_sections_of_a_report_are_listed_and_lead_to_their_places(page: Page) -> None:
    open_report(page, "The book of Quellbrook")
    contents = page.get_by_role("button", name="Contents")
    expect(page.locator(".fn-outline")).to_be_hidden()
    expect(contents).to_have_attribute("aria-expanded", "false")
    contents.focus()
    page.keyboard.press("Enter")
    expect(contents).to_have_attribute("aria-expanded", "true")
    entries = page.locator(".fn-outline li button")
    expect(entries).to_have_text(["The book of Quellbrook", *CHAPTERS])
    for name in reversed(CHAPTERS):
        if page.locator(".fn-outline").is_hidden():
            contents.click()
        page.locator(".fn-outline").get_by_role("button", name=name, exact=True).click()
        heading = page.locator("#fn-source .fn-text").get_by_role("heading", name=name, exact=True)
        expect(heading).to_be_in_viewport()
        expect(page.locator(".fn-outline")).to_be_hidden()
        expect(page.locator(".fn-desk-body")).to_be_focused()
        expect(page.locator(".fn-outline [aria-current]")).to_have_text([name])


def test_the_quoted_words_are_found_again_from_a_section_far_away(chromium: Browser, shelf: str) -> None:
    book = report_at(shelf, "book.md")["document_id"]
    with opened(chromium, shelf, place_of(shelf, QUOTED, book)) as page:
        page.locator("#fn-source mark").first.wait_for()
        expect(page.get_by_role("button", name="Back to the quote")).to_be_hidden()
        page.get_by_role("button", name="Contents").click()
        page.locator(".fn-outline").get_by_role("button", name="Lanterns").click()
        expect(page.locator("#fn-source mark")).to_have_count(0)
        page.get_by_role("button", name="Back to the quote").click()
        expect(page.locator("#fn-source mark")).to_be_in_viewport()
        expect(page.locator("#fn-source mark")).to_be_focused()
        assert page.evaluate(MARKED) == QUOTED


def test_pages_without_text_are_named_behind_a_badge(page: Page, shelf: str) -> None:
    open_report(page, report_at(shelf, "scan.pdf")["title"])
    badge = page.get_by_role("button", name="3 pages not read")
    said = page.locator("#fn-source .fn-caution")
    expect(said).to_be_hidden()
    expect(badge).to_have_attribute("aria-expanded", "false")
    badge.focus()
    page.keyboard.press("Enter")
    expect(said).to_have_text("Pages 1, 3–4 are images without text and were not read.")
    expect(badge).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Enter")
    expect(said).to_be_hidden()


def test_the_time_of_a_file_is_not_shown_as_a_date(page: Page, shelf: str) -> None:
    known = report_at(shelf, "book.md")
    assert known["published"] is None
    open_report(page, "The book of Quellbrook")
    expect(page.locator(".fn-desk-head .fn-facts")).not_to_contain_text("date of the file")


def test_a_report_says_in_which_other_its_text_is_too_and_leads_there(page: Page) -> None:
    open_report(page, "The harbour of Ostmere")
    page.get_by_role("button", name="About", exact=True).click()
    expect(page.locator("#fn-source .fn-same")).to_contain_text("ame text is in The haven of Ostmere.")
    page.locator("#fn-source .fn-same").get_by_role("button", name="The haven of Ostmere").click()
    expect(page.locator("#fn-source h2")).to_have_text("The haven of Ostmere")
    expect(page.locator("#fn-source h2")).to_be_focused()
    expect(page.locator("#fn-source .fn-text")).to_be_visible()


def test_a_text_from_right_to_left_is_set_so_and_its_title_stands_above_it(page: Page) -> None:
    open_report(page, WADI)
    text = page.locator("#fn-source .fn-text")
    expect(text).to_have_attribute("lang", "ar")
    for words in (page.locator("#fn-source h2"), text.locator("p").last):
        assert words.evaluate("(element) => getComputedStyle(element).direction") == "rtl"
    edges = "(element) => Math.round(element.getBoundingClientRect().right)"
    assert page.locator("#fn-source h2").evaluate(edges) == text.evaluate(edges)
    page.get_by_role("button", name="Find", exact=True).click()
    page.keyboard.type("القرية")
    expect(page.locator(".fn-find-count")).to_have_text("1 of 19")
    direction = "(field) => getComputedStyle(field).direction"
    assert page.locator(".fn-find-field").evaluate(direction) == "rtl"
