"""A first page names its day of publication, the form that it is, and its publisher."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.loaders.cover import (
    as_written,
    declared_filing,
    filing,
    is_date,
    is_organisation,
    issuer,
    read_date,
    stated_date,
)
from index.loaders.metadata import Properties


@pytest.mark.parametrize(
    ("lines", "iso"),
    [
        *(("Tessaveld, 30 September 2025", "2025-09-30"), ("Thursday, 26 July 2023", "2023-07-26")),
        *(("12th May 2010", "2010-05-12"), ("Brussels, the 3rd of May 2012", "2012-05-03")),
        *(("Sept. 2, 2019", "2019-09-02"), ("7/27/2023", "2023-07-27"), ("27/7/2023", "2023-07-27")),
        *(("May 2010", "2010-05"), ("7/6/2023", None), ("May 12, 2999", None)),
        *(("December 31, 2022", None), ("Balance Sheet December 31, 2022", None)),
        *(("Quarter Ended June 29, 2023", None), ("for the quarter ended June 29, 2023", None)),
        *(("for the three months ended\nJune 29, 2023", None), ("2010", None)),
        ("May 2010\nPublished: 3 March 2011", "2011-03-03"),
        ("Date 3 March 2011 4 March 2011", None),
    ],
)
def test_a_date_counts_if_it_stands_alone_or_has_a_label(lines: str, iso: str | None) -> None:
    assert stated_date(lines.split("\n"), []) == iso


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


def test_an_issue_of_a_journal_has_a_year() -> None:
    assert stated_date([], [], ["114 The EFSA Journal 2009 – 223 114/312"]) == "2009"


@given(st.dates().filter(lambda day: 1000 <= day.year <= 2020))
def test_a_day_is_read_as_it_is_written(day: object) -> None:
    written = f"{day:%B} {day:%d}, {day:%Y}"
    assert (is_date(written), read_date(written)) == (True, str(day))


REGISTRANT = ["Foot Locker, Inc.", "(Exact name of registrant as specified in charter)"]


REPORTED = "Date of report (Date of earliest event reported)"


@pytest.mark.parametrize(
    ("lines", "title", "published"),
    [
        (
            ["FORM 10-Q", "For the quarterly period ended June 30, 2023"],
            *("Form 10-Q for the quarterly period ended June 30, 2023", None),
        ),
        (
            ["Form 10‑K", "For the Fiscal Year Ended December 31, 2022"],
            *("Form 10-K for the fiscal year ended December 31, 2022", None),
        ),
        (
            ["FORM 8-K", f"{REPORTED}: August 19, 2022 (August 16, 2022)"],
            *("Form 8-K of August 19, 2022", "2022-08-19"),
        ),
        (
            ["FORM 8-K/A (Amendment No. 1)", "August 19, 2022", REPORTED],
            *("Form 8-K/A of August 19, 2022", "2022-08-19"),
        ),
        (["FORM 8-K"], "Form 8-K", None),
    ],
)
def test_a_form_is_named_by_company_and_time(lines: list[str], title: str, published: str | None) -> None:
    found = filing([*lines, *REGISTRANT], "")
    assert found is not None
    assert found.details == Properties(
        title=f"Foot Locker, Inc.: {title}", publisher="Foot Locker, Inc.", published=published
    )


@pytest.mark.parametrize("lines", [["FORM 10-Q"], REGISTRANT, ["See our Form 10-Q", *REGISTRANT], []])
def test_another_page_is_no_cover(lines: list[str]) -> None:
    assert filing(lines, "") is None


def test_a_title_without_space_for_the_period_ends_with_the_form() -> None:
    name = "The " + "Very " * 13 + "Long Company, Inc."
    lines = ["FORM 10-Q", "For the quarterly period ended June 30, 2023", name, REGISTRANT[1]]
    found = filing(lines, "")
    assert found is not None
    assert found.details.title == f"{name}: Form 10-Q"
    assert filing(["FORM 10-Q", name * 2, REGISTRANT[1]], "") is None


def test_a_name_in_capitals_is_written_as_in_the_text() -> None:
    text = (
        "MCDONALD'S CORPORATION. McDonald's Corporation and Mcdonald's Corporation; McDonald's\nCorporation."
    )
    assert as_written("McDONALD’S CORPORATION", text) == "McDonald's Corporation"
    assert as_written("McDONALD’S CORPORATION", "") == "McDONALD’S CORPORATION"
    assert as_written("Netflix, Inc.", "netflix, inc.") == "Netflix, Inc."


@pytest.mark.parametrize(
    ("form", "end", "title", "published"),
    [
        ("10-K", "December 31, 2021", "Form 10-K for the fiscal year ended December 31, 2021", None),
        ("10‑k/A", "2021-12-31", "Form 10-K/A for the fiscal year ended December 31, 2021", None),
        ("10-Q", "6/30/2023", "Form 10-Q for the quarterly period ended June 30, 2023", None),
        ("10-KT", "2023-06-30", "Form 10-KT for the period ended June 30, 2023", None),
        ("8-K", "2022-08-19", "Form 8-K of August 19, 2022", "2022-08-19"),
        ("10-Q", "--06-30", "Form 10-Q", None),
        ("DEF 14A", "", "Form DEF 14A", None),
    ],
)
def test_facts_name_a_form_like_its_cover(form: str, end: str, title: str, published: str | None) -> None:
    facts = {"DocumentType": form, "EntityRegistrantName": "FOOT LOCKER,\nINC.", "DocumentPeriodEndDate": end}
    found = declared_filing(facts, "The shoes of Foot Locker, Inc. are blue.")
    assert found is not None
    assert found.details == Properties(
        title=f"Foot Locker, Inc.: {title}", publisher="Foot Locker, Inc.", published=published
    )


@pytest.mark.parametrize("facts", [{}, {"DocumentType": "10-K"}, {"EntityRegistrantName": "Foot Locker"}])
def test_facts_without_a_form_or_a_company_name_nothing(facts: dict[str, str]) -> None:
    assert declared_filing(facts, "") is None


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (
            "SAN JOSE, Calif., July 26, 2023 /PRNewswire/ -- eBay Inc. (Nasdaq: EBAY), a, today said",
            "eBay Inc.",
        ),
        ("CHICAGO, IL - McDonald's Corporation today announced results", "McDonald's Corporation"),
        ("BETHESDA, Md. – Lockheed Martin Corp. [NYSE: LMT] today reported", "Lockheed Martin Corp."),
        ("ISSAQUAH (GLOBE NEWSWIRE) -- Costco Corp. (“Costco” or “us”) (Nasdaq: COST) said", "Costco Corp."),
        ("SAN FRANCISCO, Calif. - August 30, 2023 - Salesforce (NYSE: CRM), today announced", "Salesforce"),
        ("OAKLAND — PG&E Corporation (NYSE: PCG) recorded income", "PG&E Corporation"),
        ("Minneapolis, MN; July 25, 2023 – 3M (NYSE: MMM) today reported results", "3M"),
        ("ARMONK, N.Y., July 19, 2023 . . . IBM (NYSE: IBM) today announced results", "IBM"),
        ("NEW YORK, N.Y. - Verizon Services Inc. (NYSE, Nasdaq: VZ) said", "Verizon Services Inc."),
        ("Best Buy Co., Inc. (NYSE: BBY) today announced results", "Best Buy Co., Inc."),
        ("GENEVA – Switzerland today announced new rules.", None),
        ("NEW YORK (Reuters) – Apple Inc. today reported results.", None),
        ("The pin - Gate Corporation made it - had rusted through.", None),
        ("Apple Inc. today reported results.", None),
    ],
)
def test_a_release_is_issued_by_the_company_that_announces(start: str, name: str | None) -> None:
    assert issuer([], [start], [], None) == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("© 2010 European Investment Bank", "European Investment Bank"),
        ("Copyright © 2011 Isken Press Ltd. All rights reserved.", "Isken Press Ltd."),
        ("© European Union, 2010", "European Union"),
        ("Published by the Ministry of Health", "Ministry of Health"),
        ("Publisher: Office for National Statistics", "Office for National Statistics"),
        ("© 2010 Ada Varro", None),
        ("Published by hand", None),
    ],
)
def test_an_imprint_names_the_publisher(line: str, name: str | None) -> None:
    assert issuer([line], [], [], None) == name


@pytest.mark.parametrize(
    ("top", "name"),
    [
        (["European Commission", "May 2010"], "European Commission"),
        (["Prepared for", "European Commission"], None),
        (["Bank of England", "Ministry of Health"], None),
        (["Age Group"], None),
        (["Ministry of Health, Tessaveld"], None),
        (["A Report of the Commission"], None),
    ],
)
def test_a_letterhead_is_the_only_organisation_above_the_text(top: list[str], name: str | None) -> None:
    assert issuer(top, [], top, None) == name


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *(("Commission of Inquiry into the Maravel Dam", True), ("Lorvenna School Inspectorate", True)),
        *(("Netflix, Inc.", True), ("Ada Varro", False), ("Commission", False)),
        *(("Report of the Commission", False), ("commission of inquiry", False)),
    ],
)
def test_an_organisation_is_told_by_its_name(name: str, is_one: bool) -> None:
    assert is_organisation(name) is is_one
