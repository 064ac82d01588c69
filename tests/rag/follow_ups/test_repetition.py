"""What the last answer quotes does not answer a question that names something new."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text import sentences
from rag.finding.ranking import Candidate, Scored
from rag.finding.reading import Reading, ReadSentence
from rag.follow_ups import Exchange, without_repetition
from rag.questions import understand
from tests.support.candidates import record

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


def test_without_a_sentence_about_what_is_new_nothing_answers() -> None:
    assert answered("and a journalist?", 0.8, 0.12, 0.06) == [(LOCAL, 0.0), (FOREIGN, 0.0), (WEATHER, 0.0)]


def test_another_kind_of_answer_is_new_too() -> None:
    assert answered("why?", 0.8, 0.12, 0.06)[0] == (FOREIGN, 0.6)


@pytest.mark.parametrize(
    "question", ["Say that again", "tell me more", "How much was it in dollars?", "And in 2023?"]
)
def test_a_question_with_nothing_new_or_with_what_the_quoted_sentence_has_may_have_the_same_answer(
    question: str,
) -> None:
    assert answered(question, 0.8, 0.12, 0.06) == [(LOCAL, 0.8), (FOREIGN, 0.12), (WEATHER, 0.06)]


@given(
    st.lists(st.floats(0, 0.33), min_size=3, max_size=3), st.sampled_from(["and a journalist?", "and rain?"])
)
def test_probabilities_stay_probabilities_and_only_the_last_answer_changes_them(
    scores: list[float], question: str
) -> None:
    asked, searched = understand(question), understand(f"{ASKED.standalone} {question}")
    items = ranked(*scores)
    left = without_repetition(items, asked, searched, [ASKED])
    assert all(0 <= item.score <= 1 for item in left)
    assert [item.score for item in left] == sorted((item.score for item in left), reverse=True)
    assert len(left) == len(items)
    assert without_repetition(items, asked, searched, []) == items
    assert without_repetition(items, asked, searched, [Exchange(ASKED.standalone)]) == items
