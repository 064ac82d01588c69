"""Browser tests: a list of five thousand reports scrolls and is narrowed without blocking the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.browsing import walk
from benchmarks.many_reports import library_of
from rag.engine import QueryEngine
from tests.browser.pages import opened, serving

pytestmark = pytest.mark.browser

REPORTS = 5_000
BUSY = 120.0
"""Milliseconds that a step may take: twice the measured time, so that slower machines pass."""


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server over a library of five thousand reports."""
    with (
        library_of(tmp_path_factory.mktemp("crowd"), REPORTS) as index,
        serving(index, QueryEngine(index)) as server,
    ):
        yield server


@pytest.fixture
def page(chromium: Browser, crowded: str) -> Iterator[Page]:
    with opened(chromium, crowded) as page:
        yield page


def rows(page: Page) -> Locator:
    return page.locator("#fn-library-panel .fn-batch > li")


def test_only_what_is_seen_of_five_thousand_reports_is_in_the_page(page: Page) -> None:
    expect(page.locator(".fn-count")).to_have_text("5,000 reports")
    assert 5 < rows(page).count() < 40
    expect(rows(page).first).to_have_attribute("aria-setsize", "5000")
    page.locator(".fn-report").first.focus()
    page.keyboard.press("End")
    expect(rows(page).last).to_have_attribute("aria-posinset", "5000")
    expect(rows(page).last.locator(".fn-report")).to_be_focused()
    beyond = (
        "(row) => row.getBoundingClientRect().bottom - row.closest('.fn-list').getBoundingClientRect().bottom"
    )
    assert rows(page).last.evaluate(beyond) < 1
    assert rows(page).count() < 40


def test_a_closed_library_has_but_few_rows(chromium: Browser, crowded: str) -> None:
    with opened(chromium, crowded, viewport={"width": 390, "height": 844}) as page:
        expect(page.locator(".fn-library-count")).to_have_text("Library (5,000)")
        expect(page.locator("#fn-library")).to_be_hidden()
        assert 0 < rows(page).count() < 40


def test_no_step_of_a_person_keeps_the_page_busy(page: Page) -> None:
    slow = [step for step in walk(page, 1) if step.busy > BUSY]
    assert slow == []
