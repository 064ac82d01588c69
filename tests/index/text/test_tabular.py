"""Tables are found in a text, and each cell gets its row, column and unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Span
from index.text import TableCell, table_cells
from index.text.tabular import (
    cells,
    is_row,
    label_cells,
    readable_rows,
    section_at,
    sections_at,
    tables,
    words_outside_columns,
)

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


HEADER = "| 2031"


def groups(*lines: str) -> list[str]:
    """The names of the groups of each line, joined by " > "."""
    text = "\n".join((HEADER, *lines))
    starts, place = [], len(HEADER) + 1
    for line in lines:
        starts.append(place + len(line) - len(line.lstrip()))
        place += len(line) + 1
    header = Span(0, len(HEADER))
    found = sections_at(text, header, starts)
    assert found == [section_at(text, header, start) for start in starts]
    return [names.replace("\n", " > ") for names in found]


def test_a_group_with_indented_rows_ends_before_the_next_row_level_with_its_name() -> None:
    assert groups("Pumps", "  Small | 1", "  Large | 2", "Gates | 3") == ["", "Pumps", "Pumps", ""]


def test_a_group_with_level_rows_ends_after_its_total() -> None:
    assert groups("Costs", "Wages | 1", "Total costs | 1", "Income | 2") == ["", "Costs", "Costs", ""]


def test_a_group_with_level_rows_ends_after_an_indented_row() -> None:
    assert groups("Costs", "Wages | 1", "  Costs of all | 1", "Income | 2") == ["", "Costs", "Costs", ""]


def test_a_group_inside_a_group_of_level_rows_goes_back_to_it() -> None:
    found = groups(
        "Costs", "Wages | 1", "Pumping", "  Power | 2", "Rent | 3", "Total costs | 6", "Income | 9"
    )
    assert found == ["", "Costs", "Costs", "Costs > Pumping", "Costs", "Costs", ""]


def test_the_next_name_at_an_edge_ends_a_group_of_level_rows() -> None:
    assert groups("Costs", "Wages | 1", "Sales", "Water | 2") == ["", "Costs", "Costs", "Sales"]


def test_a_total_ends_the_group_that_it_names() -> None:
    found = groups("Assets", "Current assets", "  Pumps | 1", "Total current assets | 1", "Gates | 2")
    assert found == ["", "Assets", "Assets > Current assets", "Assets", "Assets"]


def test_a_name_without_rows_inside_an_indented_group_is_no_group() -> None:
    found = groups("Liabilities", "  Loans:", "    Short | 1", "  Commitments", "  Equity", "    Shares | 2")
    assert found[-1] == "Liabilities > Equity"


def test_a_row_without_a_label_belongs_to_the_open_group() -> None:
    assert groups("Pumps", "  Small | 1", "| 1") == ["", "Pumps", "Pumps"]


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
