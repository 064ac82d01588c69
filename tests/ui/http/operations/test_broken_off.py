"""A request that its client breaks off is no failure of the server: neither in the log nor in the metrics."""

from __future__ import annotations

import logging

import anyio
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Message

from index.library import Library
from rag.engine import QueryEngine
from tests.ui.http.operations.test_request_ids import lines
from ui.app import create_app
from ui.settings import Settings

JSON = b"application/json"
FORM = b"multipart/form-data; boundary=B"
BEGUN = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nPolice in'


@pytest.fixture
def app(index: Library, engine: QueryEngine, settings: Settings) -> FastAPI:
    return create_app(index, engine, settings)


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/v1/documents", FORM, BEGUN),
        ("/v1/documents", FORM, b""),
        ("/v1/chat", JSON, b'{"question": "How'),
        ("/v1/chat/completions", JSON, b'{"messages": ['),
        ("/mcp", JSON, b'{"jsonrpc": '),
        ("/gradio_api/queue/join", JSON, b'{"data": ['),
        ("/gradio_api/cancel", JSON, b'{"sess'),
    ],
)
def test_a_body_that_is_broken_off_is_counted_as_that(
    app: FastAPI, caplog: pytest.LogCaptureFixture, path: str, kind: bytes, body: bytes
) -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": body, "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"content-type", kind), (b"host", b"127.0.0.1"), (b"content-length", b"9999")],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 9),
    }

    async def receive() -> Message:
        return messages.pop(0) if len(messages) > 1 else messages[0]

    async def send(_message: Message) -> None:
        """Nobody is there."""

    with caplog.at_level(logging.DEBUG):
        anyio.run(app, scope, receive, send)
    assert [(line["route"], line["status"]) for line in lines(caplog) if line["event"] == "request"] == [
        (path, 499)
    ]
    assert [record for record in caplog.records if record.exc_info or record.levelno >= logging.WARNING] == []
    counted = TestClient(app).get("/metrics").text
    assert f'footnoted_requests_total{{method="POST",route="{path}",status="499"}} 1.0' in counted
    assert 'status="500"' not in counted


def test_a_failure_of_the_server_stays_one(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object) -> int:
        raise ZeroDivisionError

    client = TestClient(app, raise_server_exceptions=False)
    monkeypatch.setattr(Library, "generation", property(broken))
    assert client.get("/readyz").status_code == 500
    monkeypatch.undo()
    assert 'route="/readyz",status="500"} 1.0' in client.get("/metrics").text
