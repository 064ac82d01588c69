"""The route of the questions to begin with."""

from __future__ import annotations

import time

from fastapi.testclient import TestClient

from rag.engine import QueryEngine
from ui.app import create_app


def test_the_server_makes_the_starters_in_the_background_and_says_when_they_are_complete(
    seed_engine: QueryEngine,
) -> None:
    with TestClient(create_app(seed_engine.index, seed_engine), base_url="http://127.0.0.1") as client:
        first = client.get("/v1/suggestions").json()
        assert set(first) == {"generation", "starters", "complete"}
        deadline = time.monotonic() + 60
        while not (made := client.get("/v1/suggestions").json())["complete"]:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert made["generation"] == seed_engine.index.generation
        assert len(made["starters"]) == 4
        for starter in made["starters"]:
            answer = client.post("/v1/chat", json={"question": starter["question"]}).json()
            assert answer["citations"][0]["document_id"] == starter["document_id"]
            assert answer["citations"][0]["title"] == starter["title"]
