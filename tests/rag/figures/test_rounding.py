"""A figure may stand for an equal or a fairly rounded one."""

from __future__ import annotations

import pytest

from rag.figures.quantities import LOOSENED, agree, fairness, quantities, same_kind


@pytest.mark.parametrize(
    ("stated", "cited", "score"),
    [
        ("over a thousand people", "1,043 people", 1),
        ("over a thousand people", "998 people", 0),
        ("nearly 2,000 people", "1,043 people", 0),
        ("about 9.9 million crowns", "9.87 million crowns", 1),
        ("9.9 million crowns", "9.87 million crowns", LOOSENED),
        ("about 9 million crowns", "9.87 million crowns", 0),
        ("at least 240 people", "at most 240 people", 0),
        ("up to 240 people", "at most 240 people", 1),
        ("240 people", "at most 240 people", 0),
        ("240 people", "about 240 people", LOOSENED),
        ("dozens of people", "43 people", 1),
        ("dozens of people", "430 people", 0),
        ("17 to 20 people", "between 17 and 20 people", 1),
        ("over 20 people", "17 to 20 people", 0),
        ("a third of people", "33 percent of people", 1),
        ("2 km", "2,000 metres", 1),
    ],
)
def test_a_figure_may_stand_for_another(stated: str, cited: str, score: float) -> None:
    [own], [its] = quantities(stated, "en"), quantities(cited, "en")
    assert same_kind(own, its)
    assert fairness(own, its) == score


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("62 miles", "62 litres"),
        ("3 percent", "3 percentage points"),
        ("5 dollars", "5 euros"),
        ("5 litres per day", "5 litres per hour"),
        ("5 people", "5 percent"),
    ],
)
def test_quantities_with_different_units_are_not_of_one_kind(one: str, other: str) -> None:
    [own], [its] = quantities(one, "en"), quantities(other, "en")
    assert not same_kind(own, its)


@pytest.mark.parametrize(
    ("one", "other", "agrees"),
    [
        ("31 people", "36 people", False),
        ("15,900 people", "about 16,000 people", True),
        ("over 100 people", "120 people", True),
        ("over 100 people", "90 people", False),
        ("at most 100 people", "90 people", True),
        ("between 10 and 20 people", "15 people", True),
        ("between 10 and 20 people", "25 people", False),
        ("12 kilometres", "12,000 metres", True),
        ("12 litres", "12 litres a day", False),
        ("5 dollars", "5 euros", False),
    ],
)
def test_figures_agree_if_they_can_stand_for_one_value(one: str, other: str, agrees: bool) -> None:
    [own], [its] = quantities(one, "en"), quantities(other, "en")
    assert agree(own, its) == agree(its, own) == agrees
