"""A process that reads files, a small file for it, and one that takes it long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from children import GATE, WORDS

from index.loading.isolation import Isolated


@pytest.fixture
def reader() -> Iterator[Isolated]:
    with Isolated() as opened:
        yield opened


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "gate.txt"
    file.write_text(GATE)
    return file


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A page that takes many seconds to read, by its size alone."""
    file = tmp_path / "slow.html"
    file.write_text(f"<!doctype html><body>{f'<p>{WORDS * 3}</p>' * 150_000}")
    return file
