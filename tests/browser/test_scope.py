"""Browser tests: filters of the question are shown as chips above its input."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import Watched

pytestmark = pytest.mark.browser

NOTHING: dict[str, Any] = {
    "publishers": [],
    "languages": [],
    "collections": [],
    "kinds": [],
    "document_ids": [],
    "published_after": None,
    "published_before": None,
}
HOSTILE = "<img src=x onerror=document.title='owned'>"


def set_scope(page: Page, changes: dict[str, Any]) -> None:
    page.evaluate("(changes) => module('desk/scope.js').then((scope) => scope.setScope(changes))", changes)


def get_scope(page: Page) -> dict[str, Any]:
    scope: dict[str, Any] = page.evaluate("module('desk/scope.js').then((scope) => scope.getScope())")
    return scope


def chips(page: Page) -> Locator:
    return page.locator("#fn-narrowed .fn-chip")


def said(page: Page) -> Locator:
    return page.locator("body > [role=status]")


def test_nothing_is_shown_while_nothing_is_narrowed(seed_page: Watched) -> None:
    page = seed_page.page
    assert get_scope(page) == NOTHING
    expect(page.locator("#fn-narrowed")).to_be_hidden()


@pytest.mark.journey
def test_each_thing_is_a_chip_that_says_what_it_narrows(seed_page: Watched) -> None:
    page = seed_page.page
    changes = {
        "publishers": ["The Harlamoor Courier"],
        "languages": ["en", "km"],
        "collections": ["Floods"],
        "kinds": ["docx"],
        "published_after": "2025-01",
        "published_before": "2025-12-24",
        "colour": "red",
    }
    set_scope(page, changes)
    shown = [
        "Publisher: The Harlamoor Courier",
        "Language: English",
        "Language: Khmer",
        "Collection: Floods",
        "Kind: Word",
        "Published after January 2025",
        "Published before 24 December 2025",
    ]
    expect(chips(page).locator(".fn-chip-words")).to_have_text(shown)
    assert chips(page).evaluate_all("(all) => all.map((one) => one.getAttribute('aria-label'))") == [
        f"Remove filter {words}" for words in shown
    ]
    expect(said(page)).to_have_text(f"Searching only in: {', '.join(shown[:-1])} and {shown[-1]}.")
    del changes["colour"]
    assert get_scope(page) == {**NOTHING, **changes}


def test_a_report_is_named_by_its_title(seed_page: Watched) -> None:
    page = seed_page.page
    set_scope(page, {"document_ids": [1]})
    expect(chips(page).locator(".fn-chip-words")).to_have_text(
        ["Report: Cambodia sweeps scam dens nationwide on the prime minister's order"]
    )


def test_a_chip_that_is_removed_leaves_the_others_and_the_focus_among_them(seed_page: Watched) -> None:
    page = seed_page.page
    set_scope(page, {"publishers": ["A", "B", "C"]})
    page.get_by_role("button", name="Remove filter Publisher: B").press("Enter")
    assert get_scope(page)["publishers"] == ["A", "C"]
    expect(page.get_by_role("button", name="Remove filter Publisher: C")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove filter Publisher: A")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your question")).to_be_focused()
    assert get_scope(page) == NOTHING
    expect(said(page)).to_have_text("Searching the whole library.")


def test_all_are_removed_at_once(seed_page: Watched) -> None:
    page = seed_page.page
    set_scope(page, {"publishers": ["A"], "published_after": "2025"})
    page.get_by_role("button", name="Clear all").click()
    assert get_scope(page) == NOTHING
    expect(page.locator("#fn-narrowed")).to_be_hidden()
    expect(page.get_by_label("Your question")).to_be_focused()


def test_listeners_hear_of_each_change_once(seed_page: Watched) -> None:
    page = seed_page.page
    heard = page.evaluate(
        """module('desk/scope.js').then(({ onScope, setScope }) => {
          const heard = [];
          const end = onScope((scope) => heard.push([scope.publishers, scope.published_after]));
          setScope({ publishers: ['A', 'A'] });
          setScope({ publishers: ['A'] });
          setScope({ published_after: '' });
          setScope({ published_after: '2025' });
          end();
          setScope({ published_after: null });
          return heard;
        })"""
    )
    assert heard == [[["A"], None], [["A"], "2025"]]


def test_the_chat_is_told_of_each_change(seed_page: Watched) -> None:
    page = seed_page.page
    told = page.evaluate(
        """module('desk/scope.js').then(({ setScope }) => {
          const [box, area] = ['div', 'textarea'].map((tag) => document.createElement(tag));
          const told = [];
          area.addEventListener('input', () => told.push(JSON.parse(area.value)));
          box.id = 'fn-scope';
          box.append(area);
          document.querySelectorAll('#fn-scope').forEach((other) => other.remove());
          document.body.append(box);
          setScope({ publishers: ['A'] });
          setScope({ publishers: [] });
          return told;
        })"""
    )
    assert told == [{**NOTHING, "publishers": ["A"]}, NOTHING]


def test_words_of_a_document_are_words_in_a_chip(seed_page: Watched) -> None:
    page = seed_page.page
    set_scope(page, {"publishers": [HOSTILE], "collections": ["{name} &lt;b&gt;"], "languages": ["no such"]})
    expect(chips(page).locator(".fn-chip-words")).to_have_text(
        [f"Publisher: {HOSTILE}", "Language: no such", "Collection: {name} &lt;b&gt;"]
    )
    expect(page.locator("#fn-narrowed img")).to_have_count(0)
    assert page.title() == "Footnoted"
