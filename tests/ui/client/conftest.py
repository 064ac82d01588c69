"""A server of the seed reports, and its clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.app_server import serving_app
from index.library import Library
from rag.engine import QueryEngine
from ui.app import create_app
from ui.client import Client, LocalClient


@pytest.fixture(scope="package")
def address(seed_index: Library, seed_engine: QueryEngine) -> Iterator[str]:
    with serving_app(create_app(seed_index, seed_engine)) as address:
        yield address


@pytest.fixture(scope="package")
def client(address: str) -> Iterator[Client]:
    with Client(address) as client:
        yield client


@pytest.fixture(scope="package")
def local(seed_engine: QueryEngine) -> LocalClient:
    return LocalClient(seed_engine)
