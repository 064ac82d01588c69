"""The reranker compares the best sentences with the question."""

from __future__ import annotations

import pytest

from index.embedding import LAST, Encoder, bundled_folder
from index.errors import EncoderError
from rag.finding.reranking import NO_RERANKER, apply_reranker, open_reranker
from rag.finding.reranking.encoded_text import text_of
from rag.finding.reranking.reranker import MAX_RERANKED
from tests.support.candidates import candidate


def test_each_candidate_is_compared_token_by_token_and_keeps_its_place(encoder: Encoder) -> None:
    sold = candidate(1, 0, "The company sold 300 lanterns in May.")
    rain = candidate(2, 0, "It rained on the coast.")
    reranked = apply_reranker(encoder, "How many lanterns were sold?", [rain, sold])
    assert [item.sentence.text for item in reranked] == [rain.sentence.text, sold.sentence.text]
    likenesses = encoder.compare("How many lanterns were sold?", [text_of(rain), text_of(sold)], LAST)
    features = [item.features for item in reranked]
    assert [its.matched for its in features] == pytest.approx([each.late for each in likenesses])
    assert features[1].matched > features[0].matched > 0


def test_only_the_best_candidates_are_compared(encoder: Encoder) -> None:
    many = [candidate(number, 0, f"Sentence {number}.") for number in range(MAX_RERANKED + 3)]
    assert len(apply_reranker(encoder, "Which sentence?", many)) == MAX_RERANKED
    assert apply_reranker(encoder, "Which sentence?", []) == []


def test_a_reranker_is_opened_by_its_folder() -> None:
    assert open_reranker(NO_RERANKER) is None
    reranker = open_reranker(str(bundled_folder()))
    assert reranker is not None
    assert reranker.dimensions == 384


def test_an_unknown_reranker_is_named() -> None:
    with pytest.raises(EncoderError, match="no-such/model"):
        open_reranker("no-such/model")
