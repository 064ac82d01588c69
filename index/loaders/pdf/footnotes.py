"""Separates footnotes, and lines that run vertically in the margin, from the text of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import regex

from index.loaders.pdf.runs import Line

SMALLER = 0.96
"""The height of a footnote's lines is below this share of the height of the text's lines."""

MAX_LINES = 2_000
"""A page with more lines than this is a drawing, on which the search for footnotes would take too long."""

_MARK = regex.compile(
    r"[¹²³⁰⁴-⁹*∗†‡§¶#]{1,3}\s?\S|\(?\d{1,3}[.)]?\s+\S|\d{1,3}(?=\p{Lu}\p{L})|\[\d{1,3}\]\s*\S|[a-z]\)\s"
)


_VERTICAL_WIDTH = 0.2
"""The least width per character, in line heights, of a horizontal line: a narrower line is vertical."""

_MIN_VERTICAL_CHARACTERS = 8


def usual_height(pages: Iterable[Iterable[Line]]) -> float:
    """Return the line height that the most characters have, in points; 0 if there are no lines."""
    characters: Counter[float] = Counter()
    for page in pages:
        for line in page:
            characters[round(line.height, 1)] += sum(len(cell.words.text) for cell in line.cells)
    return characters.most_common(1)[0][0] if characters else 0.0


def separate_notes(page: Sequence[Line], usual: float) -> tuple[list[Line], list[Line]]:
    """Separate the lines of the text from those of footnotes and from lines that run vertically.

    A footnote begins with its mark, is smaller than the text, and has only small lines below it. These
    lines belong to footnotes, too.

    Args:
        page: the page's lines, in reading order.
        usual: the height of the text's lines, in points.

    Returns:
        The lines of the text, and the other lines, both in reading order.
    """
    if len(page) > MAX_LINES:
        return list(page), []
    small = [line.height < SMALLER * usual and not line.is_row for line in page]
    notes = {number for number, line in enumerate(page) if _is_vertical(line)}
    for number, line in enumerate(page):
        if number in notes or not small[number] or not _MARK.match(line.text):
            continue
        below = [
            other
            for other, beneath in enumerate(page)
            if beneath.top < line.bottom + 0.5 * line.height
            and beneath.left < line.right
            and line.left < beneath.right
        ]
        if all(small[other] for other in below):
            notes |= {number, *below}
    return (
        [line for number, line in enumerate(page) if number not in notes],
        [line for number, line in enumerate(page) if number in notes],
    )


def _is_vertical(line: Line) -> bool:
    characters = sum(len(cell.words.text) for cell in line.cells)
    return (
        characters >= _MIN_VERTICAL_CHARACTERS
        and line.right - line.left < _VERTICAL_WIDTH * line.height * characters
    )
