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
        lowest = [_Drawn(runs) for runs in _by_height(above)[:NEAR]]
        highest = [_Drawn(runs) for runs in _by_height(below)[-NEAR:]]
        cut = {id(run) for one, other in product(lowest, highest) if one.is_cut(other) for run in one.runs}
        cut |= {id(run) for one, other in product(highest, lowest) if one.is_cut(other) for run in one.runs}
        for runs in (above, below):
            runs[:] = [run for run in runs if id(run) not in cut]
    return kept


class _Drawn:
    """A line as it is drawn.

    Attributes:
        runs: the runs of the line.
        characters: the characters, each with its left edge as in ``PageLayout``; without spaces.
    """

    def __init__(self, runs: Sequence[Line]) -> None:
        self.runs = runs
        self.characters = [
            (character, int.from_bytes(cell.words.boxes[start * BOX_BYTES : start * BOX_BYTES + 2], "little"))
            for run in runs
            for cell in run.cells
            for start, character in enumerate(cell.words.text)
            if not character.isspace()
        ]

    def is_cut(self, whole: _Drawn) -> bool:
        """Tell if this line is what a clip leaves of ``whole``.

        Each of its characters stands where ``whole`` has it. A clip leaves a letter wherever it occurs, or
        nowhere, and leaves out letters between others; the beginning of another line does not look so.
        """
        if not FEWEST <= len(self.characters) < len(whole.characters):
            return False
        drawn, there = {character for character, _ in self.characters}, set(whole.characters)
        last = max(place for _, place in self.characters)
        return (
            all(
                any((character, place + shift) in there for shift in (0, -1, 1))
                for character, place in self.characters
            )
            and sum(character in drawn for character, _ in whole.characters) == len(self.characters)
            and any(place < last for character, place in whole.characters if character not in drawn)
        )


def _by_height(runs: Sequence[Line]) -> list[list[Line]]:
    """The runs of each line, the lowest line first."""
    lines: list[list[Line]] = []
    for run in sorted(runs, key=lambda run: run.bottom):
        if lines and run.bottom - lines[-1][0].bottom < SHARED * run.height:
            lines[-1].append(run)
        else:
            lines.append([run])
    return lines
