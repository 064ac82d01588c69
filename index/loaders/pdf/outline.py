"""Finds the sections of a PDF's text from its bookmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from index.documents import Section
from index.loaders.blocks import flow
from index.loaders.pdf.characters import Frame, readable
from index.loaders.pdf.continuations import Stitched
from index.loaders.pdf.paragraphs import Paragraph

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

MAX_BOOKMARKS = 2_000
"""The most bookmarks that are read."""

MAX_LEVEL = 15
"""The deepest level of bookmarks that is read: files with deeper levels are broken or hostile."""

_MAX_TITLE = 300
"""The most characters of a bookmark's title."""

_MAX_NUMBER = 6
"""The longest number of a heading, in characters, for example ``12.1.3``."""

_LEEWAY = 3.0
"""How far, in points, the top of a paragraph may be above the place to which its bookmark leads."""


class Bookmark(NamedTuple):
    """An entry of a PDF's outline.

    Attributes:
        level: the entry's depth, from 1.
        title: the entry's title, on one line.
        page: the index of the page to which the entry leads.
        place: the x and y of the target in PDF coordinates, in points; None for a coordinate that the file
            does not give.
    """

    level: int
    title: str
    page: int
    place: tuple[float | None, float | None]


def bookmarks(document: PdfDocument) -> list[Bookmark]:
    """Read the bookmarks that lead to a page, in order. Call this only while holding the lock ``PDFIUM``."""
    from ctypes import addressof

    from pypdfium2.raw import FPDFBookmark_GetFirstChild, FPDFBookmark_GetNextSibling

    found: list[Bookmark] = []
    seen: set[int] = set()
    waiting: list[tuple[Any, int]] = [(FPDFBookmark_GetFirstChild(document, None), 1)]
    while waiting and len(seen) < MAX_BOOKMARKS:
        entry, level = waiting.pop()
        if not entry or addressof(entry.contents) in seen:  # the bookmarks form a circle
            continue
        seen.add(addressof(entry.contents))
        bookmark = _bookmark(document, entry, level)
        if bookmark is not None:
            found.append(bookmark)
        waiting.append((FPDFBookmark_GetNextSibling(document, entry), level))
        if level < MAX_LEVEL:
            waiting.append((FPDFBookmark_GetFirstChild(document, entry), level + 1))
    return found


def _bookmark(document: PdfDocument, entry: Any, level: int) -> Bookmark | None:  # noqa: ANN401 - a pointer
    from pypdfium2.raw import FPDFBookmark_GetDest, FPDFDest_GetDestPageIndex

    target = FPDFBookmark_GetDest(document, entry)
    page = FPDFDest_GetDestPageIndex(document, target) if target else -1
    title = _title(entry)
    if page < 0 or not title:
        return None
    return Bookmark(level, title, page, _place(target))


def _title(entry: Any) -> str:  # noqa: ANN401 - a pointer
    from ctypes import create_string_buffer

    from pypdfium2.raw import FPDFBookmark_GetTitle

    size = FPDFBookmark_GetTitle(entry, None, 0)
    buffer = create_string_buffer(size)
    FPDFBookmark_GetTitle(entry, buffer, size)
    written = buffer.raw[: max(size - 2, 0)].decode("utf-16-le", "ignore")
    return flow("".join(map(readable, written)))[:_MAX_TITLE].rstrip()


def _place(target: Any) -> tuple[float | None, float | None]:  # noqa: ANN401 - a pointer
    """Return the x and y of a bookmark's destination, in PDF coordinates.

    A coordinate is None if this kind of destination does not give it (ISO 32000-1, 12.3.2).
    """
    from ctypes import byref, c_float, c_ulong

    from pypdfium2 import raw

    count, numbers = c_ulong(), (c_float * 4)()
    view = raw.FPDFDest_GetView(target, byref(count), numbers)
    if view == raw.PDFDEST_VIEW_XYZ:
        return _location(target)
    if view in {raw.PDFDEST_VIEW_FITH, raw.PDFDEST_VIEW_FITBH} and count.value:
        return None, numbers[0]
    if view == raw.PDFDEST_VIEW_FITR and count.value == 4:
        return numbers[0], numbers[3]
    return None, None


def _location(target: Any) -> tuple[float | None, float | None]:  # noqa: ANN401 - a pointer
    from ctypes import byref, c_float, c_int

    from pypdfium2.raw import FPDFDest_GetLocationInPage

    has_x, has_y, has_zoom = c_int(), c_int(), c_int()
    x, y, zoom = c_float(), c_float(), c_float()
    flags = byref(has_x), byref(has_y), byref(has_zoom)
    if not FPDFDest_GetLocationInPage(target, *flags, byref(x), byref(y), byref(zoom)):
        return None, None
    return (x.value if has_x.value else None), (y.value if has_y.value else None)


def sections(
    marks: Sequence[Bookmark],
    pages: Sequence[Sequence[Paragraph]],
    whole: Stitched,
    frames: Sequence[Frame],
) -> tuple[Section, ...]:
    """Return a section for each bookmark, in the order of the text.

    Args:
        marks: the bookmarks; those that lead beyond the last page are left out.
        pages: the paragraphs of each page.
        whole: the canonical text.
        frames: the visible area of each page.
    """
    placed = [
        Section(_start(mark, pages[mark.page], whole, frames[mark.page]), mark.level, mark.title)
        for mark in marks
        if mark.page < len(pages)
    ]
    return tuple(sorted(placed, key=lambda section: section.start))


def _start(mark: Bookmark, page: Sequence[Paragraph], whole: Stitched, frame: Frame) -> int:
    """Return the offset of the paragraph to which a bookmark leads.

    It is the paragraph with the bookmark's title (the nearest, if several have it), else the paragraph at the
    bookmark's place, else the first of the page.
    """
    starts = whole.paragraph_starts[mark.page]
    x, y = frame.shown(*mark.place)
    headings = [
        (abs(paragraph.first.top - y), start)
        for paragraph, start in zip(page, starts, strict=True)
        if _is_titled(paragraph.text, mark.title)
    ]
    if headings:
        return min(headings)[1]
    below = [
        (paragraph.first.top, -paragraph.first.left, start)
        for paragraph, start in zip(page, starts, strict=True)
        if paragraph.first.top <= y + _LEEWAY and paragraph.last.right > x
    ]
    return max(below)[2] if below else whole.page_starts[mark.page]


def _is_titled(text: str, title: str) -> bool:
    """Return whether a paragraph is the heading that a bookmark names.

    The section number may be missing from the paragraph or from the bookmark.
    """
    if len(text) > len(title) + _MAX_NUMBER and not text.startswith(title):
        return False
    words, named = _letters(text), _letters(title)
    shorter, longer = sorted((words, named), key=len)
    number = longer.removesuffix(shorter)
    return bool(shorter) and longer.endswith(shorter) and len(number) <= _MAX_NUMBER


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
