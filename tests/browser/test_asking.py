"""Browser tests: ask a question, click a footnote, read the highlighted words in the report."""

from __future__ import annotations

import re
import time

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.desks import PHONE
from tests.browser.pages import ARRESTS, BIRD, MARKED, api_answer, ask, opened, stored, text_of

pytestmark = pytest.mark.browser

IN_VIEW = """(element) => {
  const [inner, outer] = [element, element.closest('.fn-desk-body')].map((e) => e.getBoundingClientRect());
  return inner.top >= outer.top && inner.bottom <= outer.bottom;
}"""


def last_answer(page: Page) -> Locator:
    return page.locator("#fn-conversation .bot-row").last


@pytest.mark.journey
def test_a_footnote_opens_the_report_at_the_words_that_the_answer_cites(page: Page, seed_server: str) -> None:
    cited = api_answer(seed_server, ARRESTS)["citations"][0]
    ask(page, ARRESTS)
    page.locator(".fn-mark").first.click()
    page.locator("#fn-source mark").first.wait_for()
    highlighted = page.evaluate(MARKED)
    assert highlighted == cited["quote"]
    assert "thousand suspects" in highlighted
    assert "three days" in highlighted
    expect(page.locator("#fn-source h2")).to_have_text(cited["title"])
    expect(page.locator("#fn-source h2")).to_be_focused()
    expect(page.locator("#fn-source .fn-facts")).to_have_text("Footnoted sample library 18 July 2025")
    assert page.locator("#fn-source mark").first.evaluate(IN_VIEW)


def test_the_answer_shows_every_quote_with_its_mark_and_its_source(page: Page, seed_server: str) -> None:
    question = "How many people were displaced on 12 May 2025?"
    said = api_answer(seed_server, question)
    cited = said["citations"]
    ask(page, question)
    answer = last_answer(page)
    sentences = [citation["quote"] for citation in cited if citation["headings"] is None]
    expect(answer.locator(".fn-quote")).to_have_text(sentences)
    marks = [citation["id"] for citation in cited]
    # Reports disagree about the number: each of the differing figures has a mark, too.
    marks += [figure["citation"] for about in said["disagreements"] for figure in about["figures"]]
    assert len(marks) > len(cited)
    expect(answer.locator(".fn-mark")).to_have_text([f"[{number}]" for number in marks])
    titles = list(dict.fromkeys(citation["title"] for citation in cited))
    expect(answer.locator(".fn-group .fn-title")).to_have_text(titles)


def test_the_page_of_a_pdf_is_named_and_marked_in_its_text(page: Page, seed_server: str) -> None:
    question = "How many times did Pavo Arnholt telephone Corin Dalvey?"
    cited = api_answer(seed_server, question)["citations"][0]
    assert cited["path"] == "lorvenna-maravel-dam-inquiry.pdf"
    ask(page, question)
    page.locator(".fn-mark").first.click()
    page.locator("#fn-source mark").first.wait_for()
    assert page.evaluate(MARKED) == cited["quote"]
    expect(page.locator("#fn-source .fn-facts")).to_contain_text(f"page {cited['page']} of 3")
    pages = page.locator("#fn-source .fn-page").evaluate_all("(all) => all.map((one) => one.dataset.page)")
    assert pages == ["Page 1", "Page 2", "Page 3"]


def test_the_panel_shows_the_whole_text_of_a_report(page: Page, seed_server: str) -> None:
    report = stored(seed_server)[0]
    page.locator(".fn-report", has_text=report["title"]).click()
    page.locator("#fn-source .fn-text").wait_for()
    text = text_of(seed_server, report["document_id"])
    assert page.locator("#fn-source .fn-text").evaluate("(element) => element.textContent") == text


@pytest.mark.journey
def test_no_answer_is_the_reason_the_nearest_passage_and_what_to_try(page: Page, seed_server: str) -> None:
    expected = api_answer(seed_server, BIRD)
    nearest, *others = expected["passages"]
    ask(page, BIRD)
    abstention = last_answer(page).locator(".fn-abstention")
    expect(abstention.locator(".fn-none")).to_have_text("Not answered")
    expect(abstention.locator(".fn-reason")).to_have_text(expected["reason"])
    expect(abstention.locator(".fn-mark")).to_have_count(0)
    card = abstention.locator(".fn-nearest")
    expect(card.locator(".fn-shortfall")).to_have_text(f"This passage {nearest['shortfall']}.")
    expect(abstention.locator(".fn-searched")).to_have_text(
        "Searched 7 reports. Ask in the words of the reports, or add a report that answers this."
    )
    # The others are behind one click, for the keyboard, too.
    hidden = abstention.locator(".fn-others .fn-shortfall")
    expect(hidden).to_have_count(len(others))
    expect(hidden.first).to_be_hidden()
    summary = abstention.get_by_text(f"Show {len(others)} more passages that were read")
    summary.focus()
    page.keyboard.press("Enter")
    expect(hidden).to_have_text([f"This passage {passage['shortfall']}." for passage in others])
    expect(hidden.first).to_be_visible()
    card.locator(".fn-title").click()
    page.locator("#fn-source mark").first.wait_for()
    assert "".join(page.evaluate(MARKED).split()) == "".join(nearest["text"].split())


