"""Browser tests: conversations are listed, searched, opened, named and saved."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desks import PHONE, WHO_LIT
from tests.browser.pages import ask, opened
from tests.browser.rows import choose, more
from tests.browser.telling import NOTHING, WHO_BOUGHT, kept, names, notice, opener, show, tell

pytestmark = pytest.mark.browser


@pytest.fixture
def server(teller: str) -> str:
    return teller


@pytest.fixture
def page(teller_page: Page) -> Page:
    return teller_page


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
    expect(page.get_by_text("No conversations yet. Your questions are saved here.")).to_be_visible()


def test_conversations_stand_under_the_day_of_their_last_answer(page: Page) -> None:
    groups = page.evaluate(
        """async () => {
          const { groupOf } = await module('facts.js');
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


@pytest.mark.parametrize(("form", "suffix"), [("Markdown", "md"), ("Web page", "html"), ("Word", "docx")])
def test_a_conversation_is_saved_as_a_file(page: Page, server: str, form: str, suffix: str) -> None:
    own = tell(server, WHO_LIT)
    show(page)
    more(page, WHO_LIT).click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name=form, exact=True).click()
    assert saved.value.suggested_filename.endswith(f".{suffix}")
    exported = httpx.get(f"{server}/v1/conversations/{own}.{suffix}", timeout=60).content
    assert suffix == "docx" or Path(saved.value.path()).read_bytes() == exported
    expect(more(page, WHO_LIT)).to_be_focused()


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
