"""Gradio is imported without its slow steps, and keeps only the routes and events that the page needs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount
from starlette.testclient import TestClient

from index.library import Library
from rag.engine import QueryEngine
from tests.support.processes import run_script
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


GONE = """
GET file=/etc/hostname
GET file/etc/hostname
GET file=https://127.0.0.1/x
GET proxy=https://127.0.0.1/x
POST upload
GET upload_progress
POST call/ask
GET call/ask/0a0a
POST run/ask
POST api/ask
POST component_server
POST stream/0a0a
GET info
GET openapi.json
GET deep_link
POST vibe-edit
GET ../config
GET ../monitoring
GET ../monitoring/summary
POST ../login
"""
"""Routes of Gradio, below ``/gradio_api``."""


def test_other_routes_of_gradio_do_not_exist(client: TestClient) -> None:
    found = {}
    for method, path in map(str.split, GONE.split("\n")[1:-1]):
        place = f"/gradio_api/{path}".replace("/gradio_api/../", "/")
        found[method, path] = client.request(method, place, follow_redirects=False).status_code
    assert set(found.values()) == {404}, found


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
        {"data": []},
        {"data": ["Why?", "", None]},
        {"data": ["Why?", "", None, "", "more"]},
        {"fn_index": 2},
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


def test_the_events_of_the_page_are_taken() -> None:
    """The browser sends the new text of a field that the script changes."""
    listen = '{"n":1,"do":"listen"}'
    for event_data in (None, listen):
        sent = {**EVENT, "data": [listen, "", None, ""], "event_data": event_data}
        assert Event.model_validate_json(json.dumps(sent)).event_data == event_data


@pytest.mark.parametrize("body", [b"", b"[", b"[" * 10_000, b'{"data": NaN}', b"\xff"])
def test_a_body_that_is_no_event_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post(JOIN, content=body).status_code == 422


def test_gradio_keeps_no_files_where_others_read_them(client: TestClient) -> None:
    assert client.get("/").status_code == 200
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    assert folder.stat().st_mode & 0o077 == 0
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def run(script: str, *arguments: Path) -> list[str]:
    """The words that a script prints in a process that has not imported Gradio."""
    done = run_script(script, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


IMPORT = """
import sys
from pathlib import Path
from ui.page.gradio_routes import quick_gradio_import

before = list(sys.meta_path)
try:
    with quick_gradio_import():
        raise ImportError("gradio")
except ImportError as error:
    print(error, sys.meta_path == before, "mcp" in sys.modules)

written = []
Path.write_text = lambda path, *rest, **more: written.append(path)
# A version of Gradio whose stubs are missing would write them all.
exists = Path.exists
Path.exists = lambda path, **more: path.suffix != ".pyi" and exists(path, **more)
with quick_gradio_import():
    import gradio
print(sys.meta_path == before, "mcp" in sys.modules, written)
import mcp.server
print("mcp" in sys.modules)
"""


def test_the_import_writes_no_stubs_and_leaves_out_mcp_and_an_error_of_it_leaves_nothing_behind() -> None:
    assert run(IMPORT) == ["gradio", "True", "False", "True", "False", "[]", "True"]


SENT = """
import sys
from pathlib import Path
from fastapi.testclient import TestClient
from ui.app import create_app
from ui.opening import open_engine, open_library
from ui.operations.telemetry import open_tracing
from ui.settings import Settings

settings = Settings(home=Path(sys.argv[1]))
assert open_tracing(settings) is None
with open_library(settings) as index, open_engine(settings, index, stored=False) as engine:
    with TestClient(create_app(index, engine, settings)) as client:
        print(client.get("/").status_code)
names = ("mcp.", "opentelemetry.sdk.", "opentelemetry.exporter.", "opentelemetry.proto.")
print(*[name for name in sys.modules if f"{name}.".startswith(names)])
"""


def test_a_server_sends_its_page_without_importing_mcp_and_the_packages_of_traces(tmp_path: Path) -> None:
    assert run(SENT, tmp_path) == ["200"]
