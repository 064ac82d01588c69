"""Numbers, dates and text are written as a sheet shows them in the format of their cell."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.loaders.sheets.number_formats import GENERAL, shown_moment, shown_number, shown_text

ACCOUNTS = '_(* #,##0_);_(* \\(#,##0\\);_(* "—"_);_(@_)'
MOMENT = datetime(2023, 6, 30, 14, 5, 9)  # noqa: DTZ001 - a sheet knows no zones


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        *((1234.6, "0", "1235"), (2.5, "0", "3"), (-1.5, "0", "-2"), (-0.4, "0", "0")),
        *((7, "000", "007"), (1.005, "0.00", "1.01"), (1.1, "0.##", "1.1"), (0.5, "#.00", ".50")),
        *((1234567, "#,##0", "1,234,567"), (-1234567.891, "#,##0.00", "-1,234,567.89")),
        *((0.125, "0%", "13%"), (0.125, "0.0%", "12.5%"), (0.125, "0.0\\ %", "12.5 %")),
        *((5, "[$€-407] #,##0.00", "€ 5.00"), (5, '#,##0.00 "CHF"', "5.00 CHF")),
        *((-5, '"$"#,##0_);[Red]\\("$"#,##0\\)', "($5)"), (12553, "#,##0\\ ;\\(#,##0\\)", "12,553")),
        *((-81, "#,##0\\ ;\\(#,##0\\)", "(81)"), (1722, ACCOUNTS, "1,722")),
        *((-1722, ACCOUNTS, "(1,722)"), (0, ACCOUNTS, "—"), (0, '_-* "-"??_-', "-")),
        *((1250000, '0.0,,"m"', "1.3m"), (1234567, "#\\ ###\\ ##0", "1 234 567")),
        *((1234, "00-00", "12-34"), (5, ";;;", ""), (0, "0;-0;;@", ""), (5, "@", "5")),
    ],
)
def test_a_figure_is_written_as_its_format_shows_it(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((0.1 + 0.2, "0.3"), (1 / 3, "0.333333333"), (1234.56789012345, "1234.56789"), (3.0, "3")),
        *((-2.50, "-2.5"), (123456789012, "123456789012"), (0.00001234, "0.00001234"), (1e20, "1E+20")),
        (float("inf"), "inf"),
    ],
)
def test_without_a_format_a_figure_has_ten_digits_and_no_noise(value: float, shown: str) -> None:
    assert shown_number(value, GENERAL) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        *((12345.678, "0.00E+00", "1.23E+04"), (0.00012345, "0.00E+00", "1.23E-04")),
        *((12345.678, "0.00E-00", "1.23E04"), (0.00012345, "0.00E-00", "1.23E-04")),
        *((12345.678, "0E+0", "1E+4"), (-12345.678, "0.0E+000", "-1.2E+004")),
        *((0, "0.00E+00", "0.00E+00"), (9.999e99, "0.00E+00", "1.00E+100")),
        *((12345, "##0.0E+0", "12.3E+3"), (123456, "##0.0E+0", "123.5E+3")),
        *((1234567, "##0.0E+0", "1.2E+6"), (999950, "##0.0E+0", "1.0E+6")),
        *((0.012, "##0.0E+0", "12.0E-3"), (1.5, "#.##E+0", "1.5E+0"), (0.125, "0.0E+0%", "1.3E+1%")),
        (12345, '0.0E+0" m/s"', "1.2E+4 m/s"),
    ],
)
def test_a_power_of_ten_has_the_digits_that_its_format_has(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        *((1.5, "# ?/?", "1 1/2"), (-2.25, "# ?/?", "-2 1/4"), (0.25, "# ?/?", "1/4")),
        *((0.25, "0 ?/?", "0 1/4"), (2, "# ?/?", "2"), (0, "# ?/?", "0"), (0.999, "# ?/?", "1")),
        *((3.14159265, "# ??/??", "3 1/7"), (3.14159265, "# ???/???", "3 16/113")),
        *((0.3, "# ?/?", "2/7"), (1.3, "# ?/?", "1 1/3"), (123.45, "# ?/?", "123 4/9")),
        *((123.456, "# ?/?", "123 1/2"), (1.5, "?/?", "3/2"), (0.5, "# ?/8", "4/8")),
        *((2.97, "# ??/16", "3"), (0.3, '# ?/10" in"', "3/10 in")),
    ],
)
def test_a_fraction_has_the_denominator_that_its_format_asks_for(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (2_500_000, '[>=1000000]0.0,,"m";[>=1000]0.0,"k";0', "2.5m"),
        (2_500, '[>=1000000]0.0,,"m";[>=1000]0.0,"k";0', "2.5k"),
        (250, '[>=1000000]0.0,,"m";[>=1000]0.0,"k";0', "250"),
        (-250, '[>=1000000]0.0,,"m";[>=1000]0.0,"k";0', "-250"),
        (-2.25, "[<1000]0;0.0", "-2"),
        (2000.25, "[<1000]0;0.0", "2000.3"),
        (-2.25, "[Red][<0](0.00);0", "(2.25)"),
        (-2.25, "[>=0]0.00;(0.00)", "(2.25)"),
        (5, '[=1]0" day";0" days"', "5 days"),
        (1, '[=1]0" day";0" days"', "1 day"),
    ],
)
def test_a_condition_chooses_the_section(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_grouping_and_decimals_change_no_figure(value: Decimal) -> None:
    shown = shown_number(float(value), "#,##0.00")
    assert Decimal(shown.replace(",", "")) == value


@given(st.floats(allow_nan=False) | st.integers(), st.text('0#?.,%;@_*"\\[]/E+-$€ mGeneral', max_size=12))
def test_no_format_breaks_it(value: float, code: str) -> None:
    shown = shown_number(value, code)
    assert shown == " ".join(shown.split())


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        *(("mm-dd-yy", "2023-06-30"), ("dd\\.mm\\.yyyy", "2023-06-30")),
        *(("[$-409]d mmm yyyy", "2023-06-30"), ("d-mmm", "2023-06-30"), ("mmm yy", "2023-06")),
        *(("mmmm", "2023-06"), ("yyyy", "2023"), ("m/d/yy h:mm", "2023-06-30 14:05")),
        *(("yyyy-mm-dd hh:mm:ss", "2023-06-30 14:05:09"), ("h:mm", "14:05")),
        (GENERAL, "2023-06-30 14:05"),
    ],
)
def test_a_moment_is_an_iso_date_as_far_as_its_format_shows_it(code: str, shown: str) -> None:
    assert shown_moment(MOMENT, code) == shown


def test_times_and_durations() -> None:
    assert [
        shown_moment(time(9, 5), "h:mm"),
        shown_moment(timedelta(hours=37, minutes=30), "[h]:mm"),
        shown_moment(timedelta(minutes=2, seconds=3), "[mm]:ss"),
        shown_moment(date(2024, 2, 29), GENERAL),
        shown_moment(datetime(2023, 6, 30, 23, 59, 59, 999_999), "h:mm:ss"),  # noqa: DTZ001
    ] == ["09:05", "37:30", "0:02:03", "2024-02-29", "00:00:00"]


@pytest.mark.parametrize(
    ("code", "shown"),
    [(GENERAL, "pin"), (ACCOUNTS, " pin "), ('0;0;0;"a "@', "a pin"), (";;;", ""), (";;", "pin")],
)
def test_words_are_hidden_only_by_a_format_for_words(code: str, shown: str) -> None:
    assert shown_text("pin", code) == shown
