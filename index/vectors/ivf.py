"""Searches an inverted file: compressed vectors in lists, one list around each of many centroids.

A search finds candidates in the lists whose centroids are nearest, and ranks them by their exact vectors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.vectors.candidates import FetchVectors, are_enough, are_few, candidates_to_request, ranked
from index.vectors.exact import Cosines, IdentifiedVectors, Ids, Mask, Rows, within
from index.vectors.policy import Kind

Bits = npt.NDArray[np.uint8]
"""A bitmap of positions, eight per byte, lowest bit first."""


@dataclass(frozen=True, slots=True, eq=False)
class IvfVectors(IdentifiedVectors):
    """A base of the type ``ivf`` (FAISS's inverted file: vectors grouped around centroids); immutable.

    See :class:`index.vectors.candidates.Candidates`.

    Attributes:
        ids: the ids of all vectors, in rising order; FAISS knows a vector by its position in this array.
        inverted: FAISS's index, mapped from its file; adding or removing vectors would crash the process.
        centres: the centroids, as FAISS's flat index.
        owner: the object that owns the memory of ``inverted`` and ``centres``.
        alive: a bitmap of the positions that are not removed; None if no vector is removed.
        removed_count: the number of removed vectors.
    """

    ids: Ids
    inverted: Any
    centres: Any
    owner: Any
    alive: Bits | None = None
    removed_count: int = 0

    def __len__(self) -> int:
        return len(self.ids) - self.removed_count

    @property
    def kind(self) -> Kind:
        return "ivf"

    def without(self, ids: Ids) -> IvfVectors:
        positions = np.searchsorted(self.ids, ids)
        positions, ids = positions[positions < len(self.ids)], ids[positions < len(self.ids)]
        positions = positions[self.ids[positions] == ids]
        alive = self._all() if self.alive is None else self.alive.copy()
        np.bitwise_and.at(alive, positions >> 3, ~(1 << (positions & 7)).astype(np.uint8))
        removed_count = len(self.ids) - _count(alive)
        return (
            self
            if removed_count == self.removed_count
            else replace(self, alive=alive, removed_count=removed_count)
        )

    def nearest(
        self, vector: npt.NDArray[np.float32], limit: int, allowed: Mask | None, stored: FetchVectors
    ) -> tuple[Ids, Cosines]:
        candidates = self._candidates(allowed)
        count = len(self) if candidates is None else _count(candidates)
        wanted = candidates_to_request(limit)
        if are_few(count, wanted):
            return ranked(self.ids[self._positions(candidates)], vector, stored)
        while True:
            positions = self._search(vector, min(wanted, count), candidates, count)
            ids, found = ranked(self.ids[positions], vector, stored)
            if are_enough(found, wanted, limit):
                return ids, found
            # All candidates after the last result tie with it, as copies of a passage do; more may do so.
            wanted *= 4

    def _all(self) -> Bits:
        return np.packbits(np.ones(len(self.ids), np.bool_), bitorder="little")

    def _candidates(self, allowed: Mask | None) -> Bits | None:
        if allowed is None:
            return self.alive
        inside = np.packbits(within(self.ids, allowed), bitorder="little")
        return inside if self.alive is None else inside & self.alive

    def _positions(self, candidates: Bits | None) -> Rows:
        if candidates is None:
            return np.arange(len(self.ids))
        return np.flatnonzero(np.unpackbits(candidates, count=len(self.ids), bitorder="little"))

    def _search(
        self, vector: npt.NDArray[np.float32], wanted: int, candidates: Bits | None, count: int
    ) -> Rows:
        """Search the lists nearest to ``vector``; return the positions of the ``wanted`` best candidates."""
        lists, probes = self.inverted.nlist, self.inverted.nprobe
        if candidates is not None:
            # If there are few candidates, the nearest ones are in more distant lists. Measurements show that
            # dividing the number of lists by the square root of the candidates' share keeps the recall of
            # an unfiltered search.
            probes = min(lists, math.ceil(probes * math.sqrt(len(self.ids) / count)))
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
