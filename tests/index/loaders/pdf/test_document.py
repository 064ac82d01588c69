"""A PDF's text layer becomes paragraphs, items and rows, with the offset of each page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib import pdfencrypt
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import cm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, Table

from index.documents import Section
from index.errors import LoadError
from index.loaders import LoadingLimits, Options
from index.loaders.pdf.document import MAX_BOOKMARKS, READ_PICTURES, read_pdf
from index.loaders.pdf.paragraphs import joined
from index.loaders.pdf.text import unplaced
from tests.support.examples import up_to
from tests.support.pdf_files import FIRST, PATH, SECOND, STYLES, body, build, column, draw, read


@pytest.mark.parametrize("alignment", [0, 4], ids=["ragged", "justified"])
def test_the_lines_of_a_paragraph_are_one_line(alignment: int) -> None:
    style = STYLES["BodyText"].clone("set", alignment=alignment)
    data = build(Paragraph(FIRST, style), Paragraph(SECOND, style))
    assert read(data) == f"{FIRST}\n\n{SECOND}"


def test_a_heading_is_a_separate_block() -> None:
    heading = "The engineer asked for permission to sound the sirens, and nobody answered him for a long time"
    bold = f"<b>{heading}</b>"
    data = build(Paragraph("1. Summary", STYLES["Heading2"]), body(FIRST), body(bold), body(SECOND))
    assert read(data) == f"1. Summary\n\n{FIRST}\n\n{heading}\n\n{SECOND}"


def test_a_bold_heading_right_above_its_text_is_apart_from_it() -> None:
    def page(canvas: Canvas) -> None:
        for number, (font, line) in enumerate(
            [
                ("Helvetica-Bold", "What the commission found about the gate and its steel pin"),
                ("Helvetica", "The pin had rusted through entirely, and the gate was torn"),
                ("Helvetica", "from its bearings."),
            ]
        ):
            canvas.setFont(font, 11)
            canvas.drawString(2 * cm, 25 * cm - 13 * number, line)

    assert read(draw(page)) == (
        "What the commission found about the gate and its steel pin\n\n"
        "The pin had rusted through entirely, and the gate was torn from its bearings."
    )


def test_a_paragraph_goes_on_in_lower_case_after_initials() -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(2 * cm, 25 * cm, "• Sales rose in most markets of the group, led by the U.K.")
        canvas.drawString(2.5 * cm, 25 * cm - 13, "and Germany.")

    assert read(draw(page)) == "• Sales rose in most markets of the group, led by the U.K. and Germany."


def test_short_lines_stay_apart() -> None:
    data = draw(column("Ansel Korran", "Commission of Inquiry into the Maravel Dam", "Tessaveld", FIRST[:80]))
    assert read(data).split("\n\n")[:3] == [
        "Ansel Korran",
        "Commission of Inquiry into the Maravel Dam",
        "Tessaveld",
    ]


def test_items_begin_blocks_and_their_lines_are_joined() -> None:
    data = draw(
        column(
            "• the engineer on duty asked for permission to sound the",
            "sirens 45 minutes before the gate failed",
            "• nobody answered him, and the sirens at Harlamoor were",
            "heard 45 minutes after",
            "2. a levee broke at Pellan",
        )
    )
    assert read(data) == (
        "• the engineer on duty asked for permission to sound the sirens 45 minutes before the gate failed"
        "\n\n"
        "• nobody answered him, and the sirens at Harlamoor were heard 45 minutes after\n\n"
        "2. a levee broke at Pellan"
    )


def test_a_figure_at_the_start_of_a_line_is_no_item() -> None:
    data = draw(
        column(
            "The cost of rebuilding the valley is put by the ministry at", "1.5 billion tals over five years."
        )
    )
    assert (
        read(data)
        == "The cost of rebuilding the valley is put by the ministry at 1.5 billion tals over five years."
    )


def test_a_row_of_a_table_is_a_line_of_cells() -> None:
    rows = [["District", "March", "May"], ["Quell Delta", "2,480", "4,980"], ["Pellan", "310", "1,100"]]
    data = build(body(FIRST), Table(rows, colWidths=[5 * cm, 4 * cm, 4 * cm]), body(SECOND))
    assert read(data) == (
        f"{FIRST}\n\nDistrict | March | May\nQuell Delta | 2,480 | 4,980\nPellan | 310 | 1,100\n\n{SECOND}"
    )


def test_a_word_divided_at_a_lines_end_is_made_whole() -> None:
    data = draw(
        column(
            "The engineer on duty asked for permission to sound the war-",
            "ning sirens long before, in a well-",
            "known way that is well-known, and for Lorvenna-",
            "Isken too.",
        )
    )
    assert "the warning sirens long before" in read(data)
    assert "in a well-known way that is well-known" in read(data)
    assert "Lorvenna-Isken too." in read(data)


@pytest.mark.parametrize(
    ("line", "following", "known", "whole"),
    [
        ("the war-", "ning came", set(), "the warning came"),
        ("a well-", "known way", {"well-known"}, "a well-known way"),
        ("of high-", "dimensional kind", {"high", "dimensional"}, "of high-dimensional kind"),
        ("to a d-", "dimensional vector", set(), "to a d-dimensional vector"),
        ("the Analyst-in-", "charge", set(), "the Analyst-in-charge"),
        ("and with-", "out it", {"with", "out", "without"}, "and without it"),
        ("in 2019-", "2020 it", set(), "in 2019- 2020 it"),
        ("Lorvenna-", "Isken", set(), "Lorvenna-Isken"),
        ("the dam—", "and the gate", set(), "the dam—and the gate"),
        ("逮捕された容疑者", "の国籍", set(), "逮捕された容疑者の国籍"),
        ("the gate ", "failed", set(), "the gate failed"),
    ],
)
def test_two_lines_are_joined_as_their_words_ask(
    line: str, following: str, known: set[str], whole: str
) -> None:
    assert joined(unplaced(line), unplaced(following), frozenset(known)).text == whole


def test_a_raised_figure_does_not_run_into_the_figure_before_it() -> None:
    data = build(body("Rebuilding will cost 2,500<super>2</super> million tals, said the ministry."))
    assert read(data) == "Rebuilding will cost 2,500² million tals, said the ministry."


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_rotated_page_is_read_as_shown(rotation: int) -> None:
    """A landscape table is often set on an upright page with a rotation."""

    def page(canvas: Canvas) -> None:
        canvas.setPageRotation(rotation)
        canvas.translate(*{0: (0, 0), 90: (A4[1], 0), 180: A4, 270: (0, A4[0])}[rotation])
        canvas.rotate(rotation)
        for number, row in enumerate([("District", "March"), ("Quell Delta", "2,480"), ("Pellan", "310")]):
            canvas.drawString(3 * cm, 12 * cm - 14 * number, row[0])
            canvas.drawString(9 * cm, 12 * cm - 14 * number, row[1])

    assert read(draw(page)) == "District | March\nQuell Delta | 2,480\nPellan | 310"


def test_characters_outside_the_page_are_left_out() -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(2 * cm, 20 * cm, "Gate 3 failed.")
        canvas.drawString(2 * cm, A4[1] + 3 * cm, "sheet 12, black")

    assert read(draw(page)) == "Gate 3 failed."


def test_each_page_begins_where_its_words_do() -> None:
    document = read_pdf(build(body(FIRST), PageBreak(), body(SECOND), PageBreak(), body("Annex.")), PATH)
    assert document.text == f"{FIRST}\n\n{SECOND}\n\nAnnex."
    assert document.page_starts == (0, len(FIRST) + 2, len(FIRST) + len(SECOND) + 4)
    assert [document.page_at(document.text.index(words)) for words in ("Gate 3", "sirens 45", "Annex")] == [
        1,
        2,
        3,
    ]


def test_an_empty_page_counts() -> None:
    data = draw(column("Gate 3."), lambda canvas: canvas.line(0, 0, 9, 9), column("Gate 4."))
    document = read_pdf(data, PATH)
    assert document.page_starts == (0, 7, 9)
    assert document.page_at(document.text.index("Gate 4")) == 3


def test_a_sentence_goes_on_over_the_page() -> None:
    document = read_pdf(draw(column("The engineer asked for"), column("permission.")), PATH)
    assert document.text == "The engineer asked for permission."
    assert document.page_starts == (0, 23)


def test_properties_of_the_file_are_metadata() -> None:
    document = read_pdf(build(body(FIRST), title="Why gate 3 failed", author="Commission of Inquiry"), PATH)
    assert (document.title, document.author) == ("Why gate 3 failed", "Commission of Inquiry")
    assert document.publisher is None
    assert document.origins == dict.fromkeys(("title", "author", "published"), "document properties")
    assert (document.published, document.language, document.kind) == ("2000-01-01", "en", "pdf")


def test_without_a_title_the_largest_words_of_the_first_page_are_it() -> None:
    title = Paragraph("Why gate 3 failed", STYLES["Title"])
    data = build(body("Tessaveld"), title, body(FIRST), title="draft.docx")
    document = read_pdf(data, PATH)
    assert (document.title, document.origins["title"]) == ("Why gate 3 failed", "page")
    document = read_pdf(build(body(FIRST)), PATH)
    assert (document.title, document.author) == ("inquiry", None)
    assert document.origins == {"title": "file name", "published": "document properties"}


def test_a_password_is_an_error() -> None:
    data = draw(column("Gate 3"), encrypt=pdfencrypt.StandardEncryption("secret", canPrint=1))
    with pytest.raises(LoadError) as error:
        read(data)
    assert (
        str(error.value) == "inquiry.pdf: is encrypted and needs a password; save a copy without a password"
    )


def test_encryption_that_everybody_may_open_is_no_error() -> None:
    data = draw(column("Gate 3 failed."), encrypt=pdfencrypt.StandardEncryption("", "owner", canPrint=1))
    assert read(data) == "Gate 3 failed."


@pytest.mark.parametrize(("pages", "cause"), [(1, "1 scanned page"), (2, "2 scanned pages")])
def test_pages_of_pictures_are_an_error(pages: int, cause: str) -> None:
    with pytest.raises(LoadError) as error:
        read(draw(*[lambda canvas: canvas.rect(0, 0, 99, 99)] * pages))
    assert str(error.value) == f"inquiry.pdf: has no text layer ({cause}); {READ_PICTURES}"


def test_a_broken_structure_is_an_error() -> None:
    with pytest.raises(LoadError, match="is broken: its structure cannot be read"):
        read(b"%PDF-1.7\n" + b"\x00\x01\x02" * 100)


def test_another_format_than_pdf_is_named() -> None:
    with pytest.raises(LoadError, match=r"is named \.pdf but seems to be a PNG picture"):
        read(b"\x89PNG\r\n\x1a\n" + bytes(99))


def test_several_threads_may_read_at_once() -> None:
    files = [build(body(f"Report {number}. {FIRST}"), PageBreak(), body(SECOND)) for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        texts = list(threads.map(read, files * 3))
    assert texts == [f"Report {number}. {FIRST}\n\n{SECOND}" for number in range(6)] * 3


@settings(max_examples=up_to(50))
@given(st.lists(st.from_regex(r"[A-Za-z]{1,14}[,;]?", fullmatch=True), min_size=1, max_size=250))
def test_the_words_of_a_paragraph_come_out_in_order_and_whole(words: list[str]) -> None:
    assert read(build(body(" ".join(words)))).split() == words


LOCKED = draw(column("Gate 3 failed."), encrypt=pdfencrypt.StandardEncryption("secret", "owner", canPrint=1))


@pytest.mark.parametrize("passwords", [("secret",), ("wrong", "secret"), ("owner",), ("", "wörng", "secret")])
def test_passwords_are_tried_in_turn(passwords: tuple[str, ...]) -> None:
    assert read_pdf(LOCKED, PATH, Options(passwords=passwords)).text == "Gate 3 failed."


@pytest.mark.parametrize(
    ("passwords", "cause"),
    [
        (("wrong",), "is encrypted, and the password given does not open it"),
        (("wrong", "false"), "is encrypted, and none of the 2 passwords given opens it"),
    ],
)
def test_a_wrong_password_is_named(passwords: tuple[str, ...], cause: str) -> None:
    with pytest.raises(LoadError) as error:
        read_pdf(LOCKED, PATH, Options(passwords=passwords))
    assert str(error.value) == f"inquiry.pdf: {cause}; give its password, or save a copy without one"


def test_a_password_that_is_not_needed_is_no_error() -> None:
    assert read_pdf(draw(column("Gate 3.")), PATH, Options(passwords=("secret",))).text == "Gate 3."


def test_more_pages_than_are_read_are_refused() -> None:
    data = draw(*[column(f"Page about gate {number}.") for number in range(3)])
    assert len(read_pdf(data, PATH, Options(limits=LoadingLimits(pages=3))).page_starts) == 3
    with pytest.raises(LoadError) as error:
        read_pdf(data, PATH, Options(limits=LoadingLimits(pages=2)))
    assert str(error.value) == ("inquiry.pdf: has 3 pages, more than the limit of 2; split it into parts")


def picture(canvas: Canvas) -> None:
    """Draw a scanned page."""
    file = io.BytesIO()
    Image.new("L", (40, 60), 128).save(file, "PNG")
    canvas.drawImage(ImageReader(file), 0, 0, *A4)


def test_pages_that_are_pictures_are_listed() -> None:
    def blank(canvas: Canvas) -> None:
        canvas.line(0, 0, 9, 9)

    def illustrated(canvas: Canvas) -> None:
        picture(canvas)
        column("Gate 4 held.")(canvas)

    document = read_pdf(draw(column("Gate 3 failed."), picture, blank, illustrated, picture), PATH)
    assert document.text == "Gate 3 failed.\n\nGate 4 held."
    assert document.unread_pages == (2, 5)
    assert len(document.layouts) == len(document.page_starts) == 5


def test_a_picture_inside_a_form_is_a_picture() -> None:
    def page(canvas: Canvas) -> None:
        canvas.beginForm("scan")
        picture(canvas)
        canvas.endForm()
        canvas.doForm("scan")

    assert read_pdf(draw(column("Gate 3 failed."), page), PATH).unread_pages == (2,)


def test_the_error_of_a_scanned_file_says_how_to_read_it() -> None:
    with pytest.raises(LoadError) as error:
        read_pdf(draw(picture, picture), PATH)
    assert str(error.value) == f"inquiry.pdf: has no text layer (2 scanned pages); {READ_PICTURES}"
    assert "setting ocr" in READ_PICTURES
    assert "program tesseract" in READ_PICTURES


def test_real_files_that_anybody_may_open_or_nobody(evaluation_data: Path) -> None:
    broken = evaluation_data / "documents" / "broken"
    document = read_pdf((broken / "pdf_encrypted.pdf").read_bytes(), broken / "pdf_encrypted.pdf")
    assert document.text.startswith("Placeholder Documentation\n\nThis document is a placeholder for")
    locked = broken / "password.pdf"
    with pytest.raises(LoadError, match="is encrypted and needs a password"):
        read_pdf(locked.read_bytes(), locked)
    opened = read_pdf(locked.read_bytes(), locked, Options(passwords=("secret", "password")))
    assert opened.text == "File with password"
    with pytest.raises(LoadError, match=r"has no text layer \(1 scanned page\)"):
        read_pdf((broken / "file_scanned.pdf").read_bytes(), broken / "file_scanned.pdf")


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
