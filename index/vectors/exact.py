"""Compares a query with each vector: the recent ones in memory, and those of a flat base in a mapped file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.embedding.model import Vectors
from index.vectors.policy import Kind

Ids = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]
Cosines = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Cosines this close count as equal: a vector's last digits depend on the number of threads that made it.
NOISE = 1e-5
# The most vectors in a block: 6 MB at 384 dimensions, which take a millisecond or two to copy.
BLOCK_SIZE = 4096
_SLACK = 2 * NOISE  # An upper bound of the rounding difference between two ways to sum a cosine.


class IdentifiedVectors:
    __slots__ = ()
    ids: Ids

    @property
    def last(self) -> int:
        return int(self.ids[-1]) if len(self.ids) else 0

    @property
    def total(self) -> int:
        return len(self.ids)

    def is_available(self) -> bool:
        return True


@dataclass(frozen=True, slots=True, eq=False)
class FlatVectors(IdentifiedVectors):
    """Unit vectors, shape (n, dimensions). ``alive`` is None if none is removed."""

    ids: Ids
    vectors: Vectors
    alive: Mask | None = None
    owner: Any = None

    def __len__(self) -> int:
        return len(self.ids) if self.alive is None else int(np.count_nonzero(self.alive))

    @property
    def kind(self) -> Kind:
        return "flat"

    def without(self, ids: Ids) -> FlatVectors:
        rows = self.rows(ids)
        rows = rows[rows >= 0]
        if not len(rows):
            return self
        alive = np.ones(len(self.ids), np.bool_) if self.alive is None else self.alive.copy()
        alive[rows] = False
        return replace(self, alive=alive)

    def rows(self, ids: Ids) -> Rows:
        """-1 for an id that is absent or removed."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.int64)
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        found = self.ids[rows] == ids
        if self.alive is not None:
            found &= self.alive[rows]
        return np.where(found, rows, -1)

    def products(self, vector: npt.NDArray[np.float32], allowed: Mask | None) -> Cosines:
        """-inf for a removed or disallowed row."""
        count = len(self.ids)
        candidates = self.alive
        if allowed is not None:
            inside = within(self.ids, allowed)
            candidates = inside if candidates is None else inside & candidates
        found = np.full(count, -np.inf, np.float32)
        # Reading a row out of order costs as much as a dozen products of consecutive rows.
        if candidates is not None and 32 * (some := int(np.count_nonzero(candidates))) < count:
            if some:
                found[candidates] = _products(self.vectors[candidates], vector)
            return found
        if count:
            found = _products(self.vectors, vector)
        if candidates is not None:
            found[~candidates] = -np.inf
        return found


def within(ids: Ids, allowed: Mask) -> Mask:
    """``ids`` rise; those past the end of ``allowed`` are not."""
    inside = np.zeros(len(ids), np.bool_)
    known = int(np.searchsorted(ids, len(allowed)))
    if known:
        first, last = int(ids[0]), int(ids[known - 1])
        # Consecutive ids are one slice.
        in_a_row = last - first + 1 == known
        inside[:known] = allowed[first : last + 1] if in_a_row else allowed[ids[:known]]
    return inside


def cosines(vectors: Vectors, vector: npt.NDArray[np.float32]) -> Cosines:
    """From double precision: in single, the sum would depend on the number of rows."""
    exact = vectors.astype(np.float64) @ vector.astype(np.float64)
    rounded: Cosines = exact.astype(np.float32)
    return rounded


def nearest(
    blocks: Sequence[FlatVectors], vector: npt.NDArray[np.float32], limit: int, allowed: Mask | None
) -> tuple[Ids, Cosines]:
    """With all that tie with the last, and perhaps more, unordered."""
    products = [block.products(vector, allowed) for block in blocks]
    joined = np.concatenate([*products, np.empty(0, np.float32)])
    # np.partition is slow on many equal values, such as minus infinity.
    joined = joined[joined > -np.inf]
    least = -np.inf
    if len(joined) > limit:
        least = np.partition(joined, len(joined) - limit)[len(joined) - limit] - _SLACK
    ids, vectors = [np.empty(0, np.int64)], [np.empty((0, len(vector)), np.float32)]
    for block, found in zip(blocks, products, strict=True):
        chosen = np.flatnonzero((found >= least) & (found > -np.inf))
        ids.append(block.ids[chosen])
        vectors.append(block.vectors[chosen])
    return np.concatenate(ids), cosines(np.concatenate(vectors), vector)


