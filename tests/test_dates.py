"""ISO dates as a person reads them."""

from __future__ import annotations

import pytest

from ui.dates import date_words


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
