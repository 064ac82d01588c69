"""Dates are read in the forms of the checked languages; relative dates follow from the publication date."""

from __future__ import annotations

import pytest

from rag.figures.dates import Periods, dates, periods_of, resolved, without_periods
from rag.verification.vetoes.dates import follows


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("18 July 2025", "en"),
        ("July 18, 2025", "en"),
        ("2025-07-18", "en"),
        ("18/7/2025", "en"),
        ("ngày 18 tháng 7 năm 2025", "vi"),
        ("ngày 18/7/2025", "vi"),
        ("18 Juli 2025", "id"),
        ("2025年7月18日", "zh"),
        ("18 juillet 2025", "fr"),
        ("18. Juli 2025", "de"),
        ("18 de julio de 2025", "es"),
        ("18 de julho de 2025", "pt"),
    ],
)
def test_one_date_in_many_forms(text: str, language: str) -> None:
    [found] = dates(text, language)
    assert (found.year, found.month, found.day) == (2025, 7, 18)


@pytest.mark.parametrize(
    "text", ["They may leave.", "a march through the town", "2000 people fled", "Sun and sand"]
)
def test_words_that_are_also_names_of_months_are_no_dates(text: str) -> None:
    assert [found for found in dates(text, "en") if not found.may_be_count] == []


@pytest.mark.parametrize(
    ("text", "published", "day"),
    [
        ("on Monday", "2025-07-16", (2025, 7, 14)),
        ("yesterday", "2025-07-01", (2025, 6, 30)),
        ("last year", "2025", (2024, None, None)),
        ("on 30 December", "2025-01-05", (2024, 12, 30)),
    ],
)
def test_a_relative_date_follows_from_the_day_of_publication(
    text: str, published: str, day: tuple[int, int | None, int | None]
) -> None:
    [found] = dates(text, "en")
    known = resolved(found, published)
    assert (known.year, known.month, known.day) == day


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("on 8 July 2025", "2025-07-08"),
        ("in July 2025", "2025-07"),
        ("in 2025", "2025"),
        ("on 8 July", "07-08"),
        ("on Monday", ""),
    ],
)
def test_the_iso_date_of_a_moment_leaves_out_its_unknown_parts(text: str, iso: str) -> None:
    [found] = dates(text, "en")
    assert found.iso == iso


@pytest.mark.parametrize(
    ("stated", "cited", "whether"),
    [
        ("July 2025", "18 July 2025", True),
        ("18 July 2025", "July 2025", False),
        ("Friday", "18 July 2025", True),
        ("Thursday", "18 July 2025", False),
        ("before 2020", "after 2020", False),
        ("3 April 1931", "4 March 1931", False),
        ("the 1990s", "1994", True),
    ],
)
def test_a_date_follows_from_one_that_says_as_much(stated: str, cited: str, whether: bool) -> None:
    [own], [its] = dates(f"in {stated}", "en"), dates(f"in {cited}", "en")
    assert follows(own, its) is whether


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("the second quarter of 2023", (2023, 4, 6)),
        ("Second-Quarter 2023", (2023, 4, 6)),
        ("second‑quarter, 2023", (2023, 4, 6)),
        ("2023 second-quarter results", (2023, 4, 6)),
        ("Q2 2023", (2023, 4, 6)),
        ("Q2-2023", (2023, 4, 6)),
        ("Q2 ’23", (2023, 4, 6)),
        ("2Q23", (2023, 4, 6)),
        ("2023Q2", (2023, 4, 6)),
        ("1H 2023", (2023, 1, 6)),
        ("first-half 2023", (2023, 1, 6)),
        ("fiscal 2023 Q2", (None, 4, 6)),
    ],
)
def test_a_part_of_a_year_has_its_months_in_every_spelling(
    text: str, part: tuple[int | None, int, int]
) -> None:
    for language in ("en", "und"):
        found = [moment for moment in dates(text, language) if moment.until]
        assert [(moment.year, moment.month, moment.until) for moment in found] == [part]


@pytest.mark.parametrize("text", ["H1N1", "12Q3", "six-month", "seconds-quarter", "Q5 2023"])
def test_words_like_parts_of_years_are_none(text: str) -> None:
    assert [moment for moment in dates(text, "en") if moment.until] == []


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
