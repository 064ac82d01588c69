"""Browser tests: the page is in the language of its reader, and says what the search does not read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from index.ingest.synchronize import sync
from rag.engine import QueryEngine
from tests.browser.desks import PHONE, add, state, text
from tests.browser.pages import ARRESTS, ask, opened, serving
from tests.browser.test_accessibility import violations
from tests.support.background import Held
from ui.opening import open_library
from ui.page.head import locale_in
from ui.settings import Settings


@pytest.mark.journey
@pytest.mark.parametrize(
    ("tag", "language", "date"),
    [
        ("id-ID", "id", "27 Juni 2025"),
        # Chromium itself has no names of months in Khmer.
        ("km-KH", "km", "27 មិថុនា 2025"),
        ("vi-VN", "vi", "27 tháng 6, 2025"),
        ("zh-CN", "zh", "2025年6月27日"),
        ("en-GB", "en", "27 June 2025"),
    ],
)
def test_the_page_speaks_the_reader_s_language(
    chromium: Browser, seed_server: str, tag: str, language: str, date: str
) -> None:
    words = locale_in(language).text
    with opened(chromium, seed_server, locale=tag) as page:
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.get_by_role("tab")).to_have_text([words("library.title"), words("history.title")])
        row = page.locator("#fn-library .fn-report", has_text="Correction 2025/07")
        expect(row.locator(".fn-fact").last).to_have_text(date)
        question = page.get_by_label(words("chat.question"))
        expect(question).to_have_attribute("placeholder", words("chat.placeholder"))
        question.fill(ARRESTS)
        page.get_by_role("button", name=words("chat.ask"), exact=True).click()
        again = page.locator("#fn-conversation .fn-act-again")
        expect(again).to_have_text(words("act.again"))
        expect(page.locator(".fn-strip-name")).to_have_text(words("strip.sources", count=1))


# The languages that the search reads


ENGLISH = "The harbour of Tessaveld was dredged twice in the spring, and forty ships waited outside."
FRENCH = "Le gouvernement a fermé onze écoles primaires parce que les toits menaçaient de s'effondrer."
UNREAD = "The search does not read French yet: it finds the words, but not what they mean."
COST = (
    "It can after about 20 sec in the background (2 passages), and then takes 1.7 GB more memory and 245 MB "
    "of disk."
)
WHY_IN_CHINESE = "港口为什么关闭了整整两天？"


@contextmanager
def reading(browser: Browser, folder: Path, **context: Any) -> Iterator[Page]:  # noqa: ANN401
    """A page over a library of one English report, whose server may change over to another encoder."""
    (folder / "reports").mkdir()
    (folder / "reports" / "harbour.txt").write_text(f"The harbour\n\n{ENGLISH}\n", encoding="utf-8")
    settings = Settings(home=folder / "home")
    with open_library(settings, allow_other_model=True) as library:
        sync(library, [folder / "reports"])
        engine = QueryEngine(library, keeps=True)
        with serving(library, engine, settings) as url, opened(browser, url, **context) as page:
            yield page


def notice(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Languages of the reports")


def add_french_report(page: Page) -> None:
    add(page, text("ecoles.txt", f"Les écoles\n\n{FRENCH}\n"))
    expect(state(page, "ecoles.txt")).to_have_text("Added")


def test_a_french_report_is_announced_with_the_cost_and_read_after_one_click(
    chromium: Browser, tmp_path: Path, slow: Held
) -> None:
    slow.hold()
    with reading(chromium, tmp_path) as page:
        expect(notice(page)).to_be_hidden()
        add_french_report(page)
        expect(notice(page)).to_contain_text(UNREAD)
        expect(notice(page)).to_contain_text(COST)
        assert violations(page) == []
        notice(page).get_by_role("button", name="Read 93 languages").click()
        expect(notice(page)).to_contain_text("Preparing to read 93 languages")
        expect(notice(page).get_by_role("button")).to_have_text(["Cancel"])
        assert slow.reached.wait(30)
        page.reload()
        expect(notice(page)).to_contain_text("Preparing to read 93 languages")
        notice(page).get_by_role("button", name="Cancel").click()
        slow.go_on.set()
        expect(notice(page)).to_contain_text("Cancelled. What is done is kept.")
        notice(page).get_by_role("button", name="Go on").click()
        expect(notice(page)).to_contain_text("The search now reads 93 languages. Ask again in any of them.")
        page.reload()
        expect(page.locator("#fn-library .fn-count:not(:empty)")).to_be_attached()
        expect(notice(page)).to_be_hidden()


def test_a_dismissed_notice_stays_away_until_another_language_comes_or_it_is_opened(
    chromium: Browser, tmp_path: Path, slow: Held
) -> None:
    del slow
    with reading(chromium, tmp_path, color_scheme="dark", **PHONE) as page:
        page.get_by_role("button", name="Library").first.click()
        add_french_report(page)
        page.keyboard.press("Escape")
        expect(notice(page)).to_contain_text(UNREAD)
        assert violations(page) == []
        notice(page).get_by_role("button", name="Close the notice").click()
        expect(notice(page)).to_be_hidden()
        page.reload()
        expect(page.locator("#fn-library .fn-count:not(:empty)")).to_be_attached()
        expect(notice(page)).to_be_hidden()
        ask(page, WHY_IN_CHINESE)
        expect(notice(page)).to_contain_text("The search does not read French and Chinese yet")
        notice(page).get_by_role("button", name="Close the notice").click()
        expect(notice(page)).to_be_hidden()
        page.get_by_role("button", name="Let the library read this language").click()
        expect(notice(page)).to_contain_text("The search does not read French and Chinese yet")
        expect(notice(page).get_by_role("button", name="Read 93 languages")).to_be_focused()
