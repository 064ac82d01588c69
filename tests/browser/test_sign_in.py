"""People sign in with a password or a provider, share, and are managed by an administrator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from index.library import Library
from rag.engine import QueryEngine
from tests.browser.pages import ARRESTS, LEAVING, ask, opened, serving
from tests.browser.rows import choose
from tests.browser.test_accessibility import WINDOWS, violations
from tests.browser.views import SIZES, is_phone
from tests.support.libraries import MakeLibrary
from tests.support.openid_provider import CLIENT, SECRET, OpenIDProvider, openid_provider
from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import Accounts, Role, Scope, SignIn
from ui.page.head import languages, locale_in
from ui.settings import Settings

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
def team(own_library: MakeLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    """A server on which the administrator ada and the member bea sign in."""
    make_hashes_quick(monkeypatch)
    index = own_library({"dam.txt": DAM, "dam.txt.meta.yaml": "collection: Rivers\n"}).index
    with closing(Accounts.open(tmp_path)) as accounts:
        accounts.users.add("ada", PASSWORD, Role.ADMINISTRATOR)
        accounts.users.add("bea", PASSWORD)
        with serving(index, QueryEngine(index), sign_in=SignIn(accounts)) as url:
            yield Guarded(url, accounts)


def test_a_conversation_is_shared_from_its_menu_and_taken_back(chromium: Browser, team: Guarded) -> None:
    allowed = {"permissions": ["clipboard-read", "clipboard-write"]}
    with window(chromium, **allowed) as page, window(chromium) as other:
        page.goto(team.url)
        enter(page)
        ask(page, WHEN)
        page.locator("#fn-conversation .fn-actions").last.wait_for()
        page.get_by_role("tab", name="Conversations").click()
        page.get_by_role("button", name=f"More actions for {WHEN}").click()
        expect(page.get_by_role("menuitem", name="Stop sharing")).to_have_count(0)
        assert violations(page) == []
        page.get_by_role("menuitem", name="Share with team").click()
        expect(page.locator("#fn-said")).to_contain_text("Link copied.")
        link = page.evaluate("navigator.clipboard.readText()")
        other.goto(link)
        enter(other, name="bea")
        expect(other.locator("#fn-conversation")).to_contain_text("The third gate")
        other.get_by_role("tab", name="Conversations").click()
        expect(other.get_by_text("No conversations yet.")).to_be_visible()
        choose(page, WHEN, "Stop sharing")
        expect(page.locator("#fn-said")).to_contain_text("Only you")
        other.goto(link)
        expect(other.locator("#fn-conversation")).to_contain_text("There is no conversation")


def test_a_draft_is_its_user_s(chromium: Browser, team: Guarded) -> None:
    with window(chromium) as page:
        for name, expected in (("ada", ""), ("bea", ""), ("ada", "Why did")):
            page.goto(team.url)
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


# Administration


def section(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def row(page: Page, part: str, name: str) -> Locator:
    return section(page, part).locator("li", has=page.get_by_text(name, exact=True))


def act_on(page: Page, name: str, action: str) -> None:
    more = page.get_by_role("button", name=f"More actions for {name}")
    more.scroll_into_view_if_needed()
    # Scrolling closes a menu, and the page is told of it in one of the next frames.
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    more.click()
    page.get_by_role("menuitem", name=action).click()


def said(page: Page, words: str) -> None:
    expect(page.locator("#fn-said")).to_have_text(words)


@pytest.mark.journey
@pytest.mark.parametrize(("size", "scheme"), WINDOWS)
def test_a_user_is_added_signs_in_and_is_locked_out(
    chromium: Browser, team: Guarded, size: str, scheme: str
) -> None:
    look = {"viewport": SIZES[size], "color_scheme": scheme, "reduced_motion": "reduce"}
    with window(chromium, **look) as page, window(chromium) as other:
        page.goto(team.url)
        enter(page)
        page.locator("#fn-account").wait_for()
        if is_phone(page):
            page.locator(".fn-open-library:visible").first.click()
        page.get_by_role("link", name="Administration").click()
        expect(page).to_have_title("Administration · Footnoted")
        expect(row(page, "Users", "ada")).to_contain_text("AdministratorYou")
        expect(section(page, "Storage")).to_contain_text("Passages")
        expect(section(page, "Activity")).to_contain_text("POST /sign-in")
        assert violations(page) == []
        page.get_by_role("button", name="Add user").click()
        dialog = page.get_by_role("dialog", name="Add user")
        expect(dialog.get_by_label("Name")).to_be_focused()
        dialog.get_by_label("Name").fill("bea")
        dialog.get_by_role("button", name="Generate a password").click()
        password = dialog.get_by_label("Password")
        expect(password).to_have_value(re.compile(r"^([a-z2-9]{5}-){3}[a-z2-9]{5}$"))
        assert violations(page) == []
        dialog.get_by_role("button", name="Add user").click()
        expect(dialog.get_by_role("alert")).to_contain_text("there is a user 'bea' already")
        dialog.get_by_label("Name").fill("cai")
        made = password.input_value()
        dialog.get_by_role("button", name="Add user").click()
        said(page, "cai may sign in now.")
        expect(dialog).to_have_count(0)
        assert made not in page.content()
        other.goto(team.url)
        enter(other, made, name="cai")
        other.locator("#fn-account").wait_for()
        page.reload()
        expect(row(page, "Users", "cai")).to_contain_text("Last sign-in")
        page.get_by_role("button", name="More actions for cai").click()
        assert violations(page) == []
        page.get_by_role("menuitem", name="Lock out").click()
        said(page, "cai is locked out.")
        expect(row(page, "Users", "cai")).to_contain_text("Locked out")
        expect(page.get_by_role("button", name="More actions for cai")).to_be_focused()
        other.goto(team.url)
        enter(other, made, name="cai")
        expect(other.get_by_role("alert")).to_have_text("The name or the password is wrong.")
        act_on(page, "cai", "Remove…")
        page.get_by_role("button", name="Remove user").click()
        expect(row(page, "Users", "cai")).to_have_count(0)
        act_on(page, "ada", "Make member")
        said(
            page, "'ada' is the last administrator who can sign in; make somebody else an administrator first"
        )


def test_a_member_does_not_get_to_the_administration(chromium: Browser, team: Guarded) -> None:
    with window(chromium) as other:
        other.goto(team.url)
        enter(other, name="bea")
        other.locator("#fn-account").wait_for()
        expect(other.get_by_role("link", name="Administration")).to_have_count(0)
        refused = other.goto(f"{team.url}/administration")
        assert refused is not None
        assert refused.status == 403
        expect(other.get_by_role("alert")).to_have_text("Only an administrator may open this page.")
        assert violations(other) == []
        other.get_by_role("link", name="Footnoted").click()
        other.locator("#fn-account").wait_for()


def test_a_token_works_until_it_is_revoked(chromium: Browser, team: Guarded) -> None:
    with window(chromium, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"{team.url}/administration")
        enter(page)
        expect(section(page, "Tokens")).to_contain_text("No tokens yet.")
        page.get_by_role("button", name="Add token").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill("dashboard")
        dialog.get_by_label("Belongs to").select_option("bea")
        dialog.get_by_role("button", name="Add token").click()
        secret = dialog.get_by_label("Token dashboard").input_value()
        dialog.get_by_role("button", name="Copy").click()
        expect(dialog.get_by_role("status")).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == secret
        assert violations(page) == []
        dialog.get_by_role("button", name="Close").click()
        expect(row(page, "Tokens", "dashboard")).to_contain_text("bearead")
        assert secret not in page.content()
        program = {"Authorization": f"Bearer {secret}"}
        assert httpx.get(f"{team.url}/v1/documents", headers=program, timeout=60).status_code == 200
        act_on(page, "dashboard", "Revoke…")
        page.get_by_role("button", name="Revoke token").click()
        page.get_by_text("1 expired or revoked token").click()
        expect(row(page, "Tokens", "dashboard")).to_contain_text("Revoked")
        assert httpx.get(f"{team.url}/v1/documents", headers=program, timeout=60).status_code == 401


def test_a_collection_is_limited_and_opened(chromium: Browser, team: Guarded) -> None:
    with window(chromium) as page:
        page.goto(f"{team.url}/administration")
        enter(page)
        rivers = row(page, "Collections", "Rivers")
        expect(rivers).to_contain_text("1 reportVisible to everyone")
        act_on(page, "Rivers", "Change access…")
        page.get_by_role("checkbox", name="bea").check()
        assert violations(page) == []
        page.get_by_role("button", name="Save").click()
        expect(rivers).to_contain_text("Visible to bea and administrators")
        act_on(page, "Rivers", "Open to everyone")
        expect(rivers).to_contain_text("Visible to everyone")
        page.get_by_role("button", name="Show or change").click()
        expect(page.get_by_role("dialog", name="Language model")).to_be_visible()


def test_the_storage_says_who_uploaded_how_much(chromium: Browser, team: Guarded) -> None:
    for name, owner, length in (("hers", "bea", 2_400_000), ("robot", None, 51_000)):
        _, secret = team.accounts.tokens.add(name, [Scope.WRITE], owner=owner)
        file = (f"{name}.md", b"The gate holds.".ljust(length))
        headers = {"Authorization": f"Bearer {secret}"}
        added = httpx.post(f"{team.url}/v1/documents", files={"file": file}, headers=headers, timeout=30)
        added.raise_for_status()
    with window(chromium) as page:
        page.goto(f"{team.url}/administration")
        enter(page)
        storage = section(page, "Storage")
        for words, bytes_taken in (("Uploaded by bea", "2.4 MB"), ("Uploaded by robot", "51 kB")):
            expect(storage.locator("dt", has_text=words).locator("+ dd")).to_have_text(bytes_taken)
        assert violations(page) == []


def test_a_session_that_ends_leads_back_to_the_page_after_sign_in(chromium: Browser, team: Guarded) -> None:
    with window(chromium) as page:
        page.goto(f"{team.url}/administration")
        enter(page)
        row(page, "Users", "bea").wait_for()
        team.accounts.users.change("ada", password=PASSWORD)
        act_on(page, "bea", "Lock out")
        expect(page.locator(".fn-said")).to_contain_text("Your session has ended.")
        enter(page)
        expect(page).to_have_url(f"{team.url}/administration")
        expect(row(page, "Users", "bea")).not_to_contain_text("Locked out")
        page.get_by_role("button", name="Sign out").click()
        expect(page.locator(".fn-said")).to_have_text("You are signed out.")


def test_without_sign_in_the_page_has_the_model_and_storage_in_each_language(
    chromium: Browser, seed_server: str
) -> None:
    with opened(chromium, seed_server) as page:
        expect(page.locator("#fn-account")).to_have_count(0)
        page.get_by_role("link", name="Administration").click()
        expect(section(page, "Storage")).to_contain_text("None recorded")
    for language in languages():
        words = locale_in(language).text
        with window(chromium, locale=language, viewport=SIZES["phone"]) as page:
            page.goto(f"{seed_server}/administration")
            expect(page).to_have_title(f"{words('admin.title')} · Footnoted")
            parts = ("model.title", "admin.storage", "admin.activity")
            expect(page.get_by_role("heading", level=2)).to_have_text([words(part) for part in parts])
            expect(section(page, words("admin.storage"))).to_contain_text(words("admin.storage.backup"))
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# A provider of another site


Serve = Callable[..., str]
"""Starts a server with changed settings, and returns its address."""


@pytest.fixture
def provider() -> Iterator[OpenIDProvider]:
    """A provider with a page of its own. For a browser, localhost is another site than 127.0.0.1."""
    with openid_provider("localhost") as running:
        running.shows_page = True
        yield running


@pytest.fixture
def serve(
    seed_index: Library,
    seed_engine: QueryEngine,
    provider: OpenIDProvider,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Serve]:
    """A server on which ada signs in with the provider, and the administrator root with a password."""
    make_hashes_quick(monkeypatch)
    with ExitStack() as running:
        accounts = running.enter_context(closing(Accounts.open(tmp_path)))
        accounts.users.add("root", PASSWORD, Role.ADMINISTRATOR)
        accounts.provided.add("ada", provider.issuer)

        def start(**changed: object) -> str:
            given = {
                "home": tmp_path,
                "openid_issuer": provider.issuer,
                "openid_client": CLIENT,
                "openid_secret": SECRET,
                "openid_name": "Reedland",
                **changed,
            }
            settings = Settings.model_validate(given)
            sign_in = SignIn(accounts)
            return running.enter_context(serving(seed_index, seed_engine, settings, sign_in))

        yield start


@pytest.mark.parametrize(("size", "scheme"), WINDOWS)
def test_a_person_goes_to_the_provider_and_comes_back(
    chromium: Browser, serve: Serve, provider: OpenIDProvider, size: str, scheme: str
) -> None:
    url = serve()
    look = {"viewport": SIZES[size], "color_scheme": scheme, "reduced_motion": "reduce"}
    with window(chromium, **look) as page:
        page.goto(f"{url}/#cite-1")
        expect(page.get_by_label("Password")).to_be_visible()
        assert violations(page) == []
        provider.refuses = "access_denied"
        page.get_by_role("link", name="Sign in with Reedland").click()
        page.get_by_role("link", name="Go on").click()
        expect(page.get_by_role("alert")).to_have_text("Reedland did not sign you in.")
        assert violations(page) == []
        provider.refuses = ""
        page.get_by_role("link", name="Sign in with Reedland").click()
        page.get_by_role("link", name="Go on").click()
        page.wait_for_url(f"{url}/#cite-1")
        expect(page.locator("#fn-account")).to_contain_text("ada")


def test_the_way_needs_no_script_and_no_password(chromium: Browser, serve: Serve) -> None:
    url = serve(openid_passwords=False)
    with window(chromium, locale="vi-VN", java_script_enabled=False) as page:
        page.goto(f"{url}/docs?x=1")
        expect(page.locator("input[type=password]")).to_have_count(0)
        page.get_by_role("link", name="Đăng nhập bằng Reedland").click()
        page.get_by_role("link", name="Go on").click()
        expect(page).to_have_url(f"{url}/docs?x=1")


def test_an_administrator_adds_a_person_of_the_provider(
    chromium: Browser, serve: Serve, provider: OpenIDProvider
) -> None:
    url, host = serve(), provider.issuer.partition("://")[2]
    with window(chromium) as page, window(chromium) as other:
        page.goto(f"{url}/administration")
        enter(page, name="root")
        expect(row(page, "Users", "ada")).to_contain_text(f"Signs in with {host}")
        page.get_by_role("button", name="Add user").click()
        dialog = page.get_by_role("dialog", name="Add user")
        dialog.get_by_label("Name").fill("bea")
        expect(dialog.get_by_label("Password", exact=True)).to_be_visible()
        dialog.get_by_label("Sign-in method").select_option(host)
        expect(dialog.get_by_label("Password", exact=True)).to_be_hidden()
        assert violations(page) == []
        dialog.get_by_role("button", name="Add user").click()
        said(page, "bea may sign in now.")
        provider.claims = {"sub": "u-2", "preferred_username": "bea"}
        other.goto(url)
        other.get_by_role("link", name="Sign in with Reedland").click()
        other.get_by_role("link", name="Go on").click()
        expect(other.locator("#fn-account")).to_contain_text("bea")
