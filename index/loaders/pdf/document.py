"""Reads a PDF as a Document: its paragraphs come from the text layer or, on scanned pages, from OCR."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, Any, NamedTuple

from index.documents import Document, Section
from index.errors import LoadError, RecognitionError
from index.loaders.archive import binary_kind, seems_pdf
from index.loaders.assembly import assemble
from index.loaders.blocks import flow
from index.loaders.lines import known_words
from index.loaders.metadata import Properties, iso_date, readable_property
from index.loaders.options import DEFAULTS, Options
from index.loaders.pdf.columns import ordered, without_cut_lines
from index.loaders.pdf.cover import front_page
from index.loaders.pdf.heads import Style, printed_heads
from index.loaders.pdf.ocr import recognised, scale
from index.loaders.pdf.page_labels import page_labels
from index.loaders.pdf.paragraphs import (
    Paragraph,
    Stitched,
    followed,
    layouts,
    paragraphs,
    separate_notes,
    stitched,
    usual_height,
)
from index.loaders.pdf.rules import Rules, rules
from index.loaders.pdf.running_heads import edges_of, without_running
from index.loaders.pdf.table_layout import lines, with_ruled
from index.loaders.pdf.text import Frame, Line, frame, glyphs, pieces, readable
from index.text.passages import is_titled

if TYPE_CHECKING:
    from pypdfium2 import PdfBookmark, PdfDocument

# Held for every call of PDFium: two threads must not call it at once, even for two documents.
PDFIUM = threading.RLock()

SAVE_AGAIN = "open it in a PDF program and save it again"
READ_PICTURES = (
    "turn on the setting ocr, which needs the program tesseract, or run the file through OCR first"
)

MAX_PIXELS = 16_000_000  # of a drawn page: some pages are a hundred times as high as they are wide
MAX_BOOKMARKS = 2_000
MAX_LEVEL = 15  # files with deeper bookmarks are broken or hostile
_MAX_TITLE = 300
HIDDEN = "_"  # begins the names of the bookmarks that Word sets for itself, such as ``_Hlk192107725``
_LEEWAY = 3.0  # points by which the top of a paragraph may be above the target of its bookmark
_PICTURES_WITHIN = 4  # the depth of nested forms (reusable parts of a page)
_DATE = re.compile(r"(?:D:)?([0-9]{4})([0-9]{2})?([0-9]{2})?.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Page:
    """The runs of a picture without a text layer come from OCR."""

    frame: Frame
    runs: list[Line]
    is_picture: bool
    rules: Rules


class Bookmark(NamedTuple):
    """``level`` is from 1, ``page`` an index, ``place`` x and y in PDF points, None if not given."""

    level: int
    title: str
    page: int
    place: tuple[float | None, float | None]


def read_pdf(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """With ``options.ocr``, the text of scanned pages comes from OCR."""
    if not seems_pdf(data):
        kind = binary_kind(data)
        cause = f"is named .pdf but seems to be {kind}" if kind else "is not a PDF: it has no PDF header"
        raise LoadError(path, cause, "give it the suffix of what it is, or save it again as PDF")
    with PDFIUM:
        document = _opened(data, path, options)
    try:
        with PDFIUM:
            entries, marks, labels = _entries(document), _bookmarks(document), _labels(document)
        placed = [_page(document, number, path, options) for number in range(len(document))]
    finally:
        with PDFIUM:
            document.close()
    uncut = without_cut_lines([page.runs for page in placed])
    spelled = known_words(line.text for page in uncut for line in page)
    written = [
        lines(ordered(with_ruled(runs, page.rules, spelled)), page.rules.horizontal)
        for runs, page in zip(uncut, placed, strict=True)
    ]
    heights = [page.frame.height for page in placed]
    edges = edges_of(written, heights)
    kept = without_running(written, edges)
    known = known_words(line.text for page in kept for line in page)
    usual = usual_height(kept)
    parts = [
        (paragraphs(body, known), paragraphs(notes, known))
        for body, notes in (separate_notes(page, usual) for page in kept)
    ]
    pages = followed(parts, usual, known)
    whole = stitched(pages, known)
    text = whole.words.text
    if not text:
        pictures = f"{len(pages)} scanned page{'s' if len(pages) != 1 else ''}"
        if options.ocr and any(page.is_picture for page in placed):
            cause = f"has no text layer, and no words were recognised ({pictures})"
            raise LoadError(path, cause, "scan it again, or name its languages in the setting ocr_languages")
        raise LoadError(path, f"has no text layer ({pictures})", READ_PICTURES)
    properties = Properties(
        title=readable_property(entries.get("Title")),
        author=readable_property(entries.get("Author")),
        written=_written(entries),
    )
    stated, credible = front_page(
        written, kept, heights, known=known, text=text, properties=properties, name=path.stem
    )
    outline = [
        Section(_start(mark, pages[mark.page], whole, placed[mark.page].frame), mark.level, mark.title)
        for mark in marks
        if mark.page < len(pages)
    ]
    sections = _sections(outline, pages, whole, usual)
    return replace(
        assemble(path, "pdf", text, credible, stated=stated, sections=sections),
        page_starts=whole.page_starts,
        page_labels=page_labels(written, edges, labels),
        mended=whole.words.mended,
        layouts=layouts(whole, [(page.frame.width, page.frame.height) for page in placed]),
        unread_pages=_numbers(page.is_picture and not page.runs for page in placed),
        recognised_pages=_numbers(page.is_picture and bool(page.runs) for page in placed),
        recognised_in=options.recognition if any(page.is_picture for page in placed) else "",
    )


def draw_page(data: bytes, path: Path, page: int, width: int, options: Options = DEFAULTS) -> bytes:
    """A PNG of ``page``, from 1, ``width`` pixels wide or, if very tall, less. Raises LoadError."""
    from pypdfium2 import PdfiumError

    if not seems_pdf(data):
        raise LoadError(path, "is not a PDF, and only the pages of a PDF can be drawn", "ask for its text")
    with PDFIUM:
        document = _opened(data, path, options)
        try:
            if not 1 <= page <= len(document):
                raise LoadError(path, f"has no page {page}", f"ask for a page from 1 to {len(document)}")
            drawn = document[page - 1]
            across, down = drawn.get_size()
            scale = min(width / across, (MAX_PIXELS / (across * down)) ** 0.5)
            picture = BytesIO()
            drawn.render(scale=scale).to_pil().save(picture, "PNG")
        except (PdfiumError, ZeroDivisionError, ValueError) as error:
            raise LoadError(path, f"is broken: page {page} cannot be drawn", SAVE_AGAIN) from error
        finally:
            document.close()
    return picture.getvalue()


def _opened(data: bytes, path: Path, options: Options) -> PdfDocument:
    document = _unlocked(data, path, options.passwords)
    pages, most = len(document), options.limits.pages
    if 0 < pages <= most:
        return document
    document.close()
    if pages:
        cause = f"has {pages:,} pages, more than the limit of {most:,}"
        raise LoadError(path, cause, "split it into parts")
    raise LoadError(path, "is broken: it has no pages", SAVE_AGAIN)


def _unlocked(data: bytes, path: Path, passwords: tuple[str, ...]) -> PdfDocument:
    from pypdfium2 import PdfDocument, PdfiumError
    from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

    for password in (None, *passwords):
        try:
            return PdfDocument(data, password=password)
        except PdfiumError as error:
            if error.err_code == FPDF_ERR_SECURITY:
                cause = "is encrypted in a way that cannot be read"
                raise LoadError(path, cause, "save a copy without encryption") from error
            if error.err_code != FPDF_ERR_PASSWORD:
                raise LoadError(path, "is broken: its structure cannot be read", SAVE_AGAIN) from error
    if not passwords:
        raise LoadError(path, "is encrypted and needs a password", "save a copy without a password")
    tried = len(passwords)
    which = "the password given does not open" if tried == 1 else f"none of the {tried} passwords given opens"
    cause = f"is encrypted, and {which} it"
    raise LoadError(path, cause, "give its password, or save a copy without one")


def _entries(document: PdfDocument) -> dict[str, str]:
    """Without control characters and empty values."""
    entries = document.get_metadata_dict(skip_empty=True)
    cleaned = {key: flow("".join(map(readable, text))) for key, text in entries.items()}
    return {key: text for key, text in cleaned.items() if text}


def _written(entries: Mapping[str, str]) -> str | None:
    """ISO 32000-1, 7.9.4."""
    match = _DATE.fullmatch(entries.get("CreationDate", ""))
    return iso_date("-".join(part for part in match.groups() if part)) if match else None


def _page(document: PdfDocument, number: int, path: Path, options: Options) -> _Page:
    from pypdfium2 import PdfiumError
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    try:
        with PDFIUM:
            page = document[number]
            text_page = page.get_textpage()
            try:
                shown = frame(page)
                runs = list(pieces(glyphs(shown, text_page)))
                drawn = rules(page, shown) if runs else Rules()
                pictures = page.get_objects([FPDF_PAGEOBJ_IMAGE], max_depth=_PICTURES_WITHIN)
                is_picture = not runs and next(pictures, None) is not None
            finally:
                text_page.close()
                page.close()
    except PdfiumError as error:
        raise LoadError(path, f"is broken: page {number + 1} cannot be read", SAVE_AGAIN) from error
    if not is_picture or not options.ocr:
        return _Page(shown, runs, is_picture, drawn)
    try:
        with PDFIUM:
            picture = document[number].render(scale=scale(shown), grayscale=True).to_pil()
        found = recognised(picture, shown, options.ocr_languages, options.limits.seconds)
    except (PdfiumError, ValueError) as error:
        raise LoadError(path, f"is broken: page {number + 1} cannot be drawn", SAVE_AGAIN) from error
    except RecognitionError as error:
        raise LoadError(path, f"has pages without a text layer, and {error.cause}", error.remedy) from error
    return _Page(shown, list(pieces(found)), True, drawn)


def _numbers(chosen: Iterable[bool]) -> tuple[int, ...]:
    return tuple(number for number, is_chosen in enumerate(chosen, 1) if is_chosen)


def _bookmarks(document: PdfDocument) -> list[Bookmark]:
    """Only those that lead to a page."""
    from pypdfium2 import raw

    found: list[Bookmark] = []
    for entry in islice(document.get_toc(MAX_LEVEL), MAX_BOOKMARKS):
        target = raw.FPDFBookmark_GetDest(document, entry)
        page = raw.FPDFDest_GetDestPageIndex(document, target) if target else -1
        title = _title(entry)
        if page >= 0 and title and not title.startswith(HIDDEN):
            found.append(Bookmark(entry.level + 1, title, page, _place(target)))
    return found


def _title(entry: PdfBookmark) -> str:
    from pypdfium2.raw import FPDFBookmark_GetTitle

    return _words(partial(FPDFBookmark_GetTitle, entry))[:_MAX_TITLE].rstrip()


def _labels(document: PdfDocument) -> list[str]:
    """ISO 32000-1, 12.4.2: one for each page, or none."""
    from pypdfium2.raw import FPDF_GetPageLabel

    labels = [_words(partial(FPDF_GetPageLabel, document, page)) for page in range(len(document))]
    return labels if any(labels) else []


def _words(read: Callable[[Any, int], int]) -> str:
    """The methods of pypdfium2 refuse half a surrogate pair."""
    from ctypes import create_string_buffer

    size = read(None, 0)
    buffer = create_string_buffer(size)
    read(buffer, size)
    written = buffer.raw[: max(size - 2, 0)].decode("utf-16-le", "ignore")
    return flow("".join(map(readable, written)))


def _place(target: Any) -> tuple[float | None, float | None]:  # noqa: ANN401 - a pointer
    """None for what its kind of destination does not give (ISO 32000-1, 12.3.2)."""
    from ctypes import byref, c_float, c_int, c_ulong

    from pypdfium2 import raw

    count, numbers = c_ulong(), (c_float * 4)()
    view = raw.FPDFDest_GetView(target, byref(count), numbers)
    if view == raw.PDFDEST_VIEW_XYZ:
        has_x, has_y, has_zoom, x, y, zoom = c_int(), c_int(), c_int(), c_float(), c_float(), c_float()
        if raw.FPDFDest_GetLocationInPage(
            target, *(byref(one) for one in (has_x, has_y, has_zoom, x, y, zoom))
        ):
            return (x.value if has_x.value else None), (y.value if has_y.value else None)
    elif view in {raw.PDFDEST_VIEW_FITH, raw.PDFDEST_VIEW_FITBH} and count.value:
        return None, numbers[0]
    elif view == raw.PDFDEST_VIEW_FITR and count.value == 4:
        return numbers[0], numbers[3]
    return None, None


def _start(mark: Bookmark, page: Sequence[Paragraph], whole: Stitched, frame: Frame) -> int:
    """The nearest paragraph with the mark's title, else the one at its place, else the page's first."""
    starts = list(zip(page, whole.paragraph_starts[mark.page], strict=True))
    x, y = frame.shown(*mark.place)
    headings = [
        (abs(paragraph.first.top - y), start)
        for paragraph, start in starts
        if is_titled(paragraph.text, mark.title)
    ]
    if headings:
        return min(headings)[1]
    below = [
        (paragraph.first.top, -paragraph.first.left, start)
        for paragraph, start in starts
        if paragraph.first.top <= y + _LEEWAY and paragraph.last.right > x
    ]
    return max(below)[2] if below else whole.page_starts[mark.page]


def _sections(
    outline: Sequence[Section], pages: Sequence[Sequence[Paragraph]], whole: Stitched, usual: float
) -> tuple[Section, ...]:
    """A bookmark in other words than the head printed at its place gives way to it, and gives it its level.

    Heads in the style of one with a bookmark have its level; those of another style are one below the next
    larger.
    """
    heads = {
        whole.paragraph_starts[head.page][head.place]: (head.style, pages[head.page][head.place].text)
        for head in printed_heads(pages, usual)
    }
    marked = {section.start: section for section in outline}
    levels: dict[Style, int] = {}
    level = 0
    for style in sorted({style for style, _ in heads.values()}, reverse=True):
        given = [
            marked[start].level for start, (other, _) in heads.items() if other == style and start in marked
        ]
        level = median_low(given) if given else min(level + 1, MAX_LEVEL)
        levels[style] = level
    kept = [one for one in outline if one.start not in heads or _is_part(heads[one.start][1], one.title)]
    titled = {section.start for section in kept}
    printed = [
        Section(start, marked[start].level if start in marked else levels[style], title)
        for start, (style, title) in heads.items()
        if start not in titled
    ]
    return tuple(sorted((*kept, *printed), key=lambda section: section.start))


def _is_part(text: str, title: str) -> bool:
    """A head may have more lines than its first paragraph, or a number that its bookmark has not."""
    shorter, longer = sorted(("".join(filter(str.isalnum, one.casefold())) for one in (text, title)), key=len)
    return shorter in longer
