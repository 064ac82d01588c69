"""Defines the interfaces of an approximate base, and of a store that keeps such bases on a server.

A base has the older vectors of a library. An approximate one finds candidates for a search; the catalog's
exact vectors rank them, so that a cosine does not depend on the type of the base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from index.embedding.model import Vectors
from index.vectors.exact import NOISE, Cosines, Ids, Mask, cosines
from index.vectors.policy import Kind

FetchVectors = Callable[[Sequence[int]], Vectors]
"""Fetches the exact vectors of n ids from the catalog, in the order of the ids: shape (n, dimensions)."""

Batches = Callable[[], Iterable[tuple[Ids, Vectors]]]
"""Iterates over all ids and vectors in batches, ids rising; callable more than once."""

MIN_EXTRA = 32
"""A search asks a base for at least this many candidates above its limit, since a base ranks inexactly."""

EXTRA_SHARE = 0.25
"""The same minimum as a share of the limit; the larger of the two minimums counts."""

EXACTLY = 256
"""If at most this many vectors are allowed, a search compares all of them exactly."""


class Candidates(Protocol):
    """An immutable base (stored vectors) that finds the candidates of a search.

    Its length is the number of vectors that are not removed.
    """

    @property
    def kind(self) -> Kind:
        """The type of the base (see ``Kind``)."""

    @property
    def last(self) -> int:
        """The highest id that the base may contain."""

    @property
    def total(self) -> int:
        """The number of the base's vectors, including the removed ones."""

    def __len__(self) -> int: ...

    def without(self, ids: Ids) -> Self:
        """Return this base without ``ids``; unknown ids are ignored."""

    def nearest(
        self, vector: npt.NDArray[np.float32], limit: int, allowed: Mask | None, stored: FetchVectors
    ) -> tuple[Ids, Cosines]:
        """Return the ids nearest to ``vector`` and their exact cosines, unordered.

        The result has the ``limit`` nearest ids, all ids that tie with the last of them, and perhaps more.
        """

    def is_available(self) -> bool:
        """Return whether the base (stored vectors) is available: True until a search finds it missing."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The state of a library up to which a stored base is complete.

    Attributes:
        last: the highest passage id that the base covers.
        generation: the number of the library's state. The passages that were removed up to this state are
            gone from the base.
    """

    last: int
    generation: int


@dataclass(frozen=True, slots=True)
class Expected:
    """The passages that a base (stored vectors) with a certain :class:`Mark` must have.

    Attributes:
        alive: for each id from 0 to the mark's ``last``, whether the library has the passage now.
        removed: the ids that were removed after the mark's ``generation``; the base may still have some of
            them.
        sample: the vectors of a few passages, by id.
    """

    alive: Mask
    removed: Sequence[int]
    sample: Mapping[int, npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between the former and the new state of a base (stored vectors).

    Attributes:
        mark: the mark of the new state.
        count: the number of passages in the new state.
        new: the vectors with ids above the former mark's ``last``.
        removed: the ids of the passages that were removed after the former mark's ``generation``.
    """

    mark: Mark
    count: int
    new: Batches
    removed: Sequence[int]


class Store(Protocol):
    """Keeps the bases (stored vectors) of several libraries on a server. Safe to share between threads.

    Every method raises :class:`index.errors.VectorsUnreachableError` if the server does not answer.
    """

    def latest(self, prefix: str) -> tuple[str, Mark] | None:
        """Return the name and mark of the newest finished base whose name begins with ``prefix``.

        A base is a collection of vectors; its mark says up to which state of the library it is complete.
        Return None if there is no such base.
        """

    def open(self, name: str, expected: Expected) -> Candidates | None:
        """Open a collection of vectors for searches; return None if it lacks the ``expected`` passages."""

    def create(self, name: str, dimensions: int) -> None:
        """Create an empty collection of vectors. It counts as unfinished until an update succeeds."""

    def update(self, name: str, change: Change) -> None:
        """Add and remove the vectors of ``change``, then set the new mark once all searches find the change.

        The mark says up to which state of the library the base (the collection of vectors) is complete. An
        interrupted update leaves the former mark, and can be repeated. If the changed base does not have
        ``change.count`` passages, this method deletes the base and raises VectorsUnreachableError.
        """

    def drop(self, name: str) -> None:
        """Delete a collection of vectors, if it exists."""

    def names(self, prefix: str) -> list[str]:
        """Return the names of all collections, finished or not, whose name begins with ``prefix``."""


def ranked(ids: Ids, vector: npt.NDArray[np.float32], stored: FetchVectors) -> tuple[Ids, Cosines]:
    """Return the candidates ``ids`` in order of id, and their exact cosines to ``vector``."""
    ids = np.sort(ids)
    if not len(ids):
        return ids, np.empty(0, np.float32)
    return ids, cosines(stored(ids.tolist()), vector)


def are_enough(found: Cosines, wanted: int, limit: int) -> bool:
    """Return whether the candidates surely include the ``limit`` best vectors and all that tie with them.

    Args:
        found: the cosines of the candidates.
        wanted: the number of candidates that the search asked for.
        limit: the number of results.
    """
    return bool(len(found) < wanted or found.min() < np.partition(found, len(found) - limit)[-limit] - NOISE)


def candidates_to_request(limit: int) -> int:
    """Return how many candidates to request, so that the ``limit`` nearest vectors are among them."""
    return limit + max(MIN_EXTRA, round(EXTRA_SHARE * limit))


def are_few(count: int, wanted: int) -> bool:
    """Return whether comparing all ``count`` vectors costs no more than ranking ``wanted`` candidates."""
    return count <= max(wanted, EXACTLY)
