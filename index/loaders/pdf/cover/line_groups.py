"""Groups the lines of a first page by size and weight: a title of several lines becomes one group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import regex

from index.loaders.blocks import flow
from index.loaders.cover.title_wording import is_furniture
from index.loaders.metadata import MAX_TITLE_CHARACTERS
from index.loaders.pdf.paragraphs import begins_item, joined
from index.loaders.pdf.positioned import Placed, joined_by
from index.loaders.pdf.runs import Line

LARGER = 1.08
"""A line is a heading if it is larger than the text by this ratio. The sizes within a group differ less."""

_MAX_STEP = 1.9
"""The largest distance between the lines of a title, in line heights."""

_NEAR_ROW = 0.8
"""The distance from a table's row, in line heights, within which a line belongs to the table."""

_FOOT = 0.06
"""The share of a page's height, at its foot, in which no title stands."""

_PROSE_CHARACTERS = 120
_MAX_LINES = 5
"""The most lines of a title; a long group of more lines is a paragraph in larger letters."""

_BAR = regex.compile(r"\A([\p{L}\p{N}. ]{1,16}) [|] ")
"""The start of a heading with a bar after its number: ``Chapter 1 | Results``."""

_NUMBER = regex.compile(r"\d{1,2}(?:\.\d{1,2})*\.?|[IVX]{1,4}\.")
_WORD = regex.compile(r"\p{L}{2,}")


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Successive lines of one size and weight.

    Attributes:
        text: the words of the lines, on one line, never empty.
        lines: the text of each line.
        ratio: the height of the lines' font, divided by the height of the font of the page's text.
        height: the height of the lines' font, in points.
        is_bold: whether the lines are bold.
        is_in_table: whether a row of a table stands beside the lines, or closely above or below them.
    """

    text: str
    lines: tuple[str, ...]
    ratio: float
    height: float
    is_bold: bool
    is_in_table: bool

    @property
    def is_larger(self) -> bool:
        """Return whether the lines' font is larger than the font of the page's text."""
        return self.ratio >= LARGER

    @property
    def is_smaller(self) -> bool:
        """Return whether the lines' font is smaller than the font of the page's text."""
        return self.ratio * LARGER < 1

    @property
    def is_prose(self) -> bool:
        """Return whether the lines are a paragraph of the page's text, not a heading."""
        is_long = len(self.text) > _PROSE_CHARACTERS
        return is_long and (len(self.lines) > _MAX_LINES or not (self.is_bold or self.is_larger))

    @property
    def title(self) -> str:
        """The text of the lines. A long heading is cut after the last line that fits in a title."""
        if len(self.text) <= MAX_TITLE_CHARACTERS or self.is_prose or not self.is_larger:
            return self.text
        end = 0
        for line in self.lines:
            if end + len(line) > MAX_TITLE_CHARACTERS:
                break
            end += len(line) + 1
        return self.text[:end].rsplit(" ", 1)[0] if end else self.text


def line_groups(page: Sequence[Line], known: frozenset[str]) -> list[LineGroup]:
    """Group the lines of a page, in order, without the page's foot and without table rows of several cells.

    Args:
        page: the page's lines.
        known: the document's words, which show whether a hyphen at the end of a line divides a word.
    """
    rows = [line for line in page if line.is_row]
    written = [line for line in page if not line.is_row] or rows
    usual = median([line.height for line in written for _ in line.text] or [1.0])
    groups = [_group(run, rows, usual, known) for run in _runs(page)]
    return [group for group in groups if group.text]


def _runs(page: Sequence[Line]) -> Iterator[list[Line]]:
    foot = _FOOT * max((line.top for line in page), default=0.0)
    run: list[Line] = []
    for line in page:
        if line.top < foot or (line.is_row and not _is_single(line)):
            continue
        if run and not _is_same_group(run[-1], line):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _is_single(row: Line) -> bool:
    """Return whether a row is an ordinary line: it has one cell, or a number and then one cell."""
    cells = [text for cell in row.cells if (text := cell.words.text.strip())]
    is_numbered = len(cells) == 2 and _NUMBER.fullmatch(cells[0]) is not None
    return len(cells) == 1 or (is_numbered and _WORD.search(cells[1]) is not None)


def _is_same_group(line: Line, following: Line) -> bool:
    small, large = sorted((line.height, following.height))
    return (
        large <= LARGER * small
        and all(line.bold) == all(following.bold)
        and 0 < line.bottom - following.bottom <= _MAX_STEP * large
        and following.left < line.right
        and line.left < following.right
        and not begins_item(following.text)
        and not is_furniture(flow(line.text))
        and not is_furniture(flow(following.text))
    )


def _group(run: Sequence[Line], rows: Sequence[Line], usual: float, known: frozenset[str]) -> LineGroup:
    words = _words(run[0])
    for line in run[1:]:
        words = joined(words, _words(line), known)
    height, near = max(line.height for line in run), _NEAR_ROW * run[0].height
    top, bottom = run[0].top + near, run[-1].bottom - near
    return LineGroup(
        text=_BAR.sub(r"\1 ", flow(words.text)),
        lines=tuple(flow(_words(line).text) for line in run),
        ratio=height / usual,
        height=height,
        is_bold=all(run[0].bold),
        is_in_table=any(row not in run and row.bottom < top and row.top > bottom for row in rows),
    )


def _words(line: Line) -> Placed:
    """Return the words of a line, with spaces between the cells of a row."""
    return joined_by(" ", [cell.words.strip() for cell in line.cells if cell.words.text.strip()])
