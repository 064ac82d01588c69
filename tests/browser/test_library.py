"""Browser tests: reports are found, sorted, grouped and narrowed, by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import SUFFIXES
from index.text.find import fold
from rag.engine import QueryEngine
from tests.browser.pages import opened, serving
from tests.browser.rows import chips, choose, find, groups, more, open_filters, row, titles

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Report:
    path: str
    title: str
    publisher: str
    published: str
    language: str = "en"


REPORTS = (
    Report("dams/gate.md", "Gate 3 of the Maravel dam", "Water Board", "2025-09-30"),
    Report("dams/sirens.md", "Sirens of the valley", "Ministry of Civil Protection", "2025-03"),
    Report("schools/lessons.md", "Écoles de la vallée", "Ministry of Education", "2024-02-01", "fr"),
    Report("schools/exams.txt", "Exams of the year", "", ""),
    Report("markets.md", "Łódź: markets of Lũ Lụt", "Statistics Office", "2019-06-02"),
    Report("tolls.md", "Tolls and bridges", "Statistics Office", "2019"),
)
GATE, SIRENS, LESSONS, EXAMS, MARKETS, TOLLS = (report.title for report in REPORTS)
NEWEST = [GATE, SIRENS, LESSONS, MARKETS, TOLLS, EXAMS]


@pytest.fixture(scope="module")
def shelf(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server over six reports with different collections, languages, kinds and dates."""
    folder = tmp_path_factory.mktemp("reports")
    for report in REPORTS:
        place = folder / report.path
        place.parent.mkdir(parents=True, exist_ok=True)
        words = f"Of {report.title} there is much to be said, and it is said at some length on these pages.\n"
        known = {name: getattr(report, name) for name in ("title", "publisher", "published", "language")}
        head = "".join(f'{name}: "{value}"\n' for name, value in known.items() if value)
        text = f"{report.title}\n\n{words}" if place.suffix == ".txt" else f"---\n{head}---\n\n{words}"
        place.write_text(text, encoding="utf-8")
    with Library.open(tmp_path_factory.mktemp("shelf"), encoder) as index:
        sync(index, [folder])
        with serving(index, QueryEngine(index)) as server:
            yield server


@pytest.fixture
def page(chromium: Browser, shelf: str) -> Iterator[Page]:
    with opened(chromium, shelf) as page:
        yield page


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.querySelector('.fn-report-title')?.textContent ?? ''")
    return text


def sort(page: Page, choice: str) -> None:
    page.get_by_role("button", name="Sort and group").click()
    page.get_by_role("menuitemradio", name=choice).click()


def test_the_newest_report_stands_first_and_what_has_no_date_last(page: Page) -> None:
    expect(titles(page)).to_have_text(NEWEST)
    expect(page.locator(".fn-count")).to_have_text("6 reports")
    expect(row(page, GATE).locator(".fn-facts")).to_have_text("Water Board 30 September 2025")
    expect(row(page, EXAMS).locator(".fn-facts")).to_have_text("plain text")
    expect(page.get_by_role("list", name="Reports")).to_have_count(1)
    places = page.locator("#fn-library-panel .fn-batch > li").evaluate_all(
        "(rows) => rows.map((row) => [row.ariaPosInSet, row.ariaSetSize])"
    )
    assert places == [[str(place), "6"] for place in range(1, 7)]


def test_the_list_is_sorted_as_is_chosen_also_on_the_next_visit(page: Page, shelf: str) -> None:
    by_title = [LESSONS, EXAMS, GATE, MARKETS, SIRENS, TOLLS]
    sort(page, "Title")
    expect(titles(page)).to_have_text(by_title)
    page.goto(shelf)
    expect(titles(page)).to_have_text(by_title)
    page.get_by_role("button", name="Sort and group").click()
    expect(page.get_by_role("menuitemradio", name="Title")).to_have_attribute("aria-checked", "true")


def test_collections_are_folders_that_can_be_folded(page: Page) -> None:
    sort(page, "Collection")
    expect(groups(page)).to_have_text(["dams 2", "schools 2", "No collection 2"])
    expect(titles(page)).to_have_text([GATE, SIRENS, LESSONS, EXAMS, MARKETS, TOLLS])
    fold_up = page.get_by_role("button", name="schools 2")
    fold_up.click()
    expect(fold_up).to_have_attribute("aria-expanded", "false")
    expect(fold_up).to_be_focused()
    expect(titles(page)).to_have_text([GATE, SIRENS, MARKETS, TOLLS])
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_count(6)


