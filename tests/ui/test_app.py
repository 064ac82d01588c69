"""The whole server: its health, its readiness and its documentation."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from starlette.testclient import TestClient

from index.library import Library
from rag.engine import QueryEngine
from ui.app import create_app
from ui.settings import Settings, home_id


def test_health_says_which_home_it_is_the_server_of(
    seed_index: Library, seed_engine: QueryEngine, seed_client: TestClient, tmp_path: Path
) -> None:
    assert seed_client.get("/healthz").json() == {"status": "ok"}
    app = create_app(seed_index, seed_engine, Settings(home=tmp_path))
    assert TestClient(app).get("/healthz").json() == {"status": "ok", "home": home_id(tmp_path)}


def test_ready_says_which_generation_is_read(seed_client: TestClient, seed_index: Library) -> None:
    assert seed_client.get("/readyz").json() == {
        "status": "ready",
        "generation": seed_index.generation,
        "building": None,
    }


def test_a_running_server_returns_free_memory(index: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    returned = Event()
    monkeypatch.setattr("ui.app.give_back", returned.set)
    monkeypatch.setattr("ui.app._MEMORY_SECONDS", 0.01)
    with TestClient(create_app(index, QueryEngine(index))):
        assert returned.wait(60)


def test_the_documentation_names_every_route_and_loads_nothing_from_elsewhere(
    seed_client: TestClient,
) -> None:
    assert list(seed_client.get("/openapi.json").json()["paths"]) == [
        "/v1/models",
        "/v1/models/{name}",
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/vector_stores/{collection}/search",
        "/v1/search",
        "/v1/search/batch",
        "/v1/suggestions",
        "/v1/chat",
        "/v1/feedback",
        "/v1/documents",
        "/v1/documents/{document_id}",
        "/v1/documents/{document_id}/text",
        "/v1/documents/{document_id}/pages/{page}.png",
        "/v1/documents/{document_id}/citations",
        "/v1/documents/{document_id}/restore",
        "/v1/documents/from-url",
        "/v1/documents/{document_id}/versions",
        "/v1/documents/{document_id}/changes",
        "/v1/documents/{document_id}/matches",
        "/v1/failures",
        "/v1/failures/{failure_id}",
        "/v1/index/sync",
        "/v1/jobs",
        "/v1/jobs/{job_id}",
        "/v1/index/encoder",
        "/v1/answers/{answer_id}.{suffix}",
        "/v1/answers/{answer_id}/text",
        "/v1/answers/{answer_id}/suggestions",
        "/v1/answers/{answer_id}",
        "/v1/conversations",
        "/v1/conversations/{conversation_id}.{suffix}",
        "/v1/conversations/{conversation_id}",
        "/v1/model",
        "/v1/model/reload",
        "/v1/model/test",
        "/v1/identity",
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/audit",
        "/v1/storage",
        "/v1/collections",
        "/v1/collections/{collection}/limit",
        "/v1/users",
        "/v1/users/{name}",
        "/v1/tokens",
        "/v1/tokens/{name}",
    ]
    page = seed_client.get("/docs").text
    assert "://" not in page
    assert seed_client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
