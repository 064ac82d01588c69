"""Forwarded clients, security headers, and headers that no client should send."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from index.library import Library
from ui.http.access import client_address
from ui.http.answers import attachment, file_name
from ui.http.middleware import ForwardedClients, page_policy
from ui.page.head import ASSETS_ROUTE
from ui.settings import OperationSettings

PROXY = "10.0.0.5"
CLIENT = "203.0.113.7"
OF_PROXY = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https"}


async def seen(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the address and the scheme that the server sees."""
    answer = [client_address(scope), Request(scope).url.scheme]
    await JSONResponse(answer)(scope, receive, send)


def client_from(peer: str, proxies: Sequence[str] = (PROXY, "192.168.0.0/16", "::1")) -> TestClient:
    """A client whose requests come from ``peer``."""
    return TestClient(ForwardedClients(seen, proxies), client=(peer, 50_000))


@pytest.mark.parametrize("peer", [PROXY, "192.168.7.7", "::1", f"::ffff:{PROXY}"])
def test_a_trusted_proxy_is_believed(peer: str) -> None:
    assert client_from(peer).get("/", headers=OF_PROXY).json() == [CLIENT, "https"]
    assert client_from(peer).get("/").json() == [peer.removeprefix("::ffff:"), "http"]


def test_of_several_proxies_the_client_of_the_last_trusted_one_counts() -> None:
    headers = {"X-Forwarded-For": f"127.0.0.1, 198.51.100.1, {CLIENT}, 192.168.7.7"}
    assert client_from(PROXY).get("/", headers=headers).json() == [CLIENT, "http"]


@pytest.mark.parametrize("peer", ["10.0.0.6", "127.0.0.1", CLIENT, "2001:db8::1", "testclient"])
def test_nobody_else_is_believed_and_the_log_says_so_once(
    peer: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        sender = client_from(peer)
        for headers in ({}, {"X-Forwarded-For": "198.51.100.1"}, {"X-Forwarded-Proto": "https"}, OF_PROXY):
            assert sender.get("/", headers=headers).json() == [peer, "http"]
    [warned] = [record.getMessage() for record in caplog.records if record.name.startswith("ui.")]
    assert warned.startswith(
        f"{peer} sends headers of a reverse proxy, which are ignored, because FOOTNOTED_"
    )


def test_by_default_the_proxies_of_this_machine_are_believed() -> None:
    proxies = OperationSettings().trusted_proxies
    for peer in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"):
        assert client_from(peer, proxies).get("/", headers=OF_PROXY).json() == [CLIENT, "https"]
    for peer in ("172.17.0.1", "10.0.0.5", "fe80::1"):
        assert client_from(peer, proxies).get("/", headers=OF_PROXY).json() == [peer, "http"]


def directives(policy: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in policy.split(";"))}


