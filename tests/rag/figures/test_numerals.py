"""Numbers in digits and words, in the supported languages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rag.figures.numerals import numbers, value_of


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
    found = [number.low for number in numbers(text, language)]
    assert found == values


def test_a_vague_number_has_a_lower_and_an_upper_end() -> None:
    [dozens] = numbers("dozens", "en")
    assert (dozens.low, dozens.high) == (Decimal(20), Decimal(99))
