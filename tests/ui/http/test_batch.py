"""A batch of searches gives what the single searches give, of one state of the library."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from index.embedding.encoder import Encoder
from index.embedding.model import Kind, Vector
from index.embedding.onnx import Bge
from index.library import Library
from tests.support.reports import incoming
from ui.http.request_bodies import MAX_BATCH
from ui.search import Query, batch_response

QUERIES: list[dict[str, Any]] = [
    {"query": "scam dens in Cambodia", "limit": 3},
    {"query": "rust in the pin of gate 3", "filters": {"kinds": ["pdf"]}},
    {"query": "people", "published_before": "2025-05-14", "limit": 100},
    {"query": "  scam dens in Cambodia "},
]


def search(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    found = client.post("/v1/search", json=body).json()
    return {name: value for name, value in found.items() if name != "took_ms"}


def test_each_result_is_that_of_the_single_search(seed_client: TestClient) -> None:
    body = seed_client.post("/v1/search/batch", json={"queries": QUERIES}).json()
    assert list(body) == ["searches", "took_ms", "generation"]
    assert [
        {name: value for name, value in found.items() if name != "took_ms"} for found in body["searches"]
    ] == [search(seed_client, query) for query in QUERIES]
    assert {found["generation"] for found in body["searches"]} == {body["generation"]}
    assert [len(found["results"]) > 0 for found in body["searches"]] == [True] * 4


def test_each_new_query_is_embedded_once(
    index: Library, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.replace([incoming("The council closed gate 3. It rained for nine days.")])
    embedded: list[str] = []
    vector = Bge.vector

    def noted(model: Bge, text: str, kind: Kind) -> Vector:
        embedded.append(text)
        return vector(model, text, kind)

    monkeypatch.setattr(Bge, "vector", noted)
    monkeypatch.setattr(encoder, "_recent", OrderedDict())
    words = [f"who closed gate {number} of the dam" for number in range(40, 48)]
    body = batch_response(index, [Query(word) for word in [*words, words[0]]])
    # A server of another test may embed its own questions meanwhile.
    assert sorted(text for text in embedded if text in words) == words
    assert [found["query"] for found in body["searches"]] == [*words, words[0]]


def test_a_vector_is_the_same_alone_and_among_others(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["gate", *(f"who closed gate {number} of the dam, and {'why ' * number}?" for number in range(9))]
    alone = []
    for word in words:
        monkeypatch.setattr(encoder, "_recent", OrderedDict())
        alone.append(encoder.encode_query(word))
    monkeypatch.setattr(encoder, "_recent", OrderedDict())
    encoder.encode_queries(words)
    together = encoder._recall("query", words)
    assert len(together) == len(words)
    assert all(np.array_equal(together[word], vector) for word, vector in zip(words, alone, strict=True))


@pytest.mark.parametrize(
    ("queries", "field"),
    [
        ([], "queries"),
        ([{"query": "gate"}] * (MAX_BATCH + 1), "queries"),
        ([{"query": "gate"}, {"query": " "}], "queries.1.query"),
        ([{"query": "gate", "limit": 0}], "queries.0.limit"),
        ([{"words": "gate"}], "queries.0.query"),
    ],
)
def test_what_cannot_be_searched_is_named(
    seed_client: TestClient, queries: list[dict[str, Any]], field: str
) -> None:
    refused = seed_client.post("/v1/search/batch", json={"queries": queries})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field
