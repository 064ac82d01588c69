"""Countries in a text."""

from __future__ import annotations

import pytest

from rag.figures.countries import countries, is_country, names_same_country


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("U.S. sales rose, UK sales fell.", {"US", "GB"}),
        ("Britain and the USA", {"GB", "US"}),
        ("Mexican and Moroccan goods for the UAE", {"MX", "MA", "AE"}),
        ("Spanish goods for Latvia", {"ES", "LV"}),
        ("Let us see what AT&US and BUSINESS mean.", set()),
    ],
)
def test_names_peoples_and_initials_name_countries(text: str, codes: set[str]) -> None:
    assert countries(text) == codes


def test_initials_name_the_same_country_as_the_whole_name() -> None:
    assert names_same_country("United States", "U.S. | 10.3 %")
    assert not names_same_country("United States", "United Kingdom | 10.3 %")
    assert [word for word in ("UK", "U.S.", "Norway", "us", "Total") if is_country(word)] == [
        "UK",
        "U.S.",
        "Norway",
    ]
