"""Two servers in home folders of their own share one catalog in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from starlette.testclient import TestClient

from index.embedding.encoder import Encoder
from index.ingest.watch import Change, Watch
from index.library import Library
from rag.engine import QueryEngine
from tests.support.postgresql import Server
from tests.support.reports import write
from ui.app import create_app

REPORT = b"The council of Varda closed the third gate of the dam on Monday."
QUESTION = {"question": "What did the council of Varda close on Monday?"}


@pytest.fixture
def servers(encoder: Encoder, database_url: str, tmp_path: Path) -> Iterator[tuple[TestClient, TestClient]]:
    """Clients of the two servers."""
    with (
        Library.open(tmp_path / "one", encoder, database_url=database_url, uploads=tmp_path / "files") as one,
        Library.open(tmp_path / "two", encoder, database_url=database_url, uploads=tmp_path / "files") as two,
        TestClient(create_app(one, QueryEngine(one, keeps=True)), raise_server_exceptions=False) as first,
        TestClient(create_app(two, QueryEngine(two, keeps=True)), raise_server_exceptions=False) as second,
    ):
        yield first, second


def upload(client: TestClient, name: str, content: bytes) -> int:
    """Upload a file, which is indexed when this returns, and return the document's id."""
    sent = client.post("/v1/documents", files={"file": (name, content)})
    assert sent.status_code == 201, sent.text
    return int(sent.json()["document_id"])


def test_what_one_server_takes_the_other_answers_from_at_once(
    servers: tuple[TestClient, TestClient],
) -> None:
    first, second = servers
    number = upload(first, "gate.txt", REPORT)
    answer = second.post("/v1/chat", json=QUESTION).json()
    [citation] = answer["citations"]
    assert (citation["document_id"], citation["quote"]) == (number, REPORT.decode())
    assert second.get(f"/v1/documents/{number}").json() == first.get(f"/v1/documents/{number}").json()
    assert second.get("/v1/jobs").json() == first.get("/v1/jobs").json()
    stored = first.get(f"/v1/answers/{answer['answer_id']}")
    assert stored.json()["citations"] == answer["citations"], "an answer is read where it was not given"

    assert second.delete(f"/v1/documents/{number}").status_code == 204
    assert first.get(f"/v1/documents/{number}").status_code == 404
    refused = second.post("/v1/chat", json=QUESTION).json()
    assert (refused["abstained"], refused["citations"]) == (True, [])


def test_a_deletion_of_one_server_is_undone_on_the_other(servers: tuple[TestClient, TestClient]) -> None:
    first, second = servers
    number = upload(first, "gate.txt", REPORT)
    assert first.delete(f"/v1/documents/{number}").status_code == 204
    assert second.get(f"/v1/documents/{number}").status_code == 404
    assert second.post(f"/v1/documents/{number}/restore").status_code == 200
    answer = first.post("/v1/chat", json=QUESTION).json()
    assert [citation["document_id"] for citation in answer["citations"]] == [number]
    assert first.post(f"/v1/documents/{number}/restore").status_code == 200, (
        "it is there, as where it was undone"
    )

    assert second.delete(f"/v1/documents/{number}").status_code == 204
    assert first.post(f"/v1/documents/{number}/restore").status_code == 200
    assert first.post(f"/v1/documents/{number + 1}/restore").status_code == 404


def test_a_server_whose_database_is_gone_says_when_to_ask_again(
    servers: tuple[TestClient, TestClient], server: Server
) -> None:
    first, second = servers
    upload(first, "gate.txt", REPORT)
    assert second.post("/v1/chat", json=QUESTION).json()["citations"]
    server.stop("immediate")
    try:
        for path, body in (
            ("/v1/chat", QUESTION),
            ("/v1/search", {"query": "gate"}),
            ("/v1/documents", None),
        ):
            reply = second.post(path, json=body) if body else second.get(path)
            assert (reply.status_code, reply.headers.get("Retry-After")) == (503, "5"), (path, reply.text)
            assert reply.json()["detail"] == (
                "the database of the library cannot be reached; try again in a moment"
            )
        assert second.get("/readyz").status_code == 503
        assert second.get("/healthz").status_code == 200
    finally:
        server.start()
    assert second.post("/v1/chat", json=QUESTION).json()["citations"]
    upload(first, "other.txt", b"The mayor of Orrin opened a bridge on Tuesday.")
    found = second.post("/v1/search", json={"query": "Who opened a bridge?"}).json()
    assert found["results"][0]["path"] == "other.txt"


def test_the_watch_goes_on_when_the_database_runs_again(
    encoder: Encoder, database_url: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.ingest.watch.RETRY_SECONDS", 0.1)
    write(tmp_path / "reports" / "gate.txt", REPORT.decode())
    synced, stop = Event(), Event()

    def sync(_: Change) -> bool:
        synced.set()
        return True

    with Library.open(tmp_path / "one", encoder, database_url=database_url) as library:
        library.catalog.follow([str(tmp_path / "reports")])
        watching = Thread(target=Watch(library.catalog, library.home, sync, stop, 0.1).run, daemon=True)
        server.stop("immediate")
        watching.start()
        try:
            assert not synced.wait(1)
        finally:
            server.start()
        assert synced.wait(60)
        stop.set()
        watching.join(60)
        assert not watching.is_alive()
