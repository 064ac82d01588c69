"""The HTTP interface over the seed reports: the contract's fields, and a problem document for every error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from index.store import Index
from rag.answering import QueryEngine
from ui.app import create_app
from ui.settings import Settings, home_id

if TYPE_CHECKING:
    from httpx2 import Response

ARRESTS = "How many suspects were arrested, and over how many days?"
POPULATION = "What is the population of Cambodia?"


@pytest.fixture(scope="module")
def app(seed_index: Index, seed_engine: QueryEngine) -> FastAPI:
    return create_app(seed_index, seed_engine)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def events(response: Response) -> list[tuple[str, Any]]:
    """A stream of server-sent events as names and data."""
    blocks = response.text.replace("\r\n", "\n").strip().split("\n\n")
    lines = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [(line["event"], json.loads(line["data"])) for line in lines]


def without_chance(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer less what differs between two askings of the same question."""
    return {name: value for name, value in answer.items() if name not in {"answer_id", "timings"}}


# Search


def test_search_answers_with_the_contract_s_fields(client: TestClient) -> None:
    body = client.post("/v1/search", json={"query": "scam dens in Cambodia", "limit": 2}).json()
    assert list(body) == ["query", "results", "took_ms", "generation"]
    assert body["query"] == "scam dens in Cambodia"
    assert [result["path"] for result in body["results"]] == ["cambodia-scam-raids.md"] * 2
    first = body["results"][0]
    assert list(first) == [
        *["document_id", "version", "title", "publisher", "published", "path", "page"],
        *["start", "end", "text", "score", "scores", "sentences"],
    ]
    assert first["published"] == "2025-07-18"
    assert list(first["scores"]) == ["dense", "lexical"]


def test_search_results_and_their_sentences_are_spans_of_the_stored_text(client: TestClient) -> None:
    for result in client.post("/v1/search", json={"query": "dam gate", "limit": 100}).json()["results"]:
        text = client.get(f"/v1/documents/{result['document_id']}/text").json()["text"]
        assert result["text"] == text[result["start"] : result["end"]]
        sentences = result["sentences"]
        assert sentences[0]["start"] == result["start"]
        assert sentences[-1]["end"] == result["end"]
        assert all(list(sentence) == ["start", "end", "score"] for sentence in sentences)
        assert all(0 < sentence["score"] < 1 for sentence in sentences)


def test_the_sentence_that_answers_scores_highest(client: TestClient) -> None:
    results = client.post("/v1/search", json={"query": ARRESTS}).json()["results"]
    best = max(
        ((sentence["score"], result, sentence) for result in results for sentence in result["sentences"]),
        key=lambda scored: scored[0],
    )
    _, result, sentence = best
    words = result["text"][sentence["start"] - result["start"] : sentence["end"] - result["start"]]
    assert "thousand suspects" in words
    assert "three days" in words


def test_search_keeps_to_its_filters(client: TestClient) -> None:
    def paths(**body: object) -> set[str]:
        found = client.post("/v1/search", json={"query": "people", "limit": 100, **body}).json()["results"]
        return {result["path"] for result in found}

    office = "National Statistics Office of Lorvenna"
    assert paths(filters={"publishers": [office]}) == {"lorvenna-displacement-correction.md"}
    assert paths(filters={"document_ids": [1]}) == {"cambodia-scam-raids.md"}
    assert paths(filters={"languages": ["km"]}) == set()
    assert paths(published_after="2025-07-18") == {"lorvenna-maravel-dam-inquiry.pdf"}
    assert paths(published_before="2025-05-14") == {"lorvenna-floods-situation-report-4.txt"}


# Chat


def test_chat_answers_with_quotes_of_the_stored_text(client: TestClient) -> None:
    answer = client.post("/v1/chat", json={"question": ARRESTS}).json()
    assert answer["abstained"] is False
    first = answer["citations"][0]
    assert "thousand suspects" in first["quote"]
    assert "three days" in first["quote"]
    for cited in answer["citations"]:
        text = client.get(f"/v1/documents/{cited['document_id']}/text?version={cited['version']}").json()
        assert cited["quote"] == text["text"][cited["start"] : cited["end"]]
        assert cited["verification"]["verdict"] == "supported"
    sentences = [answer["text"][sentence["start"] : sentence["end"]] for sentence in answer["sentences"]]
    assert sentences[0] == first["quote"]


def test_chat_abstains_with_reasons_where_the_library_has_no_answer(client: TestClient) -> None:
    answer = client.post("/v1/chat", json={"question": POPULATION}).json()
    assert (answer["abstained"], answer["citations"], answer["sentences"]) == (True, [], [])
    assert answer["cause"] in {"not_answered", "not_in_library"}
    assert answer["text"] == answer["reason"]
    assert all(passage["shortfall"] for passage in answer["passages"])


