"""Groups the characters of a page into text runs: stretches of text from left to right at one height.

Coordinates are in points from the lower left corner of the visible page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import regex

from index.loaders.blocks import without_bars
from index.loaders.pdf.positioned import NOWHERE, Placed, joined_by, unplaced
from index.loaders.superscripts import superscript
from index.text.normalize import UNSPACED
from index.text.tabular import CELL_SEPARATOR

MIN_GUTTER = 0.7
"""The narrowest gutter between columns, in line heights: most spaces between words are half as wide."""

INDENT = "  "
"""The spaces before the label of a table's row, once for each level of indentation."""

WRAPPED_HYPHEN = "\u00ad"
"""The soft hyphen, which here marks the end of a line that divides a word."""

_UNSPACED = regex.compile(rf"[{UNSPACED}]")


class Glyph(NamedTuple):  # a page has thousands, and a dataclass takes three times as long to make
    """One character, with its edges on the page.

    ``bottom`` and ``top`` are the bounds of the font, so they are the same for high and low letters. A line
    break is a glyph, too, but its edges have no meaning.

    Attributes:
        bold: whether the font is bold; set only for the first and last character of a line.
        box: the character's box as eight bytes, in the format of ``PageLayout.boxes``.
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
    """A stretch of a line between two wide gaps.

    Attributes:
        words: the cell's text.
        left: the cell's left edge, in points.
        right: the cell's right edge, in points.
        first_word: the width of the cell's first word, in points.
    """

    words: Placed
    left: float
    right: float
    first_word: float


@dataclass(frozen=True, slots=True)
class Line:
    """A text run, a line made up of such runs, or a row of a table.

    Attributes:
        cells: the stretches between wide gaps, from left to right; at least one.
        bottom: the font's lower bound, in points.
        top: the font's upper bound, in points.
        bold: two values: whether the first and whether the last character of the line is bold.
        is_row: whether the line is a row of a table.
        begins_table: whether the line is the first row of a table.
        level: how deep a row's label is indented, from 0.
        resumes: if the line ends with superscripts or subscripts, the right edge, in points, of the text
            before them; else None.
    """

    cells: tuple[Cell, ...]
    bottom: float
    top: float
    bold: tuple[bool, bool] = (False, False)
    is_row: bool = False
    begins_table: bool = False
    level: int = 0
    resumes: float | None = None

    @property
    def words(self) -> Placed:
        """The line's text, with the places of its characters.

        A row has " | " between its cells, and an indented row begins with spaces.
        """
        if len(self.cells) == 1 and not self.is_row:
            return self.cells[0].words
        if self.is_row:
            cells = [cell.words.strip() for cell in self.cells]
            row = joined_by(CELL_SEPARATOR, [_without_bars(cell) for cell in cells]).strip()
            return unplaced(INDENT * self.level) + row if self.level else row
        *others, last = self.cells
        return joined_by(" ", [*(cell.words.strip() for cell in others), last.words])

    @property
    def text(self) -> str:
        """The line's text, without the places of its characters."""
        return self.words.text

    @property
    def left(self) -> float:
        """The left edge of the first cell, in points."""
        return self.cells[0].left

    @property
    def right(self) -> float:
        """The right edge of the last cell, in points."""
        return self.cells[-1].right

    @property
    def first_word(self) -> float:
        """The width of the line's first word, in points."""
        return self.cells[0].first_word

    @property
    def height(self) -> float:
        """The distance between the font's bounds, in points; never 0."""
        return max(self.top - self.bottom, 0.1)


def _without_bars(words: Placed) -> Placed:
    """Replace each ``|`` in a cell's text that would look like a separator of cells."""
    return Placed(without_bars(words.text), words.boxes) if "|" in words.text else words


def is_unspaced(character: str) -> bool:
    """Return whether a character belongs to a script without spaces between words."""
    return bool(_UNSPACED.match(character))


def pieces(glyphs: Iterable[Glyph]) -> Iterator[Line]:
    """Group glyphs into text runs. A run ends at a line break, or at the hyphen of a divided word.

    A gap of more than ``MIN_GUTTER`` between two glyphs begins a new :class:`Cell` of the run. Such
    a gap may also lie between two columns of text, so a ``Cell`` is not always a cell of a table.
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
    top, bottom = median([glyph.top for glyph in inked]), median([glyph.bottom for glyph in inked])
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
    """Make a cell of a line: runs of white space become one space, and raised figures become superscripts.

    Args:
        glyphs: the characters of the cell; a space at its end stays.
        top: the upper bound of the line's font, in points.
        height: the height of the line's font, in points.
    """
    parts: list[str] = []
    boxes: list[bytes] = []
    spaced = False
    least, highest = 0.8 * height, top - 0.15 * height
    inked = [glyph for glyph in glyphs if not glyph.character.isspace()]
    for character, _, bottom, _, upper, _, box in glyphs:
        if character.isspace():
            spaced = True
            continue
        if spaced and parts:
            parts.append(" ")
            boxes.append(NOWHERE)
        spaced = False
        is_raised = upper > highest and upper - bottom < least
        parts.append(superscript(character) if is_raised else character)
        boxes.append(box)
    if spaced:
        parts.append(" ")
        boxes.append(NOWHERE)
    words = Placed("".join(parts), b"".join(boxes))
    return Cell(words, inked[0].left, inked[-1].right, _first_word(glyphs))


def _first_word(glyphs: Sequence[Glyph]) -> float:
    """Return the width, in points, of the first word; in a script without spaces, of the first character."""
    first: Glyph | None = None
    last: Glyph | None = None
    for glyph in glyphs:
        if last is not None and (glyph.character.isspace() or is_unspaced(last.character)):
            break
        if not glyph.character.isspace():
            first, last = first or glyph, glyph
    return last.right - first.left if first and last else 0.0
