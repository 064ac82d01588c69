"""A head printed above text is a section of a PDF, with a bookmark or without one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas

from index.documents import Document
from index.loaders.pdf.document import read_pdf
from index.text.passages import heading_lines
from tests.support.pdf_files import FIRST, PATH, SECOND, draw

TEXT = ("Helvetica", 10)
BOLD = ("Helvetica-Bold", 10)
LARGE = ("Helvetica", 16)

Words = tuple[tuple[str, float], str]


def page(*parts: Words, bookmark: str = "") -> Callable[[Canvas], None]:
    """Each part is on lines of its own below a gap; a bookmark is at the first."""

    def drawn(canvas: Canvas) -> None:
        top = 27 * cm
        if bookmark:
            name = f"{canvas.getPageNumber()}"
            canvas.bookmarkPage(name, fit="XYZ", left=0, top=top + 14)
            canvas.addOutlineEntry(bookmark, name, level=0)
        for (font, size), words in parts:
            canvas.setFont(font, size)
            width = 16 if len(words) > 100 else 100
            text = words.split()
            for start in range(0, len(text), width):
                canvas.drawString(2 * cm, top, " ".join(text[start : start + width]))
                top -= 1.2 * size
            top -= size

    return drawn


def outline(document: Document) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in document.sections]


def loaded(*pages: Callable[[Canvas], None]) -> Document:
    return read_pdf(draw(*pages), PATH)


FINDINGS = page(
    (LARGE, "Findings"), (BOLD, "1. The pin"), (TEXT, FIRST), (BOLD, "2. The sirens"), (TEXT, SECOND)
)
MEASURES = page((LARGE, "Measures"), (TEXT, FIRST), (BOLD, "What was left out"), (TEXT, SECOND))


def test_larger_and_bold_heads_above_text_are_sections_and_are_not_quoted() -> None:
    document = loaded(FINDINGS, MEASURES)
    assert outline(document) == [
        (1, "Findings"),
        (2, "1. The pin"),
        (2, "2. The sirens"),
        (1, "Measures"),
        (2, "What was left out"),
    ]
    titles = [section.title for section in document.sections]
    assert [line.of(document.text) for line in heading_lines(document)] == titles
    assert [document.page_at(section.start) for section in document.sections] == [1, 1, 1, 2, 2]


@pytest.mark.parametrize("style", [("Helvetica", 10), ("Helvetica-Bold", 10)])
def test_capitals_head_text_that_has_none(style: tuple[str, float]) -> None:
    document = loaded(page((style, "THE PIN"), (TEXT, FIRST), (style, "THE SIRENS"), (TEXT, SECOND)))
    assert outline(document) == [(1, "THE PIN"), (1, "THE SIRENS")]


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([(BOLD, FIRST), (TEXT, SECOND)] * 2, id="bold text"),
        pytest.param([(BOLD, "Nobody answered."), (TEXT, SECOND)] * 2, id="bold sentences"),
        pytest.param([(BOLD, "and in the market"), (TEXT, SECOND)] * 2, id="the rest of a sentence"),
        pytest.param([(LARGE, "“Nobody answered him”"), (TEXT, SECOND)], id="large words once"),
        pytest.param(
            [(TEXT, SECOND), (BOLD, "Gate"), (BOLD, "Pin"), (BOLD, "Siren")], id="labels below text"
        ),
    ],
)
def test_what_is_bold_or_large_and_heads_nothing_is_no_section(parts: list[Words]) -> None:
    assert outline(loaded(page(*parts), page((TEXT, FIRST)), page((TEXT, FIRST)))) == []


def test_words_that_are_bold_in_sentences_too_are_no_heads() -> None:
    bold = [(BOLD, "Nobody answered him until it was too late."), (BOLD, "The pin had rusted.")]
    heads = [(BOLD, "The pin"), (TEXT, FIRST)] * 2
    assert outline(loaded(page(*heads))) == [(1, "The pin")] * 2
    assert outline(loaded(page(*heads), page(*bold, *bold, *bold))) == []


def test_a_table_of_contents_has_no_sections() -> None:
    entries = [(BOLD, words) for words in ("Findings", "Measures", "Annexes", "Sources", "Members", "Thanks")]
    titles = [title for _, title in outline(loaded(page(*entries, (TEXT, FIRST)), FINDINGS))]
    assert not {"Findings", "Measures", "Annexes", "Sources"} & set(titles[:-3])


def test_the_printed_head_replaces_a_bookmark_in_other_words_and_takes_its_level() -> None:
    document = loaded(
        page((LARGE, "Findings"), (TEXT, FIRST), bookmark="Chapter"),
        page((LARGE, "2. Measures"), (TEXT, SECOND), bookmark="Measures"),
        page((TEXT, FIRST), bookmark="Annex"),
    )
    assert outline(document) == [(1, "Findings"), (1, "Measures"), (1, "Annex")]


def test_all_heads_in_the_style_of_one_with_a_bookmark_have_its_level() -> None:
    document = loaded(
        page((BOLD, "The pin"), (TEXT, FIRST), (LARGE, "Measures"), (TEXT, SECOND), bookmark="The pin"),
        page((LARGE, "Costs"), (TEXT, FIRST), (BOLD, "The sirens"), (TEXT, SECOND)),
    )
    assert outline(document) == [(1, "The pin"), (1, "Measures"), (1, "Costs"), (1, "The sirens")]


def test_the_bookmarks_that_word_sets_for_itself_are_no_sections() -> None:
    assert outline(loaded(page((TEXT, FIRST), bookmark="_Hlk192107725"))) == []
