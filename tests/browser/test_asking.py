"""Browser tests: ask a question, click a footnote, read the highlighted words in the report."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from tests.browser.pages import ARRESTS, BIRD, MARKED, Watched, api_answer, ask, opened, serving

pytestmark = pytest.mark.browser

IN_VIEW = """(element) => {
  const [inner, outer] = [element, element.closest('.fn-desk-body')].map((e) => e.getBoundingClientRect());
  return inner.top >= outer.top && inner.bottom <= outer.bottom;
}"""


def last_answer(page: Page) -> Locator:
    return page.locator("#fn-conversation .bot-row").last


@pytest.mark.journey
def test_a_footnote_opens_the_report_at_the_words_that_the_answer_cites(
    seed_page: Watched, seed_server: str
) -> None:
    page = seed_page.page
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


def test_the_answer_shows_every_quote_with_its_mark_and_its_source(
    seed_page: Watched, seed_server: str
) -> None:
    page = seed_page.page
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


def test_the_page_of_a_pdf_is_named_and_marked_in_its_text(seed_page: Watched, seed_server: str) -> None:
    page = seed_page.page
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


def test_the_panel_shows_the_whole_text_of_a_report(seed_page: Watched, seed_server: str) -> None:
    page = seed_page.page
    report = httpx.get(f"{seed_server}/v1/documents", timeout=60).json()["documents"][0]
    page.locator(".fn-report", has_text=report["title"]).click()
    page.locator("#fn-source .fn-text").wait_for()
    text = httpx.get(f"{seed_server}/v1/documents/{report['document_id']}/text", timeout=60).json()["text"]
    assert page.locator("#fn-source .fn-text").evaluate("(element) => element.textContent") == text


@pytest.mark.journey
def test_no_answer_is_the_reason_the_nearest_passage_and_what_to_try(
    seed_page: Watched, seed_server: str
) -> None:
    page = seed_page.page
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


def test_no_answer_is_as_short_on_a_phone_and_after_a_reload(chromium: Browser, seed_server: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with opened(chromium, seed_server, **phone) as watched:
        page = watched.page
        ask(page, BIRD)
        shown = page.locator("#fn-conversation .fn-abstention")
        shown.locator(".fn-others summary").tap()
        expect(shown.locator(".fn-others .fn-shortfall").first).to_be_visible()
        page.reload()
        expect(shown.locator(".fn-nearest .fn-shortfall")).to_be_visible()
        expect(shown.locator(".fn-others .fn-shortfall").first).to_be_hidden()
        height = shown.evaluate("(element) => element.getBoundingClientRect().height")
        assert height < 844
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert (watched.errors, watched.elsewhere) == ([], [])


@pytest.mark.journey
def test_the_keyboard_alone_asks_opens_reads_and_returns(seed_page: Watched) -> None:
    page = seed_page.page
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
    seed_page: Watched, seed_server: str
) -> None:
    page = seed_page.page
    starters = page.get_by_role("group", name="Try one of these questions").get_by_role("button")
    expect(starters).to_have_count(4, timeout=60_000)
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


def hold(page: Page) -> list[Route]:
    """Hold back the questions that the page sends; they are added to the list that this returns."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route("**/gradio_api/queue/join*", keep)
    return held


def wait_for(page: Page, held: list[Route], count: int) -> None:
    until = time.monotonic() + 20
    while len(held) < count:
        assert time.monotonic() < until, f"the page sent {len(held)} of {count} questions"
        page.wait_for_timeout(20)


def test_a_question_is_in_the_conversation_before_the_server_has_it(seed_page: Watched) -> None:
    page = seed_page.page
    held = hold(page)
    ask(page, ARRESTS)
    expect(last_answer(page)).to_have_text("Sending…")
    expect(page.locator(".fn-question")).to_have_text([ARRESTS])
    for route in held:
        route.continue_()
    page.unroute_all()
    expect(page.locator("#fn-conversation .fn-actions")).to_have_count(1)
    expect(page.locator(".fn-question")).to_have_text([ARRESTS])
    expect(page.locator(".fn-echo")).to_have_count(0)


def test_a_question_that_waits_for_the_answer_before_it_says_so(seed_page: Watched) -> None:
    page = seed_page.page
    held = hold(page)
    ask(page, ARRESTS)
    # Gradio reads the input a moment after Enter.
    wait_for(page, held, 1)
    ask(page, BIRD)
    ask(page, BIRD)
    expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD])
    expect(page.locator(".fn-echo.bot-row")).to_have_text(["Sending…", "Waiting for the answer above…"])
    wait_for(page, held, 2)
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


def test_an_unsent_question_is_there_again_after_a_reload_until_it_is_sent(seed_page: Watched) -> None:
    page = seed_page.page
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


def test_the_conversation_keeps_its_questions_in_order(seed_page: Watched) -> None:
    page = seed_page.page
    for question in (ARRESTS, BIRD):
        # The page holds the second question back until the first is answered.
        ask(page, question)
        page.get_by_label("Your question").press("Enter")
        expect(page.get_by_label("Your question")).to_have_value("")
    expect(page.locator(".fn-question")).to_have_text([ARRESTS, BIRD])
    expect(page.locator("#fn-conversation .fn-actions")).to_have_count(2)
    expect(page.locator(".fn-stopped, .fn-failure")).to_have_count(0)


