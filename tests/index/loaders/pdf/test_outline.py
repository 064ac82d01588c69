"""The bookmarks of a PDF are sections of its text."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas

from index.documents import Section
from index.loaders.pdf.document import MAX_BOOKMARKS, read_pdf
from tests.support.pdf_files import FIRST, PATH, SECOND, column, draw

HEADINGS = (("1 Summary", 0), ("What went wrong", 1), ("2 Costs", 0))


def page(*marked: tuple[str, int], **place: object) -> Callable[[Canvas], None]:
    """A page with headings 5 cm apart, each with a bookmark and a line of text below it."""

    def drawn(canvas: Canvas) -> None:
        for number, (heading, level) in enumerate(marked):
            bottom = 25 * cm - number * 5 * cm
            canvas.drawString(2 * cm, bottom, heading)
            canvas.drawString(2 * cm, bottom - 30, FIRST[:60])
            where = {"fit": "XYZ", "left": 0, "top": bottom + 20, **place}
            canvas.bookmarkPage(heading, **where)
            canvas.addOutlineEntry(heading, heading, level=level)

    return drawn


@pytest.mark.parametrize("fit", ["XYZ", "FitH", "Fit"])
def test_a_bookmark_is_a_section_that_begins_at_its_heading(fit: str) -> None:
    document = read_pdf(draw(page(*HEADINGS[:2], fit=fit), page(*HEADINGS[2:], fit=fit)), PATH)
    assert document.sections == tuple(
        Section(document.text.index(heading), level + 1, heading) for heading, level in HEADINGS
    )
    assert document.page_at(document.sections[2].start) == 2


def test_a_heading_that_is_worded_otherwise_is_found_by_its_place() -> None:
    def marked(canvas: Canvas) -> None:
        column("Why gate 3 failed", "and what was done", leading=120)(canvas)
        canvas.bookmarkPage("b", fit="XYZ", left=0, top=25 * cm - 120 + 14)
        canvas.addOutlineEntry("Measures", "b", level=0)

    document = read_pdf(draw(marked), PATH)
    assert document.sections == (Section(document.text.index("and what"), 1, "Measures"),)


def test_a_bookmark_without_a_place_leads_to_its_page() -> None:
    def marked(canvas: Canvas) -> None:
        column(SECOND[:46])(canvas)
        canvas.bookmarkPage("b", fit="Fit")
        canvas.addOutlineEntry("Annex", "b", level=0)

    document = read_pdf(draw(column("Gate 3 failed."), marked), PATH)
    assert document.sections == (Section(document.page_starts[1], 1, "Annex"),)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_place_on_a_turned_page_is_where_it_is_shown(rotation: int) -> None:
    def marked(canvas: Canvas) -> None:
        canvas.setPageRotation(rotation)
        canvas.drawString(300, 400, "Gate 3")
        canvas.drawString(100, 200, "Gate 4")
        canvas.bookmarkPage("b", fit="XYZ", left=100, top=212)
        canvas.addOutlineEntry("Later", "b", level=0)

    document = read_pdf(draw(marked), PATH)
    starts = [document.text.index(gate) for gate in ("Gate 3", "Gate 4")]
    assert document.sections[0].start in starts


def test_a_document_without_an_outline_has_no_sections() -> None:
    assert read_pdf(draw(column("Gate 3 failed.")), PATH).sections == ()


def test_titles_are_on_one_line_and_empty_ones_left_out() -> None:
    def marked(canvas: Canvas) -> None:
        column("Gate 3 failed.")(canvas)
        for number, title in enumerate(["Gate\n 3", " "]):
            canvas.bookmarkPage(str(number), fit="Fit")
            canvas.addOutlineEntry(title, str(number), level=0)

    assert [section.title for section in read_pdf(draw(marked), PATH).sections] == ["Gate 3"]


def test_an_outline_that_runs_in_a_circle_ends() -> None:
    data = draw(page(*HEADINGS))
    first = re.search(rb"/First (\d+ 0 R)", data)
    assert first
    circular = re.sub(rb"/Next \d+ 0 R", b"/Next " + first[1], data)
    titles = [section.title for section in read_pdf(circular, PATH).sections]
    assert 0 < len(titles) <= len(HEADINGS)


def test_more_bookmarks_than_are_read_are_left_out() -> None:
    def marked(canvas: Canvas) -> None:
        column("Gate 3 failed.")(canvas)
        for number in range(MAX_BOOKMARKS + 5):
            canvas.bookmarkPage(str(number), fit="Fit")
            canvas.addOutlineEntry(f"Entry {number}", str(number), level=0)

    sections = read_pdf(draw(marked), PATH).sections
    assert [section.title for section in sections] == [f"Entry {number}" for number in range(MAX_BOOKMARKS)]
