"""Batches texts by length, so that no vector depends on the other texts in its batch.

A text is padded to a width that depends only on its own length: padding to the longest text of a batch, as
sentence-transformers does, changes a vector by up to 1e-3 in bfloat16. On some machines, the result for a row
(the tokens of one text) also depends on the number of rows in the batch (:mod:`index.embedding.machine`).
There, a batch repeats its last row until it is full.

A row's vector is then the same to the last bit in every batch, and in all processes with the same number of
threads (measured for the bundled model in both precisions).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["document", "query"]

PASS_TOKENS: Mapping[Kind, int] = {"document": 1024, "query": 64}
"""The number of tokens of a batch, with padding. A query waits for at most one batch of documents. A batch of
queries takes hardly longer than a single query."""

SHORT = 64
"""For texts of up to this many tokens, widths are multiples of the smaller step."""

STEP, SHORT_STEP = 16, 8
"""The steps between widths, in tokens. The smaller step is 8, because in rows of fewer than 8 tokens, float32
vectors depend on the other rows of the batch, by 1e-7."""


@dataclass(frozen=True, slots=True)
class Row:
    """The tokens of one text, as the model's input.

    Attributes:
        width: the number of the text's tokens, with padding.
        tensors: the model's inputs for this text alone, by their names, each of shape (width,).
        shared: the inputs that all texts of the same kind (passages or queries) share.
        parts: for each sentence of the text, its first token and the token after its last one; None if these
            were not requested or are not known.
    """

    width: int
    tensors: Mapping[str, Any]
    shared: Mapping[str, Any]
    parts: tuple[tuple[int, int], ...] | None = None


def width_of(length: int, longest: int | None = None) -> int:
    """Return the number of tokens to which a text is padded.

    Args:
        length: the number of the text's tokens, with special tokens; at least 1.
        longest: the model's window, which limits the width; None for no limit.
    """
    step = SHORT_STEP if length <= SHORT else STEP
    width = -(-length // step) * step
    return width if longest is None else max(length, min(width, longest))


def rows_of(width: int, kind: Kind) -> int:
    """Return the largest number of rows that a batch may have if each row has ``width`` tokens."""
    return max(1, PASS_TOKENS[kind] // width)


class Batches:
    """Rows to encode, grouped by width (the number of tokens with padding); the widest rows come first."""

    def __init__(self, rows: Sequence[Row]) -> None:
        by_width: dict[int, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            by_width[row.width].append(place)
        self._rows = rows
        self._waiting = [by_width[width] for width in sorted(by_width)]

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self, kind: Kind) -> list[int]:
        """Remove the next batch of at most :func:`rows_of` rows, and return their positions, in order."""
        places = self._waiting[-1]
        count = rows_of(self._rows[places[0]].width, kind)
        taken, places[:count] = places[:count], []
        if not places:
            self._waiting.pop()
        return taken


def windows(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Group texts of similar length: yield the positions of ``size`` texts at a time, longest first."""
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    for start in range(0, len(order), size):
        yield order[start : start + size]
