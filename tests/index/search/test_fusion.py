"""Fusion adds, by weight, cosines scaled within the pool and BM25 as a share of its bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.search.snapshot import DENSE_WEIGHT, UNREAD, fuse, share_of_vectors

COSINES = st.dictionaries(st.integers(1, 40), st.floats(-1, 1, width=32), max_size=20)
WEIGHTS = st.floats(0, 1)
BM25 = st.floats(2**-10, 50, width=32)
MOST = st.floats(0, 100, width=32)


@st.composite
def halves(draw: st.DrawFn) -> tuple[dict[int, float], dict[int, float]]:
    """The cosines of a pool, and the BM25 scores of its passages that share a word with the query."""
    dense = draw(COSINES)
    sharing = draw(st.lists(st.sampled_from(sorted(dense)), unique=True)) if dense else []
    return dense, {number: draw(BM25) for number in sharing}


@pytest.mark.parametrize(
    ("dense", "lexical", "most", "weight", "expected"),
    [
        # (0.45 - 0.2) / (0.7 - 0.2) = 0.5; 2 of 10 and 8 of 10.
        ({1: 0.7, 2: 0.45, 3: 0.2}, {1: 2.0, 2: 8.0}, 10.0, 0.6, {1: 0.68, 2: 0.62, 3: 0.0}),
        ({1: 0.7, 2: 0.45, 3: 0.2}, {1: 2.0, 2: 8.0}, 10.0, 0.5, {1: 0.6, 2: 0.65, 3: 0.0}),
        # Most words of the query are in no passage, so that the bound is high and the vectors decide.
        ({1: 0.7, 2: 0.45, 3: 0.2}, {1: 2.0, 2: 8.0}, 80.0, 0.5, {1: 0.5125, 2: 0.3, 3: 0.0}),
        # The score of a passage in another language may exceed the bound for the query's language.
        ({1: 0.7, 2: 0.45, 3: 0.2}, {1: 2.0, 2: 8.0}, 4.0, 0.5, {1: 0.625, 2: 0.75, 3: 0.0}),
        ({1: -0.5, 2: 0.5, 3: 0.0}, {}, 5.0, 0.6, {1: 0.0, 2: 0.6, 3: 0.3}),
        # If all cosines are equal, each counts in full.
        ({1: 0.3, 2: 0.3}, {2: 4.0}, 4.0, 0.6, {1: 0.6, 2: 1.0}),
        ({5: 0.1}, {}, 0.0, 0.6, {5: 0.6}),
        ({}, {}, 0.0, 0.6, {}),
    ],
)
def test_scores_by_hand(
    dense: dict[int, float], lexical: dict[int, float], most: float, weight: float, expected: dict[int, float]
) -> None:
    assert fuse(dense, lexical, most, weight) == pytest.approx(expected)


def test_both_halves_weigh_the_same_unless_told_otherwise() -> None:
    assert DENSE_WEIGHT == 0.5
    assert fuse({1: 1.0, 2: 0.0}, {2: 3.0}, 4.0) == pytest.approx({1: 0.5, 2: 0.5 * 0.75})


@given(halves(), MOST, WEIGHTS)
def test_scores_lie_between_0_and_1_and_every_number_of_the_pool_has_one(
    pool: tuple[dict[int, float], dict[int, float]], most: float, weight: float
) -> None:
    dense, lexical = pool
    scores = fuse(dense, lexical, most, weight)
    assert scores.keys() == dense.keys()
    assert all(0 <= score <= 1 + 1e-9 for score in scores.values())


@given(halves(), MOST)
def test_the_whole_weight_on_one_half_is_the_order_of_that_half(
    pool: tuple[dict[int, float], dict[int, float]], most: float
) -> None:
    dense, lexical = pool
    by_vector, by_word = fuse(dense, lexical, most, 1.0), fuse(dense, lexical, most, 0.0)
    for one in dense:
        for other in dense:
            if dense[one] >= dense[other]:
                assert by_vector[one] >= by_vector[other]
            if lexical.get(one, 0.0) >= lexical.get(other, 0.0):
                assert by_word[one] >= by_word[other]


@given(halves(), MOST, WEIGHTS)
def test_better_in_both_halves_is_better(
    pool: tuple[dict[int, float], dict[int, float]], most: float, weight: float
) -> None:
    dense, lexical = pool
    scores = fuse(dense, lexical, most, weight)
    for one in dense:
        for other in dense:
            if dense[one] >= dense[other] and lexical.get(one, 0.0) >= lexical.get(other, 0.0):
                assert scores[one] >= scores[other]


@pytest.mark.parametrize(
    ("query", "share"),
    [
        ("Who closed the third gate of the dam at Varda?", 0.5),
        ("Varda", 0.5),
        ("Ai đã đóng cửa thứ ba của đập Varda vào thứ hai tuần trước?", 0.5 * UNREAD),
        ("谁在星期一关闭了瓦尔达大坝的第三个闸门？", 0.0),
        ("Кто закрыл третьи ворота плотины в понедельник?", 0.0),
    ],
)
def test_vectors_count_for_what_the_encoder_knows_of_the_query_s_language(query: str, share: float) -> None:
    english = frozenset({"en"})
    assert share_of_vectors(query, english, 0.5) == pytest.approx(share)
    assert share_of_vectors(query, None, 0.5) == 0.5
    assert [share_of_vectors(query, english, alone) for alone in (0, 1)] == [0, 1]
