"""Joins paragraphs that continue in another column or on another page, then joins all pages into one text.

This text is the document's canonical text, which the footnotes of answers quote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import regex

from index.documents import PageLayout
from index.loaders.pdf.paragraphs import (
    RAGGED_SHARE,
    SLACK,
    Paragraph,
    begins_item,
    ends_sentence,
    is_divided,
    joined,
    seam,
)
from index.loaders.pdf.positioned import Placed, unplaced
from index.text.geometry import BOX_BYTES
from index.text.tabular import is_quantity

SAME_SIZE = 1.06
"""The largest ratio of line heights within one paragraph."""

MIN_WIDTH = 12
"""The smallest width of a column, in line heights: captions and cells of tables are narrower."""

MIN_WIDTH_INSIDE = 8
"""Replaces ``MIN_WIDTH`` if the next column begins in lower case, as few cells of a table do."""

MAX_COLUMNS_AHEAD = 3
"""The number of next columns in which the rest of a paragraph is looked for. A column in between may be only
the words of a figure."""

_CAPTION = regex.compile(r"(?:figure|fig|table|chart|box|map|source|sources|note|notes)\b", regex.IGNORECASE)
_LETTER = regex.compile(r"\p{L}")


@dataclass(frozen=True, slots=True)
class PageParts:
    """The paragraphs of a page, with the footnotes apart from the text.

    Attributes:
        text: the paragraphs of the page's text, in reading order.
        notes: the paragraphs of the page's footnotes.
    """

    text: list[Paragraph]
    notes: list[Paragraph]


def followed(pages: Sequence[PageParts], usual: float, known: frozenset[str]) -> list[list[Paragraph]]:
    """Join paragraphs that continue in another column; return each page's paragraphs, footnotes last.

    A paragraph that continues on the next page comes last on its own page, after the footnotes. The rest of
    it is the first paragraph of the next page, with ``continues`` set.

    Args:
        pages: the paragraphs and footnotes of each page.
        usual: the height of the text's lines, in points.
        known: the document's words, which show whether a hyphen at the end of a line divides a word.
    """
    read: list[list[Paragraph]] = []
    last: list[list[Paragraph]] = []
    for page in pages:
        columns = _over_columns(_columns(page.text), usual, known)
        if last and columns:
            _over_page(last, columns[0], read, usual)
        read.append([paragraph for column in (*columns, page.notes) for paragraph in column])
        last = columns or last
    return read


def _columns(paragraphs: Sequence[Paragraph]) -> list[list[Paragraph]]:
    """Split paragraphs into columns: within a column, each paragraph is below or beside the previous one."""
    columns: list[list[Paragraph]] = []
    for paragraph in paragraphs:
        if columns and paragraph.first.bottom <= columns[-1][-1].last.top:
            columns[-1].append(paragraph)
        else:
            columns.append([paragraph])
    return columns


def _over_columns(
    columns: list[list[Paragraph]], usual: float, known: frozenset[str]
) -> list[list[Paragraph]]:
    """Join paragraphs that continue in a later column of the page, and drop the columns that are then empty.

    Return the remaining columns.
    """
    start = 0
    while start < len(columns):
        column = columns[start]
        for number in range(start + 1, min(start + 1 + MAX_COLUMNS_AHEAD, len(columns))):
            following = columns[number]
            end, rest = _last(column, usual), _first(following, usual)
            is_next = number == start + 1 and end is column[-1] and rest is following[0]
            if _is_wide(end, rest, is_next=is_next) and _continues_sentence(end, rest, is_next=is_next):
                words = joined(end.words, rest.words, known)
                columns[start] = [
                    *_without(column, end),
                    replace(end, words=words, last=rest.last, margin=rest.margin),
                ]
                columns[number] = _without(following, rest)
                break
            if any(_is_text(paragraph, usual) and _is_long(paragraph) for paragraph in following):
                start += 1
                break
        else:
            start += 1
        columns = [column for column in columns if column]
    return columns


def _over_page(
    last: Sequence[list[Paragraph]], following: list[Paragraph], read: list[list[Paragraph]], usual: float
) -> None:
    """Move the paragraph that continues on the next page, if there is one, to the end of its own page.

    Args:
        last: the columns of the nearest earlier page that has text.
        following: the first column of the next page, changed in place: afterwards, it begins with the rest
            of the paragraph.
        read: the paragraphs of each earlier page, changed in place.
        usual: the height of the text's lines, in points.
    """
    rest = _first(following, usual)
    for column in reversed(last):
        end = _last(column, usual)
        is_next = column is last[-1] and end is column[-1] and rest is following[0]
        page = next(page for page in reversed(read) if page)
        is_held = end.continues and len(page) > 1  # a continued paragraph must stay first on its page
        if not is_held and _continues_sentence(end, rest, is_next=is_next):
            page[:] = [*_without(page, end), end]
            following[:] = [replace(rest, continues=True), *_without(following, rest)]
            return


def _last(column: Sequence[Paragraph], usual: float) -> Paragraph:
    return next((paragraph for paragraph in reversed(column) if _is_text(paragraph, usual)), column[-1])


def _first(column: Sequence[Paragraph], usual: float) -> Paragraph:
    return next((paragraph for paragraph in column if _is_text(paragraph, usual)), column[0])


def _without(column: Sequence[Paragraph], left_out: Paragraph) -> list[Paragraph]:
    return [paragraph for paragraph in column if paragraph is not left_out]


def _is_text(paragraph: Paragraph, usual: float) -> bool:
    """Return whether a paragraph has the size of the document's text, and is neither a row nor a caption."""
    ratio = paragraph.height / usual
    return not paragraph.is_row and 1 / SAME_SIZE < ratio < SAME_SIZE and not _CAPTION.match(paragraph.text)


