"""In a real browser: conversations are listed, found, opened, named, saved and deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from background import wait_until
from desks import LIT, PHONE, SOLD, WHO_LIT
from pages import Watched, ask, opened, serving
from playwright.sync_api import Browser, Locator, Page, Route, expect
from rows import choose, more

from index.embedding import Encoder
from index.store import Index
from index.sync import sync
from rag.answering import QueryEngine

pytestmark = pytest.mark.browser

WHO_BOUGHT = "To whom was the tannery of Westmere sold?"
NOTHING = "What is the population of Cambodia?"


@pytest.fixture(scope="module")
def library(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("told")
    for name, words in (("lanterns", LIT), ("tannery", SOLD)):
        (folder / f"{name}.txt").write_text(f"Of the {name}\n\n{words}\n", encoding="utf-8")
    with Index.open(tmp_path_factory.mktemp("tellers"), encoder) as index:
        sync(index, [folder])
        yield index


@pytest.fixture
def server(library: Index) -> Iterator[str]:
    """The URL of a server that keeps answers, and none yet."""
    with serving(library, QueryEngine(library, keeps=True)) as server:
        for conversation in kept(server):
            httpx.delete(f"{server}/v1/conversations/{conversation['conversation_id']}")
        yield server


@pytest.fixture
def watched(chromium: Browser, server: str) -> Iterator[Watched]:
    with opened(chromium, server) as watched:
        yield watched
        assert watched.errors == []
        assert watched.elsewhere == []


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


def kept(server: str, query: str = "") -> list[dict[str, Any]]:
    """What the server lists."""
    answer = httpx.get(f"{server}/v1/conversations", params={"query": query})
    conversations: list[dict[str, Any]] = answer.json()["conversations"]
    return conversations


def tell(server: str, *questions: str) -> str:
    """Ask questions in a conversation, over HTTP; its id."""
    own: dict[str, str] = {}
    for question in questions:
        body = {"question": question, **own}
        answer = httpx.post(f"{server}/v1/chat", json=body, timeout=60).raise_for_status().json()
        own = {"conversation_id": answer["conversation_id"]}
    return own["conversation_id"]


def show(page: Page) -> None:
    page.get_by_role("tab", name="Conversations").click()


def names(page: Page) -> Locator:
    return page.locator("#fn-history-panel .fn-conversation-name")


def opener(page: Page, name: str) -> Locator:
    return page.locator("#fn-history-panel .fn-conversation-open").filter(has_text=name)


def test_conversations_are_listed_newest_first_with_their_answers_and_hours(page: Page, server: str) -> None:
    expect(page.locator("#fn-history-panel .fn-empty").first).to_be_hidden()
    tell(server, WHO_LIT)
    tell(server, WHO_BOUGHT, NOTHING)
    show(page)
    expect(names(page)).to_have_text([WHO_BOUGHT, WHO_LIT])
    expect(page.locator(".fn-day")).to_have_text(["Today"])
    facts = opener(page, WHO_BOUGHT).locator(".fn-facts")
    expect(facts).to_have_text(re.compile(r"^\d\d:\d\d 2 answers$"))
    expect(page.locator(".fn-counted")).to_have_text("2 conversations")
    expect(page.get_by_role("list", name="Conversations")).to_have_count(1)


def test_before_anything_is_asked_that_is_said(page: Page) -> None:
    show(page)
    expect(page.get_by_text("What you ask is kept here: nothing was asked yet.")).to_be_visible()


def test_conversations_stand_under_the_day_of_their_last_answer(page: Page) -> None:
    groups = page.evaluate(
        """async () => {
          const { groupOf } = await module('history/days.js');
          const now = new Date(2031, 6, 18, 9, 30);
          const at = (day, hour) => new Date(2031, 6, day, hour).toISOString();
          return [[18, 0], [17, 23], [17, 1], [16, 12], [11, 12], [10, 12]].map(([day, hour]) =>
            groupOf(at(day, hour), now.getTime()));
        }"""
    )
    assert groups == ["today", "yesterday", "yesterday", "week", "week", "earlier"]


def test_what_is_asked_on_the_page_appears_and_is_marked_as_the_current_one(page: Page) -> None:
    show(page)
    ask(page, WHO_LIT)
    expect(names(page)).to_have_text([WHO_LIT])
    expect(opener(page, WHO_LIT)).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#fn-conversation .message-row")).to_have_count(0)
    expect(page.get_by_label("Your question")).to_be_focused()
    expect(page.locator(".fn-conversation-open[aria-current]")).to_have_count(0)
    ask(page, WHO_BOUGHT)
    expect(names(page)).to_have_text([WHO_BOUGHT, WHO_LIT])
    expect(page.locator(".fn-conversation-open[aria-current]")).to_have_text(
        re.compile(re.escape(WHO_BOUGHT))
    )


def test_a_click_opens_a_conversation_with_its_evidence_and_a_reload_keeps_it(
    page: Page, server: str
) -> None:
    own = tell(server, WHO_LIT, WHO_BOUGHT)
    show(page)
    opener(page, WHO_LIT).click()
    expect(page.locator(".fn-question")).to_have_text([WHO_LIT, WHO_BOUGHT])
    expect(page).to_have_url(re.compile(f"[?]conversation={own}"))
    expect(opener(page, WHO_LIT)).to_have_attribute("aria-current", "true")
    page.locator(".fn-mark").first.click()
    expect(page.locator("#fn-source mark").first).to_be_visible()
    page.reload()
    expect(page.locator(".fn-question")).to_have_text([WHO_LIT, WHO_BOUGHT])


def test_conversations_are_found_by_words_of_questions_and_answers_as_one_types(
    page: Page, server: str
) -> None:
    tell(server, WHO_LIT)
    tell(server, WHO_BOUGHT)
    show(page)
    expect(names(page)).to_have_count(2)
    field = page.get_by_role("searchbox", name="Find in conversations")
    field.press_sequentially("GUILDERS")
    expect(names(page)).to_have_text([WHO_BOUGHT])
    expect(page.locator(".fn-counted")).to_have_text("1 conversation")
    page.keyboard.press("ArrowDown")
    expect(opener(page, WHO_BOUGHT)).to_be_focused()
    field.fill("zeppelin")
    expect(page.get_by_text("No conversation has these words.")).to_be_visible()
    field.focus()
    page.keyboard.press("Escape")
    expect(names(page)).to_have_count(2)


def test_a_conversation_is_named_in_its_row_and_called_by_its_question_again(page: Page, server: str) -> None:
    tell(server, WHO_LIT)
    show(page)
    choose(page, WHO_LIT, "Rename")
    field = page.get_by_role("textbox", name=f"Name of “{WHO_LIT}”")
    expect(field).to_be_focused()
    field.fill("Lamps")
    page.keyboard.press("Enter")
    expect(names(page)).to_have_text(["Lamps"])
    expect(opener(page, "Lamps")).to_be_focused()
    assert [(one["name"], one["named"]) for one in kept(server)] == [("Lamps", True)]
    page.keyboard.press("F2")
    field = page.get_by_role("textbox", name="Name of “Lamps”")
    expect(field).to_have_value("Lamps")
    field.fill("Something")
    page.keyboard.press("Escape")
    expect(names(page)).to_have_text(["Lamps"])
    page.keyboard.press("F2")
    field.fill("")
    page.get_by_role("button", name="Save").click()
    expect(names(page)).to_have_text([WHO_LIT])


@pytest.mark.parametrize(("form", "suffix"), [("Markdown", "md"), ("Web page", "html"), ("Word", "docx")])
def test_a_conversation_is_saved_as_a_file(page: Page, server: str, form: str, suffix: str) -> None:
    own = tell(server, WHO_LIT)
    show(page)
    more(page, WHO_LIT).click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name=form, exact=True).click()
    assert saved.value.suggested_filename.endswith(f".{suffix}")
    exported = httpx.get(f"{server}/v1/conversations/{own}.{suffix}").content
    assert suffix == "docx" or Path(saved.value.path()).read_bytes() == exported
    expect(more(page, WHO_LIT)).to_be_focused()


def notice(page: Page) -> Locator:
    return page.locator("#fn-toasts .fn-toast")


def test_a_conversation_is_deleted_once_its_notice_is_over(page: Page, server: str) -> None:
    for question in (WHO_LIT, WHO_BOUGHT):
        tell(server, question)
    show(page)
    choose(page, WHO_BOUGHT, "Delete")
    expect(notice(page).locator("p")).to_have_text(f"Deleted “{WHO_BOUGHT}”.")
    expect(names(page)).to_have_text([WHO_LIT])
    expect(opener(page, WHO_LIT)).to_be_focused()
    assert len(kept(server)) == 2
    notice(page).get_by_role("button", name="Close the notice").click()
    wait_until(lambda: [one["name"] for one in kept(server)] == [WHO_LIT])


def test_a_deletion_is_taken_back_before_the_server_hears_of_it(page: Page, server: str) -> None:
    own = tell(server, WHO_LIT)
    methods: list[str] = []
    page.on("request", lambda request: methods.append(request.method))
    show(page)
    opener(page, WHO_LIT).focus()
    page.keyboard.press("Delete")
    expect(names(page)).to_have_count(0)
    page.keyboard.press("z")
    expect(names(page)).to_have_text([WHO_LIT])
    expect(opener(page, WHO_LIT)).to_be_focused()
    assert "DELETE" not in methods
    assert [one["conversation_id"] for one in kept(server)] == [own]


def test_the_conversation_that_is_shown_goes_with_its_deletion_and_comes_back(
    page: Page, server: str
) -> None:
    show(page)
    ask(page, WHO_LIT)
    expect(opener(page, WHO_LIT)).to_have_attribute("aria-current", "true")
    choose(page, WHO_LIT, "Delete")
    expect(page.locator("#fn-conversation .message-row")).to_have_count(0)
    notice(page).get_by_role("button", name="Undo").click()
    expect(page.locator(".fn-question")).to_have_text([WHO_LIT])
    expect(opener(page, WHO_LIT)).to_have_attribute("aria-current", "true")
    assert len(kept(server)) == 1


def test_a_conversation_that_comes_back_does_not_take_the_place_of_what_was_asked_since(
    page: Page, server: str
) -> None:
    show(page)
    ask(page, WHO_LIT)
    expect(opener(page, WHO_LIT)).to_have_attribute("aria-current", "true")
    choose(page, WHO_LIT, "Delete")
    expect(page.locator("#fn-conversation .message-row")).to_have_count(0)
    ask(page, WHO_BOUGHT)
    page.locator(".fn-actions").last.wait_for()
    notice(page).get_by_role("button", name="Undo").click()
    expect(names(page)).to_have_text([WHO_BOUGHT, WHO_LIT])
    expect(opener(page, WHO_LIT)).to_be_focused()
    expect(page.locator(".fn-question")).to_have_text([WHO_BOUGHT])
    assert len(kept(server)) == 2


def test_older_conversations_that_cannot_be_read_are_said_and_asked_for_again(
    chromium: Browser, server: str
) -> None:
    moment = "2031-07-18T09:30:00+00:00"
    shape = {"name": "Lamps", "named": True, "created": moment, "updated": moment, "answers": 1}
    asked: list[int] = []

    def answer(route: Route) -> None:
        limit = int(route.request.url.split("limit=")[1])
        asked.append(limit)
        told = [{**shape, "conversation_id": f"told-{number}"} for number in range(limit)]
        if asked.count(400) == 1 and limit == 400:
            route.abort()
        else:
            route.fulfill(json={"conversations": told})

    with opened(chromium, server) as watched:
        page = watched.page
        page.route("**/v1/conversations?*", answer)
        show(page)
        names(page).first.wait_for()
        for trouble in (1, 0):
            page.locator("#fn-history-panel .fn-list").evaluate(
                "(list) => (list.scrollTop = list.scrollHeight)"
            )
            page.get_by_role("button", name="Show older ones").click()
            expect(page.locator("#fn-history-panel [role=alert]:visible")).to_have_count(trouble)
        assert asked[-2:] == [400, 400]


def test_a_page_that_is_left_deletes_what_it_has_promised_to(page: Page, server: str) -> None:
    tell(server, WHO_LIT)
    show(page)
    choose(page, WHO_LIT, "Delete")
    expect(names(page)).to_have_count(0)
    page.goto("about:blank")
    wait_until(lambda: kept(server) == [])


HOSTILE = "<script>document.title='owned'</script> <img src=x onerror=document.title='owned'> &lt;b&gt; **x**"


def test_a_hostile_name_is_shown_as_text(page: Page, server: str) -> None:
    own = tell(server, WHO_LIT)
    httpx.patch(f"{server}/v1/conversations/{own}", json={"name": HOSTILE}).raise_for_status()
    show(page)
    expect(names(page)).to_have_text([HOSTILE])
    choose(page, HOSTILE, "Delete")
    expect(notice(page).locator("p")).to_have_text(f"Deleted “{HOSTILE}”.")
    expect(page.locator(":is(#fn-library, #fn-toasts) :is(script, img, b, strong)")).to_have_count(0)
    assert page.title() == "Footnoted"


def test_on_a_phone_a_conversation_is_opened_from_the_drawer(chromium: Browser, server: str) -> None:
    tell(server, WHO_LIT)
    with opened(chromium, server, **PHONE) as watched:
        page = watched.page
        page.locator("#fn-top .fn-open-library").tap()
        page.get_by_role("tab", name="Conversations").tap()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        opener(page, WHO_LIT).tap()
        expect(page.locator("#fn-library")).to_be_hidden()
        expect(page.locator(".fn-question")).to_have_text([WHO_LIT])
        assert (watched.errors, watched.elsewhere) == ([], [])
