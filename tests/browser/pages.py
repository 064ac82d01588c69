"""Serve a library, and open its page in a browser that records errors and requests to other origins."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import httpx
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request
from playwright.sync_api import Error as PlaywrightError

from benchmarks.app_server import serving_app
from index.library import Library
from rag.engine import QueryEngine
from ui.accounts import SignIn
from ui.app import create_app
from ui.page.head import ASSETS_ROUTE
from ui.settings import Settings

ARRESTS = "How many suspects were arrested, and over how many days?"
BIRD = "What is the national bird of Cambodia?"

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


@dataclass
class Watched:
    """A page, with the errors in its console and its requests to other origins."""

    page: Page
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


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


@contextmanager
def opened(browser: Browser, url: str, place: str = "", /, **context: object) -> Iterator[Watched]:
    """``place`` is a citation's fragment. In the page, ``module(name)`` imports one of its modules."""
    with _window(browser, {"viewport": {"width": 1440, "height": 900}, **context}) as window:
        page = window.new_page()
        # A reused context keeps compiled scripts, but no storage of another page.
        storage = {"origin": url, "storageTypes": "all"}
        window.new_cdp_session(page).send("Storage.clearDataForOrigin", storage)
        page.add_init_script(f"window.module = (name) => import('{ASSETS_ROUTE}/' + name)")
        watched = Watched(page)

        def on_console(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not message.text.startswith(LEAVING):
                watched.errors.append(message.text)

        def on_request(request: Request) -> None:
            if not request.url.startswith((url, "data:", "blob:")):
                watched.elsewhere.append(request.url)

        page.on("console", on_console)
        page.on("pageerror", lambda error: watched.errors.append(str(error)))
        page.on("request", on_request)
        try:
            page.goto(f"{url}/{place}")
            page.locator("#fn-question textarea").wait_for()
            page.locator("#fn-library .fn-count:not(:empty)").wait_for(state="attached")
            yield watched
        except (PlaywrightError, AssertionError) as error:
            error.add_note(_shown_by(watched))
            raise


def _shown_by(watched: Watched) -> str:
    shown = watched.page.evaluate(
        """() => [location.href, document.querySelector("main, body").innerText,
                  document.querySelector("#fn-question textarea")?.value,
                  document.querySelector("#fn-conversation")?.outerHTML.slice(0, 4000)].join("\\n---\\n")"""
    )
    return f"The page shows:\n{shown}\nIts errors: {watched.errors}\nRequests elsewhere: {watched.elsewhere}"


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


def api_answer(server: str, question: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.post(f"{server}/v1/chat", json={"question": question}, timeout=60).json()
    return answer
