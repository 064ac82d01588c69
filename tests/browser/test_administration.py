"""An administrator manages users, tokens, collections, the model and storage; a member does not get there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from rag.engine import QueryEngine
from tests.browser.pages import opened, serving
from tests.browser.test_accessibility import WINDOWS, violations
from tests.browser.test_sign_in import DAM, Guarded, enter, window
from tests.browser.views import SIZES, is_phone
from tests.support.libraries import MakeLibrary
from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import Accounts, Role, Scope, SignIn
from ui.page.head import languages, locale_in

pytestmark = pytest.mark.browser


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


def section(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def row(page: Page, part: str, name: str) -> Locator:
    return section(page, part).locator("li", has=page.get_by_text(name, exact=True))


def choose(page: Page, name: str, action: str) -> None:
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
        choose(page, "cai", "Remove…")
        page.get_by_role("button", name="Remove user").click()
        expect(row(page, "Users", "cai")).to_have_count(0)
        choose(page, "ada", "Make member")
        said(
            page, "'ada' is the last administrator who can sign in; make somebody else an administrator first"
        )


def test_a_member_does_not_get_there_and_the_last_administrator_stays(
    chromium: Browser, team: Guarded
) -> None:
    with window(chromium) as page, window(chromium) as other:
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
        page.goto(f"{team.url}/administration")
        enter(page)
        choose(page, "ada", "Make member")
        said(
            page, "'ada' is the last administrator who can sign in; make somebody else an administrator first"
        )


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
        choose(page, "dashboard", "Revoke…")
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
        choose(page, "Rivers", "Change access…")
        page.get_by_role("checkbox", name="bea").check()
        assert violations(page) == []
        page.get_by_role("button", name="Save").click()
        expect(rivers).to_contain_text("Visible to bea and administrators")
        choose(page, "Rivers", "Open to everyone")
        expect(rivers).to_contain_text("Visible to everyone")
        page.get_by_role("button", name="Show or change").click()
        expect(page.get_by_role("dialog", name="Language model")).to_be_visible()


@pytest.mark.parametrize(("size", "scheme"), WINDOWS)
def test_the_storage_says_who_uploaded_how_much(
    chromium: Browser, team: Guarded, size: str, scheme: str
) -> None:
    for name, owner, length in (("hers", "bea", 2_400_000), ("robot", None, 51_000)):
        _, secret = team.accounts.tokens.add(name, [Scope.WRITE], owner=owner)
        file = (f"{name}.md", b"The gate holds.".ljust(length))
        headers = {"Authorization": f"Bearer {secret}"}
        added = httpx.post(f"{team.url}/v1/documents", files={"file": file}, headers=headers, timeout=30)
        added.raise_for_status()
    look = {"viewport": SIZES[size], "color_scheme": scheme, "reduced_motion": "reduce"}
    with window(chromium, **look) as page:
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
        choose(page, "bea", "Lock out")
        expect(page.locator(".fn-said")).to_contain_text("Your session has ended.")
        enter(page)
        expect(page).to_have_url(f"{team.url}/administration")
        expect(row(page, "Users", "bea")).not_to_contain_text("Locked out")
        page.get_by_role("button", name="Sign out").click()
        expect(page.locator(".fn-said")).to_have_text("You are signed out.")


def test_without_sign_in_the_page_has_the_model_and_storage_in_each_language(
    chromium: Browser, seed_server: str
) -> None:
    with opened(chromium, seed_server) as watched:
        watched.page.get_by_role("link", name="Administration").click()
        expect(section(watched.page, "Storage")).to_contain_text("None recorded")
        assert watched.errors == []
    for language in languages():
        words = locale_in(language).text
        with window(chromium, locale=language, viewport=SIZES["phone"]) as page:
            page.goto(f"{seed_server}/administration")
            expect(page).to_have_title(f"{words('admin.title')} · Footnoted")
            parts = ("model.title", "admin.storage", "admin.activity")
            expect(page.get_by_role("heading", level=2)).to_have_text([words(part) for part in parts])
            expect(section(page, words("admin.storage"))).to_contain_text(words("admin.storage.backup"))
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
