"""Every error of the HTTP interface is a problem document that says what was wrong and what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from starlette.testclient import TestClient

from index.catalog import lock as locking
from index.library import Library
from rag.engine import QueryEngine
from tests.ui.http.conftest import PROBLEM, send_file
from ui.app import create_app
from ui.http.request_bodies import MAX_BATCH

if TYPE_CHECKING:
    from httpx2 import Response

JSON = {"Content-Type": "application/json"}
TOO_LONG = json.dumps({"question": "x" * 1_000_001}).encode()


def assert_problem(response: Response, status: int, instance: str) -> str:
    """The response is a problem document (RFC 9457) without other fields; returns its detail."""
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM), response.text
    problem = response.json()
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail", "instance", "request_id"}
    assert problem["request_id"] == response.headers["x-request-id"]
    assert (problem["type"], problem["status"], problem["instance"]) == ("about:blank", status, instance)
    assert problem["title"]
    assert problem["detail"]
    return str(problem["detail"])


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        ("chat", {"question": " \n "}, "question"),
        ("chat", {"question": "x" * 2001}, "question"),
        ("chat", {"question": 7}, "question"),
        ("chat", {}, "question"),
        ("chat", {"question": "x?", "stream": "yes"}, "stream"),
        ("chat", {"question": "x?", "filters": {"document_ids": ["one"]}}, "filters.document_ids.0"),
        ("chat", {"question": "x?", "filters": {"collections": "dams"}}, "filters.collections"),
        ("chat", {"question": "x?", "published_after": "2025-7"}, "published_after"),
        ("chat", {"question": "x?", "colour": "red"}, "colour"),
        ("chat", {"question": "x?", "history": [{"role": "system", "content": ""}]}, "history.0.role"),
        ("chat", ["question"], "body"),
        ("search", {"query": ""}, "query"),
        ("search", {"query": "x", "limit": "ten"}, "limit"),
        ("search", {"query": "x", "published_before": "18 July 2025"}, "published_before"),
        ("search", {"query": "x", "published_after": "2025-02-31"}, "published_after"),
        ("search", {"query": "x", "question": "y"}, "question"),
        ("search/batch", {"queries": []}, "queries"),
        ("search/batch", {"queries": [{"query": "gate"}] * (MAX_BATCH + 1)}, "queries"),
        ("search/batch", {"queries": [{"query": "gate"}, {"query": " "}]}, "queries.1.query"),
        ("search/batch", {"queries": [{"query": "gate", "limit": 0}]}, "queries.0.limit"),
        ("search/batch", {"queries": [{"words": "gate"}]}, "queries.0.query"),
    ],
)
def test_a_wrong_field_is_named(seed_client: TestClient, route: str, body: object, field: str) -> None:
    response = seed_client.post(f"/v1/{route}", json=body)
    assert_problem(response, 422, f"/v1/{route}")
    assert response.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("content", "headers", "status", "detail"),
    [
        (b'{"question": ', JSON, 400, "The body is not JSON: "),
        (
            b'{"question": "x?"}',
            {"Content-Type": "text/plain"},
            422,
            "body: must be a JSON object, sent with",
        ),
        (b'{"question": "Cambodia \\ud83d"}', JSON, 422, "question: has a NUL character or half a surrogate"),
        (TOO_LONG, JSON, 413, "The body is longer than 1,000,000 bytes; send less."),
        ([TOO_LONG[:600_000], TOO_LONG[600_000:]], JSON, 413, "The body is longer than 1,000,000 bytes;"),
    ],
    ids=["cut", "text", "surrogate", "long", "long and undeclared"],
)
def test_a_body_that_cannot_be_read_is_refused_with_the_cause(
    seed_client: TestClient, content: bytes | list[bytes], headers: dict[str, str], status: int, detail: str
) -> None:
    sent = content if isinstance(content, bytes) else iter(content)
    response = seed_client.post("/v1/chat", content=sent, headers=headers)
    assert assert_problem(response, status, "/v1/chat").startswith(detail)


@pytest.mark.parametrize("stream", [False, True])
def test_a_question_without_words_is_refused(seed_client: TestClient, stream: bool) -> None:
    response = seed_client.post("/v1/chat", json={"question": "?!", "stream": stream})
    detail = assert_problem(response, 422, "/v1/chat")
    assert detail == "the question is empty; ask something about the reports"


@pytest.mark.parametrize(
    "route",
    [
        *("/v1/documents/99", "/v1/documents/99/text", "/v1/documents/1?version=9"),
        *("/v1/documents/1/text?version=9", "/v1/documents/99/versions", "/v1/documents/99/citations"),
        *("/v1", "/v1/nothing", "/v1/documents/1/nothing"),
    ],
)
def test_what_is_not_there_is_not_found(seed_client: TestClient, route: str) -> None:
    detail = assert_problem(seed_client.get(route), 404, route.partition("?")[0])
    if "version=" in route:
        assert detail == "document 1, version 9 is not in the library; it may have been removed"
    elif "99" in route:
        assert detail == "document 99 is not in the library; it may have been removed"


def test_an_end_before_the_start_is_refused(seed_client: TestClient) -> None:
    response = seed_client.get("/v1/documents/1/text?start=5&end=2")
    detail = assert_problem(response, 422, "/v1/documents/1/text")
    assert detail == "end 2 lies before start 5; give a larger end"


@pytest.mark.parametrize(
    ("method", "route", "allowed"),
    [
        ("GET", "/v1/chat", "POST"),
        ("PUT", "/v1/search", "POST"),
        ("POST", "/v1/documents/1", "DELETE, GET, PATCH"),
        ("DELETE", "/healthz", "GET"),
    ],
)
def test_a_wrong_method_is_refused(seed_client: TestClient, method: str, route: str, allowed: str) -> None:
    response = seed_client.request(method, route)
    assert_problem(response, 405, route)
    assert response.headers["allow"] == allowed


def test_a_mistake_of_the_server_tells_nothing(seed_index: Library, seed_engine: QueryEngine) -> None:
    async def break_down() -> None:
        raise ZeroDivisionError("a secret of the server")

    app = create_app(seed_index, seed_engine)
    app.add_api_route("/broken", break_down)
    # The chat is mounted at / and takes all other paths, so that the new route must come before it.
    app.router.routes.insert(0, app.router.routes.pop())
    response = TestClient(app, raise_server_exceptions=False).get("/broken")
    assert_problem(response, 500, "/broken")
    assert "secret" not in response.text
    assert "Traceback" not in response.text


def test_a_library_that_another_process_writes_to_is_told_without_process_and_folder(
    client: TestClient, index: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
    with FileLock(index.home / "write.lock"):
        locking.note_holder(index.home, "sync")
        found = locking.holder(index.home)
        response = send_file(client, "gate.txt", b"One gate of the dam.")
    assert found is not None
    assert assert_problem(response, 409, "/v1/documents") == (
        f"another process (sync, since {found.since}) is writing to the library; "
        "wait until it is done, then try again"
    )
