"""How texts share passes through the model, so that no vector depends on what else is in its pass.

A text is padded to a width that follows from its own length alone, and a pass holds texts of one width. A
row of a pass is then the same to the last bit whatever the other rows are and however many: measured for
the bundled model with one to 64 rows, in float32 and in bfloat16, on one to three threads. With padding to
the longest text of a batch, as sentence-transformers pads, float32 vectors differ by about 1e-7 and
bfloat16 ones by 2e-3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    """

    width: int
    tensors: Mapping[str, Any]
    shared: Mapping[str, Any]


def width_of(length: int, longest: int | None = None) -> int:
    """The width to which a text of ``length`` tokens is padded.

    Args:
        length: the tokens that the model sees, special ones too, at least 1.
        longest: the model's window, which no width goes beyond; None for none.
    """
    step = SHORT_STEP if length <= SHORT else STEP
    width = -(-length // step) * step
    return width if longest is None else max(length, min(width, longest))


class Batches:
    """Rows that wait for a pass, by width, widest first: what takes most memory fails first.

    Iterating is left to the owner: each pass may be asked for with a budget of its own.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        by_width: dict[int, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            by_width[row.width].append(place)
        self._rows = rows
        self._waiting = [by_width[width] for width in sorted(by_width)]

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self, budget: int, most: int) -> list[int]:
        """The places of the rows of the next pass, in order: at least one.

        Args:
            budget: tokens of a pass, padding too; a single wider row goes by itself.
            most: rows of a pass.
        """
        places = self._waiting[-1]
        count = max(1, min(most, budget // self._rows[places[0]].width))
        taken, places[:count] = places[:count], []
        if not places:
            self._waiting.pop()
        return taken


def windows(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Places of texts in groups of ``size``, the longest texts first, so that those alike go together."""
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    for start in range(0, len(order), size):
        yield order[start : start + size]
