"""The settings of a provider, and the extra that it needs."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import PASSWORD, make_hashes_quick
from tests.support.processes import ROOT, environment
from ui.accounts import Accounts
from ui.accounts.access import open_sign_in
from ui.errors import USED_WRONGLY, SettingsError, UsedWronglyError, explain
from ui.settings import Settings, load_settings

GIVEN: dict[str, Any] = {
    "sign_in": "on",
    "openid_issuer": "https://login.example:8443/team",
    "openid_client": "footnoted",
}


def start(home: Path, **changed: object) -> None:
    with open_sign_in(Settings.model_validate({"home": home, **GIVEN, **changed}), exposed=False):
        pass


def test_the_defaults_are_the_safe_ones(tmp_path: Path) -> None:
    provider = Settings.model_validate({"home": tmp_path, **GIVEN}).provider()
    assert provider is not None
    assert (provider.name, provider.claim, provider.secret) == (
        "login.example:8443",
        "preferred_username",
        None,
    )
    assert (provider.admits_all, provider.allows_passwords) == (False, True)
    assert Settings(home=tmp_path).provider() is None


@pytest.mark.parametrize(
    "issuer",
    [
        "login.example",
        "http://login.example",
        "http://127.0.0.1.attacker.example",
        "https://",
        "https://ada:secret@login.example",
        "https://login.example/?x=1",
        "https://login.example/#x",
        "https://login.example\\x",
        "ftp://login.example",
        "http://localhost@login.example",
    ],
)
def test_an_issuer_has_tls_and_no_more_than_a_path(
    issuer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTED_OPENID_ISSUER", issuer)
    with pytest.raises(
        SettingsError, match=r"openid_issuer \(FOOTNOTED_OPENID_ISSUER\) is .* an https address"
    ):
        load_settings(home=tmp_path)


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:80/x", "http://localhost", "http://[::1]:99", "https://a/"]
)
def test_an_issuer_may_be_on_this_machine(issuer: str, tmp_path: Path) -> None:
    assert Settings(home=tmp_path, openid_issuer=issuer).openid_issuer == issuer


def test_the_secret_is_in_no_message(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path, **GIVEN, "openid_secret": "pst-7"})
    assert "pst-7" not in repr(settings) + repr(settings.provider()) + str(settings.model_dump())
    (tmp_path / "footnoted.toml").write_text('openid_secret = ["pst-7"]\n')
    with pytest.raises(SettingsError) as wrong:
        load_settings(home=tmp_path)
    assert "pst-7" not in str(wrong.value)
    (tmp_path / "footnoted.toml").write_text('openid_secrt = "pst-7"\n')
    with pytest.raises(SettingsError, match="did you mean openid_secret") as unknown:
        load_settings(home=tmp_path)
    assert "pst-7" not in str(unknown.value)


def test_a_provider_needs_a_client(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="openid_client is not set"):
        start(tmp_path, openid_client=None)


def test_without_the_extra_the_server_names_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "authlib", None)
    with pytest.raises(SettingsError) as missing:
        start(tmp_path)
    line, code = explain(missing.value)
    assert "run pip install 'footnoted[openid]'" in line
    assert code == USED_WRONGLY
    assert Settings(home=tmp_path).provider() is None


def test_without_a_provider_nothing_of_it_is_imported() -> None:
    imports = "import sys, ui.app, ui.page.sign_in, ui.http.openid, ui.cli.serve"
    asked = f"{imports}; print([name for name in ('authlib', 'joserfc') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_somebody_must_be_able_to_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_hashes_quick(monkeypatch)
    with pytest.raises(UsedWronglyError, match=r"people must sign in, because .*, and nobody can yet"):
        start(tmp_path)
    start(tmp_path, openid_users="all")
    with closing(Accounts.open(tmp_path)) as accounts:
        accounts.users.add("root", PASSWORD)
        start(tmp_path)
        with pytest.raises(UsedWronglyError, match=r"people must sign in, because .*, and nobody can yet"):
            start(tmp_path, openid_passwords=False)
        accounts.provided.add("ada", GIVEN["openid_issuer"])
        start(tmp_path, openid_passwords=False)
        accounts.users.remove("root")
        start(tmp_path)
        for elsewhere in (None, "https://other.example"):
            with pytest.raises(
                UsedWronglyError, match=r"people must sign in, because .*, and nobody can yet"
            ):
                start(tmp_path, openid_issuer=elsewhere)
        accounts.users.change("ada", password=PASSWORD)
        start(tmp_path, openid_issuer=None)
