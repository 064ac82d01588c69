"""Figures of abstention, against values computed by hand, and the curves of a report."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.datasets import Query
from rag.evaluation.library_set import AnsweredQuery
from rag.evaluation.measures import (
    CalibrationBin,
    KeyPath,
    RiskPoint,
    Sample,
    calibration,
    estimate,
    measure_abstention,
    measure_removal,
    risk_coverage,
)
from tests.support.sets import asked

YES = Query("yes", "When?", answerable=True, answers=("Sunday",))
NO = Query("no", "When?", answerable=False)
RIGHT, WRONG = "It broke on Sunday.", "Nobody knew."


def values(samples: dict[KeyPath, Sample]) -> dict[str, float]:
    figures = {place[-1]: estimate(sample) for place, sample in samples.items()}
    return {name: figure.value for name, figure in figures.items() if figure is not None}


class TestFigures:
    def test_abstentions_are_the_positive_class(self) -> None:
        items = [
            asked(NO, abstained=True, answerability=0.1),
            asked(NO, abstained=True, answerability=0.3),
            asked(NO, WRONG, answerability=0.6),
            asked(YES, RIGHT, answerability=0.9),
            asked(YES, RIGHT, answerability=0.5),
            asked(YES, abstained=True, answerability=0.2),
            asked(Query("unmarked", "When?"), RIGHT, answerability=0.0),
        ]
        found = values(measure_abstention(items))
        assert found == {
            "auroc": pytest.approx(6 / 9),
            "precision": pytest.approx(2 / 3),
            "recall": pytest.approx(2 / 3),
            "f1": pytest.approx(2 / 3),
        }
        assert {sample.queries for sample in measure_abstention(items).values()} == {
            ("no", "no", "no", "yes", "yes", "yes")
        }

    def test_without_a_reading_the_answerability_is_zero(self) -> None:
        items = [asked(NO, abstained=True, answerability=None), asked(YES, RIGHT, answerability=0.01)]
        assert values(measure_abstention(items))["auroc"] == 1

    def test_undefined_figures_are_absent(self) -> None:
        assert measure_abstention([asked(YES, RIGHT), asked(YES, abstained=True)]) == {}
        assert values(measure_abstention([asked(NO, WRONG)])) == {"recall": 0, "f1": 0}
        rightly = {"precision": 1, "recall": 1, "f1": 1}
        assert values(measure_abstention([asked(NO, abstained=True)])) == rightly

    def test_a_question_with_and_without_its_subject_counts_as_one(self) -> None:
        queries = [Query(name, "When?", answers=("Sunday",)) for name in ("q1", "q2")]
        present = [asked(queries[0], RIGHT, answerability=0.9), asked(queries[1], RIGHT, answerability=0.4)]
        removed = [
            asked(queries[0], abstained=True, answerability=0.1),
            asked(queries[1], WRONG, answerability=0.5),
        ]
        samples = measure_removal(present, removed)
        assert {place[0] for place in samples} == {"abstention_subject_removed"}
        assert {sample.queries for sample in samples.values()} == {("q1", "q2")}
        assert values(samples) == {"auroc": 0.75, "precision": 1, "recall": 0.5, "f1": pytest.approx(2 / 3)}
        assert measure_removal([], []) == {}


class TestRiskAndCoverage:
    def test_the_highest_answerability_comes_first_and_abstentions_are_not_covered(self) -> None:
        items = [
            asked(YES, RIGHT, answerability=0.9),
            asked(NO, WRONG, answerability=0.8),
            asked(YES, WRONG, answerability=0.3),
            asked(YES, RIGHT, answerability=0.6),
            asked(NO, abstained=True, answerability=0.1),
            asked(Query("unmarked", "When?"), RIGHT, answerability=0.7),
        ]
        assert risk_coverage(items) == (
            RiskPoint(0.9, 0.2, 0),
            RiskPoint(0.8, 0.4, 0.5),
            RiskPoint(0.6, 0.6, 1 / 3),
            RiskPoint(0.3, 0.8, 0.5),
        )

    def test_questions_of_equal_answerability_share_a_point(self) -> None:
        items = [asked(YES, RIGHT), asked(YES, WRONG)]
        assert risk_coverage(items) == risk_coverage(items[::-1]) == (RiskPoint(0.5, 1, 0.5),)

    @given(st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=1, max_size=500))
    def test_a_long_curve_is_thinned_and_keeps_its_end(self, rows: list[tuple[int, bool]]) -> None:
        items = [asked(YES, RIGHT if right else WRONG, answerability=score / 1000) for score, right in rows]
        points = risk_coverage(items)
        assert 1 <= len(points) <= 200
        assert points[-1].coverage == 1
        assert points[-1].risk == pytest.approx(sum(not right for _, right in rows) / len(rows))
        assert [point.coverage for point in points] == sorted({point.coverage for point in points})

    def test_the_curve_is_empty_if_no_answer_can_be_judged(self) -> None:
        assert risk_coverage([asked(Query("q", "When?"), RIGHT), asked(NO, abstained=True)]) == ()


class TestCalibration:
    def test_bins_have_equal_sizes_and_are_in_order(self) -> None:
        items = [asked(YES if number >= 50 else NO, answerability=number / 100) for number in range(100)]
        bins = calibration(items[::-1])
        assert [part.n for part in bins] == [10] * 10
        assert [part.observed for part in bins] == [0] * 5 + [1] * 5
        assert bins[0].predicted == pytest.approx(0.045)

    def test_fewer_questions_than_bins_get_a_bin_each(self) -> None:
        assert calibration([asked(YES, answerability=0.8), asked(NO, answerability=0.2)]) == (
            CalibrationBin(0.2, 0, 1),
            CalibrationBin(0.8, 1, 1),
        )
        assert calibration([]) == ()


def test_an_answer_reports_its_own_answerability() -> None:
    item: AnsweredQuery = asked(YES, RIGHT, answerability=None)
    assert item.answerability == 0
