"""A question is analysed for its language, its names and the kind of answer that it expects."""

from __future__ import annotations

import pytest

from rag.errors import QuestionError
from rag.questions import (
    MAX_QUESTION_CHARACTERS,
    PARTICIPLES,
    PAST,
    QUESTION_WORDS,
    Form,
    Kind,
    asks,
    fits_kind,
    understand,
)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many suspects were arrested?", Kind.NUMBER),
        ("What is the population of Cambodia?", Kind.NUMBER),
        ("What percentage of homes was damaged?", Kind.NUMBER),
        ("How much money was seized in the raids?", Kind.MONEY),
        ("How much did the repairs cost?", Kind.MONEY),
        ("When was the prosecutor suspended?", Kind.DATE),
        ("In which year was the dam built?", Kind.DATE),
        ("Who ordered the operation?", Kind.NAME),
        ("Why was the deputy prosecutor suspended?", Kind.REASON),
        ("What was the main reason for the delay?", Kind.REASON),
        ("What made the costs of repair fall?", Kind.REASON),
        ("What does the fund do?", Kind.OPEN),
        ("What happened when the dam broke?", Kind.OPEN),
    ],
)
def test_a_question_expects_a_kind_of_answer(question: str, kind: Kind) -> None:
    assert understand(question).kind is kind


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("Police arrested 1,043 people.", {Kind.NUMBER}),
        ("Nobody was arrested.", set()),
        ("Eleven of them were freed on Monday.", {Kind.NUMBER, Kind.DATE}),
        ("It cost 48 million tals.", {Kind.NUMBER, Kind.MONEY}),
        ("It cost $5.", {Kind.NUMBER, Kind.MONEY}),
        ("The order came from Hun Manet.", {Kind.NAME}),
        ("Tickets sold less because of the rain.", {Kind.REASON}),
        ("The fall was mainly due to rain.", {Kind.REASON}),
        ("(1) Includes fees.", set()),
        ("2. Includes fees.", set()),
        ("(1) Includes 3 fees.", {Kind.NUMBER}),
        ("12 gates failed.", {Kind.NUMBER}),
    ],
)
def test_a_sentence_fits_kinds_of_answers(sentence: str, kinds: set[Kind]) -> None:
    asked = set(Kind) - {Kind.OPEN}
    assert {kind for kind in asked if fits_kind(sentence, kind)} == kinds
    assert fits_kind(sentence, Kind.OPEN)


def test_the_language_is_detected_and_the_text_is_cleared() -> None:
    assert understand("How many suspects were arrested?").language == "en"
    assert understand("在柬埔寨逮捕了多少嫌疑人？").language == "zh"
    assert understand("  Who\ud800 ordered it?\n").text == "Who? ordered it?"


@pytest.mark.parametrize("empty", ["", "   ", "\n", "?!", "…"])
def test_an_empty_question_is_refused(empty: str) -> None:
    with pytest.raises(QuestionError, match="the question is empty; ask something"):
        understand(empty)


def test_a_question_may_have_2000_characters_and_no_more() -> None:
    assert len(understand("a" * MAX_QUESTION_CHARACTERS).text) == 2000
    with pytest.raises(QuestionError, match="has 2,001 characters, more than the 2,000"):
        understand("a" * (MAX_QUESTION_CHARACTERS + 1))


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("¿Qué inflación pronostica el Banco de la República?", ("Banco", "República")),
        ("¿Por qué bajó la inflación en marzo?", ()),
        ("Zimbabwe: How much did it cost?", ()),
        ("What is the highest fine under the EU AI Act?", ("EU", "AI", "Act")),
        ("Did Hun Manet order 15,900 raids in Laos?", ("Hun", "Manet", "15,900", "Laos")),
        ("Who is responsible?", ()),
        ("What made PG&E's profit shrink?", ("PG&E's",)),
        ("How much did Coca-Cola earn in April-June?", ("Coca-Cola", "April-June")),
        ("How many F-35s did eBay buy?", ("F-35s",)),
    ],
)
def test_names_and_figures_are_found_but_not_words_that_ask(question: str, names: tuple[str, ...]) -> None:
    assert understand(question).names == names


def test_a_word_asks_in_its_language_and_in_any_if_the_language_is_unknown() -> None:
    assert set(QUESTION_WORDS) == {
        "ar", "bn", "de", "en", "es", "fr", "hi", "id", "it", "pt", "ru", "ur", "vi", "zh",
    }  # fmt: skip
    assert [asks("Combien", language) for language in ("fr", "en", "und")] == [True, False, True]
    assert [asks("Dove", language) for language in ("it", "en")] == [True, False]
    assert [asks(word, "vi") for word in ("ai", "AI")] == [True, False]


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("Whose sales were higher, Pfizer's or Merck's?", Form.COMPARISON),
        ("What was dearer, tea or coffee?", Form.COMPARISON),
        ("What costs more, tea or coffee?", Form.COMPARISON),
        ("What did the company pay for tea or coffee?", Form.FACT),
    ],
)
def test_a_question_which_of_two_is_more_asks_for_a_comparison(question: str, form: Form) -> None:
    assert understand(question).form is form


def test_forms_of_verbs_lead_to_their_infinitives() -> None:
    past = {"broke": "break", "released": "release", "stopped": "stop", "carried": "carry", "cut": "cut"}
    past |= {"found": "find", "planned": "plan", "employed": "employ", "cancelled": "cancel"}
    assert {form: PAST.get(form) for form in past} == past
    assert [form for form in ("table", "the", "broken", "Broke", "") if form in PAST] == []
    assert [PARTICIPLES.get(form) for form in ("broken", "recorded", "held", "broke", "missing")] == [
        *("break", "record", "hold", None, None)
    ]
