"""Writes a base, the file of an index's vectors, and maps it into memory. The format is FAISS's own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.embedding.model import Vectors
from index.errors import VectorIndexError
from index.private import opener
from index.vectors.candidates import Batches
from index.vectors.exact import FlatVectors, Ids
from index.vectors.ivf import IvfVectors
from index.vectors.policy import IndexPolicy


def write_base(path: Path, dimensions: int, count: int, batches: Batches, policy: IndexPolicy) -> None:
    """Write ``count`` vectors to ``path``, as a base (file of vectors) of the type that suits their number.

    Raises:
        OSError: if the file cannot be written; an older file at ``path`` stays as it is.
        ValueError: if the batches do not have ``count`` vectors in rising order of ids.
    """
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
    """Map a base, which is a file of vectors, into memory. :func:`write_base` writes such a file.

    FAISS crashes the process if the file was shortened, so :mod:`index.search.manifest` checks the file's
    digest first.

    Raises:
        VectorIndexError: if the file is missing, is not a base, or has vectors of another length.
    """
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
    """Keep FAISS on the calling thread, so that a build leaves the other cores to searches.

    With several threads, FAISS would also wait for the slowest thread after every small step, which takes
    long on busy cores.
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _trained(dimensions: int, count: int, batches: Batches, policy: IndexPolicy) -> faiss.Index:
    """Make an inverted file without vectors, and learn its centroids from an evenly spread sample."""
    lists = policy.lists(count)
    inverted: Any = faiss.index_factory(dimensions, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
    inverted.nprobe = min(lists, policy.probes)
    inverted.cp.niter = policy.rounds
    inverted.cp.min_points_per_centroid = 1
    inverted.train(_sample(dimensions, count, batches(), max(1, count // (lists * policy.training))))
    trained: faiss.Index = inverted
    return trained


def _sample(dimensions: int, count: int, batches: Iterable[tuple[Ids, Vectors]], step: int) -> Vectors:
    """Return every ``step``-th vector, beginning with the first."""
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
