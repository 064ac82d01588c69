"""The tables of a PDF: figures in their columns, headings over theirs, labels whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from index.loaders.pdf.document import read_pdf
from index.loaders.pdf.table_grid import Atom, Token, cells_of, find_columns
from index.loaders.pdf.text import unplaced
from index.text import table_cells, tables
from tests.support.examples import up_to
from tests.support.pdf_files import PATH, draw

LEFT = 60.0
TOP = 700.0
LEADING = 16.0
EDGES = (300.0, 380.0, 460.0, 540.0)  # the right edges of the columns of figures
Drawing = Callable[[Canvas], object]


def words(text: str, left: float, row: float) -> Drawing:
    return lambda canvas: canvas.drawString(left, TOP - LEADING * row, text)


def figure(text: str, right: float, row: float) -> Drawing:
    return lambda canvas: canvas.drawRightString(right, TOP - LEADING * row, text)


def centred(text: str, middle: float, row: float) -> Drawing:
    return lambda canvas: canvas.drawCentredString(middle, TOP - LEADING * row, text)


def row(number: float, label: str, *figures: str, by: float = 0) -> list[Drawing]:
    """A row with its label indented ``by`` points."""
    cells = [figure(text, EDGES[place], number) for place, text in enumerate(figures) if text]
    return [words(label, LEFT + by, number), *cells] if label else cells


def bold(text: str, at: float) -> Drawing:
    def drawn(canvas: Canvas) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica-Bold", 12)
        canvas.drawString(LEFT, TOP - LEADING * at, text)
        canvas.restoreState()

    return drawn


def read(*pages: Sequence[Drawing]) -> str:
    def drawn(drawings: Sequence[Drawing]) -> Drawing:
        return lambda canvas: [drawing(canvas) for drawing in drawings]

    return read_pdf(draw(*map(drawn, pages)), PATH).text


YEARS = row(1, "", "2031", "2030")
TOP_YEARS = row(-1, "", "2031", "2030")
BODY = [*row(2, "Pumps", "1,240", "1,010"), *row(3, "Gates", "86", "93"), *row(4, "Total", "1,326", "1,103")]
READ_BODY = "Pumps | 1,240 | 1,010\nGates | 86 | 93\nTotal | 1,326 | 1,103"
HEADS = [*row(0, "", "Number of", "Share of"), *row(0.8, "", "pumps", "all pumps")]
QUARTER = "Three months ended June 30,"
NEAR = [
    words("Pumps", LEFT, 0),
    figure("$ 12,956", 300, 0),
    figure("$ 13,088", 356, 0),
    words("Gates", LEFT, 1),
]


@pytest.mark.parametrize(
    ("drawn", "text"),
    [
        # A sign that stands apart belongs to its figure.
        (
            [
                *(
                    words("Pumps", LEFT, 0),
                    words("$", 230, 0),
                    figure("1,240", EDGES[0], 0),
                    words("$", 325, 0),
                ),
                *(figure("1,010", EDGES[1], 0), *row(1, "Gates", "86", "93")),
            ],
            "Pumps | $ 1,240 | $ 1,010\nGates | 86 | 93",
        ),
        (
            [
                *(*row(0, "Pumps", "(1,240"), words(")", EDGES[0] + 1, 0), figure("7", EDGES[1], 0)),
                *(words("%", EDGES[1] + 4, 0), *row(1, "Gates", "86", "93")),
            ],
            "Pumps | (1,240) | 7 %\nGates | 86 | 93",
        ),
        # Figures with a narrow gap stand in two cells; a count with its share and a range stand in one.
        (
            [*NEAR, figure("5", 300, 1), figure("7", 356, 1)],
            "Pumps | $ 12,956 | $ 13,088\nGates | 5 | 7",
        ),
        (
            [*row(0, "Pumps", "1269 (19.9%)", "101 (20.4%)"), *row(1, "Gates", "705 (1.1%)", "51 (1%)")],
            "Pumps | 1269 (19.9%) | 101 (20.4%)\nGates | 705 (1.1%) | 51 (1%)",
        ),
        (
            [*row(0, "Sales", "$2.46 - $2.52", "", "$2.60 – $2.71"), *row(1, "Gain", "$0.67", "", "$0.96")],
            "Sales | $2.46 - $2.52 | $2.60 – $2.71\nGain | $0.67 | $0.96",
        ),
        # A heading across columns stands in the first of them.
        (
            [
                *(centred(QUARTER, 325, 0), centred("Six months ended June 30,", 485, 0)),
                *(*row(1, "", "2031", "2030", "2031", "2030"), *row(2, "Pumps", "1,240", "1,010", "2", "1")),
                *row(3, "Gates", "86", "93", "170", "180"),
            ],
            (
                f"| {QUARTER} |  | Six months ended June 30,\n| 2031 | 2030 | 2031 | 2030\n"
                "Pumps | 1,240 | 1,010 | 2 | 1\nGates | 86 | 93 | 170 | 180"
            ),
        ),
        # A heading of several lines is one cell, written line by line or cell by cell.
        ([*HEADS, *BODY], f"| Number of pumps | Share of all pumps\n{READ_BODY}"),
        ([*HEADS[::2], *HEADS[1::2], *BODY], f"| Number of pumps | Share of all pumps\n{READ_BODY}"),
        (
            [
                *(centred("Quarters ended June 30,", 330, -2), *YEARS, figure("Change", EDGES[2], -1)),
                *(
                    figure("without", EDGES[2], 0),
                    figure("currency", EDGES[2], 1),
                    figure("Plan", EDGES[3], 0),
                ),
                *(figure("2032", EDGES[3], 1), *row(2, "Pumps", "1,240", "1,010", "23", "1,300")),
                *row(3, "Gates", "86", "93", "8", "80"),
            ],
            (
                "| Quarters ended June 30, |  | Change without currency | Plan 2032\n| 2031 | 2030\n"
                "Pumps | 1,240 | 1,010 | 23 | 1,300\nGates | 86 | 93 | 8 | 80"
            ),
        ),
        # A label of two lines is one cell, and goes on after a comma or a conjunction.
        (
            [
                *row(0, "Repairs of pumps"),
                *row(0.8, "from before", "86", "93"),
                *row(2, "Gates", "5", "7"),
            ],
            "Repairs of pumps from before | 86 | 93\nGates | 5 | 7",
        ),
        (
            [
                *row(0, "Repairs of pumps", "86", "93"),
                *row(0.8, "from before"),
                *row(2, "Gates", "5", "7"),
            ],
            "Repairs of pumps from before | 86 | 93\nGates | 5 | 7",
        ),
        (
            [
                *(*row(0, "Pumps", "12", "14"), *row(1, "Income of the authority and")),
                *(*row(2, "Partners", "86", "93"), *row(3, "Gates,"), *row(4, "Other", "7", "9")),
            ],
            "Pumps | 12 | 14\nIncome of the authority and Partners | 86 | 93\nGates, Other | 7 | 9",
        ),
        # The name of a group is a line of the table, no heading; rows stand below a bold name at their edge.
        (
            [*row(0, "Pumps", "1,240", "1,010"), words("Gates:", LEFT, 1), *row(2, "Upper", "86", "93")],
            "Pumps | 1,240 | 1,010\nGates:\nUpper | 86 | 93",
        ),
        (
            [
                *(*TOP_YEARS, words("Assets", LEFT, 0), words("Current assets:", LEFT, 1)),
                *(*row(2, "Pumps", "12", "14", by=10), *row(3, "Gates", "7", "9", by=10)),
            ],
            "| 2031 | 2030\nAssets\nCurrent assets:\n  Pumps | 12 | 14\n  Gates | 7 | 9",
        ),
        (
            [
                *(*row(0, "", "2031", "2030"), bold("Assets", 1), *row(2, "Pumps", "12", "14")),
                *(*row(3, "Gates", "7", "9"), bold("All assets", 4), *row(4, "", "19", "23")),
            ],
            "| 2031 | 2030\nAssets\n  Pumps | 12 | 14\n  Gates | 7 | 9\nAll assets | 19 | 23",
        ),
        # A row of periods below figures begins another table.
        (
            [
                *(*YEARS, *BODY, *row(5, "Walls", "1", "2"), *row(6, "", "2029", "2028")),
                *(*row(7, "Pumps", "7", "8"), *row(8, "Gates", "5", "6")),
            ],
            f"| 2031 | 2030\n{READ_BODY}\nWalls | 1 | 2\n\n| 2029 | 2028\nPumps | 7 | 8\nGates | 5 | 6",
        ),
        # A heading stands up to one and a half lines above another one.
        ([centred(QUARTER, 340, -1.1), *YEARS, *BODY], f"| {QUARTER}\n| 2031 | 2030\n{READ_BODY}"),
        ([centred(QUARTER, 340, -1.6), *YEARS, *BODY], f"{QUARTER}\n\n| 2031 | 2030\n{READ_BODY}"),
        (
            [words("Table 4: Pumps", LEFT, -0.9), centred(QUARTER, 340, 0), *YEARS, *BODY],
            f"Table 4: Pumps\n\n| {QUARTER}\n| 2031 | 2030\n{READ_BODY}",
        ),
        # It may stand beside the units or its figures, behind its rows in the file, or be far wider.
        (
            [
                *(words("(in millions)", LEFT, -0.4), centred("Quarters ended", 340, -0.4)),
                *(*row(0.6, "", "June 30,"), *row(1.3, "", "2031"), *row(0.6, "", "", "June 30,")),
                *(*row(1.3, "", "", "2030"), *BODY),
            ],
            f"| Quarters ended\n(in millions) | June 30, 2031 | June 30, 2030\n{READ_BODY}",
        ),
        (
            [
                *(
                    figure("$", 280, -1),
                    figure("%", 425, -1),
                    figure("change", 295, 0),
                    figure("change", 436, 0),
                ),
                *(*row(1, "Pumps", "1,240", "", "12%"), *row(2, "Gates", "86", "", "(7)%")),
            ],
            "| $ change | % change\nPumps | 1,240 | 12%\nGates | 86 | (7)%",
        ),
        (
            [
                *row(1, "Headcount", "70,456", "72,970"),
                *(
                    centred(text, at, line)
                    for at in (290, 370)
                    for text, line in (("July 31,", -0.8), ("2023", 0))
                ),
            ],
            "| July 31, 2023 | July 31, 2023\nHeadcount | 70,456 | 72,970",
        ),
        (
            [
                centred("Growth of Orders in Constant Currency", 450, 0),
                *(*row(1, "Pumps", "1,240", "", "12%"), *row(2, "Gates", "86", "", "7%")),
            ],
            "|  | Growth of Orders in Constant Currency\nPumps | 1,240 | 12%\nGates | 86 | 7%",
        ),
        # A heading heads the columns in whose middle it stands, or in the middle of whose headings.
        (
            [
                *(centred("2031", 320, 0), centred("2030", 480, 0)),
                *(row(1, "", "Litres", "Share", "Litres", "Share")),
                *(*row(2, "Pumps", "1,240", "12%", "1,010", "9%"), *row(3, "Gates", "86", "3%", "93", "4%")),
            ],
            (
                "| 2031 |  | 2030\n| Litres | Share | Litres | Share\n"
                "Pumps | 1,240 | 12% | 1,010 | 9%\nGates | 86 | 3% | 93 | 4%"
            ),
        ),
        # One that stands over the middle of several periods heads all of them.
        (
            [
                *(centred("Fiscal year", 372, 0.2), *row(1, "", "2031", "2030", "2028")),
                *(*row(2, "Pumps", "1,240", "1,010", "990"), *row(3, "Gates", "86", "93", "95")),
            ],
            "| Fiscal year\n| 2031 | 2030 | 2028\nPumps | 1,240 | 1,010 | 990\nGates | 86 | 93 | 95",
        ),
        # Where an empty cell would seem to belong to the heading on its left, that one is repeated.
        (
            [
                *(
                    centred("Sales", 325, 0),
                    *row(1, "", "2031", "2030", "Area"),
                    *row(2, "Pumps", "1,240", "1,010", "7"),
                ),
                *row(3, "Gates", "86", "93", "5"),
                *row(4, "Total", "1,326", "1,103", "12"),
            ],
            (
                "| Sales |  | Area\n| 2031 | 2030\n"
                "Pumps | 1,240 | 1,010 | 7\nGates | 86 | 93 | 5\nTotal | 1,326 | 1,103 | 12"
            ),
        ),
        # Headings with units, and those that stand apart, head the table.
        (
            [*row(0.4, "", "2031", "2030"), *row(1.2, "", "£’000", "£’000"), *BODY],
            f"| 2031 £’000 | 2030 £’000\n{READ_BODY}",
        ),
        (
            [*row(0, "Site", "Litres", "Share"), *BODY],
            f"Site | Litres | Share\n{READ_BODY}",
        ),
        # What heads all columns comes first.
        (
            [*row(0.2, "", "2031", "2030"), centred("Litres a day, all year", 340, 1.1), *BODY],
            f"| Litres a day, all year\n| 2031 | 2030\n{READ_BODY}",
        ),
        # Headings in the middle of a table begin another part.
        (
            [
                *(*row(0, "", "2029", "2028"), *row(1, "Pumps", "12", "14"), *row(2, "Gates", "7", "9")),
                *(centred("Six months", 340, 3), *row(4, "", "Inside", "Outside")),
                *(*row(5, "Pumps", "22", "24"), *row(6, "Gates", "17", "19")),
            ],
            (
                "| 2029 | 2028\nPumps | 12 | 14\nGates | 7 | 9\n\n"
                "| Six months\n| Inside | Outside\nPumps | 22 | 24\nGates | 17 | 19"
            ),
        ),
        # A gap ends no table whose columns go on.
        (
            [*YEARS, *BODY, *row(7.5, "Walls", "1", "2"), *row(8.5, "Doors", "3", "4")],
            f"| 2031 | 2030\n{READ_BODY}\nWalls | 1 | 2\nDoors | 3 | 4",
        ),
    ],
)
def test_a_table_is_read_as_it_is_set(drawn: list[Drawing], text: str) -> None:
    found = read(drawn)
    assert found == text
    assert len(tables(found)) == (2 if "2029" in text else 1)


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        (
            [*YEARS, *BODY[:6]],
            [*row(0, "Doors", "12", "14"), *row(1, "Walls", "3", "2")],
            "| 2031 | 2030\nPumps | 1,240 | 1,010\nGates | 86 | 93\nDoors | 12 | 14\nWalls | 3 | 2",
        ),
        # A table may begin with its last line on a page.
        (
            [
                *(figure("May 7, 2031", EDGES[0], 0), figure("Aug 28, 2030", EDGES[1] + 8, 0)),
                *row(1, "Pumps", "1,240", "1,010"),
            ],
            [*row(0, "Gates", "86", "93"), *row(1, "Total", "1,326", "1,103")],
            f"| May 7, 2031 | Aug 28, 2030\n{READ_BODY}",
        ),
    ],
)
def test_a_table_goes_on_over_a_page(first: list[Drawing], second: list[Drawing], text: str) -> None:
    assert read(first, second) == text
    assert len(tables(text)) == 1


def test_a_row_keeps_the_indentation_of_its_label() -> None:
    text = read(
        [
            *(*TOP_YEARS, *row(0, "Costs"), *row(1, "Wages", "86", "93"), *row(2, "Pumping")),
            *(*row(3, "Power", "12", "14", by=10), *row(4, "Repairs", "7", "9", by=10)),
            *(*row(5, "Rent", "5", "5"), *row(6, "Total costs", "110", "121"), *row(7, "Income", "40", "38")),
        ]
    )
    assert text == (
        "| 2031 | 2030\nCosts\nWages | 86 | 93\nPumping\n  Power | 12 | 14\n  Repairs | 7 | 9\nRent | 5 | 5\n"
        "Total costs | 110 | 121\nIncome | 40 | 38"
    )
    [table] = tables(text)
    assert [cells[0].row for line in table.lines if (cells := table_cells(text, table.header, line))][1:] == [
        *("Costs › Wages", "Costs › Pumping › Power", "Costs › Pumping › Repairs", "Costs › Rent"),
        *("Costs › Total costs", "Income"),
    ]


@pytest.mark.parametrize(
    ("captions", "heads"),
    [
        (
            [
                *(words("Balance sheets", LEFT, -2), figure("Water Authority of Isken", EDGES[1], -2)),
                words("(unaudited; in millions)", LEFT, -1),
            ],
            ("2031", "2030"),
        ),
        (
            [
                words("Table 4: Pumps and gates of the dam at Maravel and of the others,", LEFT, -0.9),
                words("2030 and 2031 (in %), by kind", LEFT + 60, 0),
            ],
            ("Old", "New"),
        ),
    ],
    ids=["set like a row", "of two lines"],
)
def test_a_caption_is_no_heading(captions: list[Drawing], heads: tuple[str, str]) -> None:
    text = read([*captions, *row(1, "", *heads), *BODY])
    assert text.endswith(f"\n| {' | '.join(heads)}\n{READ_BODY}")
    assert "|" not in text[: text.index(f"| {heads[0]}")]


def test_a_row_of_figures_beside_the_units_is_no_heading() -> None:
    before = [*row(-4, "Locks", "7", "9"), *row(-3, "(in thousands)", "5", "7")]
    heads = [centred(QUARTER, 340, -0.8), *row(1, "(in millions)", "2031", "2030")]
    assert read([*before, *heads, *BODY]).startswith("Locks | 7 | 9\n(in thousands) | 5 | 7\n")


def test_a_row_indented_below_another_with_figures_carries_its_name() -> None:
    text = read(
        [
            *TOP_YEARS,
            *row(0, "Isken", "9", "8"),
            *row(1, "Women", "5", "5", by=10),
            *row(2, "Men", "4", "3", by=10),
        ]
    )
    table = tables(text)[0]
    names = [table_cells(text, table.header, line)[0].row for line in table.lines[1:]]
    assert names == ["Isken", "Isken › Women", "Isken › Men"]


def test_the_lines_of_a_label_are_closer_to_each_other_than_rows() -> None:
    drawn = [
        *row(0, "", "2031", "2030"),
        *(words("Pompes", LEFT, 1), *row(1.8, "Pumps", "1,240", "1,010")),
        *(words("Vannes", LEFT, 3.2), *row(4, "Gates", "86", "93")),
        *(words("Ensemble", LEFT, 5.4), *row(6.2, "Total", "1,326", "1,103")),
    ]
    assert read(drawn).endswith(
        "Pompes Pumps | 1,240 | 1,010\nVannes Gates | 86 | 93\nEnsemble Total | 1,326 | 1,103"
    )


def atom(text: str, left: float, right: float) -> Atom:
    return Atom((Token(unplaced(text), left, right),), is_figure=text[-1].isdigit() and " " not in text)


def test_a_heading_between_two_columns_does_not_make_them_one() -> None:
    rows = [
        [atom("1st Quarter", 204, 244), atom("2nd Quarter", 309, 352)],
        [atom("Sales", 19, 52), atom("9,070", 174, 212), atom("9,061", 227, 266), atom("8,554", 280, 319)],
        [atom("Costs", 19, 57), atom("962", 194, 212), atom("4,123", 247, 266), atom("678", 300, 319)],
        [atom("Taxes", 19, 64), atom("950", 200, 212), atom("1,249", 247, 266), atom("767", 306, 319)],
    ]
    assert [(column.left, column.right) for column in find_columns(rows)] == [
        *((19, 64), (174, 212), (227, 266), (280, 352))
    ]


def test_figures_close_to_each_other_do_not_make_their_columns_one() -> None:
    close = Atom((*atom("11,092,282", 300, 335).tokens, *atom("11,180,657", 338, 374).tokens), is_figure=True)
    rows = [
        [atom("Units", 18, 52), close],
        *(
            [atom("Share", 18, 57), atom("135", 314, 335), atom("139", 354, 374)],
            [atom("Costs", 18, 64), atom("128", 314, 335), atom("264", 354, 374)],
        ),
    ]
    columns = find_columns(rows)
    assert [(column.left, column.right) for column in columns] == [(18, 64), (314, 335), (354, 374)]
    assert [cell.words.text for cell in cells_of(rows[0], 8, columns)] == [
        "Units",
        "11,092,282",
        "11,180,657",
    ]


FIGURES = st.integers(0, 99_999).map("{:,}".format) | st.just("—") | st.integers(1, 99).map("({}%)".format)


@settings(max_examples=up_to(40))
@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(FIGURES | st.just(""), min_size=width, max_size=width).filter(any),
            min_size=3,
            max_size=8,
        )
    )
)
def test_each_figure_stays_in_its_column(rows: list[list[str]]) -> None:
    width = len(rows[0])
    full = [["1,111"] * width, *rows, ["22,222"] * width]
    drawn = [
        cell for number, figures in enumerate(full) for cell in row(number, f"Station {number}", *figures)
    ]
    expected = [" | ".join([f"Station {number}", *figures]) for number, figures in enumerate(full)]
    assert read(drawn).split("\n") == [line.rstrip("| ").rstrip() for line in expected]


def test_every_cell_has_the_headings_that_stand_over_it() -> None:
    drawn = [
        *(centred("Flexible packaging", 325, -1), centred("Rigid packaging", 485, -1)),
        *(centred("2031", 290, 0), centred("2030", 370, 0), centred("2031", 450, 0), centred("2030", 530, 0)),
        *(centred("$m", 290, 0.8), centred("$m", 370, 0.8), centred("$m", 450, 0.8), centred("$m", 530, 0.8)),
        *(*row(2, "Sales", "1,240", "1,010", "23", "30"), *row(3, "Costs", "86", "93", "8", "80")),
    ]

    text = read(drawn)

    table = tables(text)[0]
    found = [cell.column for cell in table_cells(text, table.header, table.lines[-1])]
    assert found == [
        "Flexible packaging › 2031 $m",
        "Flexible packaging › 2030 $m",
        "Rigid packaging › 2031 $m",
        "Rigid packaging › 2030 $m",
    ]


def columns_of(text: str) -> list[str]:
    table = tables(text)[0]
    return [cell.column for cell in table_cells(text, table.header, table.lines[-1])]


def test_a_rule_below_a_heading_shows_which_columns_it_heads() -> None:
    """It stands neither over one of them nor over their middle."""

    def rule(left: float, right: float) -> Drawing:
        return lambda canvas: canvas.line(left, TOP + 11, right, TOP + 11)

    drawn = [
        *(words("Pumps", 255, -1), rule(250, 465), words("Gates", 505, -1), rule(490, 545)),
        *row(0, "", "Made", "Sold", "Total", "Made"),
        *(*row(1, "Isken", "1,240", "1,010", "2,250", "30"), *row(2, "Maravel", "86", "93", "179", "80")),
    ]
    assert columns_of(read(drawn)) == ["Pumps › Made", "Pumps › Sold", "Pumps › Total", "Gates › Made"]


def test_a_line_that_ends_with_two_figures_is_a_row() -> None:
    label = "Net gain, with that of the partners in Isken"
    drawn = [words(label, LEFT, 0), figure("12.5", 350, 0), figure("13.5", 382, 0)]
    drawn += [words("Changes to it:", LEFT, 1), words("Sales", LEFT, 2)]
    text = read([*drawn, figure("86.1", 350, 2), figure("93.1", 382, 2)])
    assert text.startswith(f"{label} | 12.5 | 13.5\n")


def test_headings_that_end_where_their_columns_end_are_parted() -> None:
    edges = (200.0, 242.0, 280.0)

    def line(number: float, label: str, *cells: str) -> list[Drawing]:
        placed = [figure(cell, edge, number) for cell, edge in zip(cells, edges, strict=True)]
        return [words(label, LEFT, number), *placed]

    drawn = [*line(0, "State", "2030", "2031a", "Total"), *line(1, "Isken", "4", "3", "7")]
    text = read([*drawn, *line(2, "Maravel", "14", "13", "27"), *line(3, "Varda", "4", "2", "6")])
    assert text.split("\n")[0] == "State | 2030 | 2031a | Total"


def test_periods_after_the_rows_in_the_file_head_them() -> None:
    notes = [words("Counted at the end of each year.", LEFT, -3)]
    assert read([words("Sites", LEFT, 1), *BODY, *notes, *row(1, "", "2031", "2030")]).startswith(
        f"Sites | 2031 | 2030\n{READ_BODY}"
    )


def test_periods_after_the_rows_in_the_file_stand_over_the_middle_of_their_columns() -> None:
    drawn = [words("Sites", LEFT, 0), *row(1, "Isken", ".", "3"), *row(2, "Maravel", "/", "7")]
    years = [centred(year, edge - 20, 0) for year, edge in zip(("2031", "2030"), EDGES, strict=False)]
    text = read([*drawn, words("Counted at the end of each year.", LEFT, -3), *years])
    assert text.startswith("Sites | 2031 | 2030\nIsken | . | 3\nMaravel | / | 7")


def test_a_cell_of_two_lines_may_be_written_before_the_rest_of_its_row() -> None:
    def figures(number: float, *cells: str) -> list[Drawing]:
        return [figure(cell, edge, number) for cell, edge in zip(cells, (270, 305, 340), strict=True)]

    drawn = [words("1", LEFT, 0), words("Pumps", 90, 0), *figures(0, "31", "80", "9")]
    drawn += [words("2", LEFT, 1), words("Gates of the dam at", 90, 1), words("Maravel", 90, 1.7)]
    drawn += [*figures(1, "30", "61", "8"), words("3", LEFT, 3), words("Pins", 90, 3)]
    text = read([*drawn, *figures(3, "29", "7", "5")])
    assert "2 | Gates of the dam at | 30 | 61 | 8\n" in text


def test_labels_that_the_file_has_apart_from_their_figures_are_in_their_rows() -> None:
    labels = [words("Pumps of the new", LEFT, 0), words("dam", LEFT, 0.8)]
    labels += [words(label, LEFT, place) for place, label in enumerate(("Gates", "Pins", "Weirs"), 2)]
    years = [figure(year, edge, -1) for year, edge in zip(("2031", "2030"), EDGES, strict=False)]
    values = (("31", "30"), ("80", "61"), ("9", "8"), ("29", "7"))
    figures = [row(place, "", *pair) for place, pair in zip((0, 2, 3, 4), values, strict=True)]
    note = words("Counted at the end of each year.", LEFT, -3)
    expected = "| 2031 | 2030\nPumps of the new dam | 31 | 30\nGates | 80 | 61\nPins | 9 | 8\nWeirs | 29 | 7"

    assert read([note, *labels, *years, *(each for line in figures for each in line)]).endswith(expected)
    by_column = [*years, *(line[column] for column in (0, 1) for line in figures), *labels, note]
    assert expected in read(by_column)


def test_figures_beside_running_text_are_not_in_its_lines() -> None:
    lines = [
        "The gates were closed for",
        "the whole of the winter,",
        "and nothing was pumped",
        "from the old basin",
    ]
    text = [words(line, LEFT, place) for place, line in enumerate(lines)]
    ticks = [figure(tick, 540, place) for place, tick in enumerate(("80", "60", "40", "20"))]
    assert " ".join(lines) in read([*text, *ticks])


def test_the_heading_of_the_labels_may_be_written_between_those_of_the_columns() -> None:
    drawn = [
        *(
            centred("Gates", 420, -1.9),
            words("What was counted", LEFT, 0),
            figure("All of the old", 300, -0.7),
        ),
        *row(0, "", "pumps", "Made", "Sold"),
        *(*row(1, "Isken", "1,240", "1,010", "2,250"), *row(2, "Maravel", "86", "93", "179")),
    ]
    text = read(drawn)
    assert "What was counted | All of the old pumps | Made | Sold" in text
