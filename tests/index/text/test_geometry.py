"""A span has a rectangle for each of its lines on a page, and none for characters without a place."""

from __future__ import annotations

import struct
import time

from index.documents import Document, PageLayout, Span
from index.text.geometry import Box, boxes


def layout(*characters: tuple[int, int, int, int]) -> PageLayout:
    """A page of A4 with characters at these places, in quarters of a point."""
    return PageLayout(595, 842, b"".join(struct.pack("<4H", *box) for box in characters))


def word(text: str, left: int, top: int) -> list[tuple[int, int, int, int]]:
    """The places of a word's characters, 20 by 40 quarters of a point each; blanks and bars have none."""
    return [
        (0, 0, 0, 0) if character in " |\n" else (left + 20 * number, top, left + 20 * number + 20, top + 40)
        for number, character in enumerate(text)
    ]


def test_a_span_on_one_line_is_one_rectangle() -> None:
    text = "Gate 3 failed."
    document = Document(text, "t", "pdf", page_starts=(0,), layouts=(layout(*word(text, 400, 800)),))
    assert boxes(document, Span(0, 14)) == (Box(1, 100, 200, 170, 210),)
    assert boxes(document, Span(5, 6)) == (Box(1, 125, 200, 130, 210),)
    assert boxes(document, Span(4, 5)) == ()


def test_a_span_over_lines_has_a_rectangle_for_each() -> None:
    text = "Gate 3 failed."
    places = [*word("Gate 3 ", 400, 800), *word("failed.", 400, 840)]
    document = Document(text, "t", "pdf", page_starts=(0,), layouts=(layout(*places),))
    assert boxes(document, Span(0, 14)) == (Box(1, 100, 200, 130, 210), Box(1, 100, 210, 135, 220))


def test_a_raised_figure_belongs_to_its_line() -> None:
    places = [*word("2,500", 400, 800), (500, 792, 510, 816)]
    document = Document("2,500²", "t", "pdf", page_starts=(0,), layouts=(layout(*places),))
    assert boxes(document, Span(0, 6)) == (Box(1, 100, 198, 127.5, 210),)


def test_words_written_from_the_right_are_one_line() -> None:
    places = [(600 - 20 * number, 800, 620 - 20 * number, 840) for number in range(4)]
    document = Document("שלום", "t", "pdf", page_starts=(0,), layouts=(layout(*places),))
    assert boxes(document, Span(0, 4)) == (Box(1, 135, 200, 155, 210),)


def test_the_cells_of_a_row_are_one_line_and_columns_are_two() -> None:
    places = [*word("Pellan", 400, 800), *word(" | ", 0, 0), *word("310", 1200, 800)]
    document = Document("Pellan | 310", "t", "pdf", page_starts=(0,), layouts=(layout(*places),))
    assert boxes(document, Span(0, 12)) == (Box(1, 100, 200, 315, 210),)
    places = [*word("Pellan", 400, 800), *word("   ", 0, 0), *word("310", 1200, 800)]
    document = Document("Pellan   310", "t", "pdf", page_starts=(0,), layouts=(layout(*places),))
    assert boxes(document, Span(0, 12)) == (Box(1, 100, 200, 130, 210), Box(1, 300, 200, 315, 210))


def test_a_span_goes_on_over_pages_empty_ones_among_them() -> None:
    text = "asked for permission."
    pages = (layout(*word("asked for ", 400, 800)), layout(), layout(*word("permission.", 400, 80)))
    document = Document(text, "t", "pdf", page_starts=(0, 10, 10), layouts=pages)
    assert boxes(document, Span(6, 14)) == (Box(1, 130, 200, 145, 210), Box(3, 100, 20, 120, 30))
    assert boxes(document, Span(10, 11)) == (Box(3, 100, 20, 105, 30),)
    assert boxes(document, Span(10, 10)) == ()


def test_a_document_without_layouts_has_no_places() -> None:
    assert boxes(Document("Gate 3.", "t", "text"), Span(0, 7)) == ()


def test_a_thousand_pages_take_no_longer_than_one() -> None:
    line = "The engineer asked. " * 150
    page = layout(*[place for _ in range(150) for place in word(line[:20], 400, 800)])
    starts = tuple(range(0, 1000 * len(line), len(line)))
    document = Document(line * 1000, "t", "pdf", page_starts=starts, layouts=(page,) * 1000)
    before = time.perf_counter()
    for start in range(0, len(document.text), 10 * len(line)):
        assert boxes(document, Span(start, start + 12)) == (Box(start // len(line) + 1, 100, 200, 160, 210),)
    assert time.perf_counter() - before < 1
