"""The bases of vectors that find candidates only approximately, and the store that keeps one on a server.

The catalog's exact vectors rank the candidates, so that a cosine does not depend on the type of the base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from index.embedding.model import Vectors
from index.vectors.exact import NOISE, Cosines, Mask, Numbers, cosines
from index.vectors.policy import Kind

FetchVectors = Callable[[Sequence[int]], Vectors]
"""Fetches the exact vectors of some ids from the catalog, in their order: shape (n, dimensions)."""

Batches = Callable[[], Iterable[tuple[Numbers, Vectors]]]
"""Iterates over all ids and vectors in batches, ids rising; callable more than once."""

SPARE = 32
"""The least number of candidates that a search takes beyond its limit, since a base ranks inexactly."""

SPARE_SHARE = 0.25
"""The least number of candidates that a search takes beyond its limit, as a share of the limit."""

EXACTLY = 256
"""If at most this many vectors are allowed, a search compares all of them exactly."""


class Candidates(Protocol):
    """A base that finds candidates; immutable. Its length is the number of vectors that are not removed."""

    @property
    def kind(self) -> Kind:
        """The type of the base."""

    @property
    def last(self) -> int:
        """The highest id that it may contain."""

    @property
    def total(self) -> int:
        """The number of its vectors, with those that are removed."""

    def __len__(self) -> int: ...

    def without(self, numbers: Numbers) -> Self:
        """This base without ``numbers``; unknown ids are ignored."""

    def nearest(
        self, vector: npt.NDArray[np.float32], limit: int, allowed: Mask | None, stored: FetchVectors
    ) -> tuple[Numbers, Cosines]:
        """The ids nearest to ``vector`` and their exact cosines, unordered.

        The result has the ``limit`` nearest ids, all ids that tie with the last of them, and perhaps more.
        """

    def is_there(self) -> bool:
        """Tell if the base can be searched, as far as earlier searches have shown."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The state up to which a store's base surely has the passages of a library.

    Attributes:
        last: it has all passages of the generation with an id up to this one.
        generation: it has no passage that was removed up to this generation.
    """

    last: int
    generation: int


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between two states of a base.

    Attributes:
        mark: the new state.
        count: the number of passages that the base then has.
        new: the vectors with ids above the former mark's ``last``.
        removed: the ids up to that one that were removed since the former mark's generation.
    """

    mark: Mark
    count: int
    new: Batches
    removed: Sequence[int]


class Store(Protocol):
    """Keeps bases on a server, where several libraries share them. Safe to share between threads.

    Every method raises :class:`index.errors.VectorsUnreachableError` if the server does not answer.
    """

    def mark(self, name: str) -> Mark | None:
        """The state of the base ``name``; None if there is none, or none that is finished."""

    def open(self, name: str, mark: Mark, count: int, gone: Numbers) -> Candidates | None:
        """Open a base for searches.

        Args:
            name: the base's name.
            mark: its state, from :meth:`mark`.
            count: the number of its passages that the library has.
            gone: the ids up to ``mark.last`` that the library has removed since ``mark.generation``.

        Returns:
            None if the base lacks vectors.
        """

    def update(self, name: str, dimensions: int, change: Change) -> None:
        """Add and remove vectors, and set the mark when every later search finds the new state.

        An interrupted update leaves the former mark, and can be repeated.

        Args:
            name: the base's name; a base that does not exist is made.
            dimensions: the length of a vector.
            change: the difference to the former mark.

        Raises:
            VectorIndexError: if the base lacks vectors afterwards; it is deleted then.
        """

    def drop(self, name: str) -> None:
        """Delete a base, if there is one."""

    def names(self, prefix: str) -> list[str]:
        """The names of all bases that begin with ``prefix``, finished or not."""


def ranked(
    numbers: Numbers, vector: npt.NDArray[np.float32], stored: FetchVectors
) -> tuple[Numbers, Cosines]:
    """Candidates in order of id, and their exact cosines to ``vector``."""
    numbers = np.sort(numbers)
    if not len(numbers):
        return numbers, np.empty(0, np.float32)
    return numbers, cosines(stored(numbers.tolist()), vector)


def are_enough(found: Cosines, wanted: int, limit: int) -> bool:
    """Tell if no further candidate can tie with the last of the ``limit`` best.

    Args:
        found: the cosines of the candidates.
        wanted: the number of candidates that were asked for.
        limit: the number of results.
    """
    return bool(len(found) < wanted or found.min() < np.partition(found, len(found) - limit)[-limit] - NOISE)


def spare(limit: int) -> int:
    """The number of candidates to ask for, to find the ``limit`` nearest."""
    return limit + max(SPARE, round(SPARE_SHARE * limit))
