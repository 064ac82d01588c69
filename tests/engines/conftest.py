"""The fixtures of the tests that ``make test-engines`` alone runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.library import Library
from tests.support.postgresql import Server

Replica = Callable[[str], Library]
"""Opens a library in a home folder of the given name, over the same catalog as all others."""


@pytest.fixture
def server(_postgresql: Server | None) -> Server:
    """A running PostgreSQL server."""
    if _postgresql is None:
        pytest.skip("it needs PostgreSQL: run `make test-engines`")
    return _postgresql


@pytest.fixture
def database_url(server: Server) -> Iterator[str]:
    """The address of an empty database."""
    address = server.create()
    yield address.render_as_string(hide_password=False)
    server.drop(address)


@pytest.fixture
def replica(database_url: str, tmp_path: Path) -> Iterator[Replica]:
    """See :data:`Replica`."""
    with ExitStack() as opened:

        def opening(name: str) -> Library:
            library = Library.open(tmp_path / name, StubEncoder(), database_url=database_url)
            return opened.enter_context(library)

        yield opening
