"""Tokens of programs: their scopes, their owners and their end."""

from __future__ import annotations

import re

import pytest

from tests.support.clocks import Clock
from tests.support.people import PASSWORD
from ui.accounts import Accounts, Identity, Role, Scope
from ui.errors import AccountError


def test_a_token_is_known_by_its_secret_alone(accounts: Accounts) -> None:
    record, secret = accounts.tokens.add("dashboard", [Scope.ASK, Scope.READ])
    assert re.fullmatch(r"fn_[\w-]{43}", secret)
    assert record.scopes == (Scope.READ, Scope.ASK)
    expected = Identity("token", frozenset({Scope.READ, Scope.ASK}), token="dashboard")  # noqa: S106 (a name)
    assert accounts.tokens.identity(secret) == expected
    for wrong in ("", "fn_", secret[:-1], f"{secret}x", secret.swapcase(), "fn_\udcff"):
        assert accounts.tokens.identity(wrong) is None


def test_two_tokens_share_nothing(accounts: Accounts) -> None:
    secrets = {accounts.tokens.add(f"token-{n}", [Scope.READ])[1] for n in range(50)}
    assert len(secrets) == 50


def test_a_token_ends_with_its_days(accounts: Accounts, clock: Clock) -> None:
    record, secret = accounts.tokens.add("short", [Scope.READ], days=2)
    assert record.expires == clock.now + 172_800
    clock.now += 172_799
    assert accounts.tokens.identity(secret) is not None
    clock.now += 1
    assert accounts.tokens.identity(secret) is None


def test_a_revoked_token_ends_at_once_and_keeps_its_name(accounts: Accounts, clock: Clock) -> None:
    _, secret = accounts.tokens.add("leaked", [Scope.READ])
    accounts.tokens.revoke("Leaked")
    assert accounts.tokens.identity(secret) is None
    revoked = clock.now
    clock.now += 5
    accounts.tokens.revoke("leaked")
    assert [token.revoked for token in accounts.tokens.all()] == [revoked]
    with pytest.raises(AccountError, match="already"):
        accounts.tokens.add("leaked", [Scope.READ])
    with pytest.raises(AccountError, match="no token 'unknown'"):
        accounts.tokens.revoke("unknown")


def test_the_last_use_is_kept_to_the_minute(accounts: Accounts, clock: Clock) -> None:
    _, secret = accounts.tokens.add("dashboard", [Scope.READ])
    first = clock.now
    for seconds, expected in ((0, first), (59, first), (1, first + 60)):
        clock.now += seconds
        accounts.tokens.identity(secret)
        assert [token.used for token in accounts.tokens.all()] == [expected]


def test_a_token_ends_with_its_owner(accounts: Accounts) -> None:
    ada = accounts.users.add("ada", PASSWORD)
    _, secret = accounts.tokens.add("script", [Scope.WRITE], owner="Ada")
    found = accounts.tokens.identity(secret)
    assert found is not None
    assert (found.user_id, found.name) == (ada.user_id, "ada")
    accounts.users.change("ada", is_disabled=True)
    assert accounts.tokens.identity(secret) is None
    accounts.users.change("ada", is_disabled=False)
    assert accounts.tokens.identity(secret) is not None
    accounts.users.remove("ada")
    assert accounts.tokens.identity(secret) is None
    assert accounts.tokens.all() == []


def test_a_token_can_do_no_more_than_its_owner(accounts: Accounts) -> None:
    accounts.users.add("ada", PASSWORD, Role.MEMBER)
    with pytest.raises(AccountError, match="does not have the scope admin"):
        accounts.tokens.add("script", [Scope.READ, Scope.ADMIN], owner="ada")
    accounts.users.add("bea", PASSWORD, Role.ADMINISTRATOR)
    _, secret = accounts.tokens.add("script", [Scope.READ, Scope.ADMIN], owner="bea")
    with accounts.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET role = 'member' WHERE name = 'bea'")
    found = accounts.tokens.identity(secret)
    assert found is not None
    assert found.scopes == {Scope.READ}


def test_a_token_has_a_scope_and_a_known_owner(accounts: Accounts) -> None:
    with pytest.raises(AccountError, match="needs a scope"):
        accounts.tokens.add("empty", [])
    with pytest.raises(AccountError, match="no user 'eve'"):
        accounts.tokens.add("script", [Scope.READ], owner="eve")
