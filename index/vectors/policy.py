"""Which type of index suits how many vectors, and when a new base is due."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["none", "flat", "ivf"]
"""Of a base: none yet, every vector compared (flat), or the nearest lists of an inverted file (ivf)."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Limits by which an index chooses its type; the defaults are what ``benchmarks.vectors`` measured.

    Attributes:
        small: up to so many recent, or removed, vectors no new base is due.
        recent_share: more recent vectors than this share of the base make a new one due,
        most_recent: and so do more than this, however large the base is.
        removed_share: more removed vectors than this share of the base make a new one due.
        flat_up_to: vectors that are all compared; above, they stand in lists, and the nearest lists are read.
        lists_by_root: lists are this times the square root of the number of vectors.
        training: vectors a list that the lists' centres are learned from.
        rounds: iterations of that learning.
        probes: lists that a search without a filter reads.
    """

    small: int = 2_000
    recent_share: float = 0.125
    most_recent: int = 20_000
    removed_share: float = 0.15
    flat_up_to: int = 40_000
    lists_by_root: float = 4.0
    training: int = 32
    rounds: int = 6
    probes: int = 256

    def kind(self, count: int) -> Kind:
        """The type of a new base of ``count`` vectors."""
        return "flat" if count <= self.flat_up_to else "ivf"

    def suits(self, kind: Kind, count: int) -> bool:
        """Whether a base of this type may go on where ``count`` vectors are alive.

        Going back waits for half the size, so that a library at a limit does not change at every turn.
        """
        if kind == "none":
            return count <= self.small
        return count <= self.flat_up_to if kind == "flat" else 2 * count >= self.flat_up_to

    def lists(self, count: int) -> int:
        """The lists of an inverted file of ``count`` vectors."""
        return max(1, min(count, round(self.lists_by_root * math.sqrt(count))))

    def too_many(self, base: int, recent: int, removed: int) -> bool:
        """Whether a base of so many vectors has too many beside it, or removed from it."""
        most = max(self.small, min(self.recent_share * base, self.most_recent))
        return recent > most or removed > max(self.small, self.removed_share * base)


SIZES = Sizes()