def hashed(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def test_inline_scripts_are_allowed_by_their_hashes_and_no_others() -> None:
    page = (
        b'<script>let a = 1;\n</script><SCRIPT type="module" >b()</SCRIPT ><script src="/c.js">d()</script>'
    )
    assert directives(page_policy(page))["script-src"] == ["'self'", hashed("let a = 1;\n"), hashed("b()")]


def test_a_page_without_scripts_allows_none_inline() -> None:
    assert directives(page_policy(b"<p>Words</p>"))["script-src"] == ["'self'"]


@pytest.mark.parametrize("route", ["/", "/docs"])
def test_a_page_may_load_and_run_nothing_from_elsewhere(seed_client: TestClient, route: str) -> None:
    response = seed_client.get(route)
    policy = directives(response.headers["content-security-policy"])
    assert policy["default-src"] == ["'none'"]
    assert policy["connect-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["img-src"] == ["'self'", "data:"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:"} & set(policy["script-src"])
    assert int(response.headers["content-length"]) == len(response.content)


@pytest.mark.parametrize("route", ["/", "/docs", "/v1/documents", "/v1/nothing", f"{ASSETS_ROUTE}/main.js"])
def test_every_response_is_closed_to_other_origins(seed_client: TestClient, route: str) -> None:
    headers = seed_client.get(route).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_library_is_compressed_for_those_who_take_it_and_nothing_else(seed_client: TestClient) -> None:
    def encoding(route: str, *, taken: str) -> str | None:
        with seed_client.stream("GET", route, headers={"Accept-Encoding": taken}) as response:
            return response.headers.get("content-encoding")

    for route in ("/v1/documents", "/v1/documents?brief=true", "/v1/documents/1/text"):
        assert encoding(route, taken="gzip") == "gzip"
        assert encoding(route, taken="identity") is None
    assert seed_client.get("/v1/documents").json()["documents"][0]["document_id"] == 1
    inquiry = next(
        each["document_id"]
        for each in seed_client.get("/v1/documents").json()["documents"]
        if each["page_pictures"]
    )
    for route in ("/healthz", f"{ASSETS_ROUTE}/main.js", f"/v1/documents/{inquiry}/pages/1.png"):
        assert encoding(route, taken="gzip") is None


def test_files_are_kept_for_good_under_addresses_that_change_with_them(seed_client: TestClient) -> None:
    gradio = next(iter(re.findall(r"/assets/index-[\w-]+\.js", seed_client.get("/").text)))
    for route in (f"{ASSETS_ROUTE}/main.js", f"{ASSETS_ROUTE}/styles/source.css", gradio):
        response = seed_client.get(route)
        assert (response.status_code, response.headers["cache-control"]) == (
            200,
            "public, max-age=31536000, immutable",
        )
    for route in ("/", f"{ASSETS_ROUTE}/nothing.js", "/v1/documents", "/theme.css"):
        assert "immutable" not in seed_client.get(route).headers.get("cache-control", "")


def test_a_stream_of_events_is_not_held_back_to_be_compressed(seed_client: TestClient) -> None:
    asked = {"question": "Who closed the gate?", "stream": True}
    response = seed_client.post("/v1/chat", json=asked, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in response.headers
    assert response.headers["content-type"].startswith("text/event-stream")


VALUES = [
    b"\xff\xfe\x80",
    b'"\xe9"',
    b'W/"\xff"',
    b"\x7f",
    b"en;q=nan, de;q=inf",
    b"en;q=\xb2",
    b"zh-Hant-\xe6",
    b"en-" + b"x-" * 1_000,
    b"x" * 5_000,
    b"*",
    b"",
]
HEADERS = [
    *("If-None-Match", "If-Modified-Since", "Accept-Language", "Accept", "Range", "Cookie"),
    *("Content-Type", "Content-Length", "X-Forwarded-Proto", "X-Forwarded-For", "Authorization"),
]


@pytest.mark.slow_cases
@pytest.mark.parametrize("header", HEADERS)
def test_no_value_of_a_header_breaks_a_request(
    seed_client: TestClient, seed_index: Library, header: str
) -> None:
    pdf = next(record.document_id for record in seed_index.catalog.documents() if record.kind == "pdf")
    pages = ["/", "/healthz", "/v1/documents?brief=true", f"/v1/documents/{pdf}", "/openapi.json"]
    statuses = {
        (page, value): seed_client.get(page, headers=[(header.encode(), value)]).status_code
        for page in pages
        for value in VALUES
    }
    assert {request: status for request, status in statuses.items() if status >= 500} == {}


@pytest.mark.parametrize("header", [b"Host", b"Origin"])
def test_a_host_or_an_origin_with_odd_bytes_is_refused(seed_client: TestClient, header: bytes) -> None:
    statuses = {seed_client.get("/", headers=[(header, value)]).status_code for value in VALUES if value}
    assert statuses == {403}


@pytest.mark.parametrize(
    "name",
    [
        "Dam\r\nSet-Cookie: a=1",
        "水坝\u2028\x85",
        'a"; filename="b',
        "\x7f\x1b[31m",
        "../../etc/passwd",
        "\U0001f600" * 50,
        "",
    ],
)
def test_an_exported_file_s_name_is_no_way_into_a_header(name: str) -> None:
    header = attachment(file_name(name, "0123456789abcdef", "md", default="answer"))
    assert re.fullmatch(r"attachment; filename=\"[a-z0-9.-]+\"; filename\*=UTF-8''[A-Za-z0-9.%_-]+", header)
    assert header.endswith("-01234567.md")
