"""Browser tests: a conversation is restored after a reload and from its link, and can be left."""

from __future__ import annotations

import re
from threading import Event

import pytest
from playwright.sync_api import Browser, Page, expect

from index.library import Library
from rag.engine import QueryEngine
from rag.verification import Gate
from rag.writing.writer import Writer
from tests.browser.pages import ARRESTS, BIRD, Watched, ask, opened, serving
from tests.support.scripted import ScriptedLLM, hangs, model_of

pytestmark = pytest.mark.browser

ORDERED = "Who ordered the operation against the Cambodian scam syndicates?"
WHOLE = "#fn-conversation [id^='fn-answer-']"


def answered(page: Page, *questions: str) -> None:
    for number, question in enumerate(questions, page.locator(WHOLE).count() + 1):
        ask(page, question)
        expect(page.locator(WHOLE)).to_have_count(number, timeout=30_000)


@pytest.mark.journey
def test_a_reload_shows_the_conversation_again_and_it_goes_on(seed_page: Watched) -> None:
    page = seed_page.page
    answered(page, ARRESTS, BIRD)
    page.wait_for_url(re.compile(r"\?conversation=[0-9a-f]{32}$"))
    address, shown = page.url, page.locator(WHOLE).first.inner_text()
    page.reload()
    expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD])
    assert page.locator(WHOLE).first.inner_text() == shown
    assert page.url == address
    answered(page, ORDERED)
    page.reload()
    expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD, ORDERED])
    assert page.url == address


def test_a_restored_footnote_opens_its_source(seed_page: Watched) -> None:
    page = seed_page.page
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
    seed_page: Watched, chromium: Browser, seed_server: str
) -> None:
    answered(seed_page.page, ARRESTS, BIRD)
    answer = (seed_page.page.locator(WHOLE).first.get_attribute("id") or "").removeprefix("fn-answer-")
    with opened(chromium, seed_server, f"?answer={answer}&__theme=dark") as other:
        page = other.page
        expect(page.locator(".fn-question")).to_have_text([ARRESTS])
        assert f"?answer={answer}" in page.url
        # The rest of the conversation is shown before the new question.
        ask(page, ORDERED)
        expect(page.locator(WHOLE)).to_have_count(3)
        expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD, ORDERED])
        page.wait_for_url(re.compile("conversation="))
        assert "answer=" not in page.url
        assert "__theme=dark" in page.url
        assert (other.errors, other.elsewhere) == ([], [])


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
    with opened(chromium, seed_server, query) as watched:
        page = watched.page
        expect(page.locator(".fn-failure")).to_have_text(words)
        expect(page.locator("#fn-conversation img")).to_have_count(0)
        answered(page, ARRESTS)
        expect(page.locator(".fn-failure")).to_have_count(0)
        page.wait_for_url(re.compile(r"/\?conversation=[0-9a-f]{32}$"))
        assert (watched.errors, watched.elsewhere) == ([], [])


def test_starting_over_leaves_the_conversation_and_its_address(seed_page: Watched, seed_server: str) -> None:
    page = seed_page.page
    answered(page, ARRESTS)
    page.wait_for_url(re.compile("conversation="))
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".message-row")).to_have_count(0)
    page.wait_for_url(f"{seed_server}/")
    page.reload()
    expect(page.locator("#fn-starters button").first).to_be_visible(timeout=60_000)
    expect(page.locator(".message-row")).to_have_count(0)


def test_a_suggestion_is_asked_with_a_click_and_gives_way_to_others(seed_page: Watched) -> None:
    page = seed_page.page
    answered(page, ARRESTS)
    offered = page.locator(".fn-suggestion")
    offered.first.wait_for(timeout=30_000)
    expect(page.get_by_role("group", name="Ask next")).to_be_visible()
    question = offered.first.inner_text()
    offered.first.click()
    expect(page.locator(WHOLE)).to_have_count(2)
    expect(page.locator(".fn-question")).to_have_text([ARRESTS, question])
    expect(page.locator(".fn-answer")).to_have_count(2)
    # Suggestions are shown below the newest answer only.
    expect(page.locator(".bot-row").first.locator(".fn-suggestions")).to_have_count(0)


