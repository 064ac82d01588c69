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

MIN_WORD_GAP = 0.12
"""In line heights: a narrower gap between two pieces of a line is inside a word."""

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
    """A piece of a line between two wide gaps."""

    words: Placed
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page, or a table's row.

    Attributes:
        cells: its pieces, from left to right.
        bottom: the font's lower bound, in points.
        top: the font's upper bound.
        first_word: the width of its first word.
        bold: whether its first and its last character are bold.
        is_row: whether its pieces are cells of a table's row.
    """

    cells: tuple[Cell, ...]
    bottom: float
    top: float
    first_word: float
    bold: tuple[bool, bool] = (False, False)
    is_row: bool = False

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
    def height(self) -> float:
        """From the font's lower bound to its upper one; never 0."""
        return max(self.top - self.bottom, 0.1)


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script that sets no spaces between words."""
    return bool(_UNSPACED.match(character))


def lines(glyphs: Iterable[Glyph]) -> list[Line]:
    """The lines of a page in the order in which its program wrote them."""
    joined: list[Line] = []
    for line in _written_lines(glyphs):
        if joined and _goes_on(joined[-1], line):
            joined[-1] = _together(joined[-1], line)
        else:
            joined.append(line)
    return [
        replace(line, is_row=_is_row(line, joined[max(number - 1, 0) : number + 2]))
        for number, line in enumerate(joined)
    ]


def _written_lines(glyphs: Iterable[Glyph]) -> Iterator[Line]:
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
    parts: list[str] = []
    boxes: list[bytes] = []
    start, spaced, before = inked[0], False, inked[0]
    for glyph in glyphs:
        if glyph.character.isspace():
            spaced = True
            continue
        if glyph.left - before.right > MAX_WORD_GAP * height:
            cells.append(_cell(parts, boxes, start, before))
            parts, boxes, start = [], [], glyph
        elif spaced and parts:
            parts.append(" ")
            boxes.append(NOWHERE)
        is_raised = glyph.top - glyph.bottom < 0.8 * height and glyph.top > top - 0.15 * height
        parts.append(glyph.character.translate(_SUPERSCRIPTS) if is_raised else glyph.character)
        boxes.append(glyph.box)
        before, spaced = glyph, False
    if spaced:
        parts.append(" ")
        boxes.append(NOWHERE)
    cells.append(_cell(parts, boxes, start, before))
    yield Line(tuple(cells), bottom, top, _first_word(glyphs), (inked[0].bold, inked[-1].bold))


def _cell(parts: Sequence[str], boxes: Sequence[bytes], first: Glyph, last: Glyph) -> Cell:
    return Cell(Placed("".join(parts), b"".join(boxes)), first.left, last.right)


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
    """Whether ``following`` goes on to the right of ``line``, at its height."""
    overlap = min(line.top, following.top) - max(line.bottom, following.bottom)
    smaller = min(line.height, following.height)
    return overlap > 0.6 * smaller and following.left > line.right - 0.3 * smaller


def _together(line: Line, following: Line) -> Line:
    taller = line if line.height >= following.height else following
    gap = following.left - line.right
    end, start = line.cells[-1], following.cells[0]
    cells = (*line.cells, *following.cells)
    if gap <= MAX_WORD_GAP * taller.height:
        between = " " if gap > MIN_WORD_GAP * taller.height or end.words.text.endswith(" ") else ""
        words = end.words.cut(0, len(end.words.text.rstrip())) + unplaced(between) + start.words
        one = Cell(words, end.left, start.right)
        cells = (*line.cells[:-1], one, *following.cells[1:])
    return Line(cells, taller.bottom, taller.top, line.first_word, (line.bold[0], following.bold[1]))


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
