"""Numbers, quantities, dates and countries are read and compared as a careful reader would."""

from __future__ import annotations

from decimal import Decimal

import pytest

from index.documents import Span
from rag.figures.countries import countries, is_country, names_same_country
from rag.figures.dates import Periods, dates, periods_of, resolved, without_periods
from rag.figures.numerals import numbers, value_of
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
from rag.verification.vetoes.dates import follows


@pytest.mark.parametrize(
    ("digits", "language", "value"),
    [
        ("1,043", "en", "1043"),
        ("2.500", "en", "2.500"),
        ("2.500", "id", "2500"),
        ("1.234,5", "vi", "1234.5"),
        ("1,234.5", "en", "1234.5"),
        ("12\u00a0345", "fr", "12345"),
        ("12’345", "de", "12345"),
        ("1.234.567", "en", "1234567"),
        ("٤٢", "ar", "42"),
        ("0,500", "id", "0.500"),
    ],
)
def test_the_language_decides_the_meaning_of_separators(digits: str, language: str, value: str) -> None:
    assert value_of(digits, language)[0] == Decimal(value)


@pytest.mark.parametrize(
    ("text", "language", "values"),
    [
        ("two hundred and five", "en", [205]),
        ("over a thousand", "en", [1000]),
        ("half a million", "en", [500_000]),
        ("one and a half million", "en", [1_500_000]),
        ("9.9 million and $1.2bn", "en", [9_900_000, 1_200_000_000]),
        ("three dozen", "en", [36]),
        ("hai trăm năm mươi", "vi", [250]),
        ("một triệu rưỡi", "vi", [1_500_000]),
        ("năm người", "vi", [5]),
        ("tổng kết năm qua", "vi", []),
        ("seribu dua ratus lima puluh", "id", [1250]),
        ("dua belas", "id", [12]),
        ("一千零四十三", "zh", [1043]),
        ("1.2亿", "zh", [120_000_000]),
        ("三点五万", "zh", [35_000]),
        ("一些人万一", "zh", []),
    ],
)
def test_number_words_have_values(text: str, language: str, values: list[int]) -> None:
    assert [number.low for number in numbers(text, language)] == values


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
    told = (found.low, found.unit, found.currency, found.noun, found.comparator)
    assert told == (Decimal(value), unit, currency, noun, comparator)
    assert found.span.of(text) == found.written


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
def test_a_range_is_one_and_a_change_two(text: str, language: str, ends: list[tuple[int, int]]) -> None:
    found = [(each.low, each.high) for each in quantities(text, language)]
    assert found == [(Decimal(low), Decimal(high)) for low, high in ends]


@pytest.mark.parametrize(
    "text",
    ["on 18 July 2025", "in 2024", "COVID-19", "NLRP3", "3T3 cells", "Section 4", "no one", "one of them"],
)
def test_dates_labels_and_pronouns_are_not_quantities(text: str) -> None:
    assert quantities(text, "en") == ()


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
        # Quantities with different units are not of one kind.
        ("62 miles", "62 litres", None),
        ("3 percent", "3 percentage points", None),
        ("5 dollars", "5 euros", None),
        ("5 litres per day", "5 litres per hour", None),
        ("5 people", "5 percent", None),
    ],
)
def test_a_figure_may_stand_for_another(stated: str, cited: str, score: float | None) -> None:
    [own], [its] = quantities(stated, "en"), quantities(cited, "en")
    assert (fairness(own, its) if same_kind(own, its) else None) == score


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
        ("yesterday", "2025-07-01", (2025, 6, 30)),
        ("last year", "2025", (2024, None, None)),
        ("on 30 December", "2025-01-05", (2024, 12, 30)),
    ],
)
def test_a_date_without_a_year_follows_from_the_day_of_publication(
    text: str, published: str, day: tuple[int, int | None, int | None]
) -> None:
    [found] = dates(text, "en")
    known = resolved(found, published)
    assert (known.year, known.month, known.day) == day


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("in 2011-12", (2011, 2012, None)),
        ("in 2025-07", (2025, None, 7)),
        ("in 2022/23", (2022, 2023, None)),
        ("in 2022–2023", (2022, 2023, None)),
        ("in 1999-2000", (1999, 2000, None)),
    ],
)
def test_two_years_in_one_are_no_month(text: str, years: tuple[int, int | None, int | None]) -> None:
    [found] = dates(text, "en")
    assert (found.year, found.through, found.month) == years


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
        ("U.S. sales rose, UK sales fell.", {"US", "GB"}),
        ("Mexican and Moroccan goods for the UAE", {"MX", "MA", "AE"}),
        ("Let us see what AT&US and BUSINESS mean.", set()),
    ],
)
def test_a_country_is_named_by_its_name_or_its_people(text: str, codes: set[str]) -> None:
    assert countries(text) == codes


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
        ("18 Jul ’25", "en"),
        ("18-Jul-25", "en"),
        ("18-Jul-2025", "en"),
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
        ("3 tháng cuối năm 2024", (2024, 10, 12)),
    ],
)
def test_a_part_of_a_year_has_its_months(text: str, part: tuple[int | None, int, int]) -> None:
    for language in ("vi",) if "tháng" in text else ("en", "und"):
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
        ("Dec-22", {2022}, {12}, set()),
        ("Dec-2022*", {2022}, {12}, set()),
        ("Mar'21", {2021}, {3}, set()),
        ("FY22 stage 1", {2022}, set(), set()),
        ("Dec ’98", {1998}, {12}, set()),
        ("an opt-out-18 and a set-22", set(), set(), set()),
        ("15 March-20 May", set(), {3, 5}, set()),
        ("Mar-20% of it", set(), set(), set()),
        ("Share by volume", set(), set(), set()),
        ("What did the 2000 strikers earn?", set(), set(), set()),
        ("half of it for roads", set(), set(), set()),
        ("a quarter of a million", set(), set(), set()),
        ("up from 4 million twelve months earlier", set(), set(), set()),
    ],
)
def test_words_name_periods(words: str, years: set[int], months: set[int], lengths: set[str]) -> None:
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


def test_initials_name_the_same_country_as_the_whole_name() -> None:
    assert names_same_country("United States", "U.S. | 10.3 %")
    assert not names_same_country("United States", "United Kingdom | 10.3 %")
    is_one = [is_country(word) for word in ("UK", "U.S.", "Norway", "us", "Total")]
    assert is_one == [True, True, True, False, False]
