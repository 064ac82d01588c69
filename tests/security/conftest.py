"""A server in a process of its own, and the checks after each attack on it."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from tests.security.attacks import PROMPT_SECONDS, Target, make_canary
from tests.support.handing import SERVERS, handing_on
from tests.support.processes import ROOT, STOP_SECONDS, serving
from tests.support.routes import made_once


@pytest.fixture(scope="session", autouse=True)
def _servers_start_quickly(reading_processes: None) -> Iterator[None]:
    """Making a server takes a third of the time; it reads files in idle processes, if there are any."""
    del reading_processes
    with made_once(), handing_on(SERVERS):
        yield


@pytest.fixture(scope="session")
def seeded(encoder: Encoder, loading: Isolated, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a copy of the sample reports. Shared: a test must not write to it."""
    place = tmp_path_factory.mktemp("seeded")
    shutil.copytree(ROOT / "seeds", place / "reports")
    with Library.open(place / "home", encoder) as index:
        sync(index, [place / "reports"], reader=loading)
    return place / "home"


@pytest.fixture(scope="session")
def target(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server of a copy of the sample library, started with ``footnoted serve``; all attacks are on it."""
    place = tmp_path_factory.mktemp("attacked")
    home, temporary = place / "home", place / "temporary"
    shutil.copytree(seeded, home)
    temporary.mkdir()
    canary, fifo, secret = make_canary(place / "secrets")
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        serving(home, TMPDIR=str(temporary), SECRET_OF_THE_SERVER=secret) as served,
    ):
        listener.setblocking(False)
        said: list[str] = []
        # Read the log: the server would block once the pipe is full.
        reader = Thread(target=lambda: said.extend(served.process.stderr or ()))
        reader.start()
        address = urlsplit(served.address)
        assert address.hostname is not None
        assert address.port is not None
        yield Target((address.hostname, address.port), home, temporary, canary, fifo, secret, listener)
        served.process.terminate()
        reader.join(STOP_SECONDS)
    assert [line for line in said if "Traceback" in line or secret in line] == [], "".join(said)


@pytest.fixture(autouse=True)
def untouched(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each attack, the server still answers, and no file was read, written or fetched."""
    if "target" not in request.fixturenames:
        yield
        return
    target: Target = request.getfixturevalue("target")
    before = target.documents(), target.files()
    yield
    began = time.monotonic()
    health = target.ask("GET", "/healthz", seconds=PROMPT_SECONDS)
    assert (health.status, time.monotonic() - began < PROMPT_SECONDS) == (200, True)
    # The reading process deletes its temporary files a moment later.
    until = time.monotonic() + PROMPT_SECONDS
    while (after := (target.documents(), target.files())) != before and time.monotonic() < until:
        time.sleep(0.05)
    assert after == before
    assert not target.was_connected_to()
