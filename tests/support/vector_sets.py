"""Vectors by number, indexes of them, and the ranking that a search must find."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.vectors import Batches, FetchVectors, IndexPolicy, VectorIndex

D = 8
Matrix = npt.NDArray[np.float32]
FLAT = IndexPolicy()
LISTS = IndexPolicy(flat_up_to=0, probes=10_000)
"""An inverted file; a search reads all of its lists."""


def units(many: int, seed: int = 0, dimensions: int = D) -> Matrix:
    rows = np.random.default_rng(seed).normal(size=(many, dimensions)).astype(np.float32)
    unit: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


VECTORS = np.concatenate([units(330), np.repeat(units(1, seed=2), 70, axis=0)])
"""More vectors than a search looks up one by one; the last 70 are equal."""

NUMBERS = [5 * place + 2 for place in range(400)]
HELD = dict(zip(NUMBERS, VECTORS, strict=True))
QUERY = units(1, seed=1)[0]


def looking_up(held: dict[int, Matrix]) -> FetchVectors:
    return lambda numbers: np.stack([held[number] for number in numbers])


def in_batches(held: dict[int, Matrix], size: int = 150) -> Batches:
    def batches() -> Iterator[tuple[npt.NDArray[np.int64], Matrix]]:
        numbers = sorted(held)
        for start in range(0, len(numbers), size):
            some = numbers[start : start + size]
            yield np.array(some), np.stack([held[number] for number in some])

    return batches


def built(folder: Path, held: dict[int, Matrix], policy: IndexPolicy = FLAT) -> VectorIndex:
    return VectorIndex.build(folder / "base", D, len(held), in_batches(held), policy)


def ranked(
    held: dict[int, Matrix], limit: int, allowed: Collection[int] | None = None, query: Matrix = QUERY
) -> list[int]:
    """The numbers that a search must find: a comparison with all vectors ranks them."""
    cosines = {
        number: float(row.astype(np.float64) @ query.astype(np.float64)) for number, row in held.items()
    }
    inside = [number for number in sorted(cosines) if allowed is None or number in allowed]
    inside.sort(key=lambda number: -np.float32(cosines[number]))
    least = cosines[inside[:limit][-1]] - 1e-5 if inside and limit else 2.0
    return [number for number in inside if cosines[number] >= least]


def as_mask(allowed: Collection[int]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(max(allowed, default=-1) + 1, np.bool_)
    mask[list(allowed)] = True
    return mask


def from_recent(_folder: Path, held: dict[int, Matrix]) -> VectorIndex:
    numbers = sorted(held)
    index = VectorIndex.empty(D)
    for start in range(0, len(numbers), 7):
        some = numbers[start : start + 7]
        index = index.added(some, np.stack([held[number] for number in some]))
    return index


def from_lists_and_recent(folder: Path, held: dict[int, Matrix]) -> VectorIndex:
    late = sorted(held)[-len(held) // 4 :]
    index = built(folder, {number: row for number, row in held.items() if number not in late}, LISTS)
    return index.added(late, np.stack([held[number] for number in late]))
