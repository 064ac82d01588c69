"""Statistics match their textbook definitions, and their intervals behave like confidence intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from rag.evaluation.measures import (
    Estimate,
    Sample,
    auroc,
    bootstrap,
    estimate,
    mean,
    quantile,
    ratio,
    twice,
)

shares = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def ids(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


def value(sample: Sample) -> float:
    figure = estimate(sample)
    assert figure is not None
    return figure.value


class TestStatistics:
    def test_a_mean_is_over_the_questions(self) -> None:
        assert value(Sample(ids(4), mean([1, 0, 0, 1]))) == 0.5

    def test_a_ratio_divides_sums_and_is_not_a_mean_of_ratios(self) -> None:
        assert value(Sample(ids(3), ratio([1, 0, 3], [1, 0, 9]))) == 0.4

    def test_weights_count_a_question_as_often_as_it_was_drawn(self) -> None:
        weights = np.array([[3.0, 0, 1], [0, 2, 0]])
        assert mean([1, 0.5, 0])(weights).tolist() == [0.75, 0.5]
        assert ratio([1, 0, 0], [1, 1, 3])(weights).tolist() == [0.5, 0]
        assert quantile([10, 20, 30], 0.5)(weights).tolist() == [10, 20]

    @pytest.mark.parametrize(("share", "expected"), [(0.5, 20), (0.95, 40), (0.25, 10), (0.26, 20)])
    def test_a_quantile_is_the_first_value_that_the_share_reaches(
        self, share: float, expected: float
    ) -> None:
        assert value(Sample(ids(4), quantile([40, 10, 30, 20], share))) == expected

    def test_auroc_is_the_share_of_ordered_pairs_with_ties_as_halves(self) -> None:
        # Of six pairs, (.9 .5) (.9 .1) (.5 .1) (.4 .1) are in order, (.5 .5) is a tie, (.4 .5) is not.
        statistic = auroc([0.9, 0.5, 0.4, 0.5, 0.1], [True, True, True, False, False])
        assert value(Sample(ids(5), statistic)) == 4.5 / 6

    @given(st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.integers(0, 3)), min_size=2, max_size=40))
    def test_auroc_agrees_with_scikit_learn_under_every_weighting(
        self, rows: list[tuple[int, bool, int]]
    ) -> None:
        scores, positive, weights = map(list, zip(*rows, strict=True))
        drawn = {label for label, weight in zip(positive, weights, strict=True) if weight}
        [ours] = auroc(scores, positive)(np.array([weights], dtype=float))
        if drawn == {True, False}:
            assert ours == pytest.approx(roc_auc_score(positive, scores, sample_weight=weights))
        else:
            assert np.isnan(ours)

    def test_both_observations_of_a_question_are_drawn_together(self) -> None:
        statistic = twice(mean([1, 0, 0, 0]))
        assert statistic(np.array([[1.0, 1], [2, 0], [0, 2]])).tolist() == [0.25, 0.5, 0]


class TestEstimate:
    def test_a_known_sample_has_the_interval_of_its_standard_error(self) -> None:
        figure = estimate(Sample(ids(400), mean([1, 0] * 200)))
        assert figure is not None
        assert (figure.value, figure.n) == (0.5, 400)
        # 1.96 standard errors of a proportion of a half among 400: 0.049.
        assert figure.low == pytest.approx(0.451, abs=0.006)
        assert figure.high == pytest.approx(0.549, abs=0.006)

    @given(shares)
    def test_a_mean_lies_in_its_interval_and_that_between_the_extremes(self, values: list[float]) -> None:
        figure = estimate(Sample(ids(len(values)), mean(values)))
        assert figure is not None
        slack = 1e-9
        assert min(values) - slack <= figure.low <= figure.high <= max(values) + slack
        if len(values) >= 20:
            assert figure.low - slack <= figure.value <= figure.high + slack

    @given(st.floats(0, 1), st.integers(1, 30))
    def test_a_constant_has_an_interval_without_width(self, share: float, count: int) -> None:
        figure = estimate(Sample(ids(count), mean([share] * count)))
        assert figure is not None
        assert (figure.low, figure.high) == pytest.approx((share, share))

    @given(shares)
    def test_the_same_questions_give_the_same_interval_again(self, values: list[float]) -> None:
        sample = Sample(ids(len(values)), mean(values))
        assert estimate(sample) == estimate(sample)

    def test_more_questions_narrow_the_interval(self) -> None:
        few, many = (estimate(Sample(ids(count), mean([1, 0] * (count // 2)))) for count in (20, 2000))
        assert few is not None
        assert many is not None
        assert many.high - many.low < (few.high - few.low) / 5

    def test_an_undefined_statistic_has_no_figure(self) -> None:
        assert estimate(Sample((), mean([]))) is None
        assert estimate(Sample(ids(2), ratio([0, 0], [0, 0]))) is None
        assert estimate(Sample(ids(2), auroc([0.1, 0.9], [True, True]))) is None

    def test_undefined_rounds_do_not_count(self) -> None:
        figure = estimate(Sample(ids(2), ratio([1, 0], [1, 0])))
        assert figure == Estimate(1.0, 1.0, 1.0, 2)
        assert np.isnan(bootstrap(Sample(ids(2), ratio([1, 0], [1, 0])))).any()

    def test_large_sets_are_resampled_in_bounded_batches(self) -> None:
        count = 9000
        sizes: list[tuple[int, ...]] = []

        def watched(weights: np.ndarray) -> np.ndarray:
            sizes.append(weights.shape)
            assert (weights.sum(axis=1) == count).all()
            return weights[:, 0]

        assert len(bootstrap(Sample(ids(count), watched))) == 1000
        assert len(sizes) == 3
        assert all(rows * columns <= 4_000_000 for rows, columns in sizes)
