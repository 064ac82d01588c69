"""A server says that it is not ready while its search caches are built, and answers that at once."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from starlette.testclient import TestClient

from index.embedding.encoder import Encoder
from index.errors import VectorsUnreachableError
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from ui.app import create_app
from ui.http import operations

PROBE_SECONDS = 0.3


def test_a_server_whose_library_cannot_be_read_is_not_ready(
    index: Library, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_self: Library) -> int:
        raise OSError(5, "Input/output error", "/secret/catalog.sqlite")

    monkeypatch.setattr(Library, "generation", property(unreadable))
    refused = TestClient(create_app(index, engine)).get("/readyz")
    assert (refused.status_code, refused.headers.get("Retry-After")) == (503, "5")
    assert refused.json()["detail"] == "The library cannot be read: OSError."


def test_a_server_whose_vectors_cannot_be_searched_is_not_ready_and_says_so(
    index: Library, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_self: Library, _query: str, _limit: int) -> None:
        raise VectorsUnreachableError("connection refused by 10.1.1.1")

    monkeypatch.setattr(Library, "search", gone)
    refused = TestClient(create_app(index, engine)).get("/readyz")
    assert (refused.status_code, refused.headers.get("Retry-After")) == (503, "5")
    detail = "the search index of the library cannot be reached; try again in a moment"
    assert refused.json()["detail"] == detail


@pytest.fixture
def reopened(index: Library, encoder: Encoder, tmp_path: Path) -> Iterator[Library]:
    """A library of one report whose search caches are gone, as it is opened."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "raids.txt").write_text("Police in Harlamoor arrested 41 suspects over two days.")
    sync(index, [tmp_path / "reports"])
    shutil.rmtree(index.home / "caches")
    with Library.open(index.home, encoder) as opened:
        yield opened


def test_a_server_whose_caches_are_being_built_is_not_ready(
    reopened: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(operations, "PROBE_SECONDS", PROBE_SECONDS)
    engine = QueryEngine(reopened)
    # Another process holds the lock under which caches are built.
    with TestClient(create_app(reopened, engine)) as client:
        with FileLock(reopened.home / "write.lock"):
            for _ in range(2):
                began = time.monotonic()
                early = client.get("/readyz")
                assert time.monotonic() - began < PROBE_SECONDS + 10
                assert (early.status_code, early.headers.get("Retry-After")) == (503, "5")
                assert early.json()["detail"].startswith("The search caches are being built; try again in")
            assert client.get("/healthz").status_code == 200
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
        until = time.monotonic() + 60
        while (late := client.get("/readyz")).status_code != 200:
            assert time.monotonic() < until, late.text
        assert late.json() == {"status": "ready", "generation": 1, "building": None}
    assert engine.ask("How many suspects were arrested?").citations
