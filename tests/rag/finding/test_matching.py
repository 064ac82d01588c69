"""Words of a question match words of a text: stems, related words, numbers, acronyms and labels."""

from __future__ import annotations

import pytest

from index.search import terms
from rag.figures.numerals import ENGLISH
from rag.finding.matching import acronyms, contains_term, names_label, terms_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The United Nations Office on Drugs and Crime said so.", ["UNODC"]),
        ("the World Health Organization", ["WHO"]),
        ("Nothing here is a name.", []),
    ],
)
def test_acronyms_are_the_initials_of_long_names(text: str, found: list[str]) -> None:
    assert acronyms(text) == found
    assert {("en", name.casefold()) for name in found} <= terms_of(text, "en")


@pytest.mark.parametrize(
    ("word", "held", "answer"),
    [
        ("cambodian", "cambodia", True),
        ("drown", "drowning", True),
        ("market", "marketing", True),
        ("car", "care", False),
        ("state", "statement", False),
        ("convict", "suspend", False),
    ],
)
def test_a_term_matches_words_that_derive_from_it(word: str, held: str, answer: bool) -> None:
    assert contains_term(frozenset({("en", held)}), ("en", word)) is answer
    assert not contains_term(frozenset({("de", held)}), ("en", word))


@pytest.mark.parametrize("word", [word for word, value in ENGLISH.values.items() if value > 1])
def test_a_number_word_and_its_digits_stand_for_each_other(word: str) -> None:
    [letters] = terms(word, "en")
    digits = ("en", str(ENGLISH.values[word]))
    assert contains_term(frozenset({digits}), letters)
    assert contains_term(frozenset({letters}), digits)
    assert not contains_term(frozenset({("vi", letters[1])}), ("vi", digits[1]))


@pytest.mark.parametrize(
    ("sought", "text", "found"),
    [
        ("two", "2 reclassifications", True),
        ("20", "the twenty biggest retailers", True),
        ("five", "the 5 largest firms", True),
        ("two", "two reclassifications", True),
        ("two", "3 reclassifications", False),
        ("2", "the 20 largest firms", False),
        ("one", "1 firm", False),
    ],
)
def test_a_text_contains_a_number_in_either_form(sought: str, text: str, found: bool) -> None:
    [term] = terms(sought, "en")
    assert contains_term(frozenset(terms(text, "en")), term) is found


@pytest.mark.parametrize(
    ("label", "named"),
    [("Space", True), ("Ships and Harbours", True), ("Ships", True), ("space", False), ("Spac", False)],
)
def test_a_question_names_a_whole_label_with_its_capital(label: str, named: bool) -> None:
    assert names_label("Did Space sell more than Ships and Harbours?", label) is named
