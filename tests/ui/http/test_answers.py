"""Kept answers over HTTP: the same bytes, files of every format, a problem for what is not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from benchmarks.stub_encoder import StubEncoder
from index.library import Library
from rag.conversations.answers import answer_json, keep
from rag.conversations.export_check import Claim
from rag.conversations.store import AnswerStore
from rag.engine import QueryEngine
from tests.support.markup import answer, citation
from ui.app import create_app
from ui.export import read_export
from ui.http.answers import attachment, name_of_file

MADE = replace(answer(citation(1, "Gate 3 failed.")), answer_id="0a" * 16, question="Why did gate 3 fail?")
SPACED = json.dumps(replace(MADE, answer_id="0c" * 16).as_dict(), indent=1)
"""An answer as another version of the program could have written it."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with Library.open(tmp_path_factory.mktemp("home"), StubEncoder()) as index:
        keep(index, MADE)
        keep(index, replace(MADE, answer_id="0b" * 16))
        AnswerStore(index.catalog.engine).put("0c" * 16, None, MADE.created, SPACED)
        with TestClient(create_app(index, QueryEngine(index, None))) as client:
            yield client


def test_an_answer_is_given_byte_for_byte(client: TestClient) -> None:
    response = client.get(f"/v1/answers/{MADE.answer_id}")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.content == answer_json(MADE).encode()
    assert client.get(f"/v1/answers/{'0c' * 16}").content == SPACED.encode()


@pytest.mark.parametrize(
    ("suffix", "media_type"),
    [
        ("md", "text/markdown; charset=utf-8"),
        ("html", "text/html; charset=utf-8"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ],
)
def test_an_answer_is_a_file_to_save(client: TestClient, suffix: str, media_type: str) -> None:
    response = client.get(f"/v1/answers/{MADE.answer_id}.{suffix}")
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert response.headers["content-disposition"] == (
        f'attachment; filename="why-did-gate-3-fail-0a0a0a0a.{suffix}"; '
        f"filename*=UTF-8''why-did-gate-3-fail-0a0a0a0a.{suffix}"
    )
    read = read_export(response.content, Path(f"answer.{suffix}"))
    assert [own.question for own in read.answers] == [MADE.question]
    assert read.claims == (Claim("Gate 3 failed.", (1,)),)


def test_an_answer_can_be_copied_with_its_footnotes(client: TestClient) -> None:
    response = client.get(f"/v1/answers/{MADE.answer_id}/text")
    source = "Report 1, The Office, 18 July 2025, 1.md, version 2"
    assert response.json() == {
        "text": f"Gate 3 failed. [1]\n\n[1] “Gate 3 failed.” — {source}",
        "html": f"<p>Gate 3 failed.<sup>[1]</sup></p><p>[1] “Gate 3 failed.” — {source}</p>",
    }


@pytest.mark.parametrize("part", ["text", "suggestions"])
def test_what_is_asked_of_an_answer_that_is_not_there_is_a_problem(client: TestClient, part: str) -> None:
    response = client.get(f"/v1/answers/{'f' * 32}/{part}")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


def test_an_exported_page_can_do_nothing(client: TestClient) -> None:
    headers = client.get(f"/v1/answers/{MADE.answer_id}.html").headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("suffix", ["", ".md", ".html", ".docx"])
@pytest.mark.parametrize("answer_id", ["f" * 32, "0A" * 16, "0a", "..", "0a" * 16 + "0"])
def test_an_answer_that_is_not_there_is_a_problem(client: TestClient, answer_id: str, suffix: str) -> None:
    response = client.get(f"/v1/answers/{answer_id}{suffix}")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


def test_the_problem_says_what_an_id_is(client: TestClient) -> None:
    problem: dict[str, Any] = client.get("/v1/answers/0A").json()
    assert problem["detail"] == "there is no answer '0A'; an answer_id is 32 hexadecimal digits in lower case"


@pytest.mark.parametrize("suffix", ["pdf", "json", "doc", "MD"])
def test_other_formats_are_refused(client: TestClient, suffix: str) -> None:
    response = client.get(f"/v1/answers/{MADE.answer_id}.{suffix}")
    assert response.status_code == 422
    assert response.json()["detail"] == "suffix: Input should be 'md', 'html' or 'docx'"


def test_an_answer_can_be_deleted_once(client: TestClient) -> None:
    route = f"/v1/answers/{'0b' * 16}"
    assert client.delete(route).status_code == 204
    assert [client.get(route).status_code, client.delete(route).status_code] == [404, 404]
    assert client.get(f"/v1/answers/{MADE.answer_id}").status_code == 200


def test_an_answer_cannot_be_written_from_outside(client: TestClient) -> None:
    for route in (f"/v1/answers/{MADE.answer_id}", f"/v1/answers/{MADE.answer_id}.md", "/v1/answers"):
        response = client.put(route, json={})
        assert response.headers["content-type"] == "application/problem+json"
        assert response.status_code == (404 if route == "/v1/answers" else 405)


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
    ],
)
def test_a_file_has_the_question_s_name_whatever_it_asks(question: str, name: str) -> None:
    assert name_of_file(question, MADE.answer_id, "md", otherwise="answer") == name


def test_the_header_of_a_name_is_ascii() -> None:
    assert attachment("wie-viele-überschwemmungen-0a0a0a0a.md") == (
        'attachment; filename="wie-viele-berschwemmungen-0a0a0a0a.md"; '
        "filename*=UTF-8''wie-viele-%C3%BCberschwemmungen-0a0a0a0a.md"
    )
