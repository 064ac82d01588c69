"""Each question about a report is whole, and no untouched one is about a report that others are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.unseen_reports import QUESTIONS, UNTOUCHED, read_report_questions

FILES = sorted(QUESTIONS.glob("*.jsonl"))
WRONG = {"year", "place", "measure", "person", "thing", "silent", "future", "open"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_question_has_its_answer_in_a_quote_or_says_what_is_wrong(
    file: Path,
) -> None:
    for question in read_report_questions(file):
        quotes = [each["quote"] for each in [*question["evidence"], *question.get("also", [])]]
        if question["answerable"]:
            assert quotes, question["question"]
            assert all(quotes), question["question"]
            assert question["answers"], question["question"]
            assert {each["document"] for each in question["evidence"]} == {question["document"]}
            assert (question["kind"] == "table") == ("cell" in question), question["question"]
        else:
            assert (question["kind"], quotes, question["answers"]) == ("unanswerable", [], [])
            assert question["wrong"] in WRONG, question["question"]


def test_six_thousand_questions_are_there_once_and_a_third_have_no_answer() -> None:
    every = [question for file in FILES for question in read_report_questions(file)]
    assert len({(question["question"], question["document"]) for question in every}) == len(every) > 6_000
    share = sum(not question["answerable"] for question in every) / len(every)
    assert 0.3 < share < 0.36


def test_a_tenth_of_the_reports_are_untouched() -> None:
    untouched = {question["document"] for question in read_report_questions(UNTOUCHED)}
    learned = {
        question["document"]
        for file in FILES
        if file != UNTOUCHED
        for question in read_report_questions(file)
    }
    assert (len(untouched), len(learned), untouched & learned) == (14, 110, set())


def test_an_answerable_question_has_as_many_words_as_one_without_answer() -> None:
    """Else a model would learn from the length whether there is an answer."""
    every = [question for file in FILES for question in read_report_questions(file)]
    means = []
    for answerable in (True, False):
        lengths = [len(each["question"].split()) for each in every if each["answerable"] is answerable]
        means.append(sum(lengths) / len(lengths))
    assert means[1] == pytest.approx(means[0], rel=0.05)
