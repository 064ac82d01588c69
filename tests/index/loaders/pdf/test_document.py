"""A PDF's text layer becomes paragraphs, items and rows, with the offset of each page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
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
from reportlab.platypus import Paragraph

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
    story = Paragraph("1. Summary", STYLES["Heading2"]), body(FIRST), body(f"<b>{heading}</b>"), body(SECOND)
    assert read(build(*story)) == f"1. Summary\n\n{FIRST}\n\n{heading}\n\n{SECOND}"


def test_a_bold_heading_right_above_its_text_is_apart_from_it() -> None:
    heading = "What the commission found about the gate and its steel pin"
    lines = "The pin had rusted through entirely, and the gate was torn", "from its bearings."

    def page(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(2 * cm, 25 * cm, heading)
        canvas.setFont("Helvetica", 11)
        for number, line in enumerate(lines, 1):
            canvas.drawString(2 * cm, 25 * cm - 13 * number, line)

    assert read(draw(page)) == f"{heading}\n\n{' '.join(lines)}"


def test_a_paragraph_goes_on_in_lower_case_after_initials() -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(2 * cm, 25 * cm, "• Sales rose in most markets of the group, led by the U.K.")
        canvas.drawString(2.5 * cm, 25 * cm - 13, "and Germany.")

    assert read(draw(page)) == "• Sales rose in most markets of the group, led by the U.K. and Germany."


@pytest.mark.parametrize("leading", [26, 29, 32])
def test_the_lines_of_a_double_spaced_page_are_one_paragraph(leading: float) -> None:
    lines = (
        "The engineer on duty asked for permission to sound the sirens long before",
        "the gate failed. Nobody answered him, although the rules of the Isken Water",
        "Authority ask for an answer within five minutes, and the sirens at Harlamoor",
        "were heard only when the water had reached the market.",
    )
    signed = "Dated, Tessaveld, 15 December", "Ansel Korran, Member"
    text = read(draw(column(*lines, *signed, leading=leading)))
    assert text == "\n\n".join([" ".join(lines), *signed])


BESIDE_FIGURE = (
    "The engineer on duty asked for permission to sound the sirens long before the gate failed, as rules say",
    "and waited for an answer of the",
    "Isken Water Authority. The rule",
    "gives it five minutes, and the",
    "sirens of Harlamoor are heard",
    "in all of the valley. It took 20",
    "minutes. Nobody has said why the answer took as long, although all were asked by the commission.",
)


def test_a_sentence_goes_on_beside_a_figure() -> None:
    def page(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        for number, line in enumerate(BESIDE_FIGURE):
            canvas.drawString(2 * cm, 25 * cm - 14 * number, line)
        canvas.setFont("Helvetica", 7)
        for number in range(9):
            canvas.drawString(12 * cm, 24.5 * cm - 7 * number, f"Gate {number}")

    assert " ".join(BESIDE_FIGURE) in read(draw(page))


def test_labels_of_a_figure_that_are_set_closely_do_not_part_lines() -> None:
    def page(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for number, line in enumerate(BESIDE_FIGURE[2:6]):
            canvas.drawString(2 * cm, 25 * cm - 14 * number, line)
        for number in range(9):
            canvas.drawString(12 * cm, 20 * cm - 10 * number, f"Gate {number}")

    assert " ".join(BESIDE_FIGURE[2:6]) in read(draw(page))


@pytest.mark.parametrize(
    "rest", ["has not answered in time.", "(and the ministry) has not answered in time."]
)
def test_a_sentence_goes_on_over_a_page_number(rest: str) -> None:
    def page(canvas: Canvas) -> None:
        column("The engineer on duty asked for permission at once, and the Authority")(canvas)
        canvas.drawString(10 * cm, 5 * cm, "17")

    found = read(draw(page, column(rest, "Nobody knows why it did not.")))
    assert f"and the Authority {rest}" in found


def test_a_wide_gap_between_narrow_lines_still_separates_paragraphs() -> None:
    def page(canvas: Canvas) -> None:
        for number, line in enumerate(
            ("The sirens at Harlamoor were heard when the water", "had reached it.")
        ):
            canvas.drawString(2 * cm, 25 * cm - 14 * number, line)
        for number, line in enumerate(("and so were those of the other towns in the valley", "below it.")):
            canvas.drawString(2 * cm, 25 * cm - 14 * (number + 1) - 29, line)

    assert len(read(draw(page)).split("\n\n")) == 2


def test_short_lines_stay_apart() -> None:
    lines = "Ansel Korran", "Commission of Inquiry into the Maravel Dam", "Tessaveld"
    assert read(draw(column(*lines, FIRST[:80]))).split("\n\n")[:3] == list(lines)


def test_items_begin_blocks_and_their_lines_are_joined() -> None:
    first = (
        "• the engineer on duty asked for permission to sound the",
        "sirens 45 minutes before the gate failed",
    )
    second = "• nobody answered him, and the sirens at Harlamoor were", "heard 45 minutes after"
    data = draw(column(*first, *second, "2. a levee broke at Pellan"))
    assert read(data) == f"{' '.join(first)}\n\n{' '.join(second)}\n\n2. a levee broke at Pellan"


def test_an_item_is_indented_by_its_level() -> None:
    lines = (
        ("The Council decided to:", 0), ("(a) close", 1), ("• the gates", 2), ("• the roads", 2),
        ("(b) open", 1), ("It met again:", 0), ("• twice", 2),
    )  # fmt: skip

    def page(canvas: Canvas) -> None:
        for number, (line, level) in enumerate(lines):
            canvas.drawString((2 + 0.7 * level) * cm, (25 - number) * cm, line)

    def next_page(canvas: Canvas) -> None:
        canvas.drawString(2 * cm, 25 * cm, "• once more")
        canvas.drawString(12 * cm, 23 * cm, "• in another column")

    assert read(draw(page, next_page)).split("\n\n") == [
        "The Council decided to:", "(a) close", "  • the gates", "  • the roads", "(b) open",
        "It met again:", "• twice", "• once more", "• in another column",
    ]  # fmt: skip


def test_a_figure_at_the_start_of_a_line_is_no_item() -> None:
    lines = "The cost of rebuilding the valley is put by the ministry at", "1.5 billion tals over five years."
    assert read(draw(column(*lines))) == " ".join(lines)


def test_a_word_divided_at_a_lines_end_is_made_whole() -> None:
    lines = (
        *(
            "The engineer on duty asked for permission to sound the war-",
            "ning sirens long before, in a well-",
        ),
        *("known way that is well-known, and for Lorvenna-", "Isken too."),
    )
    assert read(draw(column(*lines))) == (
        "The engineer on duty asked for permission to sound the warning sirens long before, in a well-known "
        "way that is well-known, and for Lorvenna-Isken too."
    )


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


def test_each_page_begins_where_its_words_do_and_empty_ones_count() -> None:
    blank = column()
    document = read_pdf(draw(column("Gate 3."), blank, column("Gate 4."), column("Annex.")), PATH)
    assert document.text == "Gate 3.\n\nGate 4.\n\nAnnex."
    assert document.page_starts == (0, 7, 9, 18)
    assert [document.page_at(document.text.index(words)) for words in ("Gate 3", "Gate 4", "Annex")] == [
        *(1, 3, 4),
    ]


def test_properties_of_the_file_are_metadata() -> None:
    document = read_pdf(build(body(FIRST), title="Why gate 3 failed", author="Commission of Inquiry"), PATH)
    assert (document.title, document.author) == ("Why gate 3 failed", "Commission of Inquiry")
    assert document.publisher is None
    assert document.origins == dict.fromkeys(("title", "author"), "document properties")
    assert (document.published, document.language, document.kind) == (None, "en", "pdf")
    bare = read_pdf(build(body(FIRST)), PATH)
    assert (bare.title, bare.author) == ("inquiry", None)
    assert bare.origins == {"title": "file name"}


def test_encryption_that_everybody_may_open_is_no_error() -> None:
    data = draw(column("Gate 3 failed."), encrypt=pdfencrypt.StandardEncryption("", "owner", canPrint=1))
    assert read(data) == "Gate 3 failed."


def test_a_broken_structure_is_an_error() -> None:
    with pytest.raises(LoadError, match="is broken: its structure cannot be read"):
        read(b"%PDF-1.7\n" + b"\x00\x01\x02" * 100)


def test_several_threads_may_read_at_once() -> None:
    files = [draw(column(f"Report {number}."), column("Gate 3.")) for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        texts = list(threads.map(read, files * 3))
    assert texts == [f"Report {number}.\n\nGate 3." for number in range(6)] * 3


@settings(max_examples=up_to(50))
@given(st.lists(st.from_regex(r"[A-Za-z]{1,14}[,;]?", fullmatch=True), min_size=1, max_size=250))
def test_the_words_of_a_paragraph_come_out_in_order_and_whole(words: list[str]) -> None:
    assert read(build(body(" ".join(words)))).split() == words


LOCKED = draw(column("Gate 3 failed."), encrypt=pdfencrypt.StandardEncryption("secret", "owner", canPrint=1))


@pytest.mark.parametrize("passwords", [("secret",), ("wrong", "secret"), ("owner",), ("", "wörng", "secret")])
def test_passwords_are_tried_in_turn(passwords: tuple[str, ...]) -> None:
    assert read_pdf(LOCKED, PATH, Options(passwords=passwords)).text == "Gate 3 failed."
    assert read_pdf(draw(column("Gate 3.")), PATH, Options(passwords=passwords)).text == "Gate 3."


GIVE = "give its password, or save a copy without one"


@pytest.mark.parametrize(
    ("passwords", "said"),
    [
        ((), "is encrypted and needs a password; save a copy without a password"),
        (("wrong",), f"is encrypted, and the password given does not open it; {GIVE}"),
        (("wrong", "false"), f"is encrypted, and none of the 2 passwords given opens it; {GIVE}"),
    ],
)
def test_a_missing_or_wrong_password_is_named(passwords: tuple[str, ...], said: str) -> None:
    with pytest.raises(LoadError) as error:
        read_pdf(LOCKED, PATH, Options(passwords=passwords))
    assert str(error.value) == f"inquiry.pdf: {said}"


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


def test_pages_that_are_pictures_are_listed_also_inside_a_form() -> None:
    def illustrated(canvas: Canvas) -> None:
        picture(canvas)
        column("Gate 4 held.")(canvas)

    def form(canvas: Canvas) -> None:
        canvas.beginForm("scan")
        picture(canvas)
        canvas.endForm()
        canvas.doForm("scan")

    blank = column()
    document = read_pdf(draw(column("Gate 3 failed."), picture, blank, illustrated, form), PATH)
    assert document.text == "Gate 3 failed.\n\nGate 4 held."
    assert document.unread_pages == (2, 5)
    assert len(document.layouts) == len(document.page_starts) == 5


@pytest.mark.parametrize(
    ("pages", "cause"),
    [
        ([picture], "1 scanned page"),
        ([picture] * 2, "2 scanned pages"),
        ([lambda canvas: canvas.rect(0, 0, 99, 99)], "1 scanned page"),
    ],
)
def test_the_error_of_a_scanned_file_says_how_to_read_it(
    pages: list[Callable[[Canvas], object]], cause: str
) -> None:
    with pytest.raises(LoadError) as error:
        read_pdf(draw(*pages), PATH)
    assert str(error.value) == f"inquiry.pdf: has no text layer ({cause}); {READ_PICTURES}"
    assert "setting ocr" in READ_PICTURES
    assert "program tesseract" in READ_PICTURES


def test_real_files_that_anybody_may_open_or_nobody(evaluation_data: Path) -> None:
    def opened(name: str, *passwords: str) -> str:
        path = evaluation_data / "documents" / "broken" / name
        return read_pdf(path.read_bytes(), path, Options(passwords=passwords)).text

    assert opened("pdf_encrypted.pdf").startswith("Placeholder Documentation\n\nThis document is a")
    assert opened("password.pdf", "secret", "password") == "File with password"
    for name, cause in (
        ("password.pdf", "is encrypted and needs a password"),
        ("file_scanned.pdf", r"has no text layer \(1 scanned page\)"),
    ):
        with pytest.raises(LoadError, match=cause):
            opened(name)


def marked(
    *lines: str, marks: Sequence[tuple[str, int, float]], fit: str = "XYZ", leading: float = 5 * cm
) -> Callable[[Canvas], None]:
    """A page with lines and with bookmarks, each with its level and the place of the line that it is at."""

    def drawn(canvas: Canvas) -> None:
        column(*lines, leading=leading)(canvas)
        for title, level, at in marks:
            name = f"{canvas.getPageNumber()} {title}"
            canvas.bookmarkPage(name, fit=fit, left=0, top=25 * cm - leading * at + 14)
            canvas.addOutlineEntry(title, name, level=level)

    return drawn


@pytest.mark.parametrize("fit", ["XYZ", "FitH", "Fit"])
def test_a_bookmark_is_a_section_that_begins_at_its_heading(fit: str) -> None:
    first = marked(
        "1 Summary", "What went wrong", marks=[("1 Summary", 0, 0), ("What went wrong", 1, 1)], fit=fit
    )
    document = read_pdf(draw(first, marked("2 Costs", marks=[("2 Costs", 0, 0)], fit=fit)), PATH)
    assert document.sections == tuple(
        Section(document.text.index(heading), level, heading)
        for heading, level in (("1 Summary", 1), ("What went wrong", 2), ("2 Costs", 1))
    )
    assert document.page_at(document.sections[2].start) == 2


def test_a_heading_that_is_worded_otherwise_is_found_by_its_place_or_its_page() -> None:
    lines = "Why gate 3 failed", "and what was done"
    document = read_pdf(draw(marked(*lines, marks=[("Measures", 0, 1)])), PATH)
    assert document.sections == (Section(document.text.index("and what"), 1, "Measures"),)
    annex = marked(SECOND[:46], marks=[("Annex", 0, 0), ("Gate\n 3", 0, 0), (" ", 0, 0)], fit="Fit")
    document = read_pdf(draw(column("Gate 3 failed."), annex), PATH)
    start = document.page_starts[1]
    assert document.sections == (Section(start, 1, "Annex"), Section(start, 1, "Gate 3"))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_place_on_a_turned_page_is_where_it_is_shown(rotation: int) -> None:
    def turned(canvas: Canvas) -> None:
        canvas.setPageRotation(rotation)
        canvas.drawString(300, 400, "Gate 3")
        canvas.drawString(100, 200, "Gate 4")
        canvas.bookmarkPage("b", fit="XYZ", left=100, top=212)
        canvas.addOutlineEntry("Later", "b", level=0)

    document = read_pdf(draw(turned), PATH)
    starts = [document.text.index(gate) for gate in ("Gate 3", "Gate 4")]
    assert document.sections[0].start in starts


def test_an_outline_that_runs_in_a_circle_ends() -> None:
    data = draw(marked("A", "B", "C", marks=[(title, 0, at) for at, title in enumerate("ABC")]))
    first = re.search(rb"/First (\d+ 0 R)", data)
    assert first
    circular = re.sub(rb"/Next \d+ 0 R", b"/Next " + first[1], data)
    assert 0 < len(read_pdf(circular, PATH).sections) <= 3


def test_more_bookmarks_than_are_read_are_left_out() -> None:
    titles = [f"Entry {number}" for number in range(MAX_BOOKMARKS + 5)]
    page = marked("Gate 3 failed.", marks=[(title, 0, 0) for title in titles], fit="Fit")
    sections = read_pdf(draw(page), PATH).sections
    assert [section.title for section in sections] == titles[:MAX_BOOKMARKS]
