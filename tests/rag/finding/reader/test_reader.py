"""Readers: the bundled one, any CrossEncoder, and none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from index.embedding import bundled_folder
from index.embedding.machine import PRECISIONS, Machine, Precision
from rag.errors import ReaderError
from rag.finding.reader import BundledReader, TokenizedWindow, Window, bundled_reader, open_reader
from rag.finding.reader import reader as reader_module
from rag.finding.reader.network import Logits, ReaderModel

QUESTION = "How many suspects were arrested?"
WEIGHTS = Path(__file__).parents[4] / "rag" / "finding" / "reader" / "reader.safetensors"

ANSWERS = Window(
    "Raids",
    (
        "Police vans stood in the street all night.",
        "More than a thousand suspects were arrested within three days.",
        "The ministry thanked its partners.",
    ),
)
DOES_NOT = Window(
    "Raids",
    (
        "Police vans stood in the street all night.",
        "Suspects may ask for a lawyer once they have been arrested.",
        "The ministry thanked its partners.",
    ),
)


class TestTheBundledReader:
    def test_an_answering_sentence_scores_above_one_with_the_same_words(self) -> None:
        right, wrong = bundled_reader().read(QUESTION, [ANSWERS, DOES_NOT])
        assert max(right.sentences) == right.sentences[1]
        assert right.sentences[1] > max(wrong.sentences)
        assert right.answerable > wrong.answerable

    def test_the_scores_depend_on_the_question(self) -> None:
        [read] = bundled_reader().read("Where did the vans stand?", [ANSWERS])
        assert max(read.sentences) == read.sentences[0]

    def test_windows_are_read_independently_of_each_other(self) -> None:
        together = bundled_reader().read(QUESTION, [ANSWERS, DOES_NOT])
        [alone] = bundled_reader().read(QUESTION, [DOES_NOT])
        # bfloat16, if the processor supports it, rounds sums differently for each batch shape.
        assert together[1].sentences == pytest.approx(alone.sentences, abs=0.2)

    def test_reading_is_deterministic(self) -> None:
        assert BundledReader().read(QUESTION, [ANSWERS]) == BundledReader().read(QUESTION, [ANSWERS])

    def test_the_same_windows_are_read_for_a_question_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        passes: list[int] = []
        forward = ReaderModel.forward

        def noted(self: ReaderModel, windows: Sequence[TokenizedWindow]) -> Logits:
            passes.append(len(windows))
            return forward(self, windows)

        monkeypatch.setattr(ReaderModel, "forward", noted)
        reader = BundledReader()
        first = reader.read(QUESTION, [ANSWERS, DOES_NOT])
        first.reverse()
        assert reader.read(QUESTION, [ANSWERS, DOES_NOT]) == first[::-1]
        reader.read(QUESTION, [ANSWERS])
        reader.read("Where did the vans stand?", [ANSWERS])
        assert passes == [2, 1, 1]

    @pytest.mark.parametrize("precision", PRECISIONS)
    def test_it_reads_in_the_precision_that_was_measured_as_the_faster_one(
        self, precision: Precision, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reader_module, "this_machine", lambda: Machine(precision, ()))
        reader = BundledReader()
        read = reader.read(QUESTION, [ANSWERS, DOES_NOT])
        assert reader._model is not None
        assert {str(weight.dtype) for weight in reader._model.parameters()} == {f"torch.{precision}"}
        expected = bundled_reader().read(QUESTION, [ANSWERS, DOES_NOT])
        assert [each.answerable for each in read] == pytest.approx(
            [each.answerable for each in expected], abs=0.3
        )

    def test_without_windows_nothing_is_read(self) -> None:
        assert bundled_reader().read(QUESTION, []) == []
        [read] = bundled_reader().read(QUESTION, [Window("Raids", ())])
        assert read.sentences == ()

    def test_the_weights_take_at_most_five_megabytes(self) -> None:
        assert WEIGHTS.stat().st_size < 5_000_000

    def test_the_bundled_reader_is_opened_once(self) -> None:
        assert open_reader() is open_reader("bundled") is bundled_reader()

    def test_the_low_rank_changes_are_added_to_the_encoder_s_weights(self, tmp_path: Path) -> None:
        stored = load_file(WEIGHTS)
        unchanged = {name: tensor * 0 if ".lora_B" in name else tensor for name, tensor in stored.items()}
        save_file(unchanged, tmp_path / "unchanged.safetensors")
        [with_changes] = bundled_reader().read(QUESTION, [ANSWERS])
        [without] = BundledReader(tmp_path / "unchanged.safetensors").read(QUESTION, [ANSWERS])
        assert without.sentences != with_changes.sentences

    @pytest.mark.parametrize("content", [b"", b"no tensors"])
    def test_an_unsuitable_file_is_a_one_line_error(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "reader.safetensors").write_bytes(content)
        with pytest.raises(ReaderError, match=r"weights in reader\.safetensors do not fit .*; install"):
            BundledReader(tmp_path / "reader.safetensors").read(QUESTION, [ANSWERS])

    def test_a_missing_layer_is_named(self, tmp_path: Path) -> None:
        stored = load_file(WEIGHTS)
        name = next(name for name in stored if name.endswith(".lora_B"))
        save_file(
            {key: tensor for key, tensor in stored.items() if key != name}, tmp_path / "part.safetensors"
        )
        with pytest.raises(ReaderError, match=name.replace(".", r"\.")):
            BundledReader(tmp_path / "part.safetensors").read(QUESTION, [ANSWERS])


class TestAnyCrossEncoder:
    def test_a_folder_scores_each_sentence_as_the_model_does(self, cross_encoder_folder: Path) -> None:
        from sentence_transformers import CrossEncoder
        from torch.nn import Identity

        reader = open_reader(str(cross_encoder_folder))
        assert reader is not None
        first, second = reader.read(QUESTION, [ANSWERS, DOES_NOT])
        pairs = [(QUESTION, text) for window in (ANSWERS, DOES_NOT) for text in window.sentences]
        expected = (
            CrossEncoder(str(cross_encoder_folder), device="cpu")
            .predict(pairs, activation_fn=Identity())
            .tolist()
        )
        assert [*first.sentences, *second.sentences] == pytest.approx(expected, abs=1e-5)
        assert (first.answerable, second.answerable) == (max(first.sentences), max(second.sentences))

    def test_a_window_without_sentences_has_no_scores(self, cross_encoder_folder: Path) -> None:
        reader = open_reader(str(cross_encoder_folder))
        assert reader is not None
        assert [read.sentences for read in reader.read(QUESTION, [Window("", ())])] == [()]

    def test_a_classifier_with_several_outputs_is_refused(self, tmp_path: Path) -> None:
        from sentence_transformers import CrossEncoder

        CrossEncoder(str(bundled_folder()), num_labels=3, device="cpu").save_pretrained(str(tmp_path))
        with pytest.raises(ReaderError, match="has 3 outputs; choose a CrossEncoder"):
            open_reader(str(tmp_path))

    def test_a_missing_reader_is_named_with_the_remedy(self, tmp_path: Path) -> None:
        with pytest.raises(ReaderError, match=r"no-reader' cannot be loaded: .*; give the name or folder"):
            open_reader(str(tmp_path / "no-reader"))


def test_the_name_none_opens_no_reader() -> None:
    assert open_reader("none") is None
