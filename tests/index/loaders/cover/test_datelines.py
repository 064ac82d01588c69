"""A first page's day of publication is told from the ends of periods."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.loaders.cover import is_date, read_date, stated_date


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("Tessaveld, 30 September 2025", "2025-09-30"),
        ("Thursday, 26 July 2023", "2023-07-26"),
        ("12th May 2010", "2010-05-12"),
        ("Brussels, the 3rd of May 2012", "2012-05-03"),
        ("Sept. 2, 2019", "2019-09-02"),
        ("7/27/2023", "2023-07-27"),
        ("27/7/2023", "2023-07-27"),
        ("May 2010", "2010-05"),
        ("7/6/2023", None),
        ("May 12, 2999", None),
        ("December 31, 2022", None),
        ("Balance Sheet December 31, 2022", None),
        ("Quarter Ended June 29, 2023", None),
        ("for the quarter ended June 29, 2023", None),
        ("2010", None),
    ],
)
def test_a_date_counts_if_it_stands_alone(line: str, iso: str | None) -> None:
    assert stated_date([line], []) == iso


def test_a_line_that_leads_to_the_end_of_a_period_is_heeded() -> None:
    assert stated_date(["for the three months ended", "June 29, 2023"], []) is None


@pytest.mark.parametrize(
    ("start", "iso"),
    [
        ("ISSAQUAH, Wash., May 25, 2023 (GLOBE NEWSWIRE) -- Costco", "2023-05-25"),
        ("BETHESDA, Md., April. 18, 2023 – Lockheed Martin", "2023-04-18"),
        ("SAN FRANCISCO, Calif. - August 30, 2023 - Salesforce", "2023-08-30"),
        ("The year that ended May 1, 2022 – a report", None),
    ],
)
def test_a_release_begins_with_its_day(start: str, iso: str | None) -> None:
    assert stated_date([], [f"{start} announced results."]) == iso


def test_a_date_with_a_label_comes_before_one_that_stands_alone() -> None:
    assert stated_date(["May 2010", "Published: 3 March 2011"], []) == "2011-03-03"
    assert stated_date(["Date 3 March 2011 4 March 2011"], []) is None


def test_an_issue_of_a_journal_has_a_year() -> None:
    assert stated_date([], [], ["114 The EFSA Journal 2009 – 223 114/312"]) == "2009"


@given(st.dates().filter(lambda day: 1000 <= day.year <= 2020))
def test_a_day_is_read_as_it_is_written(day: object) -> None:
    written = f"{day:%B} {day:%d}, {day:%Y}"
    assert (is_date(written), read_date(written)) == (True, str(day))
