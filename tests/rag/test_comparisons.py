"""A comparison shows both sides, of the same thing, or says first which one it did not find."""

from __future__ import annotations

import pytest

from rag.answers import stands_first
from rag.events import AnswerDone, NoteMade, Token
from tests.support.libraries import MakeLibrary
from tests.support.stories import DEPORTATIONS

LAOS = "In February 2025, 1,204 people were deported from Laos. In March 2025, the number rose to 2,350."
MYANMAR = "In March 2025, 911 people were deported from Myanmar."


@pytest.mark.parametrize(
    "question",
    [
        "Deportations from Laos, February against March 2025?",
        "How did the number of people deported from Laos change between February and March 2025?",
    ],
)
def test_both_sides_are_shown_although_the_second_leaves_out_its_subject(
    library: MakeLibrary, question: str
) -> None:
    answer = library(DEPORTATIONS).ask(question)
    assert (answer.text, answer.note) == (LAOS, None)


@pytest.mark.parametrize(
    ("question", "shown", "missing"),
    [
        ("Deportations from Myanmar, February 2025 against March 2025?", MYANMAR, "February 2025"),
        ("Deportations from Myanmar, March 2025 vs February 2025?", MYANMAR, "February 2025"),
    ],
)
def test_a_side_that_is_not_found_is_named_first_and_none_of_another_country_takes_its_place(
    library: MakeLibrary, question: str, shown: str, missing: str
) -> None:
    events = list(library(DEPORTATIONS).stream(question))
    [made] = [event for event in events if isinstance(event, NoteMade)]
    assert made.note == f"Not found in these reports: “{missing}”."
    assert events.index(made) < next(place for place, each in enumerate(events) if isinstance(each, Token))
    [answer] = [event.answer for event in events if isinstance(event, AnswerDone)]
    assert shown in answer.text
    assert len({cited.document_id for cited in answer.citations}) == 1
    assert answer.note == made.note
    assert stands_first(answer.note)
