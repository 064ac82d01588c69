"""Words of a question match words of a text: stems, related words, numbers, acronyms and labels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from index.documents import Span
from index.search import terms
from rag.figures.numerals import ENGLISH
from rag.finding.matching import acronyms, contains_term, is_fragment, names_label, names_only, terms_of
from rag.finding.reading import ReadSentence


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


TITLE = "The Maravel Dam"


def sentence(text: str, *, is_heading: bool = False) -> ReadSentence:
    return ReadSentence(Span(0, len(text)), text, is_heading=is_heading)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("The gate failed.", False),
        ("The gate failed.¹", False),
        ("Pellan | 12 | 14", False),
        ("Costs of repair", True),
        ("• Sales increased", True),
    ],
)
def test_a_fragment_neither_ends_like_a_sentence_nor_has_cells(text: str, fragment: bool) -> None:
    assert is_fragment(text) is fragment


@pytest.mark.parametrize(
    "text",
    [
        TITLE, "Isken Water Authority", "NETFLIX, INC.", "Figure 3: costs of repair", "Table 8 - Costs",
        "Table CA7", "Table CA7. | Campylobacter in fresh pig meat, 2003-2007.",
        "Figure 3: | Costs of repair", "17", "12.", "– 3 –",
    ],
)  # fmt: skip
def test_titles_names_captions_and_lone_numbers_state_nothing(text: str) -> None:
    assert names_only(sentence(text), TITLE)


@pytest.mark.parametrize(
    "text",
    [
        "• Sales increased 11.7%", "Pellan | 12 | 14", "Table 3 shows that costs rose.", "Maps | 12 | 14",
        "The gate failed.", "Dams rot.", "a rusted pin", "Gate 3 of the Dam",
    ],
)  # fmt: skip
def test_items_rows_and_sentences_state_something(text: str) -> None:
    assert not names_only(sentence(text), TITLE)


@pytest.mark.parametrize(
    ("title", "states_nothing"), [("A page that has words.", False), ("Which page has words?", True)]
)
def test_a_title_that_is_a_whole_sentence_states_something(title: str, states_nothing: bool) -> None:
    assert names_only(sentence(title), title) is states_nothing


def test_a_row_of_headings_and_the_name_of_a_group_name_a_subject_only() -> None:
    assert names_only(sentence("| March | May", is_heading=True), TITLE)


def test_headings_that_a_long_table_repeats_name_a_subject_only() -> None:
    headings = "Sales by region\n\n| North Isken | South Isken | Total"
    text = "| North | South | Total"
    row = ReadSentence(Span(0, len(text)), text, headings=headings)
    assert names_only(row, TITLE)
    assert not names_only(replace(row, text="Total | 4 | 5"), TITLE)
    assert not names_only(replace(row, text="| North | South | Coast"), TITLE)
