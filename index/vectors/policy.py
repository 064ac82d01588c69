"""Chooses the type of a base (the file of vectors) by its size, and tells when to make a new base."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

# ``flat`` compares every vector; ``ivf`` searches the nearest lists only; ``milvus`` is on a server.
Kind = Literal["none", "flat", "ivf", "milvus"]


@dataclass(frozen=True, slots=True)
class IndexPolicy:
    """When a new base is due, and of which type; ``benchmarks.vectors`` measured the defaults.

    It is due once more than ``small`` vectors and ``recent_share`` of the base, or ``most_recent``, are newer
    than it, or ``small`` and ``removed_share`` are removed. An ``ivf`` base, from ``flat_up_to``, has
    ``lists_by_root`` times the root of its number as lists, learned from ``training`` vectors each; a search
    reads ``probes``.
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
        return "flat" if count <= self.flat_up_to else "ivf"

    def suits(self, kind: Kind, count: int) -> bool:
        """``ivf`` suits down to half of ``flat_up_to``, so that a library does not switch back and forth."""
        if kind == "none":
            return count <= self.small
        if kind == "milvus":
            return True
        return count <= self.flat_up_to if kind == "flat" else 2 * count >= self.flat_up_to

    def lists(self, count: int) -> int:
        return max(1, min(count, round(self.lists_by_root * math.sqrt(count))))

    def too_many(self, base: int, recent: int, removed: int) -> bool:
        most = max(self.small, min(self.recent_share * base, self.most_recent))
        return recent > most or removed > max(self.small, self.removed_share * base)


DEFAULT_POLICY = IndexPolicy()
