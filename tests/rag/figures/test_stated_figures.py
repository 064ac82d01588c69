"""Signs, spans of time, short scales, grouped digits, shares of a scale, and countries."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rag.figures.countries import countries
from rag.figures.dates import dates, resolved
from rag.figures.quantities import quantities


@pytest.mark.parametrize(
    ("text", "low", "unit"),
    [
        ("a change of -3.2 percent", "-3.2", "percent"),
        ("a change of −3.2 percent", "-3.2", "percent"),
        ("a result of -$4 million", "-4000000", None),
        ("from 3-5 percent", "3", "percent"),
        ("half a dozen ships", "6", None),
        ("3 bn euros", "3000000000", None),
        ("12 000 people", "12000", None),
        ("1 250 000 people", "1250000", None),
        ("a quarter of a million people", "250000", None),
        ("three quarters of a million people", "750000", None),
        ("a quarter of the people", "25", "percent"),
        ("half a million people", "500000", None),
        ("a decade of war", "10", "year"),
        ("half a century of peace", "50", "year"),
        ("a fortnight of rain", "14", "day"),
        ("half a year of rain", "0.5", "year"),
        ("a year and a half of rain", "1.5", "year"),
    ],
)
def test_a_figure_has_its_value(text: str, low: str, unit: str | None) -> None:
    [found, *others] = quantities(text, "en")
    assert (found.low, found.unit) == (Decimal(low), unit)
    assert not others


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("tens of thousands of people", (20_000, 99_999)),
        ("hundreds of thousands of people", (200_000, 999_999)),
        ("tens of millions of dollars", (20_000_000, 99_999_999)),
        ("dozens of people", (20, 99)),
    ],
)
def test_a_vague_figure_has_ends(text: str, ends: tuple[int, int]) -> None:
    [found] = quantities(text, "en")
    assert (int(found.low), int(found.high), found.vague) == (*ends, True)


@pytest.mark.parametrize(
    "text", ["He had 5 100-metre races.", "In 2019 300 people came.", "COVID-19 spread."]
)
def test_digits_beside_one_another_are_not_one_number(text: str) -> None:
    assert all(found.low < 1000 and found.low > 0 for found in quantities(text, "en"))


@pytest.mark.parametrize(
    ("text", "published", "day"),
    [
        ("It will open in December.", "2025-07-16", (2025, 12, None)),
        ("It will open in March.", "2025-07-16", (2026, 3, None)),
        ("It is due to open on 3 December.", "2025-07-16", (2025, 12, 3)),
        ("It opened in December.", "2025-07-16", (2024, 12, None)),
        ("It will open on Friday.", "2025-07-16", (2025, 7, 18)),
        ("It opened on Friday.", "2025-07-16", (2025, 7, 11)),
    ],
)
def test_a_date_to_come_is_the_next_one(text: str, published: str, day: tuple[int, int, int | None]) -> None:
    [found] = dates(text, "en")
    known = resolved(found, published)
    assert (known.year, known.month, known.day) == day


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("in 2011-12", (2011, 2012)),
        ("in 2022/23", (2022, 2023)),
        ("in 2022–2023", (2022, 2023)),
        ("in 1999-2000", (1999, 2000)),
    ],
)
def test_two_years_in_one_are_no_month(text: str, years: tuple[int, int]) -> None:
    [found] = dates(text, "en")
    assert (found.year, found.through, found.month) == (*years, None)


def test_a_year_and_a_month_stay_one() -> None:
    [found] = dates("in 2025-07", "en")
    assert (found.year, found.month, found.through) == (2025, 7, None)


def test_the_last_three_months_of_a_year_are_its_last_quarter() -> None:
    [found] = dates("3 tháng cuối năm 2024", "vi")
    assert (found.year, found.month, found.until) == (2024, 10, 12)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("the Nigerian army", {"NG"}),
        ("the army of Niger", {"NE"}),
        ("Guinea-Bissau held elections", {"GW"}),
        ("Guinea held elections", {"GN"}),
        ("Papua New Guinea", {"PG"}),
        ("South Sudan and Sudan", {"SS", "SD"}),
        ("Cambodian police", {"KH"}),
        ("French and Dutch ships", {"FR", "NL"}),
        ("Spanish, Belgian and American ships", {"ES", "BE", "US"}),
        ("quân đội Việt Nam", {"VN"}),
        ("the port of Sarn", set()),
    ],
)
def test_a_country_is_named_by_its_name_or_its_people(text: str, codes: set[str]) -> None:
    assert countries(text) == codes
