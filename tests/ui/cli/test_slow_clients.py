"""A connection whose request does not arrive is closed, and an answer may take as long as it takes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from threading import Event, Thread

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from ui.cli import serve as serving
from ui.cli.serve import _Connection, _Server, listening_socket


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """A server that answers ``/slow`` after more time than a client has to send the head of a request."""
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.5)

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            await asyncio.sleep(1)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    listener = listening_socket("127.0.0.1", 0)
    config = uvicorn.Config(app, http=_Connection, lifespan="off", log_config=None)
    listens = Event()
    server = _Server(config, listens.set, lambda: None)
    thread = Thread(target=server.run, args=([listener],))
    thread.start()
    assert listens.wait(60)
    yield listener.getsockname()
    server.should_exit = True
    thread.join(60)
    assert not thread.is_alive()


@pytest.mark.parametrize("part", [b"", b"GET /slow HTTP/1.1\r\nHost: a"], ids=["nothing", "half"])
def test_a_head_that_does_not_arrive_ends_the_connection(address: tuple[str, int], part: bytes) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(part)
        assert client.recv(1) == b""


def test_a_head_that_does_not_arrive_after_an_answer_ends_the_connection(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(b"GET /fast HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 204 ")
        client.sendall(b"GET /slow")
        assert client.recv(1) == b""


def test_an_answer_may_take_longer(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 204 ")