@pytest.mark.parametrize("question", [ARRESTS, POPULATION])
@pytest.mark.parametrize(
    ("body", "headers"),
    [({"stream": True}, {}), ({}, {"Accept": "text/event-stream"})],
    ids=["field", "header"],
)
def test_a_streamed_answer_is_the_same_answer(
    client: TestClient, question: str, body: dict[str, Any], headers: dict[str, str]
) -> None:
    plain = client.post("/v1/chat", json={"question": question}).json()
    response = client.post("/v1/chat", json={"question": question, **body}, headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    sent = events(response)
    assert [sent[0][0], sent[-1][0]] == ["passages", "answer"]
    assert {name for name, _ in sent[1:-1]} <= {"token", "citation"}
    assert without_chance(sent[-1][1]) == without_chance(plain)
    assert sent[0][1] == {"passages": plain["passages"]}
    assert [data for name, data in sent if name == "citation"] == plain["citations"]
    assert "".join(data["text"] for name, data in sent if name == "token") == plain["text"]


def test_chat_reads_only_what_its_filters_let_through(client: TestClient) -> None:
    body = {"question": ARRESTS, "filters": {"publishers": ["The Harlamoor Courier"]}}
    answer = client.post("/v1/chat", json=body).json()
    assert {passage["path"] for passage in answer["passages"]} == {"lorvenna-courier-two-months-on.html"}
    assert answer["abstained"] is True


def test_chat_takes_a_conversation(client: TestClient) -> None:
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day."}]
    body = {"question": ARRESTS, "conversation_id": "c1", "history": history}
    assert client.post("/v1/chat", json=body).json()["abstained"] is False


# Documents


def test_documents_lists_the_library_without_the_server_s_folders(client: TestClient) -> None:
    body = client.get("/v1/documents").json()
    assert [document["path"] for document in body["documents"]] == [
        "cambodia-scam-raids.md",
        "lorvenna-courier-two-months-on.html",
        "lorvenna-displacement-correction.md",
        "lorvenna-floods-situation-report-4.txt",
        "lorvenna-maravel-dam-inquiry.pdf",
    ]
    assert list(body["documents"][0]) == [
        *["document_id", "version", "path", "kind", "title", "publisher", "published"],
        *["language", "pages", "characters", "passages", "digest", "added"],
    ]
    for document in body["documents"]:
        assert client.get(f"/v1/documents/{document['document_id']}").json() == document


def test_a_document_s_text_is_given_whole_or_in_part(client: TestClient, seed_index: Index) -> None:
    inquiry = next(record for record in seed_index.documents() if record.kind == "pdf")
    stored = seed_index.text(inquiry.document_id)
    route = f"/v1/documents/{inquiry.document_id}/text"
    whole = client.get(route, params={"version": 1}).json()
    assert whole == {
        "document_id": inquiry.document_id,
        "version": 1,
        "title": inquiry.title,
        "text": stored.text,
        "start": 0,
        "end": len(stored.text),
        "page_starts": list(stored.page_starts),
        "characters": len(stored.text),
    }
    part = client.get(route, params={"start": 100, "end": 120}).json()
    assert (part["text"], part["start"], part["end"]) == (stored.text[100:120], 100, 120)
    beyond = client.get(route, params={"start": 10**9}).json()
    assert (beyond["text"], beyond["start"], beyond["end"]) == ("", len(stored.text), len(stored.text))


# Problems


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"question": ""}, "question"),
        ({"question": " \n "}, "question"),
        ({"question": "x" * 2001}, "question"),
        ({"question": 7}, "question"),
        ({}, "question"),
        ({"question": "x?", "stream": "yes"}, "stream"),
        ({"question": "x?", "filters": {"document_ids": ["one"]}}, "filters.document_ids.0"),
        ({"question": "x?", "filters": {"document_ids": [2**63]}}, "filters.document_ids.0"),
        ({"question": "x?", "colour": "red"}, "colour"),
        ({"question": "x?", "history": [{"role": "system", "content": ""}]}, "history.0.role"),
        (["question"], "body"),
    ],
)
def test_a_wrong_field_is_named(client: TestClient, body: object, field: str) -> None:
    response = client.post("/v1/chat", json=body)
    assert_problem(response, 422, "/v1/chat")
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": ""}, "query"),
        ({"query": "x" * 2001}, "query"),
        ({"query": "x", "limit": 0}, "limit"),
        ({"query": "x", "limit": 101}, "limit"),
        ({"query": "x", "limit": "ten"}, "limit"),
        ({"query": "x", "published_before": "18 July 2025"}, "published_before"),
        ({"query": "x", "published_after": "2025-13"}, "published_after"),
        ({"query": "x", "question": "y"}, "question"),
    ],
)
def test_a_wrong_search_field_is_named(client: TestClient, body: object, field: str) -> None:
    response = client.post("/v1/search", json=body)
    assert_problem(response, 422, "/v1/search")
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize("stream", [False, True])
def test_a_question_without_words_is_refused_before_anything_is_sent(
    client: TestClient, stream: bool
) -> None:
    response = client.post("/v1/chat", json={"question": "?!", "stream": stream})
    assert_problem(response, 422, "/v1/chat")
    assert response.json()["detail"] == "the question is empty; ask something about the reports"


