"""An elliptical question is completed from the question before it."""

from __future__ import annotations

import pytest

from rag.follow_ups.conversation import Exchange, stand_alone
from rag.follow_ups.ellipsis import fill

RAIDS = "How many suspects were arrested in the raids in Cambodia?"
DISPLACED = "How many people were displaced in the Isken valley on 12 May 2025?"
DAM = "Why did gate 3 of the Maravel Dam fail?"


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (DISPLACED, "And in March?", "How many people were displaced in the Isken valley in March 2025?"),
        (DISPLACED, "And in 2024?", "How many people were displaced in the Isken valley in 2024?"),
        (
            "How high was the reservoir at 22:00?",
            "At 02:10?",
            "How high was the reservoir at 02:10?",
        ),
        ("How many people fled?", "And in May?", "How many people fled in May?"),
        (
            "How many sirens are planned for Sarrow?",
            "What about Tamber?",
            "How many sirens are planned for Tamber?",
        ),
        (
            "How much arsenic was in the water at Port Quell on 6 May?",
            "thanks. ok, and at Maravel Bridge?",
            "How much arsenic was in the water at Maravel Bridge on 6 May?",
        ),
        (
            "How much of the cost does the State budget cover?",
            "And the Lorvenna Development Bank?",
            "How much of the cost does the Lorvenna Development Bank cover?",
        ),
        (
            "What did Hun Manet say about corruption?",
            "and about casinos?",
            "What did Hun Manet say about casinos?",
        ),
        (
            "What does a tone that rises and falls mean?",
            "And a steady tone?",
            "What does a steady tone mean?",
        ),
        (
            "How many people were arrested in Poipet?",
            "Only women?",
            "How many women were arrested in Poipet?",
        ),
        (
            "What were the costs of rebuilding homes in March 2025?",
            "And roads?",
            "What were the costs of roads in March 2025?",
        ),
        (
            "How many lost computers were replaced at schools?",
            "And schoolbooks?",
            "How many lost schoolbooks were replaced at schools?",
        ),
        (
            "When was the railway to reopen, according to the May report?",
            "And according to the March report?",
            "When was the railway to reopen, according to the March report?",
        ),
        (
            "Which group of foreigners is the largest in Cambodia?",
            "And the second?",
            "Which group of foreigners is the second largest in Cambodia?",
        ),
        ("How tall is the Maravel Dam?", "How old?", "How old is the Maravel Dam?"),
        (DAM, "When?", "When did gate 3 of the Maravel Dam fail?"),
        (RAIDS, "Why?", "How many suspects were arrested in the raids in Cambodia, and why?"),
        (
            "The school at Pellan will be given up.",
            "Why?",
            "Why will the school at Pellan be given up?",
        ),
        (
            "When was a state of emergency declared?",
            "By whom?",
            "By whom was a state of emergency declared?",
        ),
        (
            "Can the engineer sound the sirens?",
            "Since when?",
            "Since when can the engineer sound the sirens?",
        ),
        (
            "Were families in the Quell Delta counted twice?",
            "How many?",
            "How many families in the Quell Delta were counted twice?",
        ),
        ("Which places were raided?", "How many?", "How many places were raided?"),
        (
            "How many homes did the flood in the Isken valley destroy?",
            "And how many were damaged?",
            "How many homes in the Isken valley were damaged?",
        ),
    ],
)
def test_what_is_left_out_is_filled_in_from_the_question_before(
    earlier: str, question: str, expected: str
) -> None:
    assert stand_alone(question, [Exchange(earlier, earlier)]).question == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "Was that more than in 2030?",
            "Was the number of people displaced on 12 May more than in 2030?",
        ),
        ("More than in March?", "How many people were displaced on 12 May, more than in March?"),
    ],
)
def test_a_comparison_names_the_figure_that_is_compared(question: str, expected: str) -> None:
    earlier = "How many people were displaced on 12 May?"
    assert stand_alone(question, [Exchange(earlier, earlier)]).question == expected


def test_the_stretches_that_are_taken_over_are_told_apart_from_what_was_asked() -> None:
    assert fill("And in March?", "in March?", DISPLACED) == (
        "How many people were displaced in the Isken valley in March 2025?",
        ("How many people were displaced in the Isken valley", "2025"),
    )


@pytest.mark.parametrize("core", ["Who ordered the raids?", "Benefits of a loan?", "...", ""])
def test_a_question_that_leaves_nothing_out_is_not_filled_in(core: str) -> None:
    assert fill(core, core, DAM) is None
