"""How texts share passes through the model, so that no vector depends on what else is in its pass.

A text is padded to a width that follows from its own length alone, and for each width a pass has always the
same number of rows, the last of them repeated where there are too few. A row is then the same to the last
bit whatever the other rows are and wherever it stands among them, in processes of as many threads: measured
for the bundled model in float32 and in bfloat16. Processors with AMX calculate one row and several in
different ways, by up to 1e-3 in bfloat16; with padding to the longest text of a batch, as
sentence-transformers pads, vectors differ by as much on any processor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["document", "query"]

PASS_TOKENS: Mapping[Kind, int] = {"document": 512, "query": 64}
"""Tokens of a pass, padding too. A pass of documents is what a question waits for at most; one of queries
takes hardly longer than a single query, and several askers may share it."""

SHORT = 64
"""Tokens up to which widths lie closer."""

STEP, SHORT_STEP = 16, 8
"""Widths are multiples of these. Below 8 rows of float32 depend on one another, by 1e-7."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text as the model takes it.

    Attributes:
        width: its tokens with their padding.
        tensors: what differs from text to text, by the model's name for it: tensors of shape (width,).
        shared: what is the same for every text of its kind.
        parts: where the tokens of its parts stand in the row, or None where that is not asked or not known.
    """

    width: int
    tensors: Mapping[str, Any]
    shared: Mapping[str, Any]
    parts: tuple[tuple[int, int], ...] | None = None


def width_of(length: int, longest: int | None = None) -> int:
    """The width to which a text of ``length`` tokens is padded.

    Args:
        length: the tokens that the model sees, special ones too, at least 1.
        longest: the model's window, which no width goes beyond; None for none.
    """
    step = SHORT_STEP if length <= SHORT else STEP
    width = -(-length // step) * step
    return width if longest is None else max(length, min(width, longest))


def rows_of(width: int, kind: Kind) -> int:
    """The rows of a pass of that width."""
    return max(1, PASS_TOKENS[kind] // width)


class Batches:
    """Rows that wait for a pass, by width, widest first."""

    def __init__(self, rows: Sequence[Row]) -> None:
        by_width: dict[int, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            by_width[row.width].append(place)
        self._rows = rows
        self._waiting = [by_width[width] for width in sorted(by_width)]

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self, kind: Kind) -> list[int]:
        """The places of the rows of the next pass, in order: at least one, at most :func:`rows_of`."""
        places = self._waiting[-1]
        count = rows_of(self._rows[places[0]].width, kind)
        taken, places[:count] = places[:count], []
        if not places:
            self._waiting.pop()
        return taken


def windows(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Places of texts in groups of ``size``, the longest texts first, so that those alike go together."""
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    for start in range(0, len(order), size):
        yield order[start : start + size]
