"""The commands ``user``, ``token`` and ``collection``."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from index.catalog import CATALOG, Catalog
from tests.support.people import PASSWORD, make_hashes_quick
from tests.support.processes import MODULE, ROOT, environment, serving
from ui.accounts import Accounts, Role, Scope
from ui.cli.app import main


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_hashes_quick(monkeypatch)


@pytest.fixture
def password(tmp_path: Path) -> str:
    """The path of a file whose first line is a password."""
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\r\nanother line\n", encoding="utf-8", newline="")
    return str(file)


@pytest.fixture
def home(tmp_path: Path) -> str:
    return str(tmp_path / "home")


@pytest.mark.slow
def test_a_running_server_that_still_lets_everyone_in_is_told(
    home: str, password: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(Path(home)) as served:
        assert main(["user", "add", "ada", "--password-file", password, "--home", home]) == 0
        told = f"The server at {served.address} lets everyone in until you start it again, although the"
        assert capfd.readouterr().err == f"{told} home has accounts.\n"
    assert main(["collection", "limit", "Board", "--home", home]) == 0
    assert capfd.readouterr().err == ""


def test_users_are_added_listed_changed_and_removed(
    home: str, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--home", home]
    assert main(["user", "add", "ada", "--administrator", "--password-file", password, *at]) == 0
    assert main(["user", "add", "bea", "--password-file", password, "--json", *at]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Added the administrator ada.\n")
    added = json.loads(shown.partition("\n")[2])
    assert (added["name"], added["role"], added["disabled"]) == ("bea", "member", None)
    with closing(Accounts.open(Path(home))) as accounts:
        ada = accounts.users.verified("ada", PASSWORD)
        assert ada is not None
        assert ada.role is Role.ADMINISTRATOR
        cookie = accounts.sessions.start(ada.user_id)
        assert main(["user", "password", "ada", "--password-file", password, *at]) == 0
        assert accounts.sessions.find(cookie) is None
    assert main(["user", "disable", "ada", *at]) == 0
    assert main(["user", "remove", "bea", *at]) == 0
    capsys.readouterr()
    assert main(["user", "list", *at]) == 0
    line = capsys.readouterr().out
    assert line.startswith("ada · role administrator · created 20")
    assert " · disabled 20" in line
    assert main(["user", "enable", "ada", *at]) == 0
    assert main(["user", "list", "--json", *at]) == 0
    users = json.loads(capsys.readouterr().out.partition("\n")[2])["users"]
    assert [(user["name"], user["disabled"]) for user in users] == [("ada", None)]


def test_users_of_a_provider_are_added_and_listed(
    home: str, password: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = "https://login.example/team"
    monkeypatch.setenv("FOOTNOTED_OPENID_ISSUER", issuer)
    at = ["--home", home]
    assert main(["user", "add", "ada", "--openid", "--administrator", *at]) == 0
    assert main(["user", "add", "bea", "--openid", "--subject", "u-2", *at]) == 0
    assert main(["user", "add", "cai", "--password-file", password, *at]) == 0
    assert capsys.readouterr().out.startswith("Added the administrator ada.\nAdded the member bea.\n")
    assert main(["user", "list", *at]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" · provider ")[2] for line in lines] == [issuer, f"{issuer} · subject u-2", ""]
    assert main(["user", "list", "--json", *at]) == 0
    listed = json.loads(capsys.readouterr().out)["users"]
    assert [user["provider"] for user in listed] == [issuer, issuer, None]
    assert [user["subject"] for user in listed] == [None, "u-2", None]
    assert main(["user", "add", "dee", "--openid", "--subject", "u-2", *at]) == 2
    assert "'bea' is the user with the subject 'u-2' already" in capsys.readouterr().err


def test_a_token_is_printed_once_and_revoked(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--home", home]
    assert main(["token", "add", "dash", "--scope", "read", "--scope", "ask", "--days", "9", *at]) == 0
    shown = capsys.readouterr()
    secret = shown.out.removesuffix("\n")
    assert shown.err == "Keep this token now; it cannot be shown again:\n"
    with closing(Accounts.open(Path(home))) as accounts:
        found = accounts.tokens.identity(secret)
        assert found is not None
        assert found.scopes == {Scope.READ, Scope.ASK}
        assert main(["token", "list", *at]) == 0
        assert capsys.readouterr().out.startswith("dash · scopes read, ask · created 20")
        assert main(["token", "revoke", "dash", *at]) == 0
        assert accounts.tokens.identity(secret) is None
    capsys.readouterr()
    assert main(["token", "list", "--json", *at]) == 0
    listed = capsys.readouterr().out
    [token] = json.loads(listed)["tokens"]
    assert token["revoked"] is not None
    assert secret not in listed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["user", "add", "a/b", "--password-file", "PASSWORD"], "'a/b' cannot be a name"),
        (["user", "add", "ada", "--password-file", "/nowhere/word"], "the file '/nowhere/word' of --pass"),
        (["user", "add", "ada"], "there is no terminal on which to type it; give --password-file"),
        (["user", "password", "eve", "--password-file", "PASSWORD"], "there is no user 'eve'"),
        (["user", "remove", "eve"], "there is no user 'eve'"),
        (["token", "add", "dash", "--scope", "all"], "--scope is 'all'; it must be read, ask, write, admin"),
        (["token", "add", "dash", "--scope", "read", "--user", "eve"], "there is no user 'eve'"),
        (["token", "add", "dash"], "Missing option '--scope'"),
        (["token", "revoke", "dash"], "there is no token 'dash'"),
        (["user", "add", "ada", "--openid"], "--openid needs a provider; set FOOTNOTED_OPENID_ISSUER"),
        (["user", "add", "ada", "--subject", "u-17"], "--subject is the id of a user of the provider"),
        (["user", "add", "ada", "--openid", "--password-file", "PASSWORD"], "a user of the provider has no"),
        (["user"], "Missing command"),
    ],
)
def test_a_wrong_use_is_one_line(
    arguments: list[str], said: str, home: str, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [password if each == "PASSWORD" else each for each in arguments]
    assert main([*given, *(["--home", home] if len(given) > 1 else [])]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"footnoted: {said}")
    assert line.count("\n") == 1


@pytest.mark.slow_cases
@pytest.mark.parametrize(
    ("typed", "said"),
    [(f"{PASSWORD}\n{PASSWORD}\n", "Added the member ada."), (f"{PASSWORD}\n{PASSWORD}x\n", "differ")],
)
def test_a_password_is_asked_twice_and_stays_hidden(typed: str, said: str, home: str) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*MODULE, "user", "add", "ada", "--home", home],
        cwd=ROOT,
        env=environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        for line in typed.splitlines(keepends=True):
            while not shown.endswith((b"Password: ", b"The same again: ")):
                shown += os.read(ours, 1_000)
            os.write(ours, line.encode())
            shown += b" "
        while said.encode() not in shown:
            shown += os.read(ours, 1_000)
        process.wait(60)
    os.close(ours)
    assert PASSWORD.encode() not in shown


def test_a_collection_is_limited_listed_and_opened(
    home: str, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--home", home]
    assert main(["collection", "list", *at]) == 2
    assert "there is no library in" in capsys.readouterr().err
    Path(home).mkdir()
    Catalog.open(Path(home) / CATALOG).close()
    for name in ("bea", "cai"):
        assert main(["user", "add", name, "--password-file", password, *at]) == 0
    capsys.readouterr()
    assert main(["collection", "limit", "The board", "--to", "BEA", "--to", "cai", *at]) == 0
    assert capsys.readouterr().out == "Only administrators, bea, cai see The board (0 reports).\n"
    assert main(["collection", "limit", "Plans", "--json", *at]) == 0
    plans = {"collection": "Plans", "documents": 0, "limited_to": []}
    assert json.loads(capsys.readouterr().out) == plans
    assert main(["user", "remove", "cai", *at]) == 0
    capsys.readouterr()
    assert main(["collection", "list", *at]) == 0
    listed = "Plans (0 reports) · administrators\nThe board (0 reports) · administrators, bea\n"
    assert capsys.readouterr().out == listed
    assert main(["collection", "open", "The board", *at]) == 0
    assert capsys.readouterr().out == "Everyone sees The board (0 reports).\n"
    assert main(["collection", "list", "--json", *at]) == 0
    assert json.loads(capsys.readouterr().out) == {"collections": [plans]}


def test_a_name_that_looks_like_a_collection_or_user_is_refused(
    home: str, password: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--home", home]
    Path(home).mkdir()
    Catalog.open(Path(home) / CATALOG).close()
    assert main(["collection", "limit", "Bo\u200bard", *at]) == 0
    assert capsys.readouterr().out == "Only administrators see Board (0 reports).\n"
    for name in ("board", "Bo\u0430rd"):
        assert main(["collection", "limit", name, *at]) == 2
        assert f"{name!r} looks like the collection 'Board'; write it like that" in capsys.readouterr().err
    assert main(["user", "add", "alice", "--password-file", password, *at]) == 0
    assert main(["user", "add", "\u0430lice", "--password-file", password, *at]) == 2
    assert "looks like that of the user 'alice'; choose another name" in capsys.readouterr().err
    weak = tmp_path / "weak"
    weak.write_text("passwordpassword\n", encoding="utf-8")
    for command in (["add", "bea"], ["password", "alice"]):
        assert main(["user", *command, "--password-file", str(weak), *at]) == 2
        assert "this password is easy to guess" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["limit", "Plans", "--to", "nobody"], "there is no user 'nobody'"),
        (["limit", " "], "' ' cannot be the name of a collection"),
        (["limit", "\u200b"], "cannot be the name of a collection; give"),
        (["limit", "x" * 201], "cannot be the name of a collection; give 1 to 200 characters"),
        (["open", "Plans"], "'Plans' is not limited"),
    ],
)
def test_what_cannot_be_limited_is_said(
    home: str, arguments: list[str], cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(home).mkdir()
    Catalog.open(Path(home) / CATALOG).close()
    assert main(["collection", *arguments, "--home", home]) == 2
    assert cause in capsys.readouterr().err
