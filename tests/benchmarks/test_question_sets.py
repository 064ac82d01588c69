"""The questions that are measured and learned from are whole, and the follow-ups find their evidence."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from pathlib import Path
from statistics import fmean

import pytest

from benchmarks.asked import HELD_OUT, LEARNED, UNTOUCHED, held_out, questions_of
from benchmarks.comparisons import QUESTIONS as COMPARISONS
from benchmarks.comparisons import WHERE
from benchmarks.followups import TESTS, FollowUp, read_follow_ups, reciprocal_rank, searched
from benchmarks.real_reports import WRITTEN
from index.documents import Document
from index.loaders import SUFFIXES, load
from rag.engine import QueryEngine
from rag.evaluation.datasets import read_json_lines
from tests.support.processes import ROOT

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


@pytest.fixture(scope="module")
def follow_ups() -> list[FollowUp]:
    return read_follow_ups()


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return {path.name: load(path) for path in (ROOT / "seeds").iterdir() if path.suffix in SUFFIXES}


def test_there_are_sixty_half_of_them_held_out_with_all_kinds_in_each_half(
    follow_ups: list[FollowUp],
) -> None:
    assert len({each.id for each in follow_ups}) == 60
    assert Counter(each.split for each in follow_ups) == {"tune": 30, "held_out": 30}
    kinds = {"pronoun", "ellipsis", "substitution", "reference", "change_of_subject", "answer_reference"}
    for split in ("tune", "held_out"):
        assert {each.kind for each in follow_ups if each.split == split} == kinds
    assert sum(each.kind == "change_of_subject" for each in follow_ups) >= 10
    assert {len(each.history) for each in follow_ups} == {1, 2, 3}


def test_the_words_of_every_evidence_are_in_its_document_once(
    follow_ups: list[FollowUp], documents: dict[str, Document]
) -> None:
    for each in follow_ups:
        assert each.evidence, each.id
        for document, words in each.evidence:
            assert documents[document].text.count(words) == 1, each.id


def test_there_are_sixty_hurried_conversations_with_changes_of_subject_and_refusals() -> None:
    rows = [row for _, row in read_json_lines(TESTS / "hurried.jsonl")]
    assert [row["_id"] for row in rows] == [f"h{number:02}" for number in range(1, 61)]
    assert Counter(row["split"] for row in rows) == {"tune": 30, "held_out": 30}
    kinds = Counter(row["kind"] for row in rows)
    assert (kinds["change_of_subject"], kinds["after_refusal"]) == (15, 12)
    assert all(bool(row["document"]) == bool(row["answer"]) for row in rows)


@pytest.mark.parametrize(("split", "least"), [("tune", 0.0), ("held_out", 0.5)])
def test_what_is_searched_finds_more_of_the_evidence_than_the_question_as_typed(
    split: str, least: float, follow_ups: list[FollowUp], seed_engine: QueryEngine
) -> None:
    """``least``: of what the written-out question gains. The first half was written beside former rules."""
    chosen = [each for each in follow_ups if each.split == split]
    index = seed_engine.index
    raw, joined, by_hand = (
        fmean(reciprocal_rank(index, text(each), each) for each in chosen)
        for text in (
            attrgetter("question"),
            lambda each: searched(seed_engine, each.question, each.history),
            attrgetter("written_out"),
        )
    )
    assert raw < by_hand
    assert joined - raw > least * (by_hand - raw)


def test_most_changes_of_subject_take_nothing_along(
    follow_ups: list[FollowUp], seed_engine: QueryEngine
) -> None:
    changes = [each for each in follow_ups if each.kind == "change_of_subject"]
    alone = [searched(seed_engine, each.question, each.history) == each.question for each in changes]
    # A short one is also sought in the report cited last, with the question before it.
    assert sum(alone) >= len(alone) - 1


def test_each_comparison_has_two_sides_and_one_that_no_report_states_has_no_answer() -> None:
    comparisons = questions_of(COMPARISONS)
    assert len({each["question"] for each in comparisons}) == len(comparisons) == 100
    for each in comparisons:
        stated = [bool(side["evidence"]) for side in each["sides"]]
        assert each["where"] in WHERE
        assert sorted(stated) == [each["where"] != "one missing", True], each["id"]
        assert [bool(side["answers"]) for side in each["sides"]] == stated
