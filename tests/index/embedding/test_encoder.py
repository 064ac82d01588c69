"""The encoder is the named model with its own vectors, each the same in any company, and made only once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.embedding.encoder import Encoder, open_encoder
from index.embedding.model import Kind, Vector
from index.embedding.onnx import DEFAULT_MODEL, PACKAGED, Bge
from tests.support.writings import PIECES, SENTENCES, TEXTS

PROMPT = "Represent this sentence for searching relevant passages: "


@pytest.fixture(scope="module")
def bge() -> Encoder:
    """The default encoder without memory."""
    encoder = open_encoder()
    encoder.remembered = 0
    return encoder


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    """The default model as onnxruntime loads it, without code of this project."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(PACKAGED.file, options)


def plain(session: onnxruntime.InferenceSession, text: str) -> npt.NDArray[np.float32]:
    """The vector of a text, without code of this project."""
    tokenizer = Tokenizer.from_file(str(PACKAGED.file.parent / "tokenizer.json"))
    tokenizer.enable_truncation(512)
    ids = np.array([tokenizer.encode(text).ids])
    inputs = {"input_ids": ids, "attention_mask": ids * 0 + 1, "token_type_ids": ids * 0}
    first = np.asarray(session.run(None, inputs)[0][0][0], np.float32)
    return np.asarray(first / np.linalg.norm(first), np.float32)


class TestDefaultModel:
    @pytest.mark.parametrize("name", [None, "", "bge-small-en-v1.5"])
    def test_it_has_its_name_its_weights_english_and_384_dimensions(self, name: str | None) -> None:
        encoder = open_encoder(name)
        assert (encoder.name, encoder.key) == (DEFAULT_MODEL, "bge-small-en-v1.5@68807e3ff2abb83c")
        assert (encoder.languages, encoder.dimensions) == (frozenset({"en"}), 384)

    def test_a_passage_has_the_vector_of_its_first_token_and_a_question_has_a_prompt(
        self, bge: Encoder, session: onnxruntime.InferenceSession
    ) -> None:
        texts = [*SENTENCES, SENTENCES[0], "", "word " * 600]
        expected = np.stack([plain(session, text) for text in texts])
        assert bge.encode(texts) == pytest.approx(expected, abs=1e-6)
        question = "Who closed the third gate?"
        assert bge.encode_query(question) == pytest.approx(plain(session, PROMPT + question), abs=1e-6)

    @settings(max_examples=15)
    @given(TEXTS)
    def test_vectors_have_length_one(self, bge: Encoder, text: str) -> None:
        vectors = bge.encode([text, text])
        assert vectors.shape == (2, 384)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)
        assert np.linalg.norm(bge.encode_query(text)) == pytest.approx(1, abs=1e-5)

    def test_it_is_compared_by_cosines_because_it_gives_no_tokens(self, bge: Encoder) -> None:
        texts = [*SENTENCES, SENTENCES[0], "word " * 600]
        likenesses = bge.compare("Why did the dam break?", texts)
        expected = bge.encode(texts) @ bge.encode_query("Why did the dam break?")
        assert [each.cosine for each in likenesses] == pytest.approx(expected.tolist(), abs=1e-6)
        assert [each.late for each in likenesses] == pytest.approx(expected.tolist(), abs=1e-6)

    def test_no_texts_have_no_vectors(self, bge: Encoder) -> None:
        assert bge.encode([]).shape == (0, 384)
        assert bge.compare("Why?", []) == []


