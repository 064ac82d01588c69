"""Serve a library, and open its page in a browser that is watched for what it should not do."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import httpx
import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from index.library import Library
from rag.engine import QueryEngine
from ui.app import create_app
from ui.page.head import ASSETS_ROUTE

ARRESTS = "How many suspects were arrested, and over how many days?"
POPULATION = "What is the population of Cambodia?"

MARKED = "() => [...document.querySelectorAll('#fn-source mark')].map((mark) => mark.textContent).join('')"
"""The words of the panel that are marked, hidden bars and breaks of tables among them."""

_START_SECONDS = 30

_idle: WeakKeyDictionary[Browser, dict[str, list[BrowserContext]]] = WeakKeyDictionary()
"""Windows to open pages in, by browser and by what they are like; see `_window`."""

_left: list[int] = []
"""Ports that servers have left; see `_listening`."""


def installed_chromium() -> str | None:
    """The browser of this machine; the shell without windows comes first, as it is the lightest."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@dataclass
class Watched:
    """A page, and what it should not have done: errors in its console, requests to other origins."""

    page: Page
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


@contextmanager
def serving(index: Library, engine: QueryEngine, examples: Sequence[str] = ()) -> Iterator[str]:
    """The server over ``index`` on a free port of this machine; gives its URL.

    Answers are kept, as ``footnoted serve`` has it: the page asks for what is kept of them.
    """
    engine = copy(engine)
    engine.keeps = True
    with _listening() as listener:
        config = uvicorn.Config(create_app(index, engine, examples=examples), log_level="error")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        # A page of the browser holds a connection open for as long as it is shown.
        server.force_exit = True
        thread.join(_START_SECONDS)


@contextmanager
def opened(browser: Browser, url: str, place: str = "", /, **context: object) -> Iterator[Watched]:
    """The page at ``url``, ready to be asked; ``place`` is the fragment of a citation.

    In it, ``module(name)`` is a module of ours, as the page has it.
    """
    with _window(browser, {"viewport": {"width": 1440, "height": 900}, **context}) as window:
        page = window.new_page()
        # Nothing is remembered of another page but its scripts.
        storage = {"origin": url, "storageTypes": "all"}
        window.new_cdp_session(page).send("Storage.clearDataForOrigin", storage)
        page.add_init_script(f"window.module = (name) => import('{ASSETS_ROUTE}/' + name)")
        watched = Watched(page)

        def on_console(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                watched.errors.append(message.text)

        def on_request(request: Request) -> None:
            if not request.url.startswith((url, "data:", "blob:")):
                watched.elsewhere.append(request.url)

        page.on("console", on_console)
        page.on("pageerror", lambda error: watched.errors.append(str(error)))
        page.on("request", on_request)
        page.goto(f"{url}/{place}")
        page.locator("#fn-question textarea").wait_for()
        page.locator("#fn-library .fn-count:not(:empty)").wait_for(state="attached")
        yield watched


@contextmanager
def _window(browser: Browser, options: dict[str, Any]) -> Iterator[BrowserContext]:
    """A window that knows the scripts of the page already, if there is one.

    Chromium keeps what it has compiled of them by window: in a new one, a page takes more than twice as long
    to open.
    """
    idle = _idle.setdefault(browser, {}).setdefault(json.dumps(options, sort_keys=True), [])
    window = idle.pop() if idle else browser.new_context(**options)
    yield window
    for page in window.pages:
        page.close()
    idle.append(window)


@contextmanager
def _listening() -> Iterator[socket.socket]:
    """A socket of this machine, at an address that was listened at before, if there is one.

    What Chromium has compiled, it knows by the address.
    """
    try:
        listener = socket.create_server(("127.0.0.1", _left.pop() if _left else 0))
    except OSError:  # Somebody else took it.
        listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with listener:
        yield listener
    _left.append(port)


def ask(page: Page, question: str) -> None:
    """Ask a question on the page, as a person does."""
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")


def api_answer(server: str, question: str) -> dict[str, Any]:
    """What the server answers to the same question."""
    answer: dict[str, Any] = httpx.post(f"{server}/v1/chat", json={"question": question}, timeout=60).json()
    return answer
