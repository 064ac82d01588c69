"""Placed characters of a page → its lines, the pieces of a table's row brought together.

Coordinates are in points from the lower left corner of the page as it is shown, upwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import NamedTuple

import regex

from index.loading.placed import NOWHERE, Placed, joined_by, unplaced
from index.tables import CELL_SEPARATOR

MAX_WORD_GAP = 1.5
"""In line heights: a wider gap may separate cells. Justified text seldom stretches a space so far."""

SURE_GAP = 4.0
"""In line heights: a wider gap separates cells even where no line beside it has a gap in that place."""

SURE_GAPS = 3
"""A line with so many wide gaps is a row in any case."""

MIN_GUTTER = 0.7
"""In line heights: a narrower gap is no gutter between columns. Most spaces are half as wide."""

MIN_WORD_GAP = 0.12
"""In line heights: a narrower gap between two pieces of a line is inside a word."""

SCRIPT_RATIO = 0.85
"""Of a line's height: what is set smaller may be raised above its letters or lowered below them."""

WRAPPED_HYPHEN = "\u00ad"
"""Ends a line whose last word was divided."""

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LABEL = regex.compile(r"[•●○◦▪■□‣∙·➢✓*–—-]|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+\.?")
"""A bullet, or the number of an item or of a heading, standing alone."""

_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Khmer}\p{Lao}\p{Myanmar}]")
_PROSE = regex.compile(r"\P{N}*\p{L}")


class Glyph(NamedTuple):  # a page has thousands, and a dataclass takes three times as long to make
    """One character with its box, by the font's own bounds; a line break's box does not count.

    Attributes:
        bold: whether it is set in a bold font; known of a line's first and last character only.
        box: its box in the bytes of PageLayout.
    """

    character: str
    left: float
    bottom: float
    right: float
    top: float
    bold: bool = False
    box: bytes = NOWHERE


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a line between two gaps.

    Attributes:
        words: its words.
        left: where it begins, in points.
        right: where it ends.
        first_word: the width of its first word.
    """

    words: Placed
    left: float
    right: float
    first_word: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page, or a table's row.

    Attributes:
        cells: its pieces, from left to right.
        bottom: the font's lower bound, in points.
        top: the font's upper bound.
        bold: whether its first and its last character are bold.
        is_row: whether its pieces are cells of a table's row.
        resumes: where its letters end when figures or signs raised above or lowered below them follow.
    """

    cells: tuple[Cell, ...]
    bottom: float
    top: float
    bold: tuple[bool, bool] = (False, False)
    is_row: bool = False
    resumes: float | None = None

    @property
    def words(self) -> Placed:
        """Its words; the cells of a row are joined by " | ". A space at its end is kept."""
        if len(self.cells) == 1 and not self.is_row:
            return self.cells[0].words
        if self.is_row:
            return joined_by(CELL_SEPARATOR, [cell.words.strip() for cell in self.cells])
        *others, last = self.cells
        return joined_by(" ", [*(cell.words.strip() for cell in others), last.words])

    @property
    def text(self) -> str:
        """Its words without their places."""
        return self.words.text

    @property
    def left(self) -> float:
        """Where its first piece begins."""
        return self.cells[0].left

    @property
    def right(self) -> float:
        """Where its last piece ends."""
        return self.cells[-1].right

    @property
    def first_word(self) -> float:
        """The width of its first word."""
        return self.cells[0].first_word

    @property
    def height(self) -> float:
        """From the font's lower bound to its upper one; never 0."""
        return max(self.top - self.bottom, 0.1)


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script that sets no spaces between words."""
    return bool(_UNSPACED.match(character))


def lines(pieces: Iterable[Line]) -> list[Line]:
    """The lines that the pieces of a page make up, in their order."""
    joined: list[Line] = []
    for piece in pieces:
        line = replace(piece, cells=_wide_cells(piece))
        if joined and _goes_on(joined[-1], line):
            joined[-1] = _together(joined[-1], line)
        else:
            joined.append(line)
    return [
        replace(line, is_row=True) if _is_row(line, joined[max(number - 1, 0) : number + 2]) else line
        for number, line in enumerate(joined)
    ]


def pieces(glyphs: Iterable[Glyph]) -> Iterator[Line]:
    """What was written from left to right at one height, with a cell for each stretch without a gap.

    The gaps are those that a gutter between columns would have, many narrower than those between cells.
    """
    current: list[Glyph] = []
    for glyph in glyphs:
        if glyph.character not in "\r\n":
            current.append(glyph)
        if glyph.character in "\r\n" + WRAPPED_HYPHEN:
            yield from _line(current)
            current = []
    yield from _line(current)


def _line(glyphs: list[Glyph]) -> Iterator[Line]:
    inked = [glyph for glyph in glyphs if not glyph.character.isspace()]
    if not inked:
        return
    top, bottom = median(glyph.top for glyph in inked), median(glyph.bottom for glyph in inked)
    height = max(top - bottom, 0.1)
    cells: list[Cell] = []
    stretch: list[Glyph] = []
    before = inked[0]
    for glyph in glyphs:
        if not glyph.character.isspace():
            if glyph.left - before.right > MIN_GUTTER * height:
                cells.append(_cell(stretch, top, height))
                stretch = []
            before = glyph
        stretch.append(glyph)
    cells.append(_cell(stretch, top, height))
    yield Line(tuple(cells), bottom, top, (inked[0].bold, inked[-1].bold))


def _cell(glyphs: Sequence[Glyph], top: float, height: float) -> Cell:
    """A cell of a line with that upper bound and height; a space at its end is kept."""
    parts: list[str] = []
    boxes: list[bytes] = []
    spaced = False
    first = last = glyphs[0]
    for glyph in glyphs:
        if glyph.character.isspace():
            spaced = True
            continue
        if spaced and parts:
            parts.append(" ")
            boxes.append(NOWHERE)
        is_raised = glyph.top - glyph.bottom < 0.8 * height and glyph.top > top - 0.15 * height
        parts.append(glyph.character.translate(_SUPERSCRIPTS) if is_raised else glyph.character)
        boxes.append(glyph.box)
        first, last, spaced = first if len(parts) > 1 else glyph, glyph, False
    if spaced:
        parts.append(" ")
        boxes.append(NOWHERE)
    return Cell(Placed("".join(parts), b"".join(boxes)), first.left, last.right, _first_word(glyphs))


def _wide_cells(piece: Line) -> tuple[Cell, ...]:
    """The cells of a piece, those with a narrow gap between them taken together."""
    if len(piece.cells) == 1:
        return piece.cells
    cells = [piece.cells[0]]
    for cell in piece.cells[1:]:
        if cell.left - cells[-1].right > MAX_WORD_GAP * piece.height:
            cells.append(cell)
        else:
            words = joined_by(" ", (_without_end(cells[-1].words), cell.words))
            cells[-1] = Cell(words, cells[-1].left, cell.right, cells[-1].first_word)
    return tuple(cells)


def _without_end(words: Placed) -> Placed:
    return words.cut(0, len(words.text.rstrip()))


def _first_word(glyphs: Sequence[Glyph]) -> float:
    """The width of a line's first word; of its first character in a script without spaces."""
    first: Glyph | None = None
    last: Glyph | None = None
    for glyph in glyphs:
        if last is not None and (glyph.character.isspace() or is_unspaced(last.character)):
            break
        if not glyph.character.isspace():
            first, last = first or glyph, glyph
    return last.right - first.left if first and last else 0.0


