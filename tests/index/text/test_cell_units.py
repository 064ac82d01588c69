"""The unit of a cell is what the headings of its table state."""

from __future__ import annotations

from index.text import table_cells, tables


def test_units_that_go_on_in_the_next_line_are_one_unit() -> None:
    text = (
        "| Three Months Ended | Six Months Ended\n"
        "| (In millions, except per share amounts and\n"
        "|  | percentages)\n"
        "Taxes | (113) | 191\n"
        "Change | 210 | 829\n"
    )
    [table] = tables(text)
    found = table_cells(text, table.header, table.lines[-1])
    assert [(cell.column, cell.value, cell.unit) for cell in found] == [
        ("Three Months Ended", "210", "In millions, except per share amounts and percentages"),
        ("Six Months Ended", "829", "In millions, except per share amounts and percentages"),
    ]
