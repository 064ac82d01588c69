"""The server keeps only the Gradio routes that the page needs, and accepts only valid events."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount
from starlette.testclient import TestClient

from index.library import Library
from rag.engine import QueryEngine
from ui.app import create_app
from ui.page.gradio_routes import JOIN, NEEDED, Event
from ui.page.head import ASSETS_ROUTE

EVENT: dict[str, Any] = {
    "data": ["Why?", "", None, ""],
    "fn_index": 0,
    "trigger_id": 4,
    "session_hash": "ynpw4vncyh8",
}
WORDS = "The vault opens at nine."


@pytest.fixture(scope="module")
def app(seed_index: Library, seed_engine: QueryEngine) -> FastAPI:
    return create_app(seed_index, seed_engine)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


def paths(routes: Sequence[BaseRoute]) -> Iterator[str]:
    """The path of every route, those of included routers too."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from paths(included.routes)
        else:
            yield route.path  # type: ignore[attr-defined]  # A new kind of route has none: look at it.


def test_the_mounted_app_has_the_routes_that_the_page_needs_and_no_other(app: FastAPI) -> None:
    mounts = [route for route in app.routes if isinstance(route, Mount)]
    assert [mount.path for mount in mounts] == ["/static-offline-docs", ASSETS_ROUTE, ""]
    gradio_app = mounts[-1].app._app  # type: ignore[attr-defined]
    assert set(paths(gradio_app.routes)) == NEEDED


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/file=/etc/hostname"),
        ("GET", "/gradio_api/file/etc/hostname"),
        ("GET", "/gradio_api/file=https://127.0.0.1/x"),
        ("GET", "/gradio_api/proxy=https://127.0.0.1/x"),
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/upload_progress"),
        ("POST", "/gradio_api/call/ask"),
        ("GET", "/gradio_api/call/ask/0a0a"),
        ("POST", "/gradio_api/run/ask"),
        ("POST", "/gradio_api/api/ask"),
        ("POST", "/gradio_api/component_server"),
        ("POST", "/gradio_api/stream/0a0a"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/openapi.json"),
        ("GET", "/gradio_api/deep_link"),
        ("GET", "/config"),
        ("GET", "/monitoring"),
        ("GET", "/monitoring/summary"),
        ("POST", "/login"),
        ("POST", "/gradio_api/vibe-edit"),
    ],
)
def test_other_routes_of_gradio_do_not_exist(client: TestClient, method: str, path: str) -> None:
    assert client.request(method, path, follow_redirects=False).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"fn_index": -1},
        {"fn_index": 999},
        {"fn_index": 2**70},
        {"trigger_id": -1},
        {"session_hash": "../x"},
        {"session_hash": None},
        {"event_data": {"path": "/etc/hostname"}},
        {"data": [{"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}, "", None, ""]},
        {"data": [[{"role": "user", "content": {"path": "/etc/hostname"}}]]},
        {"simple_format": True},
        {"batched": True},
    ],
)
def test_an_event_that_the_page_does_not_send_is_refused(client: TestClient, change: dict[str, Any]) -> None:
    response = client.post(JOIN, json={**EVENT, **change})
    assert response.status_code == 422
    unknown = "The page has no function 999"
    expected = unknown if change == {"fn_index": 999} else "The event is not one of the page"
    assert response.json()["detail"].startswith(expected)


@pytest.mark.parametrize("event_data", [None, '{"n":1,"do":"listen"}'])
def test_the_events_of_the_page_are_taken(event_data: str | None) -> None:
    """The browser sends the new text of a field that the script changes."""
    sent = {**EVENT, "data": ['{"n":1,"do":"listen"}', "", None, ""], "event_data": event_data}
    assert Event.model_validate_json(json.dumps(sent)).event_data == event_data


@pytest.mark.parametrize("body", [b"", b"[", b"[" * 10_000, b'{"data": NaN}', b"\xff"])
def test_a_body_that_is_no_event_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post(JOIN, content=body).status_code == 422


def test_gradio_itself_refuses_a_file_that_nobody_uploaded(app: FastAPI, tmp_path: Path) -> None:
    """Even without the check of events, Gradio's own check of paths refuses the file."""
    file = tmp_path / "secret.txt"
    file.write_text(WORDS)
    mount = app.routes[-1]
    assert isinstance(mount, Mount)
    unchecked = mount.app._app  # type: ignore[attr-defined]
    named = {"path": str(file), "meta": {"_type": "gradio.FileData"}}
    with TestClient(unchecked) as client:
        joined = client.post(JOIN, json={**EVENT, "data": [named, "", None, ""]})
        with client.stream("GET", f"/gradio_api/queue/data?session_hash={EVENT['session_hash']}") as stream:
            # Gradio sends a line every 15 seconds while nothing happens.
            lines = islice(stream.iter_lines(), 20)
            last = next((line for line in lines if "process_completed" in line), "")
    assert joined.status_code == 200
    assert '"success":false' in last
    assert str(file) not in last


def test_gradio_keeps_no_files_where_others_read_them(client: TestClient) -> None:
    assert client.get("/").status_code == 200
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    assert folder.stat().st_mode & 0o077 == 0
    assert [path for path in folder.rglob("*") if path.is_file()] == []
