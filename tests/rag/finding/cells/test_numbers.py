"""The number of a cell is read exactly, or not at all if its format is in doubt."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.finding.cells import CellNumber, DecimalMark, cell_number, decimal_mark, written

MARKS: tuple[DecimalMark, DecimalMark] = (".", ",")


@pytest.mark.parametrize(
    ("table", "language", "mark"),
    [
        ("1,234.5 and 7", "de", "."),
        ("12.5", "de", "."),
        ("1,234,567", "de", "."),
        ("3.933,3", "en", ","),
        ("12,5", "en", ","),
        ("1.234.567", "en", ","),
        ("1,234", "en", "."),
        ("1.234", "de", ","),
        ("1,234", "und", None),
        ("12.5 and 12,5", "en", None),
        ("30.06.2023 and 1.234.567", "en", ","),
    ],
)
def test_a_number_that_can_only_be_read_one_way_tells_the_decimal_mark(
    table: str, language: str, mark: str | None
) -> None:
    assert decimal_mark(table, language) == mark


@pytest.mark.parametrize(
    ("value", "mark", "number", "decimals", "currency"),
    [
        ("1,234.5", ".", "1234.5", 1, ""),
        ("(54)", ".", "-54", 0, ""),
        ("$ 12,734", ".", "12734", 0, "$"),
        ("$ (2,727)", ".", "-2727", 0, "$"),
        ("($ 2,727)", ".", "-2727", 0, "$"),
        ("3.933,3", ",", "3933.3", 1, ""),
        ("−3.50", ".", "-3.50", 2, ""),
        ("20.4 %", ".", "20.4", 1, ""),
        ("(5.0) %", ".", "-5.0", 1, ""),
        ("(5.0%)", ".", "-5.0", 1, ""),
        ("0.933", ".", "0.933", 3, ""),
        ("54", None, "54", 0, ""),
        ("EUR 54", ".", "54", 0, "EUR"),
    ],
)
def test_the_number_of_a_cell_is_exact(
    value: str, mark: DecimalMark | None, number: str, decimals: int, currency: str
) -> None:
    read = cell_number(value, mark)
    assert read is not None
    assert (str(read.value), read.decimals, read.currency) == (number, decimals, currency)
    assert read.percent is ("%" in value)


@pytest.mark.parametrize(
    ("value", "mark"),
    [
        ("3.933", "."),
        ("3,933", ","),
        ("3.933,3", "."),
        ("1,234.5", ","),
        ("12,34", "."),
        ("1,2345", "."),
        ("1.5", None),
        ("1,234", None),
        ("1 234", "."),
        ("(54", "."),
        ("54)", "."),
        ("54 (1)", "."),
        ("54¹", "."),
        ("about 54", "."),
        ("54 or 55", "."),
        ("0,123", "."),
        ("—", "."),
        ("", "."),
    ],
)
def test_a_number_in_doubt_is_none(value: str, mark: DecimalMark | None) -> None:
    assert cell_number(value, mark) is None


@given(
    st.integers(0, 10**12),
    st.integers(0, 6),
    st.sampled_from(MARKS),
    st.booleans(),
    st.sampled_from(["{}", "({})", "−{}", "$ {}", "$ ({})", "{}%", "{} %"]),
)
def test_a_number_that_is_written_is_read_again(
    digits: int, decimals: int, mark: DecimalMark, grouped: bool, cell: str
) -> None:
    number = Decimal(digits).scaleb(-decimals)
    words = cell.format(written(number, decimals, mark, grouped=grouped))
    read = cell_number(words, mark)
    if read is None:
        # Only the point of 3.933 may be taken for a separator of thousands.
        assert decimals == 3
        assert 1 <= number < 1000
        return
    sign = -1 if "(" in cell or "−" in cell else 1
    is_grouped = grouped and number >= 1000
    expected = CellNumber(sign * number, decimals, "$" if "$" in cell else "", "%" in cell, is_grouped)
    assert (read.value, read) == (expected.value, expected)


@given(st.decimals(-(10**9), 10**9, places=4), st.integers(0, 4))
def test_a_number_is_rounded_half_up_without_its_sign(number: Decimal, decimals: int) -> None:
    unit = Decimal(1).scaleb(-decimals)
    words = written(number, decimals, ".", grouped=True)
    assert abs(Decimal(words.replace(",", "")) - abs(number)) <= unit / 2
    assert len(words.partition(".")[2]) == decimals
