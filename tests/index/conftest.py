"""Fixtures of the tests of the index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.catalog.database import Catalog
from index.library import Library


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home folder of a library that a test opens; it is not there yet."""
    return tmp_path / "home"


@pytest.fixture
def stubbed(home: Path) -> Iterator[Library]:
    """An empty library whose encoder has no weights."""
    with Library.open(home, StubEncoder()) as opened:
        yield opened


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalog."""
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared_catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """A catalog that a property empties for each example: to make one takes longer than an example."""
    opened = Catalog.open(tmp_path_factory.mktemp("shared") / "catalog.sqlite")
    yield opened
    opened.close()
