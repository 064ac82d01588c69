"""Leaves out lines that the end of a page cuts.

A browser that prints a long page draws a line that does not fit both at the end of a page and at the start of
the next one, and clips it at one of them. The text layer then has the taller letters of the clipped line:
``Sh i 1 215`` for ``Short-term investments 1,215``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

from index.loaders.pdf.runs import Line
from index.text.geometry import BOX_BYTES

NEAR = 3
"""The lowest lines of a page that are compared with as many of the highest lines of the next page; the others
are running titles and page numbers."""

SHARED = 0.3
"""Two runs stand on one line if their bottoms are less than this share of their height apart."""

FEWEST = 3
"""The fewest characters of a cut line that are enough to know the whole line by."""


def without_cut_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The text runs of each page without those of lines that stand whole on the next or the former page."""
    kept = [list(runs) for runs in pages]
    for above, below in pairwise(kept):
        pairs = list(product(_by_height(above)[:NEAR], _by_height(below)[-NEAR:]))
        cut = [run for one, other in pairs if _is_cut(one, other) for run in one]
        cut += [run for one, other in pairs if _is_cut(other, one) for run in other]
        for runs in (above, below):
            runs[:] = [run for run in runs if all(run is not other for other in cut)]
    return kept


def _by_height(runs: Sequence[Line]) -> list[list[Line]]:
    """The runs of each line, the lowest line first."""
    lines: list[list[Line]] = []
    for run in sorted(runs, key=lambda run: run.bottom):
        if lines and run.bottom - lines[-1][0].bottom < SHARED * run.height:
            lines[-1].append(run)
        else:
            lines.append([run])
    return lines


def _is_cut(line: Sequence[Line], whole: Sequence[Line]) -> bool:
    """Tell if ``line`` has only characters of ``whole``, at their places, and parts of its words."""
    if _words(line) <= _words(whole):
        return False
    some, every = _characters(line), _characters(whole)
    return FEWEST <= len(some) < len(every) and all(
        any(character == other and abs(left - place) <= 1 for other, place in every)
        for character, left in some
    )


def _words(line: Sequence[Line]) -> set[str]:
    return {word for run in line for word in run.text.split()}


def _characters(line: Sequence[Line]) -> list[tuple[str, int]]:
    """The characters of a line, each with its left edge as in ``PageLayout``; without spaces."""
    return [
        (character, int.from_bytes(cell.words.boxes[place * BOX_BYTES :][:2], "little"))
        for run in line
        for cell in run.cells
        for place, character in enumerate(cell.words.text)
        if not character.isspace()
    ]