def append_block(blocks: tuple[FlatVectors, ...], new: FlatVectors) -> tuple[FlatVectors, ...]:
    """Append a block, and merge the last ones, so that there are few blocks and little is copied."""
    tail = [new]
    count = len(new.ids)
    while blocks and len(blocks[-1].ids) < min(2 * count, BLOCK_SIZE):
        tail.insert(0, blocks[-1])
        count += len(blocks[-1].ids)
        blocks = blocks[:-1]
    return (*blocks, _joined(tail)) if len(tail) > 1 else (*blocks, new)


def _joined(blocks: Sequence[FlatVectors]) -> FlatVectors:
    whole = [block.alive is None for block in blocks]
    ids = [b.ids if all_there else b.ids[b.alive] for b, all_there in zip(blocks, whole, strict=True)]
    vectors = [
        b.vectors if all_there else b.vectors[b.alive] for b, all_there in zip(blocks, whole, strict=True)
    ]
    return FlatVectors(np.concatenate(ids), np.concatenate(vectors))


def _products(vectors: Vectors, vector: npt.NDArray[np.float32]) -> Cosines:
    # This FAISS function stays on the calling thread. FAISS's search and NumPy's product split even a small
    # matrix among the cores and wait for them: 40 ms and more on busy cores.
    count, dimensions = vectors.shape
    found = np.empty(count, np.float32)
    pointer = faiss.swig_ptr
    faiss.fvec_inner_products_ny(pointer(found), pointer(vector), pointer(vectors), dimensions, count)
    return found


# Exact vectors, in the order of the ids: shape (n, dimensions).
FetchVectors = Callable[[Sequence[int]], Vectors]
Batches = Callable[[], Iterable[tuple[Ids, Vectors]]]  # all ids, rising, and vectors; callable more than once
# A search asks a base for at least this many candidates above its limit, since a base ranks inexactly.
MIN_EXTRA = 32
EXTRA_SHARE = 0.25  # The same minimum as a share of the limit; the larger of the two minimums counts.
EXACTLY = 256  # If at most this many vectors are allowed, a search compares all of them exactly.


@dataclass(frozen=True, slots=True)
class Mark:
    """The highest id that a base covers, and the generation up to which removals are gone from it."""

    last: int
    generation: int


@dataclass(frozen=True, slots=True)
class Expected:
    """``alive`` is a mask of ids up to the mark's ``last``; the base may still have some of ``removed``."""

    alive: Mask
    removed: Sequence[int]
    sample: Mapping[int, npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Change:
    """``new`` has ids above the former mark's ``last``; ``removed``, removals after its ``generation``."""

    mark: Mark
    count: int
    new: Batches
    removed: Sequence[int]


def ranked(ids: Ids, vector: npt.NDArray[np.float32], stored: FetchVectors) -> tuple[Ids, Cosines]:
    ids = np.sort(ids)
    if not len(ids):
        return ids, np.empty(0, np.float32)
    return ids, cosines(stored(ids.tolist()), vector)


def are_enough(found: Cosines, wanted: int, limit: int) -> bool:
    """Whether they surely include the ``limit`` best and all that tie with them."""
    return bool(len(found) < wanted or found.min() < np.partition(found, len(found) - limit)[-limit] - NOISE)


def candidates_to_request(limit: int) -> int:
    return limit + max(MIN_EXTRA, round(EXTRA_SHARE * limit))


def are_few(count: int, wanted: int) -> bool:
    return count <= max(wanted, EXACTLY)
