"""An answer has as many sentences as the question needs, and none repeats another."""

from __future__ import annotations

from rag.finding.ranking import Calibration, Scored, select
from rag.questions import Question, understand
from tests.support.candidates import scored, texts

CALIBRATION = Calibration(second_share=0.5, reach=0.5)
FACT = understand("Who was arrested?")
LIST = understand("List the causes of the flood.")


def chosen(ranked: list[Scored], question: Question = FACT, most: int = 8) -> list[str]:
    return texts(select(ranked, question, CALIBRATION, most))


def test_a_fact_has_the_second_best_sentence_if_it_is_nearly_as_probable() -> None:
    ranked = [
        scored(1, 0, "the best one here.", 0.4),
        scored(1, 50, "nearly as good.", 0.2),
        scored(1, 90, "it means the same.", 0.2),
    ]
    assert chosen(ranked) == ["the best one here.", "nearly as good."]
    assert chosen(ranked, most=1) == ["the best one here."]


def test_a_sentence_that_is_less_probable_than_that_is_not_cited() -> None:
    ranked = [scored(1, 0, "the best one here.", 0.4), scored(1, 50, "it means the same.", 0.19)]
    assert chosen(ranked) == ["the best one here."]


def test_the_second_sentence_repeats_nothing() -> None:
    ranked = [
        scored(1, 0, "Police arrested 40 men on Monday.", 0.4),
        scored(1, 50, "Police arrested 40 men on Monday night.", 0.3),
        scored(1, 90, "They came from six countries.", 0.25),
    ]
    assert chosen(ranked) == ["Police arrested 40 men on Monday.", "They came from six countries."]


def test_a_list_has_all_sentences_near_the_best() -> None:
    ranked = [
        scored(1, 0, "a rusted pin.", 0.8),
        scored(1, 50, "an open gate.", 0.5),
        scored(1, 90, "unrelated words.", 0.39),
    ]
    assert chosen(ranked, LIST) == ["a rusted pin.", "an open gate."]


def test_repeated_sentences_are_left_out() -> None:
    ranked = [
        scored(1, 0, "Police arrested 40 men on Monday.", 0.9),
        scored(2, 0, "Police  arrested 40 men on MONDAY.", 0.9),
        scored(3, 0, "Police arrested 40 men on Monday night.", 0.8),
        scored(3, 60, "They came from six countries.", 0.7),
    ]
    assert chosen(ranked, LIST) == ["Police arrested 40 men on Monday.", "They came from six countries."]


def test_rows_of_tables_with_the_same_words_do_not_repeat_each_other() -> None:
    ranked = [
        scored(1, 0, "Pumps | 12 | 14", 0.9, "March | April"),
        scored(1, 50, "Pumps | 13 | 15", 0.8, "May | June"),
        scored(1, 90, "Pumps | 12 | 14", 0.8, "July | August"),
    ]
    assert chosen(ranked, LIST) == ["Pumps | 12 | 14", "Pumps | 13 | 15", "Pumps | 12 | 14"]


def test_sentences_stand_in_the_order_of_their_documents_the_best_one_first() -> None:
    ranked = [
        scored(2, 80, "alpha beta gamma.", 0.9),
        scored(1, 50, "delta epsilon zeta.", 0.8),
        scored(2, 10, "eta theta iota.", 0.7),
        scored(1, 20, "kappa lambda mu.", 0.6),
        scored(3, 0, "nu xi omicron.", 0.6),
    ]
    assert chosen(ranked, LIST, most=4) == [
        "alpha beta gamma.",
        "eta theta iota.",
        "kappa lambda mu.",
        "delta epsilon zeta.",
    ]


def test_without_candidates_nothing_is_selected() -> None:
    assert chosen([]) == chosen([], LIST) == chosen([], understand("Is Syria or Egypt larger?")) == []
