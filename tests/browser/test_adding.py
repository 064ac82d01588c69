"""Browser tests: files are added to the library, each with its progress and its outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from index.embedding.encoder import Encoder
from index.loaders.sandbox.client import Isolated
from tests.browser.desks import (
    BROKEN,
    LANTERNS,
    LIT,
    MILL,
    PHONE,
    SOLD,
    WHO_LIT,
    Desk,
    add,
    desk_in,
    pdf,
    state,
    stored,
    stored_titles,
    text,
    upload,
)
from tests.browser.pages import MARKED, api_answer, ask
from tests.browser.rows import groups, titles

pytestmark = pytest.mark.browser

PASSWORD = "quell-1911"  # noqa: S105 - of a file that the test makes
SOON = 60_000


def summary(page: Page) -> str:
    return page.locator(".fn-uploads h3").inner_text()


@pytest.mark.journey
def test_a_file_that_is_added_can_be_asked_about_at_once(desk: Desk) -> None:
    page = desk.page
    add(page, pdf("lanterns.pdf", LANTERNS, "", LIT))
    expect(state(page, "lanterns.pdf")).to_have_text("Added", timeout=SOON)
    expect(page.locator(".fn-count")).to_have_text("2 reports")
    expect(page.locator("#fn-top .fn-open-library")).to_have_text("Library (2)")
    expect(page.locator(".fn-uploads progress")).to_be_hidden()
    ask(page, WHO_LIT)
    page.locator(".fn-actions").last.wait_for()
    expect(page.locator(".fn-quote").first).to_have_text(LIT)
    page.locator(".fn-mark").first.click()
    page.locator("#fn-source mark").first.wait_for()
    assert page.evaluate(MARKED) == LIT


def test_a_file_says_how_much_of_it_is_sent_and_at_the_end_how_many_passages_it_has(desk: Desk) -> None:
    page = desk.page
    shown = """() => {
      window.shown = [];
      new MutationObserver(() => {
        const words = document.querySelector('.fn-upload-state')?.textContent;
        if (words && window.shown.at(-1) !== words) window.shown.push(words);
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    }"""
    page.evaluate(shown)
    # Chromium reports the progress of a request every 50 ms.
    cdp = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    cdp.send("Network.emulateNetworkConditions", slow)
    add(page, text("lanterns.txt", f"{LANTERNS}\n\n{LIT}\n" + " " * 400_000))
    expect(state(page, "lanterns.txt")).to_have_text("Added", timeout=SOON)
    [report] = [each for each in stored(desk.server) if each["path"] == "lanterns.txt"]
    assert report["passages"] == 1
    expect(upload(page, "lanterns.txt").locator(".fn-upload-outcome")).to_have_text(f"{LANTERNS} 1 passage")
    sending = [words for words in page.evaluate("shown") if words.startswith("Sending, ")]
    shares = [int(words.removeprefix("Sending, ").removesuffix("%")) for words in sending]
    assert shares == sorted(shares)
    assert any(0 < share < 100 for share in shares)


def test_a_file_that_is_added_is_not_called_deleted_before_the_list_has_it(desk: Desk) -> None:
    page = desk.page
    page.route("**/v1/documents?brief=true", lambda route: route.fulfill(status=500, json={}))
    add(page, text("lanterns.txt", f"{LANTERNS}\n\n{LIT}\n"))
    expect(state(page, "lanterns.txt")).to_have_text("Added", timeout=SOON)
    page.unroute_all()
    expect(upload(page, "lanterns.txt").get_by_role("button", name=LANTERNS)).to_be_visible()


def test_what_was_just_added_stands_on_top_though_it_has_no_date(desk: Desk) -> None:
    page = desk.page
    add(page, text("weir.txt", f"Weir of Ostmere\n\n{LIT}\n"))
    expect(groups(page)).to_have_text(["Just added 1", "All other reports 1"], timeout=SOON)
    expect(titles(page)).to_have_text(["Weir of Ostmere", MILL])
    page.reload()
    expect(titles(page)).to_have_text([MILL, "Weir of Ostmere"])


def test_the_title_of_an_added_file_opens_it_and_the_outcome_is_still_there_on_return(desk: Desk) -> None:
    page = desk.page
    add(page, text("lanterns.txt", f"{LANTERNS}\n\n{LIT}\n"))
    expect(state(page, "lanterns.txt")).to_have_text("Added", timeout=SOON)
    upload(page, "lanterns.txt").get_by_role("button", name=LANTERNS).click()
    expect(page.locator("#fn-source h2")).to_have_text(LANTERNS)
    expect(page.locator("#fn-source .fn-text")).to_contain_text(LIT)
    page.keyboard.press("Escape")
    expect(state(page, "lanterns.txt")).to_have_text("Added")
    page.get_by_role("button", name="Clear list").click()
    expect(page.locator(".fn-uploads")).to_be_hidden()
    expect(page.get_by_role("button", name="Add files")).to_be_focused()


def test_several_files_have_each_their_own_outcome_and_a_sum(desk: Desk) -> None:
    page = desk.page
    add(page, text("lanterns.txt", LIT), BROKEN, text("tannery.txt", SOLD))
    expect(state(page, "tannery.txt")).to_have_text("Added", timeout=SOON)
    expect(state(page, "lanterns.txt")).to_have_text("Added")
    expect(state(page, "broken.pdf")).to_have_text("Not added")
    expect(page.locator(".fn-upload-name")).to_have_text(["lanterns.txt", "broken.pdf", "tannery.txt"])
    expect(titles(page)).to_have_count(3)
    expect(page.locator(".fn-uploads h3")).to_have_text("All done: 2 added, 1 not added.")


def test_files_that_the_server_has_no_place_for_wait_and_are_sent_again(desk: Desk) -> None:
    page, names = desk.page, [f"lanterns-{number}.txt" for number in range(4)]
    refused: dict[str, Any] = {
        "status": 503,
        "headers": {"Retry-After": "1"},
        "json": {"status": 503, "detail": "100 uploads wait already; try again in 1 seconds"},
    }
    sent: list[str] = []

    def answer(route: Route) -> None:
        sent.append(route.request.method)
        if len(sent) <= 3:
            route.fulfill(**refused)
        else:
            route.continue_()

    page.route(lambda url: url.endswith("/v1/documents"), answer)
    add(page, *(text(name, f"{name}\n\n{LIT}\n") for name in names))
    expect(state(page, names[-1])).to_have_text("Added", timeout=SOON)
    expect(page.locator(".fn-uploads h3")).to_have_text("All done: 4 added.")
    page.unroute_all()
    assert sent == ["POST"] * (3 + len(names))
    assert {report["path"] for report in stored(desk.server)} >= set(names)


def test_why_a_broken_file_was_not_added_is_said_in_a_sentence_and_read_out(desk: Desk) -> None:
    page = desk.page
    file = {"file": ("broken.pdf", BROKEN["buffer"])}
    detail = httpx.post(f"{desk.server}/v1/documents", files=file, timeout=60).json()["detail"]
    assert detail.startswith("broken.pdf: ")
    add(page, BROKEN)
    expect(state(page, "broken.pdf")).to_have_text("Not added", timeout=SOON)
    said = f"It {detail.removeprefix('broken.pdf: ').removesuffix('.')}."
    expect(upload(page, "broken.pdf").locator(".fn-warning")).to_have_text(said)
    spoken = page.locator("#fn-library-panel > .fn-unseen[role=status]")
    expect(spoken).to_have_text(f"All done: 0 added, 1 not added. broken.pdf: {said}")
    expect(page.locator(".fn-password")).to_have_count(0)
    assert stored_titles(desk.server) == [MILL]


def test_an_encrypted_file_is_added_once_its_password_is_right(desk: Desk) -> None:
    page = desk.page
    add(page, pdf("sealed.pdf", "Sealed lanterns", "", LIT, password=PASSWORD))
    expect(state(page, "sealed.pdf")).to_have_text("Not added", timeout=SOON)
    expect(upload(page, "sealed.pdf").locator(".fn-warning")).to_contain_text("password")
    for password, outcome in (("wrong", "Not added"), (PASSWORD, "Added")):
        page.get_by_label("Password of sealed.pdf").fill(password)
        page.get_by_role("button", name="Try again").click()
        expect(state(page, "sealed.pdf")).to_have_text(outcome, timeout=SOON)
        if outcome == "Not added":
            expect(page.get_by_label("Password of sealed.pdf")).to_be_focused()
            expect(page.get_by_label("Password of sealed.pdf")).to_have_value("")
    expect(page.locator(".fn-password")).to_have_count(0)
    assert api_answer(desk.server, WHO_LIT)["citations"][0]["quote"] == LIT


def test_a_file_says_how_far_it_is_and_can_be_stopped(desk: Desk) -> None:
    page = desk.page
    desk.held.hold()
    add(page, text("lanterns.txt", LIT), text("tannery.txt", SOLD))
    first = page.locator(".fn-uploads li", has=page.get_by_text("Indexing", exact=True))
    expect(first).to_have_count(1, timeout=SOON)
    waiting = page.locator(".fn-uploads li", has=page.get_by_text("Waiting to be read"))
    expect(waiting).to_have_count(1)
    expect(page.locator(".fn-uploads h3")).to_have_text("0 of 2 files done")
    expect(page.locator(".fn-doing-line")).to_have_text("Adding a file · 1 more in the queue")
    name = waiting.locator(".fn-upload-name").inner_text()
    page.get_by_role("button", name=f"Cancel {name}").click()
    expect(state(page, name)).to_have_text("Cancelled")
    desk.held.go_on.set()
    expect(page.locator(".fn-uploads h3")).to_have_text("All done: 1 added, 1 cancelled.", timeout=SOON)
    upload(page, name).get_by_role("button", name="Try again").click()
    expect(page.locator(".fn-uploads h3")).to_have_text("All done: 2 added.", timeout=SOON)
    expect(page.locator(".fn-doing-line")).to_have_text("Up to date · 3 reports")


LATE = """() => {
  const { addEventListener } = XMLHttpRequest.prototype;
  const late = new Promise((done) => (window.answer = done));
  XMLHttpRequest.prototype.addEventListener = function (type, heard) {
    addEventListener.call(this, type, type === 'load' ? (event) => late.then(() => heard(event)) : heard);
  };
}"""


def test_a_file_that_is_stopped_before_the_server_has_answered_is_not_added(desk: Desk) -> None:
    page = desk.page
    desk.held.hold()
    page.evaluate(LATE)
    with page.expect_response("**/v1/documents") as sent:
        add(page, text("lanterns.txt", LIT))
    assert sent.value.status == 202
    page.get_by_role("button", name="Cancel lanterns.txt").click()
    expect(state(page, "lanterns.txt")).to_have_text("Stopping")
    page.evaluate("answer()")
    desk.held.go_on.set()
    expect(state(page, "lanterns.txt")).to_have_text("Cancelled", timeout=SOON)
    assert stored_titles(desk.server) == [MILL]


def test_a_changed_file_of_the_same_name_says_which_version_it_became(desk: Desk) -> None:
    page = desk.page
    for words in (LIT, SOLD):
        add(page, text("notes.txt", words))
        expect(page.locator(".fn-uploads h3")).to_have_text("All done: 1 added.", timeout=SOON)
        if words == LIT:
            page.get_by_role("button", name="Clear list").click()
    expect(upload(page, "notes.txt")).to_contain_text("version 2")
    expect(titles(page)).to_have_count(2)


def test_two_hundred_files_are_listed_without_filling_the_page(desk: Desk) -> None:
    page = desk.page
    desk.held.hold()
    add(page, *(text(f"note-{number:03}.txt", f"Note {number}. {SOLD}") for number in range(200)))
    expect(page.locator(".fn-uploads h3")).to_have_text("0 of 200 files done")
    assert page.locator(".fn-uploads li").count() < 30
    assert httpx.get(f"{desk.server}/v1/jobs?limit=1000", timeout=60).json()["jobs"].__len__() <= 25
    page.get_by_role("button", name="Cancel all").click()
    desk.held.go_on.set()
    expect(page.locator(".fn-uploads h3")).to_contain_text("All done", timeout=SOON)
    assert int(summary(page).split()[2]) <= 2


HOSTILE = "<img src=x onerror=document.title='owned'> &amp; **b** [t](javascript:alert(1))"


@pytest.mark.journey
def test_a_hostile_file_name_and_title_are_shown_as_text(desk: Desk) -> None:
    page = desk.page
    name = "<img src=x onerror=document.title='owned'> &amp; **b**.txt"
    add(page, text(name, f"{HOSTILE}\n\n{LIT}\n"), text(f"{name[:-4]}.pdf", "junk"))
    expect(page.locator(".fn-uploads h3")).to_have_text("All done: 1 added, 1 not added.", timeout=SOON)
    expect(page.locator(".fn-upload-name")).to_have_text([name, f"{name[:-4]}.pdf"])
    expect(page.locator(".fn-upload-open")).to_have_text(HOSTILE)
    expect(titles(page).first).to_have_text(HOSTILE)
    expect(page.locator("#fn-library :is(script, img, b, strong)")).to_have_count(0)
    assert page.title() == "Footnoted"


def test_on_a_phone_files_are_added_in_the_drawer(
    chromium: Browser, encoder: Encoder, loading: Isolated, tmp_path: Path
) -> None:
    with desk_in(chromium, encoder, loading, tmp_path, **PHONE) as desk:
        desk.page.locator("#fn-top .fn-open-library").tap()
        add(desk.page, text("lanterns.txt", f"{LANTERNS}\n\n{LIT}\n"), BROKEN)
        expect(desk.page.locator(".fn-uploads h3")).to_have_text(
            "All done: 1 added, 1 not added.", timeout=SOON
        )
        expect(titles(desk.page)).to_have_text([LANTERNS, MILL])
        assert desk.page.evaluate("document.documentElement.scrollWidth") == 390
