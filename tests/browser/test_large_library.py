"""Browser tests: a list of five thousand reports scrolls and is narrowed without blocking the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.browsing import walk
from benchmarks.many_reports import library_of
from rag.engine import QueryEngine
from tests.browser.pages import Watched, opened, serving
from tests.browser.rows import titles

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
    with opened(chromium, crowded) as watched:
        yield watched.page
        assert sound(watched)


def sound(watched: Watched) -> bool:
    return (watched.errors, watched.elsewhere) == ([], [])


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
    with opened(chromium, crowded, viewport={"width": 390, "height": 844}) as watched:
        expect(watched.page.locator(".fn-library-count")).to_have_text("Library (5,000)")
        expect(watched.page.locator("#fn-library")).to_be_hidden()
        assert 0 < rows(watched.page).count() < 40


def test_rows_follow_one_another_without_gaps_wherever_the_list_is_scrolled_to(page: Page) -> None:
    scroller = page.locator("#fn-library-panel .fn-list")
    for share in (0.1, 0.5, 0.97, 0.3):
        scroller.evaluate("(list, share) => { list.scrollTop = list.scrollHeight * share; }", share)
        page.wait_for_timeout(300)
        places = rows(page).evaluate_all(
            """(rows) => rows.map((row) => {
              const { top, height } = row.getBoundingClientRect();
              const list = row.closest('.fn-list');
              const above = list.getBoundingClientRect().top - list.scrollTop;
              return [Number(row.ariaPosInSet), top - above, height];
            })"""
        )
        assert [place for place, _, _ in places] == list(range(places[0][0], places[0][0] + len(places)))
        ends = [top + height for _, top, height in places]
        gaps = [top - end for (_, top, _), end in zip(places[1:], ends, strict=False)]
        assert max(map(abs, gaps)) < 0.1
        seen = scroller.evaluate("(list) => [list.scrollTop, list.scrollTop + list.clientHeight]")
        assert places[0][1] <= seen[0]
        assert ends[-1] >= seen[1]


def test_a_row_that_is_passed_by_while_scrolling_up_does_not_move_what_is_seen(page: Page) -> None:
    scroller = page.locator("#fn-library-panel .fn-list")
    scroller.evaluate("(list) => { list.scrollTop = list.scrollHeight / 2; }")
    page.wait_for_timeout(300)
    moved = page.evaluate(
        """async () => {
          const list = document.querySelector('#fn-library-panel .fn-list');
          const frame = () => new Promise(requestAnimationFrame);
          const moves = [];
          for (let step = 0; step < 30; step++) {
            const row = [...list.querySelectorAll('li')].find((one) =>
              one.getBoundingClientRect().top > list.getBoundingClientRect().top);
            const before = row.getBoundingClientRect().top;
            list.scrollBy(0, -90);
            await frame();
            await frame();
            moves.push(Math.round(row.getBoundingClientRect().top - before));
          }
          return moves;
        }"""
    )
    assert moved == [90] * 30


def test_the_report_that_is_looked_for_is_found_among_thousands(page: Page) -> None:
    page.get_by_role("searchbox", name="Find a report").fill("report 4321 ")
    expect(titles(page)).to_have_text(
        ["Report 4321 on the schools of Quellbrook: what was found, and what became of it"]
    )
    expect(page.locator(".fn-count")).to_have_text("1 of 5,000 reports")


def test_no_step_of_a_person_keeps_the_page_busy(page: Page) -> None:
    slow = [step for step in walk(page, 1) if step.busy > BUSY]
    assert slow == []
