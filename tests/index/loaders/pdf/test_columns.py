"""Columns are read one after the other, whatever the order of drawing, and sentences stay whole."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import cm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from index.documents import Span
from index.loaders.pdf.document import read_pdf
from index.text.geometry import boxes
from tests.support.pdf_files import FIRST, PATH, SECOND, column, draw, read

WIDTH = 7.6 * cm
LEFT = 2 * cm, 10.6 * cm
TOP, LEADING = 22 * cm, 13
# A paragraph to be set in two columns or on two pages.
TEXT = (
    f"{FIRST} {SECOND} Rain had filled the reservoir faster than the forecast of 8 March foresaw, and the "
    "engineers on duty knew it. That mark was passed shortly before midnight, and gate 2 jammed half open "
    "soon afterwards, so that the load on gate 3 grew with every hour. The outflow tripled within minutes "
    "while the river bed below the dam can carry a quarter of it, and the town was under water by dawn."
)
Placed = tuple[float, float, str]


def set_in(
    text: str, left: float, *, top: float = TOP, width: float = WIDTH, part: slice = slice(None)
) -> list[Placed]:
    """The lines of ``text``, or some of them, placed in a column."""
    lines = simpleSplit(text, "Helvetica", 10, width)[part]
    return [(left, top - number * LEADING, line) for number, line in enumerate(lines)]


def drawn(lines: Sequence[Placed], size: float = 10) -> Callable[[Canvas], None]:
    """A page with the lines drawn in the given order."""

    def page(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", size)
        for left, bottom, line in lines:
            canvas.drawString(left, bottom, line)

    return page


def by_rows(*columns: Sequence[Placed]) -> list[Placed]:
    """The lines of all columns, row by row: from the top of the page, and from the left within a row."""
    return [line for row in itertools.zip_longest(*columns) for line in row if line]


LEFT_COLUMN = set_in(TEXT, LEFT[0], part=slice(0, 11))
RIGHT_COLUMN = set_in(TEXT, LEFT[1], part=slice(11, None))
WRITTEN = {
    "column by column": [*LEFT_COLUMN, *RIGHT_COLUMN],
    "row by row": by_rows(LEFT_COLUMN, RIGHT_COLUMN),
    "the right column first": [*RIGHT_COLUMN, *LEFT_COLUMN],
    "from the bottom": by_rows(LEFT_COLUMN, RIGHT_COLUMN)[::-1],
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
def test_the_left_column_is_read_before_the_right_one(written: list[Placed]) -> None:
    assert read(draw(drawn(written))) == TEXT


def test_lines_across_the_gutter_stay_between_the_columns_above_and_below() -> None:
    heading = "What the commission found out about the Maravel Dam and its gates"
    upper = by_rows(set_in(FIRST, LEFT[0]), set_in(SECOND, LEFT[1]))
    lower = by_rows(set_in(SECOND, LEFT[0], top=TOP - 10 * cm), set_in(FIRST, LEFT[1], top=TOP - 10 * cm))
    lines = [(LEFT[0], TOP + cm, heading), *upper, (LEFT[0], TOP - 9 * cm, heading.upper()), *lower]
    assert read(draw(drawn(lines))) == "\n\n".join([heading, FIRST, SECOND, heading.upper(), SECOND, FIRST])


def grid(rows: Sequence[Sequence[str]], step: float = 8 * cm, top: float = 20 * cm) -> list[Placed]:
    return [
        (2 * cm + step * number, top - row * LEADING, cell)
        for row, cells in enumerate(rows)
        for number, cell in enumerate(cells)
    ]


def test_a_table_across_the_columns_stays_a_table() -> None:
    rows = [("District", "March", "May"), ("Quell Delta", "2,480", "4,980"), ("Pellan", "310", "1,100")]
    lines = [*by_rows(LEFT_COLUMN, RIGHT_COLUMN), *grid(rows, 6 * cm, 10 * cm)]
    assert read(draw(drawn(lines))) == "\n".join([f"{TEXT}\n", *(" | ".join(row) for row in rows)])


def test_a_bar_inside_a_cell_is_no_edge_of_it() -> None:
    lines = grid([("District", "March"), ("Quell | Delta", "2,480")])
    assert read(draw(drawn(lines))) == "District | March\nQuell ¦ Delta | 2,480"


def test_a_table_of_words_is_not_taken_for_columns() -> None:
    rows = [
        ("Level of the reservoir", "213.5 metres above datum"),
        ("Outflow in the first hour", "4,150 cubic metres a second"),
        ("Members of the Commission", "Three, appointed by Parliament"),
        ("Examined at the last time", "In October of the year 2019"),
        ("Recommended for removal", "The pin of gate 3, by a diver"),
        ("Number of witnesses heard", "Some 63, among them engineers"),
    ]
    assert read(draw(drawn(grid(rows, 9 * cm)))).split("\n") == [" | ".join(row) for row in rows]


def note(text: str, left: float, *, top: float = 6 * cm) -> Callable[[Canvas], None]:
    def page(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 7)
        for number, line in enumerate(simpleSplit(text, "Helvetica", 7, WIDTH)):
            canvas.drawString(left, top - 9 * number, line)

    return page


NOTE = "1 The rules of the Isken Water Authority are those of 2011, as they were last amended in May of 2018."


def test_a_footnote_does_not_part_a_sentence_that_goes_on_in_the_next_column() -> None:
    def page(canvas: Canvas) -> None:
        drawn(LEFT_COLUMN)(canvas)
        note(NOTE, LEFT[0])(canvas)
        drawn(RIGHT_COLUMN)(canvas)

    assert read(draw(page)) == f"{TEXT}\n\n{NOTE}"


def test_a_footnote_comes_before_a_paragraph_that_continues_on_the_next_page() -> None:
    lower = set_in(TEXT, LEFT[0], width=16 * cm, top=TOP - 3 * cm, part=slice(0, 5))

    def page(canvas: Canvas) -> None:
        drawn([*set_in(FIRST, LEFT[0], width=16 * cm), *lower])(canvas)
        note(NOTE, LEFT[0])(canvas)

    document = read_pdf(draw(page, drawn(set_in(TEXT, LEFT[0], width=16 * cm, part=slice(5, None)))), PATH)
    assert document.text == f"{FIRST}\n\n{NOTE}\n\n{TEXT}"
    assert document.page_at(document.text.index("under water by dawn")) == 2
    assert document.page_at(document.text.index("last amended")) == 1


def test_a_picture_of_words_does_not_part_a_sentence_that_goes_on_over_the_page() -> None:
    text = set_in(TEXT, LEFT[0], width=16 * cm, part=slice(0, 5))
    rest = set_in(TEXT, LEFT[0], width=16 * cm, top=16 * cm, part=slice(5, None))
    table = grid([("District", "March"), ("Quell Delta", "2,480"), ("Pellan", "310")], top=24 * cm)
    assert read(draw(drawn(text), drawn([*table, *rest]))) == (
        f"{TEXT}\n\nDistrict | March\nQuell Delta | 2,480\nPellan | 310"
    )


def test_a_new_paragraph_in_the_next_column_stays_one() -> None:
    lines = [*set_in(FIRST, LEFT[0]), *set_in(SECOND, LEFT[1])]
    assert read(draw(drawn(lines))) == f"{FIRST}\n\n{SECOND}"


def test_words_up_the_margin_are_apart_from_the_text() -> None:
    def page(canvas: Canvas) -> None:
        drawn(LEFT_COLUMN)(canvas)
        canvas.saveState()
        canvas.translate(cm, 10 * cm)
        canvas.rotate(90)
        canvas.drawString(0, 0, "report 2025/07 of the commission")
        canvas.restoreState()
        drawn(RIGHT_COLUMN)(canvas)

    assert read(draw(page)) == f"{TEXT}\n\nreport 2025/07 of the commission"


def test_a_drawing_with_thousands_of_labels_is_read_in_no_long_time() -> None:
    lines = [(2 * cm + 7 * (number % 60), 25 * cm - 6 * (number // 60), "x") for number in range(6000)]
    before = time.perf_counter()
    assert len(read(draw(drawn(sorted(lines, key=lambda line: line[0]), size=4)))) >= 6000
    assert time.perf_counter() - before < 20


def test_a_line_of_figures_over_the_page_is_not_joined() -> None:
    assert read(draw(column("310"), column("tals were spent"))) == "310\n\ntals were spent"


@settings(max_examples=15)
@given(
    st.lists(st.from_regex(r"[a-z]{2,11}", fullmatch=True), min_size=150, max_size=320),
    st.integers(2, 3),
    st.booleans(),
)
def test_the_words_of_columns_come_out_in_order_and_at_their_places(
    words: list[str], columns: int, across: bool
) -> None:
    """A long paragraph in columns, written column by column or row by row."""
    gap = 0.8 * cm
    width = (17 * cm - gap * (columns - 1)) / columns
    lines = simpleSplit(" ".join(words), "Helvetica", 10, width)
    rows = -(-len(lines) // columns)
    placed = [
        (2 * cm + number // rows * (width + gap), TOP - number % rows * LEADING, line)
        for number, line in enumerate(lines)
    ]
    written = sorted(placed, key=lambda line: (-line[1], line[0])) if across else placed
    document = read_pdf(draw(drawn(written)), PATH)
    assert document.text.split() == words
    start = 0
    for left, bottom, line in placed:
        first = line.split()[0]
        start = document.text.index(first, start)
        (box,) = boxes(document, Span(start, start + len(first)))
        assert (box.left, box.bottom) == pytest.approx((left, A4[1] - bottom + 2), abs=2.5)
        start += len(line)


LABELS, FIGURES, STEP = 60.0, (300.0, 380.0), 16.0
ROWS_TOP, BOTTOM = A4[1] - 60, 60.0
Row = tuple[str, ...]


def page(*rows: Row, cut: Row | None = None, cut_at: float = 0.0) -> Callable[[Canvas], None]:
    """A page with rows from its top; of the row ``cut``, only the tall characters are there."""

    def drawn(canvas: Canvas) -> None:
        for number, row in enumerate(rows):
            for left, cell in zip((LABELS, *FIGURES), row, strict=False):
                canvas.drawString(left, ROWS_TOP - STEP * number, cell)
        if cut is None:
            return
        for left, cell in zip((LABELS, *FIGURES), cut, strict=False):
            for tall in regex.finditer(r"[\p{Lu}\p{N}hit]+", cell):
                at = left + canvas.stringWidth(cell[: tall.start()], "Helvetica", 12)
                canvas.drawString(at, cut_at, tall[0])

    return drawn


ROWS: Sequence[Row] = (("Cash", "12,493", "10,203"), ("Short investments", "1,215", "846"))
MORE: Row = ("Receivables", "2,502", "2,241")
WHOLE = "Cash | 12,493 | 10,203\nShort investments | 1,215 | 846\nReceivables | 2,502 | 2,241"


def test_a_line_that_is_cut_at_the_end_of_a_page_is_read_on_the_next_one() -> None:
    cut = page(ROWS[0], cut=ROWS[1], cut_at=ROWS_TOP - STEP)
    assert read(draw(cut, page(ROWS[1], MORE))) == WHOLE


def test_a_line_that_is_cut_at_the_start_of_a_page_is_read_on_the_page_before() -> None:
    def second(canvas: Canvas) -> None:
        page(cut=ROWS[1], cut_at=ROWS_TOP + STEP)(canvas)
        page(MORE)(canvas)

    assert read(draw(page(*ROWS), second)) == WHOLE


def test_a_cut_line_is_found_above_a_footer() -> None:
    def first(canvas: Canvas) -> None:
        page(ROWS[0], cut=ROWS[1], cut_at=BOTTOM + 30)(canvas)
        canvas.drawString(LABELS, BOTTOM, "Commission of Inquiry into the dam")
        canvas.drawString(FIGURES[1], BOTTOM - STEP, "7 of 9")

    text = read(draw(first, page(ROWS[1], MORE)))
    assert "1 215" not in text
    assert "Short investments | 1,215 | 846\nReceivables" in text


@pytest.mark.parametrize(
    ("last", "following"),
    [
        # The beginning of a name, of a number, or other words.
        *(("Niger", "Nigeria"), ("Peru", "Perugia"), ("Guinea", "Guinea-Bissau"), ("2019", "2019/20")),
        *(("Section 1", "Section 1.1 Scope"), ("Note 1", "Note 10 of the list")),
        *(("Short | 1,215", "Short boots | 1,215"), ("Short 1,215", "Short investments 1,215")),
        *(("Total 1,215", "Short investments 1,215"), ("Sit", "Short investments it")),
    ],
)
def test_a_line_that_is_no_part_of_its_neighbour_stays(last: str, following: str) -> None:
    for before, after in ((last, following), (following, last)):
        rows = [tuple(line.split(" | ")) for line in ("The reports", before, after, "And more")]
        text = read(draw(page(*rows[:2]), page(*rows[2:])))
        assert text.replace("|", "").split() == " ".join(cell for row in rows for cell in row).split()
