"""In a real browser: add files to the library, ask about them, delete them again."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pages import MARKED, Watched, api_answer, ask, opened, serving
from pdf_files import column, draw
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect
from reportlab.lib.pdfencrypt import StandardEncryption

from index.embedding import Encoder
from index.store import Index
from index.sync import sync
from rag.answering import QueryEngine

pytestmark = pytest.mark.browser

LIT = "The lantern of Quellbrook was first lit by Ada Thorne on 3 March 1911."
SOLD = "The tannery of Westmere was sold to Corin Dalvey for 4,200 guilders in 1934."
PASSWORD = "quell-1911"  # noqa: S105 - of a file that the test makes
WHO_LIT = "Who first lit the lantern of Quellbrook?"
FOLLOWED = "The mill of Brackwater ground 310 tons of rye in 1902."


@dataclass(frozen=True)
class Desk:
    """A page over a library of one followed file, and the server behind it."""

    page: Page
    server: str
    watched: Watched


@pytest.fixture
def desk(chromium: Browser, encoder: Encoder, tmp_path: Path) -> Iterator[Desk]:
    library = tmp_path / "library"
    library.mkdir()
    (library / "mill.txt").write_text(f"The mill of Brackwater\n\n{FOLLOWED}\n", encoding="utf-8")
    with Index.open(tmp_path / "home", encoder) as index:
        sync(index, [library])
        with serving(index, QueryEngine(index)) as server, opened(chromium, server) as watched:
            yield Desk(watched.page, server, watched)
            # A browser reports every refusal of the server in its console.
            refusals = ("status of 4", "status of 5")
            assert [error for error in watched.errors if not any(said in error for said in refusals)] == []
            assert watched.elsewhere == []


def pdf(name: str, *lines: str, password: str | None = None) -> FilePayload:
    encrypt = StandardEncryption(password) if password else None
    return {
        "name": name,
        "mimeType": "application/pdf",
        "buffer": draw(column(*lines), encrypt=encrypt),
    }


def text(name: str, words: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": words.encode()}


def add(page: Page, *files: FilePayload) -> None:
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Add files").click()
    chosen.value.set_files(list(files))


def upload(page: Page, name: str) -> Locator:
    return page.locator(".fn-uploads li").filter(has=page.locator(".fn-upload-name", has_text=name))


def state(page: Page, name: str) -> Locator:
    return upload(page, name).locator(".fn-upload-state")


def titles(page: Page) -> Locator:
    return page.locator(".fn-reports .fn-report-title")


def stored(server: str) -> list[str]:
    return [report["title"] for report in httpx.get(f"{server}/v1/documents").json()["documents"]]


def test_a_file_that_is_added_can_be_asked_about_at_once(desk: Desk) -> None:
    page = desk.page
    add(page, pdf("lanterns.pdf", "Lanterns of Quellbrook", "", LIT))
    expect(state(page, "lanterns.pdf")).to_have_text("Added", timeout=60_000)
    expect(page.locator(".fn-count")).to_have_text("2 reports")
    expect(page.locator("#fn-top .fn-open-library")).to_have_text("Library · 2")
    expect(page.locator(".fn-uploads progress")).to_be_hidden()
    ask(page, WHO_LIT)
    page.locator(".fn-actions").last.wait_for()
    expect(page.locator(".fn-quote").first).to_have_text(LIT)
    page.locator(".fn-mark").first.click()
    page.locator("#fn-source mark").first.wait_for()
    assert page.evaluate(MARKED) == LIT


def test_the_title_of_an_added_file_opens_it_and_the_outcome_is_still_there_on_return(desk: Desk) -> None:
    page = desk.page
    add(page, text("lanterns.txt", f"Lanterns of Quellbrook\n\n{LIT}\n"))
    expect(state(page, "lanterns.txt")).to_have_text("Added", timeout=60_000)
    upload(page, "lanterns.txt").get_by_role("button", name="Lanterns of Quellbrook").click()
    expect(page.locator("#fn-source h2")).to_have_text("Lanterns of Quellbrook")
    expect(page.locator("#fn-source .fn-text")).to_contain_text(LIT)
    page.keyboard.press("Escape")
    expect(state(page, "lanterns.txt")).to_have_text("Added")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".fn-uploads")).to_be_hidden()
    expect(page.get_by_role("button", name="Add files")).to_be_focused()


def test_several_files_have_each_their_own_outcome(desk: Desk) -> None:
    page = desk.page
    broken: FilePayload = {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n junk"}
    add(page, text("lanterns.txt", LIT), broken, text("tannery.txt", SOLD))
    expect(state(page, "tannery.txt")).to_have_text("Added", timeout=60_000)
    expect(state(page, "lanterns.txt")).to_have_text("Added")
    expect(state(page, "broken.pdf")).to_have_text("Not added")
    names = page.locator(".fn-upload-name")
    expect(names).to_have_text(["lanterns.txt", "broken.pdf", "tannery.txt"])
    expect(titles(page)).to_have_count(3)


def test_why_a_broken_file_was_not_added_is_said_in_a_sentence(desk: Desk) -> None:
    page = desk.page
    broken = b"%PDF-1.7\n junk"
    refused = httpx.post(f"{desk.server}/v1/documents", files={"file": ("broken.pdf", broken)}, timeout=60)
    detail = refused.json()["detail"]
    assert detail.startswith("broken.pdf: ")
    add(page, {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": broken})
    expect(state(page, "broken.pdf")).to_have_text("Not added", timeout=60_000)
    said = f"It {detail.removeprefix('broken.pdf: ').removesuffix('.')}."
    expect(upload(page, "broken.pdf").locator(".fn-warning")).to_have_text(said)
    expect(page.locator(".fn-uploads [role=status]")).to_have_text(f"broken.pdf: {said}")
    expect(page.locator(".fn-password")).to_have_count(0)
    assert stored(desk.server) == ["The mill of Brackwater"]


def test_an_encrypted_file_is_added_once_its_password_is_right(desk: Desk) -> None:
    page = desk.page
    add(page, pdf("sealed.pdf", "Sealed lanterns", "", LIT, password=PASSWORD))
    expect(state(page, "sealed.pdf")).to_have_text("Not added", timeout=60_000)
    expect(upload(page, "sealed.pdf").locator(".fn-warning")).to_contain_text("password")
    for password, outcome in (("wrong", "Not added"), (PASSWORD, "Added")):
        page.get_by_label("Password of sealed.pdf").fill(password)
        page.get_by_role("button", name="Try again").click()
        expect(state(page, "sealed.pdf")).to_have_text(outcome, timeout=60_000)
        if outcome == "Not added":
            expect(page.get_by_label("Password of sealed.pdf")).to_be_focused()
            expect(page.get_by_label("Password of sealed.pdf")).to_have_value("")
    expect(page.locator(".fn-password")).to_have_count(0)
    assert api_answer(desk.server, WHO_LIT)["citations"][0]["quote"] == LIT


DROP = """([name, data]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
  const target = document.querySelector('#fn-library');
  const send = (type) => {
    const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer });
    target.dispatchEvent(event);
    return [event.defaultPrevented, target.classList.contains('fn-dropping')];
  };
  return [send('dragover'), send('drop')];
}"""


def test_a_file_can_be_dropped_on_the_library_whichever_tab_it_shows(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("tab", name="Conversations").click()
    handled = page.evaluate(DROP, ["tannery.txt", b64encode(SOLD.encode()).decode()])
    assert handled == [[True, True], [True, False]]
    expect(state(page, "tannery.txt")).to_have_text("Added", timeout=60_000)
    expect(titles(page)).to_have_count(2)


def test_only_an_added_file_can_be_deleted_and_only_when_that_is_confirmed(desk: Desk) -> None:
    page = desk.page
    add(page, text("lanterns.txt", f"Lanterns of Quellbrook\n\n{LIT}\n"))
    expect(state(page, "lanterns.txt")).to_have_text("Added", timeout=60_000)
    delete = page.get_by_role("button", name="Delete Lanterns of Quellbrook")
    expect(page.get_by_role("button", name="Delete")).to_have_count(1)
    delete.click()
    question = page.get_by_role("group", name="Delete Lanterns of Quellbrook?")
    expect(question).to_contain_text("Delete “Lanterns of Quellbrook”? Answers can no longer cite it.")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(delete).to_be_focused()
    assert len(stored(desk.server)) == 2
    delete.click()
    page.get_by_role("button", name="Delete it").click()
    expect(titles(page)).to_have_text(["The mill of Brackwater"])
    expect(page.get_by_role("button", name="The mill of Brackwater")).to_be_focused()
    assert stored(desk.server) == ["The mill of Brackwater"]
    assert api_answer(desk.server, WHO_LIT)["abstained"] is True


def test_a_footnote_of_a_deleted_file_says_that_it_is_gone(desk: Desk) -> None:
    page = desk.page
    add(page, text("lanterns.txt", f"Lanterns of Quellbrook\n\n{LIT}\n"))
    expect(state(page, "lanterns.txt")).to_have_text("Added", timeout=60_000)
    ask(page, WHO_LIT)
    page.locator(".fn-actions").last.wait_for()
    page.get_by_role("button", name="Delete Lanterns of Quellbrook").click()
    page.get_by_role("button", name="Delete it").click()
    expect(titles(page)).to_have_count(1)
    page.locator(".fn-mark").first.click()
    expect(page.locator("#fn-source [role=alert]")).to_have_text(
        "This report is no longer in the library: it was deleted, or its file was moved or renamed."
    )
