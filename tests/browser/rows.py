"""Locators for the rows of the library and of the conversations, by their visible text."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


def titles(page: Page) -> Locator:
    """The titles of the reports in the list, in its order, as far as the page has rendered them."""
    return page.locator("#fn-library-panel .fn-report-title")


def groups(page: Page) -> Locator:
    return page.locator("#fn-library-panel .fn-group")


def row(page: Page, title: str) -> Locator:
    return page.locator("#fn-library-panel .fn-batch > li").filter(
        has=page.locator(".fn-report-title", has_text=title)
    )


def more(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=f"More actions for {name}")


def choose(page: Page, name: str, action: str) -> None:
    more(page, name).click()
    page.get_by_role("menuitem", name=action).click()


def find(page: Page, words: str) -> None:
    page.get_by_role("searchbox", name="Find a report").fill(words)


def open_filters(page: Page) -> Locator:
    """Unfold the facets, and return them."""
    page.get_by_role("button", name="Filters").click()
    return page.get_by_role("region", name="Filters")


def chips(page: Page) -> Locator:
    return page.locator("#fn-narrowed .fn-chip-words")
