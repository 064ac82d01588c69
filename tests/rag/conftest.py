"""What several tests of answers share: an empty catalog, and a model that hangs until the test ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from index.catalog import CATALOG, Catalog


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.open(tmp_path / CATALOG)) as opened:
        yield opened


@pytest.fixture
def released() -> Iterator[Event]:
    """What a model that hangs waits for; it is set at the end of the test."""
    event = Event()
    yield event
    event.set()
