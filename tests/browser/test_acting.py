"""Browser tests: the actions of an answer work by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.conversations.answers import sound_conversation, stored_answer_json
from rag.conversations.feedback import read_feedback
from rag.engine import QueryEngine
from tests.browser.pages import MARKED, WHOLE, ServeFiles, answered, opened, serving

pytestmark = pytest.mark.browser

BROKE = "When did the dam of Varda break?"

COST = "What had the dam of Varda cost?"
DAM = (
    "The dam of Varda broke on Sunday. It had cost 412 million crowns. Nobody was warned of it. "
    "The council suspended the engineer on Monday. Some 930 homes were destroyed."
)


@pytest.fixture(scope="module")
def dam(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("reports")
    (folder / "dam.txt").write_text(DAM, encoding="utf-8")
    with Library.open(tmp_path_factory.mktemp("home"), encoder) as index:
        sync(index, [folder])
        yield index


@pytest.fixture(scope="module")
def dam_server(dam: Library) -> Iterator[str]:
    with serving(dam, QueryEngine(dam)) as url:
        yield url


CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture
def page(chromium: Browser, dam_server: str) -> Iterator[Page]:
    with opened(chromium, dam_server, permissions=CLIPBOARD) as page:
        yield page


def id_of(answer: Locator) -> str:
    return (answer.get_attribute("id") or "").removeprefix("fn-answer-")


def in_conversation(answer: Locator) -> str:
    found: list[str] = re.findall(r"fn-in-(\S+)", answer.get_attribute("class") or "")
    [identity] = found
    return identity


def act(answer: Locator, name: str) -> Locator:
    return answer.locator(f".fn-act-{name}")


def said(page: Page) -> Locator:
    return page.locator("#fn-said")


@pytest.mark.journey
def test_an_answer_is_copied_with_its_footnotes_in_words_and_in_html(page: Page, dam_server: str) -> None:
    answer = answered(page, BROKE)
    act(answer, "copy").click()
    expect(said(page)).to_have_text("Copied with its footnotes.")
    expected = httpx.get(f"{dam_server}/v1/answers/{id_of(answer)}/text", timeout=60).json()
    copied = page.evaluate(
        """async () => {
          const [item] = await navigator.clipboard.read();
          const read = async (type) => (await item.getType(type)).text();
          return { text: await read('text/plain'), html: await read('text/html') };
        }"""
    )
    assert copied["text"] == expected["text"]
    assert copied["text"].startswith("The dam of Varda broke on Sunday. [1]")
    assert "<sup>[1]</sup>" in copied["html"]


def test_without_a_secure_connection_an_answer_is_copied_all_the_same(page: Page) -> None:
    answer = answered(page, BROKE)
    page.evaluate("delete window.ClipboardItem")
    act(answer, "copy").click()
    expect(said(page)).to_have_text("Copied with its footnotes.")
    assert page.evaluate("navigator.clipboard.readText()").startswith("The dam of Varda broke on Sunday. [1]")


def test_a_link_to_an_answer_opens_it_in_another_window(
    page: Page, chromium: Browser, dam_server: str
) -> None:
    first = answered(page, BROKE)
    words = first.locator(".fn-quote").first.text_content()
    answered(page, COST)
    act(first, "link").click()
    expect(said(page)).to_have_text("Link to this answer copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{dam_server}/?answer={id_of(first)}"
    with opened(chromium, dam_server, link.removeprefix(f"{dam_server}/")) as other:
        expect(other.locator(".fn-question")).to_have_text([BROKE])
        expect(other.locator(".fn-quote").first).to_have_text(words or "")
        expect(other.locator(".fn-notice")).to_have_text(
            "The conversation already has 1 answer after this one. Show the whole conversation"
        )
        # The address stays the same until another question is asked.
        assert other.url == link
        other.locator(".fn-whole").click()
        expect(other.locator(".fn-question")).to_have_text([BROKE, COST])
        other.wait_for_url(re.compile("conversation="))


@pytest.mark.parametrize(("name", "suffix"), [("Web page", "html"), ("Word", "docx")])
def test_an_answer_is_saved_as_a_file(page: Page, dam_server: str, name: str, suffix: str) -> None:
    answer = answered(page, BROKE)
    answer.locator(".fn-save summary").click()
    with page.expect_download() as download:
        answer.locator(".fn-file", has_text=name).click()
    assert (
        download.value.suggested_filename == f"when-did-the-dam-of-varda-break-{id_of(answer)[:8]}.{suffix}"
    )
    if suffix == "html":
        saved = httpx.get(f"{dam_server}/v1/answers/{id_of(answer)}.html", timeout=60).content
        assert Path(download.value.path()).read_bytes() == saved
    expect(answer.locator(".fn-save")).not_to_have_attribute("open", "")
    expect(said(page)).to_have_text(f"Saving as {name}…")


def test_the_files_are_reached_and_left_by_the_keyboard(page: Page) -> None:
    answer = answered(page, BROKE)
    menu = answer.locator(".fn-save")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.locator("a").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(menu.locator("a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu.locator("a").first).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


@pytest.mark.journey
def test_an_edited_question_replaces_its_answer_and_what_follows(page: Page, dam: Library) -> None:
    first = answered(page, BROKE)
    old = id_of(first)
    answered(page, COST)
    act(first, "edit").click()
    field = page.get_by_label("Edit the question")
    expect(field).to_be_focused()
    expect(field).to_have_value(BROKE)
    expect(page.locator(".fn-edit .fn-hint")).to_have_text(
        "Saving asks the question again and removes the 2 answers below from the conversation. "
        "Links to them still work."
    )
    field.fill("How many homes were destroyed in Varda?")
    page.get_by_role("button", name="Save and ask").click()
    expect(page.locator(".fn-question")).to_have_text(["How many homes were destroyed in Varda?"])
    expect(page.locator(WHOLE)).to_have_count(1)
    expect(field).to_have_count(0)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "log"
    answer = page.locator(WHOLE)
    kept = sound_conversation(dam.catalog, in_conversation(answer))
    assert [each.question for each in kept] == ["How many homes were destroyed in Varda?"]
    assert BROKE in stored_answer_json(dam.catalog, old)


def test_editing_is_left_with_escape_and_nothing_changes(page: Page) -> None:
    answer = answered(page, BROKE)
    act(answer, "edit").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("Edit the question")
    field.fill("something else")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(page.locator(".fn-question")).to_have_text([BROKE])
    expect(page.locator(".fn-question")).to_be_visible()
    expect(act(answer, "edit")).to_be_focused()


def test_a_judgement_is_kept_at_once_shown_and_takes_a_note(page: Page, dam: Library) -> None:
    answer = answered(page, BROKE)
    expect(act(answer, "wrong")).to_have_attribute("aria-pressed", "false")
    act(answer, "wrong").click()
    expect(said(page)).to_have_text("Saved: Thumbs down.")
    expect(act(answer, "wrong")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Note about this answer").fill("It was <b>Monday</b>.")
    page.get_by_role("button", name="Add note").click()
    expect(said(page)).to_have_text("Saved with your note.")
    expect(page.get_by_label("Note about this answer")).to_have_count(0)
    expect(act(answer, "wrong")).to_be_focused()
    given = [each for each in read_feedback(dam.catalog) if each.answer_id == id_of(answer)]
    assert [(each.question, each.verdict, each.note) for each in given] == [
        (BROKE, "wrong", None),
        (BROKE, "wrong", "It was <b>Monday</b>."),
    ]
    act(answer, "right").click()
    expect(act(answer, "wrong")).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect(page.locator(".fn-given")).to_have_text(["Thumbs up"])
    expect(page.locator(".fn-given")).to_have_attribute("aria-pressed", "true")


def test_an_action_that_fails_says_why(chromium: Browser, dam_server: str) -> None:
    with opened(chromium, dam_server, failing=True) as page:
        answer = answered(page, BROKE)
        page.route("**/v1/feedback", lambda route: route.abort())
        act(answer, "right").click()
        expect(said(page)).to_have_text("The server is not responding. Check that it is running.")
        expect(answer.locator(".fn-given")).to_have_count(0)


HOSTILE = (
    "<img src=x onerror=document.title='owned'> <script>alert(2)</script> [x](javascript:alert(3)) **bold** "
    "&lt;b&gt; &amp;"
)


@pytest.mark.journey
def test_hostile_words_are_words_in_answers_cards_sources_fields_and_what_is_copied(
    chromium: Browser, serve_files: ServeFiles
) -> None:
    beyond_utf16 = "Characters that JavaScript counts twice: 😀 \U0001d54f 𠮷."
    picture = "![i](http://evil.example/x.png)"
    cost = f"The Zorblatt bridge cost 4,711 guilders {HOSTILE} {picture} $$x^2$$ 😀 \U0001d54f in 1911."
    server = serve_files(
        {
            "bridge.txt": f"{HOSTILE}\n\n{beyond_utf16}\n\n{cost}",
            "bridge.txt.meta.yaml": f'title: "{HOSTILE} title"\npublisher: "{HOSTILE} office"\n',
        }
    )
    question = f"How many guilders did the Zorblatt bridge {HOSTILE} cost?"
    cited = httpx.post(f"{server}/v1/chat", json={"question": question}, timeout=60).json()["citations"]
    number = next(number for number, one in enumerate(cited) if f"4,711 guilders {HOSTILE}" in one["quote"])
    with opened(chromium, server, permissions=CLIPBOARD) as page:
        answer = answered(page, question)
        expect(page.locator(".fn-question")).to_have_text([question])
        expect(page.locator(".fn-quote")).to_have_text([one["quote"] for one in cited])
        expect(answer.locator(".fn-strip .fn-title")).to_have_text([f"{HOSTILE} title"])
        mark = answer.locator(".fn-mark").nth(number)
        mark.hover()
        expect(page.locator("#fn-card .fn-foot-title")).to_have_text(f"{HOSTILE} title")
        expect(page.locator("#fn-card .fn-fact").first).to_have_text(f"{HOSTILE} office")
        expect(page.locator("#fn-card .fn-foot-quote")).to_have_text(cited[number]["quote"])
        mark.click()
        page.locator("#fn-source mark").first.wait_for()
        assert page.evaluate(MARKED) == cited[number]["quote"]
        expect(page.locator("#fn-source h2")).to_have_text(f"{HOSTILE} title")
        act(answer, "copy").click()
        expect(said(page)).to_have_text("Copied with its footnotes.")
        assert f"{HOSTILE} title, {HOSTILE} office" in page.evaluate("navigator.clipboard.readText()")
        act(answer, "edit").click()
        expect(page.get_by_label("Edit the question")).to_have_value(question)
        page.keyboard.press("Escape")
        act(answer, "wrong").click()
        page.get_by_label("Note about this answer").fill(HOSTILE)
        page.get_by_role("button", name="Add note").click()
        expect(said(page)).to_have_text("Saved with your note.")
        for _ in range(2):
            for place in ("#fn-conversation", "#fn-source", "#fn-card", "#fn-said"):
                expect(page.locator(f"{place} :is(img, script, b, strong, math, .katex)")).to_have_count(0)
            page.reload()
            expect(page.locator(".fn-question")).to_have_text([question])
        assert page.title() == "Footnoted"
