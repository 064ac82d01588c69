"""A person signs in, asks, and signs out; a session that has ended leads to the sign-in page and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from index.library import Library
from rag.engine import QueryEngine
from tests.browser.pages import ARRESTS, LEAVING, ask, serving
from tests.browser.rows import choose
from tests.browser.telling import show
from tests.browser.test_accessibility import WINDOWS, violations
from tests.browser.views import SIZES
from tests.support.libraries import MakeLibrary
from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import Accounts, SignIn

pytestmark = pytest.mark.browser

DAM = "Of the dam of Varda\n\nThe third gate of the dam of Varda was closed on 3 March 1931.\n"
WHEN = "When was the third gate of the dam of Varda closed?"


@dataclass(frozen=True)
class Guarded:
    url: str
    accounts: Accounts


@pytest.fixture
def guarded(
    seed_index: Library, seed_engine: QueryEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Guarded]:
    make_hashes_quick(monkeypatch)
    with closing(Accounts.open(tmp_path)) as accounts:
        accounts.users.add("ada", PASSWORD)
        with serving(seed_index, seed_engine, sign_in=SignIn(accounts)) as url:
            yield Guarded(url, accounts)


REFUSED = "Response"
"""The text that Gradio's client logs for a stream that the server refuses: it logs the response itself."""


@contextmanager
def window(chromium: Browser, **options: object) -> Iterator[Page]:
    """A page of a new browser; it may log no error except refusals of the server, or that it is left."""
    context = chromium.new_context(**options)  # type: ignore[arg-type]  # Playwright's options by name.
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    unexpected = [each for each in errors if "status of 4" not in each and each != REFUSED]
    assert [each for each in unexpected if not each.startswith(LEAVING)] == []


def enter(page: Page, password: str = PASSWORD, *, name: str = "ada") -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.journey
@pytest.mark.parametrize(("size", "scheme"), WINDOWS)
def test_a_person_signs_in_asks_and_signs_out(
    chromium: Browser, guarded: Guarded, size: str, scheme: str
) -> None:
    look = {"viewport": SIZES[size], "color_scheme": scheme, "reduced_motion": "reduce"}
    with window(chromium, **look) as page:
        page.goto(f"{guarded.url}/#cite-1")
        expect(page).to_have_title("Sign in · Footnoted")
        expect(page.get_by_label("Name")).to_be_focused()
        assert violations(page) == []
        enter(page, "wrong")
        expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
        expect(page.get_by_label("Name")).to_have_value("ada")
        expect(page.get_by_label("Password")).to_be_focused()
        assert violations(page) == []
        enter(page)
        page.wait_for_url(f"{guarded.url}/#cite-1")
        expect(page.locator("#fn-account")).to_contain_text("ada")
        ask(page, ARRESTS)
        page.locator("#fn-conversation .fn-actions").last.wait_for()
        expect(page.get_by_role("button", name="Start over")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="Sign out").click()
        expect(page.locator(".fn-said")).to_have_text("You are signed out.")
        page.go_back()
        expect(page).to_have_title("Sign in · Footnoted")


def test_a_session_that_has_ended_leads_to_the_sign_in_page_and_back(
    chromium: Browser, guarded: Guarded
) -> None:
    with window(chromium) as page:
        page.goto(guarded.url)
        enter(page)
        page.locator("#fn-account").wait_for()
        page.locator("#fn-starters button").first.wait_for()
        page.get_by_label("Your question").fill(ARRESTS)
        guarded.accounts.users.change("ada", password=PASSWORD)
        # The page may find out by itself first, since it asks the server for news.
        page.keyboard.press("Enter")
        expect(page.locator(".fn-said")).to_have_text(
            "Your session has ended. Sign in to continue where you left off."
        )
        enter(page)
        page.wait_for_url(f"{guarded.url}/")
        # The question that could not be sent is still there.
        expect(page.get_by_label("Your question")).to_have_value(ARRESTS)


def test_the_page_asks_in_the_language_of_the_reader_and_needs_no_script(
    chromium: Browser, guarded: Guarded
) -> None:
    with window(chromium, locale="vi-VN", java_script_enabled=False) as page:
        page.goto(f"{guarded.url}/docs?x=1")
        expect(page.locator("html")).to_have_attribute("lang", "vi")
        page.get_by_label("Tên").fill("ada")
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.get_by_role("button", name="Đăng nhập").click()
        expect(page).to_have_url(f"{guarded.url}/docs?x=1")


@pytest.fixture
def team(own_library: MakeLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that keeps answers, on which ada and bea sign in."""
    make_hashes_quick(monkeypatch)
    index = own_library({"dam.txt": DAM}).index
    with closing(Accounts.open(tmp_path)) as accounts:
        for name in ("ada", "bea"):
            accounts.users.add(name, PASSWORD)
        engine = QueryEngine(index, keeps=True)
        with serving(index, engine, sign_in=SignIn(accounts)) as url:
            yield url


@pytest.mark.journey
def test_a_conversation_is_shared_from_its_menu_and_taken_back(chromium: Browser, team: str) -> None:
    allowed = {"permissions": ["clipboard-read", "clipboard-write"]}
    with window(chromium, **allowed) as page, window(chromium) as other:
        page.goto(team)
        enter(page)
        ask(page, WHEN)
        page.locator("#fn-conversation .fn-actions").last.wait_for()
        show(page)
        page.get_by_role("button", name=f"More actions for {WHEN}").click()
        expect(page.get_by_role("menuitem", name="Stop sharing")).to_have_count(0)
        assert violations(page) == []
        page.get_by_role("menuitem", name="Share with team").click()
        expect(page.locator("#fn-said")).to_contain_text("Link copied.")
        link = page.evaluate("navigator.clipboard.readText()")
        other.goto(link)
        enter(other, name="bea")
        expect(other.locator("#fn-conversation")).to_contain_text("The third gate")
        show(other)
        expect(other.get_by_text("No conversations yet.")).to_be_visible()
        choose(page, WHEN, "Stop sharing")
        expect(page.locator("#fn-said")).to_contain_text("Only you")
        other.goto(link)
        expect(other.locator("#fn-conversation")).to_contain_text("There is no conversation")


def test_a_draft_is_its_user_s(chromium: Browser, team: str) -> None:
    with window(chromium) as page:
        for name, expected in (("ada", ""), ("bea", ""), ("ada", "Why did")):
            page.goto(team)
            enter(page, name=name)
            page.locator("#fn-account").wait_for()
            question = page.get_by_label("Your question")
            expect(question).to_have_value(expected)
            draft = "Why did" if name == "ada" else "And when"
            question.fill(draft)
            page.wait_for_function(
                "(text) => Object.values(localStorage).some((kept) => kept.includes(text))", arg=draft
            )
            page.get_by_role("button", name="Sign out").click()
            expect(page).to_have_title("Sign in · Footnoted")


def test_without_sign_in_the_page_shows_no_account(chromium: Browser, seed_server: str) -> None:
    with window(chromium) as page:
        page.goto(seed_server)
        page.locator("#fn-starters button").first.wait_for()
        expect(page.locator("#fn-account")).to_have_count(0)
        page.goto(f"{seed_server}/sign-in")
        expect(page.get_by_label("Password")).to_have_count(0)
