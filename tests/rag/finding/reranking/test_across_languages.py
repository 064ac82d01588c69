"""Sentences in another language than the question are compared with it once more, token by token."""

from __future__ import annotations

import pytest

from index.embedding import Encoder
from rag.engine import QueryEngine
from rag.finding.features import Candidate, measure
from rag.finding.reading import read
from rag.finding.reranking.across_languages import COMPARED, compare_across
from rag.finding.reranking.encoded_text import text_of
from rag.questions import understand
from tests.support.libraries import MakeLibrary


def compared_with(engine: QueryEngine, question: str) -> dict[str, Candidate]:
    asked = understand(question)
    with engine.index.snapshot() as snapshot:
        candidates = measure(snapshot, asked, read(snapshot, snapshot.search(asked.text)))
        compared = compare_across(snapshot.encoder, asked, candidates)
    return {candidate.sentence.text: candidate for candidate in compared}


def test_the_nearest_sentences_in_another_language_are_compared_with_their_titles_token_by_token(
    library: MakeLibrary, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences = [f"The dredger number {number} sank in the harbour." for number in range(COMPARED + 4)]
    engine, question = library({"a.txt": " ".join(sentences)}), "挖泥船为什么在 dredger 港口沉没？"
    by_passage = compared_with(engine, question)
    assert len(by_passage) == COMPARED + 4, "this encoder does not read Chinese"
    assert {candidate.features.late for candidate in by_passage.values()} == {0}
    monkeypatch.setattr(encoder, "languages", frozenset({"en", "zh"}))
    compared = compared_with(engine, question)
    nearest = sorted(by_passage, key=lambda text: -by_passage[text].features.cosine)[:COMPARED]
    assert list(compared) == nearest
    texts = [text_of(by_passage[text]) for text in nearest]
    likenesses = encoder.compare(question, texts)
    for text, likeness in zip(nearest, likenesses, strict=True):
        within, features = by_passage[text].features.cosine, compared[text].features
        assert features.cosine == pytest.approx((within + likeness.cosine) / 2, abs=1e-5)
        assert features.late == pytest.approx(likeness.late, abs=1e-5)
        assert features.late > 0
    assert len(compared_with(engine, "Why did the dredger sink?")) == COMPARED + 4, (
        "a question in its language"
    )
