"""A follow-up is sought in the report cited last, and not answered with the same words again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text import sentences
from rag.answers import Answer
from rag.conversations import from_answers
from rag.finding.ranking import Candidate, Scored
from rag.finding.reading import Reading, ReadSentence
from rag.follow_ups import (
    Exchange,
    follow_up,
    report_meant,
    without_repetition,
)
from rag.questions import MAX_QUESTION_CHARACTERS, understand
from tests.support.candidates import record
from tests.support.libraries import RAIL_AND_FERRIES, MakeLibrary


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("How many audits are in the report?", 7),
        ("Summarise this document", 7),
        ("What happened to that report?", 7),
        ("Summarise the report on the dam.", None),
        ("What does the May report say?", None),
    ],
)
def test_a_report_without_a_name_is_the_one_cited_last(question: str, meant: int | None) -> None:
    history = [Exchange("Why?", document_id=3), Exchange("When?", document_id=7), Exchange("Who?")]
    assert report_meant(question, history) == meant
    assert report_meant(question, history[2:]) is None


CASES = "What share of the cases in Sweden in 2007 were imported?"
CITED = Exchange(CASES, "A fifth.", "Measles in 2007", 7)


def test_a_question_is_joined_with_the_last_one_as_typed_and_with_no_other() -> None:
    last = Exchange(f"{CASES} and Spain? (Measles in 2007)", "A tenth.", asked="and Spain?")
    first = follow_up(understand("and Spain?"), [CITED])
    then = follow_up(understand("why?"), [CITED, last])
    assert (first.typed.text, first.joined.text, first.report) == ("and Spain?", f"{CASES} and Spain?", 7)
    assert (then.joined.text, then.report) == ("and Spain? why?", 7)
    assert follow_up(understand("why?"), [Exchange("When?")]).report is None


def test_a_question_that_would_be_too_long_is_not_joined() -> None:
    long = Exchange(f"{'x' * (MAX_QUESTION_CHARACTERS - 1)}?")
    assert follow_up(understand("And why?"), [long]).joined.text == "And why?"


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("and in 2022?", False),
        ("what about the year before?", False),
        ("Why did it fall?", False),
        ("How many people did the Isken valley flood displace?", True),
        ("corning goodwill impairment charge 2022", True),
        ("柬埔寨有多少人被捕？", True),
    ],
)
def test_only_a_question_of_several_words_may_begin_another_subject(question: str, *, whole: bool) -> None:
    assert follow_up(understand(question), [CITED]).is_whole is whole


def asked_in_turn(library: MakeLibrary, *questions: str) -> list[Answer]:
    engine = library(RAIL_AND_FERRIES)
    answers: list[Answer] = []
    for question in questions:
        answers.append(engine.ask(question, conversation=from_answers("c", answers)))
    return answers


DRIVERS = "How many drivers did Orrin rail have in 2021?"


def test_a_fragment_is_sought_in_the_report_that_was_cited_last(library: MakeLibrary) -> None:
    _, year, why = asked_in_turn(library, DRIVERS, "and in 2022?", "why?")
    assert year.text == "In 2022 it employed 388 drivers."
    assert year.standalone == f"{DRIVERS} and in 2022? (Orrin rail)"
    assert why.standalone == "and in 2022? why? (Orrin rail)", "a chain of three is about everything"
    _, absent = asked_in_turn(library, DRIVERS, "and cars?")
    assert absent.abstained
    assert "in “Orrin rail”" in absent.text


def test_a_whole_question_that_the_report_does_not_answer_is_asked_anew(library: MakeLibrary) -> None:
    _, cars, built = asked_in_turn(
        library,
        DRIVERS,
        "How many cars did Tamber ferries carry in 2022?",
        "where were the ferries built?",
    )
    assert cars.citations[0].quote == "Tamber ferries carried 52,000 cars in 2022."
    assert cars.standalone is None
    assert "The ferries were built in Isken." in built.text
    _, short = asked_in_turn(library, DRIVERS, "were the ferries built?")
    assert short.standalone is None
    assert "The ferries were built in Isken." in short.text


LOCAL = "Local observers paid 10 dollars each in 2023."
FOREIGN = "International observers were charged 400 dollars because of a decree."
WEATHER = "It rained on the day of the vote."
ASKED = Exchange("What did a local observer pay in 2023?", LOCAL, "Observers", 1)


def ranked(*scores: float) -> list[Scored]:
    """The three sentences, in the order of their scores."""
    text = " ".join((LOCAL, FOREIGN, WEATHER))
    found = tuple(ReadSentence(span, span.of(text)) for span in sentences(text, "en"))
    reading = Reading(record(1), found, 1.0)
    items = [Scored(Candidate(reading, number, 0.5), score) for number, score in enumerate(scores)]
    return sorted(items, key=lambda item: -item.score)


def answered(question: str, *scores: float) -> list[tuple[str, float]]:
    searched = understand(f"{ASKED.standalone} {question}")
    left = without_repetition(ranked(*scores), understand(question), searched, [ASKED])
    return [(item.candidate.sentence.text, round(item.score, 2)) for item in left]


def test_the_next_best_sentence_about_what_is_new_takes_the_place_of_the_quoted_one() -> None:
    moved = [(FOREIGN, 0.6), (LOCAL, 0.0), (WEATHER, 0.0)]
    assert answered("and an international one?", 0.8, 0.12, 0.06) == moved
    assert answered("why?", 0.8, 0.12, 0.06)[0] == (FOREIGN, 0.6), "another kind of answer is new too"


def test_without_a_sentence_about_what_is_new_nothing_answers() -> None:
    assert answered("and a journalist?", 0.8, 0.12, 0.06) == [(LOCAL, 0.0), (FOREIGN, 0.0), (WEATHER, 0.0)]


@pytest.mark.parametrize("question", ["tell me more", "How much was it in dollars?", "And in 2023?"])
def test_a_question_with_nothing_new_may_have_the_same_answer(question: str) -> None:
    assert answered(question, 0.8, 0.12, 0.06) == [(LOCAL, 0.8), (FOREIGN, 0.12), (WEATHER, 0.06)]


@given(
    st.lists(st.floats(0, 0.33), min_size=3, max_size=3), st.sampled_from(["and a journalist?", "and rain?"])
)
def test_probabilities_change_by_the_last_answer_alone(scores: list[float], question: str) -> None:
    asked, searched = understand(question), understand(f"{ASKED.standalone} {question}")
    items = ranked(*scores)
    left = without_repetition(items, asked, searched, [ASKED])
    assert all(0 <= item.score <= 1 for item in left)
    assert [item.score for item in left] == sorted((item.score for item in left), reverse=True)
    assert len(left) == len(items)
    assert without_repetition(items, asked, searched, []) == items
    assert without_repetition(items, asked, searched, [Exchange(ASKED.standalone)]) == items
