"""What the benchmark's clients see while a library changes tells if generations were mixed."""

from __future__ import annotations

import pytest

from benchmarks.askers import Seen, contradictions, mixed, seen_in

pytestmark = pytest.mark.slow

RESULT = {"document_id": 4, "version": 2, "text": "It was closed in round 7 by the office."}


def test_a_text_without_a_round_shows_none() -> None:
    response = {"generation": 1, "results": [RESULT, RESULT | {"text": "All around 8."}]}
    assert seen_in(response) == Seen(1, ((4, 2), (4, 2)), (7,))


def test_two_versions_in_a_generation_or_an_older_one_in_a_later_generation_contradict_each_other() -> None:
    rising = [Seen(5, ((1, 2), (2, 1))), Seen(4, ((1, 1),)), Seen(5, ((1, 2),)), Seen(9, ((2, 3), (1, 2)))]
    assert contradictions(rising) == []
    assert contradictions([Seen(4, ((1, 1),)), Seen(4, ((1, 2),))]) == [
        "document 1 has versions [1, 2] in generation 4"
    ]
    assert contradictions([Seen(6, ((1, 1),)), Seen(5, ((1, 2),))]) == [
        "document 1 is back at version 1 in generation 6"
    ]


@pytest.mark.parametrize(
    ("rounds", "shown"),
    [
        ((3, 4), "1 of round 3, 1 of round 4"),
        ((3, 3), "2 of round 3"),
        ((4,), "1 of round 4"),
        ((), "none of any round"),
    ],
)
def test_another_round_or_a_part_of_one_is_mixed(rounds: tuple[int, ...], shown: str) -> None:
    assert mixed([Seen(8, (), (3, 3)), Seen(9, (), (4, 4))], {8: 3, 9: 4}, 2) == []
    assert mixed([Seen(9, (), rounds)], {8: 3, 9: 4}, 2) == [f"generation 9 holds round 4; shown: {shown}"]
