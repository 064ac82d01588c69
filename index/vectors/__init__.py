"""Nearest vectors: the only package that knows FAISS.

An index knows each passage by its number in the catalog. Its base is a file that is never changed; recent
vectors stand beside it in memory, and removed ones are marked. It is a cache: what is stored here can be made
again from the catalog, which also has the exact vectors that an approximate base is ranked by.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.embedding.model import Vectors
from index.errors import VectorIndexError
from index.vectors.exact import NOISE, Block, cosines, grown, nearest
from index.vectors.file import Batches, open_base, write_base
from index.vectors.ivf import Lists, Stored
from index.vectors.policy import SIZES, Kind, Sizes

__all__ = ["SIZES", "Batches", "Kind", "Sizes", "Stored", "VectorIndex", "VectorIndexError"]


@dataclass(frozen=True, slots=True, eq=False)
class VectorIndex:
    """Vectors by number, at one moment. Safe to share: changing it makes another, and this one stays.

    Attributes:
        dimensions: the length of a vector.
    """

    dimensions: int
    _base: Block | Lists | None = None
    _recent: tuple[Block, ...] = ()

    @classmethod
    def empty(cls, dimensions: int) -> VectorIndex:
        """An index of nothing, without a base."""
        return cls(dimensions)

    @classmethod
    def build(
        cls, path: Path, dimensions: int, count: int, batches: Batches, sizes: Sizes = SIZES
    ) -> VectorIndex:
        """Write a new base of the type that suits ``count`` vectors, and open it.

        In memory are a flat base, which is small, or the compressed vectors and a sample to learn from.

        Args:
            path: of the file; it is there once it is complete, over what stood there before.
            dimensions: the length of a vector.
            count: how many vectors there are.
            batches: called for all of them, and before that for a sample where the type needs one.
            sizes: the limits of the types.

        Raises:
            OSError: if the file cannot be written; what stood there before is left.
            ValueError: if the batches do not hold ``count`` vectors with rising numbers.
        """
        write_base(path, dimensions, count, batches, sizes)
        return cls.open(path, dimensions)

    @classmethod
    def open(cls, path: Path, dimensions: int) -> VectorIndex:
        """Map a base that :meth:`build` wrote; its file may be deleted while it is open.

        Raises:
            VectorIndexError: if the file is missing, cut short, of another kind or of other dimensions.
        """
        return cls(dimensions, open_base(path, dimensions))

    @property
    def kind(self) -> Kind:
        """The type of the base."""
        if self._base is None:
            return "none"
        return "ivf" if isinstance(self._base, Lists) else "flat"

    def __len__(self) -> int:
        return sum(len(part) for part in (*self._recent, *([] if self._base is None else [self._base])))

    def added(self, numbers: Sequence[int], vectors: Vectors) -> VectorIndex:
        """An index that has these vectors, too.

        Args:
            numbers: rising, and all larger than any before.
            vectors: their unit vectors, shape (len(numbers), dimensions).

        Raises:
            ValueError: if the numbers do not rise.
        """
        if not len(numbers):
            return self
        new = np.array(numbers, np.int64)
        parts = [part.numbers[-1] for part in (self._base, *self._recent) if part and len(part.numbers)]
        if np.any(np.diff(new) < 1) or any(last >= new[0] for last in parts):
            raise ValueError(f"numbers {new[0]} to {new[-1]} must rise above those that are there")
        block = Block(new, np.array(vectors, np.float32, order="C").reshape(len(new), self.dimensions))
        return replace(self, _recent=grown(self._recent, block))

    def removed(self, numbers: Collection[int]) -> VectorIndex:
        """An index without these numbers; unknown ones are passed over."""
        if not numbers:
            return self
        gone = np.array(sorted(numbers), np.int64)
        recent = tuple(block for part in self._recent if len(block := part.without(gone)))
        return replace(self, _base=None if self._base is None else self._base.without(gone), _recent=recent)

    def is_due(self, sizes: Sizes = SIZES) -> bool:
        """Whether a new base should be built: too much is beside it or gone, or another type suits."""
        base = 0 if self._base is None else len(self._base.numbers)
        dead = 0 if self._base is None else base - len(self._base)
        recent = sum(len(block.numbers) for block in self._recent)
        return sizes.too_many(base, recent, dead) or not sizes.suits(self.kind, len(self))

    def search(
        self,
        vector: npt.NDArray[np.float32],
        limit: int,
        allowed: npt.NDArray[np.bool_] | None,
        stored: Stored,
    ) -> dict[int, float]:
        """The nearest numbers and their cosine to ``vector``, best first, of equal ones the lower number.

        Args:
            vector: a unit vector, shape (dimensions,).
            limit: how many; all that are as near as the last of them come too, so that it does not
                depend on the order of adding which ones are found.
            allowed: where given, whether each number is a candidate; those beyond its end are not.
            stored: looks up exact vectors; an approximate base is ranked by them.
        """
        if limit < 1:
            return {}
        vector = np.ascontiguousarray(vector, np.float32)
        numbers, found = nearest(self._compared(), vector, limit, allowed)
        if isinstance(self._base, Lists) and len(self._base):
            further, near = self._base.nearest(vector, limit, allowed, stored)
            numbers, found = np.concatenate([further, numbers]), np.concatenate([near, found])
        order = np.lexsort((numbers, -found))
        if len(order) > limit:
            least = found[order[limit - 1]] - NOISE
            order = order[: np.count_nonzero(found >= least)]
        return dict(zip(numbers[order].tolist(), found[order].tolist(), strict=True))

    def cosines(
        self, vector: npt.NDArray[np.float32], numbers: Sequence[int], stored: Stored
    ) -> dict[int, float]:
        """The cosine of vectors to ``vector``, by number; those that no file has exactly are looked up."""
        asked = np.array(numbers, np.int64)
        found = np.empty(len(asked), np.float32)
        missing = np.ones(len(asked), np.bool_)
        for block in self._compared():
            rows = block.rows(asked)
            here = rows >= 0
            found[here] = cosines(block.vectors[rows[here]], vector)
            missing &= ~here
        if missing.any():
            found[missing] = cosines(stored(asked[missing].tolist()), vector)
        return dict(zip(numbers, found.tolist(), strict=True))

    def _compared(self) -> tuple[Block, ...]:
        """What is compared vector by vector, in order of number."""
        return (self._base, *self._recent) if isinstance(self._base, Block) else self._recent
