"""Browser tests: the line below the library shows the work of the index and its last errors."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.desks import MILL, SOLD, Desk
from tests.browser.pages import Watched
from tests.browser.rows import titles

pytestmark = pytest.mark.browser

SOON = 30_000


def line(page: Page) -> Locator:
    return page.locator(".fn-doing-line")


def details(page: Page) -> Locator:
    return page.locator(".fn-doing-details")


def sync(page: Page) -> Locator:
    return page.get_by_role("button", name="Sync folders")


def test_what_is_up_to_date_says_so_on_both_tabs(desk: Desk) -> None:
    expect(line(desk.page)).to_have_text("Up to date · 1 report")
    desk.page.get_by_role("tab", name="Conversations").click()
    expect(line(desk.page)).to_be_visible()
    expect(details(desk.page)).to_be_hidden()


@pytest.mark.journey
def test_followed_folders_are_synced_with_progress_and_the_list_follows(desk: Desk) -> None:
    page = desk.page
    (desk.folder / "tannery.txt").write_text(f"The tannery of Westmere\n\n{SOLD}\n", encoding="utf-8")
    desk.held.hold()
    sync(page).click()
    expect(line(page)).to_have_text("Indexing passages", timeout=SOON)
    expect(page.get_by_role("progressbar", name="Indexing progress")).to_be_visible()
    expect(sync(page)).to_be_hidden()
    desk.held.go_on.set()
    expect(line(page)).to_have_text("Up to date · 2 reports", timeout=SOON)
    expect(titles(page)).to_have_text([MILL, "The tannery of Westmere"])
    expect(page.locator(".fn-doing [role=status]")).to_have_text("Up to date · 2 reports")


def test_a_sync_can_be_cancelled(desk: Desk) -> None:
    page = desk.page
    (desk.folder / "tannery.txt").write_text(f"The tannery of Westmere\n\n{SOLD}\n", encoding="utf-8")
    desk.held.hold()
    sync(page).click()
    expect(line(page)).to_have_text("Indexing passages", timeout=SOON)
    page.get_by_role("button", name="Cancel").click()
    expect(line(page)).to_have_text("Stopping")
    desk.held.go_on.set()
    expect(line(page)).to_have_text("Up to date · 1 report", timeout=SOON)
    assert [job["state"] for job in httpx.get(f"{desk.server}/v1/jobs", timeout=60).json()["jobs"][:1]] == [
        "cancelled"
    ]


def test_files_that_could_not_be_read_are_named_with_the_reason_until_that_is_seen(desk: Desk) -> None:
    page = desk.page
    hostile = "<img src=x onerror=document.title='owned'>.pdf"
    (desk.folder / hostile).write_bytes(b"%PDF-1.7\n junk")
    sync(page).click()
    summary = details(page).get_by_text("1 file could not be read")
    expect(summary).to_be_visible(timeout=SOON)
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


def test_files_stay_named_when_another_path_is_synced_and_go_when_they_are_read(desk: Desk) -> None:
    page = desk.page
    for name in ("empty.txt", "void.txt"):
        (desk.folder / name).write_text("")
    sync(page).click()
    summary = details(page).locator("summary")
    expect(summary).to_have_text("2 files could not be read", timeout=SOON)
    httpx.post(f"{desk.server}/v1/documents", files={"file": ("a.txt", SOLD.encode())}, timeout=60)
    summary.click()
    page.get_by_role("button", name="Dismiss empty.txt").click()
    expect(summary).to_have_text("1 file could not be read")
    expect(details(page).locator(".fn-path")).to_have_text(["void.txt"])
    expect(page.get_by_role("button", name="Dismiss void.txt")).to_be_focused()
    (desk.folder / "void.txt").write_text(f"The tannery of Westmere\n\n{SOLD}\n", encoding="utf-8")
    sync(page).click()
    expect(details(page)).to_be_hidden(timeout=SOON)
    expect(line(page)).to_have_text("Up to date · 3 reports", timeout=SOON)


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


def test_each_kind_of_work_is_said_in_words(seed_page: Watched) -> None:
    page, told = seed_page.page, job()
    page.route("**/v1/jobs?*", lambda route: route.fulfill(json={"jobs": [told]}))
    for number, (fields, said) in enumerate(SAID):
        told = job(**fields, id=f"{number:032}")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(line(page)).to_have_text(said, timeout=SOON)
        if told["message"]:
            details(page).get_by_text("Why").click()
            expect(details(page).locator(".fn-warning")).to_have_text(str(told["message"]))
        else:
            expect(details(page)).to_be_hidden()


def test_work_of_others_is_said_without_what_it_is_and_its_end_shows_its_reports(desk: Desk) -> None:
    """A member is told of the member's own jobs alone."""
    page, others = desk.page, {"jobs": [], "busy": True}
    page.route("**/v1/jobs?*", lambda route: route.fulfill(json=others))
    expect(line(page)).to_have_text("The library is being updated", timeout=SOON)
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(page.locator(".fn-doing [role=status]")).to_have_text("")
    (desk.folder / "empty.txt").write_text("")
    job_id = httpx.post(f"{desk.server}/v1/index/sync", timeout=60).json()["job_id"]
    while httpx.get(f"{desk.server}/v1/jobs/{job_id}", timeout=60).json()["ended"] is None:
        page.wait_for_timeout(100)
    expect(details(page)).to_be_hidden()
    others["busy"] = False
    expect(line(page)).to_have_text("Up to date · 1 report", timeout=SOON)
    expect(details(page).locator("summary")).to_have_text("1 file could not be read")


def test_a_server_that_is_silent_is_said_to_be(desk: Desk) -> None:
    desk.page.route("**/v1/jobs?*", lambda route: route.fulfill(status=502, body=""))
    expect(line(desk.page)).to_have_text("The server is not responding", timeout=SOON)
    desk.page.unroute("**/v1/jobs?*")
    expect(line(desk.page)).to_have_text("Up to date · 1 report", timeout=SOON)


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
