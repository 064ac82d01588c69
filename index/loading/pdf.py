"""PDF → Document: the text layer, its lines joined to paragraphs, page by page."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from index.documents import Document
from index.languages import detect
from index.loading.blocks import flow
from index.loading.errors import LoadError
from index.loading.glyphs import glyphs, readable
from index.loading.lines import Glyph, lines
from index.loading.metadata import iso_date, readable_property, title_of_line, title_of_name
from index.loading.options import DEFAULTS, Options
from index.loading.paragraphs import Paragraph, paragraphs, words_of
from index.loading.signatures import binary_kind, seems_pdf

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

PDFIUM = threading.RLock()
"""PDFium is not safe to call from two threads at once, on whatever documents: hold this around any call."""

_DATE = re.compile(r"(?:D:)?([0-9]{4})([0-9]{2})?([0-9]{2})?.*", re.DOTALL)
_PAGE_CONTINUES = re.compile(r"[^.!?:;…。！？：；\d]\Z")
_TITLE_WITHIN = 8
_LARGER = 1.15
_SAVE_AGAIN = "open it in a PDF program and save it again"


def read_pdf(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """The document of a PDF with a text layer.

    Raises:
        LoadError: if it is not a PDF, is broken, is encrypted, or is pictures of pages only.
    """
    if not seems_pdf(data):
        kind = binary_kind(data)
        cause = f"is named .pdf but seems to be {kind}" if kind else "is not a PDF: it has no PDF header"
        raise LoadError(path, cause, "give it the suffix of what it is, or save it again as PDF")
    with PDFIUM:
        document = _open(data, path)
    try:
        said = _properties(document)
        written = [lines(_page(document, number, path)) for number in range(len(document))]
    finally:
        with PDFIUM:
            document.close()
    known = words_of(written)
    pages = [paragraphs(page, known) for page in written]
    text, page_starts = _text(pages)
    if not text:
        pictures = f"{len(pages)} scanned page{'s' if len(pages) != 1 else ''}"
        raise LoadError(path, f"has no text layer ({pictures})", "run it through OCR first")
    return Document(
        text=text,
        title=readable_property(said.get("Title")) or _title(pages[0]) or title_of_name(path),
        kind="pdf",
        language=detect(text),
        publisher=readable_property(said.get("Author")),
        published=_published(said.get("CreationDate", "")),
        page_starts=page_starts,
    )


def _open(data: bytes, path: Path) -> PdfDocument:
    from pypdfium2 import PdfDocument, PdfiumError
    from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

    try:
        document = PdfDocument(data)
    except PdfiumError as error:
        if error.err_code == FPDF_ERR_PASSWORD:
            raise LoadError(
                path, "is encrypted and needs a password", "save a copy without a password"
            ) from error
        if error.err_code == FPDF_ERR_SECURITY:
            raise LoadError(
                path, "is encrypted in a way that cannot be read", "save a copy without encryption"
            ) from error
        raise LoadError(path, "is broken: its structure cannot be read", _SAVE_AGAIN) from error
    if len(document) == 0:
        document.close()
        raise LoadError(path, "is broken: it has no pages", _SAVE_AGAIN)
    return document


def _properties(document: PdfDocument) -> dict[str, str]:
    """The document's information dictionary, without what cannot be stored or is empty."""
    with PDFIUM:
        said = document.get_metadata_dict(skip_empty=True)
    cleaned = {key: flow("".join(readable(character) for character in text)) for key, text in said.items()}
    return {key: text for key, text in cleaned.items() if text}


def _published(creation_date: str) -> str | None:
    """The day of a PDF date, ``D:YYYYMMDDHHmmSS…`` (ISO 32000-1, 7.9.4)."""
    match = _DATE.fullmatch(creation_date)
    return iso_date("-".join(part for part in match.groups() if part)) if match else None


def _page(document: PdfDocument, number: int, path: Path) -> list[Glyph]:
    from pypdfium2 import PdfiumError

    with PDFIUM:
        try:
            page = document[number]
            text_page = page.get_textpage()
            try:
                return glyphs(page, text_page)
            finally:
                text_page.close()
                page.close()
        except PdfiumError as error:
            raise LoadError(path, f"is broken: page {number + 1} cannot be read", _SAVE_AGAIN) from error


def _text(pages: Sequence[Sequence[Paragraph]]) -> tuple[str, tuple[int, ...]]:
    """The canonical text of the pages and the offset at which each begins."""
    pieces: list[str] = []
    starts: list[int] = []
    length = 0
    before: Paragraph | None = None
    for page in pages:
        start: int | None = None
        for paragraph in page:
            between = _between(before, paragraph, new_page=start is None) if before else ""
            start = length + len(between) if start is None else start
            pieces += [between, paragraph.text]
            length += len(between) + len(paragraph.text)
            before = paragraph
        starts.append(length if start is None else start)
    return "".join(pieces), tuple(starts)


def _between(before: Paragraph, paragraph: Paragraph, *, new_page: bool) -> str:
    """What separates two paragraphs: a space where a sentence goes on over the page."""
    if new_page and _PAGE_CONTINUES.search(before.text) and paragraph.text[0].islower():
        return " "
    return "\n" if before.is_row and paragraph.is_row else "\n\n"


def _title(page: Sequence[Paragraph]) -> str | None:
    """The first words on a page that can be a title; those in larger letters than its text come first."""
    candidates = [
        (paragraph.height, title)
        for paragraph in page[:_TITLE_WITHIN]
        if not paragraph.is_row and (title := title_of_line(paragraph.text))
    ]
    if not candidates:
        return None
    largest = max(height for height, _ in candidates)
    usual = median(paragraph.height for paragraph in page)
    return next(title for height, title in candidates if height == largest or largest < _LARGER * usual)
