"""A person signs in with a provider of another site, and an administrator adds people who do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from index.library import Library
from rag.engine import QueryEngine
from tests.browser.pages import serving
from tests.browser.test_accessibility import WINDOWS, violations
from tests.browser.test_administration import row, said
from tests.browser.test_sign_in import enter, window
from tests.browser.views import SIZES
from tests.support.openid_provider import CLIENT, SECRET, OpenIDProvider, openid_provider
from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import Accounts, Role, SignIn
from ui.settings import Settings

pytestmark = pytest.mark.browser

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


@pytest.mark.journey
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


def test_the_page_without_passwords_is_accessible(chromium: Browser, serve: Serve) -> None:
    with window(chromium) as page:
        page.goto(serve(openid_passwords=False))
        expect(page.get_by_role("link", name="Sign in with Reedland")).to_be_visible()
        assert violations(page) == []


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
