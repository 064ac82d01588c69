"""Dates are read in the forms of the checked languages; relative dates follow from the publication date."""

from __future__ import annotations

import pytest

from rag.figures.dates import dates, resolved
from rag.verification.vetoes.dates import follows


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
    ("text", "published", "day"),
    [
        ("on Monday", "2025-07-16", (2025, 7, 14)),
        ("yesterday", "2025-07-01", (2025, 6, 30)),
        ("last year", "2025", (2024, None, None)),
        ("on 30 December", "2025-01-05", (2024, 12, 30)),
    ],
)
def test_a_relative_date_follows_from_the_day_of_publication(
    text: str, published: str, day: tuple[int, int | None, int | None]
) -> None:
    [found] = dates(text, "en")
    known = resolved(found, published)
    assert (known.year, known.month, known.day) == day


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
    ],
)
def test_a_part_of_a_year_has_its_months_in_every_spelling(
    text: str, part: tuple[int | None, int, int]
) -> None:
    for language in ("en", "und"):
        found = [moment for moment in dates(text, language) if moment.until]
        assert [(moment.year, moment.month, moment.until) for moment in found] == [part]


@pytest.mark.parametrize("text", ["H1N1", "12Q3", "six-month", "seconds-quarter", "Q5 2023"])
def test_words_like_parts_of_years_are_none(text: str) -> None:
    assert [moment for moment in dates(text, "en") if moment.until] == []