class TestCompany:
    """A text has the same vector to the last bit whatever other texts are embedded beside it."""

    @settings(max_examples=8)
    @given(st.lists(PIECES, min_size=1, max_size=3), st.lists(PIECES, max_size=3), st.randoms())
    def test_in_any_company_and_order(
        self, bge: Encoder, texts: list[str], others: list[str], random: Random
    ) -> None:
        alone = [bge.encode([text])[0] for text in texts]
        mixed = [*texts, *others, "dam " * 60]
        random.shuffle(mixed)
        together = dict(zip(mixed, bge.encode(mixed), strict=True))
        passages = dict(zip(mixed, bge.encode_passages(mixed, [[]] * len(mixed)), strict=True))
        for text, vector in zip(texts, alone, strict=True):
            assert np.array_equal(together[text], vector)
            assert np.array_equal(passages[text].vector, vector)

    def test_questions_have_the_same_vectors_together_as_alone(self, bge: Encoder) -> None:
        asked = [f"Who closed gate {number} of the dam?" for number in range(20)]
        alone = [bge.encode_query(question) for question in asked]
        remembering = open_encoder()
        remembering.encode_queries(asked)
        with ThreadPoolExecutor(20) as askers:
            together = list(askers.map(open_encoder().encode_query, asked))
        for question, vector, other in zip(asked, alone, together, strict=True):
            assert np.array_equal(vector, other)
            assert np.array_equal(vector, remembering.encode_query(question))
        assert (remembering.recalled, remembering.missed) == (20, 20)

    def test_a_question_that_cannot_be_read_is_nobody_elses_error(self, bge: Encoder) -> None:
        with ThreadPoolExecutor(2) as askers:
            bad, good = askers.submit(bge.encode_query, 7), askers.submit(bge.encode_query, "gate")  # type: ignore[arg-type]
            assert isinstance(bad.exception(60), (TypeError, ValueError))
            assert good.result(60).shape == (384,)


class TestMemory:
    @pytest.fixture
    def fresh(self) -> Encoder:
        """An encoder that has embedded nothing."""
        return open_encoder()

    @pytest.fixture
    def worked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The texts that went through the model."""
        texts: list[str] = []
        vector = Bge.vector

        def note(model: Bge, text: str, kind: Kind) -> Vector:
            texts.append(text)
            return vector(model, text, kind)

        monkeypatch.setattr(Bge, "vector", note)
        return texts

    def test_a_text_goes_through_the_model_once(self, fresh: Encoder, worked: list[str]) -> None:
        first = fresh.encode(["a", "b", "a"])
        assert sorted(worked) == ["a", "b"]
        second = fresh.encode(["b", "c", "a"])
        assert sorted(worked) == ["a", "b", "c"]
        assert np.array_equal(second[[2, 0]], first[[0, 1]])
        assert np.array_equal(first[0], first[2])

    def test_what_was_used_longest_ago_is_forgotten_first(self, fresh: Encoder, worked: list[str]) -> None:
        fresh.remembered = 2
        fresh.encode(["a"])
        fresh.encode(["b"])
        fresh.encode(["a"])
        fresh.encode(["c"])
        worked.clear()
        fresh.encode(["a"])
        fresh.encode(["c"])
        assert worked == []
        fresh.encode(["b"])
        assert worked == ["b"]
        assert fresh.encode(["p", "q", "r", "s"]).shape == (4, 384), "more at once than are remembered"

    def test_threads_may_share_it(self, fresh: Encoder, bge: Encoder) -> None:
        lists = [[SENTENCES[(start + step) % 9] for step in range(6)] for start in range(8)]
        with ThreadPoolExecutor(4) as pool:
            for texts, vectors in zip(lists, pool.map(fresh.encode, lists), strict=True):
                assert np.array_equal(vectors, bge.encode(texts))


class TestTokens:
    @given(TEXTS)
    def test_tokens_are_spans_of_the_text_in_order(self, bge: Encoder, text: str) -> None:
        spans = bge.token_spans(text)
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert [start for start, _ in spans] == sorted(start for start, _ in spans)

    def test_a_text_beyond_the_models_window_is_not_cut(self, bge: Encoder) -> None:
        text = "dam " * 1000
        assert bge.token_spans(text) == [(4 * place, 4 * place + 3) for place in range(1000)]
        assert bge.token_spans("") == []

    def test_clipping_keeps_the_longest_beginning_that_fits(self, bge: Encoder) -> None:
        title = "The gates, and why they failed"
        assert bge.clip(title, 7) == title
        assert bge.clip(title, 6) == "The gates, and why they"
        assert bge.clip(title, 3) == "The gates,"
        assert bge.clip(title, 0) == ""
        assert bge.clip("", 3) == ""

    @given(TEXTS)
    def test_what_is_clipped_is_a_beginning_of_so_many_tokens(self, bge: Encoder, text: str) -> None:
        clipped = bge.clip(text, 5)
        assert text.startswith(clipped)
        tokens = bge.token_spans(text)
        assert clipped == text if len(tokens) <= 5 else len(clipped) == tokens[4][1]
