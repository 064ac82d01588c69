"""The title, publisher and date of a PDF are read from its first page, before its properties."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from textwrap import wrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph

from index.documents import Document
from index.loaders.metadata import MAX_TITLE_CHARACTERS
from index.loaders.pdf.document import read_pdf
from tests.support.examples import up_to
from tests.support.pdf_files import FIRST, PATH, SECOND, STYLES, body, build, column, draw

# The cover of a quarterly report.
COVER = [
    *("UNITED STATES", "SECURITIES AND EXCHANGE COMMISSION", "FORM 10-Q"),
    *("For the quarterly period ended June 30, 2023", "ISKEN POWER, INC."),
    *("(Exact name of registrant as specified in its charter)", "Tessaveld", "July 24, 2023"),
]
RELEASE = (
    "TESSAVELD, July 26, 2023 /PRNewswire/ -- Isken Power Inc. (NYSE: ISKP), which runs the Maravel Dam, "
    "today reported results for its second quarter ended June 30, 2023. Revenue was 310 million dollars. "
    "Isken Power Inc. expects as much "
    "of the third quarter. Isken Power Inc. runs three dams, and Isken Power Inc. employs 310 people."
)


def heading(text: str) -> Paragraph:
    return Paragraph(text, STYLES["Title"])


def small(text: str) -> Paragraph:
    return Paragraph(text, STYLES["Normal"])


def of_lines(*lines: tuple[str, int], **properties: str) -> Document:
    """A page of lines, each of its own size in points, one below the other."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=True)
    for name, value in properties.items():
        getattr(canvas, f"set{name.capitalize()}")(value)
    height = 780
    for text, size in lines:
        canvas.setFont("Helvetica", size)
        canvas.drawString(60, height, text)
        height -= round(1.3 * size) if text else 20
    canvas.save()
    return read_pdf(file.getvalue(), PATH)


def said_by(document: Document) -> Sequence[str | None]:
    return (document.title, document.publisher, document.published)


# Titles


TEXT = [(FIRST[:95], 10), (FIRST[95:190], 10)]
GAP = ("", 0)
LONG = [f"Report number {number} on the gates of the dam and on their pins" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("lines", "title", "publisher"),
    [
        # Lines of a title are joined, without what stands around it.
        (
            [
                *(("NEWS RELEASE", 26), ("Exhibit 99.1", 20), GAP, ("Isken Power Reports Third Quarter", 18)),
                *(("and Year-to-Date Results for Fiscal 2023", 18), GAP, ("5/25/2023", 9)),
                *(
                    ("Investors: Ada Varro, ada@isken.example", 16),
                    GAP,
                    (RELEASE[:90], 10),
                    (RELEASE[90:], 10),
                ),
            ],
            "Isken Power Reports Third Quarter and Year-to-Date Results for Fiscal 2023",
            "Isken Power Inc.",
        ),
        # A letterhead in larger letters names the publisher, or the office of the authors.
        (
            [("Ministry of Health", 24), GAP, ("Hospitals after the flood", 18), GAP, *TEXT],
            *("Hospitals after the flood", "Ministry of Health"),
        ),
        (
            [
                ("Hospitals after the flood", 18),
                ("University of Tessaveld", 12),
                GAP,
                *TEXT,
            ],
            *("Hospitals after the flood", "University of Tessaveld"),
        ),
        ([("Table 8.18 - Leading brands", 10), GAP, *TEXT], "Table 8.18 - Leading brands", None),
        ([*[(line, 16) for line in LONG], GAP, *TEXT], " ".join(LONG), None),
    ],
)
def test_the_title_and_the_publisher_are_told_by_size_and_place(
    lines: list[tuple[str, int]], title: str, publisher: str | None
) -> None:
    document = of_lines(*lines)
    assert (document.title, document.publisher) == (title, publisher)
    assert document.origins["title"] == "page"
    assert document.origins.get("publisher") == (publisher and "page")


@pytest.mark.parametrize(
    ("heads", "property_title", "title", "origin"),
    [
        *(
            ("Why gate 3 failed", said, "Why gate 3 failed", "page")
            for said in (
                *("0000764478-23-000041", "PFE - 07/02/2023 - EX. 99", "Exhibit 99.1 - 6.30.2023"),
                *("PGE-07.27.23-Press release", "Press release", "Another report on another dam"),
                *("Authority ask for an examination", "Why gate"),
            )
        ),
        ("WHY GATE 3 FAILED", "Why Gate 3 Failed", "Why Gate 3 Failed", "document properties"),
        # Without a title on the page, one of words is better than the name of the file.
        ("", "Why gate 3 of the dam failed", "Why gate 3 of the dam failed", "document properties"),
        *(("", said, "inquiry", "file name") for said in ("0000764478-23-000041", "Gate 3, 6.30.2023")),
    ],
)
def test_a_title_of_the_properties_is_believed_if_the_page_holds_it(
    heads: str, property_title: str, title: str, origin: str
) -> None:
    story = [small("Press release"), heading(heads), body(FIRST)] if heads else [body(SECOND)]
    document = read_pdf(build(*story, title=property_title), PATH)
    assert (document.title, document.origins["title"]) == (title, origin)


