"""Browser tests: folders are added, and files and folders are dropped on the page."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desks import LANTERNS, LIT, MILL, SOLD, WHO_LIT, Desk, state, stored

pytestmark = pytest.mark.browser

SOON = 60_000


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
    expect(desk.page.locator(".fn-uploads h3")).to_have_text("All done: 3 added.", timeout=SOON)
    assert sorted(desk.page.locator(".fn-upload-name").all_inner_texts()) == FOLDER_NAMES
    expect(desk.page.locator(".fn-uploads")).to_contain_text("1 file was skipped: its type is not supported.")
    added = {report["path"]: report["collection"] for report in stored(desk.server) if report["uploaded"]}
    assert added == dict.fromkeys(FOLDER_NAMES, "Quellbrook")


@pytest.mark.journey
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


def drop(page: Page, *paths: Path) -> None:
    dragging = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        dragging.send("Input.dispatchDragEvent", {"type": kind, "x": 900, "y": 700, "data": data})


def test_files_of_one_name_from_several_folders_are_reports_of_their_own(desk: Desk, tmp_path: Path) -> None:
    places = {"report.txt": LIT, "2023/report.txt": SOLD, "2024/report.txt": WHO_LIT, "2024/other.txt": MILL}
    for place, words in places.items():
        (tmp_path / "dropped" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "dropped" / place).write_text(words, encoding="utf-8")
    drop(desk.page, *(tmp_path / "dropped" / name for name in ("report.txt", "2023", "2024")))
    expect(desk.page.locator(".fn-uploads h3")).to_have_text("All done: 4 added.", timeout=SOON)
    added = {report["path"]: report["version"] for report in stored(desk.server) if report["uploaded"]}
    names = ["report.txt", "2023 – report.txt", "2024 – report.txt", "other.txt"]
    assert added == dict.fromkeys(names, 1)


UNREADABLE = """async (named) => {
  const refused = (done, failed) => failed(new DOMException('', 'NotFoundError'));
  const file = (name) => ({ name, file: (done) => done(new File(['The weir was sold.'], name)) });
  const folder = (name, entries) => {
    const portions = [entries, []];
    const readEntries = (done) => done(portions.shift());
    return { name, isDirectory: true, createReader: () => ({ readEntries }) };
  };
  const locked = { name: 'locked', isDirectory: true, createReader: () => ({ readEntries: refused }) };
  const entries = [{ name: 'gone.txt', file: refused }, locked, ...named.map(file)];
  const { takeEntries } = await module('ingest/uploads.js');
  await takeEntries([{ entry: folder('Weirs', entries), file: null }, { entry: null, file: null }]);
}"""


def test_what_cannot_be_opened_does_not_keep_the_rest_of_a_drop_out(desk: Desk) -> None:
    page = desk.page
    page.evaluate(UNREADABLE, ["weir.txt"])
    said = "3 files or folders were skipped: they could not be opened."
    expect(page.locator(".fn-uploads .fn-remark")).to_have_text(said)
    expect(state(page, "weir.txt")).to_have_text("Added", timeout=SOON)
    expect(page.locator("#fn-toasts .fn-toast")).to_have_count(0)
    page.evaluate(UNREADABLE, [])
    expect(page.locator("#fn-toasts [role=alert] p")).to_have_text(said)


DROP = """([name, data, place]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
  const send = (type) => {
    const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer });
    document.querySelector(place).dispatchEvent(event);
    return [event.defaultPrevented, document.querySelector('#fn-drop').hidden];
  };
  return [send('dragover'), send('drop')];
}"""


@pytest.mark.parametrize("place", ["#fn-question textarea", "#fn-library"])
def test_a_file_can_be_dropped_anywhere_on_the_page(desk: Desk, place: str) -> None:
    handled = desk.page.evaluate(DROP, ["tannery.txt", b64encode(SOLD.encode()).decode(), place])
    assert handled == [[True, False], [True, True]]
    expect(state(desk.page, "tannery.txt")).to_have_text("Added", timeout=SOON)
    expect(desk.page.get_by_label("Your question")).to_have_value("")
