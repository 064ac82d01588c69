"""Finds the passages whose vectors are nearest to a query's. Only this package uses FAISS and Milvus.

Older vectors are in the *base*, a file that never changes or a Milvus collection; *recent* ones are in
memory. A large base finds candidates approximately, and the catalog's exact vectors rank them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.embedding.model import Vectors
from index.errors import VectorIndexError
from index.vectors.exact import (
    NOISE,
    Batches,
    Change,
    Expected,
    FetchVectors,
    FlatVectors,
    Mark,
    append_block,
    cosines,
    nearest,
)
from index.vectors.faiss_index import IvfVectors, open_base, write_base
from index.vectors.milvus import MilvusStore, MilvusVectors, store_at
from index.vectors.policy import DEFAULT_POLICY, IndexPolicy, Kind

__all__ = [
    "DEFAULT_POLICY",
    "Batches",
    "Change",
    "Expected",
    "FetchVectors",
    "IndexPolicy",
    "Kind",
    "Mark",
    "MilvusStore",
    "VectorIndex",
    "VectorIndexError",
    "store_at",
]


@dataclass(frozen=True, slots=True, eq=False)
class VectorIndex:
    """An immutable index: each change returns a new one. Safe to share between threads."""

    dimensions: int
    _base: FlatVectors | IvfVectors | MilvusVectors | None = None
    _recent: tuple[FlatVectors, ...] = ()

    @classmethod
    def empty(cls, dimensions: int) -> VectorIndex:
        return cls(dimensions)

    @classmethod
    def over(cls, base: MilvusVectors, dimensions: int) -> VectorIndex:
        return cls(dimensions, base)

    @classmethod
    def build(
        cls, path: Path, dimensions: int, count: int, batches: Batches, policy: IndexPolicy = DEFAULT_POLICY
    ) -> VectorIndex:
        """Write a new base of the type that suits ``count`` vectors; an ``ivf`` base calls ``batches`` twice.

        Raises OSError, and an older file stays; ValueError if the ids do not rise or ``count`` is wrong.
        """
        write_base(path, dimensions, count, batches, policy)
        return cls.open(path, dimensions)

    @classmethod
    def open(cls, path: Path, dimensions: int) -> VectorIndex:
        """The file may then be deleted. Raises VectorIndexError if it has no base of these dimensions."""
        return cls(dimensions, open_base(path, dimensions))

    @property
    def kind(self) -> Kind:
        return "none" if self._base is None else self._base.kind

    def is_available(self) -> bool:
        """False once a search has found the base missing."""
        return self._base is None or self._base.is_available()

    def __len__(self) -> int:
        return sum(len(part) for part in (*self._recent, *([] if self._base is None else [self._base])))

    def added(self, ids: Sequence[int], vectors: Vectors) -> VectorIndex:
        """Unit vectors. Raises ValueError unless the ids rise and are above those of the index."""
        if not len(ids):
            return self
        new = np.array(ids, np.int64)
        parts = self._recent if self._base is None else (self._base, *self._recent)
        if np.any(np.diff(new) < 1) or any(part.last >= new[0] for part in parts):
            raise ValueError(f"ids {new[0]} to {new[-1]} must rise, and lie above the ids of the index")
        block = FlatVectors(new, np.array(vectors, np.float32, order="C").reshape(len(new), self.dimensions))
        return replace(self, _recent=append_block(self._recent, block))

    def removed(self, ids: Collection[int]) -> VectorIndex:
        if not ids:
            return self
        gone = np.array(sorted(ids), np.int64)
        recent = tuple(block for part in self._recent if len(block := part.without(gone)))
        return replace(self, _base=None if self._base is None else self._base.without(gone), _recent=recent)

    def is_due(self, policy: IndexPolicy = DEFAULT_POLICY) -> bool:
        base = 0 if self._base is None else self._base.total
        removed = 0 if self._base is None else base - len(self._base)
        recent = sum(len(block.ids) for block in self._recent)
        return policy.too_many(base, recent, removed) or not policy.suits(self.kind, len(self))

    def search(
        self,
        vector: npt.NDArray[np.float32],
        limit: int,
        allowed: npt.NDArray[np.bool_] | None,
        stored: FetchVectors,
    ) -> dict[int, float]:
        """Cosines by id, best first, with all ties of the last, whatever the order of insertion.

        ``allowed`` is a mask of ids from 0; ids past its end may not be found. The vectors from ``stored``
        rank the candidates of an approximate base.
        """
        if limit < 1:
            return {}
        vector = np.ascontiguousarray(vector, np.float32)
        ids, found = nearest(self._compared(), vector, limit, allowed)
        if self._base is not None and not isinstance(self._base, FlatVectors) and len(self._base):
            further, near = self._base.nearest(vector, limit, allowed, stored)
            ids, found = np.concatenate([further, ids]), np.concatenate([near, found])
        order = np.lexsort((ids, -found))
        if len(order) > limit:
            least = found[order[limit - 1]] - NOISE
            order = order[: np.count_nonzero(found >= least)]
        return dict(zip(ids[order].tolist(), found[order].tolist(), strict=True))

    def cosines(
        self, vector: npt.NDArray[np.float32], ids: Sequence[int], stored: FetchVectors
    ) -> dict[int, float]:
        """``stored`` fetches the exact vectors of an approximate base."""
        asked = np.array(ids, np.int64)
        found = np.empty(len(asked), np.float32)
        missing = np.ones(len(asked), np.bool_)
        for block in self._compared():
            rows = block.rows(asked)
            here = rows >= 0
            found[here] = cosines(block.vectors[rows[here]], vector)
            missing &= ~here
        if missing.any():
            found[missing] = cosines(stored(asked[missing].tolist()), vector)
        return dict(zip(ids, found.tolist(), strict=True))

    def _compared(self) -> tuple[FlatVectors, ...]:
        """The blocks that a search compares exactly, in order of id."""
        return (self._base, *self._recent) if isinstance(self._base, FlatVectors) else self._recent
