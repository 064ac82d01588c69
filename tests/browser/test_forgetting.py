"""Browser tests: conversations are deleted, the deletion is undone, and older conversations are loaded."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.desks import WHO_LIT
from tests.browser.pages import ask, opened
from tests.browser.rows import choose
from tests.browser.telling import WHO_BOUGHT, kept, names, notice, opener, show, tell
from tests.support.background import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def server(teller: str) -> str:
    return teller


@pytest.fixture
def page(teller_page: Page) -> Page:
    return teller_page


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
