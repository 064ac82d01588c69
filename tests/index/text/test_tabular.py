"""Tables are found in a text, and each cell gets its row, column and unit."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Span
from index.text import TableCell, table_cells
from index.text.tabular import (
    cells,
    is_period,
    is_quantity,
    is_row,
    label_cells,
    named_row,
    readable_rows,
    section_at,
    sections_at,
    tables,
    words_outside_columns,
)

LINES = st.sampled_from(
    [
        *("", "Gate 3 failed.", "Costs", "(in millions)", "Year | 2030 | 2031", " | 2030 | 2031"),
        *("Repairs | 1.2 | $ 3", "Labour: |  | ", "a|b", "|", " | ", "12 | 7"),
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


ROWS = "Item | 2031\nGate 3 | 1.2"
GATE = "Gate 3 | 1.2"


YEARS = " |  | Years ended June 30, | \n | 2031 | 2030"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # The rows before the first with quantities are headings; small counts are quantities, years are not.
        (
            f"{YEARS}\nRepairs | $ 1,200 | 900\nLabour | 12 | 7",
            {YEARS: ["Repairs | $ 1,200 | 900", "Labour | 12 | 7"]},
        ),
        (
            "Gate | State\nThird | failed\nFourth | holds",
            {"Gate | State": ["Third | failed", "Fourth | holds"]},
        ),
        ("Gate 3 | 1.2\nGate 4 | 1.9", {"": ["Gate 3 | 1.2", "Gate 4 | 1.9"]}),
        ("Gate | 2031\n3 | 12\n4 | 7", {"Gate | 2031": ["3 | 12", "4 | 7"]}),
        # Labels that count on are those of rows, also beside dates.
        (
            "Version | In force\nv1.0 | 1 July 2022\nV1.1 | 30.09.22: minor changes",
            {"Version | In force": ["v1.0 | 1 July 2022", "V1.1 | 30.09.22: minor changes"]},
        ),
        # Units below the headings belong to them, the name of a group or a line of one cell does not.
        (
            " | 2031 | 2030\n(in millions) |  | \nRepairs: |  | \nGate 3 | 1.2 | 0.9",
            {" | 2031 | 2030\n(in millions) |  | ": ["Repairs: |  | ", "Gate 3 | 1.2 | 0.9"]},
        ),
        (f"Item | 2031\nRepairs\n{GATE}", {"Item | 2031": ["Repairs", GATE]}),
        # Short lines above are the caption, also over a blank line.
        (f"It fell.\nCosts\nin millions\n{ROWS}", {"Costs\nin millions\nItem | 2031": [GATE]}),
        (f"It fell.\n\nTable 2: Costs\n\n{ROWS}", {"Table 2: Costs\n\nItem | 2031": [GATE]}),
        (f"The gate failed.\n\n{ROWS}", {"Item | 2031": [GATE]}),
        # Prose between rows parts tables, and a single row is none.
        (f"{ROWS}\nIt failed in May.\nItem | 2030\n{GATE}", {"Item | 2031": [GATE], "Item | 2030": [GATE]}),
        ("Home | About | Contact\n\nGate 3 failed.", {}),
    ],
)
def test_a_table_has_headings_and_rows(text: str, found: dict[str, list[str]]) -> None:
    assert read(text) == list(found.items())


@pytest.mark.parametrize(
    "caption", ["Table CA7. | Cases by country, 2007", "TABLE 3 | Cases", "Box 2.1: | Cases (%)"]
)
def test_a_bar_behind_its_number_makes_a_caption_no_row(caption: str) -> None:
    assert not is_row(caption)
    assert read(f"The gate failed.\n\n{caption}\n\n{ROWS}") == [(f"{caption}\n\nItem | 2031", [GATE])]
    assert read(f"{caption}\n{ROWS}")[0][0] == f"{caption}\nItem | 2031"
    assert words_outside_columns(f"{caption}\nItem | 2031") == f"{caption}\nItem"


@pytest.mark.parametrize(
    "row",
    [
        *("Table 3 | 12 | 14", "Table 3 | 12", "Tables | Cases", "Maps 2 | 3 | Cases"),
        *("Table 3 | Cases | 14", "Gate | 3", "| 3"),
    ],
)
def test_bars_between_blanks_make_a_row(row: str) -> None:
    assert is_row(row)
    assert not is_row(row.replace(" | ", "|").replace("| ", "|").lstrip("|"))


def test_the_words_over_no_column_are_the_caption_and_the_first_cells_of_the_headings() -> None:
    assert words_outside_columns("Revenues by region\n(in millions) | 2023 | 2022\n | Q1 | Q1") == (
        "Revenues by region\n(in millions)\n"
    )


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
        *(("Gate 3 | 12 | 9", ["Gate 3"]), ("| Gate 3 | 12", ["Gate 3"])),
        *(("|  | Gate 3 | 12 | Weir", ["Gate 3"]), ("2 | Gate 3 | 12", ["2", "Gate 3"])),
        *(("2031 | Varda | 12", ["2031", "Varda"]), ("3.2 Gates | open | 12", ["3.2 Gates"])),
        *(("2031 | 12 | Varda", ["2031"]), ("2031 | n/a | 12", ["2031"])),
        *(("2031 | n. d. | 12", ["2031"]), ("| 12 | 9", [""]), ("| 12 gates | 9", [""])),
        *(("| 12 weeks | 9", ["12 weeks"]), ("A | 12", ["A"]), ("大坝 | 12", ["大坝"]), ("", [""])),
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


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        # With indented rows, a group ends before the next row level with its name.
        ("Pumps\n  Small | 1\n  Large | 2\n| 3\nGates | 3", ["", "Pumps", "Pumps", "Pumps", ""]),
        # With level rows, it ends after its total, after an indented row, or at the next name at its edge.
        ("Costs\nWages | 1\nTotal costs | 1\nIncome | 2", ["", "Costs", "Costs", ""]),
        ("Costs\nWages | 1\n  Costs of all | 1\nIncome | 2", ["", "Costs", "Costs", ""]),
        ("Costs\nWages | 1\nSales\nWater | 2", ["", "Costs", "Costs", "Sales"]),
        (
            "Costs\nWages | 1\nPumping\n  Power | 2\nRent | 3\nTotal costs | 6\nIncome | 9",
            ["", "Costs", "Costs", "Costs > Pumping", "Costs", "Costs", ""],
        ),
        # Rows below one with values are its parts if two are indented: a single one may be the sum.
        (
            "Isken | 9\n  Women | 5\n  Men | 4\nVarda | 3\n  Total | 12",
            ["", "Isken", "Isken", "", ""],
        ),
        (
            "Exports | 9\n  Oil | 5\n    Crude | 4\n    Refined | 1\n  Gas | 4\nImports | 2",
            ["", "Exports", "Exports > Oil", "Exports > Oil", "Exports", ""],
        ),
        ("Balance on May 31, 2030 | 9\n  Bought | 5\n  Sold | 4", ["", "", ""]),
        ("Total pumps | 9\n  Gates | 5\n  Pins | 4", ["", "", ""]),
        # A total ends the group that it names.
        (
            "Assets\nCurrent assets\n  Pumps | 1\nTotal current assets | 1\nGates | 2",
            ["", "Assets", "Assets > Current assets", "Assets", "Assets"],
        ),
        # A name without rows inside an indented group is no group.
        (
            "Debts\n  Loans:\n    Short | 1\n  Commitments\n  Equity\n    Shares | 2",
            ["", "Debts", "Debts > Loans:", "Debts", "Debts", "Debts > Equity"],
        ),
    ],
)
def test_a_group_of_rows_ends_in_time(lines: str, names: list[str]) -> None:
    assert groups(*lines.split("\n")) == names


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
    row = next(line for line in table.lines if line.of(text).strip().startswith(label))
    return table_cells(text, table.header, row)


def test_a_column_has_the_path_of_the_headings_over_it_and_empty_cells_are_left_out() -> None:
    first, second = "Three months ended June 30, › ", "Six months ended June 30, › "
    columns = [f"{first}2031", f"{first}2030", f"{second}2031", f"{second}2030"]
    assert [cell.column for cell in cells_of("Pumps")] == columns
    assert [(cell.value, cell.column) for cell in cells_of("Gates")] == list(
        zip(("93", "170", "8 %"), columns[1:], strict=True)
    )


def test_a_row_has_the_name_of_its_group_before_its_own_until_a_row_of_totals() -> None:
    assert [cells_of(label)[0].row for label in ("Pumps", "Total", "Net")] == [
        *("Revenues › Pumps", "Revenues › Total revenues", "Net income"),
    ]


def test_the_unit_is_the_sign_of_the_value_with_the_scale_of_the_table() -> None:
    assert [cell.unit for cell in cells_of("Pumps")] == ["$ dollars in millions"] * 4
    assert [cell.unit for cell in cells_of("Gates")] == ["dollars in millions", "dollars in millions", "%"]


def test_a_row_of_headings_with_units_alone_is_no_part_of_a_path() -> None:
    text = "| 2031 | 2030\n| (in millions)\nPumps | 1,240 | 1,010\nGates | 86 | 93"
    assert [(cell.column, cell.unit) for cell in cells_of("Pumps", text)] == [
        *(("2031", "in millions"), ("2030", "in millions")),
    ]


@given(st.lists(st.sampled_from(["12", "$ 1,240", "(7)", "—", "", "n/m", "a b"]), min_size=1, max_size=6))
def test_a_value_is_the_text_of_its_span(values: list[str]) -> None:
    text = "| 2031 | 2030\n" + " | ".join(["Pumps", *values]) + "\nGates | 1 | 2"
    row = Span(text.index("Pumps"), text.index("\nGates"))
    cells = table_cells(text, Span(0, len("| 2031 | 2030")), row)
    assert [cell.value for cell in cells] == [value for value in values if value]
    assert [cell.span.of(text) for cell in cells] == [cell.value for cell in cells]


def test_a_row_is_named_by_its_second_cell_if_the_first_is_empty_or_a_number() -> None:
    text = "Place | Item | 2031\nNorth\n  | Gate 3 | 12\n4 | Gate 4 | 9"
    [first, second] = [cells_of(label, text) for label in ("| Gate 3", "4 |")]
    assert [(cell.row, cell.column, cell.value) for cell in first] == [("North › Gate 3", "2031", "12")]
    assert [(cell.row, cell.column, cell.value) for cell in second] == [("North › 4 › Gate 4", "2031", "9")]


def test_units_that_go_on_in_the_next_line_are_one_unit() -> None:
    units = "| (In millions, except per share amounts and\n|  | percentages)\n"
    text = f"| Three Months Ended | Six Months Ended\n{units}Taxes | (113) | 191\nChange | 210 | 829\n"
    assert [(cell.column, cell.value, cell.unit) for cell in cells_of("Change", text)] == [
        *(("Three Months Ended", "210", "In millions"), ("Six Months Ended", "829", "In millions")),
    ]


MILLIONS = ["in millions"] * 2


@pytest.mark.parametrize(
    ("caption", "rows"),
    [
        # An amount in dollars is not counted in shares.
        (
            "Dollars and shares in millions, except per share data",
            {
                "Net income | $ 2,310 | 1,188": ["$ Dollars in millions", "Dollars in millions"],
                "Earnings per share | $ 3.15 | $ 1.60": ["$", "$"],
                "Weighted average shares | 734 | 742": ["shares in millions"] * 2,
            },
        ),
        # An excepted amount per share has no scale, also abbreviated, but shares and their par value have.
        (
            "(in thousands, except per share amounts)",
            {
                "Common stock, $1 par value per share | 254 | 255": ["in thousands"] * 2,
                "Net income per common share, basic | 0.20 | 0.18": ["", ""],
                "Shares used in the net income per share | 2,019 | 1,987": ["in thousands"] * 2,
            },
        ),
        (
            "In billions, except per share data and percentages",
            {"Sales | $2.46 - $2.52 | $2.1": ["$ In billions"] * 2, "EPS | $0.96 - $1.01 | $0.90": ["$"] * 2},
        ),
        # A number in a label is no scale.
        ("(in millions)", {"Shares issued: 1.8 billion | 915 | 910": MILLIONS, "Gates | 7 | 9": MILLIONS}),
        # The first row may show that a column has percentages, not if all its values have them or are 100 %.
        (
            "(in millions)",
            {"Pumps | $ 1 | 1 %": ["$ in millions", "%"], "Gates | 7 | 9": ["in millions", "%"]},
        ),
        ("(in millions)", {"Margin | 12 % | 14 %": ["%", "%"], "Gates | 7 | 9": MILLIONS}),
        ("", {"Sales | 100.0 % | 100.0 %": ["%", "%"], "Gross profit | 40.0 | 50.9": ["%", "%"]}),
        ("Passengers by ferry, in thousands", {"Coast | 12 | 14": ["in thousands"] * 2}),
        # A note does not hide the line with the units.
        ("Income (in millions)\n\n(Unaudited)\n", {"Pumps | 12 | 14": MILLIONS, "Gates | 7 | 9": MILLIONS}),
    ],
)
def test_the_unit_of_a_cell(caption: str, rows: dict[str, list[str]]) -> None:
    text = "\n".join((caption, "| 2031 | 2030", *rows))
    [table] = tables(text)
    found = [table_cells(text, table.header, line) for line in table.lines if line.start >= table.header.end]
    assert [[cell.unit for cell in cells] for cells in found if cells] == list(rows.values())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # The value's own sign, or else the nearest place that states a currency; its scale goes with it.
        ("Item | Amount (US$)\nFees | 7,710,100\nRent | 12", [("US$", "USD", 1)]),
        ("Item | Sales | Share\n | € million | %\nA | 7 | 3", [("€ million", "EUR", 10**6), ("%", "", 1)]),
        ("Year | Revenue ($m)\n2031 | 12\n2030 | 3", [("$m", "dollar", 10**6)]),
        ("Sales\n(In millions)\nItem | 2031\nA | $ 12\nB | 7", [("$ In millions", "dollar", 10**6)]),
        ("Sales (in thousands of euros)\nItem | 2031\nA | 12", [("in thousands of euros", "EUR", 1000)]),
        ("Ventes (en millions d’euros)\nNom | 2031\nA | 12", [("millions d’euros", "EUR", 10**6)]),
        ("Bilanz in Mio. EUR\nPosten | 2031\nA | 12", [("in Mio. EUR", "EUR", 10**6)]),
        ("收入（百万元）\n项目 | 2031年\nA | 12", [("百万元", "CNY", 10**6)]),
        # Things are counted, too, and are no money; a figure with a scale of its own has that one.
        ("Output (thousands of barrels)\nField | 2031\nA | 12", [("thousands of barrels", "", 1000)]),
        (
            "in thousands of euros\nItem | Area (km²) | Cost | Number of staff\nA | 12 | 14 | 3",
            [("km²", "", 1), ("in thousands of euros", "EUR", 1000), ("", "", 1)],
        ),
        ("in thousands\nItem | Area (km²)\nA | 12", [("km² in thousands", "", 1000)]),
        ("(in millions)\nItem | Cost | State\nA | $ 3 billion | open", [("$", "dollar", 1), ("", "", 1)]),
        # An amount in a label is not what its values are counted in.
        ("(in millions)\nDebt | 2031\nNotes, $500 million | 12", [("in millions", "", 10**6)]),
        ("Hours | Price\nMI | 12\nYear 2 | 14", [("", "", 1)]),
    ],
)
def test_a_cell_has_its_unit_its_currency_and_its_scale(text: str, found: list[tuple[str, str, int]]) -> None:
    [table] = tables(f"{text}\nLast | 1 | 1 | 1")
    row = next(line for line in table.lines if line.start >= table.header.end)
    shown = [(cell.unit, cell.currency, cell.scale) for cell in table_cells(text, table.header, row)]
    assert shown == found


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        (
            "| Three Months Ended June 30, | | Six Months Ended May 3,\n| 2031 | 2030 | 2031\nA | 1 | 2 | 3",
            [
                *("Three Months Ended June 30, 2031", "Three Months Ended June 30, 2030"),
                "Six Months Ended May 3, 2031",
            ],
        ),
        # What the column leaves out, the label or the caption says, but not of another year.
        (
            "Three months ended June 30, 2031 and 2030\n| 2031 | 2030\nA | 1 | 2",
            ["Three months ended June 30, 2031", "Three months ended June 30, 2030"],
        ),
        ("Debt at December 31, 2031\n| 2031 | 2028\nA | 1 | 2", ["December 31, 2031", "2028"]),
        ("Sales for the year ended May 3, 2031\nItem | Cost\nA | 1", ["year ended May 3, 2031"]),
        ("| Cost\nBalance at May 3, 2031 | 1", ["May 3, 2031"]),
        ("| Q2 | FY30 | H1 2031\nSales 2031 | 1 | 2 | 3", ["Q2 2031", "FY30", "H1 2031"]),
        # Notes of a year are due in it.
        ("| Cost\n2047 notes | 1", [""]),
        ("| Cost\nNotes due 2047 | 1", [""]),
        # Days and years show a month in any language.
        ("Nom | 31 décembre 2031 | 2030\nA | 1 | 2", ["31 décembre 2031", "2030"]),
        ("Posten | 31. Dezember 2031\nA | 1", ["31. Dezember 2031"]),
        ("项目 | 2031年6月30日\nA | 1", ["2031年6月30日"]),
        ("Produit | 2031 T1\nA | 1", ["2031 T1"]),
        # A note's mark is no part of it.
        ("| 2031a | 2030\nA | 1 | 2", ["2031", "2030"]),
    ],
)
def test_a_cell_has_its_period(text: str, periods: list[str]) -> None:
    [table] = tables(f"{text}\nLast | 1 | 1 | 1")
    row = next(line for line in table.lines if line.start >= table.header.end)
    assert [cell.period for cell in table_cells(text, table.header, row)] == periods


YEARS_BELOW = "Sales\n(In millions) |  |  | \n | Three months ended June 30, |  | Year\n | 2031 | 2030 | 2030"


@pytest.mark.parametrize(
    ("headings", "row", "words"),
    [
        ("Offence | Opened | Closed", "Fraud | 193 | 215", "Fraud: Opened = 193; Closed = 215"),
        (
            YEARS_BELOW,
            "Mill | $ 80 | 70 | –",
            (
                "Mill: Three months ended June 30, › 2031 = $ 80; Three months ended June 30, › 2030 = 70; "
                "Year › 2030 = – (In millions)"
            ),
        ),
        (
            "(in millions) | 2031 | Change",
            "Mill | $ 80 | 3 %",
            "Mill: 2031 = $ 80 (in millions); Change = 3 %",
        ),
        (
            "(in thousands) | 2031 | % change | Percent of sales, except percentages",
            "Mill | 80 | 38 | 12",
            "Mill: 2031 = 80 (in thousands); % change = 38; Percent of sales, except percentages = 12 (%)",
        ),
        (
            "(in thousands) | 2031 | Change in percentage points",
            "Mill | 80 | 3",
            "Mill: 2031 = 80 (in thousands); Change in percentage points = 3",
        ),
        ("Gate | State", "Third | failed", "Third: State = failed"),
        ("Gate | 2031", "3 | 12", "Gate 3: 2031 = 12"),
        ("", "Fraud | 193 | 215", "Fraud · 193 · 215"),
        ("Table 3", "Fraud | 193 | 215", "Fraud · 193 · 215"),
        ("Offence | Opened", "Frauds: | ", "Frauds:"),
        ("Offence | Opened", "no row", "no row"),
    ],
)
def test_each_value_of_a_named_row_has_its_column_and_unit(headings: str, row: str, words: str) -> None:
    assert named_row(headings, row) == words


def test_a_named_row_may_begin_with_its_groups() -> None:
    assert named_row("Offence | Opened", "Fraud | 193", "Abuse › Fraud") == "Abuse › Fraud: Opened = 193"


@given(st.text("ab 1|\n"), st.text("ab 1|"))
def test_a_named_row_has_all_words_of_the_row(headings: str, row: str) -> None:
    named = regex.sub(r"[|:;]", " ", named_row(headings, row))
    assert set(row.replace("|", " ").split()) <= set(named.split())


@pytest.mark.parametrize(
    "heading",
    [
        "2031",
        "2031 ($)",
        "2031 $",
        "2031 £’000",
        "2031a",
        "2031 restated",
        "Actual 2031",
        "2031 年",
        "5 月份",
        "2031 T1",
        "3T 2031",
        "4th quarter 2031",
    ],
)
def test_a_year_with_its_unit_or_status_is_a_period(heading: str) -> None:
    assert is_period(heading)
    assert not is_quantity(heading)


def test_a_part_of_years_is_no_period() -> None:
    assert not is_period("5.7 years")
    assert is_quantity("5.7 years")


@pytest.mark.parametrize("heading", ["£’000", "US$m", "$000", "25-year period", "actual"])
def test_a_unit_or_a_name_with_a_number_is_no_quantity(heading: str) -> None:
    assert not is_quantity(heading)
    assert not is_period(heading)


@pytest.mark.parametrize("value", ["12", "$ 2031", "2031 MW", "2,031 $", "5 %", "-5", "(5)", "12-14"])
def test_an_amount_is_a_quantity(value: str) -> None:
    assert is_quantity(value)


def test_headings_without_a_label_are_words_or_periods() -> None:
    text = "| 2021–2030 average | 2031\nPumps | 12 | 10\nGates | 3 | 2"
    table = tables(text)[0]

    found = [cell.column for cell in table_cells(text, table.header, table.lines[-1])]

    assert found == ["2021–2030 average", "2031"]
