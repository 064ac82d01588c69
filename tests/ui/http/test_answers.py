"""The routes of kept answers: the same bytes, files of every format, the clipboard text, and suggestions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
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
from rag.visible_text import readable
from tests.support.exports import answers_of_any_words, full_answer
from tests.support.markup import abstention, answer, citation
from ui.app import create_app
from ui.export import format_of, lay_out
from ui.http.answers import attachment, copied, file_name, suggestion_key

MADE = replace(answer(citation(1, "Gate 3 failed.")), answer_id="0a" * 16, question="Why did gate 3 fail?")
SPACED = json.dumps(replace(MADE, answer_id="0c" * 16).as_dict(), indent=1)
"""An answer as another version of the program could have written it."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with Library.open(tmp_path_factory.mktemp("home"), StubEncoder()) as index:
        keep(index.catalog, MADE)
        keep(index.catalog, replace(MADE, answer_id="0b" * 16))
        AnswerStore(index.catalog).put("0c" * 16, None, MADE.created, SPACED)
        with TestClient(create_app(index, QueryEngine(index))) as client:
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
    form = format_of(suffix)
    assert form is not None
    if suffix != "docx":  # A Word file has the time at which it was written.
        assert response.content == form.write(lay_out(MADE))


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
    assert file_name(question, MADE.answer_id, "md", default="answer") == name


def test_the_header_of_a_name_is_ascii() -> None:
    assert attachment("wie-viele-überschwemmungen-0a0a0a0a.md") == (
        'attachment; filename="wie-viele-berschwemmungen-0a0a0a0a.md"; '
        "filename*=UTF-8''wie-viele-%C3%BCberschwemmungen-0a0a0a0a.md"
    )


