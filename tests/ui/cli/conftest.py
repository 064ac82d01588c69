"""Homes that the command itself has filled."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT, run


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home into which the command has synced ``seeds/``. Shared: a test must not write to it."""
    home = tmp_path_factory.mktemp("library") / "home"
    done = run("sync", ROOT / "seeds", "--home", home)
    assert done.returncode == 0, done.stderr
    # A slow machine prints lines of progress.
    assert [line for line in done.stderr.splitlines() if " files read" not in line] == []
    return home


@pytest.fixture
def own_home(home: Path, tmp_path: Path) -> Path:
    """A copy of ``home`` that a test may damage."""
    return Path(shutil.copytree(home, tmp_path / "home"))


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    for name in [name for name in os.environ if name.startswith("FOOTNOTED_")]:
        monkeypatch.delenv(name)
    # The tests pass alike on a machine that takes ten seconds for them.
    monkeypatch.setattr("ui.cli.printing.LINE_SECONDS", 600.0)
