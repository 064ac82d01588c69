"""Quantities have a value, a noun, a unit and a comparator."""

from __future__ import annotations

from decimal import Decimal

import pytest

from index.documents import Span
from rag.figures.quantities import Comparator, Quantity, qualified, quantities, with_comparator


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