class Words(HTMLParser):
    """The tags of copied HTML, and its words by paragraph."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.paragraphs: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert attrs == []
        self.tags.add(tag)
        if tag == "p":
            self.paragraphs.append("")

    def handle_data(self, data: str) -> None:
        self.paragraphs[-1] += data


def test_sentences_stand_with_their_marks_above_the_footnotes() -> None:
    first, second = citation(1, "One."), citation(2, "Two.", page=3, at=5)
    third = citation(3, "Three.", document_id=2, at=10)
    made = answer(first, second, third, text="One. Two.\nThree.")
    assert copied(made).text.split("\n") == [
        "One. [1] Two. [2]",
        "",
        "Three. [3]",
        "",
        "[1] “One.” — Report 1, The Office, 18 July 2025, 1.md, version 2",
        "[2] “Two.” — Report 1, The Office, 18 July 2025, page 3, 1.md, version 2",
        "[3] “Three.” — Report 2, The Office, 18 July 2025, 2.md, version 2",
    ]
    assert copied(made).html.startswith(
        "<p>One.<sup>[1]</sup> Two.<sup>[2]</sup></p><p>Three.<sup>[3]</sup></p>"
    )


def test_doubts_stand_behind_their_sentences() -> None:
    checked = Verification("paraphrased", quote_matches=True, figures_match=False, score=0.4)
    made = answer(replace(citation(1, "Words."), verification=checked))
    assert copied(made).text.splitlines()[0] == "Words. [1] (paraphrased)"


def test_a_row_has_its_headings_in_its_footnote() -> None:
    made = answer(replace(citation(1, "Monday | 412"), headings="Day | Arrests"))
    assert (
        copied(made).text.splitlines()[-1].startswith("[1] “Monday · 412” Headings: Day · Arrests — Report 1")
    )


def test_a_headline_is_the_first_line() -> None:
    made = replace(
        answer(citation(1, "Monday | 412")), headline=Headline("412", "in *tens*", "Monday", "2031")
    )
    assert copied(made).text.splitlines()[0] == "412 in *tens* · Monday · 2031"
    assert copied(made).html.startswith(
        "<p><strong>412</strong> in *tens* · Monday · 2031</p><p>Monday · 412"
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


def test_of_an_abstention_the_reason_is_copied() -> None:
    assert copied(abstention()).text == "No sentence answers."
    assert copied(abstention()).html == "<p>No sentence answers.</p>"


def test_all_that_an_answer_can_have_is_copied() -> None:
    made = full_answer()
    text = copied(made).text
    for cited in made.citations:
        assert f"[{cited.id}] “{readable(cited.quote)}”" in text


@given(answers_of_any_words())
def test_words_are_words_whatever_they_are(made: Answer) -> None:
    result = copied(made)
    words = Words(result.html)
    assert words.tags <= {"p", "sup", "strong"}
    assert "".join("".join(words.paragraphs).split()) == "".join(result.text.split())


DAM = (
    "The dam of Varda broke on Sunday. The council closed the third gate of the dam on Monday. "
    "Some 412 homes were destroyed."
)


def test_suggestions_are_answered_where_they_are_asked(
    library: Callable[[Mapping[str, str]], QueryEngine],
) -> None:
    engine = QueryEngine(library({"dam.txt": DAM}).index, keeps=True)
    with TestClient(create_app(engine.index, engine)) as client:
        asked = {"question": "When did the dam of Varda break?"}
        answer = client.post("/v1/chat", json=asked).json()
        response = client.get(f"/v1/answers/{answer['answer_id']}/suggestions")
        assert response.status_code == 200
        [*questions] = response.json()["questions"]
        assert questions
        for question in questions:
            follow_up = {"question": question, "conversation_id": answer["conversation_id"]}
            next_one = client.post("/v1/chat", json=follow_up).json()
            assert not next_one["abstained"]
            assert next_one["standalone"] is None


def test_what_was_found_is_given_again_after_the_same_answer_until_the_library_changes(
    library: Callable[[Mapping[str, str]], QueryEngine],
) -> None:
    engine = QueryEngine(library({"dam.txt": DAM}).index, keeps=True)
    first, second = (
        suggestion_key(engine, engine.ask("When did the dam of Varda break?").answer_id) for _ in range(2)
    )
    assert first.answer.answer_id != second.answer.answer_id
    assert (first, hash(first)) == (second, hash(second))
    other = suggestion_key(engine, engine.ask("How many homes were destroyed?").answer_id)
    assert other != first
    with TestClient(create_app(engine.index, engine)) as client:
        client.post("/v1/documents", files={"file": ("mill.txt", b"The mill of Orrin burned down.")})
    assert suggestion_key(engine, first.answer.answer_id) != first


VOTE = """\
Annual meeting of shareholders
Proposal 1. Election of directors
Nominee | For | Against | Abstain | Broker Non-Votes
Segun Agbaje | 1,005,178,935 | 3,946,785 | 3,264,606 | 172,969,325
Jennifer Bailey | 1,003,516,011 | 5,743,190 | 3,131,125 | 172,969,325
"""


def test_a_figure_of_another_column_is_no_headline(
    library: Callable[[Mapping[str, str]], QueryEngine],
) -> None:
    engine = library({"vote.txt": VOTE})
    with TestClient(create_app(engine.index, engine)) as client:
        cast, against = (
            client.post("/v1/chat", json={"question": question}).json()
            for question in (
                "How many votes were cast for Segun Agbaje?",
                "How many votes were cast against Segun Agbaje?",
            )
        )
    assert cast["citations"][0]["quote"] == against["citations"][0]["quote"] == VOTE.splitlines()[3]
    assert (cast["headline"], cast["citations"][0]["cell"]) == (None, None)
    assert against["headline"]["value"] == "3,946,785"
    assert (against["headline"]["row"], against["headline"]["column"]) == ("Segun Agbaje", "Against")


def test_two_reports_are_compared_by_a_row_of_each_and_a_name_without_a_report_is_said_to_be_absent(
    library: Callable[[Mapping[str, str]], QueryEngine],
) -> None:
    head = "annual results\nStatement of income\nIn millions | 2024 | 2023\nNet sales"
    engine = library(
        {
            "corning.txt": f"Corning {head} | 3,243 | 3,615\nOperating income | 279 | 490\n",
            "costco.txt": f"Costco {head} | 52,604 | 51,612\nOperating income | 1,600 | 1,700\n",
        }
    )
    with TestClient(create_app(engine.index, engine)) as client:
        both, one = (
            client.post(
                "/v1/chat", json={"question": f"Compare Corning's net sales with {name}'s in 2024"}
            ).json()
            for name in ("Costco", "Walmart")
        )
    assert [each["quote"] for each in both["citations"]] == [
        "Net sales | 3,243 | 3,615",
        "Net sales | 52,604 | 51,612",
    ]
    assert (both["note"], both["headline"]) == (None, None)
    assert [each["quote"] for each in one["citations"]] == ["Net sales | 3,243 | 3,615"]
    assert (one["note"], one["headline"]) == ("Not found in these reports: “Walmart”.", None)
