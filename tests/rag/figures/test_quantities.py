"""Quantities are recognised, rounded and compared as a careful reader would."""

from __future__ import annotations

from decimal import Decimal

import pytest

from index.documents import Span
from rag.figures.countries import countries
from rag.figures.dates import dates, resolved
from rag.figures.quantities import (
    LOOSENED,
    Comparator,
    Quantity,
    agree,
    fairness,
    qualified,
    quantities,
    same_kind,
    with_comparator,
)


def only(text: str, language: str = "en") -> Quantity:
    [found] = quantities(text, language)
    return found


@pytest.mark.parametrize(
    ("text", "language", "value", "unit", "currency", "noun", "comparator"),
    [
        ("53 scam dens", "en", 53, None, None, "scam dens", "exactly"),
        ("at most 40 litres per day", "en", 40, "litre/day", None, None, "at most"),
        ("nearly 3 percentage points", "en", 3, "percentage point", None, None, "nearly"),
        ("US$1.2bn", "en", 1_200_000_000, None, "USD", None, "exactly"),
        ("no more than half of the schools", "en", 50, "percent", None, "schools", "at most"),
        ("one in five pupils", "en", 20, "percent", None, "pupils", "exactly"),
        ("lebih dari seribu korban", "id", 1000, None, None, "korban", "over"),
        ("Rp 2,5 miliar", "id", 2_500_000_000, None, "IDR", None, "exactly"),
        ("không quá 30 ngày", "vi", 30, "day", None, None, "at most"),
        ("khoảng 9,9 triệu đồng", "vi", 9_900_000, None, "VND", None, "about"),
        ("不超过30天", "zh", 30, "day", None, None, "at most"),
        ("12.5亿美元", "zh", 1_250_000_000, None, "USD", None, "exactly"),
        ("1000多人", "zh", 1000, None, None, "人", "over"),
        ("最多可载240名乘客", "zh", 240, None, None, "乘客", "at most"),
        ("百分之二十", "zh", 20, "percent", None, None, "exactly"),
    ],
)
def test_a_quantity_has_a_unit_a_noun_and_a_comparator(  # noqa: PLR0917 - a row of the table
    text: str,
    language: str,
    value: int,
    unit: str | None,
    currency: str | None,
    noun: str | None,
    comparator: Comparator,
) -> None:
    found = only(text, language)
    assert (found.low, found.unit, found.currency, found.noun, found.comparator) == (
        Decimal(value),
        unit,
        currency,
        noun,
        comparator,
    )


@pytest.mark.parametrize(
    ("text", "language", "ends"),
    [
        ("17 to 20 villages", "en", [(17, 20)]),
        ("between 17 and 20 villages", "en", [(17, 20)]),
        ("rose from 17 to 20", "en", [(17, 17), (20, 20)]),
        ("từ 17 đến 20 tàu", "vi", [(17, 20)]),
        ("antara 17 dan 20 kapal", "id", [(17, 20)]),
        ("17至20艘船", "zh", [(17, 20)]),
    ],
)
def test_a_range_is_one_quantity_and_a_change_is_two(
    text: str, language: str, ends: list[tuple[int, int]]
) -> None:
    found = [(each.low, each.high) for each in quantities(text, language)]
    assert found == [(Decimal(low), Decimal(high)) for low, high in ends]


@pytest.mark.parametrize(
    "text",
    ["on 18 July 2025", "in 2024", "COVID-19", "NLRP3", "3T3 cells", "Section 4", "no one", "one of them"],
)
def test_dates_labels_and_pronouns_are_not_quantities(text: str) -> None:
    assert quantities(text, "en") == ()


def test_the_span_of_a_quantity_contains_its_words() -> None:
    text = "Exports rose by 12 percent."
    found = only(text)
    assert found.span.of(text) == found.written == "12 percent"
    assert found.unit == "percent"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("每艘渡轮最多可载240名乘客", "最多可载240"),
        ("Boats carry at most 40 people.", "at most 40"),
        ("Boats carry 40 or more people.", "40 or more"),
        ("Boats carry 40 people.", "40"),
    ],
)
def test_a_figure_is_written_with_its_comparator(text: str, written: str) -> None:
    start = text.index("240" if "240" in text else "40")
    end = start + (3 if "240" in text else 2)
    assert with_comparator(text, Span(start, end)).of(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Raids freed between 100 and 200 workers.", "between 100 and 200"),
        ("Raids freed 100 to 200 workers.", "100 to 200"),
        ("Raids freed more than  100 workers.", "more than 100"),
        ("Raids freed 100 workers.", "100"),
    ],
)
def test_a_figure_is_qualified_by_the_words_before_it(text: str, written: str) -> None:
    assert qualified(text, only(text)) == written


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
