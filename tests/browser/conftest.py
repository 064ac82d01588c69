"""Fixtures of the browser tests: a real Chromium, servers, and their pages."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from rag.engine import QueryEngine
from tests.browser.desks import Desk, desk_in
from tests.browser.pages import PATIENCE, ServeFiles, installed_chromium, opened, serving
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
def seed_page(chromium: Browser, seed_server: str) -> Iterator[Page]:
    """The page over ``seeds/``."""
    with opened(chromium, seed_server) as page:
        yield page


@pytest.fixture
def page(seed_page: Page) -> Page:
    return seed_page


@pytest.fixture
def desk(chromium: Browser, encoder: Encoder, loading: Isolated, tmp_path: Path) -> Iterator[Desk]:
    """A page over a library of its own, to which a test may add documents and from which it may delete."""
    with desk_in(chromium, encoder, loading, tmp_path) as desk:
        yield desk


@pytest.fixture(scope="module")
def serve_files(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServeFiles]:
    """A function that serves a library of the given files (content by name), and returns its URL."""
    with ExitStack() as running:

        def serve(files: Mapping[str, str | bytes]) -> str:
            folder = tmp_path_factory.mktemp("reports")
            for name, content in files.items():
                (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
            index = running.enter_context(Library.open(tmp_path_factory.mktemp("home"), encoder))
            sync(index, [folder])
            return running.enter_context(serving(index, QueryEngine(index)))

        yield serve
