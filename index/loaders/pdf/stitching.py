"""The paragraphs of a PDF's pages → its canonical text, with what lies where on which page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.documents import PageLayout
from index.loaders.pdf.paragraphs import Paragraph, seam
from index.loaders.pdf.positioned import BOX_BYTES, Placed, unplaced


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


def stitched(pages: Sequence[Sequence[Paragraph]], known: frozenset[str]) -> Stitched:
    """The canonical text of the pages and the offset at which each begins.

    Args:
        pages: the paragraphs of each.
        known: the document's words, which tell a compound's hyphen from one that divides a word.
    """
    pieces: list[Placed] = []
    starts: list[int] = []
    paragraph_starts: list[tuple[int, ...]] = []
    length = 0
    before: Paragraph | None = None
    for page in pages:
        offsets: list[int] = []
        for paragraph in page:
            if before is None:
                pieces.append(paragraph.words)
            elif paragraph.continues:
                end, rest = seam(pieces.pop(), paragraph.words, known)
                length += len(end.text) - len(before.text)
                pieces += [end, rest]
            else:
                between = "\n" if before.is_row and paragraph.is_row else "\n\n"
                length += len(between)
                pieces += [unplaced(between), paragraph.words]
            offsets.append(length)
            length += len(pieces[-1].text)
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
