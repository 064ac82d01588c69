"""PDFs as governments and companies publish them: nothing is lost, and paragraphs are whole."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

import pytest
from pypdfium2 import PdfDocument

from index.loading.pdf import PDFIUM, read_pdf

PATH = Path("reports/inquiry.pdf")

REPORTS = [
    *("eu-001", "eu-002", "eu-003", "eu-004", "eu-005", "eu-009a", "embedded-images-tables"),
    *("file_general_elements", "file_multicolumn", "korean-text-with-tables", "multi-column-2p"),
]


def letters(text: str) -> str:
    """Letters and figures in their plain form: ligatures spelled out, raised figures lowered."""
    return "".join(character for character in normalize("NFKC", text) if character.isalnum())


@pytest.mark.parametrize("name", REPORTS)
def test_real_reports_keep_every_letter_in_order(evaluation_data: Path, name: str) -> None:
    data = (evaluation_data / "documents" / "pdf" / f"{name}.pdf").read_bytes()
    document = read_pdf(data, PATH)
    with PDFIUM, PdfDocument(data) as pdf:
        pages = [letters(page.get_textpage().get_text_bounded()) for page in pdf]
    ends = (*document.page_starts[1:], len(document.text))
    spans = zip(document.page_starts, ends, strict=True)
    assert [letters(document.text[start:end]) for start, end in spans] == pages


@pytest.mark.parametrize(("name", "longest"), [("multi-column-2p", 1200), ("eu-004", 1000), ("eu-005", 800)])
def test_real_paragraphs_are_whole(evaluation_data: Path, name: str, longest: int) -> None:
    """A line of print has some hundred characters at most; paragraphs of these reports have many more."""
    data = (evaluation_data / "documents" / "pdf" / f"{name}.pdf").read_bytes()
    blocks = read_pdf(data, PATH).text.split("\n")
    assert max(map(len, blocks)) > longest
    assert sum(len(block) for block in blocks if len(block) > 200) > 0.3 * sum(map(len, blocks))
