"""Each cell of a table has an address: row, column, unit and place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.documents import Span
from index.text import TableCell, table_cells, tables
from index.text.tabular import section_at

TABLE = (
    "Statements of income (dollars in millions)\n"
    "| Three months ended June 30, |  | Six months ended June 30,\n"
    "| 2031 | 2030 | 2031 | 2030\n"
    "Revenues:\n"
    "Pumps | $ 1,240 | $ 1,010 | $ 2,400 | $ 2,100\n"
    "Gates |  | 93 | 170 | 8 %\n"
    "Total revenues | 1,326 | 1,103 | 2,570 | 2,280\n"
    "Net income | 12 | (7) | 19 | —"
)


def cells_of(label: str, text: str = TABLE) -> list[TableCell]:
    (table,) = tables(text)
    row = next(line for line in table.lines if line.of(text).startswith(label))
    return table_cells(text, table.header, row)


def test_a_column_has_the_path_of_the_headings_over_it() -> None:
    assert [cell.column for cell in cells_of("Pumps")] == [
        "Three months ended June 30, › 2031",
        "Three months ended June 30, › 2030",
        "Six months ended June 30, › 2031",
        "Six months ended June 30, › 2030",
    ]


def test_a_row_has_the_name_of_its_group_before_its_own_until_a_row_of_totals() -> None:
    assert [cells_of(label)[0].row for label in ("Pumps", "Total", "Net")] == [
        "Revenues › Pumps",
        "Revenues › Total revenues",
        "Net income",
    ]


def test_an_empty_cell_is_left_out_and_the_others_keep_their_columns() -> None:
    assert [(cell.value, cell.column) for cell in cells_of("Gates")] == [
        ("93", "Three months ended June 30, › 2030"),
        ("170", "Six months ended June 30, › 2031"),
        ("8 %", "Six months ended June 30, › 2030"),
    ]


def test_the_unit_is_the_sign_of_the_value_with_the_scale_of_the_table() -> None:
    assert [cell.unit for cell in cells_of("Pumps")] == ["$ dollars in millions"] * 4
    assert [cell.unit for cell in cells_of("Gates")] == ["dollars in millions", "dollars in millions", "%"]


def test_a_row_of_headings_with_units_alone_is_no_part_of_a_path() -> None:
    text = "| 2031 | 2030\n| (in millions)\nPumps | 1,240 | 1,010\nGates | 86 | 93"
    assert [(cell.column, cell.unit) for cell in cells_of("Pumps", text)] == [
        ("2031", "in millions"),
        ("2030", "in millions"),
    ]


def test_the_two_nearest_names_of_groups_count() -> None:
    text = "Item | 2031\nLiabilities\nCurrent liabilities:\nLoans | 12\nBonds | 3"
    header = Span(0, len("Item | 2031"))
    assert section_at(text, header, text.index("Bonds")) == "Liabilities\nCurrent liabilities:"
    assert section_at(text, header, text.index("Liabilities")) == ""


@given(st.lists(st.sampled_from(["12", "$ 1,240", "(7)", "—", "", "n/m", "a b"]), min_size=1, max_size=6))
def test_a_value_is_the_text_of_its_span(values: list[str]) -> None:
    text = "| 2031 | 2030\n" + " | ".join(["Pumps", *values]) + "\nGates | 1 | 2"
    row = Span(text.index("Pumps"), text.index("\nGates"))
    cells = table_cells(text, Span(0, len("| 2031 | 2030")), row)
    assert [cell.value for cell in cells] == [value for value in values if value]
    assert [cell.span.of(text) for cell in cells] == [cell.value for cell in cells]


def test_a_row_is_named_by_its_second_cell_if_the_first_is_empty_or_a_number() -> None:
    text = "Place | Item | 2031\nNorth\n  | Gate 3 | 12\n4 | Gate 4 | 9"
    header = Span(0, len("Place | Item | 2031"))
    rows = [Span(text.index("| Gate 3"), text.index("\n4")), Span(text.index("4 | Gate 4"), len(text))]
    assert [
        [(cell.row, cell.column, cell.value) for cell in table_cells(text, header, row)] for row in rows
    ] == [
        [("North › Gate 3", "2031", "12")],
        [("North › 4 › Gate 4", "2031", "9")],
    ]
