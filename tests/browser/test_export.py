"""Browser tests: an exported page is no wider than its window, whatever words it contains."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser

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