def test_a_page_with_few_words_does_not_hide_the_larger_heading_of_the_next() -> None:
    data = build(
        Paragraph("Map of Lorvenna", STYLES["Heading4"]),
        PageBreak(),
        heading("Policy after the flood"),
        body(FIRST),
    )
    assert read_pdf(data, PATH).title == "Policy after the flood"


def test_a_running_title_names_pages_that_were_cut_out_of_a_book() -> None:
    def page(number: int) -> Callable[[Canvas], None]:
        def drawn(canvas: Canvas) -> None:
            canvas.drawString(60, 800, "Rivers of Lorvenna")
            for row, words in enumerate(wrap((FIRST + SECOND * 2)[9 * number :], 80)):
                canvas.drawString(60, 760 - 14 * row, words)
            canvas.drawString(60, 40, str(number))

        return drawn

    assert read_pdf(draw(*map(page, (5, 6, 7))), PATH).title == "Rivers of Lorvenna"


# Forms


def test_a_form_is_named_by_its_registrant_and_period() -> None:
    pages = [column(*COVER), column("Isken Power, Inc. had 310 employees.", "Isken Power, Inc. sold power.")]
    document = read_pdf(draw(*pages), PATH)
    assert said_by(document) == (
        "Isken Power, Inc.: Form 10-Q for the quarterly period ended June 30, 2023",
        "Isken Power, Inc.",
        "2023-07-24",
    )
    assert document.origins == dict.fromkeys(("title", "publisher", "published"), "page")


# Publishers and dates


def test_a_news_release_names_its_company_and_its_day() -> None:
    document = read_pdf(build(small("NEWS RELEASE"), heading("Isken Power grows"), body(RELEASE)), PATH)
    assert said_by(document) == ("Isken Power grows", "Isken Power Inc.", "2023-07-26")
    assert document.origins == dict.fromkeys(("title", "publisher", "published"), "page")


def test_a_short_release_that_names_its_company_once_is_its_own() -> None:
    lead = "TESSAVELD - Isken Power Inc. today announced the results of its second quarter."
    document = of_lines(("Three dams and no flood", 18), GAP, ("July 26, 2023", 10), GAP, (lead, 10), *TEXT)
    assert document.publisher == "Isken Power Inc."


def test_a_person_on_the_line_above_is_no_part_of_a_publisher() -> None:
    authors = [("Ada Varro", 12), ("University of Tessaveld", 12)]
    document = of_lines(("Hospitals after the flood", 18), GAP, *authors, GAP, *TEXT)
    assert document.publisher == "University of Tessaveld"


def test_the_end_of_a_period_is_not_the_day_of_publication() -> None:
    period = "Results for the quarter ended June 30, 2023"
    document = read_pdf(build(heading("Isken Power grows"), small(period), body(FIRST)), PATH)
    assert document.published is None


def test_the_day_on_which_the_file_was_written_is_not_the_day_of_publication() -> None:
    chapter = of_lines(("Why gate 3 failed", 18), (FIRST[:90], 10))
    assert chapter.published is None
    dated = of_lines(("Why gate 3 failed", 18), ("July 18, 1999", 10), (FIRST[:90], 10))
    assert (dated.published, dated.origins["published"]) == ("1999-07-18", "page")


def test_the_day_that_is_printed_counts_before_the_year_in_the_title() -> None:
    lines = [("Isken Power Reports Results for Fiscal 1999", 24), GAP, ("December 14, 1999", 9), GAP, *TEXT]
    assert of_lines(*lines).published == "1999-12-14"


def test_an_author_that_is_an_organisation_on_the_page_is_the_publisher() -> None:
    story = [small("Commission of Inquiry, Tessaveld"), heading("Why gate 3 failed"), body(FIRST)]
    document = read_pdf(build(*story, author="Commission of Inquiry"), PATH)
    assert (document.publisher, document.author) == (
        "Commission of Inquiry",
        "Commission of Inquiry",
    )
    assert (document.origins["publisher"], document.origins["author"]) == ("page", "document properties")
    assert read_pdf(build(*story[1:], author="Commission of Inquiry"), PATH).publisher is None
    assert read_pdf(build(*story, author="Ada Varro"), PATH).publisher != "Ada Varro"


words = st.lists(
    st.text(st.sampled_from("abcdefgNRW0123.,:()-©/"), min_size=1, max_size=12), min_size=1, max_size=6
)


@settings(max_examples=up_to(60))
@given(st.lists(st.tuples(words.map(" ".join), st.sampled_from([8, 10, 14, 20])), min_size=1, max_size=12))
def test_what_the_page_is_said_to_state_is_on_it(lines: list[tuple[str, int]]) -> None:
    document = of_lines(("Gate", 10), *lines)
    shown = "".join(document.text.split()).replace("-", "")
    assert 0 < len(document.title) <= 2 * MAX_TITLE_CHARACTERS
    said = [document.title] if document.origins["title"] == "page" else []
    said += [document.publisher] if document.publisher else []
    assert [word for text in said for word in text.replace("-", "").split() if word not in shown] == []
