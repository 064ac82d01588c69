"""Chooses the type of a base (the file of vectors) by its size, and tells when to make a new base."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["none", "flat", "ivf", "milvus"]
"""The type of a base: none yet; ``flat`` compares every vector; ``ivf`` searches the nearest lists only;
``milvus`` is on a server."""


@dataclass(frozen=True, slots=True)
class IndexPolicy:
    """The limits that decide when a new base (file of vectors) should be made, and which type it has.

    The program ``benchmarks.vectors`` measured the defaults. A vector is recent if it is newer than the base.

    Attributes:
        small: no new base is due while at most this many vectors are recent, and at most this many have been
            removed.
        recent_share: a new base is due if the ratio of recent vectors to vectors in the base exceeds this.
        most_recent: a new base is due if there are more recent vectors than this, however large the base is.
        removed_share: a new base is due if a larger share of the base's vectors is removed.
        flat_up_to: the most vectors in a flat base; a larger base is ``ivf``.
        lists_by_root: the number of lists, divided by the square root of the number of vectors.
        training: the number of vectors per list in the sample from which k-means learns the centroids.
        rounds: the number of k-means iterations.
        probes: the number of lists that a search without filters reads.
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
        """Return the type of a new base (file of vectors) with ``count`` vectors."""
        return "flat" if count <= self.flat_up_to else "ivf"

    def suits(self, kind: Kind, count: int) -> bool:
        """Return whether a base (stored vectors) of type ``kind`` still suits ``count`` vectors.

        An ``ivf`` base suits down to half of ``flat_up_to`` vectors, so that a library near the limit does
        not switch back and forth.
        """
        if kind == "none":
            return count <= self.small
        if kind == "milvus":
            return True
        return count <= self.flat_up_to if kind == "flat" else 2 * count >= self.flat_up_to

    def lists(self, count: int) -> int:
        """Return the number of lists (clusters) of an ``ivf`` base of ``count`` vectors."""
        return max(1, min(count, round(self.lists_by_root * math.sqrt(count))))

    def too_many(self, base: int, recent: int, removed: int) -> bool:
        """Return whether so many vectors are ``recent`` or ``removed`` that a new base should be made.

        ``base`` is the number of vectors in the present base; recent vectors are newer than the base.
        """
        most = max(self.small, min(self.recent_share * base, self.most_recent))
        return recent > most or removed > max(self.small, self.removed_share * base)


DEFAULT_POLICY = IndexPolicy()
