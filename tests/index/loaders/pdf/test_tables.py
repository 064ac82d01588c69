"""The tables of a PDF: figures in their columns, headings over theirs, labels whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from index.loaders.pdf.document import read_pdf
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


def row(number: float, label: str, *figures: str) -> list[Drawing]:
    cells = [figure(text, EDGES[place], number) for place, text in enumerate(figures) if text]
    return [words(label, LEFT, number), *cells] if label else cells


def page(*drawings: Drawing) -> Drawing:
    def drawn(canvas: Canvas) -> None:
        for drawing in drawings:
            drawing(canvas)

    return drawn


def read(*pages: Sequence[Drawing]) -> str:
    return read_pdf(draw(*(page(*drawings) for drawings in pages)), PATH).text


BODY = [*row(2, "Pumps", "1,240", "1,010"), *row(3, "Gates", "86", "93"), *row(4, "Total", "1,326", "1,103")]


def test_a_currency_sign_that_stands_apart_belongs_to_its_figure() -> None:
    signs = [words("$", 230, 0), words("$", 325, 0)]
    drawn = [*row(0, "Pumps", "1,240", "1,010"), *signs, *row(1, "Gates", "86", "93")]
    in_order = sorted(range(len(drawn)), key=[0, 2, 4, 1, 3, 5, 6, 7].index)
    assert read([drawn[place] for place in in_order]) == "Pumps | $ 1,240 | $ 1,010\nGates | 86 | 93"


def test_brackets_and_percent_signs_belong_to_their_figure() -> None:
    drawn = [
        *row(0, "Pumps", "(1,240", "7"),
        words(")", EDGES[0] + 1, 0),
        words("%", EDGES[1] + 4, 0),
        *row(1, "Gates", "86", "93"),
    ]
    order = [0, 1, 3, 2, 4, 5, 6, 7]
    text = read([drawn[place] for place in order])
    assert text == "Pumps | (1,240) | 7 %\nGates | 86 | 93"


def test_figures_with_a_narrow_gap_stand_in_two_cells() -> None:
    drawn = [*row(0, "Pumps", "$ 12,956", "$ 13,088"), *row(1, "Gates", "5", "7")]
    near = [words("Pumps", LEFT, 0), figure("$ 12,956", 300, 0), figure("$ 13,088", 356, 0)]
    assert read([*near, words("Gates", LEFT, 1), figure("5", 300, 1), figure("7", 356, 1)]) == (
        "Pumps | $ 12,956 | $ 13,088\nGates | 5 | 7"
    )
    assert read(drawn) == "Pumps | $ 12,956 | $ 13,088\nGates | 5 | 7"


def test_a_count_with_its_share_in_brackets_is_one_cell() -> None:
    assert read(
        [*row(0, "Pumps", "1269 (19.9%)", "101 (20.4%)"), *row(1, "Gates", "705 (1.1%)", "51 (1%)")]
    ) == ("Pumps | 1269 (19.9%) | 101 (20.4%)\nGates | 705 (1.1%) | 51 (1%)")


def test_a_heading_across_columns_stands_in_the_first_of_them() -> None:
    heads = [
        centred("Three months ended June 30,", 325, 0),
        centred("Six months ended June 30,", 485, 0),
        *row(1, "", "2031", "2030", "2031", "2030"),
    ]
    body = [*row(2, "Pumps", "1,240", "1,010", "2,400", "2,100"), *row(3, "Gates", "86", "93", "170", "180")]
    assert read([*heads, *body]) == (
        "| Three months ended June 30, |  | Six months ended June 30,\n"
        "| 2031 | 2030 | 2031 | 2030\n"
        "Pumps | 1,240 | 1,010 | 2,400 | 2,100\n"
        "Gates | 86 | 93 | 170 | 180"
    )


def test_a_heading_of_several_lines_is_one_cell_however_it_was_written() -> None:
    by_line = [*row(0, "", "Number of", "Share of"), *row(0.8, "", "pumps", "all pumps")]
    by_cell = [by_line[place] for place in (0, 2, 1, 3)]
    for heads in (by_line, by_cell):
        assert read([*heads, *BODY]) == (
            "| Number of pumps | Share of all pumps\n"
            "Pumps | 1,240 | 1,010\nGates | 86 | 93\nTotal | 1,326 | 1,103"
        )


def test_the_name_of_a_group_of_rows_is_a_line_of_the_table() -> None:
    drawn = [*row(0, "Pumps", "1,240", "1,010"), words("Gates:", LEFT, 1), *row(2, "Upper", "86", "93")]
    text = read(drawn)
    assert text == "Pumps | 1,240 | 1,010\nGates:\nUpper | 86 | 93"
    assert len(tables(text)) == 1


def test_a_label_of_two_lines_is_one_cell() -> None:
    first = [words("Repairs of pumps that were bought", LEFT, 0), *row(0.8, "before the flood", "86", "93")]
    last = [*row(0, "Repairs of pumps that were bought", "86", "93"), words("before the flood", LEFT, 0.8)]
    for label in (first, last):
        assert read([*label, *row(2, "Gates", "5", "7")]) == (
            "Repairs of pumps that were bought before the flood | 86 | 93\nGates | 5 | 7"
        )


def test_a_table_goes_on_over_a_page() -> None:
    heads = row(1, "Stations", "2031", "2030")
    text = read([*heads, *BODY[:6]], [*row(0, "Doors", "12", "14"), *row(1, "Walls", "3", "2")])
    assert (
        text
        == "Stations | 2031 | 2030\nPumps | 1,240 | 1,010\nGates | 86 | 93\nDoors | 12 | 14\nWalls | 3 | 2"
    )
    assert len(tables(text)) == 1


def test_a_row_of_periods_below_figures_begins_another_table() -> None:
    other = [*row(6, "", "2029", "2028"), *row(7, "Pumps", "7", "8"), *row(8, "Gates", "5", "6")]
    text = read([*row(1, "", "2031", "2030"), *BODY, *row(5, "Walls", "1", "2"), *other])
    assert text == (
        "| 2031 | 2030\nPumps | 1,240 | 1,010\nGates | 86 | 93\nTotal | 1,326 | 1,103\nWalls | 1 | 2\n\n"
        "| 2029 | 2028\nPumps | 7 | 8\nGates | 5 | 6"
    )


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


def indented(number: float, label: str, by: float, *figures: str) -> list[Drawing]:
    return [words(label, LEFT + by, number), *row(number, "", *figures)]


def test_a_row_keeps_the_indentation_of_its_label() -> None:
    drawn = [
        *row(0, "Costs"),
        *row(1, "Wages", "86", "93"),
        *row(2, "Pumping"),
        *indented(3, "Power", 10, "12", "14"),
        *indented(4, "Repairs", 10, "7", "9"),
        *row(5, "Rent", "5", "5"),
        *row(6, "Total costs", "110", "121"),
        *row(7, "Income", "40", "38"),
    ]
    heads = [figure("2031", EDGES[0], -1), figure("2030", EDGES[1], -1)]
    text = read([*heads, *drawn])
    assert text == (
        "| 2031 | 2030\nCosts\nWages | 86 | 93\nPumping\n  Power | 12 | 14\n  Repairs | 7 | 9\nRent | 5 | 5\n"
        "Total costs | 110 | 121\nIncome | 40 | 38"
    )
    [table] = tables(text)
    assert [cells[0].row for line in table.lines if (cells := table_cells(text, table.header, line))][1:] == [
        "Costs › Wages",
        "Costs › Pumping › Power",
        "Costs › Pumping › Repairs",
        "Costs › Rent",
        "Costs › Total costs",
        "Income",
    ]


def test_labels_that_are_not_bold_stand_below_a_bold_name_at_their_edge() -> None:
    def bold(text: str, at: float) -> Drawing:
        def drawn(canvas: Canvas) -> None:
            canvas.saveState()
            canvas.setFont("Helvetica-Bold", 12)
            canvas.drawString(LEFT, TOP - LEADING * at, text)
            canvas.restoreState()

        return drawn

    heads = [figure("2031", EDGES[0], 0), figure("2030", EDGES[1], 0)]
    drawn = [bold("Assets", 1), *row(2, "Pumps", "12", "14"), *row(3, "Gates", "7", "9")]
    assert read([*heads, *drawn, bold("All assets", 4), *row(4, "", "19", "23")]) == (
        "| 2031 | 2030\nAssets\n  Pumps | 12 | 14\n  Gates | 7 | 9\nAll assets | 19 | 23"
    )


def test_headings_written_cell_by_cell_are_joined_although_they_end_at_one_height() -> None:
    heads = [
        centred("Quarters ended June 30,", 330, -2),
        figure("2031", EDGES[0], 1),
        figure("2030", EDGES[1], 1),
        *(figure(text, EDGES[2], place) for place, text in enumerate(("Change", "without"), -1)),
        figure("currency", EDGES[2], 1),
        figure("Plan", EDGES[3], 0),
        figure("2032", EDGES[3], 1),
    ]
    body = [*row(2, "Pumps", "1,240", "1,010", "23", "1,300"), *row(3, "Gates", "86", "93", "8", "80")]
    assert read([*heads, *body]) == (
        "| Quarters ended June 30, |  | Change without currency | Plan 2032\n| 2031 | 2030\n"
        "Pumps | 1,240 | 1,010 | 23 | 1,300\nGates | 86 | 93 | 8 | 80"
    )


def test_names_of_groups_between_the_headings_and_the_first_row_are_no_headings() -> None:
    heads = [figure("2031", EDGES[0], -1), figure("2030", EDGES[1], -1)]
    names = [words("Assets", LEFT, 0), words("Current assets:", LEFT, 1)]
    text = read([*heads, *names, *indented(2, "Pumps", 10, "12", "14"), *indented(3, "Gates", 10, "7", "9")])
    assert text == "| 2031 | 2030\nAssets\nCurrent assets:\n  Pumps | 12 | 14\n  Gates | 7 | 9"


def test_a_caption_that_is_set_like_a_row_is_no_heading() -> None:
    caption = [words("Balance sheets", LEFT, 0), figure("Water Authority of Isken", EDGES[1], 0)]
    heads = [figure("2031", EDGES[0], 3), figure("2030", EDGES[1], 3)]
    below = [
        words("(unaudited; in millions)", LEFT, 1),
        *row(4, "Pumps", "12", "14"),
        *row(5, "Gates", "7", "9"),
    ]
    text = read([*caption, *below[:1], *heads, *below[1:]])
    assert text.endswith("\n| 2031 | 2030\nPumps | 12 | 14\nGates | 7 | 9")
    assert "|" not in text[: text.index("| 2031")]


def test_a_label_goes_on_after_a_comma_or_a_conjunction() -> None:
    wrapped = [*row(1, "Income of the authority and"), *row(2, "Partners", "86", "93"), *row(3, "Gates,")]
    assert read([*row(0, "Pumps", "12", "14"), *wrapped, *row(4, "Other", "7", "9")]) == (
        "Pumps | 12 | 14\nIncome of the authority and Partners | 86 | 93\nGates, Other | 7 | 9"
    )


def test_a_heading_stands_up_to_one_and_a_half_lines_above_another_one() -> None:
    def heads(row_number: float) -> list[Drawing]:
        return [centred("Three months ended June 30,", 340, row_number), *row(1, "", "2031", "2030")]

    years = "| 2031 | 2030\nPumps | 1,240 | 1,010\nGates | 86 | 93\nTotal | 1,326 | 1,103"
    assert read([*heads(-1.1), *BODY]) == f"| Three months ended June 30,\n{years}"
    assert read([*heads(-1.6), *BODY]) == f"Three months ended June 30,\n\n{years}"


def test_a_heading_may_stand_beside_the_units() -> None:
    heads = [words("(in millions)", LEFT, -0.4), centred("Quarters ended", 340, -0.4)]
    years = [row(line, "", "", text)[0] for line, text in ((0.6, "June 30,"), (1.3, "2030"))]
    dates = [*row(0.6, "", "June 30,"), *row(1.3, "", "2031"), *years]
    assert read([*heads, *dates, *BODY]).startswith(
        "| Quarters ended\n(in millions) | June 30, 2031 | June 30, 2030\nPumps | 1,240 | 1,010"
    )


def test_the_second_line_of_a_caption_is_no_heading() -> None:
    caption = [
        words("Table 4: Pumps and gates of the dam at Maravel and of the others,", LEFT, -0.9),
        words("2030 and 2031 (in %), by kind", LEFT + 60, 0),
    ]
    text = read([*caption, *row(1, "", "Old", "New"), *BODY])
    assert text.endswith("\n\n| Old | New\nPumps | 1,240 | 1,010\nGates | 86 | 93\nTotal | 1,326 | 1,103")


def test_a_heading_below_a_short_caption_is_a_heading() -> None:
    heads = [words("Table 4: Pumps", LEFT, -0.9), centred("Three months ended June 30,", 340, 0)]
    assert read([*heads, *row(1, "", "2031", "2030"), *BODY]).startswith(
        "Table 4: Pumps\n\n| Three months ended June 30,\n| 2031 | 2030\nPumps | 1,240 | 1,010"
    )


def test_a_row_of_figures_beside_the_units_is_no_heading() -> None:
    before = [*row(-4, "Locks", "7", "9"), *row(-3, "(in thousands)", "5", "7")]
    heads = [centred("Three months ended June 30,", 340, -0.8), *row(1, "(in millions)", "2031", "2030")]
    assert read([*before, *heads, *BODY]).startswith("Locks | 7 | 9\n(in thousands) | 5 | 7\n")


def test_a_table_may_begin_with_its_last_line_on_a_page() -> None:
    dates = [figure("May 7, 2031", EDGES[0], 0), figure("Aug 28, 2030", EDGES[1] + 8, 0)]
    first = [*dates, *row(1, "Pumps", "1,240", "1,010")]
    second = [*row(0, "Gates", "86", "93"), *row(1, "Total", "1,326", "1,103")]
    assert read(first, second) == (
        "| May 7, 2031 | Aug 28, 2030\nPumps | 1,240 | 1,010\nGates | 86 | 93\nTotal | 1,326 | 1,103"
    )


def test_a_heading_beside_its_figures_stands_in_their_column() -> None:
    headings = [
        figure("$", 280, -1),
        figure("%", 425, -1),
        figure("change", 295, 0),
        figure("change", 436, 0),
    ]
    figures = [*row(1, "Pumps", "1,240", "", "12%"), *row(2, "Gates", "86", "", "(7)%")]
    assert read([*headings, *figures]).splitlines() == [
        "| $ change | % change",
        "Pumps | 1,240 | 12%",
        "Gates | 86 | (7)%",
    ]


def test_headings_behind_their_rows_in_the_file_stand_above_them() -> None:
    headings = [
        drawing
        for middle in (290, 370, 450)
        for drawing in (centred("July 31,", middle, -0.8), centred("2023", middle, 0))
    ]
    figures = row(1, "Headcount", "70,456", "72,970", "79,390")
    heading = "| July 31, 2023 | July 31, 2023 | July 31, 2023"
    assert read([*figures, *headings]) == f"{heading}\nHeadcount | 70,456 | 72,970 | 79,390"


def test_a_heading_may_be_far_wider_than_the_last_column() -> None:
    heading = centred("Growth of Orders in Constant Currency", 450, 0)
    figures = [*row(1, "Pumps", "1,240", "", "12%"), *row(2, "Gates", "86", "", "7%")]
    assert read([heading, *figures]).splitlines() == [
        "|  | Growth of Orders in Constant Currency",
        "Pumps | 1,240 | 12%",
        "Gates | 86 | 7%",
    ]


def test_a_range_of_amounts_is_one_cell() -> None:
    ranges = [
        *row(0, "Revenue", "$2.46 - $2.52", "", "$2.60 – $2.71"),
        *row(1, "Margin", "$0.67", "", "$0.96"),
    ]
    assert read(ranges) == "Revenue | $2.46 - $2.52 | $2.60 – $2.71\nMargin | $0.67 | $0.96"
