"""Prints how long the page takes in a real Chromium: to be ready, to show a footnote, to list many reports.

``python -m benchmarks.desk [--reports N] [--rounds N]``. The page is served by this process over the sample
library, then over made reports. Each opening has an empty cache. The work of a step is the longest time
between two frames while it happens; beside it stands the same list as plain elements, all in the page, which
are hidden where they are not meant.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from index.documents import Document
from index.embedding import Encoder, open_encoder
from index.records import Incoming
from index.store import Index
from index.sync import sync
from rag.answering import QueryEngine
from ui.app import create_app

SEEDS = Path(__file__).parent.parent / "seeds"
QUESTION = "How many suspects were arrested, and over how many days?"
PUBLISHERS = (
    "Harlamoor Courier",
    "Isken Water Authority",
    "National Statistics Office",
    "Red Lantern Relief",
)

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

_LONGEST = """async (act) => {
  let last = performance.now();
  let longest = 0;
  let going = true;
  const frame = (now) => {
    longest = Math.max(longest, now - last);
    last = now;
    if (going) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  await new Function("return " + act)()();
  await new Promise((done) => setTimeout(done, 400));
  going = false;
  return longest;
}"""

_STEPS = {
    "type a word into the list's field": """async () => {
      const field = document.querySelector("#fn-library .fn-finder input");
      for (const end of [1, 2, 3, 4, 5, 0]) {
        field.value = "flood".slice(0, end);
        field.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise((done) => setTimeout(done, 120));
      }
    }""",
    "tick a publisher": """async () => {
      const boxes = () => document.querySelectorAll("#fn-library .fn-facet input[type=checkbox]");
      for (let times = 0; times < 4; times++) {
        boxes()[0].click();
        await new Promise((done) => setTimeout(done, 200));
      }
    }""",
    "scroll from end to end": """async () => {
      const list = document.querySelector("#fn-library .fn-list");
      for (let step = 0; step <= 40; step++) {
        list.scrollTop = (list.scrollHeight * step) / 40;
        await new Promise((done) => requestAnimationFrame(done));
      }
    }""",
}

_PLAIN = """(titles) => {
  const plain = document.createElement("ul");
  plain.id = "plain";
  plain.style = "position: fixed; inset: 0 auto 0 0; width: 19rem; overflow: auto; background: white";
  for (const title of titles) {
    const item = document.createElement("li");
    const open = document.createElement("button");
    open.textContent = title;
    item.append(open);
    plain.append(item);
  }
  document.body.append(plain);
}"""

_PLAIN_STEPS = {
    "type a word into the list's field": """async () => {
      for (const end of [1, 2, 3, 4, 5, 0]) {
        for (const item of document.querySelectorAll("#plain li"))
          item.hidden = !item.textContent.toLowerCase().includes("flood".slice(0, end));
        await new Promise((done) => setTimeout(done, 120));
      }
    }""",
    "scroll from end to end": """async () => {
      const list = document.querySelector("#plain");
      for (let step = 0; step <= 40; step++) {
        list.scrollTop = (list.scrollHeight * step) / 40;
        await new Promise((done) => requestAnimationFrame(done));
      }
    }""",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--reports", type=int, default=5_000, help="made reports in the long list")
    parser.add_argument("--rounds", type=int, default=7, help="times that each is done")
    arguments = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        sys.exit("no Chromium on this machine; install one (on Debian: apt-get install chromium)")
    encoder = open_encoder()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        with library(encoder, None) as url:
            of_seeds(browser, url, arguments.rounds)
        with library(encoder, arguments.reports) as url:
            of_a_long_list(browser, url, arguments.rounds, arguments.reports)
        browser.close()


def of_seeds(browser: Browser, url: str, rounds: int) -> None:
    """Print how soon the page is ready, and a footnote's words are shown."""
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


def of_a_long_list(browser: Browser, url: str, rounds: int, reports: int) -> None:
    """Print how long the list of many reports keeps the page busy, and a plain one beside it."""
    ready: list[float] = []
    ours: dict[str, list[float]] = {step: [] for step in _STEPS}
    plain: dict[str, list[float]] = {step: [] for step in _PLAIN_STEPS}
    for _ in range(rounds):
        with opened(browser, url) as page:
            page.wait_for_function("window.ready")
            ready.append(float(page.evaluate("window.ready")))
            page.get_by_role("button", name="Filters").click()
            for step, act in _STEPS.items():
                ours[step].append(longest(page, act))
            page.evaluate(_PLAIN, [title_of(number) for number in range(reports)])
            for step, act in _PLAIN_STEPS.items():
                plain[step].append(longest(page, act))
    show(f"{reports:,} reports: listed", ready)
    for step, times in ours.items():
        show(f"{reports:,} reports: {step}, longest frame", times, plain.get(step, ()))


def longest(page: Page, act: str) -> float:
    """The longest time between two frames while ``act`` is done, in milliseconds."""
    return float(page.evaluate(f"({_LONGEST})({act!r})"))


def show(what: str, times: Sequence[float], beside: Sequence[float] = ()) -> None:
    """Print the median and the largest of some milliseconds."""
    plain = (
        f"; as plain elements {statistics.median(beside):,.0f}, at most {max(beside):,.0f}" if beside else ""
    )
    print(f"{what}: {statistics.median(times):,.0f} ms, at most {max(times):,.0f}{plain}")


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Page]:
    """The page in a browser that has never seen it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.add_init_script(_READY)
    page.goto(url)
    yield page
    context.close()


@contextmanager
def library(encoder: Encoder, reports: int | None) -> Iterator[str]:
    """The address of a server over the sample reports, or over so many made ones."""
    with TemporaryDirectory() as home, Index.open(Path(home), encoder) as index:
        if reports is None:
            sync(index, [SEEDS])
        else:
            index.replace([made(number) for number in range(reports)])
        with serving(index) as url:
            yield url


@contextmanager
def serving(index: Index) -> Iterator[str]:
    """The address of a server of this process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(index, QueryEngine(index)), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = server.force_exit = True
        thread.join()


def title_of(number: int) -> str:
    """The title of a made report."""
    return (
        f"{('Floods', 'Schools', 'Harvest', 'Elections')[number % 4]} in district {number}: report {number}"
    )


def made(number: int) -> Incoming:
    """A made report."""
    published = f"{2005 + number % 20}-{1 + number % 12:02}-{1 + number % 28:02}"
    publisher = PUBLISHERS[number % len(PUBLISHERS)]
    title = title_of(number)
    text = f"{title}\n\nThe office counted {number:,} households in district {number}."
    document = Document(text, title, "markdown", "en", publisher, published)
    return Incoming("/reports", f"{publisher}/{number}.md", len(text), number, f"{number:064x}", document)


if __name__ == "__main__":
    main()
