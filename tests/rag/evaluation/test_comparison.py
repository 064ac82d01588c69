"""A comparison calls a worse configuration worse, and the same configuration equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embedding.encoder import Encoder
from rag.answer_limits import AnswerLimits
from rag.evaluation import Configuration, Dataset, Evaluation, compare, evaluate, read_dataset
from rag.evaluation.evaluation import Comparison, Outcome, Part
from rag.evaluation.measures import KeyPath, Sample, estimate, mean

pytestmark = pytest.mark.slow

ALL = read_dataset(Path(__file__).parents[3] / "seeds")
SEEDS = replace(ALL, queries=ALL.queries[::6])
DEFAULT = Configuration()


def measured(
    dataset: Dataset, configuration: Configuration, encoder: Encoder, home: Path, parts: Sequence[Part]
) -> Evaluation:
    return evaluate(dataset, configuration, home, parts, encoder=encoder)


def outcomes(comparison: Comparison) -> dict[str, Outcome]:
    return {".".join(row.key_path): row.outcome for row in comparison.differences}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def before(encoder: Encoder, home: Path) -> Evaluation:
    """The figures of the default configuration."""
    return measured(SEEDS, DEFAULT, encoder, home, ["retrieval", "selection", "answers", "gate"])


def test_never_answering_is_worse(encoder: Encoder, home: Path, before: Evaluation) -> None:
    silent = Configuration("silent", limits=AnswerLimits(threshold=1.0))
    after = measured(SEEDS, silent, encoder, home, ["selection", "answers"])
    found = outcomes(compare(before, after))
    assert {found[f"selection.{name}"] for name in ("first_correct", "any_correct", "recall", "f1")} == {
        "worse"
    }
    assert found["abstention_subject_removed.precision"] == "worse"
    assert found["abstention.auroc"] == "no difference"
    assert outcomes(compare(after, before))["selection.any_correct"] == "better"


def test_the_same_configuration_differs_in_time_alone(
    encoder: Encoder, home: Path, before: Evaluation
) -> None:
    again = replace(DEFAULT, name="again")
    after = measured(SEEDS, again, encoder, home, ["retrieval", "selection", "answers", "gate"])
    comparison = compare(before, after)
    names = (comparison.first, comparison.second, comparison.n_queries)
    assert names == ("default", "again", len(SEEDS.queries))
    assert [row.key_path for row in comparison.differences] == list(before.figures)
    for row in comparison.differences:
        if row.key_path[0] == "latency_ms":
            assert (row.p, row.outcome) == (None, "not tested")
        else:
            assert (row.change.value, row.change.low, row.change.high, row.p) == (0, 0, 0, 1)
            assert row.outcome == "no difference"
            assert row.first == row.second == before.figures[row.key_path]


def evaluation(values: Sequence[float], name: str = "default", key_path: KeyPath = ("a", "b")) -> Evaluation:
    sample = Sample(tuple(map(str, range(len(values)))), mean(values))
    figure = estimate(sample)
    assert figure is not None
    return Evaluation(
        "set", Configuration(name), 1, len(values), samples={key_path: sample}, figures={key_path: figure}
    )


def test_a_small_gain_on_every_question_is_significant() -> None:
    values = np.linspace(0, 0.9, 40)
    [row] = compare(evaluation(values.tolist()), evaluation((values + 0.01).tolist())).differences
    assert row.outcome == "better"
    assert (row.change.low, row.change.high) == pytest.approx((0.01, 0.01))
    assert row.first.high - row.first.low > 0.1, "apart, chance could have made it ten times over"


def test_the_p_value_counts_the_resamples_on_the_other_side_on_both_sides() -> None:
    [row] = compare(evaluation([0.5, 0.5]), evaluation([0.75, 1])).differences
    assert row.p == 2 / 1001, "none of the 1,000; the change itself counts as one"
    [row] = compare(evaluation([0, 0]), evaluation([1, 0])).differences
    assert row.p == pytest.approx(0.5, abs=0.06), "a quarter of the resamples misses the gain"


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=30))
def test_swapping_the_evaluations_inverts_the_outcome(rows: list[tuple[float, float]]) -> None:
    first, second = (evaluation(values) for values in zip(*rows, strict=True))
    [there], [back] = compare(first, second).differences, compare(second, first).differences
    assert there.change.value == -back.change.value
    assert there.p == back.p
    opposite = {"better": "worse", "worse": "better", "no difference": "no difference"}
    assert opposite[there.outcome] == back.outcome


def test_only_figures_of_the_same_questions_are_compared() -> None:
    assert compare(evaluation([1, 0]), evaluation([1, 0], key_path=("a", "c"))).differences == ()
    assert compare(evaluation([1, 0]), evaluation([1, 0, 1])).differences == ()


def test_two_sets_are_not_compared() -> None:
    with pytest.raises(ValueError, match=r"^set and other are different sets; compare two"):
        compare(evaluation([1]), replace(evaluation([1]), dataset="other"))


def test_the_json_form_has_one_row_per_figure() -> None:
    form = compare(evaluation([1, 0]), evaluation([1, 0], "same")).as_dict()
    half = {"value": 0.5, "low": 0.0, "high": 1.0, "n": 2}
    change = {"value": 0.0, "low": 0.0, "high": 0.0, "n": 2}
    row = {"place": "a.b", "first": half, "second": half, "change": change, "p": 1.0}
    assert form == form | {"dataset": "set", "first": "default", "second": "same", "n_queries": 2}
    assert form["differences"] == [row | {"outcome": "no difference"}]
