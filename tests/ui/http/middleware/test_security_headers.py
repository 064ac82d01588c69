"""Every response has security headers, and a page runs only the scripts that the server sent."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from starlette.testclient import TestClient

from ui.http.middleware import page_policy
from ui.page.head import ASSETS_ROUTE


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
