"""Requests beyond a sender's limits get 429 with the time to wait."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from index.library import Library
from index.loaders import MEGABYTE
from rag.engine import QueryEngine
from tests.support.web_host import web_host
from tests.ui.http.operations.conftest import bearer
from ui.accounts import Scope, SignIn
from ui.app import create_app
from ui.settings import Settings


@pytest.fixture
def settings(index: Library) -> Settings:
    return Settings(home=index.home, limit_requests=5, limit_questions=2, limit_uploads=2)


def test_questions_beyond_the_limit_are_told_when_to_try_again(client: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.ASK, Scope.READ)
    found = [client.post("/v1/search", json={"query": "gate"}, headers=headers) for _ in range(3)]
    assert [each.status_code for each in found] == [200, 200, 429]
    assert 0 < int(found[2].headers["Retry-After"]) <= 120
    assert found[2].headers["Cache-Control"] == "no-store"
    assert found[2].json()["detail"].startswith("The limit of 2 questions a minute is used up; try again in ")
    assert client.get("/v1/documents", headers=headers).status_code == 200
    assert client.post("/v1/search", json={"query": "gate"}, headers=bearer(sign_in, Scope.ASK)).is_success


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/search/batch", {"queries": [{"query": word} for word in ("gate", "dam", "weir")]}),
        ("/v1/vector_stores/footnoted/search", {"query": ["gate", "dam", "weir"]}),
    ],
)
def test_a_request_with_several_queries_counts_as_so_many_questions(
    client: TestClient, sign_in: SignIn, path: str, body: dict[str, list[object]]
) -> None:
    headers = bearer(sign_in, Scope.ASK)
    refused = client.post(path, json=body, headers=headers)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 120
    assert refused.headers["Cache-Control"] == "no-store"
    detail = "The limit of 2 questions a minute leaves no room for 3 queries; send fewer at once, or"
    assert refused.json()["detail"].startswith(detail)
    # The refused request counts as one.
    two = {name: queries[:1] for name, queries in body.items()}
    assert [client.post(path, json=two, headers=headers).status_code for _ in range(2)] == [200, 429]


def test_a_batch_that_fits_uses_up_as_much_as_its_queries_one_by_one(
    client: TestClient, sign_in: SignIn
) -> None:
    headers = bearer(sign_in, Scope.ASK)
    batch = {"queries": [{"query": "gate"}, {"query": "dam"}]}
    assert client.post("/v1/search/batch", json=batch, headers=headers).status_code == 200
    assert client.post("/v1/search", json={"query": "gate"}, headers=headers).status_code == 429


def test_each_tool_that_an_agent_calls_counts_and_several_in_one_message_are_refused(
    client: TestClient, sign_in: SignIn
) -> None:
    headers = bearer(sign_in, Scope.ASK) | {"Accept": "application/json, text/event-stream"}

    params = {"name": "search", "arguments": {"query": "gate"}}
    called = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    assert client.post("/mcp", json=[called, {**called, "id": 2}], headers=headers).status_code == 400
    assert client.post("/mcp", json=called, headers=headers).json()["result"]["isError"] is False
    found = [client.post("/v1/search", json={"query": "gate"}, headers=headers) for _ in range(2)]
    assert [each.status_code for each in found] == [200, 429]
    assert found[1].json()["detail"].startswith("The limit of 2 questions a minute is used up")


def test_a_large_upload_is_refused_before_it_is_read(client: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.WRITE)
    large = {"file": ("large.txt", b"The gate of the dam. " * 200_000)}
    refused = client.post("/v1/documents", files=large, headers=headers)
    assert (refused.status_code, "2 megabytes of uploads a day" in refused.text) == (429, True)
    small = {"file": ("small.txt", b"The gate of the dam failed.")}
    assert client.post("/v1/documents", files=small, headers=headers).status_code == 201


def test_an_upload_of_unknown_length_counts_by_its_bytes(client: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.WRITE) | {"Content-Type": "multipart/form-data; boundary=b"}

    def sent(text: bytes) -> int:
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        return client.post(
            "/v1/documents", content=iter([head, text, b"\r\n--b--"]), headers=headers
        ).status_code

    assert [sent(b"The gate of the dam failed." + b"\n" * 2 * MEGABYTE), sent(b"Again.")] == [201, 429]


def test_a_fetched_report_counts_as_an_upload_by_its_bytes(
    index: Library, engine: QueryEngine, sign_in: SignIn, settings: Settings
) -> None:
    headers = bearer(sign_in, Scope.WRITE)
    with web_host() as host:
        allowed = {"url_hosts": (f"127.0.0.1:{host.port}",), "url_http": True, "url_loopback": True}
        app = create_app(index, engine, settings.model_copy(update=allowed), sign_in=sign_in)
        with TestClient(app) as client:
            body = {"url": host.url("/long.md")}
            sent = [client.post("/v1/documents/from-url", json=body, headers=headers) for _ in range(2)]
    assert [response.status_code for response in sent] == [201, 429]
    assert host.asked == ["/long.md"]


def test_programs_that_watch_the_server_have_no_limit(client: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.METRICS)
    for path in ("/healthz", "/readyz", "/metrics"):
        assert {client.get(path, headers=headers).status_code for _ in range(7)} == {200}
    assert [client.get("/v1/identity", headers=headers).status_code for _ in range(6)] == [*[200] * 5, 429]
