"""Browser tests: conversations are listed, found, named, saved, deleted, restored and left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from index.library import Library
from rag.engine import QueryEngine
from rag.verification import Gate
from rag.writing.writer import Writer
from tests.browser.desks import LIT, SOLD, WHO_LIT
from tests.browser.pages import ARRESTS, BIRD, WHOLE, ServeFiles, answered, ask, opened, serving
from tests.browser.rows import choose, more
from tests.support.background import wait_until
from tests.support.scripted import ScriptedLLM, hangs, model_of

pytestmark = pytest.mark.browser


WHO_BOUGHT = "To whom was the tannery of Westmere sold?"
NOTHING = "What is the national bird of Cambodia?"


def kept(server: str, query: str = "") -> list[dict[str, Any]]:
    answer = httpx.get(f"{server}/v1/conversations", params={"query": query}, timeout=60)
    conversations: list[dict[str, Any]] = answer.json()["conversations"]
    return conversations


def tell(server: str, *questions: str) -> str:
    """Ask questions in one conversation over HTTP; returns its id."""
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


def notice(page: Page) -> Locator:
    return page.locator("#fn-toasts .fn-toast")


@pytest.fixture(scope="module")
def teller(serve_files: ServeFiles) -> str:
    return serve_files(
        {"lanterns.txt": f"Of the lanterns\n\n{LIT}\n", "tannery.txt": f"Of the tannery\n\n{SOLD}\n"}
    )


@pytest.fixture
def server(teller: str) -> str:
    """The URL of a server that keeps answers and has none yet."""
    for conversation in kept(teller):
        httpx.delete(f"{teller}/v1/conversations/{conversation['conversation_id']}", timeout=60)
    return teller


@pytest.fixture
def page(chromium: Browser, server: str) -> Iterator[Page]:
    with opened(chromium, server) as page:
        yield page


def test_conversations_are_listed_newest_first_with_their_answers_and_hours(page: Page, server: str) -> None:
    expect(page.locator("#fn-history-panel .fn-empty").first).to_be_hidden()
    show(page)
    expect(page.get_by_text("No conversations yet. Your questions are saved here.")).to_be_visible()
    tell(server, WHO_LIT)
    tell(server, WHO_BOUGHT, NOTHING)
    page.reload()
    show(page)
    expect(names(page)).to_have_text([WHO_BOUGHT, WHO_LIT])
    expect(page.locator(".fn-day")).to_have_text(["Today"])
    facts = opener(page, WHO_BOUGHT).locator(".fn-facts")
    expect(facts).to_have_text(re.compile(r"^\d\d:\d\d 2 answers$"))
    expect(page.locator(".fn-counted")).to_have_text("2 conversations")
    expect(page.get_by_role("list", name="Conversations")).to_have_count(1)


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


@pytest.mark.journey
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
    expect(page.get_by_text("No results")).to_be_visible()
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


def test_a_conversation_is_saved_as_a_file(page: Page, server: str) -> None:
    own = tell(server, WHO_LIT)
    show(page)
    for form, suffix in (("Word", "docx"), ("Web page", "html"), ("Markdown", "md")):
        more(page, WHO_LIT).click()
        with page.expect_download() as saved:
            page.get_by_role("menuitem", name=form, exact=True).click()
        assert saved.value.suggested_filename.endswith(f".{suffix}")
        expect(more(page, WHO_LIT)).to_be_focused()
    exported = httpx.get(f"{server}/v1/conversations/{own}.md", timeout=60).content
    assert Path(saved.value.path()).read_bytes() == exported


HOSTILE = "<script>document.title='owned'</script> <img src=x onerror=document.title='owned'> &lt;b&gt; **x**"


def test_a_hostile_name_is_shown_as_text(page: Page, server: str) -> None:
    own = tell(server, WHO_LIT)
    httpx.patch(f"{server}/v1/conversations/{own}", json={"name": HOSTILE}, timeout=60).raise_for_status()
    show(page)
    expect(names(page)).to_have_text([HOSTILE])
    choose(page, HOSTILE, "Delete")
    expect(notice(page).locator("p")).to_have_text(f"Deleted “{HOSTILE}”.")
    expect(page.locator(":is(#fn-library, #fn-toasts) :is(script, img, b, strong)")).to_have_count(0)
    assert page.title() == "Footnoted"


def test_each_conversation_has_its_own_draft(page: Page) -> None:
    question = page.get_by_label("Your question")
    ask(page, WHO_LIT)
    expect(page.locator("#fn-conversation .fn-actions")).to_have_count(1)
    question.fill("And where?")
    page.get_by_role("button", name="Start over").click()
    expect(page.locator("#fn-conversation .message-row")).to_have_count(0)
    expect(question).to_have_value("")
    question.fill("Another subject")
    show(page)
    opener(page, WHO_LIT).click()
    expect(page.locator("#fn-conversation .fn-actions")).to_have_count(1)
    expect(question).to_have_value("And where?")
    page.get_by_role("button", name="Start over").click()
    expect(question).to_have_value("Another subject")


# Deleting


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


@pytest.mark.journey
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


def test_the_conversation_that_is_shown_goes_and_comes_back_unless_something_was_asked_since(
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

    with opened(chromium, server, failing=True) as page:
        page.route("**/v1/conversations?*", answer)
        show(page)
        names(page).first.wait_for()
        for trouble in (1, 0):
            page.locator("#fn-history-panel .fn-list").evaluate(
                "(list) => (list.scrollTop = list.scrollHeight)"
            )
            page.get_by_role("button", name="Show older conversations").click()
            expect(page.locator("#fn-history-panel [role=alert]:visible")).to_have_count(trouble)
        assert asked[-2:] == [400, 400]


def test_a_page_that_is_left_deletes_what_it_has_promised_to(page: Page, server: str) -> None:
    tell(server, WHO_LIT)
    show(page)
    choose(page, WHO_LIT, "Delete")
    expect(names(page)).to_have_count(0)
    page.goto("about:blank")
    wait_until(lambda: kept(server) == [])


# Restoring


ORDERED = "Who ordered the operation against the Cambodian scam syndicates?"


def test_a_restored_footnote_opens_its_source(seed_page: Page) -> None:
    page = seed_page
    answered(page, ARRESTS)
    page.wait_for_url(re.compile("conversation="))
    page.reload()
    page.locator(".fn-mark").first.click()
    page.locator("#fn-source mark").first.wait_for()
    assert "conversation=" in page.url
    assert "#cite-" in page.url
    page.reload()
    expect(page.locator("#fn-source mark").first).to_be_visible()
    expect(page.locator(".fn-question")).to_have_text([ARRESTS])


def test_a_link_leads_to_its_answer_until_something_else_is_asked(
    seed_page: Page, chromium: Browser, seed_server: str
) -> None:
    answered(seed_page, ARRESTS, BIRD)
    answer = (seed_page.locator(WHOLE).first.get_attribute("id") or "").removeprefix("fn-answer-")
    with opened(chromium, seed_server, f"?answer={answer}&__theme=dark") as page:
        expect(page.locator(".fn-question")).to_have_text([ARRESTS])
        assert f"?answer={answer}" in page.url
        # The rest of the conversation is shown before the new question.
        ask(page, ORDERED)
        expect(page.locator(WHOLE)).to_have_count(3)
        expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD, ORDERED])
        page.wait_for_url(re.compile("conversation="))
        assert "answer=" not in page.url
        assert "__theme=dark" in page.url


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (
            f"?answer={'f' * 32}",
            f"There is no answer “{'f' * 32}” in this library; it may have been deleted.",
        ),
        ("?conversation=gone", "There is no conversation “gone” in this library; it may have been deleted."),
        (
            "?answer=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
            "There is no answer “<img src=x onerror=alert(1)>” in this library; it may have been deleted.",
        ),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(
    chromium: Browser, seed_server: str, query: str, words: str
) -> None:
    with opened(chromium, seed_server, query) as page:
        expect(page.locator(".fn-failure")).to_have_text(words)
        expect(page.locator("#fn-conversation img")).to_have_count(0)
        answered(page, ARRESTS)
        expect(page.locator(".fn-failure")).to_have_count(0)
        page.wait_for_url(re.compile(r"/\?conversation=[0-9a-f]{32}$"))


def test_starting_over_leaves_the_conversation_and_its_address(seed_page: Page, seed_server: str) -> None:
    page = seed_page
    answered(page, ARRESTS)
    page.wait_for_url(re.compile("conversation="))
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".message-row")).to_have_count(0)
    page.wait_for_url(f"{seed_server}/")
    page.reload()
    expect(page.locator("#fn-starters button").first).to_be_visible()
    expect(page.locator(".message-row")).to_have_count(0)


def test_a_suggestion_is_asked_with_a_click_and_gives_way_to_others(seed_page: Page) -> None:
    page = seed_page
    answered(page, ARRESTS)
    offered = page.locator(".fn-suggestion")
    offered.first.wait_for()
    expect(page.get_by_role("group", name="Ask next")).to_be_visible()
    question = offered.first.inner_text()
    offered.first.click()
    expect(page.locator(WHOLE)).to_have_count(2)
    expect(page.locator(".fn-question")).to_have_text([ARRESTS, question])
    expect(page.locator(".fn-answer")).to_have_count(2)
    # Suggestions are shown below the newest answer only.
    expect(page.locator(".bot-row").first.locator(".fn-suggestions")).to_have_count(0)


def test_an_answer_that_was_sent_while_nobody_listened_is_shown_all_the_same(seed_page: Page) -> None:
    page = seed_page
    closing = {"content_type": "text/event-stream", "body": 'data: {"msg": "close_stream"}\n\n'}
    # Simulate an earlier stream that is closed after the question was sent.
    page.route("**/queue/data?*", lambda route: route.fulfill(**closing), times=1)
    answered(page, ARRESTS)
    expect(page.locator(".fn-question")).to_have_text([ARRESTS])
    expect(page.locator(".bot-row .fn-mark").first).to_be_visible()


@pytest.mark.parametrize("pieces", [("[1.1] More than a thousand suspects were arrested.\n", "[1.1] "), ()])
def test_what_is_sent_while_an_answer_arrives_waits_for_it_and_comes_back_where_that_is_stopped(
    chromium: Browser, seed_index: Library, pieces: Sequence[str]
) -> None:
    released = Event()
    model = model_of(ScriptedLLM(hangs(released, *pieces)))
    engine = QueryEngine(seed_index, writer=Writer(model, Gate()))
    with serving(seed_index, engine) as server, opened(chromium, server) as page:
        field, stop = page.get_by_label("Your question"), page.get_by_role("button", name="Stop", exact=True)
        expect(stop).to_be_hidden()
        ask(page, ARRESTS)
        expect(stop).to_be_visible()
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_hidden()
        page.locator(".bot-row:not(.fn-echo) :is(.fn-arriving, .fn-waiting)").first.wait_for()
        ask(page, BIRD)
        expect(field).to_have_value("")
        field.fill("Half a quest")
        page.wait_for_timeout(1500)
        expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD])
        expect(page.locator(".fn-echo.user-row .fn-question")).to_have_text([BIRD])
        expect(page.locator(".fn-stopped, .fn-failure")).to_have_count(0)
        stop.click()
        expect(page.locator(".fn-stopped, .fn-failure")).to_have_count(1)
        expect(page.locator(".fn-stopped .fn-note, .fn-failure").first).to_contain_text("Stopped before")
        expect(stop).to_be_hidden()
        released.set()
        page.wait_for_timeout(1500)
        expect(page.locator(".fn-stopped, .fn-failure")).to_have_count(1)
        expect(page.locator(WHOLE)).to_have_count(0)
        expect(page.locator(".fn-question")).to_have_text([ARRESTS])
        expect(field).to_have_value(f"{BIRD}\nHalf a quest")
        ask(page, BIRD)
        expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD])
        expect(page.locator(WHOLE)).to_have_count(1)


def test_a_page_goes_on_with_what_the_server_has_forgotten(seed_page: Page) -> None:
    page = seed_page
    answered(page, ARRESTS)
    page.wait_for_url(re.compile("conversation="))
    # Another session id makes the page unknown to the server.
    page.route(
        "**/queue/join?*",
        lambda route, request: route.continue_(
            post_data={**request.post_data_json, "session_hash": request.post_data_json["session_hash"] + "x"}
        ),
    )
    page.route("**/queue/data?*", lambda route, request: route.continue_(url=f"{request.url}x"))
    address = page.url
    answered(page, ORDERED)
    expect(page.locator(".fn-question")).to_have_text([ARRESTS, ORDERED])
    assert page.url == address
