"""The text of published PDFs is complete, and its paragraphs are whole."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

import pytest
from pypdfium2 import PdfDocument

from index.loaders.pdf.document import PDFIUM, read_pdf

PATH = Path("reports/inquiry.pdf")
REPORTS = [
    *("eu-001", "eu-002", "eu-003", "eu-004", "eu-005", "eu-009a", "embedded-images-tables"),
    *("file_general_elements", "file_multicolumn", "korean-text-with-tables", "multi-column-2p"),
]


def letters(text: str) -> str:
    """Letters and figures in their plain form: ligatures spelled out, raised figures lowered."""
    return "".join(character for character in normalize("NFKC", text) if character.isalnum())


# The words that the loader leaves out, by page.
PAGE_NUMBERS = {
    "eu-002": ["41"],
    "eu-003": ["8"],
    "eu-004": [str(number) for number in range(40, 55)],
    "eu-005": ["63", "64"],
    "eu-009a": ["32"],
    "file_general_elements": ["391"],
    "file_multicolumn": ["1", "2", "3"],
}
# Reports with notes below a column, with headings of tables that were written cell by cell, or with a text
# layer that returns to an earlier column.
REORDERED = {
    *("eu-001", "eu-004", "eu-009a"),
    *("file_general_elements", "korean-text-with-tables", "multi-column-2p"),
}


@pytest.mark.parametrize("name", REPORTS)
def test_real_reports_keep_every_letter_but_those_of_page_numbers(evaluation_data: Path, name: str) -> None:
    data = (evaluation_data / "documents" / "pdf" / f"{name}.pdf").read_bytes()
    document = read_pdf(data, PATH)
    with PDFIUM, PdfDocument(data) as pdf:
        pages = [letters(page.get_textpage().get_text_bounded()) for page in pdf]
    ends = (*document.page_starts[1:], len(document.text))
    spans = zip(document.page_starts, ends, strict=True)
    read = [letters(document.text[start:end]) for start, end in spans]
    numbers = PAGE_NUMBERS.get(name, [""] * len(pages))
    if name in REORDERED:
        whole = [f"{page}{number}" for page, number in zip(read, numbers, strict=True)]
        assert [sorted(page) for page in whole] == [sorted(page) for page in pages]
    elif all(page.startswith(number) for page, number in zip(pages, numbers, strict=True)):
        assert [f"{number}{page}" for page, number in zip(read, numbers, strict=True)] == pages
    else:
        assert [f"{page}{number}" for page, number in zip(read, numbers, strict=True)] == pages


@pytest.mark.parametrize(("name", "longest"), [("multi-column-2p", 1200), ("eu-004", 1000), ("eu-005", 800)])
def test_real_paragraphs_are_whole(evaluation_data: Path, name: str, longest: int) -> None:
    """A printed line has about a hundred characters at most; a paragraph of these reports has many more."""
    data = (evaluation_data / "documents" / "pdf" / f"{name}.pdf").read_bytes()
    blocks = read_pdf(data, PATH).text.split("\n")
    assert max(map(len, blocks)) > longest
    assert sum(len(block) for block in blocks if len(block) > 200) > 0.3 * sum(map(len, blocks))


COSTCO = "Costco Wholesale Corporation"
# Title, publisher and date of reports.
STATED = {
    "CORNING_2023Q2_10Q": (
        "Corning Incorporated: Form 10-Q for the quarterly period ended June 30, 2023",
        "Corning Incorporated",
        "2023-07-27",
    ),
    "COSTCO_2023Q3_EARNINGS": (
        f"{COSTCO} Reports Third Quarter and Year-to-Date Operating Results for Fiscal 2023",
        COSTCO,
        "2023-05-25",
    ),
    "EBAY_2023Q2_EARNINGS": (
        "eBay Inc. Reports Better Than Expected Second Quarter 2023 Results",
        "eBay Inc.",
        "2023-07-26",
    ),
    "MCDONALDS_8K_dated-2023-08-14": (
        "McDonald’s Corporation: Form 8-K of August 14, 2023",
        "McDonald’s Corporation",
        "2023-08-14",
    ),
    "PG_E_2023_EARNINGS-dated-2023-07-27": (
        "PG&E Corporation Reports Second-Quarter Results; On Track to Deliver Solid 2023",
        "PG&E Corporation",
        "2023-07-27",
    ),
    "eu-011": ("eu-011", None, None),
    "eu-017": ("3. INFORMATION ON SPECIFIC ZOONOSES", None, "2009"),
}


@pytest.mark.parametrize("name", STATED)
def test_real_reports_say_what_they_are_who_issued_them_and_when(evaluation_data: Path, name: str) -> None:
    path = evaluation_data / "reports" / f"{name}.pdf"
    document = read_pdf(path.read_bytes(), path)
    assert (document.title, document.publisher, document.published) == STATED[name]


def test_a_real_report_has_its_ligatures(evaluation_data: Path) -> None:
    path = evaluation_data / "reports" / "COSTCO_2023Q3_EARNINGS.pdf"
    text = read_pdf(path.read_bytes(), path).text
    assert (
        "for the third quarter (twelve weeks) and the first 36 weeks of fiscal 2023, ended May 7, 2023."
        in text
    )
    assert "differ materially" in text
