"""``POST /v1/feedback`` stores a judgement with its evidence, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from rag.conversations.feedback import CitedEvidence, Feedback, read_feedback
from rag.engine import QueryEngine
from ui.app import create_app

SUNDAY = "The dam of Varda broke on Sunday."
DAM = f"{SUNDAY} Nobody was warned of it."
QUESTION = "When did the dam of Varda break?"
EVIDENCE = {"document_id": 1, "version": 1, "start": 0, "end": 33}


@pytest.fixture
def engine(library: Callable[[Mapping[str, str]], QueryEngine]) -> QueryEngine:
    return library({"dam.txt": DAM})


def kept(engine: QueryEngine) -> list[Feedback]:
    return read_feedback(engine.index.catalog)


def test_feedback_is_kept_with_the_words_of_its_evidence(client: TestClient, engine: QueryEngine) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    body = {"question": f" {QUESTION} ", "verdict": "right", "evidence": [EVIDENCE], "note": "as printed"}
    response = client.post("/v1/feedback", json=body)
    assert response.status_code == 201
    [feedback] = kept(engine)
    [record] = engine.index.catalog.documents()
    assert before <= datetime.fromisoformat(feedback.given_at) <= datetime.now(UTC)
    assert feedback == Feedback(
        QUESTION,
        "right",
        (CitedEvidence(record.source, "dam.txt", 0, 33, SUNDAY),),
        "as printed",
        feedback.given_at,
    )
    assert response.json() == {
        "question": QUESTION,
        "verdict": "right",
        "evidence": [
            {"path": "dam.txt", "start": 0, "end": 33, "quote": "The dam of Varda broke on Sunday."}
        ],
        "note": "as printed",
        "given_at": feedback.given_at,
        "answer_id": None,
    }


def test_a_citation_of_an_answer_is_evidence(client: TestClient, engine: QueryEngine) -> None:
    citation = client.post("/v1/chat", json={"question": QUESTION}).json()["citations"][0]
    evidence = [{field: citation[field] for field in EVIDENCE}]
    body = {"question": QUESTION, "verdict": "right", "evidence": evidence}
    assert client.post("/v1/feedback", json=body).status_code == 201
    assert [item.quote for item in kept(engine)[0].evidence] == [citation["quote"]]


def test_an_answer_that_is_right_is_kept_with_what_it_cites(engine: QueryEngine) -> None:
    keeping = QueryEngine(engine.index, keeps=True)
    with TestClient(create_app(engine.index, keeping)) as client:
        answer = client.post("/v1/chat", json={"question": QUESTION}).json()
        judged = {"question": QUESTION, "answer_id": answer["answer_id"]}
        for verdict in ("right", "wrong"):
            assert client.post("/v1/feedback", json={**judged, "verdict": verdict}).status_code == 201
        right, wrong = kept(engine)
        quotes = [citation["quote"] for citation in answer["citations"]]
        assert [item.quote for item in right.evidence] == quotes
        assert wrong.evidence == ()
        assert {right.answer_id, wrong.answer_id} == {answer["answer_id"]}
        # Evidence in the request replaces that of the answer.
        said = {**judged, "verdict": "right", "evidence": [EVIDENCE]}
        client.post("/v1/feedback", json=said)
        assert [item.quote for item in kept(engine)[2].evidence] == [SUNDAY]


def test_evidence_and_a_note_are_not_needed(client: TestClient, engine: QueryEngine) -> None:
    for verdict in ("wrong", "unanswerable"):
        response = client.post("/v1/feedback", json={"question": QUESTION, "verdict": verdict})
        assert response.status_code == 201
    assert [(item.verdict, item.evidence, item.note) for item in kept(engine)] == [
        ("wrong", (), None),
        ("unanswerable", (), None),
    ]


@pytest.mark.slow_cases
@pytest.mark.parametrize(
    ("changed", "status", "detail"),
    [
        ({"evidence": [EVIDENCE | {"document_id": 9}]}, 404, "document 9, version 1 is not in the library; "),
        ({"evidence": [EVIDENCE | {"version": 2}]}, 404, "document 1, version 2 is not in the library; "),
        (
            {"evidence": [EVIDENCE, EVIDENCE | {"end": 59}]},
            422,
            "start 0 and end 59 are not a span of document 1, version 1, which has 58 characters; ",
        ),
        ({"evidence": [EVIDENCE | {"start": 33}]}, 422, "start 33 and end 33 are not a span of document 1, "),
        ({"evidence": [EVIDENCE | {"start": -1}]}, 422, "evidence.0.start: "),
        ({"verdict": "fine"}, 422, "verdict: "),
        ({"question": " "}, 422, "question: must not be empty"),
        ({"evidence": [{"document_id": 1}]}, 422, "evidence.0.version: "),
        ({"evidence": [EVIDENCE] * 101}, 422, "evidence: "),
        ({"stars": 5}, 422, "stars: unknown field"),
        ({"answer_id": "f" * 32}, 404, f"there is no answer '{'f' * 32}'; "),
        ({"answer_id": "../x"}, 422, "answer_id: "),
    ],
)
def test_what_cannot_be_kept_is_a_problem_and_keeps_nothing(
    client: TestClient, engine: QueryEngine, changed: dict[str, Any], status: int, detail: str
) -> None:
    body = {"question": QUESTION, "verdict": "right"} | changed
    response = client.post("/v1/feedback", json=body)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert response.json()["detail"].startswith(detail)
    assert kept(engine) == []
