"""What documents say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import LoadError
from index.loaders.metadata import (
    Metadata,
    iso_date,
    language_code,
    readable_property,
    split_front_matter,
    title_of_name,
)

PATH = Path("report.md")


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
def test_a_date_that_cannot_be_read_surely_is_none(written: str | None) -> None:
    assert iso_date(written) is None


def test_front_matter_is_split_from_a_body_that_stays_as_it_is() -> None:
    metadata, body = split_front_matter(
        "---\r\ntitle: The dam\r\npublisher: Commission\r\ndate: 2025-09\r\nlang: en\r\n---\r\n"
        "\r\n Body \r\n",
        PATH,
    )
    assert metadata == Metadata("The dam", "Commission", "2025-09", "en")
    assert body == "\r\n Body \r\n"


def test_values_stay_as_they_are_written() -> None:
    metadata, _ = split_front_matter("---\ntitle: 2024\nlanguage: no\npublished: 2025-06-31\n---\nBody", PATH)
    assert metadata == Metadata(title="2024", publisher=None, published=None, language="no")


@pytest.mark.parametrize(
    "text",
    [
        "--- \nnever closed: yes\n",
        "----\ntitle: four dashes\n----\n",
        "---\nA rule above and below a sentence.\n---\n",
        "---\n---\n",
        "Words first\n---\ntitle: x\n---\n",
    ],
)
def test_other_texts_that_begin_with_a_rule_are_all_body(text: str) -> None:
    assert split_front_matter(text, PATH) == (Metadata(), text)


@pytest.mark.parametrize(
    ("front_matter", "line"),
    [("title: a: b", "line 2"), ("source: Ministry\ntitle: [one, two", "line 4"), ('title: "x', "line 3")],
)
def test_invalid_front_matter_is_an_error_that_names_the_line(front_matter: str, line: str) -> None:
    with pytest.raises(LoadError) as error:
        split_front_matter(f"---\n{front_matter}\n---\nBody", PATH)
    assert error.value.cause.startswith(f"has invalid front matter: {line}: ")
    assert str(error.value).endswith("; correct the lines between the two ---")


def test_front_matter_that_is_nested_without_end_is_an_error() -> None:
    with pytest.raises(LoadError, match="nested too deeply"):
        split_front_matter(f"---\na: {'[' * 50_000}\n---\nBody", PATH)


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
def test_a_property_that_a_program_made_up_is_none(written: str | None, title: str | None) -> None:
    assert readable_property(written) == title


def test_a_name_that_cannot_be_stored_makes_a_title_that_can() -> None:
    assert title_of_name(Path("a\udcff\n b.txt")) == "a?? b"
