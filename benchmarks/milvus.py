"""Prints what a collection of vectors in Milvus costs, beside the product's own file of vectors for FAISS.

``python -m benchmarks.milvus --index milvus://127.0.0.1:19531 [--pid PID] [--sizes N …] [--questions N]``.
Vectors are made (see ``made``). Each base is built in one process and searched in another. ``--pid`` is the
server's process, so that its memory can be read.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from benchmarks.datasets import HOME
from benchmarks.made_vectors import DIMENSIONS, VectorFile, made, made_file, real_vectors
from benchmarks.side_by_side import machine, milliseconds, note
from benchmarks.vectors import ASKERS, Best, Mask, alone, recall, truly_nearest
from index.embedding.model import Vectors
from index.library import POOL
from index.vectors import Change, Expected, Mark, VectorIndex
from index.vectors.milvus import MilvusStore

DOCUMENTS, UPDATES = 20, 3
"""How many documents of ten vectors are added in memory, and how many are added to the collection."""

_TEN = 10
_COLLECTION = "footnoted_benchmark"

Figures = dict[str, str]
P = ParamSpec("P")
T = TypeVar("T")


class Part(NamedTuple):
    """``share`` of all vectors. ``is_removal``: the others are removed before the search, not masked."""

    name: str
    share: float
    is_removal: bool = False


PARTS = (
    Part("search of all", 1.0),
    Part("search, 10 % allowed", 0.1),
    Part("search, 1 % allowed", 0.01),
    Part("search, 5 % removed", 0.95, is_removal=True),
)


@dataclass(frozen=True, slots=True)
class Case:
    """Ids begin at 1, as in the product; numbers in the SQLite file ``source`` at 0."""

    source: Path
    folder: Path
    size: int
    new: Vectors
    questions: Vectors
    best: Best
    address: str
    server: int | None


class Exact:
    """By id, as the catalog has them. Safe to share between threads."""

    def __init__(self, case: Case) -> None:
        self._file = VectorFile(case.source)
        self._case = case

    def batches(self) -> Iterator[tuple[npt.NDArray[np.int64], Vectors]]:
        for numbers, vectors in self._file.batches():
            yield numbers + 1, vectors

    def stored(self, ids: Sequence[int]) -> Vectors:
        """The ids rise; at least one is in the base."""
        size = self._case.size
        old = self._file.stored([number - 1 for number in ids if number <= size])
        new = [number - 1 - size for number in ids if number > size]
        return np.concatenate([old, self._case.new[new]]) if new else old


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--index", required=True, help="the address of the server, milvus://HOST:PORT")
    parser.add_argument("--pid", type=int, help="the process of the server, on this machine")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--questions", type=int, default=200)
    arguments = parser.parse_args()
    with MilvusStore(arguments.index).reaching() as client:
        server = client.get_server_version()
    print(f"{machine()}, pymilvus {version('pymilvus')}, Milvus {server}\n")
    print("| vectors | figure | FAISS | Milvus |\n|---:|---|---:|---:|", flush=True)
    real = real_vectors()
    questions = real.questions[:: max(1, len(real.questions) // arguments.questions)]
    [(_, new)] = made(real, _TEN * DOCUMENTS, seed=9)
    HOME.mkdir(parents=True, exist_ok=True)
    for size in arguments.sizes:
        file = made_file(real, size)
        shifted = ((numbers + 1, vectors) for numbers, vectors in file.batches())
        best = truly_nearest(shifted, questions, [_mask(size, part) for part in range(len(PARTS))])
        with tempfile.TemporaryDirectory(dir=HOME) as folder:
            case = Case(file.path, Path(folder), size, new, questions, best, arguments.index, arguments.pid)
            ours, theirs = _of_file(case), _of_collection(case)
        for figure in {**theirs, **ours}:
            print(f"| {size:,} | {figure} | {ours.get(figure, '')} | {theirs.get(figure, '')} |", flush=True)


def _mask(size: int, part: int) -> Mask:
    """Of the ids that a search of this part may find."""
    mask = np.random.default_rng(part).random(size + 1) < PARTS[part].share
    mask[0] = False
    return mask


def _of_file(case: Case) -> Figures:
    seconds = alone(_build_file, case)
    megabytes = _path(case).stat().st_size / 1e6
    figures = alone(_searched, case, _open_file)
    return {"build, s": f"{seconds:.1f}", "file, MB": f"{megabytes:.0f}", **figures}


def _of_collection(case: Case) -> Figures:
    before = _resident(case.server)
    with _collection(case):
        seconds = alone(_build_collection, case)
        note(f"{case.size:,}: filled the collection in {seconds:.1f} s")
        figures = alone(_searched, case, _open_collection)
        memory = f"{_resident(case.server):.0f}, {before:.0f}"
        updates = alone(_updates, case)
    return {
        "build, s": f"{seconds:.1f}",
        **figures,
        "resident in the server, and before the build, MB": memory if case.server else "",
        "ten vectors added to the collection and ten removed, median s": f"{statistics.median(updates):.1f}",
    }


def _path(case: Case) -> Path:
    return case.folder / "base"


def _build_file(case: Case) -> float:
    """Return the seconds."""
    build = partial(VectorIndex.build, _path(case), DIMENSIONS, case.size, Exact(case).batches)
    return milliseconds(build) / 1e3


def _open_file(case: Case) -> VectorIndex:
    return VectorIndex.open(_path(case), DIMENSIONS)


@contextmanager
def _collection(case: Case) -> Iterator[None]:
    """Delete it before and after the ``with`` block."""
    store = MilvusStore(case.address)
    store.drop(_COLLECTION)
    try:
        yield
    finally:
        store.drop(_COLLECTION)


def _build_collection(case: Case) -> float:
    """Until the store calls it finished; return the seconds."""
    store = MilvusStore(case.address)
    change = Change(Mark(case.size, 1), case.size, Exact(case).batches, [])
    start = time.perf_counter()
    store.create(_COLLECTION, DIMENSIONS)
    store.update(_COLLECTION, change)
    return time.perf_counter() - start


def _open_collection(case: Case, updates: int = 0) -> VectorIndex:
    """Each update adds ten vectors and removes the ten oldest."""
    store = MilvusStore(case.address)
    found = store.latest(_COLLECTION)
    assert found == (_COLLECTION, Mark(case.size + _TEN * updates, 1 + updates))
    alive = np.ones(case.size + _TEN * updates + 1, np.bool_)
    alive[: _TEN * updates + 1] = False
    sample = [_TEN * updates + 1, case.size]
    expected = Expected(alive, [], dict(zip(sample, Exact(case).stored(sample), strict=True)))
    base = store.open(_COLLECTION, expected)
    assert base is not None
    return VectorIndex.over(base, DIMENSIONS)


def _updates(case: Case) -> list[float]:
    """Add ten vectors and remove ten, ``UPDATES`` times; return the seconds of each."""
    return [_update(case, turn) for turn in range(UPDATES)]


def _update(case: Case, turn: int) -> float:
    store, rows = MilvusStore(case.address), case.new[_TEN * turn :][:_TEN]
    first = case.size + _TEN * turn + 1
    added = [(np.arange(first, first + _TEN), rows)]
    removed = range(1 + _TEN * turn, 1 + _TEN * (turn + 1))
    change = Change(Mark(first + _TEN - 1, turn + 2), case.size, lambda: added, removed)
    seconds = milliseconds(partial(store.update, _COLLECTION, change)) / 1e3
    found = _open_collection(case, turn + 1).search(rows[0], POOL, None, Exact(case).stored)
    assert first in found
    return seconds


def _searched(case: Case, opened: Callable[[Case], VectorIndex]) -> Figures:
    stored = Exact(case).stored
    masks = [_mask(case.size, part) for part in range(len(PARTS))]
    before = _resident()
    start = time.perf_counter()
    index = opened(case)
    figures = {"type": index.kind, "open, ms": f"{1e3 * (time.perf_counter() - start):.1f}"}
    for part, mask, best in zip(PARTS, masks, case.best, strict=True):
        asked = index.removed((np.flatnonzero(~mask[1:]) + 1).tolist()) if part.is_removal else index
        allowed = None if part.is_removal or part.share == 1 else mask
        times, found = [], []
        for question in case.questions[:5]:
            asked.search(question, POOL, allowed, stored)
        for question in case.questions:
            start = time.perf_counter()
            found.append(list(asked.search(question, POOL, allowed, stored)))
            times.append(1e3 * (time.perf_counter() - start))
        note(f"{case.size:,}, {index.kind}, {part.name}: {_percentiles(times)} ms, {_recalls(found, best)}")
        figures[f"{part.name}, p50 and p95, ms"] = _percentiles(times)
        figures[f"{part.name}, recall@10 and @{POOL}"] = _recalls(found, best)
    figures["resident in the searching process, MB"] = f"{_resident() - before:.0f}"
    figures[f"search of all, {ASKERS} at once, p50 and p95, ms"] = _percentiles(_at_once(case, index, stored))
    figures["ten vectors added until a search finds them, p50 and p95, ms"] = _percentiles(
        _adding(case, index, stored)
    )
    return figures


def _at_once(case: Case, index: VectorIndex, stored: Callable[[Sequence[int]], Vectors]) -> list[float]:
    def one(question: npt.NDArray[np.float32]) -> float:
        return milliseconds(partial(index.search, question, POOL, None, stored))

    with ThreadPoolExecutor(ASKERS) as pool:
        return list(pool.map(one, np.concatenate([case.questions, case.questions])))


def _adding(case: Case, index: VectorIndex, stored: Callable[[Sequence[int]], Vectors]) -> list[float]:
    times = []
    for start in range(0, _TEN * DOCUMENTS, _TEN):
        rows = case.new[start : start + _TEN]
        first = case.size + start + 1
        began = time.perf_counter()
        index = index.added(range(first, first + _TEN), rows)
        found = index.search(rows[0], POOL, None, stored)
        times.append(1e3 * (time.perf_counter() - began))
        assert first in found
    return times


def _recalls(found: list[list[int]], best: npt.NDArray[np.int64]) -> str:
    return ", ".join(f"{recall(found, best, first):.3f}" for first in (10, POOL))


def _percentiles(times: list[float]) -> str:
    return f"{np.median(times):.1f}, {np.percentile(times, 95):.1f}"


def _resident(process: int | None = None) -> float:
    """In MB; None stands for this process."""
    lines = Path(f"/proc/{process or 'self'}/status").read_text(encoding="ascii").splitlines()
    [line] = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1e3


if __name__ == "__main__":
    main()
