"""Prints how long the page takes in a real Chromium until it is ready, and to show a footnote.

``python -m benchmarks.desk [--rounds N]`` serves the sample library; at each opening, the cache is empty.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.app_server import serving_app
from index.embedding.encoder import open_encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from ui.app import create_app

SEEDS = Path(__file__).parent.parent / "seeds"
QUESTION = "How many suspects were arrested, and over how many days?"

_READY = """
new MutationObserver((_, watch) => {
  if (!document.querySelector("#fn-question textarea") || !document.querySelector(".fn-report")) return;
  window.ready = performance.now();
  watch.disconnect();
}).observe(document, { childList: true, subtree: true });
"""

_CLICK = """(mark) => new Promise((done) => {
  const began = performance.now();
  const watch = new MutationObserver(() => {
    if (!document.querySelector("#fn-source mark")) return;
    watch.disconnect();
    requestAnimationFrame(() => done(performance.now() - began));
  });
  watch.observe(document.querySelector("#fn-source"), { childList: true, subtree: true });
  mark.click();
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="times that each is done")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_chromium(), args=["--no-sandbox"])
        with sample_library() as url:
            of_seeds(browser, url, arguments.rounds)
        browser.close()


def of_seeds(browser: Browser, url: str, rounds: int) -> None:
    ready, clicks = [], []
    for _ in range(rounds):
        with opened(browser, url) as page:
            page.wait_for_function("window.ready")
            ready.append(float(page.evaluate("window.ready")))
            page.get_by_label("Your question").fill(QUESTION)
            page.get_by_label("Your question").press("Enter")
            page.locator("#fn-conversation .fn-actions").wait_for()
            clicks.append(float(page.locator(".fn-mark").first.evaluate(_CLICK)))
    show("sample library: question can be asked, reports are listed", ready)
    show("sample library: click on a footnote to its words marked in the source", clicks)


def installed_chromium() -> str:
    """Preferably one that draws windows, as users have."""
    names = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        sys.exit("no Chromium on this machine; install one (Debian: apt-get install chromium)")
    return path


def show(what: str, times: Sequence[float]) -> None:
    """Their median and the largest, in milliseconds."""
    print(f"{what}: {statistics.median(times):,.0f} ms, at most {max(times):,.0f}")


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.add_init_script(_READY)
    page.goto(url)
    yield page
    context.close()


@contextmanager
def sample_library() -> Iterator[str]:
    with TemporaryDirectory() as home, Library.open(Path(home), open_encoder()) as index:
        sync(index, [SEEDS])
        with serving(index) as url:
            yield url


@contextmanager
def serving(index: Library) -> Iterator[str]:
    with serving_app(create_app(index, QueryEngine(index)), force=True) as address:
        yield address


if __name__ == "__main__":
    main()
