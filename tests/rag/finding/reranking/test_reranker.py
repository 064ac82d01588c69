"""The reranker compares the best sentences with the question."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.embedding import LAST, Encoder, bundled_folder, sha256_of
from index.errors import EncoderError
from rag.errors import RerankerError
from rag.finding.reranking import (
    ADAPTER,
    INSTALLED_RERANKER,
    MAX_RERANKED,
    NO_RERANKER,
    apply_reranker,
    installed_weights,
    open_reranker,
    reranker,
    text_of,
)
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


@pytest.mark.parametrize(
    ("content", "digest"), [(b"other", "d9298a10"), (None, "none, because it is missing")]
)
def test_other_low_rank_changes_are_refused_when_sentences_are_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, digest: str
) -> None:
    changes = tmp_path / "reranker.safetensors"
    if content is not None:
        changes.write_bytes(content)
    monkeypatch.setattr(reranker, "installed_weights", bundled_folder)
    monkeypatch.setattr(reranker, "ADAPTER", changes)
    opened = open_reranker(INSTALLED_RERANKER)
    assert opened is not None
    with pytest.raises(
        RerankerError, match=rf"^reranker\.safetensors, .* {digest}.*; install Footnoted again"
    ):
        opened.compare("Who led the office?", ["Ada led it."], LAST)


class TestLowRankChanges:
    def test_the_file_has_the_pinned_digest_and_takes_little_space(self) -> None:
        assert sha256_of(ADAPTER) == reranker.ADAPTER_SHA256
        assert ADAPTER.stat().st_size < 1_300_000

    def test_a_paraphrase_is_nearer_to_the_question_with_the_changes(self) -> None:
        if (folder := installed_weights()) is None:
            pytest.skip("the packages of the reranker are not installed")
        question = "How big is the team of the observatory?"
        answers, repeats = "It employs 41 people.", "The team of the observatory is proud of its big dome."
        installed = open_reranker(INSTALLED_RERANKER)
        original = open_reranker(str(folder))
        assert installed is not None
        assert original is not None
        margins = []
        for encoder in (installed, original):
            right, wrong = encoder.compare(question, [answers, repeats], LAST)
            margins.append(right.late - wrong.late)
        assert margins[0] > margins[1] + 0.01
