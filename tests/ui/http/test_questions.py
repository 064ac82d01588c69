"""Questions, searches, batches of searches, suggestions and feedback over HTTP."""

from __future__ import annotations

import json
import os
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from index.embedding.encoder import Encoder
from index.embedding.model import Kind, Vector
from index.embedding.onnx import Bge
from index.library import Library
from rag.conversations.feedback import CitedEvidence, Feedback, read_feedback
from rag.engine import QueryEngine
from rag.finding.ranking import CALIBRATION, SURE
from tests.support.libraries import MakeLibrary
from tests.support.reports import incoming
from tests.ui.http.conftest import problem
from ui.app import create_app
from ui.http import questions as api
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


def without_chance(found: dict[str, Any]) -> dict[str, Any]:
    """A response without the fields that differ each time."""
    chance = {"answer_id", "conversation_id", "created", "timings", "took_ms"}
    return {name: value for name, value in found.items() if name not in chance}


def asked(client: TestClient, question: str, **body: object) -> dict[str, Any]:
    found: dict[str, Any] = client.post("/v1/chat", json={"question": question, **body}).json()
    return found


FUND = (
    "The fund for children spent 330 tals on schools in June. It was founded in 1911 by two teachers.\n\n"
    "In May 212 members of parliament voted for the fund.\n\nThe aims of the fund for children are:\n\n"
    "safer roads;\n\nmore books.\n\nThe mayor was ill.\n"
)


@pytest.fixture
def funded(library: MakeLibrary) -> Iterator[TestClient]:
    """A client of a server with a report in a file that names who made it."""
    front = "---\ntitle: The fund of Sudan\n---\n\n"
    files = {"unofa-fund-2031.md": f"{front}{FUND}", "cars.txt": "The council sold two sedans in the flood."}
    engine = library(files)
    with TestClient(create_app(engine.index, engine)) as client:
        yield client


def test_a_report_s_list_abbreviations_title_and_file_name_are_understood(funded: TestClient) -> None:
    aims = asked(funded, "What are the aims of the fund for children?")["citations"]
    assert [cited["quote"] for cited in aims][:3] == [
        "The aims of the fund for children are:",
        "safer roads;",
        "more books.",
    ]
    votes = asked(funded, "How many MPs voted for the fund in May?")
    assert (votes["abstained"], votes["note"]) == (False, None), "it has members of parliament"
    spent = asked(funded, "How many tals did the UNOFA fund for children spend on schools in June?")
    assert (spent["abstained"], spent["note"]) == (False, None), "its file is called unofa"
    assert asked(funded, "Who founded sudans fund for children?")["searched_for"] is None


# Search