def test_suggestions_come_into_view_below_an_answer_whose_end_is(seed_page: Watched) -> None:
    page = seed_page.page
    answered(page, ORDERED, ARRESTS)
    page.locator(".fn-suggestion").last.wait_for(timeout=30_000)
    in_view = """() => {
      const log = document.querySelector('#fn-conversation [role=log]').getBoundingClientRect();
      const last = [...document.querySelectorAll('.fn-suggestion')].at(-1).getBoundingClientRect();
      const question = [...document.querySelectorAll('.fn-question')].at(-1).getBoundingClientRect();
      return last.bottom <= log.bottom && question.top >= log.top - 2;
    }"""
    page.wait_for_function(in_view)


def test_an_answer_that_was_sent_while_nobody_listened_is_shown_all_the_same(seed_page: Watched) -> None:
    page = seed_page.page
    closing = {"content_type": "text/event-stream", "body": 'data: {"msg": "close_stream"}\n\n'}
    # Simulate an earlier stream that is closed after the question was sent.
    page.route("**/queue/data?*", lambda route: route.fulfill(**closing), times=1)
    answered(page, ARRESTS)
    expect(page.locator(".fn-question")).to_have_text([ARRESTS])
    expect(page.locator(".bot-row .fn-mark").first).to_be_visible()


def test_an_answer_that_takes_too_long_is_stopped(chromium: Browser, seed_index: Library) -> None:
    released = Event()
    model = model_of(
        ScriptedLLM(hangs(released, "[1.1] More than a thousand suspects were arrested.\n", "[1.1] "))
    )
    engine = QueryEngine(seed_index, writer=Writer(model, Gate()))
    with serving(seed_index, engine) as server, opened(chromium, server) as watched:
        page = watched.page
        stop = page.get_by_role("button", name="Stop", exact=True)
        expect(stop).to_be_hidden()
        ask(page, ARRESTS)
        expect(stop).to_be_visible()
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_hidden()
        page.locator(".bot-row:not(.fn-echo) :is(.fn-arriving, .fn-waiting)").first.wait_for()
        page.wait_for_timeout(1500)
        stop.click()
        expect(page.locator(".fn-stopped, .fn-failure")).to_have_count(1)
        expect(page.locator(".fn-stopped .fn-note, .fn-failure").first).to_contain_text("Stopped before")
        expect(stop).to_be_hidden()
        released.set()
        page.wait_for_timeout(1000)
        expect(page.locator(".fn-stopped, .fn-failure")).to_have_count(1)
        expect(page.locator(WHOLE)).to_have_count(0)
        assert (watched.errors, watched.elsewhere) == ([], [])


def test_what_is_sent_while_an_answer_arrives_waits_for_it_and_comes_back_where_that_is_stopped(
    chromium: Browser, seed_index: Library
) -> None:
    released = Event()
    model = model_of(
        ScriptedLLM(hangs(released, "[1.1] More than a thousand suspects were arrested.\n", "[1.1] "))
    )
    engine = QueryEngine(seed_index, writer=Writer(model, Gate()))
    with serving(seed_index, engine) as server, opened(chromium, server) as watched:
        page = watched.page
        field = page.get_by_label("Your question")
        ask(page, ARRESTS)
        page.locator(".bot-row:not(.fn-echo) :is(.fn-arriving, .fn-waiting)").first.wait_for()
        ask(page, BIRD)
        expect(field).to_have_value("")
        field.fill("Half a quest")
        page.wait_for_timeout(1500)
        expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD])
        expect(page.locator(".fn-echo.user-row .fn-question")).to_have_text([BIRD])
        expect(page.locator(".fn-stopped, .fn-failure")).to_have_count(0)
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator(".fn-stopped, .fn-failure")).to_have_count(1)
        released.set()
        page.wait_for_timeout(1500)
        expect(page.locator(".fn-question")).to_have_text([ARRESTS])
        expect(field).to_have_value(f"{BIRD}\nHalf a quest")
        ask(page, BIRD)
        expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD])
        expect(page.locator(WHOLE)).to_have_count(1)
        assert (watched.errors, watched.elsewhere) == ([], [])


def test_a_page_goes_on_with_what_the_server_has_forgotten(seed_page: Watched) -> None:
    page = seed_page.page
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
