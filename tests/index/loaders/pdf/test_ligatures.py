"""Glyphs whose font does not name their letters become ligatures, each with the glyph's box."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from index.loaders.pdf.document import read_pdf
from index.loaders.pdf.text import LIGATURES, ligature, with_ligatures
from tests.support.pdf_files import PATH

SIZE = 10.0
FONT = (
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
    *(
        "inflation",
        "reflect",
        "conflict",
        "confident",
        "justifiable",
        "classifier",
        "profit",
        "Pflege",
        "Fläche",
    ),
    *("effect", "offer", "tariffs", "staff", "officer", "difficult", "affluent", "baffled", "coefficient"),
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
    edges = list(accumulate([stringWidth(part, "Helvetica", SIZE) for part in parts], initial=0.0))
    boxes = [[left, 0.0, right, SIZE] for left, right in pairwise(edges)]
    return (
        ["" if part in LIGATURES else part for part in parts],
        [0 if part in LIGATURES else ord(part) for part in parts],
        boxes,
    )


@pytest.mark.parametrize("word", ALL)
def test_a_word_gets_its_ligature_back(word: str) -> None:
    assert "".join(with_ligatures(*placed(f"{word} of f i l"))) == f"{word} of f i l"


def test_a_word_of_the_page_decides_before_the_usual_spelling() -> None:
    fitting = ["fi", "fl"]
    assert ligature("", "ore", fitting, frozenset()) == "fl"
    assert ligature("", "ore", fitting, frozenset({"fiore"})) == "fi"


def test_a_glyph_that_touches_no_letter_or_is_too_wide_stays_unread() -> None:
    characters, codes, boxes = placed("of fi f i l")
    assert "".join(with_ligatures(characters, codes, boxes)) == "of  f i l"
    characters, codes, boxes = placed("first f i l")
    boxes[0][0] -= SIZE
    assert "".join(with_ligatures(characters, codes, boxes)) == "rst f i l"


@given(st.lists(st.sampled_from("abc fil"), max_size=30), st.integers(0, 30))
def test_named_characters_stay_as_they_are(written: list[str], place: int) -> None:
    characters = [*written[:place], "", *written[place:]]
    codes = [ord(character) if character else 0 for character in characters]
    boxes = [[5.0 * number, 0.0, 5.0 * number + 5, SIZE] for number in range(len(codes))]
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
        FONT % widths,
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
