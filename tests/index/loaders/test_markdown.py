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


def test_a_document_is_read_block_by_block() -> None:
    assert read(
        "# Why gate *3* failed\n\nThe pin had\nrusted **through**; see\n[the log](http://example.org/log).\n\n"
        "> Nobody answered\n> the engineer.\n\n![Map of the valley](map.png)\n\nUse `gate --open 3`.\n"
    ) == (
        "Why gate 3 failed\n\nThe pin had rusted through; see the log.\n\nNobody answered the engineer.\n\n"
        "Map of the valley\n\nUse gate --open 3."
    )


def test_notes_follow_the_text_with_the_numbers_of_their_references() -> None:
    assert read(
        "It cost 2,500[^labour] marks[^2], or 3,000[^labour].^[By the *gauge*.]\n\n[^2]: In May.\n"
        "[^labour]: Without labour.\n\n    Nor with it.\n[^lost]: Nobody refers to it.\n\n- a ton[^3]\n"
    ) == (
        "It cost 2,500¹ marks², or 3,000¹.³\n\n• a ton[^3]\n\n"
        "¹ Without labour.\n\nNor with it.\n\n² In May.\n\n³ By the gauge."
    )


def test_a_raised_figure_does_not_run_into_the_one_before_it() -> None:
    assert read("It cost 2,500<sup>2</sup> for 10<SUP>6</SUP> tons of CO<sub>2</sub>.\n") == (
        "It cost 2,500² for 10⁶ tons of CO2."
    )


def test_items_of_lists_are_lines_with_their_marker() -> None:
    assert read(
        "Sent:\n\n- four hundred\n  tents\n- two trucks\n  - one for water\n  1. first\n\n"
        "Then:\n\n3. fuel\n4. food\n"
    ) == (
        "Sent:\n\n• four hundred tents\n• two trucks\n• one for water\n1. first\n\nThen:\n\n3. fuel\n4. food"
    )


def test_a_second_paragraph_of_an_item_has_no_marker() -> None:
    assert read("- first\n\n  second\n\n- third\n") == "• first\nsecond\n• third"


def test_rows_of_a_table_are_lines_of_cells_with_the_header_first() -> None:
    assert read("| Year | Dead | Missing |\n|---|---:|---|\n| 2024 | 1,200 | **3** |\n| 2025 | | 7 |\n") == (
        "Year | Dead | Missing\n2024 | 1,200 | 3\n2025 |  | 7"
    )


def test_a_table_of_one_column_is_a_table() -> None:
    assert read("| Dead |\n|---|\n| 3 |\n| 7 |\n") == "Dead\n3\n7"


def test_two_tables_are_apart() -> None:
    table = "| A | B |\n|---|---|\n| 1 | 2 |\n"
    assert read(f"{table}\n{table}") == "A | B\n1 | 2\n\nA | B\n1 | 2"


def test_code_is_kept_line_by_line() -> None:
    assert read("Run:\n\n```sh\ngate --open 3\n  log\n```\n") == "Run:\n\ngate --open 3\n  log"


def test_code_is_never_joined_like_wrapped_prose_and_stays_one_block() -> None:
    code = "log_every_reading_of_the_gauge(at=station, hours=1)\n\nlog_every_opening_of_the_gate(at=station)"
    assert read(f"- Run:\n\n  ```\n  {code.replace(chr(10), chr(10) + '  ')}\n  ```\n") == (
        "• Run:\n" + code.replace("\n\n", "\n")
    )


def test_a_hard_break_is_a_line_break_and_a_soft_one_a_space() -> None:
    assert read("Gate 3\\\nMaravel\nDam") == "Gate 3\nMaravel Dam"


def test_raw_html_leaves_its_words_and_never_its_program() -> None:
    assert read(
        "<div class='x'>Raised <b>again</b><script>alert(1)</script></div>\n\n"
        "The count <span onclick='x()'>rose</span> <script>alert(2)</script>twice<br>in May &amp; June.\n"
    ) == ("Raised again\n\nThe count rose twice\nin May & June.")


def test_html_that_its_author_left_open_hides_nothing_that_follows() -> None:
    assert read("<div hidden>\n\nChoose with <select> or <script>alert(1)\n\nthe lever.\n") == (
        "Choose with or\n\nthe lever."
    )


def test_html_headings_are_in_the_outline() -> None:
    source = b"<h1 align=center>The dam</h1>\n\n## Gate 3\n"
    assert read_markdown(source, PATH).sections == (Section(0, 1, "The dam"), Section(9, 2, "Gate 3"))


def test_links_that_are_references_to_notes_are_superscripts() -> None:
    assert read("It cost 2,500[2](#note-2) marks.\n") == "It cost 2,500² marks."


def test_front_matter_is_metadata() -> None:
    document = read_markdown(
        b"---\ntitle: The dam\nsource: Commission of Inquiry\npublished: 30 September 2025\n"
        b"language: en\n---\n# Summary\n\nGate 3 failed.\n",
        PATH,
    )
    assert (document.title, document.publisher) == ("The dam", "Commission of Inquiry")
    assert (document.published, document.language, document.kind) == ("2025-09-30", "en", "markdown")
    assert document.text == "Summary\n\nGate 3 failed."


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Preface.\n\n## Why *gate 3*\nfailed", "Why gate 3"),
        ("Gate 3\nfailed\n======\n", "Gate 3 failed"),
        ("Only a paragraph.", "dam-inquiry"),
    ],
)
def test_the_title_is_the_first_heading_or_the_name_of_the_file(text: str, title: str) -> None:
    assert read_markdown(text.encode(), PATH).title == title


def test_a_file_without_words_is_an_error() -> None:
    with pytest.raises(LoadError, match="holds no words"):
        read("<!-- to be written -->\n\n---\n")


@given(st.lists(st.text(st.characters(categories=("L", "N")), min_size=1), min_size=1))
def test_plain_words_come_out_as_they_went_in(words: list[str]) -> None:
    assert read("x " + "\n".join(words)) == "x " + " ".join(words)


def test_headings_are_the_outline_and_front_matter_gives_the_author() -> None:
    source = (
        "---\nauthor: Ada Varro\npublished: 2031-04\n---\n# Why gate *3* failed\n\nIt did.\n\n- ## The pin\n"
    )
    found = read_markdown(source.encode(), PATH)
    assert found.text == "Why gate 3 failed\n\nIt did.\n\n• The pin"
    assert found.sections == (Section(0, 1, "Why gate 3 failed"), Section(28, 2, "• The pin"))
    assert (found.title, found.author, found.published) == ("Why gate 3 failed", "Ada Varro", "2031-04")
    assert found.origins == {"title": "page", "author": "front matter", "published": "front matter"}
