"""Scores become probabilities: those of the candidates and of "none of these" add up to 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from index.embedding import Encoder
from rag.engine import QueryEngine
from rag.finding.ranking import (
    COMPARED,
    LARGEST_PRIOR,
    Calibration,
    Scored,
    answerability_of,
    by_document,
    rank,
    select,
)
from rag.questions import Question, understand
from tests.support.candidates import candidates_in, scored, texts
from tests.support.libraries import MakeLibrary

RAIN = "It rained. The dredger sank in March. Nobody was hurt."


@dataclass
class Known:
    """A reader on the far side, whose scores are known: those of texts that begin alike."""

    logits: dict[str, float]
    key: str = "known"

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        del question
        return [next(x for start, x in self.logits.items() if text.startswith(start)) for text in texts]


def ranked(
    engine: QueryEngine, asked: str, logits: dict[str, float], calibration: Calibration
) -> list[tuple[str, float]]:
    candidates = candidates_in(engine, asked)
    found = rank(engine.index.encoder, Known(logits), understand(asked), candidates, calibration)
    return [(item.candidate.sentence.text, item.score) for item in found]


def test_a_probability_is_the_share_of_the_odds_of_all_candidates_and_of_none(library: MakeLibrary) -> None:
    logits = {"It rained": 0.0, "The dredger": math.log(3), "Nobody": -100.0}
    found = ranked(library({"a.txt": RAIN}), "When did the dredger sink?", logits, Calibration())
    assert [text for text, _ in found] == ["The dredger sank in March.", "It rained.", "Nobody was hurt."]
    assert [score for _, score in found] == pytest.approx([0.6, 0.2, 0.0])


def test_the_prior_and_an_offset_count_as_the_calibration_says(library: MakeLibrary) -> None:
    engine, asked = library({"a.txt": RAIN}), "When did the dredger sink?"
    prior = {each.sentence.text: each.prior for each in candidates_in(engine, asked)}
    logits = {"It rained": 2.0, "The dredger": 1.0, "Nobody": -3.0}
    calibration = Calibration(logit_scale=0.5, prior_weight=4.0, offset=-1.0)
    found = ranked(engine, asked, logits, calibration)
    odds = {
        text: math.exp(0.5 * next(x for start, x in logits.items() if text.startswith(start)) + 4 * near - 1)
        for text, near in prior.items()
    }
    total = 1 + sum(odds.values())
    assert dict(found) == pytest.approx({text: each / total for text, each in odds.items()})


def test_for_an_overview_the_nearest_sentence_comes_first_and_nothing_is_read(library: MakeLibrary) -> None:
    engine, asked = library({"a.txt": RAIN}), "Summarise how the dredger sank."
    found = ranked(engine, asked, {}, Calibration())
    candidates = candidates_in(engine, asked)
    assert found[0][0] == "The dredger sank in March."
    assert found == [(each.sentence.text, each.prior / LARGEST_PRIOR) for each in candidates]


def test_the_answerability_is_the_probability_that_any_of_them_answers() -> None:
    assert answerability_of([]) == 0.0
    assert answerability_of([scored(1, 0, "a.", 0.5), scored(1, 9, "b.", 0.3)]) == pytest.approx(0.8)
    assert answerability_of([scored(1, 0, "a.", 0.7), scored(1, 9, "b.", 0.30001)]) == 1.0


def test_the_nearest_sentences_in_another_language_are_compared_token_by_token(
    library: MakeLibrary, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences = [f"The dredger number {number} sank in the harbour." for number in range(COMPARED + 4)]
    engine, asked = library({"a.txt": " ".join(sentences)}), "挖泥船为什么在 dredger 港口沉没？"
    monkeypatch.setattr(encoder, "languages", frozenset({"en", "zh"}))
    candidates = candidates_in(engine, asked)
    calibration = Calibration(likeness_scale=7.0, likeness_offset=-5.0)
    found = rank(encoder, engine.reader, understand(asked), candidates, calibration)
    nearest = [each.sentence.text for each in candidates[:COMPARED]]
    likenesses = encoder.compare(asked, [f"a: {text}" for text in nearest])
    odds = [math.exp(7 * likeness.late - 5) for likeness in likenesses]
    assert {item.candidate.sentence.text: item.score for item in found} == pytest.approx(
        {text: each / (1 + sum(odds)) for text, each in zip(nearest, odds, strict=True)}, abs=1e-4
    )


def test_a_sentence_in_a_language_that_the_encoder_does_not_read_is_read(library: MakeLibrary) -> None:
    engine = library({"a.txt": RAIN})
    found = ranked(engine, "挖泥船为什么沉没？", {"": 0.0}, Calibration())
    assert [score for _, score in found] == pytest.approx([0.25] * 3)


def test_sentences_stand_document_by_document_in_the_order_of_the_text() -> None:
    items = [scored(2, 9, "b.", 0.9), scored(1, 0, "c.", 0.8), scored(2, 0, "a.", 0.7)]
    assert texts(by_document(items)) == ["a.", "b.", "c."]


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
