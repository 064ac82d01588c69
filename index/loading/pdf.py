"""PDF → Document: the text layer, its lines joined to paragraphs, page by page."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from unicodedata import category, normalize

from index.documents import Document
from index.languages import detect
from index.loading.blocks import flow
from index.loading.errors import LoadError
from index.loading.lines import WRAPPED_HYPHEN, Glyph, lines
from index.loading.metadata import iso_date, readable_title, title_of_line, title_of_name
from index.loading.paragraphs import Paragraph, paragraphs, words_of
from index.loading.signatures import binary_kind, seems_pdf

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfTextPage

PDFIUM = threading.RLock()
"""PDFium is not safe to call from two threads at once, on whatever documents: hold this around any call."""

_DATE = re.compile(r"(?:D:)?([0-9]{4})([0-9]{2})?([0-9]{2})?.*", re.DOTALL)
_PAGE_CONTINUES = re.compile(r"[^.!?:;…。！？：；\d]\Z")
_TITLE_WITHIN = 8
_LARGER = 1.15
_BOLD = re.compile(rb"bold|black|heavy|[-,]?bd\b|medi\b|cmbx", re.IGNORECASE)
_LINE_ENDS = frozenset({"\r", "\n", WRAPPED_HYPHEN})
_SAVE_AGAIN = "open it in a PDF program and save it again"


def read_pdf(data: bytes, path: Path) -> Document:
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
        title=readable_title(said.get("Title")) or _title(pages[0]) or title_of_name(path),
        kind="pdf",
        language=detect(text),
        publisher=said.get("Author"),
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
    cleaned = {key: flow("".join(_readable(character) for character in text)) for key, text in said.items()}
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
                return _glyphs(text_page)
            finally:
                text_page.close()
                page.close()
        except PdfiumError as error:
            raise LoadError(path, f"is broken: page {number + 1} cannot be read", _SAVE_AGAIN) from error


def _glyphs(text_page: PdfTextPage) -> list[Glyph]:
    """The characters of a page with their boxes, in the order of the text layer."""
    from ctypes import byref

    from pypdfium2.raw import FS_RECTF, FPDFText_GetLooseCharBox, FPDFText_GetUnicode

    codes = [FPDFText_GetUnicode(text_page, index) for index in range(text_page.count_chars())]
    characters = [_readable(character) for character in _characters(codes)]
    edges = _edges(characters)
    box = FS_RECTF()
    glyphs: list[Glyph] = []
    for index, character in enumerate(characters):
        if not character:
            continue
        FPDFText_GetLooseCharBox(text_page, index, byref(box))
        bold = index in edges and _is_bold(text_page, index)
        glyphs += [Glyph(part, box.left, box.bottom, box.right, box.top, bold) for part in character]
    return glyphs


def _characters(codes: Sequence[int]) -> Iterator[str]:
    """A character for each UTF-16 or UTF-32 code; a pair of surrogates counts as its first, then nothing."""
    high = 0
    for code, following in zip_longest(codes, codes[1:], fillvalue=0):
        if 0xD800 <= code < 0xDC00 and 0xDC00 <= following < 0xE000:
            high = code
            yield chr(0x10000 + ((code - 0xD800) << 10) + (following - 0xDC00))
        elif high:
            high = 0
            yield ""
        else:
            yield chr(code)


def _edges(characters: Sequence[str]) -> set[int]:
    """Where the lines begin and end: the first and the last character of each that is no space."""
    edges: set[int] = set()
    inked: list[int] = []
    for index, character in enumerate(characters):
        if character and not character.isspace():
            inked.append(index)
        if inked and character in _LINE_ENDS:
            edges |= {inked[0], inked[-1]}
            inked = []
    return edges | set(inked[:1] + inked[-1:])


def _is_bold(text_page: PdfTextPage, index: int) -> bool:
    """Whether a character is set in a bold font, by the font's name."""
    from ctypes import create_string_buffer

    from pypdfium2.raw import FPDFText_GetFontInfo

    name = create_string_buffer(128)
    FPDFText_GetFontInfo(text_page, index, name, len(name), None)
    return _BOLD.search(name.value) is not None


def _readable(character: str) -> str:
    """A character as it is read: ligatures spelled out, bullets of symbol fonts as bullets, controls gone."""
    if "\ufb00" <= character <= "\ufb06":
        return normalize("NFKC", character)
    if character in "\ufffe\x02":  # PDFium's marks of a hyphen that divides a word at a line's end
        return WRAPPED_HYPHEN
    if character in "\uf0b7\uf0a7\uf0d8\uf06c\uf06e\uf0fc":  # Symbol's and Wingdings' bullets
        return "•"
    if character in "\t\r\n":
        return character
    return "" if category(character) in {"Cc", "Cs", "Cf"} and character not in "\u200c\u200d" else character


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
