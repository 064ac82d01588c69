"""Each response and each line of the log has the id of its request, and no line has words of a question."""

from __future__ import annotations

import json
import logging

import pytest
from starlette.testclient import TestClient

from index.library import Library
from rag.engine import QueryEngine
from ui.app import create_app
from ui.operations.log import LineFormatter
from ui.settings import Settings

REPORT = "Police in Harlamoor arrested 41 suspects over two days."
QUESTION = "How many suspects were arrested in Harlamoor?"


@pytest.fixture
def client(index: Library, engine: QueryEngine, settings: Settings) -> TestClient:
    """A server without sign-in."""
    return TestClient(create_app(index, engine, settings), raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/documents", "/v1/nothing", "/nothing"])
def test_a_response_has_the_id_that_was_sent_or_a_new_one(client: TestClient, path: str) -> None:
    assert client.get(path, headers={"X-Request-ID": "proxy-17"}).headers["X-Request-ID"] == "proxy-17"
    odd = {"X-Request-ID": "not well formed"}
    made = [client.get(path, headers=odd).headers["X-Request-ID"] for _ in "12"]
    assert len({*made, "not well formed"}) == 3
    assert all(len(each) == 32 for each in made)


def test_a_problem_has_the_id_too_even_of_a_mistake_of_the_server(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = client.get("/v1/documents/99", headers={"X-Request-ID": "proxy-17"}).json()
    assert problem["request_id"] == "proxy-17"

    def broken(_self: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(Library, "generation", property(broken))
    failed = client.get("/readyz", headers={"X-Request-ID": "proxy-18"})
    assert (failed.status_code, failed.json()["request_id"]) == (500, "proxy-18")
    assert failed.headers["X-Request-ID"] == "proxy-18"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    formatter = LineFormatter(as_json=True, texts=False)
    return [json.loads(formatter.format(record)) for record in caplog.records if record.name == "footnoted"]


def test_a_question_is_two_lines_without_its_words(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.post("/v1/documents", files={"file": ("harlamoor.txt", REPORT)}).raise_for_status()
    with caplog.at_level(logging.INFO, "footnoted"):
        answer = client.post("/v1/chat", json={"question": QUESTION}).json()
        client.get("/v1/documents/1/matches", params={"query": "Harlamoor"}).raise_for_status()
    told, asked, matched = lines(caplog)
    assert (told["event"], told["answer_id"], told["quoted"]) == ("answer", answer["answer_id"], 1)
    assert isinstance(told["search_ms"], float)
    assert (asked["event"], asked["method"], asked["route"]) == ("request", "POST", "/v1/chat")
    assert (asked["status"], asked["kind"], asked["address"]) == (200, "local", "testclient")
    assert asked["bytes"] == len(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode())
    assert matched["route"] == "/v1/documents/{document_id}/matches"
    written = json.dumps([told, asked, matched])
    assert "suspects" not in written
    assert "arlamoor" not in written


def test_words_are_logged_where_a_setting_allows_it(
    index: Library, engine: QueryEngine, caplog: pytest.LogCaptureFixture
) -> None:
    client = TestClient(create_app(index, engine, Settings(home=index.home, log_texts=True)))
    with caplog.at_level(logging.INFO, "footnoted"):
        client.post("/v1/chat", json={"question": QUESTION}).raise_for_status()
    assert lines(caplog)[0]["question"] == QUESTION


def test_files_of_the_page_and_probes_are_logged_for_debugging_only(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "footnoted"):
        client.get("/healthz")
        client.get("/favicon.ico")
        client.get("/")
    assert [line["level"] for line in lines(caplog)] == ["debug", "debug", "info"]
