"""The fixtures of the tests that ``make test-engines`` alone runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.library import Library
from tests.support import ray_cluster
from tests.support.postgresql import Server
from tests.support.ray_cluster import RayCluster

QUERIES = ("river council", "gate of the dam", "police arrest Orrin")

Replica = Callable[[str], Library]
"""Opens a library in a home folder of the given name, over the same catalog as all others."""


@pytest.fixture(scope="session")
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
def nodes(tmp_path: Path) -> Iterator[RayCluster]:
    """A running cluster of two nodes."""
    if not os.environ.get("FOOTNOTED_TEST_ENGINE") or not ray_cluster.is_installed():
        pytest.skip("it needs Ray: run `make test-engines`")
    with ray_cluster.running(tmp_path) as started:
        yield started


@pytest.fixture
def replica(database_url: str, tmp_path: Path) -> Iterator[Replica]:
    """See :data:`Replica`."""
    with ExitStack() as opened:

        def opening(name: str) -> Library:
            library = Library.open(tmp_path / name, StubEncoder(), database_url=database_url)
            return opened.enter_context(library)

        yield opening
