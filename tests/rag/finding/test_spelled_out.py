"""Numbers and periods in letters and in digits."""

from __future__ import annotations

import pytest

from index.search import Term, terms
from rag.figures.number_words import ENGLISH
from rag.finding.features import contains_term
from rag.finding.spelled_out import same_number


@pytest.mark.parametrize("word", [word for word, value in ENGLISH.values.items() if value > 1])
def test_a_number_word_and_its_digits_stand_for_each_other(word: str) -> None:
    [letters] = terms(word, "en")
    digits = same_number(letters)
    assert digits == ("en", str(ENGLISH.values[word]))
    assert same_number(digits) == letters


@pytest.mark.parametrize(
    "term", [("en", "one"), ("en", "zero"), ("en", "2006"), ("en", "flood"), ("vi", "2")]
)
def test_other_terms_stand_for_themselves(term: Term) -> None:
    assert same_number(term) is None


@pytest.mark.parametrize(
    ("sought", "text", "found"),
    [
        ("two", "2 reclassifications", True),
        ("20", "the twenty biggest retailers", True),
        ("five", "the 5 largest firms", True),
        ("two", "two reclassifications", True),
        ("two", "3 reclassifications", False),
        ("2", "the 20 largest firms", False),
    ],
)
def test_a_text_contains_a_number_in_either_form(sought: str, text: str, found: bool) -> None:
    [term] = terms(sought, "en")
    assert contains_term(frozenset(terms(text, "en")), term) is found
