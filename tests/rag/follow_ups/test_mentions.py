"""Phrases of a question and names of an answer, with what they stand for."""

from __future__ import annotations

import pytest

from rag.follow_ups.mentions import DATE, Sort, is_plural, mentions, names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("When did the levee at Pellan break?", [("the levee at Pellan", Sort.THING)]),
        ("When did the Maravel Dam fail?", [("the Maravel Dam", Sort.PLACE)]),
        (
            "Who sits on the Commission of Inquiry into the Maravel Dam?",
            [("the Commission of Inquiry into the Maravel Dam", Sort.GROUP)],
        ),
        (
            "How many displaced people did the ministry count on 12 May?",
            [("displaced people", Sort.MANY), ("the ministry count", Sort.THING)],
        ),
        ("What is the cost of rebuilding?", [("the cost of rebuilding", Sort.THING)]),
        ("How was that?", []),
    ],
)
def test_a_phrase_has_its_article_and_what_is_tied_to_it(text: str, expected: list[tuple[str, Sort]]) -> None:
    assert [(mention.text, mention.sort) for mention in mentions(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Prime Minister Hun Manet ordered the raids.", [("Prime Minister Hun Manet", Sort.PERSON)]),
        (
            "Teams went to Poipet, said Dr René Castell.",
            [("Poipet", Sort.PLACE), ("Dr René Castell", Sort.PERSON)],
        ),
        ("It went to Corvane & Daughters in April.", [("Corvane & Daughters", Sort.GROUP)]),
        (
            "The United Nations Office on Drugs and Crime warns.",
            [("United Nations Office on Drugs and Crime", Sort.GROUP)],
        ),
        ("Most of them are foreigners.", []),
    ],
)
def test_names_are_told_by_their_capitals_and_sorted_by_their_words(
    text: str, expected: list[tuple[str, Sort]]
) -> None:
    assert [(name.text, name.sort) for name in names(text)] == expected


@pytest.mark.parametrize(
    "date", ["12 May 2025", "March", "2024", "Monday", "02:10", "early April", "last year"]
)
def test_dates_and_times_are_told(date: str) -> None:
    assert DATE.fullmatch(date) is not None


@pytest.mark.parametrize("word", ["may", "march", "1000000", "gate 3", "12"])
def test_other_words_and_figures_are_no_dates(word: str) -> None:
    assert DATE.search(word) is None


def test_a_plural_is_told_by_its_ending() -> None:
    assert [
        word for word in ("sirens", "people", "crisis", "news", "dam", "children") if is_plural(word)
    ] == ["sirens", "people", "children"]
