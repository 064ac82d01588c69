"""A busy server is asked again after the pause that it asks for, and only then."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from ui.client import AsyncClient, Client, ProblemError
from ui.client.client import Retries

QUICK = Retries(first_seconds=0.01)
FOUND = {"query": "gate", "results": [], "took_ms": 1.0, "generation": 3}


class Busy(ThreadingHTTPServer):
    """A server that is busy for some requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusals: list[tuple[int, dict[str, str]]] = []
        self.received: list[tuple[str, bytes]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Busy)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, body))
        status, headers = self.server.refusals.pop(0) if self.server.refusals else (200, {})
        problem = {"title": "Busy", "status": status, "detail": "Too many wait."}
        content = json.dumps(FOUND if status == 200 else problem).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *values: Any) -> None:  # noqa: A002, ANN401 (as its parent has it)
        """Say nothing."""


@pytest.fixture
def busy() -> Iterator[Busy]:
    with Busy() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_busy_server_is_asked_again(busy: Busy, asynchronous: bool) -> None:
    busy.refusals = [(503, {}), (429, {"Retry-After": "0"}), (503, {"Retry-After": "soon"})]
    if asynchronous:

        async def search() -> int:
            async with AsyncClient(busy.address, retries=QUICK) as client:
                return (await client.search("gate")).generation

        assert asyncio.run(search()) == 3
    else:
        with Client(busy.address, retries=QUICK) as client:
            assert client.search("gate").generation == 3
    assert len(busy.received) == 4
    assert len(set(busy.received)) == 1


def test_an_upload_is_sent_again_whole(busy: Busy) -> None:
    busy.refusals = [(503, {}), (507, {})]
    with Client(busy.address, retries=QUICK) as client, pytest.raises(ProblemError) as caught:
        client.add("gate.txt", b"Gate 3 failed.")
    assert caught.value.status == 507
    first, second = busy.received
    assert b"Gate 3 failed." in second[1]
    assert len(first[1]) == len(second[1])


@pytest.mark.parametrize(
    ("refusals", "requests"),
    [([(503, {})] * 9, 5), ([(500, {})], 1), ([(404, {})], 1), ([(503, {"Retry-After": "3600"})], 1)],
)
def test_what_no_pause_helps_is_raised(
    busy: Busy, refusals: list[tuple[int, dict[str, str]]], requests: int
) -> None:
    busy.refusals = list(refusals)
    with (
        Client(busy.address, retries=QUICK) as client,
        pytest.raises(ProblemError, match="Too many wait") as caught,
    ):
        client.search("gate")
    assert caught.value.status == refusals[0][0]
    assert len(busy.received) == requests


def pause(repetitions: int, status: int, **headers: str) -> float | None:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Retries().pause(repetitions, httpx.Response(status, headers=fields))


def test_a_pause_is_what_the_server_asks_for_or_doubles() -> None:
    assert pause(0, 503, retry_after="7") == pause(3, 429, retry_after="7") == 7
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    assert 18 < (pause(0, 503, retry_after=later) or 0) <= 20
    assert pause(0, 503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT") == 0
    for repetitions in range(4):
        assert 0.25 * 2**repetitions <= (pause(repetitions, 503) or 0) <= 0.5 * 2**repetitions
        assert Retries().pause(repetitions, httpx.ConnectError("refused")) is not None
    assert pause(4, 503) is None
    assert pause(0, 200) is None
    assert Retries(most=0).pause(0, httpx.ConnectError("refused")) is None


@pytest.mark.parametrize(("status", "reason"), [(502, "Bad Gateway"), (308, "Permanent Redirect")])
def test_a_response_of_a_proxy_is_a_problem_too(
    busy: Busy, monkeypatch: pytest.MonkeyPatch, status: int, reason: str
) -> None:
    monkeypatch.setattr(_Handler, "do_POST", lambda self: self.send_error(status, reason))
    with Client(busy.address) as client, pytest.raises(ProblemError, match=f"{status} {reason}") as caught:
        client.search("gate")
    assert caught.value.problem["status"] == status

    async def search() -> None:
        async with AsyncClient(busy.address) as client:
            await client.search("gate")

    with pytest.raises(ProblemError, match=f"{status} {reason}"):
        asyncio.run(search())
