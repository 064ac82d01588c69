"""The server answers its own page and programs, and refuses other web pages and foreign host names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from index.library import Library
from rag.engine import QueryEngine
from ui.app import create_app
from ui.settings import Settings

OWN = "http://127.0.0.1:7860"
PARTNER = "https://desk.example"
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture(scope="module")
def client(
    seed_index: Library, seed_engine: QueryEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    home: Path = tmp_path_factory.mktemp("home")
    settings = Settings(
        home=home,
        host="reports.example",
        allowed_hosts=("Archive.example",),
        allowed_origins=(PARTNER,),
        insecure=True,
    )
    with TestClient(create_app(seed_index, seed_engine, settings), base_url=OWN) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:7860",
        "localhost",
        "LOCALHOST.:80",
        "[::1]:7860",
        "127.8.9.1",
        "reports.example",
        "archive.example:8",
    ],
)
def test_the_server_answers_to_its_own_names(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "127.0.0.1.nip.io",
        "0.0.0.0",
        "10.0.0.1",
        "2130706433",
        "a@localhost",
        "localhost:x",
        "",
        "[::1",
    ],
)
@pytest.mark.parametrize("path", ["/healthz", "/", "/v1/documents", "/gradio_api/queue/data?session_hash=a"])
def test_the_server_does_not_answer_to_the_name_of_another(client: TestClient, host: str, path: str) -> None:
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 403
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"].startswith(f"This server does not answer as {host!r}")


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Gradio-Server"])
@pytest.mark.parametrize(
    "host", ["attacker.example", "a:b:c", "[::1", '"\xe9"', "\xff\xfe", "localhost:999999999"]
)
@pytest.mark.parametrize("path", ["/", "/config"])
def test_the_page_is_not_made_for_the_name_of_another_server(
    client: TestClient, header: str, host: str, path: str
) -> None:
    response = client.get(path, headers=[(header.encode(), host.encode("latin-1"))])
    assert response.status_code == 403
    # The test client sends other bytes than given for letters beyond ASCII.
    named = host if host.isascii() else ""
    assert re.match(f"This server does not answer as .*{re.escape(named)}", response.json()["detail"])


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "archive.example, localhost"},
        {"X-Forwarded-Host": "reports.example:443"},
        {"X-Gradio-Server": OWN},
        {"X-Forwarded-Host": ""},
    ],
)
def test_the_page_is_made_for_each_of_the_server_s_names(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/", headers=headers).status_code == 200


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
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/documents"),
        ("GET", "/"),
        ("OPTIONS", "/v1/search"),
        ("POST", "/v1/search"),
        ("POST", "/v1/documents"),
        ("POST", "/v1/index/sync"),
        ("POST", "/v1/documents/1/restore"),
        ("POST", "/gradio_api/queue/join"),
    ],
)
def test_another_web_page_is_refused(
    client: TestClient, headers: Mapping[str, str], method: str, path: str
) -> None:
    response = client.request(method, path, headers=headers)
    assert response.status_code == 403
    assert "Another web page" in response.json()["detail"]
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": OWN}, {"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
def test_programs_and_the_own_page_are_answered(client: TestClient, headers: Mapping[str, str]) -> None:
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