def test_search_answers_with_the_contract_s_fields(seed_client: TestClient) -> None:
    body = seed_client.post("/v1/search", json={"query": "scam dens in Cambodia", "limit": 2}).json()
    assert list(body) == ["query", "results", "took_ms", "generation"]
    assert body["query"] == "scam dens in Cambodia"
    assert [result["path"] for result in body["results"]] == ["cambodia-scam-raids.md"] * 2
    first = body["results"][0]
    assert list(first) == [
        *["document_id", "version", "title", "publisher", "published", "path", "page", "page_label"],
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
    found = [
        (-each["score"], result["text"][each["start"] - result["start"] : each["end"] - result["start"]])
        for result in seed_client.post("/v1/search", json={"query": ARRESTS}).json()["results"]
        for each in result["sentences"]
    ]
    nearest = sorted(found)[:3]
    assert any("thousand suspects" in words and "three days" in words for _, words in nearest)


def test_search_keeps_to_its_filters(seed_client: TestClient) -> None:
    def paths(**body: object) -> set[str]:
        found = seed_client.post("/v1/search", json={"query": "people", "limit": 100, **body}).json()
        return {result["path"] for result in found["results"]}

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
    answer = asked(seed_client, ARRESTS)
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
    answer = asked(seed_client, RAINFALL)
    assert (answer["abstained"], answer["citations"], answer["sentences"]) == (True, [], [])
    assert answer["cause"] in {"not_answered", "not_in_library"}
    assert answer["text"] == answer["reason"]
    assert all(passage["shortfall"] for passage in answer["passages"])


def test_chat_corrects_the_spelling_and_says_so_unless_the_question_is_exact(seed_client: TestClient) -> None:
    typed, meant = "How many suspects were arested?", "How many suspects were arrested?"
    answer = asked(seed_client, typed)
    assert (answer["question"], answer["searched_for"]) == (typed, meant)
    assert asked(seed_client, typed, exact=True)["searched_for"] is None
    sent = events(seed_client.post("/v1/chat", json={"question": typed, "stream": True}))
    assert (sent[0], sent[1][0]) == (("corrected", {"searched_for": meant}), "passages")


def test_chat_answers_what_is_no_question_with_a_sentence(seed_client: TestClient) -> None:
    for said, cause, text in (
        ("Hello!", "greeting", "Hello! Ask a question about the reports in this library."),
        ("translate that", "needs_model", "Without a language model, answers can only quote the reports; "),
    ):
        answer = asked(seed_client, said)
        assert [answer[name] for name in ("cause", "passages", "searched")] == [cause, [], None]
        assert answer["text"].startswith(text)


def test_chat_follows_the_turns_before(seed_client: TestClient) -> None:
    history = [{"role": "user", "content": "Did gate 3 of the Maravel Dam fail?"}]
    why = asked(seed_client, "why?", history=history)
    assert why["standalone"] == "Did gate 3 of the Maravel Dam fail? why?"
    assert why["citations"][0]["path"] == "lorvenna-maravel-dam-inquiry.pdf"
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day."}]
    assert asked(seed_client, ARRESTS, conversation_id="c1", history=history)["abstained"] is False


@pytest.mark.parametrize("question", [ARRESTS, RAINFALL])
def test_a_streamed_answer_is_the_same_answer(seed_client: TestClient, question: str) -> None:
    plain = asked(seed_client, question)
    by_field = question == ARRESTS
    headers = {} if by_field else {"Accept": "text/event-stream"}
    response = seed_client.post("/v1/chat", json={"question": question, "stream": by_field}, headers=headers)
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


def test_chat_reads_only_what_its_filters_let_through(seed_client: TestClient) -> None:
    def paths(passages: list[dict[str, Any]]) -> set[str]:
        return {passage["path"] for passage in passages}

    answer = asked(seed_client, ARRESTS, filters={"publishers": ["The Harlamoor Courier"]})
    assert paths(answer["passages"]) == {"lorvenna-courier-two-months-on.html"}
    assert answer["abstained"] is True
    dates = {"published_after": "2025-07-01", "published_before": "2025-07-19"}
    assert paths(asked(seed_client, ARRESTS, **dates)["passages"]) == {"cambodia-scam-raids.md"}
    body = {"question": ARRESTS, **dates, "published_before": "2025-07-18", "stream": True}
    sent = events(seed_client.post("/v1/chat", json=body))
    assert "cambodia-scam-raids.md" not in paths(sent[0][1]["passages"])


def test_no_more_are_worked_on_than_there_are_cores(
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


# Batches of searches, and starters


QUERIES: list[dict[str, Any]] = [
    {"query": "scam dens in Cambodia", "limit": 3},
    {"query": "rust in the pin of gate 3", "filters": {"kinds": ["pdf"]}},
    {"query": "people", "published_before": "2025-05-14", "limit": 100},
    {"query": "  scam dens in Cambodia "},
]


def test_each_result_is_that_of_the_single_search(seed_client: TestClient) -> None:
    body = seed_client.post("/v1/search/batch", json={"queries": QUERIES}).json()
    assert list(body) == ["searches", "took_ms", "generation"]
    alone = [seed_client.post("/v1/search", json=query).json() for query in QUERIES]
    assert list(map(without_chance, body["searches"])) == list(map(without_chance, alone))
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


def test_starters_are_made_in_the_background(seed_engine: QueryEngine) -> None:
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


def test_starters_are_plain_questions_with_sure_answers(library: MakeLibrary) -> None:
    closed = "The council of Varda closed the third gate of the dam on 3 March 1931."
    heard = "The Commission of Varda heard 63 witnesses and read some 1,900 documents."
    index = library({"dam.txt": f"Of the dam of Varda\n\n{closed} {heard}\n"}).index
    question = "When did the council of Varda close the third gate of the dam?"
    unsure = QueryEngine(index, calibration=replace(CALIBRATION, offset=-16.0, threshold=0.01))
    for engine, expected in ((QueryEngine(index), [question]), (unsure, [])):
        with TestClient(create_app(index, engine), base_url="http://127.0.0.1") as client:
            answer = asked(client, question)
            assert (answer["abstained"], answer["answerability"] >= SURE) == (False, bool(expected))
            deadline = time.monotonic() + 60
            while not (made := client.get("/v1/suggestions").json())["complete"]:
                assert time.monotonic() < deadline
                time.sleep(0.2)
            assert [starter["question"] for starter in made["starters"]] == expected


# Feedback


SUNDAY = "The dam of Varda broke on Sunday."
QUESTION = "When did the dam of Varda break?"
EVIDENCE = {"document_id": 1, "version": 1, "start": 0, "end": 33}


class TestFeedback:
    @pytest.fixture
    def engine(self, library: MakeLibrary) -> QueryEngine:
        made = library({"dam.txt": f"{SUNDAY} Nobody was warned of it."})
        return QueryEngine(made.index, keeps=True)

    def kept(self, engine: QueryEngine) -> list[Feedback]:
        return read_feedback(engine.index.catalog)

    def test_it_is_kept_with_the_words_of_its_evidence(self, client: TestClient, engine: QueryEngine) -> None:
        before = datetime.now(UTC).replace(microsecond=0)
        body = {"question": f" {QUESTION} ", "verdict": "right", "evidence": [EVIDENCE], "note": "as printed"}
        response = client.post("/v1/feedback", json=body)
        assert response.status_code == 201
        [feedback] = self.kept(engine)
        [record] = engine.index.catalog.documents()
        assert before <= datetime.fromisoformat(feedback.given_at) <= datetime.now(UTC)
        evidence = (CitedEvidence(record.source, "dam.txt", 0, 33, SUNDAY),)
        assert feedback == Feedback(QUESTION, "right", evidence, "as printed", feedback.given_at)
        assert response.json() == {
            "question": QUESTION,
            "verdict": "right",
            "evidence": [{"path": "dam.txt", "start": 0, "end": 33, "quote": SUNDAY}],
            "note": "as printed",
            "given_at": feedback.given_at,
            "answer_id": None,
        }

    def test_a_right_answer_is_kept_with_what_it_cites(self, client: TestClient, engine: QueryEngine) -> None:
        answer = asked(client, QUESTION)
        judged = {"question": QUESTION, "answer_id": answer["answer_id"]}
        for verdict in ("right", "wrong", "unanswerable"):
            assert client.post("/v1/feedback", json={**judged, "verdict": verdict}).status_code == 201
        # Evidence in the request replaces that of the answer.
        client.post("/v1/feedback", json={**judged, "verdict": "right", "evidence": [EVIDENCE]})
        quotes = [citation["quote"] for citation in answer["citations"]]
        found = self.kept(engine)
        assert [(each.verdict, [item.quote for item in each.evidence], each.note) for each in found] == [
            ("right", quotes, None),
            ("wrong", [], None),
            ("unanswerable", [], None),
            ("right", [SUNDAY], None),
        ]
        assert {each.answer_id for each in found} == {answer["answer_id"]}

    def test_what_cannot_be_kept_is_a_problem(self, client: TestClient, engine: QueryEngine) -> None:
        refused: tuple[tuple[dict[str, Any], int, str], ...] = (
            ({"evidence": [EVIDENCE | {"document_id": 9}]}, 404, "document 9, version 1 is not in the"),
            ({"evidence": [EVIDENCE | {"version": 2}]}, 404, "document 1, version 2 is not in the library; "),
            (
                {"evidence": [EVIDENCE, EVIDENCE | {"end": 59}]},
                422,
                "start 0 and end 59 are not a span of document 1, version 1, which has 58 characters; ",
            ),
            ({"evidence": [EVIDENCE | {"start": 33}]}, 422, "start 33 and end 33 are not a span of document"),
            ({"evidence": [EVIDENCE | {"start": -1}]}, 422, "evidence.0.start: "),
            ({"verdict": "fine"}, 422, "verdict: "),
            ({"question": " "}, 422, "question: must not be empty"),
            ({"evidence": [{"document_id": 1}]}, 422, "evidence.0.version: "),
            ({"evidence": [EVIDENCE] * 101}, 422, "evidence: "),
            ({"stars": 5}, 422, "stars: unknown field"),
            ({"answer_id": "f" * 32}, 404, f"there is no answer '{'f' * 32}'; "),
            ({"answer_id": "../x"}, 422, "answer_id: "),
        )
        for changed, status, detail in refused:
            response = client.post("/v1/feedback", json={"question": QUESTION, "verdict": "right", **changed})
            assert problem(response, status).startswith(detail)
        assert self.kept(engine) == []
