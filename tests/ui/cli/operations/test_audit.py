"""The command ``audit`` lists what other commands have recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.commands import fails, prints
from tests.support.people import PASSWORD, make_hashes_quick
from ui.cli.app import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Path:
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
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    records = prints(capfd, "audit", "--home", home)["records"]
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
    assert main(["audit", "--home", str(home), "-n", "1", "--action", "user"]) == 0
    line = capfd.readouterr().out
    assert " (command) · user add · ana · done\n" in line
    assert line.count("\n") == 1


def test_the_list_begins_at_a_date(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    today = datetime.now(UTC).date().isoformat()
    assert len(prints(capfd, "audit", "--home", home, "--since", today)["records"]) == 5
    assert prints(capfd, "audit", "--home", home, "--since", "2100-01-01")["records"] == []
    line = fails(capfd, 2, "audit", "--home", home, "--since", "yesterday")
    assert line == "--since is 'yesterday'; write a date such as 2031-07-18"