def _is_wide(end: Paragraph, rest: Paragraph, *, is_next: bool) -> bool:
    """Return whether the columns of ``end`` and ``rest`` are wide enough for running text.

    If ``rest`` is a single line that directly follows ``end`` (``is_next``), its column may have any width.
    """
    least = MIN_WIDTH_INSIDE if rest.text[0].islower() else MIN_WIDTH
    widths = [
        (paragraph.margin - paragraph.last.left) / paragraph.height
        for paragraph in (end, rest)
        if _is_long(paragraph) or not is_next or paragraph is end
    ]
    return min(widths) > least


def _is_long(paragraph: Paragraph) -> bool:
    return paragraph.first is not paragraph.last


def _continues_sentence(end: Paragraph, rest: Paragraph, *, is_next: bool) -> bool:
    """Return whether ``rest``, at the start of a column or page, continues the last sentence of ``end``.

    Args:
        end: the last paragraph of an earlier column or page.
        rest: the first paragraph of the later column or page.
        is_next: whether no other column or paragraph is between the two.
    """
    small, large = sorted((end.last.height, rest.first.height))
    if (
        (end.is_row or rest.is_row)
        or large > SAME_SIZE * small
        or end.last.bold[1] != rest.first.bold[0]
        or not (_LETTER.search(end.text) and _LETTER.search(rest.text))
        or ends_sentence(end.text, rest.text)
        or begins_item(rest.text)
    ):
        return False
    room = end.margin - end.last.right
    if is_divided(end.text) or rest.text[0].islower():
        return room < RAGGED_SHARE * max(end.margin - end.last.left, end.height)
    is_full = _is_long(end) and room < (0.2 + SLACK) * end.height + rest.first.first_word
    return is_next and is_full


@dataclass(frozen=True, slots=True)
class Stitched:
    """The texts of all pages, joined into one.

    Attributes:
        words: the canonical text, with the box of each character on its page.
        page_starts: the offset at which each page begins.
        paragraph_starts: for each page, the offset of each of its paragraphs.
    """

    words: Placed
    page_starts: tuple[int, ...]
    paragraph_starts: tuple[tuple[int, ...], ...]


def stitched(pages: Sequence[Sequence[Paragraph]], known: frozenset[str]) -> Stitched:
    """Join the paragraphs of all pages into the canonical text.

    Args:
        pages: the paragraphs of each page.
        known: the document's words, which show whether a hyphen at the end of a line divides a word.
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
                is_next = not paragraph.first.begins_table or (
                    not offsets and _is_next_row(before, paragraph)
                )
                between = "\n" if before.is_row and paragraph.is_row and is_next else "\n\n"
                length += len(between)
                pieces += [unplaced(between), paragraph.words]
            offsets.append(length)
            length += len(pieces[-1].text)
            before = paragraph
        starts.append(offsets[0] if offsets else length)
        paragraph_starts.append(tuple(offsets))
    return Stitched(_whole(pieces), tuple(starts), tuple(paragraph_starts))


def _is_next_row(before: Paragraph, row: Paragraph) -> bool:
    """Return whether ``row``, the first of a page, continues the table that ends with the row ``before``."""
    cells = row.first.cells
    has_figures = any(is_quantity(cell.words.text.strip()) for cell in cells[1:])
    return has_figures and len(cells) == len(before.last.cells)


def layouts(stitched: Stitched, sizes: Sequence[tuple[float, float]]) -> tuple[PageLayout, ...]:
    """Return the layout of each page; ``sizes`` has the width and height of each page, in points."""
    ends = (*stitched.page_starts[1:], len(stitched.words.text))
    return tuple(
        PageLayout(width, height, stitched.words.boxes[start * BOX_BYTES : end * BOX_BYTES])
        for (width, height), start, end in zip(sizes, stitched.page_starts, ends, strict=True)
    )


def _whole(pieces: Sequence[Placed]) -> Placed:
    """Join ``pieces`` in linear time: a ``+`` for each piece would copy the text so far each time."""
    mended: list[int] = []
    length = 0
    for piece in pieces:
        mended += [length + offset for offset in piece.mended]
        length += len(piece.text)
    text = "".join(piece.text for piece in pieces)
    return Placed(text, b"".join(piece.boxes for piece in pieces), tuple(mended))
