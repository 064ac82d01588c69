"""Browser tests: a report is deleted at once and the deletion is undone, by mouse and by keyboard."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from index.embedding.encoder import Encoder
from index.loaders.sandbox.client import Isolated
from tests.browser.desks import (
    LANTERNS,
    LIT,
    MILL,
    PHONE,
    SOLD,
    WHO_LIT,
    Desk,
    add,
    desk_in,
    state,
    stored_titles,
    text,
    upload,
)
from tests.browser.pages import api_answer, ask
from tests.browser.rows import choose, row, titles
from tests.support.background import wait_until

pytestmark = pytest.mark.browser

TANNERY = "The tannery of Westmere"


@pytest.fixture
def lit(desk: Desk) -> Desk:
    """A desk with the report on lanterns added."""
    put(desk)
    return desk


def put(desk: Desk) -> None:
    add(desk.page, text("lanterns.txt", f"{LANTERNS}\n\n{LIT}\n"))
    expect(state(desk.page, "lanterns.txt")).to_have_text("Added", timeout=60_000)


def notice(page: Page) -> Locator:
    return page.locator("#fn-toasts .fn-toast")


def undo(page: Page) -> Locator:
    return notice(page).get_by_role("button", name="Undo")


@pytest.mark.journey
def test_a_report_is_deleted_at_once_and_comes_back_with_its_number(lit: Desk) -> None:
    page = lit.page
    before = api_answer(lit.server, WHO_LIT)["citations"][0]
    choose(page, LANTERNS, "Delete")
    expect(notice(page).locator("p")).to_have_text(f"Deleted “{LANTERNS}”.")
    expect(titles(page)).to_have_text([MILL])
    expect(page.locator(".fn-count")).to_have_text("1 report")
    expect(row(page, MILL).locator(".fn-report")).to_be_focused()
    wait_until(lambda: stored_titles(lit.server) == [MILL])
    assert api_answer(lit.server, WHO_LIT)["abstained"] is True
    undo(page).click()
    expect(titles(page)).to_have_count(2)
    expect(notice(page)).to_have_count(0)
    expect(row(page, LANTERNS).locator(".fn-report")).to_be_focused()
    after = api_answer(lit.server, WHO_LIT)["citations"][0]
    assert (after["document_id"], after["version"]) == (before["document_id"], before["version"])


def test_the_notice_goes_after_ten_seconds_but_not_while_one_is_at_it(lit: Desk) -> None:
    page = lit.page
    page.clock.install()
    choose(page, LANTERNS, "Delete")
    undo(page).focus()
    page.clock.fast_forward(30_000)
    expect(undo(page)).to_be_visible()
    page.get_by_role("searchbox", name="Find a report").focus()
    page.clock.run_for(100)
    notice(page).hover()
    page.clock.fast_forward(30_000)
    expect(undo(page)).to_be_visible()
    page.mouse.move(700, 300)
    # The clock goes on by itself, too: on a busy machine a check takes seconds.
    page.clock.run_for(3_000)
    expect(undo(page)).to_be_visible()
    page.clock.run_for(7_500)
    expect(notice(page)).to_have_count(0)


def test_the_keys_delete_and_take_back(lit: Desk) -> None:
    page = lit.page
    row(page, LANTERNS).locator(".fn-report").focus()
    page.keyboard.press("Delete")
    expect(titles(page)).to_have_text([MILL])
    page.keyboard.press("z")
    expect(titles(page)).to_have_count(2)
    page.keyboard.press("Delete")
    expect(titles(page)).to_have_text([MILL])
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "fn-toast-action":
            break
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_count(2)
    expect(row(page, LANTERNS).locator(".fn-report")).to_be_focused()


def test_two_deletions_are_taken_back_each_by_itself(lit: Desk) -> None:
    page = lit.page
    add(page, text("tannery.txt", f"{TANNERY}\n\n{SOLD}\n"))
    expect(state(page, "tannery.txt")).to_have_text("Added", timeout=60_000)
    for title in (LANTERNS, TANNERY):
        choose(page, title, "Delete")
    expect(notice(page)).to_have_count(2)
    notice(page).filter(has_text=LANTERNS).get_by_role("button", name="Undo").click()
    expect(row(page, LANTERNS)).to_have_count(1)
    expect(row(page, TANNERY)).to_have_count(0)
    assert set(stored_titles(lit.server)) == {MILL, LANTERNS}


def test_what_the_server_refuses_to_delete_comes_back_with_the_reason(lit: Desk) -> None:
    page = lit.page
    page.route(
        "**/v1/documents/*", lambda route: route.fulfill(status=409, json={"detail": "The disk is full."})
    )
    choose(page, LANTERNS, "Delete")
    alert = page.locator("#fn-toasts [role=alert]")
    expect(alert).to_contain_text(f"“{LANTERNS}” was not deleted: The disk is full.")
    expect(titles(page)).to_have_count(2)
    assert set(stored_titles(lit.server)) == {MILL, LANTERNS}


def test_a_deletion_is_taken_back_also_where_the_list_cannot_be_read(lit: Desk) -> None:
    page = lit.page
    page.route("**/v1/documents?brief=true", lambda route: route.fulfill(status=500, json={}))
    choose(page, LANTERNS, "Delete")
    wait_until(lambda: stored_titles(lit.server) == [MILL])
    expect(titles(page)).to_have_text([MILL])
    expect(notice(page)).to_have_count(1)
    undo(page).click()
    expect(titles(page)).to_have_count(2)
    expect(notice(page)).to_have_count(0)
    assert set(stored_titles(lit.server)) == {MILL, LANTERNS}


def test_the_link_of_an_added_file_goes_with_its_report_and_comes_back_with_it(lit: Desk) -> None:
    page = lit.page
    choose(page, LANTERNS, "Delete")
    expect(state(page, "lanterns.txt")).to_have_text("Deleted")
    expect(upload(page, "lanterns.txt").get_by_role("button")).to_have_count(0)
    undo(page).click()
    expect(state(page, "lanterns.txt")).to_have_text("Added")
    expect(upload(page, "lanterns.txt").get_by_role("button", name=LANTERNS)).to_be_visible()


def test_the_source_says_that_its_report_was_deleted(lit: Desk) -> None:
    page = lit.page
    row(page, LANTERNS).locator(".fn-report").click()
    expect(page.locator("#fn-source h2")).to_have_text(LANTERNS)
    choose(page, LANTERNS, "Delete")
    said = page.locator("#fn-source [role=status]").filter(has_text="deleted")
    expect(said).to_have_text("This report was deleted from the library. Its text is shown as it was before.")
    undo(page).click()
    expect(said).to_have_count(0)


def test_a_footnote_of_a_deleted_file_says_that_it_is_gone(lit: Desk) -> None:
    page = lit.page
    ask(page, WHO_LIT)
    page.locator(".fn-mark").first.wait_for()
    page.locator(".fn-actions, .fn-strip").first.wait_for()
    choose(page, LANTERNS, "Delete")
    wait_until(lambda: stored_titles(lit.server) == [MILL])
    page.locator(".fn-mark").first.click()
    expect(page.locator("#fn-source [role=alert]")).to_have_text(
        "This report is no longer in the library: it was deleted, or its file was moved or renamed."
    )


def test_a_deletion_of_another_page_is_seen_here(lit: Desk) -> None:
    added = next(
        report["document_id"]
        for report in httpx.get(f"{lit.server}/v1/documents", timeout=60).json()["documents"]
        if report["uploaded"]
    )
    httpx.delete(f"{lit.server}/v1/documents/{added}", timeout=60).raise_for_status()
    expect(titles(lit.page)).to_have_text([MILL], timeout=15_000)


def test_on_a_phone_the_notice_can_be_reached_over_the_drawer(
    chromium: Browser, encoder: Encoder, loading: Isolated, tmp_path: Path
) -> None:
    with desk_in(chromium, encoder, loading, tmp_path, **PHONE) as desk:
        page = desk.page
        page.locator("#fn-top .fn-open-library").tap()
        put(desk)
        choose(page, LANTERNS, "Delete")
        expect(titles(page)).to_have_text([MILL])
        undo(page).tap()
        expect(titles(page)).to_have_count(2)
