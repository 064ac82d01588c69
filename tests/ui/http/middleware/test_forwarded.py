"""A request has the address and the scheme of its client: those that a trusted proxy names, or its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from ui.http.access import client_address
from ui.http.middleware import ForwardedClients
from ui.settings import OperationSettings

PROXY = "10.0.0.5"
CLIENT = "203.0.113.7"
OF_PROXY = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https"}


async def seen(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the address and the scheme that the server sees."""
    answer = [client_address(scope), Request(scope).url.scheme]
    await JSONResponse(answer)(scope, receive, send)


def client(peer: str, proxies: Sequence[str] = (PROXY, "192.168.0.0/16", "::1")) -> TestClient:
    """A client whose requests come from ``peer``."""
    return TestClient(ForwardedClients(seen, proxies), client=(peer, 50_000))


@pytest.mark.parametrize("peer", [PROXY, "192.168.7.7", "::1", f"::ffff:{PROXY}"])
def test_a_trusted_proxy_is_believed(peer: str) -> None:
    assert client(peer).get("/", headers=OF_PROXY).json() == [CLIENT, "https"]
    assert client(peer).get("/").json() == [peer.removeprefix("::ffff:"), "http"]


def test_of_several_proxies_the_client_of_the_last_trusted_one_counts() -> None:
    headers = {"X-Forwarded-For": f"127.0.0.1, 198.51.100.1, {CLIENT}, 192.168.7.7"}
    assert client(PROXY).get("/", headers=headers).json() == [CLIENT, "http"]


@pytest.mark.parametrize("peer", ["10.0.0.6", "127.0.0.1", CLIENT, "2001:db8::1", "testclient"])
def test_nobody_else_is_believed_and_the_log_says_so_once(
    peer: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        sender = client(peer)
        for headers in ({}, {"X-Forwarded-For": "198.51.100.1"}, {"X-Forwarded-Proto": "https"}, OF_PROXY):
            assert sender.get("/", headers=headers).json() == [peer, "http"]
    [warned] = [record.getMessage() for record in caplog.records if record.name.startswith("ui.")]
    assert warned.startswith(
        f"{peer} sends headers of a reverse proxy, which are ignored, because FOOTNOTED_"
    )


def test_by_default_the_proxies_of_this_machine_are_believed() -> None:
    proxies = OperationSettings().trusted_proxies
    for peer in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"):
        assert client(peer, proxies).get("/", headers=OF_PROXY).json() == [CLIENT, "https"]
    for peer in ("172.17.0.1", "10.0.0.5", "fe80::1"):
        assert client(peer, proxies).get("/", headers=OF_PROXY).json() == [peer, "http"]
