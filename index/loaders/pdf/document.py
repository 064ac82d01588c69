"""Reads a PDF as a Document: its paragraphs come from the text layer or, on scanned pages, from OCR."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.documents import Document
from index.errors import LoadError, RecognitionError
from index.loaders.blocks import flow
from index.loaders.magic import binary_kind, seems_pdf
from index.loaders.metadata import Properties, assemble, iso_date, readable_property
from index.loaders.options import DEFAULTS, Options
from index.loaders.pdf.characters import Frame, frame, glyphs, readable
from index.loaders.pdf.columns import ordered
from index.loaders.pdf.continuations import PageParts, Stitched, followed, layouts, stitched
from index.loaders.pdf.cover.details import FirstPages, front_page
from index.loaders.pdf.cut_lines import without_cut_lines
from index.loaders.pdf.footnotes import separate_notes, usual_height
from index.loaders.pdf.lines import lines
from index.loaders.pdf.ocr import recognised, scale
from index.loaders.pdf.open import PDFIUM, SAVE_AGAIN, opened
from index.loaders.pdf.outline import Bookmark, bookmarks, sections
from index.loaders.pdf.paragraphs import Paragraph, paragraphs, words_of
from index.loaders.pdf.running_heads import without_running
from index.loaders.pdf.runs import Line, pieces

__all__ = ["PDFIUM", "READ_PICTURES", "read_pdf"]

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfDocument, PdfPage

_DATE = re.compile(r"(?:D:)?([0-9]{4})([0-9]{2})?([0-9]{2})?.*", re.DOTALL)
_COPIERS = re.compile(r"(?:pdftk|PDFium)\b", re.IGNORECASE)
"""Programs that copy pages of other PDFs into a new file, and date it to the day of the copy. Other such
programs keep the date of the first file, as qpdf and pypdf do, or write no date."""

_PICTURES_WITHIN = 4
"""The depth to which nested forms (reusable parts of a page) are searched for pictures."""

READ_PICTURES = (
    "turn on the setting ocr, which needs the program tesseract, or run the file through OCR first"
)
"""The remedy for a PDF without a text layer."""

SCAN_AGAIN = "scan it again, or name its languages in the setting ocr_languages"
"""The remedy for a PDF in which OCR found no words."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page: its frame, its text runs, and whether it is a picture without a text layer.

    The runs of such a picture come from OCR; there are none if OCR is off or finds no words.
    """

    frame: Frame
    runs: list[Line]
    is_picture: bool


def read_pdf(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """Read a PDF as a document. With ``options.ocr``, the text of scanned pages comes from OCR.

    Args:
        data: the file's content.
        path: the file's path, for messages and for a title if the file states none.
        options: the options for reading files.

    Raises:
        LoadError: if the file is not a PDF, is broken, has too many pages or has no words; if it is encrypted
            and none of ``options.passwords`` opens it; if OCR fails.
    """
    if not seems_pdf(data):
        kind = binary_kind(data)
        cause = f"is named .pdf but seems to be {kind}" if kind else "is not a PDF: it has no PDF header"
        raise LoadError(path, cause, "give it the suffix of what it is, or save it again as PDF")
    with PDFIUM:
        document = opened(data, path, options)
    try:
        entries, marks = _properties(document), _bookmarks(document)
        placed = [_page(document, number, path, options) for number in range(len(document))]
    finally:
        with PDFIUM:
            document.close()
    written = [lines(ordered(runs)) for runs in without_cut_lines([page.runs for page in placed])]
    heights = [page.frame.height for page in placed]
    kept, pages, whole, known = _read(written, heights)
    text = whole.words.text
    if not text:
        pictures = f"{len(pages)} scanned page{'s' if len(pages) != 1 else ''}"
        if options.ocr and any(page.is_picture for page in placed):
            cause = f"has no text layer, and no words were recognised ({pictures})"
            raise LoadError(path, cause, SCAN_AGAIN)
        raise LoadError(path, f"has no text layer ({pictures})", READ_PICTURES)
    properties = Properties(
        title=readable_property(entries.get("Title")),
        author=readable_property(entries.get("Author")),
        published=_published(entries),
    )
    stated, credible = front_page(FirstPages(written, kept, heights, pages[0], known, text), properties)
    outline = sections(marks, pages, whole, [page.frame for page in placed])
    return replace(
        assemble(path, "pdf", text, credible, stated=stated, sections=outline),
        page_starts=whole.page_starts,
        mended=whole.words.mended,
        layouts=layouts(whole, [(page.frame.width, page.frame.height) for page in placed]),
        unread_pages=_numbers(page.is_picture and not page.runs for page in placed),
        recognised_pages=_numbers(page.is_picture and bool(page.runs) for page in placed),
        recognised_in=options.recognition if any(page.is_picture for page in placed) else "",
    )


def _numbers(chosen: Iterable[bool]) -> tuple[int, ...]:
    return tuple(number for number, is_chosen in enumerate(chosen, 1) if is_chosen)


def _read(
    pages: Sequence[Sequence[Line]], heights: Sequence[float]
) -> tuple[list[list[Line]], list[list[Paragraph]], Stitched, frozenset[str]]:
    """Find the text of a document in the lines of its pages.

    Returns:
        Each page's lines without running titles and page numbers; each page's paragraphs; the whole text; and
        the words of the text.
    """
    written = without_running(pages, heights)
    known, usual = words_of(written), usual_height(written)
    parts: list[PageParts] = []
    for lines_of_page in written:
        text, notes = separate_notes(lines_of_page, usual)
        parts.append(PageParts(paragraphs(text, known), paragraphs(notes, known)))
    joined = followed(parts, usual, known)
    return written, joined, stitched(joined, known), known


def _properties(document: PdfDocument) -> dict[str, str]:
    """Return the entries of the PDF's information dictionary without control characters or empty values."""
    with PDFIUM:
        entries = document.get_metadata_dict(skip_empty=True)
    cleaned = {key: flow("".join(readable(character) for character in text)) for key, text in entries.items()}
    return {key: text for key, text in cleaned.items() if text}