@pytest.mark.journey
def test_reports_are_found_by_words_of_title_publisher_and_collection_whatever_their_accents(
    page: Page,
) -> None:
    for words, found in (
        ("lodz lu lut", [MARKETS]),
        ("statistics", [MARKETS, TOLLS]),
        ("the ministry", [SIRENS]),
        ("dams", [GATE, SIRENS]),
    ):
        find(page, words)
        expect(titles(page)).to_have_text(found)
        expect(page.locator(".fn-count")).to_have_text(f"{len(found)} of 6 reports")
    find(page, "zeppelin")
    expect(titles(page)).to_have_count(0)
    expect(page.locator("#fn-library-panel .fn-empty")).to_contain_text("No results")
    page.get_by_role("button", name="Show all reports").click()
    expect(titles(page)).to_have_count(6)
    expect(page.get_by_role("searchbox", name="Find a report")).to_have_value("")


@pytest.mark.journey
def test_the_keys_lead_through_the_list_and_open_a_report(page: Page) -> None:
    page.get_by_role("searchbox", name="Find a report").focus()
    page.keyboard.press("ArrowDown")
    assert focused(page) == GATE
    for key, title in (("ArrowDown", SIRENS), ("End", EXAMS), ("ArrowUp", TOLLS), ("Home", GATE)):
        page.keyboard.press(key)
        assert focused(page) == title
    page.keyboard.press("PageDown")
    assert focused(page) == EXAMS
    page.keyboard.press("PageUp")
    assert focused(page) == GATE
    page.keyboard.press("ArrowRight")
    expect(more(page, GATE)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator("#fn-source h2")).to_have_text(GATE)
    expect(row(page, GATE).locator(".fn-report")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    assert focused(page) == GATE
    expect(page.locator(".fn-report[aria-current]")).to_have_count(0)


def test_a_menu_is_led_through_by_keys_and_gives_the_focus_back(page: Page) -> None:
    more(page, GATE).focus()
    page.keyboard.press("Enter")
    menu = page.get_by_role("menu", name=f"More actions for {GATE}")
    expect(menu.get_by_role("menuitem")).to_have_count(4)
    expect(page.get_by_role("menuitem", name="Ask only this report")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("u")
    expect(page.get_by_role("menuitem", name="Used in answers")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("#fn-question").evaluate("(other) => other.dispatchEvent(new Event('scroll'))")
    expect(page.get_by_role("menuitem", name="Used in answers")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(more(page, GATE)).to_be_focused()
    expect(page.locator("#fn-library")).to_be_visible()


def test_a_report_of_a_followed_folder_says_why_it_cannot_be_deleted_here(page: Page) -> None:
    more(page, GATE).click()
    delete = page.get_by_role("menuitem", name="Delete")
    expect(delete).to_have_attribute("aria-disabled", "true")
    expect(delete).to_contain_text("This file is in a synced folder. Delete it there.")
    delete.click(force=True)
    expect(titles(page)).to_have_count(6)


def test_the_question_is_kept_to_a_report_while_the_list_shows_all(page: Page) -> None:
    choose(page, GATE, "Ask only this report")
    expect(chips(page)).to_have_text([f"Report: {GATE}"])
    expect(titles(page)).to_have_count(6)
    expect(row(page, GATE).locator(".fn-asked")).to_have_text("Chosen for your question")
    choose(page, GATE, "Search all reports again")
    expect(chips(page)).to_have_count(0)


def test_the_page_folds_words_as_the_server_does(page: Page) -> None:
    words = [
        "Lũ LỤT ở Đà Nẵng",
        "Łódź",
        "STRASSE ß",
        "ភ្នំពេញ",
        "ﬁn  de\tsiècle",
        "ΆΛΦΑ",
        "İstanbul ılık",
        "Ærø",
    ]
    folded = page.evaluate(
        "async (words) => words.map((await module('library/narrowing.js')).fold)",
        words,
    )
    assert folded == [fold(each) for each in words]


def test_the_page_offers_the_files_that_the_server_reads(page: Page) -> None:
    offered = page.locator("#fn-library input[accept]").get_attribute("accept")
    assert offered is not None
    assert set(offered.split(",")) == SUFFIXES


# Facets


@pytest.mark.journey
def test_a_facet_narrows_the_list_and_the_question_and_its_chip_takes_that_back(page: Page) -> None:
    filters = open_filters(page)
    filters.get_by_role("checkbox", name="Statistics Office").check()
    expect(titles(page)).to_have_text([MARKETS, TOLLS])
    expect(chips(page)).to_have_text(["Publisher: Statistics Office"])
    expect(page.get_by_role("button", name="Filters, 1 active")).to_be_visible()
    expect(page.get_by_role("button", name="Show 2 reports")).to_be_visible()
    page.get_by_role("button", name="Remove filter Publisher: Statistics Office").click()
    expect(titles(page)).to_have_count(6)
    expect(filters.get_by_role("checkbox", name="Statistics Office")).not_to_be_checked()


def test_the_facets_are_folded_until_they_are_wanted_and_escape_folds_them(page: Page) -> None:
    expect(page.locator("#fn-facets")).to_be_hidden()
    filters = open_filters(page)
    filters.get_by_role("checkbox", name="dams").focus()
    page.keyboard.press("Space")
    expect(titles(page)).to_have_text([GATE, SIRENS])
    expect(filters.get_by_role("checkbox", name="dams")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#fn-facets")).to_be_hidden()
    expect(page.get_by_role("button", name="Filters, 1 active")).to_be_focused()
    expect(page.locator("#fn-library")).to_be_visible()


def test_dates_narrow_from_a_month_to_a_month(page: Page) -> None:
    filters = open_filters(page)
    for name, month in (("From", "2019-01"), ("To", "2024-02")):
        filters.get_by_label(name, exact=True).fill(month)
        filters.get_by_label(name, exact=True).blur()
    expect(titles(page)).to_have_text([LESSONS, MARKETS, TOLLS])
    expect(chips(page)).to_have_text(["Published after 2018", "Published before March 2024"])
    expect(filters.get_by_text("1 report without a date is not shown.")).to_be_visible()


def test_months_in_the_wrong_order_are_said_and_narrow_nothing(page: Page) -> None:
    filters = open_filters(page)
    filters.get_by_label("To", exact=True).fill("2019-01")
    filters.get_by_label("From", exact=True).fill("2025-01")
    filters.get_by_label("From", exact=True).blur()
    expect(filters.get_by_role("alert")).to_have_text("“From” is later than “To”.")
    expect(chips(page)).to_have_text(["Published before February 2019"])


def test_a_year_of_the_picture_chooses_that_year_and_takes_it_back(page: Page) -> None:
    filters = open_filters(page)
    picture = filters.get_by_role("img")
    expect(picture).to_have_attribute("aria-label", "2019: 2, 2024: 1, 2025: 2")
    picture.locator(".fn-year").first.click()
    expect(titles(page)).to_have_text([MARKETS, TOLLS])
    expect(chips(page)).to_have_text(["Published after 2018", "Published before 2020"])
    expect(filters.get_by_label("From", exact=True)).to_have_value("2019-01")
    expect(filters.get_by_label("To", exact=True)).to_have_value("2019-12")
    picture.locator(".fn-year").first.click()
    expect(titles(page)).to_have_count(6)


# The chips above the question


NOTHING: dict[str, Any] = {
    "publishers": [],
    "languages": [],
    "collections": [],
    "kinds": [],
    "document_ids": [],
    "published_after": None,
    "published_before": None,
}


def set_scope(page: Page, changes: dict[str, Any]) -> None:
    page.evaluate("(changes) => module('desk/scope.js').then((scope) => scope.setScope(changes))", changes)


def get_scope(page: Page) -> dict[str, Any]:
    scope: dict[str, Any] = page.evaluate("module('desk/scope.js').then((scope) => scope.getScope())")
    return scope


def said(page: Page) -> Locator:
    return page.locator("body > [role=status]")


@pytest.mark.journey
def test_each_thing_is_a_chip_that_says_what_it_narrows(seed_page: Page) -> None:
    page = seed_page
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
    expect(chips(page)).to_have_text(shown)
    assert page.locator("#fn-narrowed .fn-chip").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('aria-label'))"
    ) == [f"Remove filter {words}" for words in shown]
    expect(said(page)).to_have_text(f"Searching only in: {', '.join(shown[:-1])} and {shown[-1]}.")
    del changes["colour"]
    assert get_scope(page) == {**NOTHING, **changes}


def test_a_chip_that_is_removed_leaves_the_others_and_the_focus_among_them(seed_page: Page) -> None:
    page = seed_page
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
    set_scope(page, {"publishers": ["A"], "published_after": "2025"})
    page.get_by_role("button", name="Clear all").click()
    assert get_scope(page) == NOTHING
    expect(page.locator("#fn-narrowed")).to_be_hidden()
    expect(page.get_by_label("Your question")).to_be_focused()
