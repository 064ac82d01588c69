"""The paragraphs of a PDF's pages → its canonical text, with what lies where on which page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from index.documents import PageLayout
from index.loading.paragraphs import Paragraph
from index.loading.placed import BOX_BYTES, Placed, unplaced

_PAGE_CONTINUES = regex.compile(r"[^.!?:;…。！？：；\d]\Z")


@dataclass(frozen=True, slots=True)
class Stitched:
    """The pages as one text.

    Attributes:
        words: the canonical text with the box of each character on its page.
        page_starts: the offset at which each page begins.
        paragraph_starts: for each page, the offset of each of its paragraphs.
    """

    words: Placed
    page_starts: tuple[int, ...]
    paragraph_starts: tuple[tuple[int, ...], ...]


def stitched(pages: Sequence[Sequence[Paragraph]]) -> Stitched:
    """The canonical text of the pages and the offset at which each begins."""
    pieces: list[Placed] = []
    starts: list[int] = []
    paragraph_starts: list[tuple[int, ...]] = []
    length = 0
    before: Paragraph | None = None
    for page in pages:
        offsets: list[int] = []
        for paragraph in page:
            between = _between(before, paragraph, new_page=not offsets) if before else ""
            offsets.append(length + len(between))
            pieces += [unplaced(between), paragraph.words]
            length += len(between) + len(paragraph.text)
            before = paragraph
        starts.append(offsets[0] if offsets else length)
        paragraph_starts.append(tuple(offsets))
    return Stitched(_whole(pieces), tuple(starts), tuple(paragraph_starts))


def layouts(stitched: Stitched, sizes: Sequence[tuple[float, float]]) -> tuple[PageLayout, ...]:
    """A layout for each page, whose width and height in points are ``sizes``."""
    ends = (*stitched.page_starts[1:], len(stitched.words.text))
    return tuple(
        PageLayout(width, height, stitched.words.boxes[start * BOX_BYTES : end * BOX_BYTES])
        for (width, height), start, end in zip(sizes, stitched.page_starts, ends, strict=True)
    )


def _whole(pieces: Sequence[Placed]) -> Placed:
    """All of ``pieces`` as one; adding them up in turn would copy the text for each."""
    mended: list[int] = []
    length = 0
    for piece in pieces:
        mended += [length + offset for offset in piece.mended]
        length += len(piece.text)
    text = "".join(piece.text for piece in pieces)
    return Placed(text, b"".join(piece.boxes for piece in pieces), tuple(mended))


def _between(before: Paragraph, paragraph: Paragraph, *, new_page: bool) -> str:
    """What separates two paragraphs: a space where a sentence goes on over the page."""
    if new_page and _PAGE_CONTINUES.search(before.text) and paragraph.text[0].islower():
        return " "
    return "\n" if before.is_row and paragraph.is_row else "\n\n"
