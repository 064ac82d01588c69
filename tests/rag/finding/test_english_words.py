"""A term is a noun that is not common, or a rare word."""

from __future__ import annotations

import pytest

from rag.finding.spelling import is_term


@pytest.mark.parametrize(
    "word",
    [
        "dividend",
        "parliament",
        "hospitals",
        "vaccine",
        "asylum",
        "museum",
        "earnings",
        "R21",
        "Norvik",
    ],
)
def test_nouns_and_unknown_words_are_terms(word: str) -> None:
    assert is_term(word)


@pytest.mark.parametrize(
    "word",
    [
        *("main", "people", "towards", "what"),
        *("came", "grew", "fell", "rise", "voted", "funding", "deliver"),
        *("dearer", "biggest", "quickly", "yearly"),
    ],
)
def test_common_words_and_forms_of_verbs_and_adjectives_are_none(word: str) -> None:
    assert not is_term(word)
