"""Browser tests: a whole session, from the first visit to the saved file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from index.embedding.encoder import Encoder
from index.loaders.sandbox.client import Isolated
from tests.browser.desks import (
    BROKEN,
    LANTERNS,
    LIT,
    MILL,
    PHONE,
    WHO_LIT,
    Desk,
    add,
    desk_in,
    pdf,
    state,
    text,
)
from tests.browser.pages import MARKED, answered, opened
from tests.browser.rows import chips, choose, open_filters, titles

pytestmark = pytest.mark.browser

TANNERY = "The tannery of Westmere"
SOLD = f"{TANNERY} was sold to Corin Dalvey for 4,200 guilders."
DATED = f"---\ntitle: {TANNERY}\npublished: 1934-05-01\n---\n\n{SOLD}\n\nNobody else had asked for it.\n"
WHO_BOUGHT, FOR_HOW_MUCH = f"Who was {TANNERY.lower()} sold to?", "And for how many guilders?"
DARK = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).every((part) => part < 64)"


def show(page: Page, area: str, *, phone: bool) -> None:
    """Show an area on a phone: the library is a drawer, and the conversation is below it."""
    if not phone:
        return
    if area == "library":
        page.locator("#fn-top .fn-open-library").tap()
    else:
        page.keyboard.press("Escape")
        expect(page.locator("#fn-library")).to_be_hidden()


def add_three_files_of_which_one_is_broken(desk: Desk) -> None:
    page = desk.page
    add(page, pdf("lanterns.pdf", LANTERNS, "", LIT), BROKEN, text("tannery.md", DATED))
    expect(page.locator(".fn-uploads h3")).to_have_text("All done: 2 added, 1 not added.")
    expect(state(page, "broken.pdf")).to_have_text("Not added")
    expect(titles(page)).to_have_text([TANNERY, LANTERNS, MILL])


def read_what_a_footnote_rests_on(page: Page, answer: Locator, *, phone: bool) -> None:
    mark = answer.locator(".fn-mark").first
    if not phone:
        mark.hover()
        expect(page.locator("#fn-card")).to_contain_text(LIT)
    mark.click()
    page.locator("#fn-source mark").first.wait_for()
    assert page.evaluate(MARKED) == LIT
    page.get_by_role("button", name="Page", exact=True).click()
    picture = page.locator("#fn-source .fn-sheet img:not(.fn-arriving)")
    picture.wait_for()
    marked = parse_qs(urlsplit(picture.get_attribute("src") or "").query)
    assert int(marked["end"][0]) - int(marked["start"][0]) == len(LIT)
    page.keyboard.press("Escape")
    expect(page.locator("#fn-source")).to_be_hidden()
    expect(mark).to_be_focused()


def narrow_to_a_year(page: Page, *, phone: bool) -> None:
    show(page, "library", phone=phone)
    filters = open_filters(page)
    filters.get_by_label("From", exact=True).fill("1934-01")
    filters.get_by_label("To", exact=True).fill("1934-12")
    filters.get_by_label("To", exact=True).blur()
    expect(titles(page)).to_have_text([TANNERY])
    page.get_by_role("button", name="Filters, 2 active").click()
    show(page, "conversation", phone=phone)
    expect(chips(page)).to_have_text(["Published after 1933", "Published before 1935"])
    expect(answered(page, WHO_LIT).locator(".fn-none")).to_have_text("Not answered")
    for _ in range(2):
        page.locator("#fn-narrowed button.fn-chip").first.click()
    expect(chips(page)).to_have_count(0)


def delete_and_take_that_back(page: Page, *, phone: bool) -> None:
    show(page, "library", phone=phone)
    expect(titles(page)).to_have_text([TANNERY, LANTERNS, MILL])
    choose(page, LANTERNS, "Delete")
    expect(titles(page)).to_have_text([TANNERY, MILL])
    page.locator("#fn-toasts").get_by_role("button", name="Undo").click()
    expect(titles(page)).to_have_text([TANNERY, LANTERNS, MILL])
    show(page, "conversation", phone=phone)


def follow_up(page: Page) -> Locator:
    expect(answered(page, WHO_BOUGHT).locator(".fn-quote").first).to_have_text(SOLD)
    answer = answered(page, FOR_HOW_MUCH)
    expect(answer.locator(".fn-quote").first).to_have_text(SOLD)
    return answer


def come_back(desk: Desk, browser: Browser, answer: Locator, context: dict[str, Any]) -> None:
    page = desk.page
    identity = answer.get_attribute("id") or ""
    shown = answer.locator(".fn-quote").all_inner_texts()
    asked = page.locator(".fn-question").all_inner_texts()
    page.wait_for_url(re.compile("conversation="))
    page.reload()
    expect(page.locator(".fn-question")).to_have_text(asked)
    expect(page.locator(f"#{identity} .fn-quote")).to_have_text(shown)
    with opened(browser, desk.server, f"?answer={identity.removeprefix('fn-answer-')}", **context) as other:
        expect(other.locator(f"#{identity} .fn-quote")).to_have_text(shown)
        other.locator(f"#{identity} .fn-mark").first.click()
        other.locator("#fn-source mark").first.wait_for()
        assert other.evaluate(MARKED) == SOLD


def save(desk: Desk, answer: Locator) -> None:
    answer.locator(".fn-save summary").click()
    with desk.page.expect_download() as download:
        answer.locator(".fn-file", has_text="Markdown").click()
    number = (answer.get_attribute("id") or "").removeprefix("fn-answer-")
    saved = Path(download.value.path()).read_text(encoding="utf-8")
    assert saved == httpx.get(f"{desk.server}/v1/answers/{number}.md", timeout=60).text
    assert "4,200 guilders.[^" in saved


@pytest.mark.journey
@pytest.mark.parametrize("phone", [False, True], ids=["wide and dark", "phone and light"])
def test_a_day_at_the_desk(
    chromium: Browser, encoder: Encoder, loading: Isolated, tmp_path: Path, *, phone: bool
) -> None:
    context: dict[str, Any] = {
        "color_scheme": "dark",
        **({**PHONE, "color_scheme": "light"} if phone else {}),
    }
    with desk_in(chromium, encoder, loading, tmp_path, **context) as desk:
        page = desk.page
        assert page.evaluate(DARK) is not phone
        show(page, "library", phone=phone)
        add_three_files_of_which_one_is_broken(desk)
        show(page, "conversation", phone=phone)
        read_what_a_footnote_rests_on(page, answered(page, WHO_LIT), phone=phone)
        narrow_to_a_year(page, phone=phone)
        delete_and_take_that_back(page, phone=phone)
        answer = follow_up(page)
        come_back(desk, chromium, answer, context)
        save(desk, page.locator(f"#{answer.get_attribute('id')}"))
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
