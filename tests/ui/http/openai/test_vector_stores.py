"""OpenAI's own client searches a collection as a vector store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import VectorStoreSearchResponse
from starlette.testclient import TestClient

from benchmarks.stub_encoder import StubEncoder
from index.library import Library
from rag.engine import QueryEngine
from tests.support.reports import incoming
from ui.app import create_app
from ui.http.openai import MAX_CONDITIONS, MAX_QUERIES, ComparisonFilter, CompoundFilter

PIN = "rust in the pin of gate 3"


def search(
    client: openai.OpenAI,
    query: str | list[str] = PIN,
    **options: Any,  # noqa: ANN401 (OpenAI's options)
) -> list[VectorStoreSearchResponse]:
    return client.vector_stores.search("footnoted", query=query, **options).data


def test_the_results_are_those_of_a_search(client: openai.OpenAI, seed_client: TestClient) -> None:
    found = seed_client.post("/v1/search", json={"query": PIN, "limit": 5}).json()["results"]
    page = client.vector_stores.search("footnoted", query=PIN, max_num_results=5)
    assert page.object == "vector_store.search_results.page"
    assert (page.model_extra or {})["search_query"] == [PIN]
    assert len(page.data) == 5
    for theirs, ours in zip(page.data, found, strict=True):
        assert (theirs.file_id, theirs.filename) == (str(ours["document_id"]), ours["path"])
        assert (theirs.score, theirs.content[0].text) == (ours["score"], ours["text"])
        attributes = theirs.attributes or {}
        names = ("document_id", "version", "title", "start", "end")
        assert [attributes[name] for name in names] == [ours[name] for name in names]
        assert len(attributes) <= 16
        assert None not in attributes.values()


def test_several_queries_give_the_best_of_all(client: openai.OpenAI) -> None:
    queries = [PIN, "scam dens in Cambodia"]
    together = search(client, queries, max_num_results=20)
    apart = [found for query in queries for found in search(client, query, max_num_results=20)]
    best: dict[tuple[str, object], float] = {}
    for found in apart:
        place = found.file_id, (found.attributes or {})["start"]
        best[place] = max(best.get(place, 0), found.score)
    assert [found.score for found in together] == sorted(best.values(), reverse=True)[:20]
    assert {found.filename for found in together} >= {
        "lorvenna-maravel-dam-inquiry.pdf",
        "cambodia-scam-raids.md",
    }


def test_a_threshold_drops_what_scores_less(client: openai.OpenAI) -> None:
    scores = [found.score for found in search(client)]
    threshold = scores[2]
    kept = search(client, ranking_options={"ranker": "auto", "score_threshold": threshold})
    assert [found.score for found in kept] == [score for score in scores if score >= threshold]


PDF = {"type": "eq", "key": "kind", "value": "pdf"}


@pytest.mark.parametrize(
    ("condition", "kinds"),
    [
        (PDF, {"pdf"}),
        ({"type": "in", "key": "kind", "value": ["pdf", "docx"]}, {"pdf", "docx"}),
        ({"type": "nin", "key": "kind", "value": ["pdf", "docx", "html", "markdown"]}, {"text"}),
        ({"type": "and", "filters": [PDF, {"type": "ne", "key": "kind", "value": "pdf"}]}, set()),
        (
            {"type": "or", "filters": [PDF, {"type": "and", "filters": [{**PDF, "value": "text"}]}]},
            {"pdf", "text"},
        ),
        ({"type": "lt", "key": "published", "value": "2025-05-14"}, {"text"}),
        ({"type": "gt", "key": "pages", "value": 0}, {"pdf"}),
        ({"type": "gt", "key": "title", "value": 3}, set()),
    ],
)
def test_a_filter_compares_attributes(
    client: openai.OpenAI, condition: dict[str, Any], kinds: set[str]
) -> None:
    found = search(client, "people", filters=condition, max_num_results=50)
    assert {str((each.attributes or {})["kind"]) for each in found} == kinds


def test_a_collection_is_a_vector_store(tmp_path: Path) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        for name in ("dams/a.txt", "dams/b.txt", "rivers/c.txt"):
            index.replace([incoming(f"The council closed the gate, {name} says.", name)])
        with TestClient(create_app(index, QueryEngine(index))) as client:
            for number, collection in enumerate(("dams", "dams", "rivers/north"), 1):
                client.patch(f"/v1/documents/{number}", json={"collection": collection}).raise_for_status()

            def found(store: str, **body: object) -> set[str]:
                response = client.post(f"/v1/vector_stores/{store}/search", json={"query": "gate", **body})
                return {each["filename"] for each in response.raise_for_status().json()["data"]}

            assert found("dams") == {"dams/a.txt", "dams/b.txt"}
            assert found("rivers/north") == {"rivers/c.txt"}
            assert found("rivers%2Fnorth") == {"rivers/c.txt"}
            assert len(found("footnoted")) == 3
            other = {"type": "eq", "key": "collection", "value": "dams"}
            assert found("rivers/north", filters=other) == set()
            missing = client.post("/v1/vector_stores/lakes/search", json={"query": "gate"})
            assert (missing.status_code, missing.json()["title"]) == (404, "Not Found")


@pytest.mark.parametrize(
    "body",
    [
        {"query": ""},
        {"query": []},
        {"query": ["gate"] * (MAX_QUERIES + 1)},
        {"query": "gate", "max_num_results": 51},
        {"query": "gate", "ranking_options": {"score_threshold": 2}},
        {"query": "gate", "filters": {"type": "like", "key": "kind", "value": "p"}},
        {"query": "gate", "filters": {"type": "and", "filters": [PDF] * (MAX_CONDITIONS + 1)}},
    ],
)
def test_what_cannot_be_searched_is_refused(seed_client: TestClient, body: dict[str, Any]) -> None:
    assert seed_client.post("/v1/vector_stores/footnoted/search", json=body).status_code == 422


@pytest.mark.parametrize("depth", [20, 400, 20_000])
def test_conditions_may_be_nested_but_not_without_end(seed_client: TestClient, depth: int) -> None:
    nested = '{"type":"and","filters":[' * depth + "]}" * depth
    refused = seed_client.post(
        "/v1/vector_stores/footnoted/search",
        content=f'{{"query":"gate","filters":{nested}}}',
        headers={"Content-Type": "application/json"},
    )
    assert refused.status_code == 200 if depth == 20 else refused.status_code in {400, 422}


@given(
    own=st.sampled_from(["a", "b", 1, 2.5]),
    values=st.lists(st.sampled_from(["a", "b", 1.0, 2.5]), min_size=1, max_size=3),
)
def test_each_comparison_has_its_opposite(own: str | float, values: list[str | float]) -> None:
    attributes: dict[str, str | float | bool] = {"key": own}

    def holds(kind: Any, value: Any) -> bool:  # noqa: ANN401 (any comparison)
        return ComparisonFilter(type=kind, key="key", value=value).matches(attributes)

    assert holds("in", values) is not holds("nin", values)
    assert holds("in", values) is any(holds("eq", value) for value in values)
    for value in values:
        assert holds("eq", value) is not holds("ne", value)
        if isinstance(value, str) is isinstance(own, str):
            assert holds("gt", value) is not holds("lte", value)
            assert holds("lt", value) is not holds("gte", value)
    parts: list[ComparisonFilter | CompoundFilter] = [
        ComparisonFilter(type="eq", key="key", value=value) for value in values
    ]
    assert CompoundFilter(type="or", filters=parts).matches(attributes) is holds("in", values)
    assert CompoundFilter(type="and", filters=parts).matches(attributes) is all(
        holds("eq", each) for each in values
    )
