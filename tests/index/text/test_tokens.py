"""A long text has the same tokens whether it is tokenised in windows or at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from index.embedding.encoder import Encoder
from index.text.tokens import WINDOW, Token, TokenSpans, token_spans_by, tokens_of
from tests.support.reports import words as vocabulary
from tests.support.writings import BREAKS, SENTENCES, TEXTS

SMALL = 4096
LONG = st.tuples(st.lists(TEXTS, min_size=1, max_size=6), st.integers(1, 20)).map(
    lambda drawn: "".join(drawn[0]) * drawn[1]
)
"""Texts of up to some tens of windows, with repetitions."""

WRITTEN = [gap.join(SENTENCES) for gap in BREAKS]


def trained(
    model: models.Model, trainer: trainers.Trainer, before: pre_tokenizers.PreTokenizer
) -> TokenSpans:
    """A tokeniser of another kind than the bundled one."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = before
    tokenizer.train_from_iterator(WRITTEN, trainer)
    return lambda text: token_spans_by(tokenizer, text)


@pytest.fixture(scope="module", params=["bundled", "pairs of bytes", "unigrams", "letters"])
def token_spans(request: pytest.FixtureRequest, encoder: Encoder) -> TokenSpans:
    kinds: dict[str, Callable[[], TokenSpans]] = {
        "bundled": lambda: encoder.token_spans,
        "pairs of bytes": lambda: trained(
            models.BPE(),
            trainers.BpeTrainer(
                vocab_size=900, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
            ),
            pre_tokenizers.ByteLevel(add_prefix_space=True),
        ),
        "unigrams": lambda: trained(
            models.Unigram(),
            trainers.UnigramTrainer(
                vocab_size=900,
                unk_token="?",  # noqa: S106 (what stands for an unknown letter)
                special_tokens=["?"],
                show_progress=False,
            ),
            pre_tokenizers.Metaspace(),
        ),
        # A tokeniser with several tokens for one letter.
        "letters": lambda: (
            lambda text: [
                (place, place + 1)
                for place, letter in enumerate(text)
                for _ in letter.encode("utf-8", "replace")
            ]
        ),
    }
    return kinds[request.param]()


@pytest.mark.slow_cases
@settings(max_examples=20)
@given(text=LONG)
def test_windows_have_the_tokens_of_the_whole(token_spans: TokenSpans, text: str) -> None:
    assert list(tokens_of(text, token_spans, SMALL)) == list(token_spans(text))


@pytest.mark.parametrize(
    "text",
    [
        "The gate is closed. " + "x" * 90_000 + " Nobody was told. " * 900,
        "The gate is closed. " * 900 + "".join(vocabulary(3_000)),
        "A gate." + " " * 60_000 + "Another gate. " * 900,
        "市议会星期一关闭了大坝" * 4_000,
        "e\u0301" * 20_000,
        "\n".join(SENTENCES * 60),
    ],
    ids=["one word", "words without spaces", "blanks", "no spaces", "accents", "every script"],
)
def test_so_they_have_where_nothing_ends_for_longer_than_a_window(token_spans: TokenSpans, text: str) -> None:
    assert list(tokens_of(text, token_spans)) == list(token_spans(text))


def test_a_tokeniser_is_never_given_more_than_a_window_of_words() -> None:
    given_to_it: list[int] = []

    def words(text: str) -> list[Token]:
        given_to_it.append(len(text))
        return [match.span() for match in regex.finditer(r"\w+", text)]

    text = "The council closed the third gate. " * 20_000
    assert sum(1 for _ in tokens_of(text, words)) == 6 * 20_000
    assert max(given_to_it) == WINDOW
    assert sum(given_to_it) < 1.1 * len(text)


def test_the_beginning_is_had_without_the_rest(encoder: Encoder) -> None:
    text = "The council closed the third gate. " * 1_000_000
    assert encoder.clip(text, 8) == "The council closed the third gate. The"
