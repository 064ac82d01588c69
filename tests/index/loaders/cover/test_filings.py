"""The cover of a form names the company, the form, and its period or date."""

from __future__ import annotations

import pytest

from index.loaders.cover import as_written, declared_filing, filing
from index.loaders.metadata import Properties

REGISTRANT = ["Foot Locker, Inc.", "(Exact name of registrant as specified in charter)"]


@pytest.mark.parametrize(
    ("lines", "title", "published"),
    [
        (
            ["FORM 10-Q", "For the quarterly period ended June 30, 2023"],
            "Foot Locker, Inc.: Form 10-Q for the quarterly period ended June 30, 2023",
            None,
        ),
        (
            ["Form 10‑K", "For the Fiscal Year Ended December 31, 2022"],
            "Foot Locker, Inc.: Form 10-K for the fiscal year ended December 31, 2022",
            None,
        ),
        (
            [
                "FORM 8-K",
                "Date of report (Date of earliest event reported): August 19, 2022 (August 16, 2022)",
            ],
            "Foot Locker, Inc.: Form 8-K of August 19, 2022",
            "2022-08-19",
        ),
        (
            [
                "FORM 8-K/A (Amendment No. 1)",
                "August 19, 2022",
                "Date of Report (Date of earliest event reported)",
            ],
            "Foot Locker, Inc.: Form 8-K/A of August 19, 2022",
            "2022-08-19",
        ),
        (["FORM 8-K"], "Foot Locker, Inc.: Form 8-K", None),
    ],
)
def test_a_form_is_named_by_company_and_time(lines: list[str], title: str, published: str | None) -> None:
    found = filing([*lines, *REGISTRANT], "")
    assert found is not None
    assert (found.title, found.registrant, found.published) == (title, "Foot Locker, Inc.", published)


@pytest.mark.parametrize("lines", [["FORM 10-Q"], REGISTRANT, ["See our Form 10-Q", *REGISTRANT], []])
def test_another_page_is_no_cover(lines: list[str]) -> None:
    assert filing(lines, "") is None


def test_a_title_without_space_for_the_period_ends_with_the_form() -> None:
    name = "The " + "Very " * 13 + "Long Company, Inc."
    lines = ["FORM 10-Q", "For the quarterly period ended June 30, 2023", name, REGISTRANT[1]]
    found = filing(lines, "")
    assert found is not None
    assert found.title == f"{name}: Form 10-Q"
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
    facts = {
        "DocumentType": form,
        "EntityRegistrantName": "FOOT LOCKER,\nINC.",
        "DocumentPeriodEndDate": end,
    }
    found = declared_filing(facts, "The shoes of Foot Locker, Inc. are blue.")
    assert found is not None
    assert found.details == Properties(
        title=f"Foot Locker, Inc.: {title}", publisher="Foot Locker, Inc.", published=published
    )


@pytest.mark.parametrize("facts", [{}, {"DocumentType": "10-K"}, {"EntityRegistrantName": "Foot Locker"}])
def test_facts_without_a_form_or_a_company_name_nothing(facts: dict[str, str]) -> None:
    assert declared_filing(facts, "") is None
