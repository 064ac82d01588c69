"""The input of the installed reranker."""

from __future__ import annotations

from index.embedding import bundled_tokenizer
from rag.finding.reranking.pairs import MAX_QUESTION_TOKENS, MAX_TEXT_TOKENS, tokenize_pair


def test_question_and_text_lie_between_special_tokens() -> None:
    tokenizer = bundled_tokenizer()
    words = {word: tokenizer.token_to_id(word) for word in ("who", "led", "she")}
    pair = tokenize_pair(tokenizer, "Who led?", "She led")
    asked = [words["who"], words["led"], tokenizer.token_to_id("?")]
    assert pair.ids == (0, *asked, 2, 2, words["she"], words["led"], 2)
    assert pair.ids[1 : pair.question_end] == tuple(asked)


def test_long_questions_and_texts_are_cut_off() -> None:
    pair = tokenize_pair(bundled_tokenizer(), "why " * 500, "because " * 500)
    assert pair.question_end == MAX_QUESTION_TOKENS + 1
    assert len(pair.ids) == MAX_QUESTION_TOKENS + MAX_TEXT_TOKENS + 4
