"""Searches an inverted file: compressed vectors in lists around centroids, ranked by their exact vectors."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.embedding.model import Vectors
from index.errors import VectorIndexError
from index.private import opener
from index.vectors.exact import (
    Batches,
    Cosines,
    FetchVectors,
    FlatVectors,
    IdentifiedVectors,
    Ids,
    Mask,
    Rows,
    are_enough,
    are_few,
    candidates_to_request,
    ranked,
    within,
)
from index.vectors.policy import IndexPolicy, Kind

Bits = npt.NDArray[np.uint8]  # A bitmap of positions, eight per byte, lowest bit first.


@dataclass(frozen=True, slots=True, eq=False)
class IvfVectors(IdentifiedVectors):
    """FAISS knows a vector by its position in ``ids``; ``alive`` has positions, None if none is removed.

    ``inverted`` is mapped from its file: adding or removing vectors would crash the process.
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


def write_base(path: Path, dimensions: int, count: int, batches: Batches, policy: IndexPolicy) -> None:
    """See :meth:`index.vectors.VectorIndex.build`."""
    ids = [np.empty(0, np.int64)]
    with _one_thread():
        filled: faiss.Index = faiss.IndexFlatIP(dimensions)
        if policy.kind(count) != "flat":
            filled = _trained(dimensions, count, batches, policy)
        for some, vectors in batches():
            ids.append(np.asarray(some, np.int64))
            filled.add(np.ascontiguousarray(vectors, np.float32))
    joined = np.concatenate(ids)
    if len(joined) != count or np.any(np.diff(joined) < 1):
        raise ValueError(f"expected {count} vectors with rising ids, got {len(joined)}")
    _write(path, _with_ids(filled, joined))


def open_base(path: Path, dimensions: int) -> FlatVectors | IvfVectors:
    """Check the digest first: FAISS crashes on a shortened file. Raises VectorIndexError if it is no base."""
    try:
        path.stat()
        mapped = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except OSError as error:
        raise VectorIndexError(f"{path.name} cannot be read: {error.strerror}") from error
    except RuntimeError as error:
        raise VectorIndexError(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error
    inner: Any = faiss.downcast_index(mapped.index) if isinstance(mapped, faiss.IndexIDMap) else mapped
    if inner is mapped or not isinstance(inner, faiss.IndexFlatIP | faiss.IndexIVFScalarQuantizer):
        raise VectorIndexError(f"{path.name} holds a {type(inner).__name__}, not a base of vectors")
    if inner.d != dimensions:
        raise VectorIndexError(f"{path.name} holds vectors of {inner.d} dimensions, not {dimensions}")
    ids = faiss.vector_to_array(mapped.id_map)
    flat = isinstance(inner, faiss.IndexFlatIP)
    held = inner.ntotal if flat else inner.invlists.compute_ntotal()
    if not len(ids) == inner.ntotal == held or np.any(np.diff(ids) < 1):
        raise VectorIndexError(f"{path.name} holds {held} vectors, and {len(ids)} ids that do not match")
    # FAISS's Python objects do not keep their owner alive.
    if not flat:
        return IvfVectors(ids, inner, faiss.downcast_index(inner.quantizer), owner=mapped)
    vectors = faiss.rev_swig_ptr(inner.get_xb(), len(ids) * dimensions).reshape(-1, dimensions)
    vectors.setflags(write=False)
    return FlatVectors(ids, vectors, owner=mapped)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Leave other cores to searches; with several threads, FAISS would wait for the slowest at each step."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _trained(dimensions: int, count: int, batches: Batches, policy: IndexPolicy) -> faiss.Index:
    """Without vectors; the centroids are learned from an evenly spread sample."""
    lists = policy.lists(count)
    inverted: Any = faiss.index_factory(dimensions, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
    inverted.nprobe = min(lists, policy.probes)
    inverted.cp.niter = policy.rounds
    inverted.cp.min_points_per_centroid = 1
    inverted.train(_sample(dimensions, count, batches(), max(1, count // (lists * policy.training))))
    trained: faiss.Index = inverted
    return trained


def _sample(dimensions: int, count: int, batches: Iterable[tuple[Ids, Vectors]], step: int) -> Vectors:
    sample = np.empty((-(-count // step), dimensions), np.float32)
    taken = skip = 0
    for _, vectors in batches:
        chosen = vectors[skip::step]
        sample[taken : taken + len(chosen)] = chosen
        taken, skip = taken + len(chosen), (skip - len(vectors)) % step
    return sample[:taken]


def _with_ids(index: faiss.Index, ids: Ids) -> faiss.Index:
    # An IndexIDMap accepts an empty index only.
    numbered = faiss.IndexIDMap(faiss.IndexFlatIP(index.d))
    numbered.index = index
    numbered.ntotal = index.ntotal
    faiss.copy_array_to_vector(ids, numbered.id_map)
    return numbered


def _write(path: Path, index: faiss.Index) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        with open(part, "wb", opener=opener) as file:
            # FAISS's own file writer ignores a failed last write; Python's does not.
            faiss.write_index(index, faiss.PyCallbackIOWriter(file.write, 1 << 20))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