def _goes_on(line: Line, following: Line) -> bool:
    """Whether ``following`` goes on to the right of ``line``, as a raised or lowered sign perhaps."""
    overlap = min(line.top, following.top) - max(line.bottom, following.bottom)
    smaller = min(line.height, following.height)
    end = line.right if line.resumes is None else line.resumes
    if overlap > 0.6 * smaller and following.left > end - 0.45 * smaller:
        return True
    is_near = abs(following.left - end) < 0.3 * line.height
    return is_near and overlap > 0.25 * smaller and _is_script(following, line)


def _is_script(piece: Line, line: Line) -> bool:
    return piece.height < SCRIPT_RATIO * line.height


def _together(line: Line, following: Line) -> Line:
    taller = line if line.height >= following.height else following
    gap = following.left - line.right
    end, start = _raised(line, following).cells[-1], _raised(following, line).cells[0]
    cells = (*line.cells[:-1], end, start, *following.cells[1:])
    if gap <= MAX_WORD_GAP * taller.height:
        between = " " if gap > MIN_WORD_GAP * taller.height or end.words.text.endswith(" ") else ""
        words = _without_end(end.words) + unplaced(between) + start.words
        one = Cell(words, end.left, max(end.right, start.right), end.first_word)
        cells = (*line.cells[:-1], one, *following.cells[1:])
    resumes = None
    if _is_script(following, line):
        resumes = line.right if line.resumes is None else line.resumes
    return Line(cells, taller.bottom, taller.top, (line.bold[0], following.bold[1]), resumes=resumes)


def _raised(piece: Line, line: Line) -> Line:
    """A piece as it is written beside ``line``: a small number set above its letters as raised figures."""
    cell = piece.cells[0]
    is_raised = _is_script(piece, line) and piece.top > line.top - 0.15 * line.height
    if len(piece.cells) > 1 or not is_raised or not cell.words.text.strip().isdecimal():
        return piece
    words = Placed(cell.words.text.translate(_SUPERSCRIPTS), cell.words.boxes)
    return replace(piece, cells=(replace(cell, words=words),))


def _is_row(line: Line, neighbours: Sequence[Line]) -> bool:
    """Whether a line's gaps part cells: many, or very wide, or a line beside it has one in that place.

    A number or bullet with its text is no row, whatever the gap.
    """
    first, *others = line.cells
    if not others:
        return False
    if len(others) == 1 and _LABEL.fullmatch(first.words.text.strip()) and _PROSE.match(others[0].words.text):
        return False
    gaps = _gaps(line)
    if len(gaps) >= SURE_GAPS or any(end - start > SURE_GAP * line.height for start, end in gaps):
        return True
    return any(
        min(end, other_end) - max(start, other_start) > 0.5 * line.height
        for other in neighbours
        if other is not line and abs(other.bottom - line.bottom) < 3 * line.height
        for start, end in gaps
        for other_start, other_end in _gaps(other)
    )


def _gaps(line: Line) -> list[tuple[float, float]]:
    return [(line.cells[number].right, line.cells[number + 1].left) for number in range(len(line.cells) - 1)]
