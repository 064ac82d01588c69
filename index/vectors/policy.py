"""Chooses the type of a vector index by the number of vectors, and tells when a new base is due."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["none", "flat", "ivf"]
"""The type of a base: none yet; ``flat`` compares every vector; ``ivf`` searches the nearest lists only."""


@dataclass(frozen=True, slots=True)
class IndexPolicy:
    """Limits that decide the type of the index; ``benchmarks.vectors`` measured the defaults.

    Attributes:
        small: with at most this many recent, or removed, vectors no new base is due.
        recent_share: a new base is due above this ratio of recent vectors to the base,
        most_recent: and above this number of recent vectors, however large the base is.
        removed_share: a new base is due above this share of removed vectors in the base.
        flat_up_to: the most vectors in a flat base; a larger base is ``ivf``.
        lists_by_root: the number of lists, divided by the square root of the number of vectors.
        training: vectors per list in the sample that the centroids are learned from.
        rounds: k-means iterations.
        probes: lists that an unfiltered search reads.
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
        """Whether a base of type ``kind`` still suits ``count`` vectors.

        An ``ivf`` base is kept down to half the limit, so that a library near it does not switch to and fro.
        """
        if kind == "none":
            return count <= self.small
        return count <= self.flat_up_to if kind == "flat" else 2 * count >= self.flat_up_to

    def lists(self, count: int) -> int:
        """The number of lists for ``count`` vectors."""
        return max(1, min(count, round(self.lists_by_root * math.sqrt(count))))

    def too_many(self, base: int, recent: int, removed: int) -> bool:
        """Whether ``recent`` or ``removed`` is too many for a base of ``base`` vectors."""
        most = max(self.small, min(self.recent_share * base, self.most_recent))
        return recent > most or removed > max(self.small, self.removed_share * base)


DEFAULT_POLICY = IndexPolicy()
