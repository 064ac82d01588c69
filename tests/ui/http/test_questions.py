"""Questions, searches, batches of searches and suggestions over HTTP."""

from __future__ import annotations

import json
import os
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from time import sleep
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from index.embedding.encoder import Encoder
from index.embedding.model import Kind, Vector
from index.embedding.onnx import Bge
from index.library import Library
from index.text.tabular import tables
from rag.engine import QueryEngine
from tests.support.reports import incoming
from ui.app import create_app
from ui.http import questions as api
from ui.http.request_bodies import MAX_BATCH
from ui.search import Query, batch_response, search_response

if TYPE_CHECKING:
    from httpx2 import Response

ARRESTS = "How many suspects were arrested, and over how many days?"
RAINFALL = "What is the rainfall of Cambodia?"


def events(response: Response) -> list[tuple[str, Any]]:
    """A stream of server-sent events as names and data."""
    blocks = response.text.replace("\r\n", "\n").strip().split("\n\n")
    lines = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [(line["event"], json.loads(line["data"])) for line in lines]


def without_chance(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the fields that differ each time a question is asked."""
    return {
        name: value
        for name, value in answer.items()
        if name not in {"answer_id", "conversation_id", "created", "timings"}
    }


# Search


def test_search_answers_with_the_contract_s_fields(seed_client: TestClient) -> None:
    body = seed_client.post("/v1/search", json={"query": "scam dens in Cambodia", "limit": 2}).json()
    assert list(body) == ["query", "results", "took_ms", "generation"]
    assert body["query"] == "scam dens in Cambodia"
    assert [result["path"] for result in body["results"]] == ["cambodia-scam-raids.md"] * 2
    first = body["results"][0]
    assert list(first) == [
        *["document_id", "version", "title", "publisher", "published", "path", "page"],
        *["start", "end", "text", "score", "scores", "sentences", "recognised"],
    ]
    assert first["published"] == "2025-07-18"
    assert list(first["scores"]) == ["dense", "lexical"]


def test_search_results_and_their_sentences_are_spans_of_the_stored_text(seed_client: TestClient) -> None:
    for result in seed_client.post("/v1/search", json={"query": "dam gate", "limit": 100}).json()["results"]:
        text = seed_client.get(f"/v1/documents/{result['document_id']}/text").json()["text"]
        assert result["text"] == text[result["start"] : result["end"]]
        sentences = result["sentences"]
        assert sentences[0]["start"] == result["start"]
        assert sentences[-1]["end"] == result["end"]
        assert all(list(sentence) == ["start", "end", "score"] for sentence in sentences)
        for sentence in sentences:
            # A title, a caption, a lone name or a lone number states nothing, so it has no score.
            words = text[sentence["start"] : sentence["end"]].strip()
            states_something = words.endswith(".") and any(map(str.isalpha, words))
            assert 0 <= sentence["score"] < 1
            assert sentence["score"] > 0 or not states_something


def test_the_sentence_that_answers_is_among_the_three_nearest(seed_client: TestClient) -> None:
    results = seed_client.post("/v1/search", json={"query": ARRESTS}).json()["results"]
    nearest = sorted(
        (
            (
                -sentence["score"],
                result["text"][sentence["start"] - result["start"] : sentence["end"] - result["start"]],
            )
            for result in results
            for sentence in result["sentences"]
            if sentence["score"] is not None
        ),
        key=lambda scored: scored[0],
    )[:3]
    assert any("thousand suspects" in words and "three days" in words for _, words in nearest)


def test_search_keeps_to_its_filters(seed_client: TestClient) -> None:
    def paths(**body: object) -> set[str]:
        found = seed_client.post("/v1/search", json={"query": "people", "limit": 100, **body}).json()[
            "results"
        ]
        return {result["path"] for result in found}

    office = "National Statistics Office of Lorvenna"
    assert paths(filters={"publishers": [office]}) == {"lorvenna-displacement-correction.md"}
    assert paths(filters={"document_ids": [1]}) == {"cambodia-scam-raids.md"}
    assert paths(filters={"languages": ["km"]}) == set()
    assert paths(filters={"collections": ["seeds"]}) == set()
    assert paths(filters={"kinds": ["docx"]}) == {"lorvenna-siren-plan.docx"}
    assert paths(published_after="2025-07-18") == {
        "lorvenna-maravel-dam-inquiry.pdf",
        "lorvenna-schools-autumn-2025.pdf",
        "lorvenna-siren-plan.docx",
    }
    assert paths(published_before="2025-05-14") == {"lorvenna-floods-situation-report-4.txt"}


# Chat


def test_chat_answers_with_quotes_of_the_stored_text(seed_client: TestClient) -> None:
    answer = seed_client.post("/v1/chat", json={"question": ARRESTS}).json()
    assert answer["abstained"] is False
    first = answer["citations"][0]
    assert "thousand suspects" in first["quote"]
    assert "three days" in first["quote"]
    for cited in answer["citations"]:
        text = seed_client.get(f"/v1/documents/{cited['document_id']}/text?version={cited['version']}").json()
        assert cited["quote"] == text["text"][cited["start"] : cited["end"]]
        assert cited["verification"]["verdict"] == "quoted"
    assert {sentence["verdict"] for sentence in answer["sentences"]} == {"quoted"}
    sentences = [answer["text"][sentence["start"] : sentence["end"]] for sentence in answer["sentences"]]
    assert sentences[0] == first["quote"]


def test_chat_abstains_with_reasons_where_the_library_has_no_answer(seed_client: TestClient) -> None:
    answer = seed_client.post("/v1/chat", json={"question": RAINFALL}).json()
    assert (answer["abstained"], answer["citations"], answer["sentences"]) == (True, [], [])
    assert answer["cause"] in {"not_answered", "not_in_library"}
    assert answer["text"] == answer["reason"]
    assert all(passage["shortfall"] for passage in answer["passages"])


def test_chat_corrects_the_spelling_and_says_so_unless_the_question_is_exact(seed_client: TestClient) -> None:
    asked = {"question": "How many suspects were arested?"}
    answer = seed_client.post("/v1/chat", json=asked).json()
    assert (answer["question"], answer["searched_for"]) == (
        "How many suspects were arested?",
        "How many suspects were arrested?",
    )
    assert seed_client.post("/v1/chat", json={**asked, "exact": True}).json()["searched_for"] is None
    sent = events(seed_client.post("/v1/chat", json={**asked, "stream": True}))
    assert sent[0] == ("corrected", {"searched_for": "How many suspects were arrested?"})
    assert sent[1][0] == "passages"


def test_chat_answers_a_greeting_with_a_sentence(seed_client: TestClient) -> None:
    answer = seed_client.post("/v1/chat", json={"question": "Hello!"}).json()
    assert (answer["cause"], answer["passages"], answer["searched"]) == ("greeting", [], None)
    assert answer["text"] == "Hello! Ask a question about the reports in this library."


def test_chat_says_that_a_language_model_is_needed_and_how_to_choose_one(seed_client: TestClient) -> None:
    answer = seed_client.post("/v1/chat", json={"question": "translate that"}).json()
    assert (answer["cause"], answer["passages"], answer["searched"]) == ("needs_model", [], None)
    assert answer["text"] == (
        "Without a language model, answers can only quote the reports; whoever runs this server can choose "
        "one on the page, under “Quotes only” below the question, or with `footnoted model set`."
    )


def test_chat_shortens_and_extends_the_last_answer(seed_client: TestClient) -> None:
    question = "How many people were displaced by the floods in Lorvenna in March?"
    first = seed_client.post("/v1/chat", json={"question": question}).json()
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": first["text"]}]
    shorter, more = (
        seed_client.post("/v1/chat", json={"question": said, "history": turns}).json()
        for said in ("shorter", "more")
    )
    assert (shorter["text"], shorter["standalone"]) == (first["text"].split("\n")[0], question)
    assert len(shorter["citations"]) == 1
    assert more["text"].startswith("On 20 March the Ministry of Civil Protection had 12,400 displaced people")


def test_chat_quotes_all_rows_of_a_table(seed_client: TestClient) -> None:
    asked = {"question": "Make a table of displaced persons by district"}
    citations = seed_client.post("/v1/chat", json=asked).json()["citations"]
    assert [citation["quote"].split(" | ")[0] for citation in citations] == [
        *["Sarrow", "Quell Delta", "Tamber", "Upper Isken", "All four districts"]
    ]
    assert {citation["headings"].splitlines()[0] for citation in citations} == {
        "Persons displaced on 12 May 2025, by district:"
    }


@pytest.mark.parametrize("question", [ARRESTS, RAINFALL])
@pytest.mark.parametrize(
    ("body", "headers"),
    [({"stream": True}, {}), ({}, {"Accept": "text/event-stream"})],
    ids=["field", "header"],
)
def test_a_streamed_answer_is_the_same_answer(
    seed_client: TestClient, question: str, body: dict[str, Any], headers: dict[str, str]
) -> None:
    plain = seed_client.post("/v1/chat", json={"question": question}).json()
    response = seed_client.post("/v1/chat", json={"question": question, **body}, headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    sent = events(response)
    assert [sent[0][0], sent[-1][0]] == ["passages", "answer"]
    assert {name for name, _ in sent[1:-1]} <= {"token", "citation"}
    assert without_chance(sent[-1][1]) == without_chance(plain)
    assert sent[0][1] == {"passages": plain["passages"]}
    assert [data for name, data in sent if name == "citation"] == plain["citations"]
    tokens = [data for name, data in sent if name == "token"]
    assert "".join(data["text"] for data in tokens) == plain["text"]
    # The reason of an abstention is no sentence that has a verdict.
    assert {data["verdict"] for data in tokens} == ({None} if plain["abstained"] else {"quoted"})


def test_the_description_has_the_four_verdicts(seed_client: TestClient) -> None:
    schemas = seed_client.get("/openapi.json").json()["components"]["schemas"]
    verdicts = ["quoted", "supported", "paraphrased", "unsupported"]
    for name in ("Verification", "AnswerSentence"):
        assert schemas[name]["properties"]["verdict"]["enum"] == verdicts


def test_chat_reads_only_what_its_filters_let_through(seed_client: TestClient) -> None:
    body = {"question": ARRESTS, "filters": {"publishers": ["The Harlamoor Courier"]}}
    answer = seed_client.post("/v1/chat", json=body).json()
    assert {passage["path"] for passage in answer["passages"]} == {"lorvenna-courier-two-months-on.html"}
    assert answer["abstained"] is True


def test_chat_reads_only_what_was_published_between_its_dates(seed_client: TestClient) -> None:
    body = {"question": ARRESTS, "published_after": "2025-07-01", "published_before": "2025-07-19"}
    answer = seed_client.post("/v1/chat", json=body).json()
    assert {passage["path"] for passage in answer["passages"]} == {"cambodia-scam-raids.md"}
    body["published_before"] = "2025-07-18"
    events_sent = events(seed_client.post("/v1/chat", json={**body, "stream": True}))
    assert "cambodia-scam-raids.md" not in {passage["path"] for passage in events_sent[0][1]["passages"]}


def test_a_question_that_only_asks_replaces_what_the_earlier_one_asks(seed_client: TestClient) -> None:
    history = [{"role": "user", "content": "Did gate 3 of the Maravel Dam fail?"}]
    answer = seed_client.post("/v1/chat", json={"question": "why?", "history": history}).json()
    assert answer["standalone"] == "Why did gate 3 of the Maravel Dam fail?"
    assert answer["citations"][0]["path"] == "lorvenna-maravel-dam-inquiry.pdf"


def test_chat_takes_a_conversation(seed_client: TestClient) -> None:
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day."}]
    body = {"question": ARRESTS, "conversation_id": "c1", "history": history}
    assert seed_client.post("/v1/chat", json=body).json()["abstained"] is False


# Documents


def test_documents_lists_the_library_without_the_server_s_folders(seed_client: TestClient) -> None:
    body = seed_client.get("/v1/documents").json()
    assert [document["path"] for document in body["documents"]] == [
        "cambodia-scam-raids.md",
        "lorvenna-courier-two-months-on.html",
        "lorvenna-displacement-correction.md",
        "lorvenna-floods-situation-report-4.txt",
        "lorvenna-maravel-dam-inquiry.pdf",
        "lorvenna-schools-autumn-2025.pdf",
        "lorvenna-siren-plan.docx",
    ]
    assert list(body["documents"][0]) == [
        *["document_id", "version", "path", "kind", "title", "publisher", "published"],
        *[
            "language",
            "pages",
            "characters",
            "passages",
            "digest",
            "added",
            "author",
            "collection",
            "origins",
        ],
        *[
            "unread_pages",
            "recognised_pages",
            "superseded_by",
            "published_precision",
            "page_pictures",
            "uploaded",
        ],
    ]
    for document in body["documents"]:
        alone = seed_client.get(f"/v1/documents/{document['document_id']}").json()
        assert {**document, "sections": alone["sections"], "same_as": []} == alone


def test_a_document_s_text_is_given_whole_or_in_part(seed_client: TestClient, seed_index: Library) -> None:
    inquiry = next(record for record in seed_index.catalog.documents() if record.kind == "pdf")
    stored = seed_index.catalog.text(inquiry.document_id)
    route = f"/v1/documents/{inquiry.document_id}/text"
    whole = seed_client.get(route, params={"version": 1}).json()
    assert whole == {
        "document_id": inquiry.document_id,
        "version": 1,
        "title": inquiry.title,
        "text": stored.text,
        "start": 0,
        "end": len(stored.text),
        "page_starts": list(stored.page_starts),
        "characters": len(stored.text),
        "tables": [
            {"start": table.span.start, "header_end": table.header.end, "end": table.span.end}
            for table in tables(stored.text)
        ],
    }
    part = seed_client.get(route, params={"start": 100, "end": 120}).json()
    assert (part["text"], part["start"], part["end"]) == (stored.text[100:120], 100, 120)
    beyond = seed_client.get(route, params={"start": 10**9}).json()
    assert (beyond["text"], beyond["start"], beyond["end"]) == ("", len(stored.text), len(stored.text))


def test_no_more_questions_are_worked_on_at_once_than_there_are_cores(
    seed_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, working, seen = Lock(), [0], []
    searched = search_response

    def watched(*given: Any) -> dict[str, Any]:  # noqa: ANN401 (passed on)
        with lock:
            working[0] += 1
            seen.append(working[0])
        sleep(0.05)
        found = searched(*given)
        with lock:
            working[0] -= 1
        return found

    monkeypatch.setattr(api, "search_response", watched)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(seed_client.post, "/v1/search", json={"query": f"gate {n}"}) for n in range(8)]
        assert [each.result(30).status_code for each in asked] == [200] * 8
    assert max(seen) == min(8, os.cpu_count() or 1)


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
