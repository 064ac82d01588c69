"""Homes that the command itself has filled."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from ui.cli.app import main


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home into which the command has synced ``seeds/``. Shared: a test must not write to it."""
    home = tmp_path_factory.mktemp("library") / "home"
    with pytest.MonkeyPatch.context() as patch:
        alone_on_the_machine(patch)
        assert main(["sync", str(ROOT / "seeds"), "--home", str(home)]) == 0
    return home


@pytest.fixture
def own_home(home: Path, tmp_path: Path) -> Path:
    """A copy of ``home`` that a test may damage."""
    return Path(shutil.copytree(home, tmp_path / "home"))


def alone_on_the_machine(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sys, "excepthook", sys.excepthook)
    for name in [name for name in os.environ if name.startswith("FOOTNOTED_")]:
        patch.delenv(name)
    # The tests pass alike on a machine that takes ten seconds for them.
    patch.setattr("ui.cli.printing.LINE_SECONDS", 600.0)


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    alone_on_the_machine(monkeypatch)
