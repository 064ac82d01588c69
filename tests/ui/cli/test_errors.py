"""On an error, the command prints one line with cause and remedy, and never a traceback."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import QUESTION, fails, prints
from tests.support.processes import MODULE, ROOT, environment

pytestmark = pytest.mark.slow_cases


@pytest.mark.parametrize("command", [("status",), ("ask", QUESTION), ("search", QUESTION), ("sync",)])
def test_a_damaged_catalog_is_one_line(
    capfd: pytest.CaptureFixture[str], own_home: Path, command: tuple[str, ...]
) -> None:
    (own_home / "catalog.sqlite").write_bytes(b"this is no database" * 1000)
    line = fails(capfd, 1, *command, "--home", own_home)
    assert line.startswith(
        f"the catalog {own_home}/catalog.sqlite cannot be opened: file is not a database; "
    )


def test_a_catalog_without_its_tables_is_one_line(capfd: pytest.CaptureFixture[str], own_home: Path) -> None:
    with sqlite3.connect(own_home / "catalog.sqlite") as database:
        database.execute("DROP TABLE chunks")
    line = fails(capfd, 1, "search", QUESTION, "--home", own_home)
    assert line == (
        "OperationalError: no such table: chunks; if it repeats, restore a backup with "
        "`footnoted restore FILE`, or sync into a new --home"
    )


@pytest.mark.parametrize(
    "damage", ["all are gone", "the words are gone", "a file is cut", "the marker is cut"]
)
def test_damaged_caches_are_made_again(
    capfd: pytest.CaptureFixture[str], own_home: Path, damage: str
) -> None:
    before = prints(capfd, "search", QUESTION, "--home", own_home)["results"]
    (folder,) = (own_home / "caches").iterdir()
    (words,) = folder.glob("words-*")
    if damage == "all are gone":
        shutil.rmtree(own_home / "caches")
    elif damage == "the words are gone":
        shutil.rmtree(words)
    elif damage == "a file is cut":
        largest = max(
            (path for path in words.iterdir() if path.is_file()), key=lambda path: path.stat().st_size
        )
        os.truncate(largest, largest.stat().st_size // 2)
    else:
        os.truncate(folder / "current.json", 40)
    assert prints(capfd, "search", QUESTION, "--home", own_home)["results"] == before


def test_a_model_that_is_not_there_is_one_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FOOTNOTED_MODEL", str(tmp_path / "no-model"))
    line = fails(capfd, 1, "search", QUESTION, "--home", tmp_path / "home")
    assert line.startswith(f"model '{tmp_path}/no-model' cannot be loaded: ")


def test_output_that_nobody_reads_on_ends_quietly(home: Path) -> None:
    with subprocess.Popen(
        [*MODULE, "status", "--home", str(home)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_mistake_of_the_program_is_one_line_and_its_traceback_is_kept(tmp_path: Path) -> None:
    code = (
        "import sys; from ui.cli import app; app.read_status = lambda settings: 1 + '';"
        " sys.exit(app.main(['status']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(TMPDIR=str(tmp_path), FOOTNOTED_HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    [log] = tmp_path.glob("footnoted-*.log")
    assert done.returncode == 1
    assert done.stderr == (
        "footnoted: unexpected TypeError: unsupported operand type(s) for +: 'int' and 'str'; "
        f"please report it with the file {log}\n"
    )
    assert log.read_text().startswith("Traceback (most recent call last):")
