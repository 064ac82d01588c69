"""Running titles and page numbers are not part of a PDF's text; headings and tables are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table

from index.loaders.pdf.document import read_pdf
from tests.support.pdf_files import PATH, build, column, draw, read

TEXTS = (
    "The engineer asked for permission to sound the sirens and got",
    "no answer before the gate failed. The commission heard of it",
    "in April, when the logs of the dam were read by its members.",
    "None of them had been seen by the Authority.",
    "Two inspections were put off.",
    "Both times the form gives the budget as the reason.",
)


def page(
    text: str, head: str | None = None, foot: str | None = None, *, height: float = 28.5 * cm
) -> Callable[[Canvas], None]:
    """A page with a running title and a footer."""

    def drawn(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        if head:
            canvas.drawString(2 * cm, height, head)
        if foot:
            canvas.drawCentredString(A4[0] / 2, 1.2 * cm, foot)
        canvas.setFont("Helvetica", 12)
        canvas.drawString(2 * cm, 25 * cm, text)

    return drawn


def numbered(texts: Sequence[str], head: str, foot: str, first: int = 1) -> bytes:
    """Pages whose running title and footer contain the number of the page."""
    return draw(
        *[page(text, head.format(number), foot.format(number)) for number, text in enumerate(texts, first)]
    )


@pytest.mark.parametrize(
    ("head", "foot"),
    [
        ("Commission of Inquiry", "{}"),
        ("Why gate 3 failed, page {}", "– {} –"),
        ("Report 2025/07", "Page {} of 9"),
        ("{}", "Commission of Inquiry into the Maravel Dam, Tessaveld"),
    ],
)
def test_a_sentence_goes_on_over_running_titles_and_page_numbers(head: str, foot: str) -> None:
    document = read_pdf(numbered(TEXTS[:3], head, foot), PATH)
    assert document.text == " ".join(TEXTS[:3])
    assert document.page_starts == (0, len(TEXTS[0]) + 1, len(TEXTS[0]) + len(TEXTS[1]) + 2)


def test_titles_of_left_and_right_pages_run_on_every_other_page() -> None:
    heads = ("The Maravel Dam", "Interim report") * 3
    data = draw(*[page(text, head) for text, head in zip(TEXTS, heads, strict=True)])
    assert read(data) == " ".join(TEXTS[:3]) + "\n\n" + "\n\n".join(TEXTS[3:])


def test_page_numbers_in_roman_numerals_are_left_out() -> None:
    data = draw(*[page(text, foot=foot) for text, foot in zip(TEXTS, ("ii", "iii", "iv", "v"), strict=False)])
    assert read(data) == " ".join(TEXTS[:3]) + "\n\n" + TEXTS[3]


@pytest.mark.parametrize(
    "number", ["3", "Page 3 of 9", "– 3 –", "- 3 -", "3/9", "Seite 3 von 9", "iv", "p. 3"]
)
def test_a_single_page_gives_up_nothing_but_its_number(number: str) -> None:
    assert (
        read(draw(page(TEXTS[0], "Commission of Inquiry", number))) == f"Commission of Inquiry\n\n{TEXTS[0]}"
    )


@pytest.mark.parametrize("foot", ["2025", "3 gates", "Table 3", "Annex B"])
def test_lines_of_a_single_page_that_are_not_page_numbers_stay(foot: str) -> None:
    assert read(draw(page(TEXTS[0], foot=foot))) in {f"{TEXTS[0]}\n\n{foot}", f"{foot}\n\n{TEXTS[0]}"}


def test_two_pages_with_the_same_title_keep_it() -> None:
    data = draw(page(TEXTS[3], "Commission of Inquiry"), page(TEXTS[4], "Commission of Inquiry"))
    assert read(data).count("Commission of Inquiry") == 2


def test_headings_with_numbers_that_do_not_count_pages_stay() -> None:
    heads = ("Annex 1", "Annex 2", "Annex 4", "Annex 7", "Annex 8")
    data = draw(*[page(TEXTS[3], head) for head in heads])
    assert [block for block in read(data).split("\n\n") if block.startswith("Annex")] == list(heads)


def test_chapters_of_one_page_each_keep_their_headings() -> None:
    data = draw(*[page(TEXTS[3], f"Chapter {number}", str(number)) for number in range(1, 5)])
    assert read(data) == "\n\n".join(f"Chapter {number}\n\n{TEXTS[3]}" for number in range(1, 5))


def test_the_same_words_at_different_heights_stay() -> None:
    heights = (28.5, 27.8, 28.2, 27.5)
    data = draw(*[page(text, "Findings", height=at * cm) for text, at in zip(TEXTS, heights, strict=False)])
    assert read(data).count("Findings") == 4


def test_a_heading_in_large_letters_stays_on_every_page() -> None:
    def slide(text: str) -> Callable[[Canvas], None]:
        def drawn(canvas: Canvas) -> None:
            canvas.setFont("Helvetica-Bold", 24)
            canvas.drawString(2 * cm, 28 * cm, "Findings")
            canvas.setFont("Helvetica", 12)
            for number in range(5):
                canvas.drawString(2 * cm, 24 * cm - 14 * number, text)

        return drawn

    assert read(draw(*[slide(text) for text in TEXTS[3:6]])).count("Findings") == 3


def test_the_headings_of_a_table_that_goes_on_stay_on_every_page() -> None:
    rows = [["District", "March"], *[[f"District {number}", f"{number},480"] for number in range(120)]]
    text = read(build(Table(rows, colWidths=[5 * cm, 4 * cm], repeatRows=1), topMargin=cm))
    assert text.count("District | March") == 4
    assert text.startswith("District | March\nDistrict 0 | 0,480\n")


def test_pages_that_have_nothing_else_keep_their_titles() -> None:
    only = draw(*[page("", "Commission of Inquiry", str(number)) for number in range(1, 4)])
    assert read(only).count("Commission of Inquiry") == 3
    between = draw(
        page(TEXTS[3], "Commission of Inquiry"),
        page("", "Commission of Inquiry", "2"),
        page(TEXTS[4], "Commission of Inquiry"),
    )
    document = read_pdf(between, PATH)
    assert document.text == f"{TEXTS[3]}\n\nCommission of Inquiry\n\n{TEXTS[4]}"
    assert document.page_at(document.text.index("Commission")) == 2


def test_a_document_of_a_number_keeps_it() -> None:
    assert read(draw(column("3"))) == "3"
