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
        ("Three Months Ended", "210", "In millions"),
        ("Six Months Ended", "829", "In millions"),
    ]


def units(caption: str, *rows: str, heads: str = "| 2031 | 2030") -> list[list[str]]:
    """The units of the cells of each row below the headings."""
    text = "\n".join((caption, heads, *rows))
    [table] = tables(text)
    found = [table_cells(text, table.header, line) for line in table.lines if line.start >= table.header.end]
    return [[cell.unit for cell in cells] for cells in found if cells]


def test_an_amount_in_dollars_is_not_counted_in_shares() -> None:
    assert units(
        "Dollars and shares in millions, except per share data",
        "Net income | $ 2,310 | 1,188",
        "Earnings per share | $ 3.15 | $ 1.60",
        "Weighted average shares | 734 | 742",
    ) == [
        ["$ Dollars in millions", "Dollars in millions"],
        ["$", "$"],
        ["shares in millions", "shares in millions"],
    ]


def test_an_excepted_amount_per_share_has_no_scale_but_shares_and_their_par_value_have() -> None:
    assert units(
        "(in thousands, except per share amounts)",
        "Common stock, $1 par value per share | 254 | 255",
        "Net income per common share, basic | 0.20 | 0.18",
        "Shares used in the net income per share | 2,019 | 1,987",
    ) == [["in thousands"] * 2, ["", ""], ["in thousands"] * 2]


def test_a_number_in_a_label_is_no_scale() -> None:
    assert units("(in millions)", "Shares issued: 1.8 billion | 915 | 910", "Gates | 7 | 9") == [
        ["in millions"] * 2,
        ["in millions"] * 2,
    ]


def test_only_the_first_row_may_show_that_a_column_has_percentages() -> None:
    rows = ("Pumps | $ 12 | 14 %", "Gates | 7 | 9")
    assert units("(in millions)", *rows) == [["$ in millions", "%"], ["in millions", "%"]]
    assert units("(in millions)", "Margin | 12 % | 14 %", "Gates | 7 | 9")[1] == ["in millions"] * 2


def test_a_note_over_a_table_does_not_hide_the_line_with_its_units() -> None:
    text = (
        "Statements of income (in millions)\n\n(Unaudited)\n\n| 2031 | 2030\nPumps | 12 | 14\nGates | 7 | 9"
    )
    [table] = tables(text)
    assert [cell.unit for cell in table_cells(text, table.header, table.lines[-1])] == ["in millions"] * 2


def test_earnings_per_share_have_no_scale_that_excludes_them_also_if_they_are_abbreviated() -> None:
    rows = ("Revenue | $2.46 - $2.52 | $2.10", "Diluted EPS | $0.96 - $1.01 | $0.90")
    assert units("In billions, except per share data and percentages", *rows) == [
        ["$ In billions"] * 2,
        ["$"] * 2,
    ]


def test_a_table_whose_first_row_is_100_per_cent_has_percentages() -> None:
    assert units("", "Sales | 100.0 % | 100.0 %", "Gross profit | 40.0 | 50.9")[1] == ["%", "%"]


def test_a_unit_after_a_comma_in_the_caption_begins_with_its_first_word() -> None:
    assert units("Passengers by ferry, in thousands", "Coast | 12 | 14") == [["in thousands", "in thousands"]]
