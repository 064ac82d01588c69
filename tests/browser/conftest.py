"""Fixtures of the browser tests: a real Chromium, servers, and their pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import DEFAULTS
from index.loaders.sandbox.client import Isolated
from rag.engine import QueryEngine
from tests.browser.desks import LIT, SOLD, Desk, desk_in
from tests.browser.pages import PATIENCE, Watched, installed_chromium, opened, serving
from tests.browser.shelves import REPORTS, write
from tests.browser.telling import kept
from tests.support.handing import SERVERS, handing_on
from tests.support.routes import made_once
from ui.settings import Settings

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session", autouse=True)
def _servers_start_quickly(reading_processes: None) -> Iterator[None]:
    """Making a server takes a third of the time; it reads files in idle processes, if there are any."""
    del reading_processes
    with made_once(), handing_on(SERVERS):
        yield


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """An installed Chromium. If there is none, the tests are skipped, or fail in CI.

    It is closed before tests of other folders: while Playwright runs, this thread has an event loop,
    so that they could not start their own.
    """
    path = installed_chromium()
    if path is None:
        reason = "no Chromium on this machine; install one (Debian: apt-get install chromium-headless-shell)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def seed_server(seed_index: Library, seed_engine: QueryEngine) -> Iterator[str]:
    with serving(seed_index, seed_engine, Settings(home=seed_index.home)) as url:
        yield url


@pytest.fixture
def seed_page(chromium: Browser, seed_server: str) -> Iterator[Watched]:
    """The page over ``seeds/``; the test fails if the page logs an error or sends a request elsewhere."""
    with opened(chromium, seed_server) as watched:
        yield watched
        assert watched.errors == []
        assert watched.elsewhere == []


@pytest.fixture
def desk(chromium: Browser, encoder: Encoder, loading: Isolated, tmp_path: Path) -> Iterator[Desk]:
    """A page over a library of its own, to which a test may add documents and from which it may delete."""
    with desk_in(chromium, encoder, loading, tmp_path) as desk:
        yield desk


@pytest.fixture(scope="module")
def shelf(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server over six reports with different collections, languages, kinds and dates."""
    folder = tmp_path_factory.mktemp("reports")
    for report in REPORTS:
        write(folder, report)
    with Library.open(tmp_path_factory.mktemp("shelf"), encoder) as index:
        sync(index, [folder], options=replace(DEFAULTS, by_time=False))
        with serving(index, QueryEngine(index)) as server:
            yield server


@pytest.fixture
def shelf_page(chromium: Browser, shelf: str) -> Iterator[Page]:
    with opened(chromium, shelf) as watched:
        yield watched.page
        assert watched.errors == []
        assert watched.elsewhere == []


@pytest.fixture(scope="module")
def told_library(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("told")
    for name, words in (("lanterns", LIT), ("tannery", SOLD)):
        (folder / f"{name}.txt").write_text(f"Of the {name}\n\n{words}\n", encoding="utf-8")
    with Library.open(tmp_path_factory.mktemp("tellers"), encoder) as index:
        sync(index, [folder])
        yield index


@pytest.fixture
def teller(told_library: Library) -> Iterator[str]:
    """The URL of a server that keeps answers and has none yet."""
    with serving(told_library, QueryEngine(told_library, keeps=True)) as server:
        for conversation in kept(server):
            httpx.delete(f"{server}/v1/conversations/{conversation['conversation_id']}", timeout=60)
        yield server


@pytest.fixture
def teller_page(chromium: Browser, teller: str) -> Iterator[Page]:
    with opened(chromium, teller) as watched:
        yield watched.page
        assert watched.errors == []
        assert watched.elsewhere == []
