"""A document without a date has that of its file's name, else of its file; where it was read is kept."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from index.documents import Document
from index.loaders.dating import date_of_name, dated

UNDATED = Document("Words.", "T", "text", origins={"title": "page"})


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
    found = dated(UNDATED, file)
    assert (found.published, found.origins) == ("2021-07", {"title": "page", "published": "file name"})


def test_the_file_s_time_comes_last_and_only_where_it_says_something(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    file.write_text("Words.")
    os.utime(file, (0, datetime(2020, 2, 29, 23, 59, tzinfo=UTC).timestamp()))
    found = dated(UNDATED, file)
    assert (found.published, found.origins["published"]) == ("2020-02-29", "file time")
    assert dated(UNDATED, file, by_time=False) == UNDATED


def test_a_date_that_was_read_stays(tmp_path: Path) -> None:
    document = Document("Words.", "T", "text", published="1999", origins={"published": "front matter"})
    assert dated(document, tmp_path / "report-2021.txt") == document
