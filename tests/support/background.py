"""Helpers for the background work of a server: request work, hold it, and wait for its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from index.embedding.encoder import Encoder
from index.embedding.model import Embedded, Offsets, Vectors
from index.library import Library
from rag.engine import QueryEngine
from tests.support.reports import write
from ui.app import create_app
from ui.settings import Settings

if TYPE_CHECKING:
    from httpx2 import Response

GATE = "The council of Varda closed the third gate of the dam on Monday."
WEIR = "Four villages below the weir have had no clean water since June."
PATIENCE = 30.0


class Held(Encoder):
    """The real encoder; a test can make it wait before it embeds passages."""

    def __init__(self, encoder: Encoder) -> None:
        self.__dict__.update(encoder.__dict__)
        self.reached, self.go_on = Event(), Event()
        self.go_on.set()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Wait until the test lets the encoder go on."""
        self.reached.set()
        assert self.go_on.wait(PATIENCE)
        return super().encode(texts)

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]
    ) -> Iterator[Embedded]:
        self.reached.set()
        assert self.go_on.wait(PATIENCE)
        return super().encode_passages(texts, sentences)

    def hold(self) -> None:
        self.reached.clear()
        self.go_on.clear()


def app_of(index: Library) -> TestClient:
    return TestClient(create_app(index, QueryEngine(index), Settings(home=index.home, max_megabytes=2)))


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def ended(client: TestClient, job_id: str) -> dict[str, Any]:
    wait_until(lambda: client.get(f"/v1/jobs/{job_id}").json()["ended"] is not None)
    return dict(client.get(f"/v1/jobs/{job_id}").json())


def accepted(response: Response) -> str:
    assert response.status_code == 202
    [(name, job_id)] = response.json().items()
    assert (name, response.headers["location"]) == ("job_id", f"/v1/jobs/{job_id}")
    return str(job_id)


def unsynced(index: Library, folder: Path) -> Path:
    write(folder / "dam.txt", GATE)
    write(folder / "weir.txt", WEIR)
    index.catalog.follow([str(folder)])
    return folder


def held_sync(client: TestClient, held: Held) -> str:
    """Start a sync, and return its job id when the sync has read its files and waits to embed them."""
    held.hold()
    job_id = accepted(client.post("/v1/index/sync"))
    assert held.reached.wait(PATIENCE)
    return job_id


def send(client: TestClient, name: str, data: bytes, **said: str) -> Response:
    return client.post("/v1/documents", files={"file": (name, data)}, data={"background": "true", **said})
