"""A server asks people to sign in, or refuses to start."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from index.catalog import CollectionViewers
from index.embedding.encoder import Encoder
from index.library import Library
from tests.support.people import PASSWORD
from ui.accounts import ACCOUNTS, Accounts, Scope
from ui.accounts.access import is_exposed, open_sign_in
from ui.cli.serve import listening_socket
from ui.errors import UsedWronglyError
from ui.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one user."""
    with closing(Accounts.open(tmp_path)) as accounts:
        accounts.users.add("ada", PASSWORD)
    return tmp_path


def is_on(settings: Settings, *, exposed: bool) -> bool:
    with open_sign_in(settings, exposed=exposed) as sign_in:
        return sign_in is not None


@pytest.mark.parametrize(
    ("host", "exposed"),
    [("0.0.0.0", True), ("::", True), ("127.0.0.1", False), ("::1", False), ("localhost", False)],
)
def test_other_machines_reach_every_address_but_those_of_this_machine_alone(host: str, exposed: bool) -> None:
    with listening_socket(host, 0) as listener:
        assert is_exposed(listener) is exposed


def test_people_sign_in_by_default_where_other_machines_reach_the_server(home: Path) -> None:
    assert is_on(Settings(home=home), exposed=True)
    assert not is_on(Settings(home=home, insecure=True), exposed=True)
    assert is_on(Settings(home=home, insecure=True, sign_in="on"), exposed=True)


@pytest.mark.parametrize(
    "given",
    [
        {"allowed_hosts": ("desk.example",)},
        {"openid_issuer": "https://login.example", "openid_client": "x", "openid_users": "all"},
    ],
)
def test_people_sign_in_by_default_where_a_setting_is_for_several_people(
    home: Path, tmp_path_factory: pytest.TempPathFactory, given: dict[str, object]
) -> None:
    settings = {"home": home, **given}
    assert is_on(Settings.model_validate(settings), exposed=False)
    assert not is_on(Settings.model_validate({**settings, "sign_in": "off"}), exposed=False)
    assert not is_on(Settings.model_validate({**settings, "insecure": True}), exposed=False)
    new = Settings.model_validate(
        {**settings, "home": tmp_path_factory.mktemp("new"), "openid_users": "added"}
    )
    [name] = [name.upper() for name in given if name in {"allowed_hosts", "openid_issuer"}]
    with pytest.raises(UsedWronglyError, match=f"because FOOTNOTED_{name} is set, and nobody can yet; add"):
        is_on(new, exposed=False)


def test_people_sign_in_by_default_as_long_as_the_home_has_accounts(home: Path) -> None:
    settings = Settings(home=home)
    assert is_on(settings, exposed=False)
    assert is_on(Settings(home=home, sign_in="on"), exposed=False)
    assert not is_on(Settings(home=home, sign_in="off"), exposed=False)
    with closing(Accounts.open(home)) as accounts:
        accounts.users.change("ada", is_disabled=True)
        with pytest.raises(UsedWronglyError, match="because the home has accounts, and nobody can yet"):
            is_on(settings, exposed=False)
        accounts.users.remove("ada")
        assert not is_on(settings, exposed=False)
        accounts.tokens.add("dashboard", [Scope.READ])
        with pytest.raises(UsedWronglyError, match="because the home has accounts, and nobody can yet"):
            is_on(settings, exposed=False)
        accounts.tokens.revoke("dashboard")
    assert not is_on(settings, exposed=False)


def test_people_sign_in_by_default_as_long_as_the_home_has_a_limited_collection(
    encoder: Encoder, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path)
    with Library.open(tmp_path, encoder) as library:
        assert not is_on(settings, exposed=False)
        limits = CollectionViewers(library.catalog.engine)
        limits.set("Board", [])
        with pytest.raises(UsedWronglyError, match="because the home has limited collections, and nobody"):
            is_on(settings, exposed=False)
        limits.remove("Board")
        assert not is_on(settings, exposed=False)


def test_an_exposed_server_without_sign_in_is_refused(home: Path) -> None:
    refused = "without sign-in anyone there can read, add and delete reports.* `footnoted user add"
    with pytest.raises(UsedWronglyError, match=refused):
        is_on(Settings(home=home, sign_in="off"), exposed=True)
    assert not is_on(Settings(home=home, sign_in="off", insecure=True), exposed=True)


def test_a_server_to_which_nobody_can_sign_in_is_refused(home: Path) -> None:
    with closing(Accounts.open(home)) as accounts:
        accounts.users.change("ada", is_disabled=True)
    for exposed in (True, False):
        with pytest.raises(UsedWronglyError, match=r"nobody can yet; .* `footnoted user add NAME"):
            is_on(Settings(home=home, sign_in="on"), exposed=exposed)
    assert is_on(Settings(home=home, sign_in="on", insecure=True), exposed=True)


def test_a_server_without_sign_in_makes_no_accounts(tmp_path: Path) -> None:
    assert not is_on(Settings(home=tmp_path), exposed=False)
    assert not (tmp_path / ACCOUNTS.file).exists()
