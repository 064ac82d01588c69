"""Removes the remains of lines that the edge of a page cuts off.

A browser that prints a long page draws a line that does not fit on a page twice: at the end of that page and
at the start of the next page. One of the two copies is clipped, and the text layer has only some letters of
it, such as the taller ones: ``Sh i 1 215`` for ``Short-term investments 1,215``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

from index.loaders.pdf.runs import Line
from index.text.geometry import BOX_BYTES

COMPARED_LINES = 3
"""The number of lines that are compared at the end of a page and at the start of the next page: running
titles and page numbers may stand between a cut line and the edge of its page."""

SAME_LINE = 0.3
"""Two runs are on one line if their lower bounds are closer than this share of the upper run's height."""

MIN_CHARACTERS = 3
"""The fewest characters of a cut line by which the whole line can be recognised."""


def without_cut_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Remove the text runs of lines that a page's edge cuts off; a neighbouring page has these lines whole.

    Args:
        pages: the text runs of each page.
    """
    kept = [list(runs) for runs in pages]
    for above, below in pairwise(kept):
        lowest = [_PlacedLine(runs) for runs in _by_height(above)[:COMPARED_LINES]]
        highest = [_PlacedLine(runs) for runs in _by_height(below)[-COMPARED_LINES:]]
        cut = {id(run) for one, other in product(lowest, highest) if one.is_cut(other) for run in one.runs}
        cut |= {id(run) for one, other in product(highest, lowest) if one.is_cut(other) for run in one.runs}
        for runs in (above, below):
            runs[:] = [run for run in runs if id(run) not in cut]
    return kept


class _PlacedLine:
    """A line and the places of its characters.

    Attributes:
        runs: the runs of the line.
        characters: the characters without white space, each with its left edge in quarters of a point, as in
            ``PageLayout``.
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

    def is_cut(self, whole: _PlacedLine) -> bool:
        """Return whether this line is the clipped copy of the line ``whole``.

        A clipped copy meets three conditions:

        - Each of its characters is where ``whole`` has the same character.
        - Clipping has kept all occurrences of a letter, or none.
        - Some missing letter is to the left of a kept one. A line that only lacks the end of ``whole`` is
          therefore not a clipped copy.
        """
        if not MIN_CHARACTERS <= len(self.characters) < len(whole.characters):
            return False
        drawn, whole_characters = {character for character, _ in self.characters}, set(whole.characters)
        last = max(place for _, place in self.characters)
        return (
            all(
                any((character, place + shift) in whole_characters for shift in (0, -1, 1))
                for character, place in self.characters
            )
            and sum(character in drawn for character, _ in whole.characters) == len(self.characters)
            and any(place < last for character, place in whole.characters if character not in drawn)
        )


def _by_height(runs: Sequence[Line]) -> list[list[Line]]:
    """Group runs into lines; return the runs of each line, the lowest line first."""
    lines: list[list[Line]] = []
    for run in sorted(runs, key=lambda run: run.bottom):
        if lines and run.bottom - lines[-1][0].bottom < SAME_LINE * run.height:
            lines[-1].append(run)
        else:
            lines.append([run])
    return lines
