"""Searches the vectors of a library in a Milvus collection."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.errors import VectorsUnreachableError
from index.vectors.exact import (
    Cosines,
    FetchVectors,
    Ids,
    Mask,
    are_enough,
    are_few,
    candidates_to_request,
    ranked,
)
from index.vectors.policy import Kind

if TYPE_CHECKING:
    from index.vectors.milvus import MilvusStore

_MOST = 16_384
"""The most results that Milvus returns for one search."""

LISTED = 50_000
"""The most ids in the filter of one request."""

_WIDE = 2_000
"""A search for more results than this takes longer than a search with a filter of many ids."""

_BREADTH = 256
"""The least number of candidates that a walk through the graph (HNSW) keeps."""

SECONDS = 10.0
"""The seconds that a search waits for the server."""

LOST = {100, 101}
"""Milvus's codes for a collection that does not exist or is not loaded."""


@dataclass(slots=True)
class Collection:
    """A Milvus collection. A search that finds it gone sets ``lost``; the library then reopens its base."""

    store: MilvusStore
    name: str
    lost: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MilvusVectors:
    """A base in a collection, which may have more vectors than the base.

    ``alive`` tells of each id from 0 whether a search may find it; ``total`` counts the vectors up to the
    highest id, removed ones too. If hundreds of passages have the same text, a search may find only some of
    them, since Milvus's graph does not link all of them.
    """

    collection: Collection
    alive: Mask
    total: int

    def __len__(self) -> int:
        return int(np.count_nonzero(self.alive))

    @property
    def kind(self) -> Kind:
        return "milvus"

    @property
    def last(self) -> int:
        return len(self.alive) - 1

    def is_available(self) -> bool:
        return not self.collection.lost

    def without(self, ids: Ids) -> MilvusVectors:
        alive = self.alive.copy()
        alive[ids[(ids >= 0) & (ids <= self.last)]] = False
        return replace(self, alive=alive)

    def nearest(
        self, vector: npt.NDArray[np.float32], limit: int, allowed: Mask | None, stored: FetchVectors
    ) -> tuple[Ids, Cosines]:
        mask = self.alive
        if allowed is not None:
            mask = np.zeros(len(self.alive), np.bool_)
            known = min(len(mask), len(allowed))
            mask[:known] = self.alive[:known] & allowed[:known]
        count, wanted = int(np.count_nonzero(mask)), candidates_to_request(limit)
        if not count or are_few(count, wanted):
            return ranked(np.flatnonzero(mask), vector, stored)
        while True:
            ids, found = ranked(self._search(vector, min(wanted, count), mask, count), vector, stored)
            if wanted >= min(count, _MOST) or are_enough(found, wanted, limit):
                return ids, found
            # All candidates after the last result tie with it, as copies of a passage do; more may do so.
            wanted *= 4

    def _search(self, vector: npt.NDArray[np.float32], wanted: int, mask: Mask, count: int) -> Ids:
        """Return ids that ``mask`` allows, among them the ``wanted`` ids nearest to ``vector``.

        If Milvus finds fewer, and ``mask`` allows at most ``LISTED`` ids, return all that it allows.
        """
        # Milvus does not know the mask, so a search asks for 1.5 times as many ids as it expects to need.
        fetched = wanted if self.total == count else math.ceil(1.5 * wanted * self.total / count)
        found = np.empty(0, np.int64)
        most = _WIDE if count <= LISTED else _MOST
        while fetched <= most and len(found) < min(wanted, count):
            found = self._found(vector, fetched, f"id > 0 and id <= {self.last}")
            found = found[mask[found]]
            fetched *= 4
        if len(found) >= wanted:
            return found
        some = np.flatnonzero(mask)
        lists = [some[start : start + LISTED].tolist() for start in range(0, count, LISTED)]
        parts = [self._found(vector, min(wanted, _MOST), f"id in {ids}") for ids in lists]
        found = np.unique(np.concatenate([found, *parts]))
        # Milvus reads only a part of a segment that has no graph yet (its interim index).
        return some if len(found) < min(wanted, count) and count <= LISTED else found

    def _found(self, vector: npt.NDArray[np.float32], limit: int, condition: str) -> Ids:
        try:
            with self.collection.store.reaching() as client:
                [hits] = client.search(
                    self.collection.name,
                    [vector],
                    filter=condition,
                    limit=limit,
                    output_fields=[],
                    search_params={"params": {"ef": max(limit, _BREADTH)}},
                    consistency_level="Bounded",
                    timeout=SECONDS,
                )
        except VectorsUnreachableError as error:
            if getattr(error.__cause__, "code", None) in LOST:
                self.collection.lost = True
            raise
        return np.unique(np.array([hit["id"] for hit in hits], np.int64))
