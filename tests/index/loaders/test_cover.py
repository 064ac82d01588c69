"""A first page names its day of publication, the form that it is, and its publisher."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.loaders.cover import described, is_organisation, text_cover
from index.loaders.dates import is_date, read_date
from index.loaders.filings import as_written, declared_filing, filing
from index.loaders.metadata import Properties


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        *(("Tessaveld, 30 September 2025", "2025-09-30"), ("Thursday, 26 July 2023", "2023-07-26")),
        *(("12th May 2010", "2010-05-12"), ("Brussels, the 3rd of May 2012", "2012-05-03")),
        *(("Sept. 2, 2019", "2019-09-02"), ("7/27/2023", "2023-07-27"), ("27/7/2023", "2023-07-27")),
        *(("21 de mayo de 2020", "2020-05-21"), ("1er août 2014", "2014-08-01")),
        *(("2026年6月16日", "2026-06-16"), ("3. März 2011", "2011-03-03")),
        *(("May 2010", "2010-05"), ("2010", "2010")),
        *(("7/6/2023", None), ("May 12, 2999", None), ("31 February 2012", None), ("2,010 people", None)),
    ],
)
def test_a_date_is_read_in_the_language_of_its_line(line: str, iso: str | None) -> None:
    assert read_date(line) == iso


@given(st.dates(date(1900, 1, 1), date(2020, 12, 31)))
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    written = f"{day:%B} {day:%d}, {day:%Y}"
    assert (is_date(written), read_date(written)) == (True, str(day))


REPORT = """Why gate 3 failed
{line}

The gate was torn from its bearings at five to three in the morning, and three people drowned in the valley.
The quarter ended March 31, 2020, and on 10 May 2020 the commission heard the first of its 63 witnesses."""


@pytest.mark.parametrize(
    ("line", "published"),
    [("Published: 3 March 2021", "2021-03-03"), ("3 March 2021", "2021-03-03"), ("A report", None)],
)
def test_a_date_counts_that_is_printed_and_not_one_of_a_sentence_or_of_the_files_writing(
    line: str, published: str | None
) -> None:
    declared = Properties(title="Why gate 3 failed", written="2021-04-01")
    stated, _ = described(text_cover(REPORT.format(line=line), declared))
    assert stated.published == published


@pytest.mark.parametrize("person", ["Ada Varro", "Varro, Ada", "avarro", "Typist 2000"])
def test_a_person_or_program_of_the_properties_is_an_author_and_no_publisher(person: str) -> None:
    text = REPORT.format(line=f"by {person}")
    stated, declared = described(text_cover(text, Properties(title="Why gate 3 failed", author=person)))
    assert (stated.publisher, declared.publisher, declared.author) == (None, None, person)


def test_what_the_file_declares_counts_before_what_its_lines_show() -> None:
    known = Properties(title="Gates", publisher="Ada", published="2020")
    text = REPORT.format(line="Lorvenna School Inspectorate\nPublished: 3 March 2021")
    stated, declared = described(text_cover(text, known))
    assert (stated.publisher, stated.published, declared) == (None, None, known)


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
    ("name", "is_one"),
    [
        *(("Commission of Inquiry into the Maravel Dam", True), ("Lorvenna School Inspectorate", True)),
        *(("Netflix, Inc.", True), ("Ada Varro", False), ("Commission", False)),
        *(("Report of the Commission", False), ("commission of inquiry", False)),
    ],
)
def test_an_organisation_is_told_by_its_name(name: str, is_one: bool) -> None:
    assert is_organisation(name) is is_one