def _bookmarks(document: PdfDocument) -> list[Bookmark]:
    with PDFIUM:
        return bookmarks(document)


def _published(entries: Mapping[str, str]) -> str | None:
    """Return the day of the creation date, ``D:YYYYMMDDHHmmSS…`` (ISO 32000-1, 7.9.4), in ISO 8601.

    Return None if there is no valid date. Also return None if a program that copies pages wrote the date: the
    pages may be years older than the copy.
    """
    match = _DATE.fullmatch(entries.get("CreationDate", ""))
    if _COPIERS.match(entries.get("Creator", "")):
        return None
    return iso_date("-".join(part for part in match.groups() if part)) if match else None


def _page(document: PdfDocument, number: int, path: Path, options: Options) -> _Page:
    page = _written_page(document, number, path)
    if not page.is_picture or not options.ocr:
        return page
    picture = _drawn(document, number, path, page.frame)
    try:
        found = recognised(picture, page.frame, options.ocr_languages, options.limits.seconds)
    except RecognitionError as error:
        raise LoadError(path, f"has pages without a text layer, and {error.cause}", error.remedy) from error
    return _Page(page.frame, list(pieces(found)), is_picture=True)


def _written_page(document: PdfDocument, number: int, path: Path) -> _Page:
    """Read a page's text runs from its text layer."""
    from pypdfium2 import PdfiumError

    with PDFIUM:
        try:
            page = document[number]
            text_page = page.get_textpage()
            try:
                shown = frame(page)
                runs = list(pieces(glyphs(shown, text_page)))
                return _Page(shown, runs, not runs and _has_picture(page))
            finally:
                text_page.close()
                page.close()
        except PdfiumError as error:
            raise LoadError(path, f"is broken: page {number + 1} cannot be read", SAVE_AGAIN) from error


def _drawn(document: PdfDocument, number: int, path: Path, frame: Frame) -> Image:
    """Draw a page for OCR."""
    from pypdfium2 import PdfiumError

    with PDFIUM:
        try:
            picture: Image = document[number].render(scale=scale(frame), grayscale=True).to_pil()
        except (PdfiumError, ValueError) as error:
            raise LoadError(path, f"is broken: page {number + 1} cannot be drawn", SAVE_AGAIN) from error
    return picture


def _has_picture(page: PdfPage) -> bool:
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    return next(page.get_objects([FPDF_PAGEOBJ_IMAGE], max_depth=_PICTURES_WITHIN), None) is not None
