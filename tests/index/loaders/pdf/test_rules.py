"""Tables whose cells are parted by rules: cells of several lines, merged cells, rows between rules alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from reportlab.lib.colors import black
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table, TableStyle

from index.loaders.pdf.document import read_pdf
from index.text import table_cells, tables
from tests.support.pdf_files import PATH, STYLES, build, draw

GRID = ("GRID", (0, 0), (-1, -1), 0.5, black)
HEADS = ["Gate", "What was found", "What was done"]
LONG = "The steel pin that carries the gate had rusted through, and nobody had examined it since October 2019"
REPAIR = "A new pin was ordered from the works at Isken"


def ruled(rows: Sequence[Sequence[str]], *styles: tuple[object, ...], widths: Sequence[float]) -> str:
    cells = [[Paragraph(cell, STYLES["BodyText"]) for cell in row] for row in rows]
    return read_pdf(build(Table(cells, widths, style=TableStyle([GRID, *styles]))), PATH).text


def page(*drawings: Callable[[Canvas], object]) -> str:
    return read_pdf(draw(lambda canvas: [drawing(canvas) for drawing in drawings]), PATH).text


def words(text: str, left: float, bottom: float) -> Callable[[Canvas], object]:
    return lambda canvas: canvas.drawString(left, bottom, text)


def rule(left: float, bottom: float, right: float, top: float) -> Callable[[Canvas], object]:
    return lambda canvas: canvas.line(left, bottom, right, top)


def test_a_cell_of_several_lines_is_one_cell() -> None:
    text = ruled(
        [HEADS, ["Gate 3", LONG, REPAIR], ["Gate 4 of the lower dam at Maravel", "Nothing", "Nothing"]],
        widths=(80, 180, 120),
    )
    assert text.split("\n") == [
        "Gate | What was found | What was done",
        f"Gate 3 | {LONG} | {REPAIR}",
        "Gate 4 of the lower dam at Maravel | Nothing | Nothing",
    ]


def test_a_cell_over_several_rows_is_repeated_in_each() -> None:
    text = ruled(
        [
            ["Region", "Gate", "Height", "Weight"],
            ["Maravel", "Gate 3", "12 m", "80 t"],
            ["", "Gate 4", "9 m", "61 t"],
        ],
        ("SPAN", (0, 1), (0, 2)),
        widths=(80, 80, 80, 80),
    )
    assert (
        text
        == "Region | Gate | Height | Weight\nMaravel | Gate 3 | 12 m | 80 t\nMaravel | Gate 4 | 9 m | 61 t"
    )


def test_a_heading_over_several_columns_and_one_over_several_rows_reach_their_cells() -> None:
    text = ruled(
        [
            ["Station", "Raised", "", "Total"],
            ["", "by hand", "by motor", ""],
            ["Isken", "3", "14", "17"],
            ["Maravel", "5", "21", "26"],
        ],
        *(("SPAN", (0, 0), (0, 1)), ("SPAN", (1, 0), (2, 0)), ("SPAN", (3, 0), (3, 1))),
        widths=(80, 80, 80, 80),
    )
    [table] = tables(text)
    assert [cell.column for cell in table_cells(text, table.header, table.lines[-1])] == [
        *("Raised › by hand", "Raised › by motor", "Total")
    ]


def test_a_row_over_all_columns_names_a_group_and_the_last_is_a_note() -> None:
    text = ruled(
        [
            ["Pumps and gates", "", ""],
            ["Station", "2031", "2030"],
            ["Lower dam", "", ""],
            ["Gates", "14", "12"],
            ["Source: Water Authority of Isken, annual survey.", "", ""],
        ],
        *(("SPAN", (0, number), (2, number)) for number in (0, 2, 4)),
        widths=(120, 80, 80),
    )
    assert text == (
        "Pumps and gates\n\nStation | 2031 | 2030\nLower dam\nGates | 14 | 12\n\n"
        "Source: Water Authority of Isken, annual survey."
    )


@pytest.mark.parametrize("is_open", [False, True])
def test_a_table_may_be_open_at_its_sides(is_open: bool) -> None:
    sides = [("LINEBEFORE", (1, 0), (-1, -1), 0.5, black), ("LINEBELOW", (0, 0), (-1, -2), 0.5, black)]
    cells = [
        [Paragraph(cell, STYLES["BodyText"]) for cell in row] for row in [HEADS, ["Gate 3", LONG, REPAIR]]
    ]
    table = Table(cells, (80, 180, 120), style=TableStyle(sides if is_open else [GRID]))
    text = read_pdf(build(table), PATH).text
    assert text == f"Gate | What was found | What was done\nGate 3 | {LONG} | {REPAIR}"


def test_rules_across_the_page_part_rows_of_several_lines() -> None:
    lines = [
        *(words("Year", 60, 704), words("Target", 140, 704), words("Result", 380, 704)),
        *(words("1998", 60, 684), words("Raise 10% fewer gates by 2000", 140, 684), words("Met", 380, 684)),
        *(words("2012", 60, 664), words("Keep the level of the lower dam at", 140, 664)),
        *(words("or below that of 2006", 140, 650), words("On track", 380, 664)),
        *(rule(56, height, 540, height) for height in (720, 699, 679, 645)),
    ]
    assert page(*lines) == (
        "Year | Target | Result\n1998 | Raise 10% fewer gates by 2000 | Met\n"
        "2012 | Keep the level of the lower dam at or below that of 2006 | On track"
    )


def test_figures_of_several_rows_between_two_rules_stay_in_their_rows() -> None:
    rows = [("Pumps", "1,240", "1,010"), ("Gates", "86", "93"), ("Locks", "7", "9")]
    lines = [
        *(words(cell, 70 + 150 * place, 704) for place, cell in enumerate(("Kind", "2031", "2030"))),
        *(
            words(cell, 70 + 150 * place, 684 - 16 * number)
            for number, row in enumerate(rows)
            for place, cell in enumerate(row)
        ),
        *(rule(60, height, 500, height) for height in (720, 698, 645)),
        *(rule(left, 645, left, 720) for left in (60, 200, 350, 500)),
    ]
    assert page(*lines) == "Kind | 2031 | 2030\nPumps | 1,240 | 1,010\nGates | 86 | 93\nLocks | 7 | 9"


def test_the_headings_above_the_rules_belong_to_the_table() -> None:
    rows = [("Pumps of the lower dam", "1,240", "1,010"), ("Gates", "86", "93"), ("Locks", "7", "9")]
    lines = [
        *(words(cell, 70 + 150 * place, 710) for place, cell in enumerate(("", "2031", "2030")) if cell),
        *(
            words(cell, 70 + 150 * place, 684 - 20 * number)
            for number, row in enumerate(rows)
            for place, cell in enumerate(row)
        ),
        *(rule(60, height, 500, height) for height in (700, 680, 660, 640)),
        *(rule(left, 640, left, 700) for left in (60, 210, 350, 500)),
    ]
    text = page(*lines)
    assert text == "| 2031 | 2030\nPumps of the lower dam | 1,240 | 1,010\nGates | 86 | 93\nLocks | 7 | 9"


def test_the_grid_of_a_chart_is_no_table() -> None:
    lines = [
        *(rule(100, 400 + 50 * number, 500, 400 + 50 * number) for number in range(7)),
        *(rule(100 + 80 * number, 400, 100 + 80 * number, 700) for number in range(6)),
        *(words(str(number * 50), 70, 398 + 50 * number) for number in range(7)),
        *(words("Isken", 120, 520), words("Maravel", 280, 620)),
    ]
    assert "Isken |" not in page(*lines)
    assert "| Maravel" not in page(*lines)


def test_a_frame_around_prose_is_no_table() -> None:
    lines = [
        *(words("The people downstream could have been warned. The engineer", 60, 700),),
        *(words("on duty asked for permission to sound the sirens.", 60, 686),),
        *(rule(50, 670, 540, 670), rule(50, 720, 540, 720), rule(50, 670, 50, 720), rule(540, 670, 540, 720)),
    ]
    assert "|" not in page(*lines)
