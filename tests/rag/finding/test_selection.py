"""An answer has as many sentences as the question needs, and none repeats another."""

from __future__ import annotations

from dataclasses import replace

from rag.finding.ranking import Scored
from rag.finding.selection import select
from rag.questions import Question, understand
from tests.support.candidates import WEIGHTS, scored, texts

FACT = understand("Who was arrested?")
LIST = understand("List the causes of the flood.")


def chosen(ranked: list[Scored], question: Question = FACT, most: int = 8) -> list[str]:
    return texts(select(ranked, question, WEIGHTS, most))


def test_a_fact_that_is_certain_has_one_sentence() -> None:
    ranked = [scored(1, 0, "the best one here.", 0.9), scored(1, 50, "nearly as good.", 0.85)]
    assert chosen(ranked) == ["the best one here."]


def test_a_doubtful_fact_has_another_sentence_if_that_raises_the_probability_of_an_answer() -> None:
    ranked = [
        scored(1, 0, "the best one here.", 0.5),
        scored(1, 50, "it may be this.", 0.4),
        scored(1, 90, "hardly this at all.", 0.2),
    ]
    # 0.4 of the half that is left is a fifth; 0.2 of the three tenths that are left is less than a tenth.
    assert chosen(ranked) == ["the best one here.", "it may be this."]


def test_with_a_reranker_a_fact_has_the_second_best_sentence_if_it_is_nearly_as_probable() -> None:
    ranked = [
        judged("the best one here.", 0.4, reranker=0.6),
        judged("nearly as good.", 0.35, reranker=0.5),
        judged("it means the same.", 0.34, reranker=0.7),
    ]
    assert chosen(ranked) == ["the best one here.", "nearly as good."]
    assert chosen(ranked, most=1) == ["the best one here."]


def test_a_sentence_that_is_less_probable_than_that_is_not_cited() -> None:
    ranked = [
        judged("the best one here.", 0.41, reranker=0.6),
        judged("it means the same.", 0.34, reranker=0.7),
    ]
    assert chosen(ranked) == ["the best one here."]


def test_with_a_reranker_a_row_is_followed_by_a_row_that_is_nearly_as_probable() -> None:
    rows = [
        judged("Pumps | 12 | 14", 0.5, reranker=0.6, headings="March | April"),
        judged("Gates | 13 | 15", 0.46, reranker=0.5, headings="March | April"),
        judged("Weirs | 10 | 11", 0.45, reranker=0.7, headings="March | April"),
    ]
    assert chosen(rows) == ["Pumps | 12 | 14", "Gates | 13 | 15"]
    assert chosen([rows[0], judged("Weirs | 10 | 11", 0.3, reranker=0.1, headings="March | April")]) == [
        "Pumps | 12 | 14"
    ]


def test_with_a_reranker_the_sentence_that_follows_repeats_nothing() -> None:
    ranked = [
        judged("Police arrested 40 men on Monday.", 0.5, reranker=0.6),
        judged("Police arrested 40 men on Monday night.", 0.49, reranker=0.5),
        judged("They came from six countries.", 0.47, reranker=0.4),
    ]
    assert chosen(ranked) == ["Police arrested 40 men on Monday.", "They came from six countries."]


def judged(text: str, points: float, *, reranker: float, headings: str = "") -> Scored:
    """A candidate that a reranker has scored; the more probable ones stand first in the document."""
    made = scored(1, round(1000 * (1 - points)), text, points, headings)
    features = replace(made.candidate.features, reranker=reranker)
    return replace(made, candidate=replace(made.candidate, features=features))


def test_a_comparison_has_each_row_of_the_group_that_it_names() -> None:
    question = understand("Which had more sales, Space or Ships and Harbours, since the other is smaller?")
    lines = ["Ships and Harbours | 24", "Other | 3", "Space | 29", "Space Ships | 12"]
    rows = [judged(line, 0.9, reranker=0.0, headings="Sales | 2023") for line in lines]
    reading = rows[0].candidate.reading
    sentences = tuple(row.candidate.sentence for row in rows)
    best = replace(rows[0].candidate, reading=replace(reading, sentences=sentences))
    ranked = [replace(rows[0], candidate=best), scored(1, 500, "Space and Ships are our businesses.", 0.8)]
    assert chosen(ranked, question) == ["Ships and Harbours | 24", "Space | 29"]


def test_a_comparison_has_a_sentence_for_each_thing_that_it_names() -> None:
    ranked = [
        scored(1, 0, "Syria | 33.42", 0.9, "Country | EURm"),
        scored(1, 20, "Egypt | 14.90", 0.8, "Country | EURm"),
        scored(1, 40, "Tunisia | 14.50", 0.3, "Country | EURm"),
    ]
    for asked in ("Did Syria or Tunisia get more assistance?", "Whose is higher, Syria's or Tunisia's?"):
        assert chosen(ranked, understand(asked)) == ["Syria | 33.42", "Tunisia | 14.50"]


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
