"""The file of learned weights names its origin and fits the features."""

from __future__ import annotations

import json
import math
from importlib.resources import files
from pathlib import Path

import pytest

from index.embedding import BUNDLED_MODEL, MULTILINGUAL_MODEL
from rag.errors import WeightsError
from rag.finding.features import MEASURED_NAMES, READ_NAMES, Features
from rag.finding.ranking import Logistic, Ranker, load_weights


def test_a_logistic_is_the_sigmoid_of_a_weighted_sum() -> None:
    features = Features(0.5, 1.0, *[0.0] * 10)
    assert Logistic(-1.0, {"cosine": 2.0, "coverage": 1.0}).of(features) == 1 / (1 + math.exp(-1.0))


def test_the_weights_file_names_its_script_encoder_data_and_licences() -> None:
    stored = json.loads(files("rag.finding").joinpath("weights.json").read_text())
    assert stored["made_by"] == "benchmarks/calibrate.py"
    assert stored["encoder"] == BUNDLED_MODEL
    assert {name: text.rsplit(", ", 1)[1] for name, text in stored["data"].items()} == {
        "squad2": "CC BY-SA 4.0",
        "mlqa-en": "CC BY-SA 3.0",
        "clapnq": "Apache-2.0",
        "tatqa": "CC BY 4.0",
    }


@pytest.mark.parametrize("ranker", ["features", "reader", "reranker"])
def test_the_multilingual_encoder_has_weights_of_its_own(ranker: Ranker) -> None:
    stored = json.loads(files("rag.finding").joinpath("weights-multilingual.json").read_text())
    assert (stored["made_by"], stored["encoder"]) == ("benchmarks/calibrate.py", MULTILINGUAL_MODEL)
    assert {"mlqa-zh", "mlqa-vi"} <= stored["data"].keys()
    own = load_weights(ranker, encoder=MULTILINGUAL_MODEL)
    assert own.foreign_threshold == stored["features"]["foreign_threshold"]
    assert own.foreign_selection is not None
    assert own.foreign_selection.weights["late"] > 0
    assert set(own.foreign.weights) == {"cosine", "late", "lead"}
    assert own != load_weights(ranker, encoder=BUNDLED_MODEL)
    assert load_weights(ranker, encoder="intfloat/multilingual-e5-small") == own
    assert load_weights(ranker, encoder="another/model") == load_weights(ranker)


def test_every_weight_belongs_to_a_feature_and_the_cosine_counts_for_an_answer() -> None:
    weights = load_weights("features")
    assert set(weights.selection.weights) == set(MEASURED_NAMES) - {"named", "full_address"}
    assert weights.selection.weights["cosine"] > 0
    assert weights.selection.weights["coverage"] > 0
    assert weights.selection.weights["wrong_kind"] < 0
    assert set(weights.foreign.weights) == {"cosine", "dense"}
    assert 0 < weights.threshold < 0.5


def test_the_reader_s_scores_count_if_there_is_a_reader() -> None:
    weights = load_weights("reader")
    assert set(weights.selection.weights) == set(READ_NAMES) - {"named", "full_address"}
    assert weights.selection.weights["reader"] > 0
    assert 0 < weights.threshold < 0.5


def test_the_reranker_counts_if_there_is_one_to_choose_a_sentence_and_to_decide() -> None:
    reader, reranker = load_weights("reader"), load_weights("reranker")
    assert set(reranker.selection.weights) == {*reader.selection.weights, "full_address", "reranker"}
    by_reader, by_reranker = reader.selection.weights, reranker.selection.weights
    assert by_reranker["address"] / by_reranker["reader"] > by_reader["address"] / by_reader["reader"] > 0
    assert reranker.selection.weights["full_address"] > reranker.selection.weights["address"]
    assert reranker.selection.weights["reranker"] > 0
    decides, both = reader.answerability.weights, reranker.answerability.weights
    scale = both["named"] / decides["named"]
    assert both["reranker"] / scale == pytest.approx(5, rel=0.01)
    assert {name: both[name] / scale for name in decides} == pytest.approx(decides, abs=0.001)
    assert 0 < reranker.threshold < 0.5


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"reader": None}, "'NoneType' object is not subscriptable"),
        ({"features": {}}, "it has no 'selection'"),
        (
            {"features": {"selection": {"intercept": 0, "weights": {"colour": 1}}}},
            "it names the features colour",
        ),
    ],
)
def test_an_unsuitable_file_is_named_with_cause_and_remedy(
    tmp_path: Path, change: dict[str, object], cause: str
) -> None:
    stored = json.loads(files("rag.finding").joinpath("weights.json").read_text()) | change
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(stored))
    with pytest.raises(WeightsError) as caught:
        load_weights("reader" if "reader" in change else "features", file)
    assert str(caught.value).startswith(f"the weights in {file} cannot be used: {cause}")
    assert str(caught.value).endswith("; make them with benchmarks/calibrate.py")


def test_another_file_replaces_the_bundled_weights(tmp_path: Path) -> None:
    stored = json.loads(files("rag.finding").joinpath("weights.json").read_text())
    stored["features"]["threshold"] = 0.123
    (tmp_path / "mine.json").write_text(json.dumps(stored))
    assert load_weights("features", tmp_path / "mine.json").threshold == 0.123
