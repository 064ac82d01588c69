"""ISO dates as a person reads them."""

from __future__ import annotations

import pytest

from ui.dates import date_words, precision_of


@pytest.mark.parametrize(
    ("published", "words"),
    [
        ("2025-07-18", "18 July 2025"),
        ("2025-07-01", "1 July 2025"),
        ("2025-07", "July 2025"),
        ("2025", "2025"),
        ("2025-02-31", "2025-02-31"),
        ("Michaelmas", "Michaelmas"),
        (None, None),
        ("2200000000", "2200000000"),
    ],
)
def test_dates_are_words(published: str | None, words: str | None) -> None:
    assert date_words(published) == words


@pytest.mark.parametrize(
    ("published", "precision"),
    [("2025-07-18", "day"), ("2025-07", "month"), ("2025", "year"), (None, None)],
)
def test_a_date_is_a_day_a_month_or_a_year(published: str | None, precision: str | None) -> None:
    assert precision_of(published) == precision
