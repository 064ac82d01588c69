"""An inverted file of compressed vectors: the nearest lists are read, and what is found is ranked exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.embedding.model import Vectors
from index.vectors.exact import NOISE, Cosines, Mask, Numbers, cosines, within

Stored = Callable[[Sequence[int]], Vectors]
"""The catalog's exact vectors of some numbers, in their order: shape (n, dimensions)."""

Bits = npt.NDArray[np.uint8]
"""Eight positions a byte, the first of them lowest."""

SPARE = 32
"""Candidates beyond the limit, at least: what is compressed does not rank exactly."""

SPARE_SHARE = 0.25
"""Candidates beyond the limit, as a share of it."""

EXACTLY = 256
"""So few that are allowed are all compared by their stored vectors."""


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """A base of the type ``ivf``; nothing of it is changed once it is made.

    Attributes:
        numbers: of all vectors, rising; the file knows them by their position in it.
        inverted: FAISS's index, mapped from its file: adding to it or removing would end the process.
        centres: the lists' centres, as FAISS's flat index.
        owner: what holds the memory of both.
        alive: which positions are not removed, or None where all are there.
        dead: how many are removed.
    """

    numbers: Numbers
    inverted: Any
    centres: Any
    owner: Any
    alive: Bits | None = None
    dead: int = 0

    def __len__(self) -> int:
        return len(self.numbers) - self.dead

    def without(self, numbers: Numbers) -> Lists:
        """This base with those of ``numbers`` removed that it has."""
        positions = np.searchsorted(self.numbers, numbers)
        positions, numbers = positions[positions < len(self.numbers)], numbers[positions < len(self.numbers)]
        positions = positions[self.numbers[positions] == numbers]
        alive = self._all() if self.alive is None else self.alive.copy()
        np.bitwise_and.at(alive, positions >> 3, ~(1 << (positions & 7)).astype(np.uint8))
        dead = len(self.numbers) - _count(alive)
        return self if dead == self.dead else replace(self, alive=alive, dead=dead)

    def nearest(
        self, vector: npt.NDArray[np.float32], limit: int, allowed: Mask | None, stored: Stored
    ) -> tuple[Numbers, Cosines]:
        """The numbers nearest to ``vector`` and their exact cosines, in no order.

        All candidates are there that are as near as the last of ``limit``, and perhaps some more.
        """
        candidates = self._candidates(allowed)
        count = len(self) if candidates is None else _count(candidates)
        wanted = limit + max(SPARE, round(SPARE_SHARE * limit))
        if count <= max(wanted, EXACTLY):
            # Looking them up costs no more than ranking again what a search would find.
            return self._exactly(vector, self._positions(candidates), stored)
        while True:
            positions = self._search(vector, min(wanted, count), candidates, count)
            numbers, found = self._exactly(vector, positions, stored)
            if len(found) < wanted or found.min() < np.partition(found, len(found) - limit)[-limit] - NOISE:
                return numbers, found
            # All are as near as the last: copies of one passage, of which there may be more.
            wanted *= 4

    def _all(self) -> Bits:
        return np.packbits(np.ones(len(self.numbers), np.bool_), bitorder="little")

    def _candidates(self, allowed: Mask | None) -> Bits | None:
        if allowed is None:
            return self.alive
        inside = np.packbits(within(self.numbers, allowed), bitorder="little")
        return inside if self.alive is None else inside & self.alive

    def _positions(self, candidates: Bits | None) -> Numbers:
        if candidates is None:
            return np.arange(len(self.numbers))
        return np.flatnonzero(np.unpackbits(candidates, count=len(self.numbers), bitorder="little"))

    def _exactly(
        self, vector: npt.NDArray[np.float32], positions: Numbers, stored: Stored
    ) -> tuple[Numbers, Cosines]:
        numbers = self.numbers[np.sort(positions)]
        if not len(numbers):
            return numbers, np.empty(0, np.float32)
        return numbers, cosines(stored(numbers.tolist()), vector)

    def _search(
        self, vector: npt.NDArray[np.float32], wanted: int, candidates: Bits | None, count: int
    ) -> Numbers:
        """The positions that rank highest among the candidates in the nearest lists."""
        lists, probes = self.inverted.nlist, self.inverted.nprobe
        if candidates is not None:
            # Where few are allowed, the nearest of them stand in lists further off: by measurement, as many
            # times more lists as the root of the share give the recall that a search of all has.
            probes = min(lists, math.ceil(probes * math.sqrt(len(self.numbers) / count)))
        # This thread alone finds the lists: see blocks._products.
        near = np.empty(lists, np.float32)
        pointer = faiss.swig_ptr
        faiss.fvec_inner_products_ny(
            pointer(near), pointer(vector), self.centres.get_xb(), len(vector), lists
        )
        chosen = np.argpartition(near, lists - probes)[lists - probes :]
        chosen = chosen[np.argsort(-near[chosen])]
        ahead = near[chosen]
        selector = None if candidates is None else faiss.IDSelectorBitmap(candidates)
        parameters = faiss.SearchParametersIVF(nprobe=probes, sel=selector)
        scores, found = np.empty(wanted, np.float32), np.empty(wanted, np.int64)
        # FAISS's Python method of this name takes no parameters.
        self.inverted.search_preassigned_c(
            1,
            pointer(vector),
            wanted,
            pointer(chosen),
            pointer(ahead),
            pointer(scores),
            pointer(found),
            False,
            parameters,
        )
        # It pads with -1 where fewer are found than asked for.
        return found[found >= 0]


def _count(bits: Bits) -> int:
    return int(np.bitwise_count(bits).sum())
