"""Vectors that are compared one by one: the recent ones in memory, and a flat base in its mapped file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.embedding.model import Vectors

Numbers = npt.NDArray[np.int64]
Cosines = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

NOISE = 1e-5
"""Cosines this close are equal: the encoder's last digits depend on what else is in its batch."""

FULL = 4096
"""Vectors of a block that grows no more: at 384 dimensions 6 MB, which are copied in a millisecond or two."""

_SLACK = 2 * NOISE
"""More than two ways to add up a cosine differ by."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Vectors by number; nothing of it is changed once it is made.

    Attributes:
        numbers: of all, rising: shape (n,).
        vectors: unit vectors in the same order: shape (n, dimensions).
        alive: which of them are not removed, or None where all are there.
        owner: what holds the memory of ``vectors`` where that is a file's.
    """

    numbers: Numbers
    vectors: Vectors
    alive: Mask | None = None
    owner: Any = None

    def __len__(self) -> int:
        return len(self.numbers) if self.alive is None else int(np.count_nonzero(self.alive))

    def without(self, numbers: Numbers) -> Block:
        """This block with those of ``numbers`` removed that it has."""
        rows = self.rows(numbers)
        rows = rows[rows >= 0]
        if not len(rows):
            return self
        alive = np.ones(len(self.numbers), np.bool_) if self.alive is None else self.alive.copy()
        alive[rows] = False
        return replace(self, alive=alive)

    def rows(self, numbers: Numbers) -> Numbers:
        """The row of each number, or -1 where it is not there."""
        if not len(self.numbers):
            return np.full(len(numbers), -1, np.int64)
        rows = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        there = self.numbers[rows] == numbers
        if self.alive is not None:
            there &= self.alive[rows]
        return np.where(there, rows, -1)

    def products(self, vector: npt.NDArray[np.float32], allowed: Mask | None) -> Cosines:
        """The inner product of each row with ``vector``; minus infinity where removed or not allowed."""
        count = len(self.numbers)
        candidates = self.alive
        if allowed is not None:
            inside = within(self.numbers, allowed)
            candidates = inside if candidates is None else inside & candidates
        found = np.full(count, -np.inf, np.float32)
        # Picking a row out costs as much as the product of a dozen and more in passing.
        if candidates is not None and 32 * (some := int(np.count_nonzero(candidates))) < count:
            if some:
                found[candidates] = _products(self.vectors[candidates], vector)
            return found
        if count:
            found = _products(self.vectors, vector)
        if candidates is not None:
            found[~candidates] = -np.inf
        return found


def within(numbers: Numbers, allowed: Mask) -> Mask:
    """Whether each of some rising numbers is allowed: shape (len(numbers),)."""
    inside = np.zeros(len(numbers), np.bool_)
    known = int(np.searchsorted(numbers, len(allowed)))
    if known:
        first, last = int(numbers[0]), int(numbers[known - 1])
        # Numbers in a row need not be gathered one by one.
        in_a_row = last - first + 1 == known
        inside[:known] = allowed[first : last + 1] if in_a_row else allowed[numbers[:known]]
    return inside


def cosines(vectors: Vectors, vector: npt.NDArray[np.float32]) -> Cosines:
    """The cosines of unit vectors to ``vector``, the same whatever else is in ``vectors``: shape (n,).

    A sum in single precision depends on its order, and that on the number of rows; a sum in double
    precision that is rounded does not.
    """
    exact = vectors.astype(np.float64) @ vector.astype(np.float64)
    rounded: Cosines = exact.astype(np.float32)
    return rounded


def nearest(
    blocks: Sequence[Block], vector: npt.NDArray[np.float32], limit: int, allowed: Mask | None
) -> tuple[Numbers, Cosines]:
    """The numbers nearest to ``vector`` in all blocks, and their cosines, in no order.

    All are there that are as near as the last of ``limit``, and perhaps some more.
    """
    products = [block.products(vector, allowed) for block in blocks]
    joined = np.concatenate([*products, np.empty(0, np.float32)])
    # Without what is out: NumPy takes long to part many equal values.
    joined = joined[joined > -np.inf]
    least = -np.inf
    if len(joined) > limit:
        least = np.partition(joined, len(joined) - limit)[len(joined) - limit] - _SLACK
    numbers, vectors = [np.empty(0, np.int64)], [np.empty((0, len(vector)), np.float32)]
    for block, found in zip(blocks, products, strict=True):
        chosen = np.flatnonzero((found >= least) & (found > -np.inf))
        numbers.append(block.numbers[chosen])
        vectors.append(block.vectors[chosen])
    return np.concatenate(numbers), cosines(np.concatenate(vectors), vector)


def grown(blocks: tuple[Block, ...], new: Block) -> tuple[Block, ...]:
    """The blocks with a further one, joined so that there are few and little is copied.

    A block takes in those after it as soon as they are half as many as it has, until it is full: below
    ``FULL`` vectors there are at most as many blocks as the number has binary digits.
    """
    tail = [new]
    count = len(new.numbers)
    while blocks and len(blocks[-1].numbers) < min(2 * count, FULL):
        tail.insert(0, blocks[-1])
        count += len(blocks[-1].numbers)
        blocks = blocks[:-1]
    return (*blocks, _joined(tail)) if len(tail) > 1 else (*blocks, new)


def _joined(blocks: Sequence[Block]) -> Block:
    """One block of what is alive in several."""
    whole = [block.alive is None for block in blocks]
    numbers = [
        b.numbers if all_there else b.numbers[b.alive] for b, all_there in zip(blocks, whole, strict=True)
    ]
    vectors = [
        b.vectors if all_there else b.vectors[b.alive] for b, all_there in zip(blocks, whole, strict=True)
    ]
    return Block(np.concatenate(numbers), np.concatenate(vectors))


def _products(vectors: Vectors, vector: npt.NDArray[np.float32]) -> Cosines:
    # FAISS's own function for one query keeps to this thread. Its search, like NumPy's product, shares even
    # a small matrix among the cores, and waits for them: 40 ms and more while others use them.
    count, dimensions = vectors.shape
    found = np.empty(count, np.float32)
    pointer = faiss.swig_ptr
    faiss.fvec_inner_products_ny(pointer(found), pointer(vector), pointer(vectors), dimensions, count)
    return found
