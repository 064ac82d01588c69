"""Published PDFs: complete text, whole paragraphs and sentences, right pages, places and details."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

import pytest
from pypdfium2 import PdfDocument

from index.documents import Document, Span
from index.loaders.pdf.document import PDFIUM, read_pdf
from index.text.geometry import Box, boxes

pytestmark = pytest.mark.slow

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
        *("Corning Incorporated", "2023-07-27"),
    ),
    "COSTCO_2023Q3_EARNINGS": (
        f"{COSTCO} Reports Third Quarter and Year-to-Date Operating Results for Fiscal 2023",
        *(COSTCO, "2023-05-25"),
    ),
    "EBAY_2023Q2_EARNINGS": (
        "eBay Inc. Reports Better Than Expected Second Quarter 2023 Results",
        *("eBay Inc.", "2023-07-26"),
    ),
    "MCDONALDS_8K_dated-2023-08-14": (
        "McDonald’s Corporation: Form 8-K of August 14, 2023",
        *("McDonald’s Corporation", "2023-08-14"),
    ),
    "PG_E_2023_EARNINGS-dated-2023-07-27": (
        "PG&E Corporation Reports Second-Quarter Results; On Track to Deliver Solid 2023",
        *("PG&E Corporation", "2023-07-27"),
    ),
    # Part of a report, on whose pages no title is printed: that of the first chart stands in its place.
    "eu-011": ("European sovereign 5-year CDS spreads (bp)", None, None),
    "eu-017": ("3. INFORMATION ON SPECIFIC ZOONOSES", None, "2009"),
}


@pytest.mark.parametrize("name", STATED)
def test_real_reports_say_what_they_are_who_issued_them_and_when(evaluation_data: Path, name: str) -> None:
    path = evaluation_data / "reports" / f"{name}.pdf"
    document = read_pdf(path.read_bytes(), path)
    assert (document.title, document.publisher, document.published) == STATED[name]


DENSE, LOREM = "pdf/multi-column-2p.pdf", "pdf/file_multicolumn.pdf"
CYBER = "broken/invalid-pdf-structure-pdfminer-one-page.pdf"
SENTENCES = {
    # Two words divided at the ends of lines, and a compound whose own hyphen is there.
    "In this work, we show that retrieval can be practically implemented using dense representations alone, "
    "where embeddings are learned from a small number of questions and passages by a simple dual-encoder "
    "framework.": (DENSE, 1, 1),
    # From the second column to the next page.
    "Although ORQA successfully demonstrates that dense retrieval can outperform BM25, setting new "
    "state-of-the-art results on multiple open-domain QA datasets, it also suffers from two "
    "weaknesses.": (DENSE, 1, 2),
    # From the first column to the second.
    "More specifically, we assume the extractive QA setting, in which the answer is restricted to a span "
    "appearing in one or more passages in the corpus.": (DENSE, 2, 2),
    # From column to column, and from page to page.
    "Donec nonummy pellentesque ante.": (LOREM, 1, 1),
    "Nam feugiat lacus vel est.": (LOREM, 1, 2),
    # Across a box in the margin, a figure, footnotes and a footer.
    "In April 2023, we reported that the goals and strategic objectives included in the strategy provide a "
    "good foundation for establishing a more comprehensive strategy.": (CYBER, 1, 2),
    "According to the strategy, ONCD will work with federal agencies to develop a plan specifying the lines "
    "of effort to implement the strategy and identify budget priorities, among other "
    "things.": (CYBER, 2, 2),
}


@pytest.fixture(scope="module")
def reports(evaluation_data: Path) -> dict[str, tuple[bytes, Document]]:
    files = {name: (evaluation_data / "documents" / name).read_bytes() for name in (DENSE, LOREM, CYBER)}
    return {name: (data, read_pdf(data, Path(name))) for name, data in files.items()}


def words_in(pdf: PdfDocument, box: Box) -> str:
    """The text that PDFium finds in a box, made less high to exclude letters of neighbouring lines."""
    page = pdf[box.page - 1]
    height, inset = page.get_height(), 0.15 * (box.bottom - box.top)
    text: str = page.get_textpage().get_text_bounded(
        left=box.left, bottom=height - box.bottom + inset, right=box.right, top=height - box.top - inset
    )
    return text


@pytest.mark.parametrize(("sentence", "at"), SENTENCES.items())
def test_a_sentence_is_whole_on_its_pages_and_at_its_place(
    reports: dict[str, tuple[bytes, Document]], sentence: str, at: tuple[str, int, int]
) -> None:
    name, *pages = at
    data, document = reports[name]
    start = document.text.find(sentence)
    assert start >= 0
    end = start + len(sentence)
    assert [document.page_at(start), document.page_at(end - 1)] == pages
    places = boxes(document, Span(start, end))
    assert [places[0].page, places[-1].page] == pages
    with PDFIUM, PdfDocument(data) as pdf:
        assert letters("".join(words_in(pdf, box) for box in places)) == letters(sentence)


def test_signs_raised_above_the_line_or_lowered_below_it_part_no_sentence(
    reports: dict[str, tuple[bytes, Document]],
) -> None:
    _, document = reports[DENSE]
    sentence = (
        "Given a question q, the task is to find a span w(i)s , w(i)s+1, · · · , w(i)e from one of the "
        "passages pi that can answer the question."
    )
    assert sentence in document.text