def test_half_a_surrogate_pair_is_no_text(client: TestClient) -> None:
    lone = json.dumps({"query": "Cambodia \ud83d"}).encode()
    response = client.post("/v1/search", content=lone, headers={"Content-Type": "application/json"})
    assert_problem(response, 422, "/v1/search")
    assert [error["field"] for error in response.json()["errors"]] == ["query"]


def test_a_malformed_body_is_a_bad_request(client: TestClient) -> None:
    response = client.post("/v1/chat", content=b'{"question": ', headers={"Content-Type": "application/json"})
    assert_problem(response, 400, "/v1/chat")
    assert response.json()["detail"].startswith("The body is not JSON: ")


def test_a_body_that_is_not_declared_as_json_is_refused_with_the_remedy(client: TestClient) -> None:
    response = client.post("/v1/chat", content=b'{"question": "x?"}', headers={"Content-Type": "text/plain"})
    assert_problem(response, 422, "/v1/chat")
    assert "Content-Type: application/json" in response.json()["detail"]


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_above_a_megabyte_is_refused(client: TestClient, declared: bool) -> None:
    body = json.dumps({"question": "x" * 1_000_001}).encode()
    content = body if declared else iter([body[:600_000], body[600_000:]])
    response = client.post("/v1/chat", content=content, headers={"Content-Type": "application/json"})
    assert_problem(response, 413, "/v1/chat")
    assert response.json()["detail"] == "The body is longer than 1,000,000 bytes; send less."


@pytest.mark.parametrize("route", ["/v1/documents/99", "/v1/documents/99/text", "/v1/documents/1?version=9"])
def test_an_unknown_document_is_not_found(client: TestClient, route: str) -> None:
    assert_problem(client.get(route), 404, route.partition("?")[0])


def test_a_document_number_beyond_the_catalog_s_is_refused(client: TestClient) -> None:
    response = client.get(f"/v1/documents/{2**63}")
    assert [error["field"] for error in response.json()["errors"]] == ["document_id"]


def test_an_end_before_the_start_is_refused(client: TestClient) -> None:
    response = client.get("/v1/documents/1/text?start=5&end=2")
    assert_problem(response, 422, "/v1/documents/1/text")
    assert response.json()["detail"] == "end 2 lies before start 5; give a larger end"


@pytest.mark.parametrize("route", ["/v1", "/v1/nothing", "/v1/documents/1/nothing"])
def test_an_unknown_route_is_not_found(client: TestClient, route: str) -> None:
    assert_problem(client.get(route), 404, route)


@pytest.mark.parametrize(
    ("method", "route", "allowed"),
    [
        ("GET", "/v1/chat", "POST"),
        ("PUT", "/v1/search", "POST"),
        ("POST", "/v1/documents/1", "GET"),
        ("DELETE", "/healthz", "GET"),
    ],
)
def test_a_wrong_method_is_refused_with_the_right_one(
    client: TestClient, method: str, route: str, allowed: str
) -> None:
    response = client.request(method, route)
    assert_problem(response, 405, route)
    assert response.headers["allow"] == allowed


def test_a_mistake_of_the_server_gives_nothing_of_itself_away(
    seed_index: Index, seed_engine: QueryEngine
) -> None:
    async def break_down() -> None:
        raise ZeroDivisionError("a secret of the server")

    app = create_app(seed_index, seed_engine)
    app.add_api_route("/broken", break_down)
    # Before the chat, which is mounted at / and takes what is left.
    app.router.routes.insert(0, app.router.routes.pop())
    response = TestClient(app, raise_server_exceptions=False).get("/broken")
    assert_problem(response, 500, "/broken")
    assert "secret" not in response.text
    assert "Traceback" not in response.text


def assert_problem(response: Response, status: int, instance: str) -> None:
    """A problem document as RFC 9457 has it, with nothing but its fields."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail", "instance"}
    assert (problem["type"], problem["status"], problem["instance"]) == ("about:blank", status, instance)
    assert problem["title"]
    assert problem["detail"]


# Server


def test_health_says_which_home_it_is_the_server_of(
    seed_index: Index, seed_engine: QueryEngine, client: TestClient, tmp_path: Path
) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    app = create_app(seed_index, seed_engine, Settings(home=tmp_path))
    assert TestClient(app).get("/healthz").json() == {"status": "ok", "home": home_id(tmp_path)}


def test_ready_says_which_generation_is_read(client: TestClient, seed_index: Index) -> None:
    assert client.get("/readyz").json() == {"status": "ready", "generation": seed_index.generation}


def test_the_documentation_names_every_route_and_loads_nothing_from_elsewhere(client: TestClient) -> None:
    assert list(client.get("/openapi.json").json()["paths"]) == [
        "/v1/search",
        "/v1/chat",
        "/v1/documents",
        "/v1/documents/{document_id}",
        "/v1/documents/{document_id}/text",
        "/healthz",
        "/readyz",
    ]
    page = client.get("/docs").text
    assert "://" not in page
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
