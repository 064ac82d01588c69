"""Characters keep their places, and ligatures their letters."""

from __future__ import annotations

import io
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdfium2 import PdfDocument
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import cm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Table

from index.documents import Document, Span
from index.loaders.pdf.document import PDFIUM, read_pdf
from index.loaders.pdf.text import LIGATURES, Glyph, ligature, pieces, with_ligatures
from index.text.geometry import Box, boxes
from tests.support.pdf_files import PATH, STYLES, body, build, column, draw

FONT, SIZE = "Helvetica", 12
# Upper bounds of the height of Helvetica's characters above and below the baseline.
ASCENT, DESCENT = 0.93 * SIZE, 0.23 * SIZE


def found(document: Document, words: str) -> tuple[Box, ...]:
    start = document.text.index(words)
    return boxes(document, Span(start, start + len(words)))


def covers(box: Box, left: float, baseline: float, width: float, *, slack: float = 1.5) -> bool:
    """Tell if ``box`` is the place of a word drawn at a position, which counts from the upper left corner."""
    return (
        abs(box.left - left) <= slack
        and abs(box.right - (left + width)) <= slack
        and box.top <= baseline - 0.5 * SIZE
        and baseline - 1.3 * SIZE <= box.top
        and baseline <= box.bottom <= baseline + 0.5 * SIZE
    )


def letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def words_in(data: bytes, box: Box) -> str:
    """The letters that PDFium finds inside a rectangle."""
    with PDFIUM, PdfDocument(data) as pdf:
        page = pdf[box.page - 1]
        height = page.get_height()
        found = page.get_textpage().get_text_bounded(
            left=box.left, bottom=height - box.bottom, right=box.right, top=height - box.top
        )
        return letters(found)


def test_a_words_box_is_where_it_was_drawn() -> None:
    document = read_pdf(draw(column("Gate 3 failed.", "Nobody answered.")), PATH)
    (box,) = found(document, "failed")
    left = 2 * cm + stringWidth("Gate 3 ", FONT, SIZE)
    assert covers(box, left, A4[1] - 25 * cm, stringWidth("failed", FONT, SIZE))
    (box,) = found(document, "Nobody")
    assert covers(box, 2 * cm, A4[1] - 25 * cm + 14, stringWidth("Nobody", FONT, SIZE))
    [layout] = document.layouts
    assert (layout.width, layout.height) == pytest.approx(A4, abs=0.01)


def test_each_page_has_a_box_for_each_character_of_its_text() -> None:
    document = read_pdf(
        draw(column("Gate 3"), lambda canvas: canvas.line(0, 0, 9, 9), column("Gate 4")), PATH
    )
    assert document.text == "Gate 3\n\nGate 4"
    placed = [
        [any(layout.boxes[start : start + 8]) for start in range(0, len(layout.boxes), 8)]
        for layout in document.layouts
    ]
    gate = [True, True, True, True, False, True]
    assert placed == [gate, [False, False], gate]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_boxes_are_those_of_the_rotated_and_cropped_page(rotation: int) -> None:
    """The crop box begins at (100, 50), so that the word drawn at 130 is 30 from the left of the page."""
    width, height = 300, 400
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(600, 700), invariant=True)
    canvas.setPageRotation(rotation)
    canvas.setCropBox((100, 50, 100 + width, 50 + height))
    canvas.setFont(FONT, SIZE)
    canvas.drawString(130, 150, "Gate")
    canvas.save()
    document = read_pdf(file.getvalue(), PATH)
    word, line = stringWidth("Gate", FONT, SIZE), (150 - 50 - DESCENT, 150 - 50 + ASCENT)
    left, right, bottom, top = 30, 30 + word, *line
    expected = {
        0: (left, height - top, right, height - bottom),
        90: (bottom, left, top, right),
        180: (width - right, bottom, width - left, top),
        270: (height - top, width - right, height - bottom, width - left),
    }[rotation]
    size = (width, height) if rotation in {0, 180} else (height, width)
    assert [(layout.width, layout.height) for layout in document.layouts] == [size]
    places = boxes(document, Span(0, 4))
    whole = (
        min(box.left for box in places),
        min(box.top for box in places),
        max(box.right for box in places),
        max(box.bottom for box in places),
    )
    assert whole == pytest.approx(expected, abs=2)


