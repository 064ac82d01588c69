"""Users, their passwords and the file that keeps them."""

from __future__ import annotations

import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.clocks import Clock
from tests.support.people import PASSWORD
from ui.accounts import Accounts, Role, Scope
from ui.accounts.users import MAX_PASSWORD_CHARACTERS
from ui.errors import AccountError


def test_a_user_is_known_by_name_and_password(accounts: Accounts, clock: Clock) -> None:
    added = accounts.users.add("Ada", PASSWORD, Role.ADMINISTRATOR)
    assert (added.name, added.role, added.created, added.disabled) == (
        "Ada",
        "administrator",
        clock.now,
        None,
    )
    assert accounts.users.verified("Ada", PASSWORD) == added
    assert accounts.users.verified("ADA", PASSWORD) == added
    assert accounts.users.verified("Ada", PASSWORD.upper()) is None
    assert accounts.users.verified("Bea", PASSWORD) is None


def test_a_password_is_the_same_on_each_keyboard(accounts: Accounts) -> None:
    accounts.users.add("Ada", "fünf Fährten führen fort")
    assert accounts.users.verified("Ada", "fu\u0308nf Fa\u0308hrten fu\u0308hren fort") is not None


def test_a_password_is_read_to_its_end(accounts: Accounts) -> None:
    longest = "x" * MAX_PASSWORD_CHARACTERS
    accounts.users.add("Ada", longest)
    assert accounts.users.verified("Ada", longest) is not None
    assert accounts.users.verified("Ada", f"{longest}x") is None


def test_a_user_who_is_locked_out_comes_back(accounts: Accounts) -> None:
    accounts.users.add("Ada", PASSWORD)
    accounts.users.change("ada", is_disabled=True)
    assert accounts.users.verified("Ada", PASSWORD) is None
    accounts.users.change("ada", is_disabled=False)
    assert accounts.users.verified("Ada", PASSWORD) is not None


def test_the_number_of_a_removed_user_does_not_come_back(accounts: Accounts) -> None:
    first = accounts.users.add("Ada", PASSWORD)
    accounts.users.remove("ada")
    assert accounts.users.all() == []
    assert accounts.users.add("Ada", PASSWORD).user_id > first.user_id


@pytest.mark.parametrize("name", ["", "a b", "a/b", "<b>", "x" * 65, "a\nb", "a\u202eb"])
def test_a_name_that_is_none_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountError, match="cannot be a name"):
        accounts.users.add(name, PASSWORD)


@pytest.mark.parametrize("name", ["ada", "ADA", "\uff21da"])
def test_a_name_is_given_once(accounts: Accounts, name: str) -> None:
    accounts.users.add("Ada", PASSWORD)
    with pytest.raises(AccountError, match="already"):
        accounts.users.add(name, PASSWORD)


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 1_001])
def test_a_password_that_is_too_short_or_too_long_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(AccountError, match="12 to 1,000 characters"):
        accounts.users.add("ada", password)
    assert accounts.users.all() == []


def test_an_unknown_user_cannot_be_changed(accounts: Accounts) -> None:
    for change in (accounts.users.remove, accounts.users.get):
        with pytest.raises(AccountError, match="no user 'eve'"):
            change("eve")
    for keeps_administrator in (False, True):
        with pytest.raises(AccountError, match="no user 'eve'"):
            accounts.users.change("eve", is_disabled=True, keeps_administrator=keeps_administrator)


def test_an_unknown_name_takes_a_whole_check_of_a_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The decoy has the parameters of every other hash, so that a check of it takes as long."""
    monkeypatch.undo()
    with closing(Accounts.open(tmp_path)) as accounts:
        accounts.users.add("ada", PASSWORD)
        with accounts.engine.connect() as connection:
            stored = connection.exec_driver_sql("SELECT password FROM users").scalar_one()
        decoy = accounts.users.decoy()
        assert decoy.split("$")[1:4] == stored.split("$")[1:4] == ["argon2id", "v=19", "m=65536,t=3,p=4"]
        assert decoy == accounts.users.decoy()


@pytest.mark.sqlite
def test_the_file_is_closed_to_others_and_keeps_no_secret(accounts: Accounts, tmp_path: Path) -> None:
    accounts.users.add("ada", PASSWORD)
    _, secret = accounts.tokens.add("dashboard", [Scope.READ])
    for file in (tmp_path / "home").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        content = file.read_bytes()
        assert PASSWORD.encode() not in content
        assert secret.encode() not in content
