"""Browser tests: a report is described in its row, or deleted, and both are taken back."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desks import (
    FOLLOWED,
    LANTERNS,
    LIT,
    MILL,
    SOLD,
    WHO_LIT,
    Desk,
    add,
    state,
    stored_titles,
    text,
    upload,
)
from tests.browser.pages import api_answer, ask, report_at
from tests.browser.rows import chips, choose, row, titles
from tests.support.background import wait_until

pytestmark = pytest.mark.browser

GROUND = "How many tons of rye did the mill of Brackwater grind?"


@pytest.fixture
def lit(desk: Desk) -> Desk:
    """A desk with the report on lanterns added."""
    add(desk.page, text("lanterns.txt", f"{LANTERNS}\n\n{LIT}\n"))
    expect(state(desk.page, "lanterns.txt")).to_have_text("Added")
    return desk


def form(page: Page, title: str) -> Locator:
    return page.get_by_role("form", name=f"Details of {title}")


def edit(page: Page, title: str) -> Locator:
    choose(page, title, "Edit details")
    return form(page, title)


def known(desk: Desk, path: str = "lanterns.txt") -> dict[str, object]:
    return report_at(desk.server, path)


@pytest.mark.journey
def test_a_report_is_described_in_its_row_and_the_list_follows(lit: Desk) -> None:
    page = lit.page
    details = edit(page, LANTERNS)
    expect(details.get_by_label("Title", exact=True)).to_be_focused()
    for name, value in (
        ("Title", "Lights of the valley"),
        ("Publisher", "Lamp Office"),
        ("Author", "Ada Thorne"),
        ("Published", "March 1911"),
        ("Collection", "Lamps"),
    ):
        details.get_by_label(name, exact=True).fill(value)
    details.get_by_label("Language", exact=True).select_option(label="French")
    details.get_by_role("button", name="Save").click()
    expect(form(page, LANTERNS)).to_have_count(0)
    changed = row(page, "Lights of the valley")
    expect(changed.locator(".fn-facts")).to_have_text("Lamp Office March 1911")
    expect(changed.locator(".fn-report")).to_be_focused()
    fields = ("title", "publisher", "author", "published", "language", "collection", "version")
    assert [known(lit)[name] for name in fields] == [
        *("Lights of the valley", "Lamp Office", "Ada Thorne", "1911-03", "fr", "Lamps"),
        1,
    ]


def test_the_open_report_and_the_chips_follow_what_becomes_of_a_report(lit: Desk) -> None:
    page = lit.page
    row(page, LANTERNS).locator(".fn-report").click()
    title = page.locator("#fn-source h2")
    expect(title).to_have_text(LANTERNS)
    choose(page, LANTERNS, "Ask only this report")
    details = edit(page, LANTERNS)
    details.get_by_label("Title", exact=True).fill("Lights of the valley")
    details.get_by_role("button", name="Save").click()
    expect(title).to_have_text("Lights of the valley")
    expect(chips(page)).to_have_text(["Report: Lights of the valley"])
    expect(page.locator("#fn-source .fn-badge")).to_have_count(0)
    add(page, text("lanterns.txt", f"{LANTERNS}\n\n{FOLLOWED}\n"))
    expect(page.locator("#fn-source .fn-badge.fn-superseded")).to_be_visible()
    expect(page.locator("#fn-source .fn-text")).to_contain_text(LIT)
    choose(page, "Lights of the valley", "Delete")  # The edit stays with the report.
    expect(chips(page)).to_have_count(0)


def test_what_is_saved_is_not_called_failed_where_the_list_cannot_be_read(lit: Desk) -> None:
    page = lit.page
    details = edit(page, LANTERNS)
    page.route("**/v1/documents?brief=true", lambda route: route.fulfill(status=500, json={}))
    details.get_by_label("Title", exact=True).fill("Lights of the valley")
    details.get_by_role("button", name="Save").click()
    expect(form(page, LANTERNS)).to_have_count(0)
    assert known(lit)["title"] == "Lights of the valley"
    page.unroute_all()
    expect(row(page, "Lights of the valley")).to_have_count(1)


def test_f2_renames_and_escape_leaves_all_as_it_was(lit: Desk) -> None:
    page = lit.page
    row(page, LANTERNS).locator(".fn-report").focus()
    page.keyboard.press("F2")
    title = form(page, LANTERNS).get_by_label("Title", exact=True)
    expect(title).to_be_focused()
    assert (
        title.evaluate("(input) => input.value.slice(input.selectionStart, input.selectionEnd)") == LANTERNS
    )
    page.keyboard.type("Something else")
    page.keyboard.press("Escape")
    expect(form(page, LANTERNS)).to_have_count(0)
    expect(row(page, LANTERNS).locator(".fn-report")).to_be_focused()
    page.keyboard.press("F2")
    expect(title).to_have_value(LANTERNS)
    page.keyboard.type("Lights")
    page.keyboard.press("Enter")
    expect(row(page, "Lights").locator(".fn-report")).to_be_focused()
    assert known(lit)["title"] == "Lights"


def test_a_field_goes_back_to_what_the_file_says_and_the_others_stay_as_they_are_written(lit: Desk) -> None:
    page = lit.page
    details = edit(page, LANTERNS)
    back = details.get_by_role("button", name="Title: use the file’s value")
    expect(back).to_be_hidden()
    details.get_by_label("Title", exact=True).fill("Lights")
    details.get_by_role("button", name="Save").click()
    details = edit(page, "Lights")
    details.get_by_label("Publisher", exact=True).fill("Lamp Office")
    details.get_by_role("button", name="Title: use the file’s value").click()
    expect(details.get_by_label("Title", exact=True)).to_have_value(LANTERNS)
    expect(details.get_by_label("Title", exact=True)).to_be_focused()
    expect(details.get_by_label("Publisher", exact=True)).to_have_value("Lamp Office")
    assert (known(lit)["title"], known(lit)["publisher"]) == (LANTERNS, None)


def test_a_wrong_date_is_said_beside_its_field_and_nothing_is_changed(lit: Desk) -> None:
    details = edit(lit.page, LANTERNS)
    details.get_by_label("Title", exact=True).fill("Lights")
    date = details.get_by_label("Published", exact=True)
    date.fill("some day")
    details.get_by_role("button", name="Save").click()
    trouble = lit.page.locator("#fn-edit-published-trouble")
    expect(trouble).to_contain_text("'some day', which is not a date; write 2031-07-18, 2031-07 or 2031")
    expect(date).to_be_focused()
    expect(date).to_have_attribute("aria-invalid", "true")
    assert (known(lit)["title"], known(lit)["published"]) == (LANTERNS, None)
    date.fill("1911")
    expect(trouble).to_be_hidden()
    details.get_by_role("button", name="Save").click()
    expect(row(lit.page, "Lights").locator(".fn-facts")).to_have_text("1911")


def test_what_is_being_written_stays_while_the_list_is_narrowed_and_read_anew(lit: Desk) -> None:
    page = lit.page
    title = edit(page, LANTERNS).get_by_label("Title", exact=True)
    title.fill("Half a title")
    page.get_by_role("searchbox", name="Find a report").fill("mill")
    expect(titles(page)).to_have_text([LANTERNS, MILL])
    add(page, text("weir.txt", "Weir of Ostmere\n\nThe weir of Ostmere fell in 1912.\n"))
    expect(page.locator(".fn-count")).to_have_text("1 of 3 reports")
    expect(title).to_have_value("Half a title")
    page.keyboard.press("Escape")


def test_the_answers_that_cite_a_report_are_listed_with_links(lit: Desk) -> None:
    page = lit.page
    answer = api_answer(lit.server, WHO_LIT)
    assert api_answer(lit.server, GROUND)["citations"]
    choose(page, LANTERNS, "Used in answers")
    cited = page.get_by_role("region", name=f"Answers that use {LANTERNS} as a source")
    link = cited.get_by_role("link")
    expect(link).to_have_text([WHO_LIT])
    expect(link).to_have_attribute("href", f"?answer={answer['answer_id']}")
    expect(cited.locator(".fn-facts")).to_contain_text("1 quote")
    expect(cited).to_be_focused()
    page.keyboard.press("Escape")
    expect(row(page, LANTERNS).locator(".fn-report")).to_be_focused()
    choose(page, LANTERNS, "Used in answers")
    page.evaluate("window.stayed = true")
    link.click()
    expect(page.locator(".fn-question")).to_have_text([WHO_LIT])
    assert page.evaluate("window.stayed")
    assert page.url == f"{lit.server}/?answer={answer['answer_id']}"


HOSTILE = "<script>document.title='owned'</script> <img src=x onerror=document.title='owned'> &lt;b&gt; **x**"


def test_hostile_details_are_shown_as_text_in_the_list_its_groups_facets_and_chips(desk: Desk) -> None:
    page = desk.page
    details = edit(page, MILL)
    for name in ("Title", "Publisher", "Author", "Collection"):
        details.get_by_label(name, exact=True).fill(f"{HOSTILE} {name}")
    details.get_by_role("button", name="Save").click()
    expect(titles(page)).to_have_text([f"{HOSTILE} Title"])
    expect(page.locator(".fn-report .fn-fact").first).to_have_text(f"{HOSTILE} Publisher")
    page.get_by_role("button", name="Sort and group").click()
    page.get_by_role("menuitemradio", name="Collection").click()
    expect(page.locator(".fn-group-name")).to_have_text([f"{HOSTILE} Collection"])
    choose(page, f"{HOSTILE} Title", "Ask only this report")
    expect(page.locator("#fn-narrowed .fn-chip-words")).to_have_text([f"Report: {HOSTILE} Title"])
    add(page, text("weir.txt", "Weir of Ostmere\n\nThe weir of Ostmere fell in 1912.\n"))
    expect(page.locator(".fn-count")).to_have_text("2 reports")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("checkbox", name=f"{HOSTILE} Publisher").check()
    page.get_by_role("checkbox", name=f"{HOSTILE} Collection").check()
    chips = page.locator("#fn-narrowed .fn-chip-words")
    expect(chips.nth(0)).to_have_text(f"Publisher: {HOSTILE} Publisher")
    expect(chips.nth(1)).to_have_text(f"Collection: {HOSTILE} Collection")
    expect(page.locator(":is(#fn-library, #fn-narrowed) :is(script, img, b, strong)")).to_have_count(0)
    assert page.title() == "Footnoted"


# Deleting


TANNERY = "The tannery of Westmere"


def notice(page: Page) -> Locator:
    return page.locator("#fn-toasts .fn-toast")


def undo(page: Page) -> Locator:
    return notice(page).get_by_role("button", name="Undo")


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
    expect(state(page, "tannery.txt")).to_have_text("Added")
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


def test_the_source_and_the_added_file_say_that_a_report_was_deleted_until_that_is_undone(lit: Desk) -> None:
    page = lit.page
    row(page, LANTERNS).locator(".fn-report").click()
    expect(page.locator("#fn-source h2")).to_have_text(LANTERNS)
    choose(page, LANTERNS, "Delete")
    said = page.locator("#fn-source [role=status]").filter(has_text="deleted")
    expect(said).to_have_text("This report was deleted from the library. Its text is shown as it was before.")
    expect(state(page, "lanterns.txt")).to_have_text("Deleted")
    expect(upload(page, "lanterns.txt").get_by_role("button")).to_have_count(0)
    undo(page).click()
    expect(said).to_have_count(0)
    expect(state(page, "lanterns.txt")).to_have_text("Added")
    expect(upload(page, "lanterns.txt").get_by_role("button", name=LANTERNS)).to_be_visible()


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
    added = report_at(lit.server, "lanterns.txt")["document_id"]
    httpx.delete(f"{lit.server}/v1/documents/{added}", timeout=60).raise_for_status()
    expect(titles(lit.page)).to_have_text([MILL])
