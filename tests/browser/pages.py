"""Serve a library, and open its page in a browser that records errors and requests to other origins."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Any
from weakref import WeakKeyDictionary

import httpx
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect
from playwright.sync_api import Error as PlaywrightError

from benchmarks.app_server import serving_app
from index.library import Library
from rag.engine import QueryEngine
from ui.accounts import SignIn
from ui.app import create_app
from ui.page.head import ASSETS_ROUTE
from ui.settings import Settings

ServeFiles = Callable[[Mapping[str, str | bytes]], str]
"""Serves a library of the given files (content by name), and returns its URL."""

ARRESTS = "How many suspects were arrested, and over how many days?"
BIRD = "What is the national bird of Cambodia?"

WHOLE = "#fn-conversation [id^='fn-answer-']"
"""The selector of the answers that are complete."""

MARKED = "() => [...document.querySelectorAll('#fn-source mark')].map((mark) => mark.textContent).join('')"
"""A script that returns the marked words of the panel, with the hidden bars and line breaks of tables."""

_idle: WeakKeyDictionary[Browser, dict[str, list[BrowserContext]]] = WeakKeyDictionary()
"""Idle browser contexts for new pages, by browser and by their options; see `_window`."""

_left: list[int] = []
"""Ports of stopped servers, which the next ones take: Chromium caches compiled scripts by address."""


def installed_chromium() -> str | None:
    """The path of an installed browser; the headless shell comes first, because it is the lightest."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def serving(
    index: Library, engine: QueryEngine, settings: Settings | None = None, sign_in: SignIn | None = None
) -> Iterator[str]:
    """Answers are kept, as by ``footnoted serve``, because the page asks for kept answers."""
    engine = copy(engine)
    engine.keeps = True
    app = create_app(index, engine, settings, sign_in=sign_in)
    # A page in the browser holds a connection open for as long as it is shown.
    with serving_app(app, _left.pop() if _left else 0, force=True) as address:
        yield address
    _left.append(int(address.rpartition(":")[2]))


PATIENCE = 60_000
"""Milliseconds that a page may take for what a test waits for. Other tests keep the machine busy, and a wait
ends with its condition, so that a long one costs nothing."""

LEAVING = ("AbortError: signal is aborted", "Unexpected error Connection errored out")
"""The beginnings of the errors that Gradio logs if a page is left while it listens to the server."""

FAILED = "Failed to load resource"
"""The beginning of what a browser logs for a request that failed or that the server refused."""


@contextmanager
def opened(
    browser: Browser, url: str, place: str = "", /, *, failing: bool = False, **context: object
) -> Iterator[Page]:
    """Open the page, which may log no error and ask no other origin; if ``failing``, its requests may fail.

    ``place`` is a citation's fragment. In the page, ``module(name)`` imports one of its modules.
    """
    with _window(browser, {"viewport": {"width": 1440, "height": 900}, **context}) as window:
        page = window.new_page()
        # A reused context keeps compiled scripts, but no storage of another page.
        storage = {"origin": url, "storageTypes": "all"}
        window.new_cdp_session(page).send("Storage.clearDataForOrigin", storage)
        page.add_init_script(f"window.module = (name) => import('{ASSETS_ROUTE}/' + name)")
        errors: list[str] = []
        elsewhere: list[str] = []

        def on_console(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not message.text.startswith(LEAVING):
                errors.append(message.text)

        def on_request(request: Request) -> None:
            if not request.url.startswith((url, "data:", "blob:")):
                elsewhere.append(request.url)

        page.on("console", on_console)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", on_request)
        try:
            page.goto(f"{url}/{place}")
            page.locator("#fn-question textarea").wait_for()
            page.locator("#fn-library .fn-count:not(:empty)").wait_for(state="attached")
            yield page
            unexpected = [each for each in errors if not (failing and each.startswith(FAILED))]
            assert (unexpected, elsewhere) == ([], [])
        except (PlaywrightError, AssertionError) as error:
            shown = page.evaluate(_SHOWN)
            error.add_note(f"The page shows:\n{shown}\nErrors: {errors}\nRequests elsewhere: {elsewhere}")
            raise


_SHOWN = """() => [location.href, document.querySelector("main, body").innerText,
  document.querySelector("#fn-question textarea")?.value,
  document.querySelector("#fn-conversation")?.outerHTML.slice(0, 4000)].join("\\n---\\n")"""


@contextmanager
def _window(browser: Browser, options: dict[str, Any]) -> Iterator[BrowserContext]:
    """Reuse a context: Chromium keeps compiled scripts in it, and opens a page twice as fast."""
    idle = _idle.setdefault(browser, {}).setdefault(json.dumps(options, sort_keys=True), [])
    window = idle.pop() if idle else browser.new_context(**options)
    window.set_default_timeout(PATIENCE)
    yield window
    for page in window.pages:
        page.close()
    idle.append(window)


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")


def answered(page: Page, *questions: str) -> Locator:
    """Ask one question after the other, and return the last answer once it is complete."""
    answers = page.locator(WHOLE)
    for number, question in enumerate(questions, answers.count() + 1):
        ask(page, question)
        expect(answers).to_have_count(number)
    return page.locator(f"#{answers.last.get_attribute('id')}")


def api_answer(server: str, question: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.post(f"{server}/v1/chat", json={"question": question}, timeout=60).json()
    return answer


def stored(server: str) -> list[dict[str, Any]]:
    reports: list[dict[str, Any]] = httpx.get(f"{server}/v1/documents", timeout=60).json()["documents"]
    return reports


def report_at(server: str, path: str) -> dict[str, Any]:
    return next(report for report in stored(server) if report["path"] == path)


def text_of(server: str, document_id: int = 1, version: int = 1) -> str:
    place = f"{server}/v1/documents/{document_id}/text?version={version}"
    text: str = httpx.get(place, timeout=60).json()["text"]
    return text


def place_of(server: str, words: str, document_id: int = 1, version: int = 1) -> str:
    """The fragment of a link to words of a report."""
    start = text_of(server, document_id, version).index(words)
    return f"#cite-{document_id}-{version}-{start}-{start + len(words)}"
