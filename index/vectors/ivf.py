"""An inverted file: compressed vectors in lists, one list around each of many centroids.

A search finds candidates in the lists whose centroids are nearest, and ranks them by their exact vectors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.vectors.candidates import FetchVectors, are_enough, are_few, ranked, spare
from index.vectors.exact import Cosines, Mask, Numbered, Numbers, within
from index.vectors.policy import Kind

Bits = npt.NDArray[np.uint8]
"""A bitmap of positions, eight per byte, lowest bit first."""


@dataclass(frozen=True, slots=True, eq=False)
class IvfVectors(Numbered):
    """A base of the type ``ivf`` (FAISS's inverted file: vectors grouped around centroids); immutable.

    See :class:`index.vectors.candidates.Candidates`.

    Attributes:
        numbers: the ids of all vectors, rising; FAISS knows a vector by its position in this array.
        inverted: FAISS's index, mapped from its file; adding or removing vectors would crash the process.
        centres: the centroids, as FAISS's flat index.
        owner: the object that owns the memory of ``inverted`` and ``centres``.
        alive: the positions that are not removed; None if none is removed.
        dead: the number of removed vectors.
    """

    numbers: Numbers
    inverted: Any
    centres: Any
    owner: Any
    alive: Bits | None = None
    dead: int = 0

    def __len__(self) -> int:
        return len(self.numbers) - self.dead

    @property
    def kind(self) -> Kind:
        return "ivf"

    def without(self, numbers: Numbers) -> IvfVectors:
        positions = np.searchsorted(self.numbers, numbers)
        positions, numbers = positions[positions < len(self.numbers)], numbers[positions < len(self.numbers)]
        positions = positions[self.numbers[positions] == numbers]
        alive = self._all() if self.alive is None else self.alive.copy()
        np.bitwise_and.at(alive, positions >> 3, ~(1 << (positions & 7)).astype(np.uint8))
        dead = len(self.numbers) - _count(alive)
        return self if dead == self.dead else replace(self, alive=alive, dead=dead)

    def nearest(
        self, vector: npt.NDArray[np.float32], limit: int, allowed: Mask | None, stored: FetchVectors
    ) -> tuple[Numbers, Cosines]:
        candidates = self._candidates(allowed)
        count = len(self) if candidates is None else _count(candidates)
        wanted = spare(limit)
        if are_few(count, wanted):
            return ranked(self.numbers[self._positions(candidates)], vector, stored)
        while True:
            positions = self._search(vector, min(wanted, count), candidates, count)
            numbers, found = ranked(self.numbers[positions], vector, stored)
            if are_enough(found, wanted, limit):
                return numbers, found
            # All candidates after the last result tie with it, as copies of a passage do; more may do so.
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

    def _search(
        self, vector: npt.NDArray[np.float32], wanted: int, candidates: Bits | None, count: int
    ) -> Numbers:
        """Return the positions of the best candidates in the nearest lists."""
        lists, probes = self.inverted.nlist, self.inverted.nprobe
        if candidates is not None:
            # If there are few candidates, the nearest ones are in more distant lists. Measurements show that
            # dividing the number of lists by the square root of the candidates' share keeps the recall of
            # an unfiltered search.
            probes = min(lists, math.ceil(probes * math.sqrt(len(self.numbers) / count)))
        # FAISS's own search would use several threads: see exact._products.
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
        # FAISS's Python wrapper of this method takes no parameters.
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
        # FAISS pads the result with -1 if it finds fewer than wanted.
        return found[found >= 0]


def _count(bits: Bits) -> int:
    return int(np.bitwise_count(bits).sum())
