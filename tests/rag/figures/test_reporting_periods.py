"""The years, months and lengths that a question or a heading names."""

from __future__ import annotations

import pytest

from rag.figures.dates import Periods, periods_of, without_periods


@pytest.mark.parametrize(
    ("words", "years", "months", "lengths"),
    [
        ("Three Months Ended June 30, › 2023", {2023}, {6}, {"3 months"}),
        ("in the second quarter of 2023", {2023}, {6}, {"3 months"}),
        ("36 Weeks Ended › May 8, 2022", {2022}, {5}, {"9 months"}),
        ("12 Weeks Ended › May 7, 2023", {2023}, {5}, {"3 months"}),
        ("in the quarter that ended May 7, 2023", {2023}, {5}, {"3 months"}),
        ("Thirty-nine weeks ended", set(), set(), {"9 months"}),
        ("Fifty-three weeks ended", set(), set(), {"12 months"}),
        ("the 30 weeks of the storm", set(), set(), {"30 weeks"}),
        ("in fiscal year 2023", {2023}, set(), {"12 months"}),
        ("in the second quarter of fiscal year 2023", {2023}, {6}, {"3 months"}),
        ("in April-June 2022", {2022}, {6}, {"3 months"}),
        ("in the first half of 2023", {2023}, {6}, {"6 months"}),
        ("Year ended December 31, 2023", {2023}, {12}, {"12 months"}),
        ("in 2023 and a year earlier", {2022, 2023}, set(), set()),
        ("Share by volume", set(), set(), set()),
        ("What did the 2000 strikers earn?", set(), set(), set()),
        ("half of it for roads", set(), set(), set()),
        ("a quarter of a million", set(), set(), set()),
        ("up from 4 million twelve months earlier", set(), set(), set()),
    ],
)
def test_periods_are_read_from_words(
    words: str, years: set[int], months: set[int], lengths: set[str]
) -> None:
    assert periods_of(words, "en") == Periods(frozenset(years), frozenset(months), frozenset(lengths))


def test_a_question_without_its_periods_keeps_its_counts() -> None:
    plain = without_periods("What did the 2000 strikers earn in the second quarter of 2023?", "en")
    assert " ".join(plain.split()) == "What did the 2000 strikers earn in the ?"


def test_a_cell_whose_nearest_heading_names_another_year_is_excluded() -> None:
    asked, none = periods_of("in 2023", "en"), Periods()
    other, same = periods_of("2022", "en"), periods_of("2023", "en")
    assert asked.excludes(other, none, none)
    assert asked.excludes(none, other, same)
    assert asked.excludes(none, none, other)
    assert not asked.excludes(same, other, other)
    assert not asked.excludes(other, same, none), "the row has the year of the question"
    assert not asked.excludes(none, none, none)
