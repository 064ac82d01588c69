"""Odd bytes in headers break no request, and file names are escaped in headers of responses."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from index.library import Library
from ui.http.answers import attachment, file_name

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
