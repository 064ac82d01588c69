"""The dates, languages and titles of documents come from their properties, names and times."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from index.documents import Document
from index.loaders.metadata import (
    date_of_name,
    iso_date,
    language_code,
    readable_property,
    title_of_name,
    with_date,
)

UNDATED = Document("Words.", "T", "text", origins={"title": "page"})


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2025-07-24", "2025-07-24"),
        ("2025-07", "2025-07"),
        ("2025", "2025"),
        ("2025-07-24T09:30:00+07:00", "2025-07-24"),
        ("2025-07-24 09:30", "2025-07-24"),
        ("2025/07/24", "2025-07-24"),
        ("20250724", "2025-07-24"),
        ("24 July 2025", "2025-07-24"),
        ("July 24, 2025", "2025-07-24"),
        (" 24  Jul 2025 ", "2025-07-24"),
        ("24.7.2025", "2025-07-24"),
        ("July 2025", "2025-07"),
    ],
)
def test_a_date_is_made_iso(written: str, date: str) -> None:
    assert iso_date(written) == date


@pytest.mark.parametrize(
    "written", [None, "", "soon", "2025-13-01", "2025-02-30", "03/04/2025", "0000", "24 Juli", "२०२५"]
)
def test_an_ambiguous_date_is_none(written: str | None) -> None:
    assert iso_date(written) is None


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en-GB", "en"),
        ("zh_Hant_TW", "zh"),
        ("FR", "fr"),
        ("und", None),
        ("x", None),
        ("", None),
        (None, None),
    ],
)
def test_a_language_tag_is_reduced_to_its_language(tag: str | None, code: str | None) -> None:
    assert language_code(tag) == code


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Annual  report", "Annual report"),
        ("Microsoft Word - Annual report", "Annual report"),
        ("Microsoft Word - report_v3.docx", None),
        ("report_20211231.htm", None),
        ("Untitled document", None),
        ("PowerPoint Presentation", None),
        ("(anonymous)", None),
        ("Anonymous Analytics", "Anonymous Analytics"),
        (" ", None),
        (None, None),
    ],
)
def test_a_placeholder_of_a_program_is_none(written: str | None, title: str | None) -> None:
    assert readable_property(written) == title


def test_a_name_that_cannot_be_stored_makes_a_title_that_can() -> None:
    assert title_of_name(Path("a\udcff\n b.txt")) == "a?? b"


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("report-2021-07-18", "2021-07-18"),
        ("20210718_report", "2021-07-18"),
        ("2021_07 report", "2021-07"),
        ("annual report 2021", "2021"),
        ("2019 to 2021-03", "2021-03"),
        ("2019-2021", "2019"),
        ("report", None),
        ("18.07.2021", "2021"),
        ("2021-13", "2021"),
        ("2021-02-30", None),
        ("A2021B", "2021"),
        ("ISO 12021", None),
        ("20211", None),
        ("plan for 2099", None),
        ("1848", None),
    ],
)
def test_the_date_in_a_files_name(name: str, date: str | None) -> None:
    assert date_of_name(name) == date


def test_the_file_s_name_comes_before_its_time(tmp_path: Path) -> None:
    file = tmp_path / "report-2021-07.txt"
    file.write_text("Words.")
    found = with_date(UNDATED, file)
    assert (found.published, found.origins) == ("2021-07", {"title": "page", "published": "file name"})


def test_the_time_of_the_file_comes_last_and_only_on_request(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    file.write_text("Words.")
    os.utime(file, (0, datetime(2020, 2, 29, 23, 59, tzinfo=UTC).timestamp()))
    found = with_date(UNDATED, file)
    assert (found.published, found.origins["published"]) == ("2020-02-29", "file time")
    assert with_date(UNDATED, file, by_time=False) == UNDATED


def test_a_date_that_was_read_stays(tmp_path: Path) -> None:
    document = Document("Words.", "T", "text", published="1999", origins={"published": "front matter"})
    assert with_date(document, tmp_path / "report-2021.txt") == document
