"""Forwarded clients, foreign pages and host names, and odd or safe headers."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import product

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from index.library import Library
from rag.engine import QueryEngine
from tests.ui.http.conftest import problem
from ui.app import create_app
from ui.http.access import client_address
from ui.http.middleware import ForwardedClients, page_policy
from ui.page.head import ASSETS_ROUTE
from ui.settings import OperationSettings, Settings

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
def test_nobody_else_is_believed_and_the_log_says_so(peer: str, caplog: pytest.LogCaptureFixture) -> None:
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


# Foreign pages and host names


OWN = "http://127.0.0.1:7860"
PARTNER = "https://desk.example"
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture(scope="module")
def client(
    seed_index: Library, seed_engine: QueryEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    settings = Settings(
        home=tmp_path_factory.mktemp("home"),
        host="reports.example",
        allowed_hosts=("Archive.example",),
        allowed_origins=(PARTNER,),
        insecure=True,
    )
    with TestClient(create_app(seed_index, seed_engine, settings), base_url=OWN) as client:
        yield client


def test_the_server_answers_to_its_own_names(client: TestClient) -> None:
    for host in (
        *("127.0.0.1:7860", "localhost", "LOCALHOST.:80", "[::1]:7860", "127.8.9.1", "reports.example"),
        "archive.example:8",
    ):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200, host
    for headers in (
        {"X-Forwarded-Host": "archive.example, localhost"},
        {"X-Forwarded-Host": "reports.example:443"},
        {"X-Gradio-Server": OWN},
        {"X-Forwarded-Host": ""},
    ):
        assert client.get("/", headers=headers).status_code == 200, headers


@pytest.mark.parametrize("path", ["/healthz", "/", "/v1/documents", "/gradio_api/queue/data?session_hash=a"])
def test_the_server_does_not_answer_to_the_name_of_another(client: TestClient, path: str) -> None:
    for host in (
        *("attacker.example", "127.0.0.1.nip.io", "0.0.0.0", "10.0.0.1", "2130706433", "a@localhost"),
        *("localhost:x", "", "[::1"),
    ):
        told = problem(client.get(path, headers={"Host": host}), 403)
        assert told.startswith(f"This server does not answer as {host!r}")


@pytest.mark.parametrize("path", ["/", "/config"])
@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Gradio-Server"])
def test_the_page_is_not_made_for_another_server(client: TestClient, header: str, path: str) -> None:
    for host in ("attacker.example", "a:b:c", "[::1", '"\xe9"', "\xff\xfe", "localhost:999999999"):
        response = client.get(path, headers=[(header.encode(), host.encode("latin-1"))])
        # The test client sends other bytes than given for letters beyond ASCII.
        named = host if host.isascii() else ""
        assert re.match(f"This server does not answer as .*{re.escape(named)}", problem(response, 403))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "http://localhost:7860"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_another_web_page_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    for method, path in (
        *product(["GET"], ["/v1/documents", "/"]),
        ("OPTIONS", "/v1/search"),
        *product(["POST"], ["/v1/search", "/v1/documents", "/v1/index/sync", "/v1/documents/1/restore"]),
        ("POST", "/gradio_api/queue/join"),
    ):
        response = client.request(method, path, headers=headers)
        assert "Another web page" in problem(response, 403)
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": OWN}, {"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
def test_programs_and_the_own_page_are_answered(client: TestClient, headers: dict[str, str]) -> None:
    response = client.post("/v1/search", json={"query": "gate"}, headers=headers)
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


def test_a_link_from_another_site_leads_to_the_page_and_changes_nothing(client: TestClient) -> None:
    assert client.get("/", headers=NAVIGATION).status_code == 200
    assert client.post("/v1/index/sync", headers=NAVIGATION).status_code == 403


def test_a_page_of_an_allowed_origin_calls_the_interface_and_nothing_else(client: TestClient) -> None:
    headers = {"Origin": PARTNER, "Sec-Fetch-Site": "cross-site"}
    asked = {
        **headers,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = client.options("/v1/search", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == PARTNER
    answer = client.post("/v1/search", json={"query": "gate"}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PARTNER
    assert "access-control-allow-credentials" not in answer.headers
    assert client.get("/", headers=headers).status_code == 403
    assert client.post("/gradio_api/queue/join", headers=headers).status_code == 403


# Headers of responses


def directives(policy: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in policy.split(";"))}


def hashed(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def test_inline_scripts_are_allowed_by_their_hashes_and_no_others() -> None:
    page = (
        b'<script>let a = 1;\n</script><SCRIPT type="module" >b()</SCRIPT ><script src="/c.js">d()</script>'
    )
    assert directives(page_policy(page))["script-src"] == ["'self'", hashed("let a = 1;\n"), hashed("b()")]


@pytest.mark.parametrize("route", ["/", "/docs", "/v1/documents", "/v1/nothing", f"{ASSETS_ROUTE}/main.js"])
def test_every_response_is_closed_to_other_origins(seed_client: TestClient, route: str) -> None:
    response = seed_client.get(route)
    headers = response.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    policy = directives(headers["content-security-policy"])
    assert (policy["default-src"], policy["frame-ancestors"]) == (["'none'"], ["'none'"])
    if route in {"/", "/docs"}:
        assert (policy["connect-src"], policy["img-src"]) == (["'self'"], ["'self'", "data:"])
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:"} & set(policy["script-src"])
        assert int(headers["content-length"]) == len(response.content)


def test_the_library_is_compressed_for_those_who_take_it_and_nothing_else(seed_client: TestClient) -> None:
    def encoding(route: str, *, taken: str) -> str | None:
        with seed_client.stream("GET", route, headers={"Accept-Encoding": taken}) as response:
            return response.headers.get("content-encoding")

    for route in ("/v1/documents", "/v1/documents?brief=true", "/v1/documents/1/text"):
        assert encoding(route, taken="gzip") == "gzip"
        assert encoding(route, taken="identity") is None
    listed = seed_client.get("/v1/documents").json()["documents"]
    assert listed[0]["document_id"] == 1
    inquiry = next(each["document_id"] for each in listed if each["page_pictures"])
    for route in ("/healthz", f"{ASSETS_ROUTE}/main.js", f"/v1/documents/{inquiry}/pages/1.png"):
        assert encoding(route, taken="gzip") is None
    # A stream of events would be held back to be compressed.
    asked = {"question": "Who closed the gate?", "stream": True}
    response = seed_client.post("/v1/chat", json=asked, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in response.headers
    assert response.headers["content-type"].startswith("text/event-stream")


def test_files_are_kept_for_good_under_addresses_that_change_with_them(seed_client: TestClient) -> None:
    gradio = next(iter(re.findall(r"/assets/index-[\w-]+\.js", seed_client.get("/").text)))
    for route in (f"{ASSETS_ROUTE}/main.js", f"{ASSETS_ROUTE}/styles/source.css", gradio):
        headers = seed_client.get(route).raise_for_status().headers
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
    for route in ("/", f"{ASSETS_ROUTE}/nothing.js", "/v1/documents", "/theme.css"):
        assert "immutable" not in seed_client.get(route).headers.get("cache-control", "")


# Headers of requests


VALUES = [
    *(b"\xff\xfe\x80", b'"\xe9"', b'W/"\xff"', b"\x7f", b"en;q=nan, de;q=inf", b"en;q=\xb2", b"zh-Hant-\xe6"),
    *(b"en-" + b"x-" * 1_000, b"x" * 5_000, b"*", b""),
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
