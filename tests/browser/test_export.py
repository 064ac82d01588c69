"""Browser tests: an exported page fits its window, and a printed one has the conversation and the report."""

from __future__ import annotations

from dataclasses import replace

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.pages import ask, opened
from tests.support.exports import exported, full_answer
from ui.export import HTML

pytestmark = pytest.mark.browser

LONG = "https://example.org/" + "Untersuchungsbericht" * 8


def exported_page() -> str:
    made = full_answer()
    [found] = made.disagreements
    first, second = found.figures
    figures = (replace(first, title=LONG, value="1,043,000,000.00", published="2025-09-30"), second)
    cited = tuple(replace(each, title=LONG, quote=LONG) for each in made.citations)
    made = replace(made, question=LONG, citations=cited, disagreements=(replace(found, figures=figures),))
    return exported(HTML, made).decode()


@pytest.mark.journey
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_reaches_beyond_the_window(chromium: Browser, width: int) -> None:
    with chromium.new_page(viewport={"width": width, "height": 844}) as page:
        page.set_content(exported_page())
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_no_word_of_a_table_s_head_is_broken_on_a_phone(chromium: Browser) -> None:
    with chromium.new_page(viewport={"width": 390, "height": 844}) as page:
        page.set_content(exported_page())
        [height] = page.locator("thead").evaluate_all("(heads) => heads.map((head) => head.offsetHeight)")
        two_lines = 2 * 1.6 * 15
        assert height < two_lines


# On paper


DISPLACED = "How many people were displaced on 12 May 2025?"


def printed(pdf: bytes) -> list[str]:
    """The words of each sheet, with white space as single spaces."""
    sheets = pypdfium2.PdfDocument(pdf)
    return [" ".join(sheet.get_textpage().get_text_range().split()) for sheet in sheets]


@pytest.mark.journey
def test_the_conversation_is_printed_then_the_whole_report_that_is_open(page: Page) -> None:
    ask(page, DISPLACED)
    page.locator(".fn-disagreement .fn-mark").last.wait_for()
    page.locator(".fn-mark").first.click()
    page.locator("#fn-source mark").first.wait_for()
    title = page.locator("#fn-source h2").text_content() or ""
    last = page.locator("#fn-source .fn-text p").last.text_content() or ""
    sheets = printed(page.pdf())
    assert DISPLACED in sheets[0]
    assert any(sheet.startswith(title) for sheet in sheets[1:])
    assert " ".join(last.split()) in sheets[-1]
    for control in ("Library", "Ask about this report", "Find", "Your question", "Start over"):
        assert control not in " ".join(sheets)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_light(chromium: Browser, seed_server: str, scheme: str) -> None:
    with opened(chromium, seed_server, color_scheme=scheme) as page:
        page.emulate_media(media="print")
        colour = "getComputedStyle(document.body).getPropertyValue('--fn-text').trim()"
        assert page.evaluate(colour) == "#1d1c1a"
