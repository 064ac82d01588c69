"""A caveat names another language, or names and parts of years that no cited sentence contains."""

from __future__ import annotations

import pytest

from rag.engine import QueryEngine
from rag.finding.abstention import caveat, name_language, quote_list
from tests.support.candidates import ranked_in
from tests.support.libraries import MakeLibrary

REPORT = {"a.txt": "The police arrested more than a thousand suspects in the raids of this week."}


def beside(engine: QueryEngine, text: str) -> str | None:
    question, _, found = ranked_in(engine, text)
    return caveat(question, found)


def test_no_caveat_if_the_sentences_contain_the_question_s_words(library: MakeLibrary) -> None:
    assert beside(library(REPORT), "How many suspects did the police arrest?") is None


def test_names_and_parts_of_years_that_the_sentences_lack_are_named_and_other_words_not(
    library: MakeLibrary,
) -> None:
    engine = library({"a.txt": "The police of Tessaveld arrested 9 suspects in the second quarter of 2023."})
    asked = "How many suspects were convicted in Tessaveld and Kampot in the third quarter of 2023?"
    assert beside(engine, asked) == (
        "Not mentioned in the sentences cited: “Kampot”, “third quarter of 2023”."
    )
    asked = "How many people did police in Tessaveld catch in the quarter from April to June?"
    assert beside(engine, asked) is None


def test_of_two_things_that_are_compared_the_one_without_a_figure_is_named(library: MakeLibrary) -> None:
    table = "Technical assistance of FEMIP\nCountry | Signed (EURm)\nMorocco | 21.09\nSyria | 33.42\n"
    assert beside(library({"a.txt": table}), "Did Syria or Libya get more technical assistance?") == (
        "Not mentioned in the sentences cited: “Libya”."
    )


def test_a_name_in_the_title_that_stands_beside_the_sentence_is_not_called_missing(
    library: MakeLibrary,
) -> None:
    engine = library({"a.md": "# Pellan quarterly results\n\nInterest expense rose to 330 tals in June.\n"})
    assert beside(engine, "How much interest expense had Pellan in June?") is None


def test_a_word_in_a_sentence_of_another_language_is_not_called_missing(
    library: MakeLibrary,
) -> None:
    # The second report is too short for its language to be detected.
    engine = library({"a.txt": REPORT["a.txt"], "b.txt": "Kampot: 12."})
    assert [record.language for record in engine.index.catalog.documents()] == ["en", "und"]
    assert beside(engine, "How many suspects did the police arrest in Kampot?") is None


def test_another_language_is_named(library: MakeLibrary) -> None:
    assert beside(library(REPORT), "在柬埔寨逮捕了多少嫌疑人？") == (
        "The question is in Chinese; the words cited are in English, so check that they answer it."
    )


@pytest.mark.parametrize(("code", "name"), [("km", "Khmer"), ("nl", "Dutch"), ("und", "Unknown language")])
def test_languages_have_english_names(code: str, name: str) -> None:
    assert name_language(code) == name


def test_words_are_listed_in_quotation_marks() -> None:
    assert quote_list(["one", "two"]) == "“one”, “two”"
    assert quote_list(["Pfizer's", "Pfizer"]) == "“Pfizer”"
