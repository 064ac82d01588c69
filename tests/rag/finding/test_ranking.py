"""The best sentence opens the answer; sentences within reach that add something join it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from rag.finding.ranking import Logistic, leading, rank, score
from tests.support.candidates import WEIGHTS, candidate, texts


def test_candidates_rank_by_probability_and_keep_their_order_when_equal() -> None:
    candidates = [candidate(1, 0, "a b.", 0.1), candidate(1, 9, "c d.", 0.9), candidate(2, 0, "e f.", 0.1)]
    assert texts(rank(candidates, WEIGHTS)) == ["c d.", "a b.", "e f."]


def test_a_sentence_in_another_language_than_the_question_has_weights_of_its_own() -> None:
    near, far = candidate(1, 0, "a b.", 0.9), candidate(1, 9, "c d.", 0.2)
    abroad = replace(near, features=replace(near.features, foreign=1.0))
    weights = replace(WEIGHTS, foreign_selection=Logistic(-3.0, {"cosine": 1.0}))
    assert texts(rank([near, far], weights)) == ["a b.", "c d."]
    assert texts(rank([abroad, far], weights)) == ["c d.", "a b."]
    assert texts(rank([abroad, far], WEIGHTS)) == ["a b.", "c d."], "weights for one language"


def test_the_best_sentence_leads_by_its_share_of_the_odds() -> None:
    best, other = candidate(1, 0, "a b.", math.log(3)), candidate(1, 9, "c d.", 0.0)
    led = leading(rank([other, best], WEIGHTS))
    assert led.lead == pytest.approx(math.log(3 / 4))
    assert replace(led, lead=0.0) == best.features
    assert leading(rank([best], WEIGHTS)).lead == 0


def test_a_heading_counts_for_half_and_a_table_row_in_full() -> None:
    whole, heading = candidate(1, 0, "Water rose."), candidate(1, 0, "Water levels in March")
    row = candidate(1, 0, "Pellan | 12 | 14")
    assert score(heading, WEIGHTS).score == score(whole, WEIGHTS).score / 2
    assert score(row, WEIGHTS).score == score(whole, WEIGHTS).score
