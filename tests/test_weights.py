"""The learned weights are a file that says where it comes from, and fits the features measured."""

from __future__ import annotations

import json
import math
from importlib.resources import files

from index.embedding import BUNDLED_MODEL
from rag.features import FEATURE_NAMES, MEASURED_NAMES, Features
from rag.weights import Logistic, load_weights


def test_a_logistic_is_the_sigmoid_of_a_weighted_sum() -> None:
    features = Features(0.5, 1.0, *[0.0] * 10)
    assert Logistic(-1.0, {"cosine": 2.0, "coverage": 1.0}).of(features) == 1 / (1 + math.exp(-1.0))


def test_the_file_tells_its_script_encoder_data_and_licences() -> None:
    stored = json.loads(files("rag").joinpath("weights.json").read_text())
    assert stored["made_by"] == "benchmarks/calibrate.py"
    assert stored["encoder"] == BUNDLED_MODEL
    assert {name: text.rsplit(", ", 1)[1] for name, text in stored["data"].items()} == {
        "squad2": "CC BY-SA 4.0",
        "mlqa-en": "CC BY-SA 3.0",
        "clapnq": "Apache-2.0",
    }


def test_every_weight_is_of_a_feature_and_meaning_counts_for_an_answer() -> None:
    weights = load_weights("features")
    assert set(weights.selection.weights) == set(MEASURED_NAMES)
    assert weights.selection.weights["cosine"] > 0
    assert weights.selection.weights["coverage"] > 0
    assert weights.selection.weights["wrong_kind"] < 0
    assert set(weights.foreign.weights) == {"cosine", "dense"}
    assert 0 < weights.threshold < 0.5


def test_what_the_reader_says_counts_where_there_is_one() -> None:
    weights = load_weights("reader")
    assert set(weights.selection.weights) == set(FEATURE_NAMES)
    assert weights.selection.weights["reader"] > 0
    assert 0 < weights.threshold < 0.5
