"""A page over a library that a test may change, and files to add to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, FilePayload, Locator, Page
from reportlab.lib.pdfencrypt import StandardEncryption

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from rag.engine import QueryEngine
from tests.browser.pages import opened, serving, stored
from tests.support.background import Held
from tests.support.pdf_files import column, draw

LIT = "The lantern of Quellbrook was first lit by Ada Thorne on 3 March 1911."
SOLD = "The tannery of Westmere was sold to Corin Dalvey for 4,200 guilders in 1934."
WHO_LIT = "Who first lit the lantern of Quellbrook?"
FOLLOWED = "The mill of Brackwater ground 310 tons of rye in 1902."
MILL = "The mill of Brackwater"
LANTERNS = "Lanterns of Quellbrook"

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@dataclass(frozen=True)
class Desk:
    """``held`` is the encoder, for a test to hold."""

    page: Page
    server: str
    held: Held
    folder: Path


@contextmanager
def desk_in(
    browser: Browser, encoder: Encoder, reader: Isolated, home: Path, **context: object
) -> Iterator[Desk]:
    """A desk over a new library under ``home``; its requests may fail."""
    folder = home / "library"
    folder.mkdir()
    (folder / "mill.txt").write_text(f"{MILL}\n\n{FOLLOWED}\n", encoding="utf-8")
    held = Held(encoder)
    with Library.open(home / "home", held) as index:
        sync(index, [folder], reader=reader)
        engine = QueryEngine(index, keeps=True)
        with serving(index, engine) as server, opened(browser, server, failing=True, **context) as page:
            yield Desk(page, server, held, folder)
            held.go_on.set()


def pdf(name: str, *lines: str, password: str | None = None) -> FilePayload:
    encrypt = StandardEncryption(password) if password else None
    return {"name": name, "mimeType": "application/pdf", "buffer": draw(column(*lines), encrypt=encrypt)}


def text(name: str, words: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": words.encode()}


BROKEN: FilePayload = {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n junk"}


def add(page: Page, *files: FilePayload) -> None:
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Add files").click()
    chosen.value.set_files(list(files))


def upload(page: Page, name: str) -> Locator:
    return page.locator(".fn-uploads li").filter(has=page.locator(".fn-upload-name", has_text=name))


def state(page: Page, name: str) -> Locator:
    return upload(page, name).locator(".fn-upload-state")


def stored_titles(server: str) -> list[str]:
    return [report["title"] for report in stored(server)]
