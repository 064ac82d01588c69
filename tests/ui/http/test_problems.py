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
from ui.app import create_app

if TYPE_CHECKING:
    from httpx2 import Response


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"question": ""}, "question"),
        ({"question": " \n "}, "question"),
        ({"question": "x" * 2001}, "question"),
        ({"question": 7}, "question"),
        ({}, "question"),
        ({"question": "x?", "stream": "yes"}, "stream"),
        ({"question": "x?", "filters": {"document_ids": ["one"]}}, "filters.document_ids.0"),
        ({"question": "x?", "filters": {"document_ids": [2**53]}}, "filters.document_ids.0"),
        ({"question": "x?", "filters": {"collections": "dams"}}, "filters.collections"),
        ({"question": "x?", "filters": {"languages": ["en"] * 20_001}}, "filters.languages"),
        ({"question": "x?", "published_after": "2025-7"}, "published_after"),
        ({"question": "x?", "colour": "red"}, "colour"),
        ({"question": "x?", "history": [{"role": "system", "content": ""}]}, "history.0.role"),
        (["question"], "body"),
    ],
)
def test_a_wrong_field_is_named(seed_client: TestClient, body: object, field: str) -> None:
    response = seed_client.post("/v1/chat", json=body)
    assert_problem(response, 422, "/v1/chat")
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": ""}, "query"),
        ({"query": "x" * 2001}, "query"),
        ({"query": "x", "limit": 0}, "limit"),
        ({"query": "x", "limit": 101}, "limit"),
        ({"query": "x", "limit": "ten"}, "limit"),
        ({"query": "x", "published_before": "18 July 2025"}, "published_before"),
        ({"query": "x", "published_after": "2025-13"}, "published_after"),
        ({"query": "x", "published_after": "2025-02-31"}, "published_after"),
        ({"query": "x", "question": "y"}, "question"),
    ],
)
def test_a_wrong_search_field_is_named(seed_client: TestClient, body: object, field: str) -> None:
    response = seed_client.post("/v1/search", json=body)
    assert_problem(response, 422, "/v1/search")
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize("stream", [False, True])
def test_a_question_without_words_is_refused_before_anything_is_sent(
    seed_client: TestClient, stream: bool
) -> None:
    response = seed_client.post("/v1/chat", json={"question": "?!", "stream": stream})
    assert_problem(response, 422, "/v1/chat")
    assert response.json()["detail"] == "the question is empty; ask something about the reports"


def test_half_a_surrogate_pair_is_no_text(seed_client: TestClient) -> None:
    lone = json.dumps({"query": "Cambodia \ud83d"}).encode()
    response = seed_client.post("/v1/search", content=lone, headers={"Content-Type": "application/json"})
    assert_problem(response, 422, "/v1/search")
    assert [error["field"] for error in response.json()["errors"]] == ["query"]


def test_a_malformed_body_is_a_bad_request(seed_client: TestClient) -> None:
    response = seed_client.post(
        "/v1/chat", content=b'{"question": ', headers={"Content-Type": "application/json"}
    )
    assert_problem(response, 400, "/v1/chat")
    assert response.json()["detail"].startswith("The body is not JSON: ")


def test_a_body_that_is_not_declared_as_json_is_refused_with_the_remedy(seed_client: TestClient) -> None:
    response = seed_client.post(
        "/v1/chat", content=b'{"question": "x?"}', headers={"Content-Type": "text/plain"}
    )
    assert_problem(response, 422, "/v1/chat")
    assert "Content-Type: application/json" in response.json()["detail"]


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_above_a_megabyte_is_refused(seed_client: TestClient, declared: bool) -> None:
    body = json.dumps({"question": "x" * 1_000_001}).encode()
    content = body if declared else iter([body[:600_000], body[600_000:]])
    response = seed_client.post("/v1/chat", content=content, headers={"Content-Type": "application/json"})
    assert_problem(response, 413, "/v1/chat")
    assert response.json()["detail"] == "The body is longer than 1,000,000 bytes; send less."


@pytest.mark.parametrize("route", ["/v1/documents/99", "/v1/documents/99/text", "/v1/documents/1?version=9"])
def test_an_unknown_document_is_not_found(seed_client: TestClient, route: str) -> None:
    assert_problem(seed_client.get(route), 404, route.partition("?")[0])


def test_a_document_number_beyond_the_catalog_s_is_refused(seed_client: TestClient) -> None:
    response = seed_client.get(f"/v1/documents/{2**53}")
    assert [error["field"] for error in response.json()["errors"]] == ["document_id"]


def test_an_end_before_the_start_is_refused(seed_client: TestClient) -> None:
    response = seed_client.get("/v1/documents/1/text?start=5&end=2")
    assert_problem(response, 422, "/v1/documents/1/text")
    assert response.json()["detail"] == "end 2 lies before start 5; give a larger end"


@pytest.mark.parametrize("route", ["/v1", "/v1/nothing", "/v1/documents/1/nothing"])
def test_an_unknown_route_is_not_found(seed_client: TestClient, route: str) -> None:
    assert_problem(seed_client.get(route), 404, route)


@pytest.mark.parametrize(
    ("method", "route", "allowed"),
    [
        ("GET", "/v1/chat", "POST"),
        ("PUT", "/v1/search", "POST"),
        ("POST", "/v1/documents/1", "DELETE, GET, PATCH"),
        ("DELETE", "/healthz", "GET"),
    ],
)
def test_a_wrong_method_is_refused_with_the_right_one(
    seed_client: TestClient, method: str, route: str, allowed: str
) -> None:
    response = seed_client.request(method, route)
    assert_problem(response, 405, route)
    assert response.headers["allow"] == allowed


def test_a_mistake_of_the_server_gives_nothing_of_itself_away(
    seed_index: Library, seed_engine: QueryEngine
) -> None:
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
    index: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
    app = create_app(index, QueryEngine(index))
    with TestClient(app) as client, FileLock(index.home / "write.lock"):
        locking.note_holder(index.home, "sync")
        found = locking.holder(index.home)
        response = client.post("/v1/documents", files={"file": ("gate.txt", b"One gate of the dam.")})
    assert found is not None
    assert_problem(response, 409, "/v1/documents")
    assert response.json()["detail"] == (
        f"another process (sync, since {found.since}) is writing to the library; "
        "wait until it is done, then try again"
    )


def assert_problem(response: Response, status: int, instance: str) -> None:
    """The response is a problem document (RFC 9457) without other fields."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail", "instance", "request_id"}
    assert problem["request_id"] == response.headers["x-request-id"]
    assert (problem["type"], problem["status"], problem["instance"]) == ("about:blank", status, instance)
    assert problem["title"]
    assert problem["detail"]
