"""Browser tests: reports are found, sorted, grouped and narrowed, by mouse, keyboard and touch."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from index.loaders import SUFFIXES
from index.text.find import fold
from tests.browser.desks import PHONE
from tests.browser.pages import opened
from tests.browser.rows import chips, choose, find, groups, more, row, titles
from tests.browser.shelves import EXAMS, GATE, LESSONS, MARKETS, NEWEST, SIRENS, TOLLS

pytestmark = pytest.mark.browser


@pytest.fixture
def page(shelf_page: Page) -> Page:
    return shelf_page


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


def test_the_list_says_how_many_there_are_and_which_of_them_a_row_is(page: Page) -> None:
    expect(page.get_by_role("list", name="Reports")).to_have_count(1)
    places = page.locator("#fn-library-panel .fn-batch > li").evaluate_all(
        "(rows) => rows.map((row) => [row.ariaPosInSet, row.ariaSetSize])"
    )
    assert places == [[str(place), "6"] for place in range(1, 7)]


@pytest.mark.parametrize(
    ("choice", "order"),
    [
        ("Oldest first", [TOLLS, MARKETS, LESSONS, SIRENS, GATE, EXAMS]),
        ("Title", [LESSONS, EXAMS, GATE, MARKETS, SIRENS, TOLLS]),
    ],
)
def test_the_list_is_sorted_as_is_chosen_also_on_the_next_visit(
    page: Page, shelf: str, choice: str, order: list[str]
) -> None:
    sort(page, choice)
    expect(titles(page)).to_have_text(order)
    page.goto(shelf)
    expect(titles(page)).to_have_text(order)
    page.get_by_role("button", name="Sort and group").click()
    expect(page.get_by_role("menuitemradio", name=choice)).to_have_attribute("aria-checked", "true")


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


def test_publishers_are_grouped_with_their_numbers(page: Page) -> None:
    sort(page, "Publisher")
    names = [
        "Ministry of Civil Protection 1",
        "Ministry of Education 1",
        "Statistics Office 2",
        "Water Board 1",
    ]
    expect(groups(page)).to_have_text([*names, "No publisher 1"])


@pytest.mark.journey
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ecoles", [LESSONS]),
        ("VALLEE", [LESSONS]),
        ("lodz lu lut", [MARKETS]),
        ("statistics", [MARKETS, TOLLS]),
        ("the ministry", [SIRENS]),
        ("dams", [GATE, SIRENS]),
    ],
)
def test_reports_are_found_by_words_of_title_publisher_and_collection_whatever_their_accents(
    page: Page, words: str, found: list[str]
) -> None:
    find(page, words)
    expect(titles(page)).to_have_text(found)
    said = f"{len(found)} of 6 reports"
    expect(page.locator(".fn-count")).to_have_text(said)


def test_where_nothing_is_found_that_is_said_and_can_be_undone(page: Page) -> None:
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


def test_the_tab_key_stops_at_the_list_but_once(page: Page) -> None:
    stops = page.locator("#fn-library-panel [data-stop][tabindex='0']")
    expect(stops).to_have_count(2)
    page.get_by_role("button", name="Filters").focus()
    page.keyboard.press("Tab")
    assert focused(page) == GATE
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(more(page, SIRENS)).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.fn-rows')") is None


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


def test_a_menu_goes_when_its_row_is_scrolled_away(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 420})
    more(page, GATE).click()
    expect(page.get_by_role("menu")).to_have_count(1)
    rows = page.locator("#fn-library .fn-reports")
    rows.evaluate("(list) => list.dispatchEvent(new Event('scroll'))")
    expect(page.get_by_role("menu")).to_have_count(1)
    rows.evaluate("(list) => list.scrollBy(0, list.scrollTop ? -40 : 40)")
    expect(page.get_by_role("menu")).to_have_count(0)


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


def test_on_a_phone_the_library_is_found_and_narrowed_in_a_drawer(chromium: Browser, shelf: str) -> None:
    with opened(chromium, shelf, **PHONE) as watched:
        page = watched.page
        page.locator("#fn-top .fn-open-library").tap()
        expect(titles(page)).to_have_text(NEWEST)
        page.get_by_role("button", name="Filters").tap()
        page.get_by_role("region", name="Filters").get_by_text("dams").tap()
        page.get_by_role("button", name="Show 2 reports").tap()
        expect(titles(page)).to_have_text([GATE, SIRENS])
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.locator(".fn-report").first.tap()
        expect(page.locator("#fn-source h2")).to_have_text(GATE)
        assert (watched.errors, watched.elsewhere) == ([], [])
