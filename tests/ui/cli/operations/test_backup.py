"""``restore`` and ``status`` list the folders of a backup and the files that could not be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import prints
from ui.cli.app import main

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
