"""The padded width of a text depends on its own length only, and every row goes through the model once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embedding.buckets import Batches, Kind, Row, rows_of, width_of, windows

LENGTHS = st.lists(st.integers(1, 300), max_size=80)


@pytest.mark.parametrize(
    ("length", "longest", "width"),
    [
        (1, 256, 8),
        (8, 256, 8),
        (9, 256, 16),
        (63, 256, 64),
        (64, 256, 64),
        (65, 256, 80),
        (256, 256, 256),
        (70, 75, 75),
        (75, 75, 75),
        (500, None, 512),
    ],
)
def test_a_width_is_the_next_step_inside_the_models_window(
    length: int, longest: int | None, width: int
) -> None:
    assert width_of(length, longest) == width


@pytest.mark.parametrize(
    ("width", "documents", "queries"),
    [(8, 128, 8), (24, 42, 2), (64, 16, 1), (208, 4, 1), (1200, 1, 1)],
)
def test_a_pass_has_as_many_rows_as_fit(width: int, documents: int, queries: int) -> None:
    assert (rows_of(width, "document"), rows_of(width, "query")) == (documents, queries)


def test_the_widest_rows_go_last_and_those_of_a_width_in_their_order() -> None:
    batches = Batches([Row(width, {}, {}) for width in (8, 16, 8, 16, 16)])
    assert [batches.take("query") for _ in range(2)] == [[1, 3, 4], [0, 2]]
    assert not batches


@given(LENGTHS, st.sampled_from(["document", "query"]))
def test_every_row_goes_once_in_passes_of_one_width(lengths: list[int], kind: Kind) -> None:
    rows = [Row(width_of(length), {}, {}) for length in lengths]
    batches = Batches(rows)
    taken = []
    while batches:
        places = batches.take(kind)
        width = rows[places[0]].width
        assert {rows[place].width for place in places} == {width}
        assert 1 <= len(places) <= rows_of(width, kind)
        taken.extend(places)
    assert sorted(taken) == list(range(len(lengths)))


@given(LENGTHS, st.integers(1, 64))
def test_windows_hold_every_place_once_the_longest_texts_first(lengths: list[int], size: int) -> None:
    found = list(windows(lengths, size))
    places = [place for window in found for place in window]
    assert sorted(places) == list(range(len(lengths)))
    assert [lengths[place] for place in places] == sorted(lengths, reverse=True)
    assert [len(window) for window in found[:-1]] == [size] * len(found[:-1])
