"""Prints how long each step of a user who looks through a large library keeps the page busy.

``python -m benchmarks.browsing [--reports N] [--rounds N] [--phone]``. While the page's main thread is busy,
the page does not respond. It needs Playwright and an installed Chromium.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.datasets import HOME
from benchmarks.desk import installed_chromium, serving
from benchmarks.many_reports import library_of

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Locator, Page


_SETTLED = 250.0
"""Milliseconds that are allowed for a step to end."""

_WATCH = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((task) => {
    window.longest = Math.max(window.longest, task.duration);
  })).observe({ type: 'longtask' });
}"""
"""Records the longest task; the browser reports tasks of 50 milliseconds and more."""


@dataclass(frozen=True, slots=True)
class Step:
    """In milliseconds; ``longest``, the wall time of a task, is 0 if none lasted 50."""

    name: str
    busy: float
    longest: float


def main() -> None:
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("--reports", type=int, default=5_000)
    made.add_argument("--rounds", type=int, default=5, help="how often each step is done")
    made.add_argument("--phone", action="store_true", help="on a window of 390 by 844")
    arguments = made.parse_args()
    with (
        library_of(HOME / f"browsing-{arguments.reports}", arguments.reports) as index,
        serving(index) as url,
    ):
        steps = list(measured(url, arguments.rounds, phone=arguments.phone))
    print(f"{'step':34}{'median':>9}{'most':>9}{'longest task':>15}   milliseconds")
    for name in dict.fromkeys(step.name for step in steps):
        same = [step for step in steps if step.name == name]
        busy = [step.busy for step in same]
        longest = max(step.longest for step in same)
        longest_task = f"{longest:.0f}" if longest else "under 50"
        print(f"{name:34}{statistics.median(busy):9.1f}{max(busy):9.1f}{longest_task:>15}")


def measured(url: str, rounds: int, *, phone: bool = False) -> Iterator[Step]:
    from playwright.sync_api import sync_playwright

    size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=size)  # type: ignore[arg-type]
        page.goto(url)
        page.locator("#fn-library .fn-report").first.wait_for(state="attached")
        if phone:
            page.locator("#fn-top .fn-open-library").click()
        yield from walk(page, rounds)
        browser.close()


def walk(page: Page, rounds: int) -> Iterator[Step]:
    counter = page.context.new_cdp_session(page)
    # Measure the time of the thread, not the wall time, so that other programs do not count.
    counter.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(_WATCH)
    page.wait_for_timeout(2_000)
    find = page.get_by_role("searchbox", name="Find a report")
    yield _step(page, counter, "nothing", lambda: None)
    for _ in range(rounds):
        find.focus()
        for letter in "ecluse 12":
            yield _step(page, counter, "type a letter", partial(page.keyboard.type, letter))
        yield _step(page, counter, "empty the field", lambda: page.keyboard.press("Escape"))
        yield from _narrow(page, counter)
        yield from _scroll(page, counter)
        yield from _order(page, counter)


def _narrow(page: Page, counter: CDPSession) -> Iterator[Step]:
    yield _step(page, counter, "unfold the facets", page.get_by_role("button", name="Filters").click)
    values = page.locator("#fn-facets .fn-values input")
    for place in (0, 1, 6, 11):
        for name in ("tick a facet", "untick it"):
            yield _step(page, counter, name, partial(_click, values.nth(place)))
    page.locator("#fn-facets summary").first.press("Escape")


def _click(box: Locator) -> None:
    # A ticked value moves up; a click by script neither waits nor scrolls.
    box.evaluate("(input) => input.click()")


def _scroll(page: Page, counter: CDPSession) -> Iterator[Step]:
    scroller = page.locator("#fn-library-panel .fn-list")
    scroller.hover()
    for _ in range(10):
        yield _step(page, counter, "turn the wheel by 600 pixels", lambda: page.mouse.wheel(0, 600))
    yield _step(
        page,
        counter,
        "drag to the middle",
        lambda: scroller.evaluate("(e) => { e.scrollTop = e.scrollHeight / 2; }"),
    )
    page.locator("#fn-library-panel [data-stop][tabindex='0']").first.focus()
    for key in ("End", "Home"):
        yield _step(page, counter, "leap to an end", partial(page.keyboard.press, key))


def _order(page: Page, counter: CDPSession) -> Iterator[Step]:
    for choice in ("Title", "Collection", "No grouping", "Newest first"):
        page.get_by_role("button", name="Sort and group").click()
        chosen = page.get_by_role("menuitemradio", name=choice)
        yield _step(page, counter, f"choose “{choice}”", chosen.click)


def _step(page: Page, counter: CDPSession, name: str, act: Callable[[], object]) -> Step:
    page.evaluate("() => { window.longest = 0; }")
    before = _busy(counter)
    act()
    page.wait_for_timeout(_SETTLED)
    busy = _busy(counter) - before
    return Step(name, busy, page.evaluate("() => window.longest"))


def _busy(counter: CDPSession) -> float:
    """In milliseconds, so far."""
    metrics = counter.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")) * 1000


if __name__ == "__main__":
    main()
