"""A window becomes one input of the model, with the bounds of each sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.embedding import bundled_tokenizer
from rag.finding.reader.windows import (
    MAX_QUESTION_TOKENS,
    MAX_TITLE_TOKENS,
    MAX_WINDOW_TOKENS,
    Window,
    tokenize,
)

TOKENIZER = bundled_tokenizer()

SENTENCES = st.lists(st.text("abc é中.0", max_size=400), max_size=6).map(tuple)


def words(ids: tuple[int, ...]) -> list[str]:
    return [str(TOKENIZER.id_to_token(number)) for number in ids]


def test_question_title_and_sentences_are_joined_by_separators() -> None:
    found = tokenize(TOKENIZER, "Who fled?", Window("Raids", ("Guards fled.", "Police came.")))
    assert " ".join(words(found.ids)) == (
        "[CLS] who fled ? [SEP] raids [SEP] guards fled . police came . [SEP]"
    )
    assert found.question_end == 4
    assert found.bounds == ((7, 10), (10, 13))


def test_question_and_title_are_cut_to_leave_room_for_sentences() -> None:
    found = tokenize(TOKENIZER, "who " * 500, Window("raid " * 500, ("Guards fled.",)))
    assert found.bounds == ((MAX_QUESTION_TOKENS + MAX_TITLE_TOKENS + 3, len(found.ids) - 1),)
    assert words(found.ids)[found.bounds[0][0] : found.bounds[0][1]] == ["guards", "fled", "."]


def test_a_sentence_that_does_not_fit_has_no_tokens() -> None:
    found = tokenize(TOKENIZER, "who", Window("", ("a " * 300, "b.")))
    assert len(found.ids) == MAX_WINDOW_TOKENS
    assert found.bounds == ((4, MAX_WINDOW_TOKENS - 1), (MAX_WINDOW_TOKENS - 1, MAX_WINDOW_TOKENS - 1))


@given(question=st.text(max_size=300), title=st.text(max_size=200), sentences=SENTENCES)
def test_the_bounds_of_sentences_do_not_overlap_and_stay_in_the_window(
    question: str, title: str, sentences: tuple[str, ...]
) -> None:
    found = tokenize(TOKENIZER, question, Window(title, sentences))
    assert len(found.ids) <= MAX_WINDOW_TOKENS
    assert found.ids[found.question_end] == TOKENIZER.token_to_id("[SEP]")
    assert len(found.bounds) == len(sentences)
    edges = [edge for bound in found.bounds for edge in bound]
    assert edges == sorted(edges)
    assert all(edge < len(found.ids) for edge in edges)


def test_a_tokenizer_without_the_special_tokens_is_refused() -> None:
    from tokenizers.models import WordLevel

    with pytest.raises(ValueError, match=r"no token \[CLS\]"):
        tokenize(Tokenizer(WordLevel({"a": 0}, unk_token="a")), "a", Window("", ()))  # noqa: S106
