"""Fixtures of the loader tests: a reading process, a small file, and a file that takes long to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.errors import LoadError
from index.loaders import LoadingLimits, Options
from index.loaders.sandbox.client import Isolated
from tests.support.children import GATE, WORDS


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
    """A page that takes many seconds to read, because it is large."""
    file = tmp_path / "slow.html"
    file.write_text(f"<!doctype html><body>{f'<p>{WORDS * 3}</p>' * 150_000}")
    return file


@pytest.fixture(scope="module")
def shared() -> Iterator[Isolated]:
    """One reading process for all tests; no test may end it."""
    with Isolated() as reader:
        yield reader


@pytest.fixture
def read(shared: Isolated, tmp_path: Path) -> Callable[[str, bytes], str]:
    """A function that reads a file and returns its text, or the error; fails if the reading process dies."""

    def attempt(name: str, data: bytes) -> str:
        file = tmp_path / name
        file.write_bytes(data)
        try:
            return shared.load(file, Options(LoadingLimits(seconds=60))).text
        except LoadError as error:
            if error.__cause__ is not None:  # The reading process died.
                raise
            return f"{error.cause}."

    return attempt
