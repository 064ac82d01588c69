"""The evidence of each sample question is at its offsets, and each question asks something new."""

from __future__ import annotations

import json
from typing import Any

import pytest

from index.documents import Document
from index.loaders import SUFFIXES, load
from tests.support.generate_seeds import QUESTIONS, SEEDS, placed, placed_questions

SITUATION_REPORT = "lorvenna-floods-situation-report-4.txt"
COURIER = "lorvenna-courier-two-months-on.html"
CORRECTION = "lorvenna-displacement-correction.md"


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return {path.name: load(path) for path in SEEDS.iterdir() if path.suffix in SUFFIXES}


@pytest.fixture(scope="module")
def questions() -> list[dict[str, Any]]:
    lines = (SEEDS / QUESTIONS).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_there_are_enough_questions_and_a_fifth_of_them_have_no_answer(
    questions: list[dict[str, Any]],
) -> None:
    unanswerable = [question for question in questions if not question["answerable"]]
    assert len(questions) >= 36
    assert 5 * len(unanswerable) >= len(questions)


def test_questions_are_numbered_and_none_is_asked_twice(questions: list[dict[str, Any]]) -> None:
    assert [question["_id"] for question in questions] == [
        f"seeds-{number:03d}" for number in range(1, len(questions) + 1)
    ]
    texts = [question["text"] for question in questions]
    assert sorted(set(texts)) == sorted(texts)


def test_a_question_has_evidence_and_answers_exactly_if_it_can_be_answered(
    questions: list[dict[str, Any]],
) -> None:
    for question in questions:
        assert bool(question["evidence"]) is question["answerable"], question["_id"]
        assert bool(question["answers"]) is question["answerable"], question["_id"]


def test_the_words_at_every_evidence_span_are_its_text(
    questions: list[dict[str, Any]], documents: dict[str, Document]
) -> None:
    for question in questions:
        for evidence in question["evidence"]:
            text = documents[evidence["document"]].text
            assert text[evidence["start"] : evidence["end"]] == evidence["text"], question["_id"]


def test_every_gold_answer_is_in_its_evidence(questions: list[dict[str, Any]]) -> None:
    for question in questions:
        quotes = [evidence["text"] for evidence in question["evidence"]]
        for answer in question["answers"]:
            assert any(answer in quote for quote in quotes), (question["_id"], answer)


def test_no_question_repeats_its_evidence(questions: list[dict[str, Any]]) -> None:
    for question in questions:
        for evidence in question["evidence"]:
            assert not _runs(question["text"], 5) & _runs(evidence["text"], 5), question["_id"]


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = "".join(character if character.isalnum() else " " for character in text.casefold()).split()
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def test_every_report_and_every_page_of_a_pdf_is_asked_about(
    questions: list[dict[str, Any]], documents: dict[str, Document]
) -> None:
    asked = {
        (evidence["document"], documents[evidence["document"]].page_at(evidence["start"]))
        for question in questions
        for evidence in question["evidence"]
    }
    expected = {
        (name, page)
        for name, document in documents.items()
        for page in (range(1, len(document.page_starts) + 1) if document.page_starts else [None])
    }
    assert asked == expected


def test_the_changing_figures_and_the_correction_are_asked_across_reports(
    questions: list[dict[str, Any]],
) -> None:
    across = {
        question["text"]: {evidence["document"]: evidence["text"] for evidence in question["evidence"]}
        for question in questions
        if len({evidence["document"] for evidence in question["evidence"]}) > 1
    }
    change = across["How did the ministry's count of displaced people change from March to May?"]
    correction = across["Was the figure of 15,900 displaced people right?"]
    assert "12,400" in change[SITUATION_REPORT]
    assert "15,900" in change[COURIER]
    assert "15,900" in correction[COURIER]
    assert "14,170, not 15,900" in correction[CORRECTION]


def test_generating_again_gives_the_questions_that_are_committed() -> None:
    assert placed_questions() == (SEEDS / QUESTIONS).read_text(encoding="utf-8")


def test_evidence_is_placed_by_its_words() -> None:
    assert placed("12,400 people", "In all, 12,400 people.", "seeds-001") == {"start": 8, "end": 21}


@pytest.mark.parametrize(("words", "times"), [("people", 2), ("houses", 0)])
def test_evidence_that_does_not_occur_exactly_once_is_refused(words: str, times: int) -> None:
    with pytest.raises(ValueError, match=f"seeds-001: '{words}' occurs {times} times"):
        placed(words, "people, and more people", "seeds-001")
