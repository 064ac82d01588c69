"""The best sentence opens the answer; sentences within reach that add something join it."""

from __future__ import annotations

from index.documents import Span
from index.records import DocumentRecord
from rag.finding.features import Candidate, Features
from rag.finding.ranking import Logistic, Scored, Weights, rank, score, select
from rag.finding.reading import Reading, ReadSentence

WEIGHTS = Weights(
    selection=Logistic(0.0, {"cosine": 1.0}),
    answerability=Logistic(0.0, {}),
    foreign=Logistic(0.0, {}),
    reach=0.5,
    threshold=0.5,
    foreign_threshold=0.5,
)


def record(number: int) -> DocumentRecord:
    return DocumentRecord(
        number,
        1,
        "/reports",
        f"{number}.txt",
        "text",
        f"Report {number}",
        None,
        None,
        "en",
        None,
        100,
        1,
        "0",
        "",
    )


def candidate(document: int, start: int, text: str, cosine: float = 0.5) -> Candidate:
    sentence = ReadSentence(Span(start, start + len(text)), text)
    reading = Reading(record(document), sentence.span, (sentence,), 1.0, 0.5)
    features = Features(cosine, *[0.0] * 11)
    return Candidate(reading, 0, sentence, features, frozenset(("en", word) for word in text.lower().split()))


def scored(document: int, start: int, text: str, points: float) -> Scored:
    return Scored(candidate(document, start, text), points)


def texts(chosen: list[Scored]) -> list[str]:
    return [item.candidate.sentence.text for item in chosen]


def test_candidates_rank_by_probability_and_keep_their_order_when_equal() -> None:
    candidates = [candidate(1, 0, "a b.", 0.1), candidate(1, 9, "c d.", 0.9), candidate(2, 0, "e f.", 0.1)]
    assert texts(rank(candidates, WEIGHTS)) == ["c d.", "a b.", "e f."]


def test_a_heading_counts_for_half_and_a_table_row_in_full() -> None:
    whole, heading = candidate(1, 0, "Water rose."), candidate(1, 0, "Water levels in March")
    row = candidate(1, 0, "Pellan | 12 | 14")
    assert score(heading, WEIGHTS).score == score(whole, WEIGHTS).score / 2
    assert score(row, WEIGHTS).score == score(whole, WEIGHTS).score


def test_sentences_out_of_reach_of_the_best_are_left_out() -> None:
    ranked = [
        scored(1, 0, "best one here.", 0.8),
        scored(1, 50, "near enough too.", 0.4),
        scored(1, 90, "far off now.", 0.39),
    ]
    assert texts(select(ranked, WEIGHTS)) == ["best one here.", "near enough too."]


def test_repeated_sentences_are_left_out() -> None:
    ranked = [
        scored(1, 0, "Police arrested 40 men on Monday.", 0.9),
        scored(2, 0, "Police  arrested 40 men on MONDAY.", 0.9),
        scored(3, 0, "Police arrested 40 men on Monday night.", 0.8),
        scored(3, 60, "They came from six countries.", 0.7),
    ]
    assert texts(select(ranked, WEIGHTS)) == [
        "Police arrested 40 men on Monday.",
        "They came from six countries.",
    ]


def test_an_answer_has_at_most_four_sentences_ordered_by_document_and_place() -> None:
    ranked = [
        scored(2, 80, "alpha beta gamma.", 0.9),
        scored(1, 50, "delta epsilon zeta.", 0.8),
        scored(2, 10, "eta theta iota.", 0.7),
        scored(1, 20, "kappa lambda mu.", 0.6),
        scored(3, 0, "nu xi omicron.", 0.6),
    ]
    assert texts(select(ranked, WEIGHTS)) == [
        "alpha beta gamma.",
        "eta theta iota.",
        "kappa lambda mu.",
        "delta epsilon zeta.",
    ]


def test_without_candidates_nothing_is_selected() -> None:
    assert select([], WEIGHTS) == []