def test_the_next_question_can_be_typed_while_an_answer_arrives(seed_page: Watched) -> None:
    page = seed_page.page
    ask(page, ARRESTS)
    expect(page.get_by_label("Your question")).to_have_value("")
    page.keyboard.type("And where?")
    last_answer(page).locator(".fn-source").last.wait_for()
    page.wait_for_timeout(300)
    expect(page.get_by_label("Your question")).to_have_value("And where?")


def test_an_empty_question_does_nothing_and_an_over_long_one_says_why(seed_page: Watched) -> None:
    page = seed_page.page
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
    with opened(chromium, seed_server, place) as watched:
        watched.page.locator("#fn-source mark").first.wait_for()
        assert watched.page.evaluate(MARKED) == cited["quote"]


@pytest.mark.journey
def test_on_a_phone_the_source_is_a_drawer(chromium: Browser, seed_server: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with opened(chromium, seed_server, **phone) as watched:
        page = watched.page
        expect(page.locator("#fn-source")).to_be_hidden()
        ask(page, ARRESTS)
        page.locator(".fn-mark").first.tap()
        expect(page.locator("#fn-source mark").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_role("button", name="Close the source").tap()
        expect(page.locator("#fn-source")).to_be_hidden()
        expect(page.locator(".fn-mark").first).to_be_focused()
        assert (watched.errors, watched.elsewhere) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_system_s_colours(chromium: Browser, seed_server: str, scheme: str) -> None:
    with opened(chromium, seed_server, color_scheme=scheme) as watched:
        colour = "getComputedStyle(document.body).getPropertyValue('--fn-ground').trim()"
        assert watched.page.evaluate(colour) == {"light": "#fbfaf8", "dark": "#16181b"}[scheme]
        assert watched.errors == []


HOSTILE_TITLE = "<img src=x onerror=document.title='owned'> **Zorblatt** [t](javascript:alert(1))"
BEYOND_UTF16 = "Characters that JavaScript counts twice: 😀 \U0001d54f 𠮷."
HOSTILE_BODY = (
    "The Zorblatt bridge cost exactly 4,711 guilders <script>document.title='owned'</script> "
    "![i](http://evil.example/x.png) <img src=http://evil.example/y.png onerror=document.title='owned'> "
    "$$x^2$$ [click](javascript:alert(1)) **bold** &lt;b&gt; 😀 \U0001d54f in 1911."
)


@pytest.mark.journey
def test_a_hostile_report_is_shown_as_text(chromium: Browser, encoder: Encoder, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    hostile = "\n\n".join([HOSTILE_TITLE, BEYOND_UTF16, HOSTILE_BODY])
    (library / "hostile.txt").write_text(hostile, encoding="utf-8")
    question = "How many guilders did the Zorblatt bridge cost?"
    with Library.open(tmp_path / "home", encoder) as index:
        sync(index, [library])
        with serving(index, QueryEngine(index)) as server, opened(chromium, server) as watched:
            page = watched.page
            cited = api_answer(server, question)["citations"]
            assert "4,711 guilders <script>" in "".join(citation["quote"] for citation in cited)
            ask(page, question)
            expect(page.locator(".fn-quote")).to_have_text([citation["quote"] for citation in cited])
            number = next(n for n, citation in enumerate(cited) if "4,711" in citation["quote"])
            page.locator(".fn-mark").nth(number).click()
            page.locator("#fn-source mark").first.wait_for()
            assert page.evaluate(MARKED) == cited[number]["quote"]
            expect(page.locator("#fn-source h2")).to_have_text(cited[number]["title"])
            for place in ("#fn-conversation", "#fn-source"):
                expect(page.locator(f"{place} :is(script, img, strong, math, .katex)")).to_have_count(0)
            assert page.title() == "Footnoted"
            assert (watched.errors, watched.elsewhere) == ([], [])


def test_a_click_searches_for_the_question_as_typed(seed_page: Watched) -> None:
    page = seed_page.page
    ask(page, "How many suspects were arested?")
    line = last_answer(page).locator(".fn-understood")
    expect(line).to_have_text("Searched for How many suspects were arrested?. Search as typed")
    line.get_by_role("button", name="Search as typed").click()
    expect(page.locator("#fn-conversation .fn-understood")).to_have_count(0)
    expect(last_answer(page).locator(".fn-actions")).to_be_visible()
    expect(page.locator("#fn-conversation .fn-question")).to_have_text("How many suspects were arested?")


def test_a_greeting_is_answered_with_a_sentence_and_no_buttons(seed_page: Watched) -> None:
    page = seed_page.page
    page.get_by_label("Your question").fill("hello")
    page.get_by_label("Your question").press("Enter")
    answer = last_answer(page)
    expect(answer).to_have_text("Hello! Ask a question about the reports in this library.")
    expect(answer.get_by_role("button")).to_have_count(0)


def test_what_only_a_language_model_can_do_is_said_with_the_words_of_the_page(seed_page: Watched) -> None:
    page = seed_page.page
    page.get_by_label("Your question").fill("translate that")
    page.get_by_label("Your question").press("Enter")
    answer = last_answer(page)
    expect(answer).to_contain_text("choose one on the page, under “Quotes only” below the question")
    expect(answer.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("button", name="Quotes only")).to_be_visible()
