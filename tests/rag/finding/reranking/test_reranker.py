"""The reranker reads the best sentences again, together with the question."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.embedding import bundled_folder, sha256_of
from rag.errors import RerankerError
from rag.finding.reranking import (
    ADAPTER,
    INSTALLED_RERANKER,
    MAX_RERANKED,
    NO_RERANKER,
    Reranker,
    apply_reranker,
    installed_weights,
    open_reranker,
    reranker,
    text_of,
)
from tests.support.candidates import candidate

QUESTION = "How big is the team of the observatory?"
ANSWERS = "The observatory: It employs 41 people."
REPEATS = "The observatory: The team is proud of its big dome."


def test_each_candidate_is_scored_with_its_title_and_keeps_its_place(cross_encoder: Reranker) -> None:
    sold = candidate(1, 0, "The company sold 300 lanterns in May.")
    rain = candidate(2, 0, "It rained on the coast.")
    reranked = apply_reranker(cross_encoder, "How many lanterns were sold?", [rain, sold])
    assert [item.sentence.text for item in reranked] == [rain.sentence.text, sold.sentence.text]
    scores = cross_encoder.scores("How many lanterns were sold?", [text_of(rain), text_of(sold)])
    assert [item.features.reranker for item in reranked] == pytest.approx([score / 10 for score in scores])
    assert scores[0] != scores[1]


def test_the_cells_of_a_row_are_scored_that_fit_the_question(cross_encoder: Reranker) -> None:
    row = candidate(1, 0, "Sweden | 30 | 65", headings="Country | Domestic | Imported")
    [reranked] = apply_reranker(cross_encoder, "What was imported?", [row])
    texts = ["Report 1: Country Sweden; Imported: 65", text_of(row)]
    with_cell, without = cross_encoder.scores("What was imported?", texts)
    assert reranked.features.reranker == pytest.approx(with_cell / 10)
    assert with_cell != pytest.approx(without)


def test_only_the_best_candidates_are_scored(cross_encoder: Reranker) -> None:
    many = [candidate(number, 0, f"Sentence {number}.") for number in range(MAX_RERANKED + 3)]
    assert apply_reranker(cross_encoder, "Which sentence?", many) == [
        item.with_features(reranker=score / 10)
        for item, score in zip(
            many[:MAX_RERANKED],
            cross_encoder.scores("Which sentence?", [text_of(item) for item in many[:MAX_RERANKED]]),
            strict=True,
        )
    ]
    assert apply_reranker(cross_encoder, "Which sentence?", []) == []


def test_none_opens_no_reranker() -> None:
    assert open_reranker(NO_RERANKER) is None


def test_an_unknown_reranker_is_named() -> None:
    with pytest.raises(RerankerError, match=r"^reranker 'no-such/model' cannot be loaded: .*; give the name"):
        open_reranker("no-such/model")


@pytest.mark.parametrize(
    ("content", "digest"), [(b"other", "d9298a10"), (None, "none, because it is missing")]
)
def test_another_adapter_is_refused_when_sentences_are_scored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, digest: str
) -> None:
    adapter = tmp_path / "reranker.safetensors"
    if content is not None:
        adapter.write_bytes(content)
    monkeypatch.setattr(reranker, "installed_weights", bundled_folder)
    monkeypatch.setattr(reranker, "ADAPTER", adapter)
    opened = open_reranker(INSTALLED_RERANKER)
    assert opened is not None
    with pytest.raises(
        RerankerError, match=rf"^reranker\.safetensors, .* {digest}.*; install Footnoted again"
    ):
        opened.scores(QUESTION, [ANSWERS])


def test_the_adapter_has_the_pinned_digest_and_takes_little_space() -> None:
    assert sha256_of(ADAPTER) == reranker.ADAPTER_SHA256
    assert ADAPTER.stat().st_size < 1_700_000


class TestInstalledReranker:
    @pytest.fixture(scope="class")
    @staticmethod
    def installed() -> Reranker:
        """The installed reranker; without its packages, the tests are skipped."""
        if installed_weights() is None:
            pytest.skip("the packages of the reranker are not installed")
        opened = open_reranker(INSTALLED_RERANKER)
        assert opened is not None
        return opened

    def test_an_answer_in_other_words_comes_before_a_sentence_with_the_words(
        self, installed: Reranker
    ) -> None:
        answers, repeats = installed.scores(QUESTION, [ANSWERS, REPEATS])
        assert answers > repeats + 0.5

    def test_a_score_depends_on_the_question(self, installed: Reranker) -> None:
        [size] = installed.scores(QUESTION, [ANSWERS])
        [founded] = installed.scores("Who founded the observatory?", [ANSWERS])
        assert size > founded + 0.5

    def test_a_sentence_on_something_else_scores_far_below_zero(self, installed: Reranker) -> None:
        answers, elsewhere = installed.scores(QUESTION, [ANSWERS, "The harbour: Grain exports fell by 4 %."])
        assert elsewhere < -3 < -0.5 < answers

    def test_the_other_texts_do_not_change_a_score(self, installed: Reranker) -> None:
        texts = [ANSWERS, REPEATS, "dome " * 400, *(f"Sentence {number}." for number in range(6))]
        together = installed.scores(QUESTION, texts)
        alone = [installed.scores(QUESTION, [text])[0] for text in texts]
        assert together == pytest.approx(alone, abs=0.2)
