"""Browser tests: files and folders are added and dropped, and the work of the index is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.desks import (
    BROKEN,
    LANTERNS,
    LIT,
    MILL,
    SOLD,
    WHO_LIT,
    Desk,
    add,
    pdf,
    state,
    stored_titles,
    text,
    upload,
)
from tests.browser.pages import api_answer, stored
from tests.browser.rows import titles

pytestmark = pytest.mark.browser

PASSWORD = "quell-1911"  # noqa: S105 - of a file that the test makes


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
    expect(state(page, "lanterns.txt")).to_have_text("Added")
    [report] = [each for each in stored(desk.server) if each["path"] == "lanterns.txt"]
    assert report["passages"] == 1
    expect(upload(page, "lanterns.txt").locator(".fn-upload-outcome")).to_have_text(f"{LANTERNS} 1 passage")
    sending = [words for words in page.evaluate("shown") if words.startswith("Sending, ")]
    shares = [int(words.removeprefix("Sending, ").removesuffix("%")) for words in sending]
    assert shares == sorted(shares)
    assert any(0 < share < 100 for share in shares)


def test_the_title_of_an_added_file_opens_it_and_the_outcome_is_still_there_on_return(desk: Desk) -> None:
    page = desk.page
    add(page, text("lanterns.txt", f"{LANTERNS}\n\n{LIT}\n"))
    expect(state(page, "lanterns.txt")).to_have_text("Added")
    upload(page, "lanterns.txt").get_by_role("button", name=LANTERNS).click()
    expect(page.locator("#fn-source h2")).to_have_text(LANTERNS)
    expect(page.locator("#fn-source .fn-text")).to_contain_text(LIT)
    page.keyboard.press("Escape")
    expect(state(page, "lanterns.txt")).to_have_text("Added")
    page.get_by_role("button", name="Clear list").click()
    expect(page.locator(".fn-uploads")).to_be_hidden()
    expect(page.get_by_role("button", name="Add files")).to_be_focused()


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
    expect(state(page, names[-1])).to_have_text("Added")
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
    expect(state(page, "broken.pdf")).to_have_text("Not added")
    said = f"It {detail.removeprefix('broken.pdf: ').removesuffix('.')}."
    expect(upload(page, "broken.pdf").locator(".fn-warning")).to_have_text(said)
    spoken = page.locator("#fn-library-panel > .fn-unseen[role=status]")
    expect(spoken).to_have_text(f"All done: 0 added, 1 not added. broken.pdf: {said}")
    expect(page.locator(".fn-password")).to_have_count(0)
    assert stored_titles(desk.server) == [MILL]


def test_an_encrypted_file_is_added_once_its_password_is_right(desk: Desk) -> None:
    page = desk.page
    add(page, pdf("sealed.pdf", "Sealed lanterns", "", LIT, password=PASSWORD))
    expect(state(page, "sealed.pdf")).to_have_text("Not added")
    expect(upload(page, "sealed.pdf").locator(".fn-warning")).to_contain_text("password")
    for password, outcome in (("wrong", "Not added"), (PASSWORD, "Added")):
        page.get_by_label("Password of sealed.pdf").fill(password)
        page.get_by_role("button", name="Try again").click()
        expect(state(page, "sealed.pdf")).to_have_text(outcome)
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
    expect(first).to_have_count(1)
    waiting = page.locator(".fn-uploads li", has=page.get_by_text("Waiting to be read"))
    expect(waiting).to_have_count(1)
    expect(page.locator(".fn-uploads h3")).to_have_text("0 of 2 files done")
    expect(page.locator(".fn-doing-line")).to_have_text("Adding a file · 1 more in the queue")
    name = waiting.locator(".fn-upload-name").inner_text()
    page.get_by_role("button", name=f"Cancel {name}").click()
    expect(state(page, name)).to_have_text("Cancelled")
    desk.held.go_on.set()
    expect(page.locator(".fn-uploads h3")).to_have_text("All done: 1 added, 1 cancelled.")
    upload(page, name).get_by_role("button", name="Try again").click()
    expect(page.locator(".fn-uploads h3")).to_have_text("All done: 2 added.")
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
    expect(state(page, "lanterns.txt")).to_have_text("Cancelled")
    assert stored_titles(desk.server) == [MILL]


def test_a_changed_file_of_the_same_name_says_which_version_it_became(desk: Desk) -> None:
    page = desk.page
    for words in (LIT, SOLD):
        add(page, text("notes.txt", words))
        expect(page.locator(".fn-uploads h3")).to_have_text("All done: 1 added.")
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
    expect(page.locator(".fn-uploads h3")).to_contain_text("All done")
    assert int(page.locator(".fn-uploads h3").inner_text().split()[2]) <= 2


HOSTILE = "<img src=x onerror=document.title='owned'> &amp; **b** [t](javascript:alert(1))"


def test_a_hostile_file_name_and_title_are_shown_as_text(desk: Desk) -> None:
    page = desk.page
    name = "<img src=x onerror=document.title='owned'> &amp; **b**.txt"
    add(page, text(name, f"{HOSTILE}\n\n{LIT}\n"), text(f"{name[:-4]}.pdf", "junk"))
    expect(page.locator(".fn-uploads h3")).to_have_text("All done: 1 added, 1 not added.")
    expect(page.locator(".fn-upload-name")).to_have_text([name, f"{name[:-4]}.pdf"])
    expect(page.locator(".fn-upload-open")).to_have_text(HOSTILE)
    expect(titles(page).first).to_have_text(HOSTILE)
    expect(page.locator("#fn-library :is(script, img, b, strong)")).to_have_count(0)
    assert page.title() == "Footnoted"


# Folders, and files that are dropped


def folder_of_reports(folder: Path) -> Path:
    """A typical folder: subfolders, two files of the same name, and files that are no reports."""
    reports = folder / "Quellbrook"
    for place, words in (
        ("lanterns.txt", f"{LANTERNS}\n\n{LIT}"),
        ("1934/report.txt", f"The tannery of Westmere\n\n{SOLD}"),
        ("1911/report.txt", f"The weir of Ostmere\n\n{LIT}"),
        ("picture.jpg", "no report"),
        (".hidden/secret.txt", LIT),
        ("~$report.txt", LIT),
        ("lanterns.txt.meta.yaml", "title: Another"),
    ):
        (reports / place).parent.mkdir(parents=True, exist_ok=True)
        (reports / place).write_text(words, encoding="utf-8")
    return reports


FOLDER_NAMES = ["1911 – report.txt", "1934 – report.txt", "lanterns.txt"]


def expect_folder(desk: Desk) -> None:
    expect(desk.page.locator(".fn-uploads h3")).to_have_text("All done: 3 added.")
    assert sorted(desk.page.locator(".fn-upload-name").all_inner_texts()) == FOLDER_NAMES
    expect(desk.page.locator(".fn-uploads")).to_contain_text("1 file was skipped: its type is not supported.")
    added = {report["path"]: report["collection"] for report in stored(desk.server) if report["uploaded"]}
    assert added == dict.fromkeys(FOLDER_NAMES, "Quellbrook")


def test_a_folder_is_added_with_all_below_it_as_a_collection_of_its_name(desk: Desk, tmp_path: Path) -> None:
    with desk.page.expect_file_chooser() as chosen:
        desk.page.get_by_role("button", name="Add a folder").click()
    chosen.value.set_files(folder_of_reports(tmp_path))
    expect_folder(desk)


def test_a_folder_can_be_dropped_on_the_conversation(desk: Desk, tmp_path: Path) -> None:
    page = desk.page
    page.get_by_role("tab", name="Conversations").click()
    dragging = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder_of_reports(tmp_path))], "dragOperationsMask": 1}
    at = {"x": 900, "y": 700, "data": data}
    for kind in ("dragEnter", "dragOver"):
        dragging.send("Input.dispatchDragEvent", {"type": kind, **at})
    expect(page.get_by_text("Drop files or folders to add them to the library")).to_be_visible()
    dragging.send("Input.dispatchDragEvent", {"type": "drop", **at})
    expect(page.locator("#fn-drop")).to_be_hidden()
    expect_folder(desk)
    expect(page.get_by_role("tab", name="Library")).to_have_attribute("aria-selected", "true")


# The line below the library: the work of the index and its last errors


def line(page: Page) -> Locator:
    return page.locator(".fn-doing-line")


def details(page: Page) -> Locator:
    return page.locator(".fn-doing-details")


def sync(page: Page) -> Locator:
    return page.get_by_role("button", name="Sync folders")


def hold_a_sync(desk: Desk) -> Page:
    """It has found a second report, and waits before it embeds it."""
    (desk.folder / "tannery.txt").write_text(f"The tannery of Westmere\n\n{SOLD}\n", encoding="utf-8")
    desk.held.hold()
    sync(desk.page).click()
    expect(line(desk.page)).to_have_text("Indexing passages")
    return desk.page


@pytest.mark.journey
def test_followed_folders_are_synced_with_progress_and_the_list_follows(desk: Desk) -> None:
    page = hold_a_sync(desk)
    expect(page.get_by_role("progressbar", name="Indexing progress")).to_be_visible()
    expect(sync(page)).to_be_hidden()
    desk.held.go_on.set()
    expect(line(page)).to_have_text("Up to date · 2 reports")
    expect(titles(page)).to_have_text([MILL, "The tannery of Westmere"])
    expect(page.locator(".fn-doing [role=status]")).to_have_text("Up to date · 2 reports")


def test_a_sync_can_be_cancelled(desk: Desk) -> None:
    page = hold_a_sync(desk)
    page.get_by_role("button", name="Cancel").click()
    expect(line(page)).to_have_text("Stopping")
    desk.held.go_on.set()
    expect(line(page)).to_have_text("Up to date · 1 report")
    assert [job["state"] for job in httpx.get(f"{desk.server}/v1/jobs", timeout=60).json()["jobs"][:1]] == [
        "cancelled"
    ]


def test_files_that_could_not_be_read_are_named_with_the_reason_until_that_is_seen(desk: Desk) -> None:
    page = desk.page
    hostile = "<img src=x onerror=document.title='owned'>.pdf"
    (desk.folder / hostile).write_bytes(b"%PDF-1.7\n junk")
    sync(page).click()
    summary = details(page).get_by_text("1 file could not be read")
    expect(summary).to_be_visible()
    summary.click()
    named = details(page).locator("li")
    expect(named.locator(".fn-path")).to_have_text([hostile])
    expect(named).to_contain_text("its structure cannot be read")
    expect(page.locator("#fn-library img")).to_have_count(0)
    page.reload()
    details(page).get_by_text("1 file could not be read").click()
    page.get_by_role("button", name=f"Dismiss {hostile}").click()
    expect(details(page)).to_be_hidden()
    expect(sync(page)).to_be_focused()
    page.reload()
    expect(line(page)).to_have_text("Up to date · 1 report")
    expect(details(page)).to_be_hidden()


def job(**fields: object) -> dict[str, object]:
    count = {"done": 0, "of": 0}
    return {
        "id": "0" * 32,
        "kind": "sync",
        "state": "running",
        "cancelling": False,
        "message": None,
        "stage": "reading",
        "files": count,
        "passages": count,
        "seconds_left": None,
        **fields,
    }


SAID: list[tuple[dict[str, Any], str]] = [
    ({"stage": None}, "Looking for changed files"),
    (
        {"files": {"done": 312, "of": 2000}, "seconds_left": 185.0},
        "Reading 312 of 2,000 files · 3 min left",
    ),
    (
        {"kind": "rebuild", "stage": "embedding", "passages": {"done": 20, "of": 90}, "seconds_left": 41},
        "Rebuilding the library: 20 of 90 passages · 41 sec left",
    ),
    ({"kind": "compaction", "stage": None}, "Compacting the index"),
    ({"state": "waiting", "stage": None}, "Waiting to start"),
    ({"state": "failed", "message": "the disk is full"}, "The last sync failed"),
    ({"kind": "rebuild", "state": "failed", "message": "no memory"}, "The library could not be rebuilt"),
]


def test_each_kind_of_work_is_said_in_words(page: Page) -> None:
    told = job()
    page.route("**/v1/jobs?*", lambda route: route.fulfill(json={"jobs": [told]}))
    for number, (fields, said) in enumerate(SAID):
        told = job(**fields, id=f"{number:032}")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(line(page)).to_have_text(said)
        if told["message"]:
            details(page).get_by_text("Why").click()
            expect(details(page).locator(".fn-warning")).to_have_text(str(told["message"]))
        else:
            expect(details(page)).to_be_hidden()


def test_work_of_others_is_said_without_what_it_is_and_its_end_shows_its_reports(desk: Desk) -> None:
    """A member is told of the member's own jobs alone."""
    page, others = desk.page, {"jobs": [], "busy": True}
    page.route("**/v1/jobs?*", lambda route: route.fulfill(json=others))
    expect(line(page)).to_have_text("The library is being updated")
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(page.locator(".fn-doing [role=status]")).to_have_text("")
    (desk.folder / "empty.txt").write_text("")
    job_id = httpx.post(f"{desk.server}/v1/index/sync", timeout=60).json()["job_id"]
    while httpx.get(f"{desk.server}/v1/jobs/{job_id}", timeout=60).json()["ended"] is None:
        page.wait_for_timeout(100)
    expect(details(page)).to_be_hidden()
    others["busy"] = False
    expect(line(page)).to_have_text("Up to date · 1 report")
    expect(details(page).locator("summary")).to_have_text("1 file could not be read")


