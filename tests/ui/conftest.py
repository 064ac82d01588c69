"""A server of a library, which a test asks without a socket.

A test module overrides ``index``, ``engine`` or ``settings`` to change what the server serves.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from index.library import Library
from rag.engine import QueryEngine
from tests.support.handing import SERVERS, handing_on
from tests.support.libraries import MakeLibrary
from tests.support.routes import made_once
from ui.app import create_app
from ui.settings import Settings


@pytest.fixture(scope="session", autouse=True)
def _servers_start_quickly(reading_processes: None) -> Iterator[None]:
    """Making a server takes a third of the time; it reads files in idle processes, if there are any."""
    del reading_processes
    with made_once(), handing_on(SERVERS):
        yield


@pytest.fixture
def library(own_library: MakeLibrary) -> MakeLibrary:
    """Each test has a library of its own, since requests keep answers and feedback."""
    return own_library


@pytest.fixture
def engine(index: Library) -> QueryEngine:
    """The engine over ``index``, without the reader model."""
    return QueryEngine(index)


@pytest.fixture
def settings(engine: QueryEngine) -> Settings:
    """The default settings of the engine's library."""
    return Settings(home=engine.index.home)


@pytest.fixture
def client(engine: QueryEngine, settings: Settings) -> Iterator[TestClient]:
    """A client of a server of ``engine``."""
    with TestClient(create_app(engine.index, engine, settings)) as client:
        yield client


@pytest.fixture(scope="session")
def seed_client(seed_index: Library, seed_engine: QueryEngine) -> Iterator[TestClient]:
    """A client of a server of the seed reports. Shared: a test must not write to the library."""
    with TestClient(create_app(seed_index, seed_engine)) as client:
        yield client
