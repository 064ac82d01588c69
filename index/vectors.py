"""Nearest vectors: the only module that knows FAISS.

The index is exact (flat, inner product of unit vectors) and knows each passage by its number in the
catalog. It is a cache: what is stored here can be made again from the catalog.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

_NOISE = 1e-5
"""Cosines this close are equal: the encoder's last digits depend on what else is in its batch."""


class VectorIndexError(Exception):
    """The stored index cannot be read; it must be made again from the catalog."""


class VectorIndex:
    """Vectors by number, searched exactly. Calls must not overlap with ``add`` or ``remove``."""

    def __init__(self, dimensions: int) -> None:
        self._faiss: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions))

    def __len__(self) -> int:
        return int(self._faiss.ntotal)

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return int(self._faiss.d)

    def add(self, numbers: Sequence[int], vectors: npt.NDArray[np.float32]) -> None:
        """Add unit vectors, shape (len(numbers), dimensions), under numbers that are not there yet."""
        if len(numbers):
            self._faiss.add_with_ids(np.ascontiguousarray(vectors), np.asarray(numbers, np.int64))

    def remove(self, numbers: Collection[int]) -> None:
        """Remove numbers; unknown ones are passed over."""
        if numbers:
            self._faiss.remove_ids(np.asarray(sorted(numbers), np.int64))

    def search(
        self, vector: npt.NDArray[np.float32], limit: int, allowed: Collection[int] | None = None
    ) -> dict[int, float]:
        """The nearest numbers and their cosine to ``vector``, best first.

        Args:
            vector: a unit vector, shape (dimensions,).
            limit: how many; all that are as near as the last of them come too, so that it does not
                depend on the order of adding which ones are found.
            allowed: where given, only these numbers are candidates.
        """
        most = len(self) if allowed is None else min(len(allowed), len(self))
        if most < 1 or limit < 1:
            return {}
        parameters = None
        if allowed is not None:
            selector = faiss.IDSelectorBatch(np.asarray(sorted(allowed), np.int64))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # added by FAISS's Python layer
        wanted = limit
        while True:
            scores, numbers = self._faiss.search(vector[np.newaxis], min(wanted, most), params=parameters)
            # FAISS pads with -1 where fewer are found than asked for.
            found = [
                (int(number), float(score))
                for number, score in zip(numbers[0], scores[0], strict=True)
                if number >= 0
            ]
            least = found[:limit][-1][1] - _NOISE if found else 0.0
            if len(found) < wanted or found[-1][1] < least:
                return {number: score for number, score in found if score >= least}
            wanted *= 2

    def cosines(self, vector: npt.NDArray[np.float32], numbers: Sequence[int]) -> dict[int, float]:
        """The cosine of stored vectors to ``vector``, by number; every number must be known."""
        if not numbers:
            return {}
        stored = self._faiss.reconstruct_batch(np.asarray(numbers, np.int64))
        return {number: float(score) for number, score in zip(numbers, stored @ vector, strict=True)}

    def save(self, path: Path) -> None:
        """Write the index to ``path``: a new file, synced to disk, renamed over the old one."""
        part = path.with_suffix(".part")
        faiss.write_index(self._faiss, str(part))
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> VectorIndex:
        """Read an index that :meth:`save` wrote.

        Raises:
            VectorIndexError: if the file is missing, cut short or of another kind.
        """
        loaded = cls.__new__(cls)
        try:
            loaded._faiss = faiss.read_index(str(path))
        except RuntimeError as error:
            raise VectorIndexError(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error
        if not isinstance(loaded._faiss, faiss.IndexIDMap2):
            raise VectorIndexError(f"{path.name} holds a {type(loaded._faiss).__name__}, not an IndexIDMap2")
        return loaded
