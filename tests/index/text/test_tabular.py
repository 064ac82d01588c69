"""Tables are detected in text as runs of lines with cells, with their headings, captions and units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Span
from index.text.tabular import cells, is_row, label_cells, readable_rows, tables, words_outside_columns

LINES = st.sampled_from(
    [
        "",
        "Gate 3 failed.",
        "Costs",
        "(in millions)",
        "Year | 2030 | 2031",
        " | 2030 | 2031",
        "Repairs | 1.2 | $ 3",
        "Labour: |  | ",
        "a|b",
        "|",
        " | ",
        "12 | 7",
    ]
)


def read(text: str) -> list[tuple[str, list[str]]]:
    """The header of each table, and the lines after it."""
    return [
        (
            table.header.of(text),
            [line.of(text) for line in table.lines if line.start >= table.header.end],
        )
        for table in tables(text)
    ]


def test_the_cells_of_a_row_the_empty_ones_too() -> None:
    assert cells(" |  | 2031 | ") == ["", "", "2031", ""]
    assert cells("| Gate | 3 |") == ["", "Gate", "3", ""]
    assert cells("a|b and ||") == ["a|b and ||"]


@pytest.mark.parametrize(
    ("line", "row"), [("Gate | 3", True), ("Gate|3", False), ("Gate 3", False), ("| 3", True)]
)
def test_a_row_has_bars_between_blanks(line: str, row: bool) -> None:
    assert is_row(line) is row


def test_the_rows_before_the_first_with_quantities_are_headings() -> None:
    text = " |  | Years ended June 30, | \n | 2031 | 2030\nRepairs | $ 1,200 | 900\nLabour | 12 | 7"
    assert read(text) == [
        (" |  | Years ended June 30, | \n | 2031 | 2030", ["Repairs | $ 1,200 | 900", "Labour | 12 | 7"])
    ]


def test_units_below_the_headings_belong_to_them_and_the_name_of_a_group_does_not() -> None:
    text = " | 2031 | 2030\n(in millions) |  | \nRepairs: |  | \nGate 3 | 1.2 | 0.9"
    assert read(text) == [(" | 2031 | 2030\n(in millions) |  | ", ["Repairs: |  | ", "Gate 3 | 1.2 | 0.9"])]


def test_a_line_of_one_cell_between_rows_stays_in_the_table() -> None:
    text = "Item | 2031\nRepairs\nGate 3 | 1.2\nGate 4 | 1.9"
    assert read(text) == [("Item | 2031", ["Repairs", "Gate 3 | 1.2", "Gate 4 | 1.9"])]


def test_short_lines_above_are_its_caption_also_over_a_blank_line() -> None:
    rows = "Item | 2031\nGate 3 | 1.2"
    assert read(f"It failed.\nCosts of repair\nin millions\n{rows}")[0][0] == (
        "Costs of repair\nin millions\nItem | 2031"
    )
    assert read(f"The gate failed.\n\nTable 2: Costs\n\n{rows}")[0][0] == "Table 2: Costs\n\nItem | 2031"
    assert read(f"The gate failed.\n\n{rows}")[0][0] == "Item | 2031"


@pytest.mark.parametrize(
    "caption", ["Table CA7. | Cases by country, 2007", "TABLE 3 | Cases", "Box 2.1: | Cases (%)"]
)
def test_a_bar_behind_its_number_makes_a_caption_no_row(caption: str) -> None:
    rows = "Item | 2031\nGate 3 | 1.2"
    assert not is_row(caption)
    assert read(f"The gate failed.\n\n{caption}\n\n{rows}") == [
        (f"{caption}\n\nItem | 2031", ["Gate 3 | 1.2"])
    ]
    assert read(f"{caption}\n{rows}")[0][0] == f"{caption}\nItem | 2031"
    assert words_outside_columns(f"{caption}\nItem | 2031") == f"{caption}\nItem"


@pytest.mark.parametrize(
    "row",
    ["Table 3 | 12 | 14", "Table 3 | 12", "Tables | Cases", "Maps 2 | 3 | Cases", "Table 3 | Cases | 14"],
)
def test_other_lines_that_begin_like_a_caption_are_rows(row: str) -> None:
    assert is_row(row)


def test_a_table_of_words_has_its_first_row_for_its_headings() -> None:
    text = "Gate | State\nThird | failed\nFourth | holds"
    assert read(text) == [("Gate | State", ["Third | failed", "Fourth | holds"])]


def test_a_table_that_begins_with_quantities_has_no_headings() -> None:
    assert read("Gate 3 | 1.2\nGate 4 | 1.9") == [("", ["Gate 3 | 1.2", "Gate 4 | 1.9"])]


def test_the_words_over_no_column_are_the_caption_and_the_first_cells_of_the_headings() -> None:
    assert words_outside_columns("Revenues by region\n(in millions) | 2023 | 2022\n | Q1 | Q1") == (
        "Revenues by region\n(in millions)\n"
    )


def test_small_counts_are_quantities_and_years_are_not() -> None:
    assert read("Gate | 2031\n3 | 12\n4 | 7")[0] == ("Gate | 2031", ["3 | 12", "4 | 7"])


def test_prose_between_rows_parts_two_tables() -> None:
    text = "Item | 2031\nGate 3 | 1.2\nThe gate failed in May.\nItem | 2030\nGate 4 | 3.4"
    assert read(text) == [("Item | 2031", ["Gate 3 | 1.2"]), ("Item | 2030", ["Gate 4 | 3.4"])]


def test_a_single_row_is_no_table() -> None:
    assert tables("Home | About | Contact\n\nGate 3 failed.") == []


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_tables_are_whole_lines_in_order_that_do_not_overlap(text: str) -> None:
    found = tables(text)
    end = 0
    for table in found:
        assert table.span.start >= end
        end = table.span.end
        assert table.span.covers(table.header)
        assert table.header.start == table.span.start
        for line in table.lines:
            assert line.of(text) in text.split("\n")
        body = Span(table.header.end, table.span.end).of(text)
        assert all(is_row(line.of(text)) for line in (table.lines[0], table.lines[-1])) or table.header
        assert body == "" or body in text


@given(st.text("1234567890 ,", max_size=400))
def test_a_cell_of_many_figures_takes_no_time(figures: str) -> None:
    assert len(tables(f"a | {figures}x\nb | 1")) == 1


def test_a_title_with_the_units_above_the_caption_belongs_to_it() -> None:
    text = "BALANCE SHEETS (amounts in millions)\n\nSubject to change\n\n| 2023 | 2022\nCash | 12 | 10"
    assert tables(text)[0].header.of(text) == text.removesuffix("\nCash | 12 | 10")
    assert tables(f"It fell.\n\n{text}")[0].header.of(f"It fell.\n\n{text}").startswith("BALANCE")


@pytest.mark.parametrize("page", ["", "22\n\n", "– 22 –\n\n"])
@pytest.mark.parametrize("period", ["Three months ended June 30, 2031 as compared to 2030", "2031"])
def test_above_periods_and_the_number_of_a_page_the_line_that_names_the_table_is_its_caption(
    page: str, period: str
) -> None:
    text = f"It fell.\n\nWest Isken (WI)\n\n{period}\n\n{page}| 2031 | 2030\nCash | 12 | 10\nDebt | 3 | 2"
    above = text.removeprefix("It fell.\n\n").removesuffix("\nCash | 12 | 10\nDebt | 3 | 2")
    assert read(text)[0][0] == above
    assert read(text.replace("West Isken (WI)", "Cash fell."))[0][0].startswith(period)


@pytest.mark.parametrize(
    ("row", "label"),
    [
        ("Gate 3 | 12 | 9", ["Gate 3"]),
        ("| Gate 3 | 12", ["Gate 3"]),
        ("|  | Gate 3 | 12 | Weir", ["Gate 3"]),
        ("2 | Gate 3 | 12", ["2", "Gate 3"]),
        ("2031 | Varda | 12", ["2031", "Varda"]),
        ("3.2 Gates | open | 12", ["3.2 Gates"]),
        ("2031 | 12 | Varda", ["2031"]),
        ("2031 | n/a | 12", ["2031"]),
        ("2031 | n. d. | 12", ["2031"]),
        ("| 12 | 9", [""]),
        ("| 12 gates | 9", [""]),
        ("| 12 weeks | 9", ["12 weeks"]),
        ("A | 12", ["A"]),
        ("大坝 | 12", ["大坝"]),
        ("", [""]),
    ],
)
def test_a_row_is_named_by_its_leading_cells_up_to_the_first_with_words(row: str, label: list[str]) -> None:
    assert label_cells(cells(row)) == label


def test_people_read_rows_with_dots_between_cells_and_semicolons_between_rows() -> None:
    text = "Costs of repair\n | 2031 | | 2030\nMill | $ 80 | | $ 70\nIn 2031, |x| rose."
    assert readable_rows(text) == "Costs of repair\n2031 · 2030;\nMill · $ 80 · $ 70\nIn 2031, |x| rose."
    assert readable_rows("Table 3. | Reported cases") == "Table 3. · Reported cases"


@given(st.text("ab| \n", max_size=40))
def test_a_text_for_people_has_every_word_and_no_bar_between_cells(text: str) -> None:
    shown = readable_rows(text)
    assert all(len(cells(line)) == 1 for line in shown.splitlines())
    kept = shown.replace("·", "").replace(";", "").split()
    assert kept == [word for word in text.split() if word != "|"]