def test_a_word_divided_at_a_lines_end_has_a_box_on_each_line() -> None:
    document = read_pdf(draw(column("asked for permission to sound the war-", "ning sirens")), PATH)
    assert document.text == "asked for permission to sound the warning sirens"
    assert document.mended == (document.text.index("ning"),)
    first, second = found(document, "warning")
    left = 2 * cm + stringWidth("asked for permission to sound the ", FONT, SIZE)
    assert covers(first, left, A4[1] - 25 * cm, stringWidth("war", FONT, SIZE))
    assert covers(second, 2 * cm, A4[1] - 25 * cm + 14, stringWidth("ning", FONT, SIZE))


def test_joined_words_can_be_divided_again() -> None:
    lines = (
        "The report says that gate 3 was mis-",
        "aligned by the repair, and that the war-",
        "ning was late.",
    )
    document = read_pdf(draw(column(*lines)), PATH)
    as_set = document.text
    for offset in reversed(document.mended):
        as_set = f"{as_set[:offset]}-\n{as_set[offset:]}"
    assert as_set.split() == " ".join(lines).replace("- ", "-\n").split()


def test_a_word_divided_by_a_pages_end_lies_on_both_pages() -> None:
    document = read_pdf(draw(column("asked for the war-"), column("ning sirens")), PATH)
    assert document.text == "asked for the warning sirens"
    assert (document.page_starts, document.mended) == ((0, 17), (17,))
    assert [box.page for box in found(document, "warning")] == [1, 2]


def test_cells_raised_figures_and_ligatures_have_places() -> None:
    rows = [["District", "March"], ["Quell Delta", "2,480"], ["Pellan", "310"]]
    data = build(body("It costs 2,500<super>2</super> tals."), Table(rows, colWidths=[5 * cm, 4 * cm]))
    document = read_pdf(data, PATH)
    assert document.text == "It costs 2,500² tals.\n\nDistrict | March\nQuell Delta | 2,480\nPellan | 310"
    (row,) = found(document, "Quell Delta | 2,480")
    (cell,) = found(document, "2,480")
    assert row.right == cell.right
    assert cell.left - row.left == pytest.approx(5 * cm, abs=1)
    (figure,) = found(document, "²")
    (number,) = found(document, "2,500")
    assert abs(figure.left - number.right) <= 0.5
    assert figure.right - figure.left < 0.8 * (number.right - number.left) / 4
    assert boxes(document, Span(document.text.index(" | "), document.text.index(" | ") + 3)) == ()


words = st.lists(st.from_regex(r"[A-Za-z]{2,14}", fullmatch=True), min_size=5, max_size=120)


def in_columns(columns: int, *story: Flowable) -> bytes:
    """A PDF of ``story`` in several columns."""
    file = io.BytesIO()
    gap, margin = 20, 40
    width = (A4[0] - 2 * margin - gap * (columns - 1)) / columns
    frames = [Frame(margin + number * (width + gap), 60, width, 300, 0, 0, 0, 0) for number in range(columns)]
    document = BaseDocTemplate(file, pagesize=A4, invariant=True)
    document.addPageTemplates(PageTemplate(frames=frames))
    document.build(list(story))
    return file.getvalue()


@settings(max_examples=20)
@given(words, st.integers(1, 3), st.sampled_from([0, 4]), st.booleans())
def test_the_boxes_of_a_word_hold_its_letters_and_no_others(
    words: list[str], columns: int, alignment: int, divides: bool
) -> None:
    """PDFium finds exactly the word inside its boxes, for any columns, alignment and hyphens."""
    style = STYLES["BodyText"].clone("set", alignment=alignment, embeddedHyphenation=1)
    text = " ".join(f"{word[:6]}\u00ad{word[6:]}" if divides and len(word) > 8 else word for word in words)
    data = in_columns(columns, Paragraph(text, style))
    document = read_pdf(data, PATH)
    start = 0
    for word in document.text.split():
        start = document.text.index(word, start)
        places = boxes(document, Span(start, start + len(word)))
        assert "".join(words_in(data, box) for box in places) == letters(word)
        start += len(word)


LIGATURE_SIZE = 10.0
LIGATURE_FONT = (
    b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 1 /LastChar 126 /Widths [%b]"
    b" /Encoding 7 0 R >>"
)
ALL = [
    *(
        "first",
        "field",
        "fierce",
        "flesh",
        "fled",
        "flow",
        "flat",
        "flexible",
        "fiscal",
        "certified",
        "rifle",
    ),
    *("inflation", "reflect", "conflict", "confident", "justifiable", "classifier", "profit", "Pflege"),
    *("Fläche", "effect", "offer", "tariffs", "staff", "officer", "difficult", "affluent", "baffled"),
    "coefficient",
]


