"""A server asks people to sign in, or refuses to start."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.support.people import PASSWORD, make_hashes_quick
from tests.support.processes import run
from ui.accounts import ACCOUNTS, Accounts
from ui.accounts.exposure import is_exposed, open_sign_in
from ui.cli.serve import listening_socket
from ui.errors import UsedWronglyError
from ui.settings import Settings


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_hashes_quick(monkeypatch)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one user."""
    with closing(Accounts.open(tmp_path)) as accounts:
        accounts.users.add("ada", PASSWORD)
    return tmp_path


def is_on(settings: Settings, *, exposed: bool) -> bool:
    with open_sign_in(settings, exposed=exposed) as sign_in:
        return sign_in is not None


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_other_machines_reach_every_address(host: str) -> None:
    with listening_socket(host, 0) as listener:
        assert is_exposed(listener)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_an_address_of_this_machine_alone_is_not_exposed(host: str) -> None:
    with listening_socket(host, 0) as listener:
        assert not is_exposed(listener)


def test_people_sign_in_by_default_where_other_machines_reach_the_server(home: Path) -> None:
    settings = Settings(home=home)
    assert is_on(settings, exposed=True)
    assert not is_on(settings, exposed=False)
    assert not is_on(Settings(home=home, insecure=True), exposed=True)
    assert is_on(Settings(home=home, insecure=True, sign_in="on"), exposed=True)
    assert is_on(Settings(home=home, sign_in="on"), exposed=False)
    assert not is_on(Settings(home=home, sign_in="off"), exposed=False)


def test_an_exposed_server_without_sign_in_is_refused(home: Path) -> None:
    refused = "without sign-in anyone there can read, add and delete reports.* `footnoted user add"
    with pytest.raises(UsedWronglyError, match=refused):
        is_on(Settings(home=home, sign_in="off"), exposed=True)
    assert not is_on(Settings(home=home, sign_in="off", insecure=True), exposed=True)


def test_a_server_to_which_nobody_can_sign_in_is_refused(home: Path) -> None:
    with closing(Accounts.open(home)) as accounts:
        accounts.users.change("ada", is_disabled=True)
    for exposed in (True, False):
        with pytest.raises(UsedWronglyError, match=r"nobody can sign in yet.* `footnoted user add NAME"):
            is_on(Settings(home=home, sign_in="on"), exposed=exposed)
    assert is_on(Settings(home=home, sign_in="on", insecure=True), exposed=True)


def test_a_server_without_sign_in_makes_no_accounts(tmp_path: Path) -> None:
    assert not is_on(Settings(home=tmp_path), exposed=False)
    assert not (tmp_path / ACCOUNTS.file).exists()


def test_the_command_says_what_it_means_to_listen_for_other_machines(tmp_path: Path) -> None:
    done = run("serve", "--host", "0.0.0.0", "--port", "0", "--home", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == (
        "footnoted: sign-in is on, and nobody can sign in yet; add yourself with `footnoted user add NAME "
        "--administrator`, or accept this with --insecure"
    )
