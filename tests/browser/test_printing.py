"""Browser tests: the printed page."""

from __future__ import annotations

import pypdfium2
import pytest
from playwright.sync_api import Browser

from tests.browser.pages import Watched, ask, opened

pytestmark = pytest.mark.browser

DISPLACED = "How many people were displaced on 12 May 2025?"


def printed(pdf: bytes) -> list[str]:
    """The words of each sheet, with white space as single spaces."""
    sheets = pypdfium2.PdfDocument(pdf)
    return [" ".join(sheet.get_textpage().get_text_range().split()) for sheet in sheets]


@pytest.mark.journey
def test_the_conversation_is_printed_then_the_whole_report_that_is_open(seed_page: Watched) -> None:
    page = seed_page.page
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
    with opened(chromium, seed_server, color_scheme=scheme) as watched:
        watched.page.emulate_media(media="print")
        colour = "getComputedStyle(document.body).getPropertyValue('--fn-text').trim()"
        assert watched.page.evaluate(colour) == "#1d1c1a"
        assert (watched.errors, watched.elsewhere) == ([], [])