def placed(words: str) -> tuple[list[str], list[int], list[list[float]]]:
    """The characters, codes and boxes of a line in Helvetica whose ligatures have no code."""
    parts: list[str] = []
    rest = words
    while rest:
        part = next(
            (one for one in sorted(LIGATURES, key=len, reverse=True) if rest.startswith(one)), rest[0]
        )
        parts.append(part)
        rest = rest[len(part) :]
    edges = list(accumulate([stringWidth(part, "Helvetica", LIGATURE_SIZE) for part in parts], initial=0.0))
    boxes = [[left, 0.0, right, LIGATURE_SIZE] for left, right in pairwise(edges)]
    return (
        ["" if part in LIGATURES else part for part in parts],
        [0 if part in LIGATURES else ord(part) for part in parts],
        boxes,
    )


def test_words_get_their_ligatures_back() -> None:
    texts = [f"{word} of f i l" for word in ALL]
    assert ["".join(with_ligatures(*placed(text))) for text in texts] == texts


def test_a_word_of_the_page_decides_before_the_usual_spelling() -> None:
    fitting = ["fi", "fl"]
    assert ligature("", "ore", fitting, frozenset()) == "fl"
    assert ligature("", "ore", fitting, frozenset({"fiore"})) == "fi"


def test_a_glyph_that_touches_no_letter_or_is_too_wide_stays_unread() -> None:
    characters, codes, boxes = placed("of fi f i l")
    assert "".join(with_ligatures(characters, codes, boxes)) == "of  f i l"
    characters, codes, boxes = placed("first f i l")
    boxes[0][0] -= LIGATURE_SIZE
    assert "".join(with_ligatures(characters, codes, boxes)) == "rst f i l"


@given(st.lists(st.sampled_from("abc fil"), max_size=30), st.integers(0, 30))
def test_named_characters_stay_as_they_are(written: list[str], place: int) -> None:
    characters = [*written[:place], "", *written[place:]]
    codes = [ord(character) if character else 0 for character in characters]
    boxes = [[5.0 * number, 0.0, 5.0 * number + 5, LIGATURE_SIZE] for number in range(len(codes))]
    read = with_ligatures(characters, codes, boxes)
    assert [new for new, old in zip(read, characters, strict=True) if old] == written
    assert {new for new, old in zip(read, characters, strict=True) if not old} <= {"", *LIGATURES}


def without_names(words: bytes, turned: bytes = b"1 0 0 1", rotation: int = 0) -> bytes:
    """A PDF of one line in a font that does not name the glyph with the code 1.

    The first four numbers of the line's matrix are ``turned``; the page is shown rotated.
    """
    text = b"BT /F 12 Tf %b 300 400 Tm (%b) Tj ET" % (turned, words)
    widths = b" ".join(
        str(round(stringWidth("fi" if code == 1 else chr(code), "Helvetica", 1000))).encode()
        for code in range(1, 127)
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate %d /Contents 4 0 R /Resources 6 0 R >>"
        % rotation,
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
        LIGATURE_FONT % widths,
        b"<< /Font << /F 5 0 R >> >>",
        b"<< /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [1 /glyph1] >>",
    ]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%b\nendobj\n" % one for one in enumerate(objects, 1))
    return body + b"trailer << /Root 1 0 R /Size 8 >>\n%%EOF"


def test_a_page_is_read_with_its_ligatures_and_each_letter_has_the_box_of_the_glyph() -> None:
    document = read_pdf(without_names(b"The \\001rst pin of the gate had \\001ssures until July"), PATH)
    assert document.text == "The first pin of the gate had fissures until July"
    boxes = document.layouts[0].boxes
    assert boxes[4 * 8 : 5 * 8] == boxes[5 * 8 : 6 * 8] != bytes(8)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("turned", [b"1 0 0 1", b"0 1 -1 0", b"-1 0 0 -1", b"0 -1 1 0"])
def test_a_line_gets_its_ligatures_back_however_it_is_turned(turned: bytes, rotation: int) -> None:
    """The name of a chart's vertical axis is written upwards."""
    document = read_pdf(without_names(b"Con\\001rmed in half of all cases", turned, rotation), PATH)
    assert document.text == "Confirmed in half of all cases"


def test_a_character_further_down_and_to_the_left_begins_a_line() -> None:
    right = [Glyph(letter, 500 + 6 * place, 100, 506 + 6 * place, 110) for place, letter in enumerate("Tax")]
    left = [Glyph(letter, 20 + 6 * place, 93, 26 + 6 * place, 103) for place, letter in enumerate("Pumps")]

    assert [line.text for line in pieces([*right, *left])] == ["Tax", "Pumps"]
