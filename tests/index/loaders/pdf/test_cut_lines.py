"""A line that a browser prints on two pages, clipped on one of them, is read once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import regex
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from tests.support.pdf_files import draw, read

LEFT, FIGURES, LEADING = 60.0, (300.0, 380.0), 16.0
TOP, BOTTOM = A4[1] - 60, 60.0

Row = tuple[str, ...]


def page(*rows: Row, cut: Row | None = None, cut_at: float = 0.0) -> Callable[[Canvas], None]:
    """A page with rows from its top; of the row ``cut``, only the tall characters are there."""

    def drawn(canvas: Canvas) -> None:
        for number, row in enumerate(rows):
            for left, cell in zip((LEFT, *FIGURES), row, strict=False):
                canvas.drawString(left, TOP - LEADING * number, cell)
        if cut is None:
            return
        for left, cell in zip((LEFT, *FIGURES), cut, strict=False):
            for tall in regex.finditer(r"[\p{Lu}\p{N}hit]+", cell):
                at = left + canvas.stringWidth(cell[: tall.start()], "Helvetica", 12)
                canvas.drawString(at, cut_at, tall[0])

    return drawn


ROWS: Sequence[Row] = (("Cash", "12,493", "10,203"), ("Short investments", "1,215", "846"))
MORE: Row = ("Receivables", "2,502", "2,241")
WHOLE = "Cash | 12,493 | 10,203\nShort investments | 1,215 | 846\nReceivables | 2,502 | 2,241"


def test_a_line_that_is_cut_at_the_end_of_a_page_is_read_on_the_next_one() -> None:
    cut = page(ROWS[0], cut=ROWS[1], cut_at=TOP - LEADING)
    assert read(draw(cut, page(ROWS[1], MORE))) == WHOLE


def test_a_line_that_is_cut_at_the_start_of_a_page_is_read_on_the_page_before() -> None:
    def second(canvas: Canvas) -> None:
        page(cut=ROWS[1], cut_at=TOP + LEADING)(canvas)
        page(MORE)(canvas)

    assert read(draw(page(*ROWS), second)) == WHOLE


def test_a_cut_line_is_found_above_a_footer() -> None:
    def first(canvas: Canvas) -> None:
        page(ROWS[0], cut=ROWS[1], cut_at=BOTTOM + 30)(canvas)
        canvas.drawString(LEFT, BOTTOM, "Commission of Inquiry into the dam")
        canvas.drawString(FIGURES[1], BOTTOM - LEADING, "7 of 9")

    text = read(draw(first, page(ROWS[1], MORE)))
    assert "1 215" not in text
    assert "Short investments | 1,215 | 846\nReceivables" in text


@pytest.mark.parametrize(
    ("last", "following"),
    [
        pytest.param("Niger", "Nigeria", id="the beginning of a name"),
        pytest.param("Peru", "Perugia", id="the beginning of a name with other letters at its end"),
        pytest.param("Short | 1,215", "Short boots | 1,215", id="a row with a shorter label"),
        pytest.param("Guinea", "Guinea-Bissau", id="the beginning of a name with a hyphen"),
        pytest.param("Section 1", "Section 1.1 Scope", id="a number of a section"),
        pytest.param("Note 1", "Note 10 of the list", id="a number of a note"),
        pytest.param("2019", "2019/20", id="a year"),
        pytest.param("Short 1,215", "Short investments 1,215", id="whole words"),
        pytest.param("Total 1,215", "Short investments 1,215", id="other words"),
        pytest.param("Sit", "Short investments it", id="the same letters at other places"),
    ],
)
def test_a_line_that_is_no_part_of_its_neighbour_stays(last: str, following: str) -> None:
    for before, after in ((last, following), (following, last)):
        rows = [tuple(line.split(" | ")) for line in ("The reports", before, after, "And more")]
        text = read(draw(page(*rows[:2]), page(*rows[2:])))
        assert text.replace("|", "").split() == " ".join(cell for row in rows for cell in row).split()