def test_a_server_that_is_silent_is_said_to_be(desk: Desk) -> None:
    desk.page.route("**/v1/jobs?*", lambda route: route.fulfill(status=502, body=""))
    expect(line(desk.page)).to_have_text("The server is not responding")
    desk.page.unroute("**/v1/jobs?*")
    expect(line(desk.page)).to_have_text("Up to date · 1 report")
    desk.page.get_by_role("tab", name="Conversations").click()
    expect(line(desk.page)).to_be_visible()
    expect(details(desk.page)).to_be_hidden()


def asked(desk: Desk, seconds: float, *, hidden: bool) -> int:
    """The number of requests for jobs in some seconds, by a visible or a hidden page."""
    urls: list[str] = []

    def listen(request: Request) -> None:
        urls.append(request.url)

    desk.page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event('visibilitychange'));
        }""",
        hidden,
    )
    desk.page.wait_for_timeout(500)
    desk.page.on("request", listen)
    desk.page.wait_for_timeout(seconds * 1000)
    desk.page.remove_listener("request", listen)
    return sum("/v1/jobs?" in url for url in urls)


def test_the_server_is_asked_gently_and_not_by_a_page_that_nobody_sees(desk: Desk) -> None:
    expect(line(desk.page)).to_have_text("Up to date · 1 report")
    assert asked(desk, 6, hidden=False) in {1, 2}
    assert asked(desk, 6, hidden=True) == 0
    desk.held.hold()
    httpx.post(
        f"{desk.server}/v1/documents",
        files={"file": ("a.txt", SOLD.encode())},
        data={"background": "true"},
        timeout=60,
    )
    assert 3 <= asked(desk, 5, hidden=False) <= 6
