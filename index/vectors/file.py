"""A base's file: FAISS's own format, and an end that tells whether all of it is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.embedding.model import Vectors
from index.errors import VectorIndexError
from index.private import opener
from index.vectors.exact import Block, Numbers
from index.vectors.ivf import Lists
from index.vectors.policy import Sizes

Batches = Callable[[], Iterable[tuple[Numbers, Vectors]]]
"""All vectors with their numbers, in order of number, a batch at a time; called more than once."""

_MARK = b"footnoted vectors 1 "
_DIGITS = 20


def write_base(path: Path, dimensions: int, count: int, batches: Batches, sizes: Sizes) -> None:
    """Write a base of the type that suits ``count`` vectors: a new file, synced to disk, then renamed.

    Raises:
        OSError: if it cannot be written; what stood at ``path`` before is left.
        ValueError: if the batches do not hold ``count`` vectors with rising numbers.
    """
    numbers = [np.empty(0, np.int64)]
    with _one_thread():
        filled: faiss.Library = faiss.IndexFlatIP(dimensions)
        if sizes.kind(count) != "flat":
            filled = _trained(dimensions, count, batches, sizes)
        for some, vectors in batches():
            numbers.append(np.asarray(some, np.int64))
            filled.add(np.ascontiguousarray(vectors, np.float32))
    joined = np.concatenate(numbers)
    if len(joined) != count or np.any(np.diff(joined) < 1):
        raise ValueError(f"{count} vectors with rising numbers were to be indexed, and {len(joined)} came")
    _write(path, _numbered(filled, joined))


def open_base(path: Path, dimensions: int) -> Block | Lists:
    """Map a base that :func:`write_base` wrote.

    Raises:
        VectorIndexError: if the file is missing, cut short, of another kind or of other dimensions.
    """
    _check_end(path)
    try:
        mapped = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise VectorIndexError(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error
    inner: Any = faiss.downcast_index(mapped.index) if isinstance(mapped, faiss.IndexIDMap) else mapped
    if inner is mapped or not isinstance(inner, faiss.IndexFlatIP | faiss.IndexIVFScalarQuantizer):
        raise VectorIndexError(
            f"{path.name} holds a {type(inner).__name__}, which is no base of this program"
        )
    if inner.d != dimensions:
        raise VectorIndexError(f"{path.name} holds vectors of {inner.d} dimensions, not {dimensions}")
    numbers = faiss.vector_to_array(mapped.id_map)
    flat = isinstance(inner, faiss.IndexFlatIP)
    held = inner.ntotal if flat else inner.invlists.compute_ntotal()
    if not len(numbers) == inner.ntotal == held or np.any(np.diff(numbers) < 1):
        raise VectorIndexError(f"{path.name} holds {held} vectors with {len(numbers)} numbers that fit ill")
    # What contains them must be kept, since FAISS's Python objects do not keep it.
    if not flat:
        return Lists(numbers, inner, faiss.downcast_index(inner.quantizer), owner=mapped)
    vectors = faiss.rev_swig_ptr(inner.get_xb(), len(numbers) * dimensions).reshape(-1, dimensions)
    vectors.setflags(write=False)
    return Block(numbers, vectors, owner=mapped)


@contextmanager
def _one_thread() -> Iterator[None]:
    """FAISS keeps to the calling thread, so that a build leaves the other cores to those who ask.

    Threads that share a small step wait for the slowest, too: where others use the cores, for long.
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _trained(dimensions: int, count: int, batches: Batches, sizes: Sizes) -> faiss.Library:
    """An inverted file without vectors, its lists' centres learned from a sample spread over all."""
    lists = sizes.lists(count)
    inverted: Any = faiss.index_factory(dimensions, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
    inverted.nprobe = min(lists, sizes.probes)
    inverted.cp.niter = sizes.rounds
    inverted.cp.min_points_per_centroid = 1
    inverted.train(_sample(dimensions, count, batches(), max(1, count // (lists * sizes.training))))
    trained: faiss.Library = inverted
    return trained


def _sample(dimensions: int, count: int, batches: Iterable[tuple[Numbers, Vectors]], step: int) -> Vectors:
    """One of ``step`` vectors, from the first on."""
    sample = np.empty((-(-count // step), dimensions), np.float32)
    taken = skip = 0
    for _, vectors in batches:
        chosen = vectors[skip::step]
        sample[taken : taken + len(chosen)] = chosen
        taken, skip = taken + len(chosen), (skip - len(vectors)) % step
    return sample[:taken]


def _numbered(index: faiss.Library, numbers: Numbers) -> faiss.Library:
    # Made around an empty one, since it numbers from none on.
    numbered = faiss.IndexIDMap(faiss.IndexFlatIP(index.d))
    numbered.index = index
    numbered.ntotal = index.ntotal
    faiss.copy_array_to_vector(numbers, numbered.id_map)
    return numbered


def _write(path: Path, index: faiss.Library) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        with open(part, "wb", opener=opener) as file:
            # Through Python's file, since FAISS's own says nothing where its last write fails.
            faiss.write_index(index, faiss.PyCallbackIOWriter(file.write, 1 << 20))
            file.write(_end(file.tell()))
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


def _end(size: int) -> bytes:
    return _MARK + str(size).zfill(_DIGITS).encode()


def _check_end(path: Path) -> None:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END) - len(_MARK) - _DIGITS
            file.seek(max(size, 0))
            end = file.read()
    except OSError as error:
        raise VectorIndexError(f"{path.name} cannot be read: {error.strerror}") from error
    if size < 0 or end != _end(size):
        raise VectorIndexError(f"{path.name} is not a complete base of vectors")
