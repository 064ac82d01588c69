"""The routes that list, search, rename, export and delete conversations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from benchmarks.stub_encoder import StubEncoder
from index.library import Library
from rag.answers import Answer
from rag.conversations.answers import answer_json, keep
from rag.engine import QueryEngine
from tests.support.markup import answer, citation
from tests.support.reports import incoming
from ui.export import format_of, lay_out_conversation

if TYPE_CHECKING:
    from httpx2 import Response

ROUTE = "/v1/conversations"


def made(number: int, conversation_id: str | None, question: str, quote: str) -> Answer:
    return replace(
        answer(citation(number, quote)),
        answer_id=f"{number:032x}",
        conversation_id=conversation_id,
        question=question,
        created=f"2031-08-0{number}T10:00:00+00:00",
    )


DAM = made(1, "c-1", "Why did gate 3 fail?", "Gate 3 failed.")
GATES = made(2, "c-1", "And gate 4?", "Bốn cửa xả bị hỏng.")
RAIN = made(3, "0a" * 16, "<b>Rain</b>?", "It rained.")
FIRST = {
    "conversation_id": "c-1",
    "name": DAM.question,
    "named": False,
    "created": DAM.created,
    "updated": GATES.created,
    "answers": 2,
    "shared": False,
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[QueryEngine]:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        index.replace([incoming("The council closed gate 3. Gate 4 is open. It rained for nine days.")])
        for each in (DAM, GATES, RAIN):
            keep(index.catalog, each)
        yield QueryEngine(index, keeps=True)


def listed(client: TestClient, **query: object) -> list[str]:
    found = client.get(ROUTE, params={name: str(value) for name, value in query.items()}).json()
    return [each["conversation_id"] for each in found["conversations"]]


def questions(client: TestClient, conversation_id: str) -> list[str]:
    return [each["question"] for each in client.get(f"{ROUTE}/{conversation_id}").json()["answers"]]


def problem(response: Response, status: int) -> str:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    return str(response.json()["detail"])


def test_the_newest_conversation_comes_first(client: TestClient) -> None:
    second = {
        "conversation_id": "0a" * 16,
        "name": "<b>Rain</b>?",
        "named": False,
        "created": RAIN.created,
        "updated": RAIN.created,
        "answers": 1,
        "shared": False,
    }
    assert client.get(ROUTE).json() == {"conversations": [second, FIRST], "next_cursor": None}
    assert client.get(ROUTE, params={"limit": 1}).json()["conversations"] == [second]
    assert [listed(client, query=query) for query in ("bon CUA", "gate", "rained", "snow")] == [
        *(["c-1"], ["c-1"], ["0a" * 16], [])
    ]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"limit": 0}, "limit: Input should be greater than or equal to 1"),
        ({"limit": 5_001}, "limit: Input should be less than or equal to 5000"),
        ({"query": "x" * 201}, "query: String should have at most 200 characters"),
    ],
)
def test_a_list_has_its_bounds(client: TestClient, query: dict[str, Any], detail: str) -> None:
    assert problem(client.get(ROUTE, params=query), 422) == detail


def test_a_conversation_has_its_answers_byte_for_byte(client: TestClient) -> None:
    response = client.get(f"{ROUTE}/c-1")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json() == {**FIRST, "answers": [json.loads(answer_json(each)) for each in (DAM, GATES)]}
    assert f"[{answer_json(DAM)},{answer_json(GATES)}]" in response.text


def test_a_name_is_given_and_taken_away(client: TestClient) -> None:
    renamed = client.patch(f"{ROUTE}/c-1", json={"name": " The gates\nof Varda "})
    assert (renamed.status_code, renamed.json()) == (
        *(200, {**FIRST, "name": "The gates of Varda", "named": True}),
    )
    assert listed(client, query="varda") == ["c-1"]
    assert client.get(f"{ROUTE}/c-1").json()["name"] == "The gates of Varda"
    assert client.patch(f"{ROUTE}/c-1", json={"name": ""}).json() == FIRST


@pytest.mark.slow_cases
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"name": 7}, "name: Input should be a valid string"),
        ({"shared": "yes"}, "shared: Input should be a valid boolean"),
        ({"name": "x" * 201}, "name: String should have at most 200 characters"),
        ({"name": "x", "color": "red"}, "color: unknown field; remove it or correct its name"),
    ],
)
def test_what_is_no_name_is_refused(client: TestClient, body: dict[str, Any], detail: str) -> None:
    assert problem(client.patch(f"{ROUTE}/c-1", json=body), 422) == detail
    assert client.get(ROUTE).json()["conversations"][1] == FIRST


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": None, "shared": None}])
def test_what_is_not_named_stays(client: TestClient, body: dict[str, Any]) -> None:
    assert client.patch(f"{ROUTE}/c-1", json=body).json() == FIRST
    assert client.patch(f"{ROUTE}/c-2", json=body).status_code == 404


def test_a_conversation_is_shared_with_its_present_answers(client: TestClient) -> None:
    assert client.patch(f"{ROUTE}/c-1", json={"shared": True}).json() == {**FIRST, "shared": True}
    assert [each["shared"] for each in client.get(ROUTE).json()["conversations"]] == [False, True]
    taken_back = client.patch(f"/v1/answers/{GATES.answer_id}", json={"shared": False})
    assert taken_back.json() == {"answer_id": GATES.answer_id, "shared": False}
    assert client.get(f"{ROUTE}/c-1").json()["shared"] is False
    for body in ({}, {"shared": None}, {"shared": 1}):
        assert client.patch(f"/v1/answers/{GATES.answer_id}", json=body).status_code == 422
    assert client.patch(f"/v1/answers/{'0' * 32}", json={"shared": True}).status_code == 404


def test_a_conversation_is_deleted_once(client: TestClient) -> None:
    assert client.delete(f"{ROUTE}/c-1").status_code == 204
    assert [client.delete(f"{ROUTE}/c-1").status_code, client.get(f"{ROUTE}/c-1").status_code] == [404, 404]
    assert client.get(f"/v1/answers/{DAM.answer_id}").status_code == 404
    assert listed(client) == ["0a" * 16]


@pytest.mark.slow_cases
@pytest.mark.parametrize("route", ["c-2", "c-2.md", "c-2.html", "c-2.docx", "a%20b", "%F0%9F%98%80", "c_1"])
def test_a_conversation_that_is_not_there_is_a_problem(client: TestClient, route: str) -> None:
    assert problem(client.get(f"{ROUTE}/{route}"), 404).endswith("; it may have been deleted")


def test_other_formats_and_methods_are_refused(client: TestClient) -> None:
    assert problem(client.get(f"{ROUTE}/c-1.pdf"), 422) == "suffix: Input should be 'md', 'html' or 'docx'"
    assert problem(client.put(f"{ROUTE}/c-1", json={}), 405) == (
        "PUT is not allowed here; use DELETE, GET, PATCH"
    )


@pytest.mark.parametrize("suffix", ["md", "html", "docx"])
def test_a_conversation_is_a_file_to_save(client: TestClient, suffix: str) -> None:
    client.patch(f"{ROUTE}/c-1", json={"name": "Überblick"})
    response = client.get(f"{ROUTE}/c-1.{suffix}")
    assert response.headers["content-disposition"] == (
        f"attachment; filename=\"berblick-c-1.{suffix}\"; filename*=UTF-8''%C3%BCberblick-c-1.{suffix}"
    )
    assert (
        "default-src 'none'; style-src 'unsafe-inline'" in response.headers["content-security-policy"]
    ) == (suffix == "html")
    form = format_of(suffix)
    assert form is not None
    if suffix != "docx":  # A Word file has the time at which it was written.
        assert response.content == form.write(lay_out_conversation("Überblick", [DAM, GATES]))


# Answers that take the place of others


def ask(client: TestClient, **body: object) -> dict[str, Any]:
    response = client.post("/v1/chat", json={"question": "Which gate did the council close?", **body})
    assert response.status_code == 200, response.text
    asked: dict[str, Any] = response.json()
    return asked


@pytest.mark.parametrize("given", [{}, {"conversation_id": "c-1"}], ids=["alone", "named"])
def test_a_question_that_is_asked_again_takes_the_place_of_its_answer(
    client: TestClient, given: dict[str, str]
) -> None:
    again = ask(client, replaces=GATES.answer_id, **given)
    assert again["conversation_id"] == "c-1"
    assert questions(client, "c-1") == [DAM.question, "Which gate did the council close?"]
    assert client.get(f"/v1/answers/{GATES.answer_id}").content == answer_json(GATES).encode()
    assert listed(client, query="bon cua") == []


def test_with_the_first_answer_all_after_it_are_replaced(client: TestClient) -> None:
    ask(client, replaces=DAM.answer_id)
    assert questions(client, "c-1") == ["Which gate did the council close?"]
    assert client.get(ROUTE).json()["conversations"][0]["name"] == "Which gate did the council close?"


def test_a_streamed_answer_takes_the_place_when_it_is_whole(client: TestClient) -> None:
    body = {"question": "Which gate did the council close?", "replaces": GATES.answer_id, "stream": True}
    with client.stream("POST", "/v1/chat", json=body) as response:
        [answered] = [line for line in response.iter_lines() if '"answer_id"' in line]
    data = json.loads(answered.removeprefix("data: "))
    assert data["conversation_id"] == "c-1"
    assert [each["answer_id"] for each in client.get(f"{ROUTE}/c-1").json()["answers"]] == [
        *(DAM.answer_id, data["answer_id"])
    ]


@pytest.mark.slow_cases
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"replaces": "f" * 32}, 404, f"there is no answer '{'f' * 32}'; it may have been deleted"),
        ({"replaces": "F"}, 422, "replaces: String should match pattern '^[0-9a-f]{32}$'"),
        (
            {"replaces": GATES.answer_id, "conversation_id": "c-2"},
            422,
            (
                f"the answer '{GATES.answer_id}' does not belong to the conversation 'c-2'; leave "
                "out conversation_id to ask in the answer's own conversation"
            ),
        ),
        ({"replaces": GATES.answer_id, "question": " "}, 422, "question: must not be empty"),
    ],
)
def test_what_cannot_be_replaced_is_a_problem_and_nothing_changes(
    client: TestClient, body: dict[str, Any], status: int, detail: str, stream: bool
) -> None:
    response = client.post("/v1/chat", json={"question": "Which gate?", "stream": stream, **body})
    assert problem(response, status) == detail
    assert questions(client, "c-1") == [DAM.question, GATES.question]


def test_an_id_that_the_server_did_not_give_begins_a_conversation_with_another_id(client: TestClient) -> None:
    chosen = {"conversation_id": "of-a-client"}
    begun = ask(client, **chosen)["conversation_id"]
    assert begun != ask(client, **chosen)["conversation_id"]
    assert client.get(f"{ROUTE}/of-a-client").status_code == 404
    assert ask(client, conversation_id=begun)["conversation_id"] == begun
    assert len(questions(client, begun)) == 2


# Where a document is cited


def test_a_document_has_the_answers_that_cite_it(client: TestClient) -> None:
    client.delete(f"/v1/answers/{RAIN.answer_id}")
    assert client.get("/v1/documents/1/citations").json() == {
        "answers": [
            {
                "answer_id": each.answer_id,
                "conversation_id": "c-1",
                "question": each.question,
                "created": each.created,
                "version": 2,
                "quotes": [{"start": 100, "end": 100 + len(each.text), "quote": each.text}],
            }
            for each in (GATES, DAM)
        ],
        "next_cursor": None,
    }
    one = client.get("/v1/documents/1/citations", params={"limit": 1}).json()["answers"]
    assert [each["answer_id"] for each in one] == [GATES.answer_id]


def test_a_document_that_nobody_cites_has_none_and_one_that_is_not_there_is_a_problem(
    client: TestClient,
) -> None:
    for conversation_id in ("c-1", "0a" * 16):
        client.delete(f"{ROUTE}/{conversation_id}")
    assert client.get("/v1/documents/1/citations").json() == {"answers": [], "next_cursor": None}
    assert (
        problem(client.get("/v1/documents/9/citations"), 404)
        == "document 9 is not in the library; it may have been removed"
    )
    assert problem(client.get("/v1/documents/x/citations"), 422).startswith("document_id: ")


@pytest.mark.slow_cases
@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        ("substr(body, 1, length(body) / 2)", "EOF while parsing"),
        ('\'{"answer_id": "x"}, {"answer_id": "y"}\'', "trailing characters"),
        ("CAST(x'7b22ff227d' AS TEXT)", "unable to parse raw data as a unicode string"),
        ("json_set(body, '$.sentences', json('[]'), '$.abstained', 'perhaps')", "abstained: Input should be"),
        (
            "json_set(body, '$.citations', json('[]'))",
            "a sentence names the footnote 2, which it does not have",
        ),
    ],
)
def test_a_damaged_answer_is_an_error_of_its_own(
    client: TestClient, engine: QueryEngine, damage: str, cause: str
) -> None:
    with engine.index.catalog.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE kept SET body = {damage} WHERE id = '{GATES.answer_id}'")  # noqa: S608
    for path in (GATES.answer_id, f"{GATES.answer_id}.md", f"{GATES.answer_id}/text"):
        detail = problem(client.get(f"/v1/answers/{path}"), 410)
        assert detail.startswith(f"the stored answer '{GATES.answer_id}' is damaged (")
        assert detail.endswith("); delete it, or restore a backup")
        assert cause in detail
    for path in ("c-1", "c-1.html"):
        assert GATES.answer_id in problem(client.get(f"{ROUTE}/{path}"), 410)
    assert client.get(f"/v1/answers/{DAM.answer_id}").json()["question"] == DAM.question
    assert client.get(f"{ROUTE}/{RAIN.conversation_id}").json()["answers"][0]["question"] == RAIN.question
    assert listed(client) == [RAIN.conversation_id, "c-1"]
    citing = client.get("/v1/documents/1/citations").json()["answers"]
    assert [each["answer_id"] for each in citing] == [RAIN.answer_id, DAM.answer_id]
    again = client.post("/v1/chat", json={"question": "And gate 4?", "conversation_id": "c-1"})
    assert (again.status_code, again.json()["conversation_id"]) == (200, "c-1"), "the conversation goes on"
    assert client.delete(f"/v1/answers/{GATES.answer_id}").status_code == 204
    assert questions(client, "c-1") == [DAM.question, "And gate 4?"]
