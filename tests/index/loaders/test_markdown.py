"""Markdown becomes the text of the rendered page, one line per block."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Section
from index.errors import LoadError
from index.loaders.markdown import read_markdown

PATH = Path("reports/dam-inquiry.md")


def read(text: str) -> str:
    return read_markdown(text.encode("utf-8"), PATH).text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "# Why *gate* 3\n\nIt had\nrusted **out**; see\n[it](http://x.org).",
            "Why gate 3\n\nIt had rusted out; see it.",
        ),
        ("> Nobody\n> came.\n\n![Map](map.png)\n\nUse `gate -3`.\n", "Nobody came.\n\nMap\n\nUse gate -3."),
        ("Gate 3\\\nMaravel\nDam", "Gate 3\nMaravel Dam"),
        ("It cost 2,500[2](#note-2) marks.\n", "It cost 2,500² marks."),
        ("2,500<sup>2</sup> for 10<SUP>6</SUP> tons of CO<sub>2</sub>.\n", "2,500² for 10⁶ tons of CO2."),
        # Notes follow the text with the numbers of their references.
        (
            "5[^l] m[^2], 3[^l].^[By *us*.]\n\n[^2]: In May.\n[^l]: Off.\n\n    On.\n[^x]: No.\n\n- a[^3]",
            "5¹ m², 3¹.³\n\n• a[^3]\n\n¹ Off.\n\nOn.\n\n² In May.\n\n³ By us.",
        ),
        (
            "- four\n  tents\n- two\n  - one\n  1. first\n\nThen:\n\n3. a\n4. b",
            "• four tents\n• two\n  • one\n  1. first\n\nThen:\n\n3. a\n4. b",
        ),
        ("- first\n\n  second\n\n- third\n", "• first\nsecond\n• third"),
        (
            "| A | B | C |\n|---|---:|---|\n| 1 | 1,2 | **3** |\n| 5 | | 7 |\n",
            "A | B | C\n1 | 1,2 | 3\n5 |  | 7",
        ),
        ("| Dead |\n|---|\n| 3 |\n| 7 |\n", "Dead\n3\n7"),
        ("| A |\n|---|\n| 1 |\n\n| A |\n|---|\n| 1 |\n", "A\n1\n\nA\n1"),
        ("Run:\n\n```sh\ngate --open 3\n  log\n```\n", "Run:\n\ngate --open 3\n  log"),
        # Raw HTML leaves its words and never its program, and what is left open hides nothing.
        ("<div class='x'>Up <b>again</b><script>alert(1)</script></div>\n", "Up again"),
        (
            "It <i onclick='x()'>rose</i> <script>alert(2)</script>twice<br>a &amp; b.\n",
            "It rose twice\na & b.",
        ),
        ("<div hidden>\n\nUse <select> or <script>alert(1)\n\nthe lever.\n", "Use or\n\nthe lever."),
    ],
)
def test_it_is_the_text_of_the_rendered_page(source: str, text: str) -> None:
    assert read(source) == text


def test_lines_with_a_blank_one_after_each_are_one_paragraph_where_no_sentence_ends() -> None:
    lines = (
        "The sirens at *Harlamoor were heard* only when the water",
        "had reached the market, although the engineer, Ansel",
        "**Korran**, had asked the Isken Water Authority for permis-",
        "sion.",
    )
    others = "Nobody answered.", "- a list", "and more."
    joined = (
        "The sirens at Harlamoor were heard only when the water had reached the market, although the "
        "engineer, Ansel Korran, had asked the Isken Water Authority for permission."
    )
    text = read("\n\n".join(["# The dam", *lines, *others]))
    assert text.split("\n\n") == ["The dam", joined, "Nobody answered.", "• a list", "and more."]


def test_paragraphs_of_several_lines_stay_apart_and_divided_words_become_whole() -> None:
    first = "The sirens were heard only when the long-term irri-\ngation had failed, as a long-\nterm plan"
    assert read(f"{first}\n\nand *two* more\nfell.\n").split("\n\n") == [
        "The sirens were heard only when the long-term irrigation had failed, as a long-term plan",
        "and two more fell.",
    ]


def test_code_is_never_joined_like_wrapped_prose_and_stays_one_block() -> None:
    code = "log_every_reading_of_the_gauge(at=station, hours=1)\n\nlog_every_opening_of_the_gate(at=station)"
    assert read(f"- Run:\n\n  ```\n  {code.replace(chr(10), chr(10) + '  ')}\n  ```\n") == (
        "• Run:\n" + code.replace("\n\n", "\n")
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Preface.\n\n## Why *gate 3*\nfailed", "Why gate 3"),
        ("Gate 3\nfailed\n======\n", "Gate 3 failed"),
        ("Only a paragraph.", "dam-inquiry"),
        ("---\ntitle: The dam\n---\n# Summary\n", "The dam"),
    ],
)
def test_the_title_is_that_of_the_front_matter_or_the_first_heading_or_the_name_of_the_file(
    text: str, title: str
) -> None:
    assert read_markdown(text.encode(), PATH).title == title


def test_a_file_without_words_is_an_error() -> None:
    with pytest.raises(LoadError, match="holds no words"):
        read("<!-- to be written -->\n\n---\n")


@given(st.lists(st.text(st.characters(categories=("L", "N")), min_size=1), min_size=1))
def test_plain_words_come_out_as_they_went_in(words: list[str]) -> None:
    assert read("x " + "\n".join(words)) == "x " + " ".join(words)


def test_headings_are_the_outline_and_front_matter_gives_the_details() -> None:
    source = (
        "---\nauthor: Ada Varro\nsource: Commission of Inquiry\npublished: 30 September 2025\n"
        "language: en\n---\n"
        "# Why gate *3* failed\n\nIt did.\n\n- ## The pin\n\n<h1 align=center>The dam</h1>\n"
    )
    found = read_markdown(source.encode(), PATH)
    assert found.text == "Why gate 3 failed\n\nIt did.\n\n• The pin\n\nThe dam"
    assert found.sections == (
        *(Section(0, 1, "Why gate 3 failed"), Section(28, 2, "• The pin"), Section(39, 1, "The dam")),
    )
    assert (found.title, found.author, found.publisher) == (
        *("Why gate 3 failed", "Ada Varro", "Commission of Inquiry"),
    )
    assert (found.published, found.language, found.kind) == ("2025-09-30", "en", "markdown")
    said = dict.fromkeys(("author", "publisher", "published", "language"), "front matter")
    assert found.origins == {"title": "page", **said}
