"""Front matter gives a text its details, and the rest of the text is its body."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import LoadError
from index.loaders.metadata import Properties
from index.loaders.text import split_front_matter

PATH = Path("report.md")


def test_front_matter_is_split_off_and_the_body_is_unchanged() -> None:
    metadata, body = split_front_matter(
        "---\r\ntitle: The dam\r\npublisher: Commission\r\ndate: 2025-09\r\nlang: en\r\n---\r\n"
        "\r\n Body \r\n",
        PATH,
    )
    assert metadata == Properties("The dam", "Commission", "2025-09", "en")
    assert body == "\r\n Body \r\n"


def test_values_stay_as_they_are_written() -> None:
    metadata, _ = split_front_matter("---\ntitle: 2024\nlanguage: no\npublished: 2025-06-31\n---\nBody", PATH)
    assert metadata == Properties(title="2024", publisher=None, published=None, language="no")


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
    assert split_front_matter(text, PATH) == (Properties(), text)


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