@pytest.mark.journey
def test_the_keyboard_alone_asks_opens_reads_and_returns(page: Page) -> None:
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(ARRESTS)
    page.keyboard.press("Enter")
    page.locator(".fn-actions").last.wait_for()
    for _ in range(20):
        if page.evaluate("document.activeElement.classList.contains('fn-mark')"):
            break
        page.keyboard.press("Shift+Tab")
    mark = page.evaluate("document.activeElement.textContent")
    assert mark.startswith("[")
    page.keyboard.press("Enter")
    expect(page.locator("#fn-source h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#fn-source")).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent") == mark


def test_a_starter_is_asked_with_one_click_and_start_over_offers_all_again(
    page: Page, seed_server: str
) -> None:
    starters = page.get_by_role("group", name="Try one of these questions").get_by_role("button")
    expect(starters).to_have_count(4)
    offered = httpx.get(f"{seed_server}/v1/suggestions", timeout=60).json()["starters"]
    questions = [starter["question"] for starter in offered]
    expect(starters.locator(".fn-starter-question")).to_have_text(questions)
    expect(starters.locator(".fn-starter-title")).to_have_text([starter["title"] for starter in offered])
    starters.nth(1).click()
    expect(page.locator(".fn-question")).to_have_text([questions[1]])
    expect(last_answer(page).locator(".fn-source .fn-title").first).to_have_text(offered[1]["title"])
    expect(starters.first).to_be_hidden()
    page.get_by_role("button", name="Start over").click()
    expect(page.locator("#fn-conversation .message-row")).to_have_count(0)
    expect(starters.locator(".fn-starter-question")).to_have_text(questions)


def test_a_question_that_waits_for_the_answer_before_it_says_so(page: Page) -> None:
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    def wait_for(count: int) -> None:
        until = time.monotonic() + 20
        while len(held) < count:
            assert time.monotonic() < until, f"the page sent {len(held)} of {count} questions"
            page.wait_for_timeout(20)

    page.route("**/gradio_api/queue/join*", keep)
    ask(page, ARRESTS)
    # Gradio reads the input a moment after Enter.
    wait_for(1)
    ask(page, BIRD)
    ask(page, BIRD)
    expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD])
    expect(page.locator(".fn-echo.bot-row")).to_have_text(["Sending…", "Waiting for the answer above…"])
    wait_for(2)
    first, *others = held
    # Gradio may start two events that arrive almost at once in either order.
    first.continue_()
    expect(page.locator(".user-row:not(.fn-echo) .fn-question")).to_have_text([ARRESTS])
    for route in others:
        route.continue_()
    page.unroute_all()
    expect(page.locator("#fn-conversation .fn-actions")).to_have_count(2)
    expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD])
    expect(page.locator(".fn-echo")).to_have_count(0)


def test_an_unsent_question_is_there_again_after_a_reload_until_it_is_sent(page: Page) -> None:
    question = page.get_by_label("Your question")
    question.fill("Who ordered the")
    page.wait_for_function("() => Object.values(localStorage).some((kept) => kept.includes('Who ordered'))")
    page.reload()
    expect(question).to_have_value("Who ordered the")
    ask(page, ARRESTS)
    expect(page.locator("#fn-conversation .fn-actions")).to_have_count(1)
    page.wait_for_url(re.compile("conversation="))
    page.reload()
    expect(page.locator("#fn-conversation .fn-actions")).to_have_count(1)
    expect(question).to_have_value("")
    question.fill("And where?")
    page.get_by_role("button", name="Start over").click()
    expect(question).to_have_value("")


def test_an_empty_question_does_nothing_and_an_over_long_one_says_why(page: Page) -> None:
    ask(page, "   ")
    page.wait_for_timeout(500)
    expect(page.locator(".message-row")).to_have_count(0)
    ask(page, "x" * 2001)
    expect(page.locator(".fn-failure")).to_contain_text("The question has 2,001 characters")
    expect(page.locator(".message-row.user-row")).to_have_count(1)
    expect(page.get_by_label("Your question")).to_have_value("x" * 2001)


@pytest.mark.journey
def test_a_link_to_a_citation_opens_it(chromium: Browser, seed_server: str) -> None:
    cited = api_answer(seed_server, ARRESTS)["citations"][0]
    place = f"#cite-{cited['document_id']}-{cited['version']}-{cited['start']}-{cited['end']}"
    with opened(chromium, seed_server, place) as page:
        page.locator("#fn-source mark").first.wait_for()
        assert page.evaluate(MARKED) == cited["quote"]


@pytest.mark.journey
def test_on_a_phone_the_source_is_a_drawer(chromium: Browser, seed_server: str) -> None:
    with opened(chromium, seed_server, **PHONE) as page:
        expect(page.locator("#fn-source")).to_be_hidden()
        ask(page, ARRESTS)
        page.locator(".fn-mark").first.tap()
        expect(page.locator("#fn-source mark").first).to_be_visible()
        expect(page.locator("#fn-card")).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_role("button", name="Close the source").tap()
        expect(page.locator("#fn-source")).to_be_hidden()
        expect(page.locator(".fn-mark").first).to_be_focused()


def test_a_click_searches_for_the_question_as_typed(page: Page) -> None:
    ask(page, "How many suspects were arested?")
    line = last_answer(page).locator(".fn-understood")
    expect(line).to_have_text("Searched for How many suspects were arrested?. Search as typed")
    line.get_by_role("button", name="Search as typed").click()
    expect(page.locator("#fn-conversation .fn-understood")).to_have_count(0)
    expect(last_answer(page).locator(".fn-actions")).to_be_visible()
    expect(page.locator("#fn-conversation .fn-question")).to_have_text("How many suspects were arested?")
