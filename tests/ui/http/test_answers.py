"""The routes of kept answers and conversations: the same bytes, files, clipboard text, names, sharing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from starlette.testclient import TestClient

from benchmarks.stub_encoder import StubEncoder
from index.library import Library
from rag.answers import Answer, Comparison, Computed, Disagreement, Headline, StatedFigure, Verification
from rag.conversations.answers import answer_json, keep
from rag.conversations.store import AnswerStore
from rag.engine import QueryEngine
from tests.support.exports import answers_of_any_words, full_answer
from tests.support.libraries import MakeLibrary
from tests.support.markup import abstention, answer, citation
from tests.support.reports import incoming
from tests.ui.http.conftest import problem, send_file
from ui.app import create_app
from ui.export import format_of, lay_out, lay_out_conversation
from ui.http.answers import attachment, copied, file_name, suggestion_key

ROUTE = "/v1/conversations"
CLOSED = "Which gate did the council close?"


def made(number: int, conversation_id: str | None, question: str, quote: str) -> Answer:
    return replace(
        answer(citation(number, quote)),
        answer_id=f"{number:x}a" * 16,
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


# One answer


def test_an_answer_is_given_byte_for_byte_and_only_read(client: TestClient, engine: QueryEngine) -> None:
    response = client.get(f"/v1/answers/{DAM.answer_id}")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.content == answer_json(DAM).encode()
    # An answer as another version of the program could have written it.
    spaced = json.dumps(replace(DAM, answer_id="0c" * 16).as_dict(), indent=1)
    AnswerStore(engine.index.catalog).put("0c" * 16, None, DAM.created, spaced)
    assert client.get(f"/v1/answers/{'0c' * 16}").content == spaced.encode()
    for route, status in ((DAM.answer_id, 405), (f"{DAM.answer_id}.md", 405), ("", 404)):
        problem(client.put(f"/v1/answers/{route}".rstrip("/"), json={}), status)


def test_an_answer_is_a_file_to_save_that_can_do_nothing(client: TestClient) -> None:
    for suffix, media_type in (
        ("md", "text/markdown; charset=utf-8"),
        ("html", "text/html; charset=utf-8"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ):
        response = client.get(f"/v1/answers/{DAM.answer_id}.{suffix}")
        assert (response.status_code, response.headers["content-type"]) == (200, media_type)
        assert response.headers["content-disposition"] == (
            f'attachment; filename="why-did-gate-3-fail-1a1a1a1a.{suffix}"; '
            f"filename*=UTF-8''why-did-gate-3-fail-1a1a1a1a.{suffix}"
        )
        form = format_of(suffix)
        assert form is not None
        if suffix != "docx":  # A Word file has the time at which it was written.
            assert response.content == form.write(lay_out(DAM))
        if suffix == "html":
            assert response.headers["content-security-policy"] == (
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                "frame-ancestors 'none'"
            )
            assert response.headers["x-content-type-options"] == "nosniff"


def test_an_answer_can_be_copied_with_its_footnotes(client: TestClient) -> None:
    response = client.get(f"/v1/answers/{DAM.answer_id}/text")
    source = "Report 1, The Office, 18 July 2025, 1.md, version 2"
    assert response.json() == {
        "text": f"Gate 3 failed. [1]\n\n[1] “Gate 3 failed.” — {source}",
        "html": f"<p>Gate 3 failed.<sup>[1]</sup></p><p>[1] “Gate 3 failed.” — {source}</p>",
    }


def test_an_answer_that_is_not_there_is_a_problem(client: TestClient) -> None:
    for answer_id in ("f" * 32, "1A" * 16, "1a", "..", "1a" * 16 + "0"):
        for part in ("", ".md", ".html", ".docx"):
            problem(client.get(f"/v1/answers/{answer_id}{part}"), 404)
    for part in ("text", "suggestions"):
        problem(client.get(f"/v1/answers/{'f' * 32}/{part}"), 404)
    assert problem(client.get("/v1/answers/0A"), 404) == (
        "there is no answer '0A'; an answer_id is 32 hexadecimal digits in lower case"
    )
    for suffix in ("pdf", "json", "doc", "MD"):
        refused = client.get(f"/v1/answers/{DAM.answer_id}.{suffix}")
        assert problem(refused, 422) == "suffix: Input should be 'md', 'html' or 'docx'"


def test_an_answer_can_be_deleted_once(client: TestClient) -> None:
    route = f"/v1/answers/{GATES.answer_id}"
    assert client.delete(route).status_code == 204
    assert [client.get(route).status_code, client.delete(route).status_code] == [404, 404]
    assert client.get(f"/v1/answers/{DAM.answer_id}").status_code == 200


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Why did gate 3 fail?", "why-did-gate-3-fail-0a0a0a0a.md"),
        ("../../etc/passwd", "etc-passwd-0a0a0a0a.md"),
        ('a"; filename="b.exe\r\nX: y', "a-filename-b-exe-x-y-0a0a0a0a.md"),
        ("???", "answer-0a0a0a0a.md"),
        ("con", "con-0a0a0a0a.md"),
        ("ចំនួនប៉ុន្មាន?", "ច-ន-នប-ន-ម-ន-0a0a0a0a.md"),
        ("Wie viele Überschwemmungen?", "wie-viele-überschwemmungen-0a0a0a0a.md"),
        ("word " * 50, "word-word-word-word-word-word-word-word-word-word-word-word-0a0a0a0a.md"),
        ("Dam\r\nSet-Cookie: a=1", "dam-set-cookie-a-1-0a0a0a0a.md"),
        ("水坝\u2028\x85", "水坝-0a0a0a0a.md"),
        ("\x7f\x1b[31m", "31m-0a0a0a0a.md"),
        ("\U0001f600" * 50, "answer-0a0a0a0a.md"),
    ],
)
def test_a_file_has_the_question_s_name_in_ascii_and_as_it_is(question: str, name: str) -> None:
    assert file_name(question, "0a" * 16, "md", default="answer") == name
    header = attachment(name)
    assert re.fullmatch(r"attachment; filename=\"[a-z0-9.-]+\"; filename\*=UTF-8''[A-Za-z0-9.%_-]+", header)
    if "ü" in name:
        assert header == (
            'attachment; filename="wie-viele-berschwemmungen-0a0a0a0a.md"; '
            "filename*=UTF-8''wie-viele-%C3%BCberschwemmungen-0a0a0a0a.md"
        )


# The text to copy


def test_sentences_stand_with_their_marks_above_the_footnotes() -> None:
    checked = Verification("paraphrased", quote_matches=True, figures_match=False, score=0.4)
    first = replace(citation(1, "One."), verification=checked)
    second, third = citation(2, "Two.", page=3, at=5), citation(3, "Three.", document_id=2, at=10)
    made = copied(answer(first, second, third, text="One. Two.\nThree."))
    assert made.text.split("\n") == [
        "One. [1] (paraphrased) Two. [2]",
        "",
        "Three. [3]",
        "",
        "[1] “One.” — Report 1, The Office, 18 July 2025, 1.md, version 2",
        "[2] “Two.” — Report 1, The Office, 18 July 2025, page 3, 1.md, version 2",
        "[3] “Three.” — Report 2, The Office, 18 July 2025, 2.md, version 2",
    ]
    assert made.html.startswith(
        "<p>One.<sup>[1]</sup> (paraphrased) Two.<sup>[2]</sup></p><p>Three.<sup>[3]</sup></p>"
    )
    assert copied(abstention()).text == "No sentence answers."
    assert copied(abstention()).html == "<p>No sentence answers.</p>"


def test_a_row_has_its_headings_in_its_footnote_and_a_headline_is_the_first_line() -> None:
    row = replace(citation(1, "Monday | 412"), headings="Day | Arrests")
    made = copied(replace(answer(row), headline=Headline("412", "in *tens*", "Monday", "2031")))
    assert made.text.splitlines()[0] == "412 in *tens* · Monday · 2031"
    assert made.html.startswith(
        "<p><strong>412</strong> in *tens* · Monday · 2031</p><p>Monday: Arrests = 412"
    )
    assert made.text.splitlines()[-1].startswith(
        "[1] Monday: Arrests = 412 Headings: Day · Arrests — Report 1"
    )


def test_two_figures_are_the_first_line_with_what_is_computed_from_them() -> None:
    compared = Headline(
        "$ 12",
        "in *tens*",
        "Gates › North",
        "2023",
        Comparison(
            "$ 10", "in *tens*", "Gates › North", "2022", Computed("+$2", "in *tens*", "+20.0%", "yes")
        ),
    )
    made = replace(answer(citation(1, "North | $ 12 | $ 10")), headline=compared)
    assert copied(made).text.splitlines()[0] == (
        "Yes: $ 12 (2023); $ 10 (2022) in *tens* · Gates › North · difference +$2 in *tens* (+20.0%), "
        "computed from the two figures, not cited"
    )
    assert copied(made).html.startswith("<p><strong>Yes: $ 12 (2023); $ 10 (2022)</strong> in *tens* · Gates")


def test_different_figures_stand_between_answer_and_footnotes() -> None:
    figures = (
        StatedFigure("14,170", 1, 1, 2, "New", None, "2025-06", False),
        StatedFigure("15,900", 2, 2, 1, "Old", None, None, True),
    )
    made = replace(answer(citation(1, "14,170.")), disagreements=(Disagreement("people displaced", figures),))
    assert copied(made).text.split("\n")[2:5] == [
        "The sources give different figures: people displaced",
        "- 14,170 [1], New, June 2025",
        "- 15,900 [2], Old (version 1, superseded), undated",
    ]


def test_all_that_an_answer_can_have_is_copied() -> None:
    made = full_answer()
    text = copied(made).text
    for cited in made.citations:
        words = f"“{cited.words}”" if cited.headings is None else cited.words
        assert f"[{cited.id}] {words}" in text


@given(answers_of_any_words())
def test_words_are_words_whatever_they_are(made: Answer) -> None:
    result = copied(made)
    marks = {f"<{end}{name}>" for name in ("p", "sup", "strong") for end in ("", "/")}
    assert set(re.findall(r"<[^>]*>?", result.html)) <= marks
    words = unescape(re.sub(r"<[^>]*>", "", result.html))
    assert "".join(words.split()) == "".join(result.text.split())


# Suggestions


VARDA = (
    "The dam of Varda broke on Sunday. The council closed the third gate of the dam on Monday. "
    "Some 412 homes were destroyed."
)


def test_suggestions_are_answered_and_made_again_after_a_change(library: MakeLibrary) -> None:
    engine = QueryEngine(library({"dam.txt": VARDA}).index, keeps=True)
    with TestClient(create_app(engine.index, engine)) as client:
        asked = {"question": "When did the dam of Varda break?"}
        first, second = (client.post("/v1/chat", json=asked).json() for _ in range(2))
        assert first["answer_id"] != second["answer_id"]
        keys = [suggestion_key(engine, each["answer_id"]) for each in (first, second)]
        assert (keys[0], hash(keys[0])) == (keys[1], hash(keys[1]))
        other = client.post("/v1/chat", json={"question": "How many homes were destroyed?"}).json()
        assert suggestion_key(engine, other["answer_id"]) != keys[0]
        response = client.get(f"/v1/answers/{first['answer_id']}/suggestions")
        assert response.status_code == 200
        [*suggested] = response.json()["questions"]
        assert suggested
        for question in suggested:
            follow_up = {"question": question, "conversation_id": first["conversation_id"]}
            next_one = client.post("/v1/chat", json=follow_up).json()
            assert (
                next_one["citations"][0]["quote"] == "The council closed the third gate of the dam on Monday."
            )
        send_file(client, "mill.txt", "The mill of Orrin burned down.")
        assert suggestion_key(engine, second["answer_id"]) != keys[1]


# Conversations


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


def test_a_field_that_is_not_sent_stays_and_what_cannot_be_taken_is_refused(client: TestClient) -> None:
    for body in ({}, {"name": None}, {"name": None, "shared": None}):
        assert client.patch(f"{ROUTE}/c-1", json=body).json() == FIRST
        assert client.patch(f"{ROUTE}/c-2", json=body).status_code == 404
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"name": 7}, "name: Input should be a valid string"),
        ({"shared": "yes"}, "shared: Input should be a valid boolean"),
        ({"name": "x" * 201}, "name: String should have at most 200 characters"),
        ({"name": "x", "color": "red"}, "color: unknown field; remove it or correct its name"),
    )
    for body, detail in wrong:
        assert problem(client.patch(f"{ROUTE}/c-1", json=body), 422) == detail
    assert client.get(ROUTE).json()["conversations"][1] == FIRST
    for query, detail in (
        ({"limit": 0}, "limit: Input should be greater than or equal to 1"),
        ({"limit": 5_001}, "limit: Input should be less than or equal to 5000"),
        ({"query": "x" * 201}, "query: String should have at most 200 characters"),
    ):
        assert problem(client.get(ROUTE, params=query), 422) == detail
    for route in ("c-2", "c-2.md", "c-2.html", "c-2.docx", "a%20b", "%F0%9F%98%80", "c_1"):
        assert problem(client.get(f"{ROUTE}/{route}"), 404).endswith("; it may have been deleted")
    assert problem(client.get(f"{ROUTE}/c-1.pdf"), 422) == "suffix: Input should be 'md', 'html' or 'docx'"


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


def test_a_conversation_is_a_file_to_save(client: TestClient) -> None:
    client.patch(f"{ROUTE}/c-1", json={"name": "Überblick"})
    for suffix in ("md", "html", "docx"):
        response = client.get(f"{ROUTE}/c-1.{suffix}")
        assert response.headers["content-disposition"] == (
            f"attachment; filename=\"berblick-c-1.{suffix}\"; filename*=UTF-8''%C3%BCberblick-c-1.{suffix}"
        )
        policy = response.headers["content-security-policy"]
        assert ("default-src 'none'; style-src 'unsafe-inline'" in policy) == (suffix == "html")
        form = format_of(suffix)
        assert form is not None
        if suffix != "docx":  # A Word file has the time at which it was written.
            assert response.content == form.write(lay_out_conversation("Überblick", [DAM, GATES]))


# Answers that take the place of others


def ask(client: TestClient, **body: object) -> dict[str, Any]:
    response = client.post("/v1/chat", json={"question": CLOSED, **body})
    assert response.status_code == 200, response.text
    asked: dict[str, Any] = response.json()
    return asked


def test_a_question_that_is_asked_again_replaces_its_answer_and_those_after_it(client: TestClient) -> None:
    again = ask(client, replaces=GATES.answer_id)
    assert again["conversation_id"] == "c-1"
    assert questions(client, "c-1") == [DAM.question, CLOSED]
    assert client.get(f"/v1/answers/{GATES.answer_id}").content == answer_json(GATES).encode()
    assert listed(client, query="bon cua") == []
    once_more = ask(client, replaces=again["answer_id"], conversation_id="c-1")
    kept = client.get(f"{ROUTE}/c-1").json()["answers"]
    assert [each["answer_id"] for each in kept] == [DAM.answer_id, once_more["answer_id"]]
    ask(client, replaces=DAM.answer_id)
    assert questions(client, "c-1") == [CLOSED]
    assert client.get(ROUTE).json()["conversations"][0]["name"] == CLOSED


def test_a_streamed_answer_takes_the_place_when_it_is_whole(client: TestClient) -> None:
    body = {"question": "Which gate did the council close?", "replaces": GATES.answer_id, "stream": True}
    with client.stream("POST", "/v1/chat", json=body) as response:
        [answered] = [line for line in response.iter_lines() if '"answer_id"' in line]
    data = json.loads(answered.removeprefix("data: "))
    assert data["conversation_id"] == "c-1"
    assert [each["answer_id"] for each in client.get(f"{ROUTE}/c-1").json()["answers"]] == [
        *(DAM.answer_id, data["answer_id"])
    ]


def test_what_cannot_be_replaced_is_a_problem_and_nothing_changes(client: TestClient) -> None:
    for body, status, detail in (
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
    ):
        for stream in (False, True):
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


# Where a document is cited, and answers that are damaged


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
    client.delete(f"{ROUTE}/c-1")
    assert client.get("/v1/documents/1/citations").json() == {"answers": [], "next_cursor": None}


@pytest.mark.slow_cases
@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        ("substr(body, 1, length(body) / 2)", "EOF while parsing"),
        ("CAST(x'7b22ff227d' AS TEXT)", "unable to parse raw data as a unicode string"),
        ("json_set(body, '$.citations', json('[]'))", "a sentence names the footnote 2, which it does not"),
    ],
)
def test_a_damaged_answer_is_an_error(
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
