"""A sentence stands with its title before an encoder, a row of a table by its names alone."""

from __future__ import annotations

from rag.finding.reranking.encoded_text import text_of
from tests.support.candidates import candidate

ROW = candidate(1, 0, "Interest expense | 659.9 | 577.9", headings="Dollars in millions\n\n| 2023 | 2022")


def test_a_row_is_compared_by_its_title_caption_and_label() -> None:
    assert text_of(ROW) == "Report 1: Dollars in millions Interest expense"


def test_a_row_without_headings_is_compared_by_all_its_words() -> None:
    row = candidate(1, 0, "Interest expense | 659.9 | 577.9")
    assert text_of(row) == "Report 1: Interest expense, 659.9, 577.9"


def test_a_row_brings_the_whole_caption_the_heading_of_the_labels_and_its_group() -> None:
    row = candidate(
        1, 0, "Basic | 659.9", headings="Table 3: Growth by country\n\nCountry | 2023", section="Earnings"
    )
    assert text_of(row) == "Report 1: Table 3: Growth by country Country Earnings Basic"


def test_a_row_brings_the_cells_whose_headings_share_the_most_words_with_the_question() -> None:
    row = candidate(1, 0, "Sweden | 30 | 65", headings="| Cases\nCountry | Domestic (%) | Imported (%)")
    imported = "Report 1: Country Sweden; Cases Imported (%): 65"
    assert text_of(row, "What percentage was imported?") == imported
    both = "Report 1: Country Sweden; Cases Domestic (%): 30; Cases Imported (%): 65"
    assert text_of(row, "How many cases were there?") == both
    assert text_of(row, "What is it?") == both, "no heading shares a word"
    assert text_of(row) == "Report 1: Country Sweden", "no cells without a question"


def test_a_cell_brings_its_unit() -> None:
    assert text_of(ROW, "What was the expense in 2023?").endswith("; 2023: 659.9 Dollars in millions")


def test_only_the_first_cells_of_a_wide_row_are_read() -> None:
    row = candidate(1, 0, "Sweden" + " | 1234567" * 99, headings="Country" + " | Cases" * 99)
    assert text_of(row, "What?").endswith("Sweden" + "; Cases: 1234567" * 10)


def test_only_the_start_of_a_caption_is_read() -> None:
    long = "An earlier line\nTable 1: growth " + "of the economy " * 20 + "last"
    row = candidate(1, 0, "Interest expense | 659.9", headings=f"{long}\n\n | 2023")
    assert text_of(row).startswith("Report 1: An earlier line Table 1: growth of the economy of the economy")
    assert text_of(row).endswith("Interest expense")
    assert "last" not in text_of(row)
