"""Sign-in by password and by token, and the limits on failures."""

from __future__ import annotations

import pytest

from tests.support.people import PASSWORD
from ui.accounts import Accounts, Identity, Scope, SignIn
from ui.rate_limits import OF_NAME, OF_NAME_AT_ADDRESS, OF_TOKENS, OF_TOKENS_OF_SITE, TooManyAttemptsError

ADDRESS = "192.0.2.7"


@pytest.fixture
def sign_in(accounts: Accounts) -> SignIn:
    accounts.users.add("ada", PASSWORD)
    return SignIn(accounts)


def use_up_name(sign_in: SignIn, name: str) -> None:
    """Fail to sign in from so many addresses that no address may try the name any more."""
    for number in range(OF_NAME.amount):
        assert sign_in.start_session(name, "wrong", f"198.51.100.{number}") is None
    with pytest.raises(TooManyAttemptsError):
        sign_in.start_session(name, PASSWORD, ADDRESS)


def test_a_person_signs_in_with_a_session_of_their_own(sign_in: SignIn) -> None:
    cookies = [sign_in.start_session("Ada", PASSWORD, ADDRESS) for _ in range(2)]
    assert None not in cookies
    assert cookies[0] != cookies[1]
    session = sign_in.accounts.sessions.find(cookies[0] or "")
    assert session is not None
    assert session.identity.name == "ada"
    assert sign_in.start_session("ada", "wrong", ADDRESS) is None
    assert sign_in.start_session("eve", PASSWORD, ADDRESS) is None


@pytest.mark.parametrize("name", ["ada", "eve"])
def test_known_and_unknown_names_are_throttled_alike(sign_in: SignIn, name: str) -> None:
    for _ in range(OF_NAME_AT_ADDRESS.amount):
        assert sign_in.start_session(name, "wrong", ADDRESS) is None
    with pytest.raises(TooManyAttemptsError) as refused:
        sign_in.start_session(name.upper(), PASSWORD, ADDRESS)
    assert 0 < refused.value.seconds <= OF_NAME_AT_ADDRESS.get_expiry()
    assert (sign_in.start_session(name, PASSWORD, "192.0.2.8") is None) == (name == "eve")


def test_success_forgets_the_mistakes_before(sign_in: SignIn) -> None:
    for _ in range(2):
        for _ in range(OF_NAME_AT_ADDRESS.amount - 1):
            assert sign_in.start_session("ada", "wrong", ADDRESS) is None
        assert sign_in.start_session("ada", PASSWORD, ADDRESS) is not None


def test_a_browser_in_which_the_user_has_signed_in_is_not_kept_out_by_others(sign_in: SignIn) -> None:
    known = sign_in.accounts.sessions.known_browser("ada")
    use_up_name(sign_in, "ada")
    assert sign_in.start_session("ada", "wrong", ADDRESS, known) is None
    assert sign_in.start_session("Ada", PASSWORD, ADDRESS, known) is not None


@pytest.mark.parametrize("name", ["ada", "eve"])
def test_the_cookie_of_another_name_lets_nobody_past_the_limit(sign_in: SignIn, name: str) -> None:
    sign_in.accounts.users.add("bea", PASSWORD)
    use_up_name(sign_in, name)
    for other in ("", "x", sign_in.accounts.sessions.known_browser("bea")):
        with pytest.raises(TooManyAttemptsError):
            sign_in.start_session(name, PASSWORD, ADDRESS, other)


def test_a_site_of_version_6_cannot_try_as_many_tokens_as_it_has_networks(sign_in: SignIn) -> None:
    for number in range(OF_TOKENS_OF_SITE.amount):
        assert sign_in.token_identity("fn_x", f"2001:db8:7:{number:x}::1") is None
    with pytest.raises(TooManyAttemptsError):
        sign_in.token_identity("fn_x", "2001:db8:7:ffff::1")
    assert sign_in.token_identity("fn_x", "2001:db8:8::1") is None


def test_wrong_tokens_are_throttled_and_a_right_one_still_counts(sign_in: SignIn) -> None:
    _, secret = sign_in.accounts.tokens.add("dashboard", [Scope.READ])
    for number in range(OF_TOKENS.amount):
        assert sign_in.token_identity(f"fn_{number}", ADDRESS) is None
    with pytest.raises(TooManyAttemptsError):
        sign_in.token_identity("fn_x", ADDRESS)
    found = sign_in.token_identity(secret, ADDRESS)
    assert found is not None
    assert found.token == "dashboard"  # noqa: S105 (a name)
    assert sign_in.token_identity("fn_x", "192.0.2.8") is None


def test_a_command_of_the_machine_may_do_everything(sign_in: SignIn) -> None:
    found = sign_in.token_identity(sign_in.machine_token, "127.0.0.1")
    assert found is not None
    assert found == Identity("machine", frozenset(Scope))
    assert SignIn(sign_in.accounts).machine_token != sign_in.machine_token
