"""Each question about a report is whole, and none is about a report that is measured and learned from."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.asked import HELD_OUT, LEARNED, UNTOUCHED, held_out, questions_of
from benchmarks.real_reports import WRITTEN

pytestmark = pytest.mark.slow

FILES = (*LEARNED, UNTOUCHED)
WRONG = {"year", "place", "measure", "person", "thing", "silent", "future", "open"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_question_has_its_answer_in_a_quote_or_says_what_is_wrong(file: Path) -> None:
    for question in questions_of(file):
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
    every = questions_of(*FILES)
    assert len({(question["question"], question["document"]) for question in every}) == len(every) > 6_000
    share = sum(not question["answerable"] for question in every) / len(every)
    assert 0.3 < share < 0.36


def test_a_tenth_of_the_reports_are_untouched_and_ten_calibrate_what_is_learned_from_the_others() -> None:
    untouched = {question["document"] for question in questions_of(UNTOUCHED)}
    learned = {question["document"] for question in questions_of(*LEARNED)}
    assert (len(untouched), len(learned), untouched & learned) == (14, 110, set())
    calibrating = held_out(questions_of(*LEARNED))
    assert len(calibrating) == HELD_OUT
    assert calibrating < learned


def test_an_answerable_question_has_as_many_words_as_one_without_answer() -> None:
    """Else a model would learn from the length whether there is an answer."""
    means = []
    for answerable in (True, False):
        lengths = [
            len(each["question"].split()) for each in questions_of(*FILES) if each["answerable"] is answerable
        ]
        means.append(sum(lengths) / len(lengths))
    assert means[1] == pytest.approx(means[0], rel=0.05)


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.stem)
def test_no_written_question_is_there_twice_and_one_in_eleven_or_more_has_no_answer(file: Path) -> None:
    written = questions_of(file)
    assert len({(each["question"], each["document"]) for each in written}) == len(written) > 100
    assert 1 / 11 < sum(not each["quotes"] for each in written) / len(written) < 0.2


def test_no_report_that_answers_are_measured_on_is_learned_from(evaluation_data: Path) -> None:
    measured = {path.name for part in ("reports", "field") for path in (evaluation_data / part).iterdir()}
    measured |= {each["document"] for each in questions_of(*WRITTEN)}
    assert measured.isdisjoint(each["document"] for each in questions_of(*LEARNED))
