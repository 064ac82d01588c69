"""Sessions: their cookies, their end, and the tokens of forms."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.clocks import Clock
from tests.support.people import PASSWORD
from ui.accounts import IDLE_SECONDS, KNOWN_SECONDS, LONGEST_SECONDS, Accounts, Role, Scope


@pytest.fixture
def cookie(accounts: Accounts) -> str:
    """The cookie of a session of the member Ada."""
    return accounts.sessions.start(accounts.users.add("Ada", PASSWORD).user_id)


def test_a_session_is_known_by_its_cookie(accounts: Accounts, cookie: str) -> None:
    session = accounts.sessions.find(cookie)
    assert session is not None
    assert (session.identity.kind, session.identity.name) == ("user", "Ada")
    assert session.identity.scopes == {Scope.READ, Scope.ASK, Scope.WRITE}
    assert (session.seconds, session.is_renewed) == (IDLE_SECONDS, False)


def test_an_administrator_has_every_scope(accounts: Accounts) -> None:
    user = accounts.users.add("bea", PASSWORD, Role.ADMINISTRATOR)
    session = accounts.sessions.find(accounts.sessions.start(user.user_id))
    assert session is not None
    assert session.identity.scopes == set(Scope)


def test_a_forged_cookie_is_none(accounts: Accounts, cookie: str, tmp_path: Path) -> None:
    session_id, _, signature = cookie.rpartition(".")
    forged = [
        "",
        ".",
        session_id,
        f"{session_id}.",
        f"{session_id}x.{signature}",
        f"{cookie}x",
        "é.é",
        "\udcff.x",
    ]
    assert [accounts.sessions.find(each) for each in forged] == [None] * len(forged)
    with closing(Accounts.open(tmp_path / "other")) as other:
        assert other.sessions.find(cookie) is None
    # A signed id without a session, as after signing out.
    accounts.sessions.end(cookie)
    assert accounts.sessions.find(cookie) is None


@pytest.mark.usefixtures("accounts")
def test_the_file_has_no_cookie(cookie: str, tmp_path: Path) -> None:
    session_id = cookie.partition(".")[0].encode()
    files = list((tmp_path / "home").iterdir())
    assert len(files) >= 1
    assert [file for file in files if session_id in file.read_bytes()] == []


def test_a_session_ends_without_requests(accounts: Accounts, cookie: str, clock: Clock) -> None:
    clock.now += IDLE_SECONDS - 1
    session = accounts.sessions.find(cookie)
    assert session is not None
    assert session.is_renewed
    clock.now += IDLE_SECONDS
    assert accounts.sessions.find(cookie) is None


def test_a_session_ends_after_seven_days_in_any_case(accounts: Accounts, cookie: str, clock: Clock) -> None:
    began = clock.now
    while clock.now + 3_600 < began + LONGEST_SECONDS:
        clock.now += 3_600
        session = accounts.sessions.find(cookie)
        assert session is not None
        assert session.seconds == min(IDLE_SECONDS, began + LONGEST_SECONDS - clock.now)
    clock.now = began + LONGEST_SECONDS
    assert accounts.sessions.find(cookie) is None


def test_sessions_that_have_ended_are_deleted(accounts: Accounts, cookie: str, clock: Clock) -> None:
    del cookie
    clock.now += IDLE_SECONDS
    accounts.sessions.start(accounts.users.get("ada").user_id)
    with accounts.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar_one() == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda accounts: accounts.users.change("ada", password=f"{PASSWORD} again"),
        lambda accounts: accounts.users.change("ada", is_disabled=True),
        lambda accounts: accounts.users.remove("ada"),
    ],
    ids=["password", "disable", "remove"],
)
def test_a_change_of_the_user_ends_all_sessions(
    accounts: Accounts, cookie: str, change: Callable[[Accounts], None]
) -> None:
    second = accounts.sessions.start(accounts.users.get("ada").user_id)
    bea = accounts.sessions.start(accounts.users.add("bea", PASSWORD).user_id)
    change(accounts)
    assert [accounts.sessions.find(each) for each in (cookie, second)] == [None, None]
    assert accounts.sessions.find(bea) is not None


def test_the_token_of_a_form_is_one_of_its_browser_and_ends(accounts: Accounts, clock: Clock) -> None:
    token = accounts.sessions.form_token("browser")
    assert "browser" not in token
    assert accounts.sessions.is_form_token_valid(token, "browser")
    assert not accounts.sessions.is_form_token_valid(token, "other")
    assert not accounts.sessions.is_form_token_valid("", "browser")
    assert not accounts.sessions.is_form_token_valid(f"{token}x", "browser")
    clock.now += IDLE_SECONDS + 1
    assert not accounts.sessions.is_form_token_valid(token, "browser")


def test_a_cookie_is_no_token_of_a_form(accounts: Accounts, cookie: str) -> None:
    """The two are signed for one purpose each."""
    token = accounts.sessions.form_token("browser")
    assert accounts.sessions.find(token) is None
    assert not accounts.sessions.is_form_token_valid(cookie, "browser")


def test_a_browser_is_known_by_its_cookie_with_the_name_of_its_user_alone(
    accounts: Accounts, clock: Clock, tmp_path: Path
) -> None:
    sessions = accounts.sessions
    cookies = [sessions.known_browser("Ada") for _ in range(2)]
    browsers = [sessions.browser_of(cookie, "ada") for cookie in cookies]
    assert None not in browsers
    assert browsers[0] != browsers[1]
    assert "ada" not in cookies[0].lower()
    browser, _, rest = cookies[0].partition(".")
    forged = ("", ".", browser, f"{browser}x.{rest}", f"{cookies[0]}x", "é.é.é", "\udcff.x.y")
    assert [sessions.browser_of(each, "ada") for each in forged] == [None] * len(forged)
    assert [sessions.browser_of(cookies[0], name) for name in ("bea", "", "\udcff")] == [None] * 3
    session = sessions.start(accounts.users.add("Ada", PASSWORD).user_id)
    assert (sessions.browser_of(session, "ada"), sessions.find(cookies[0])) == (None, None)
    with closing(Accounts.open(tmp_path / "other")) as other:
        assert other.sessions.browser_of(cookies[0], "ada") is None
    clock.now += KNOWN_SECONDS
    assert sessions.browser_of(cookies[0], "ada") == browsers[0]
    clock.now += 1
    assert sessions.browser_of(cookies[0], "ada") is None
