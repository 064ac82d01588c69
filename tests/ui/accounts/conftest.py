"""Accounts in a folder of their own, at a time that a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.clocks import Clock
from tests.support.people import make_hashes_quick
from ui.accounts import Accounts


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with argon2 as ever, but in a millisecond."""
    make_hashes_quick(monkeypatch)


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    with closing(Accounts.open(tmp_path / "home", clock=clock)) as opened:
        yield opened
