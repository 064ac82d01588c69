"""The number that is printed on a page is known beside the number of its sheet."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from reportlab.pdfgen.canvas import Canvas

from index.loaders.pdf.document import read_pdf
from tests.index.loaders.pdf.test_running_heads import page
from tests.support.pdf_files import PATH, draw

TEXT = "Two inspections were put off."


def labels(feet: Sequence[str | None]) -> tuple[str | None, ...]:
    return read_pdf(draw(*[page(TEXT, foot=foot) for foot in feet]), PATH).page_labels


@pytest.mark.parametrize(
    ("feet", "printed"),
    [
        ((None, None, "1", "2", "3"), (None, None, "1", "2", "3")),
        (("i", "ii", "iii", "1", "2"), ("i", "ii", "iii", "1", "2")),
        ((None, "Page 1 of 9", None, "Page 3 of 9", "Page 4 of 9"), (None, "1", "2", "3", "4")),
        (("3-11", "3-12", "3-13", "4-1", "4-2"), ("3-11", "3-12", "3-13", "4-1", "4-2")),
        (("Annual report | 7", "8 | Annual report", "Annual report | 9"), ("7", "8", "9")),
        (("1 | 2", "3 | 4", "5 | 6"), ("1–2", "3–4", "5–6")),
        (("5", "9", "6", "2"), ()),
        (("7", "8", None), ()),
        (("1", "2", "3", None, "9", "10", "11"), ("1", "2", "3", None, "9", "10", "11")),
    ],
)  # fmt: skip
def test_printed_numbers_that_count_up_with_the_sheets_are_labels(
    feet: Sequence[str | None], printed: tuple[str | None, ...]
) -> None:
    assert labels(feet) == printed


def test_rows_of_tables_at_the_foot_are_no_page_numbers() -> None:
    assert labels(("41 | 1", "70 | 2", "12 | 3", "55 | 90", "8 | 27", "93 | 16", "30 | 64")) == ()


def labelled(feet: Sequence[str | None], start: int) -> tuple[str | None, ...]:
    """With labels in the file, from ``start``."""

    def first(canvas: Canvas) -> None:
        canvas.addPageLabel(0, style="ARABIC", start=start)
        page(TEXT, foot=feet[0])(canvas)

    return read_pdf(draw(first, *[page(TEXT, foot=foot) for foot in feet[1:]]), PATH).page_labels


def test_labels_of_the_file_count_where_nothing_is_printed() -> None:
    assert labelled((None, None, None), 33) == ("33", "34", "35")
    assert labelled((None, None, None), 1) == ()


def test_labels_of_a_file_of_parts_of_others_do_not_count() -> None:
    def labelled_each(canvas: Canvas) -> None:
        for sheet, start in enumerate((9, 3, 12, 12, 1)):
            canvas.addPageLabel(sheet, style="ARABIC", start=start)
        page(TEXT)(canvas)

    assert read_pdf(draw(labelled_each, *[page(TEXT)] * 4), PATH).page_labels == ()


def test_labels_of_the_file_fill_in_only_what_agrees_with_the_printed_numbers() -> None:
    assert labelled((None, "34", "35", "36"), 33) == ("33", "34", "35", "36")
    assert labelled((None, "34", "35", "36"), 7) == (None, "34", "35", "36")
