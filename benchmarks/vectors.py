"""Prints what vector indexes of several sizes cost, and what it costs to compare every vector.

``python -m benchmarks.vectors [--sizes N …] [--questions N] [--alternatives]``. Vectors are made (see
``made``). Each index is built in one process and searched in another, on one thread except for the 20 askers.
In brackets is the processor time. ``--alternatives`` adds other types of FAISS, without the exact ranking.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import faiss
import numpy as np
import numpy.typing as npt

from benchmarks.datasets import HOME
from benchmarks.made_vectors import DIMENSIONS, VectorFile, made, made_file, real_vectors
from index.embedding.model import Vectors
from index.library import POOL
from index.vectors import DEFAULT_POLICY, IndexPolicy, VectorIndex

ALTERNATIVES = ("SQfp16", "HNSW32,SQ8", "IVF{lists},SQfp16")
ASKERS = 20
PARTS = (("all", 1.0), ("5 % removed", 0.95), ("10 %", 0.1), ("1 %", 0.01), ("20 allowed", 0.0))
"""That a search may find, with their shares of all vectors; 0 stands for 20 vectors."""

Mask = npt.NDArray[np.bool_]
Best = list[npt.NDArray[np.int64]]
"""For each part, the numbers of the vectors nearest to each question: shape (questions, POOL)."""
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Case:
    """``source`` is an SQLite file of vectors; ``questions`` have the shape (m, 384)."""

    source: Path
    folder: Path
    size: int
    questions: Vectors
    best: Best


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--alternatives", action="store_true", help="other types of FAISS, too")
    arguments = parser.parse_args()
    real = real_vectors()
    parts = " | ".join(f"{name}: recall@10, p50/p95 ms (of this thread)" for name, _ in PARTS)
    head = f"| vectors | type | build s | peak MB | bytes each | {parts} | recall@{POOL} "
    head += "| 20 at once p50/p95 ms | looked up | open ms | resident MB | of it the file's | "
    head += "add 10 ms | remove 10 ms |"
    print(head + "\n|" + "---|" * (head.count("|") - 1))
    HOME.mkdir(parents=True, exist_ok=True)
    for size in arguments.sizes:
        questions = real.questions[:: max(1, len(real.questions) // arguments.questions)]
        file = made_file(real, size)
        masks = [_mask(size, part) for part in range(len(PARTS))]
        best = truly_nearest(file.batches(), questions, masks)
        with tempfile.TemporaryDirectory(dir=HOME) as folder:
            case = Case(file.path, Path(folder), size, questions, best)
            limits = (
                {DEFAULT_POLICY.flat_up_to, size}
                if size > DEFAULT_POLICY.flat_up_to
                else {DEFAULT_POLICY.flat_up_to}
            )
            for flat_up_to in sorted(limits):
                print(f"| {size:,} | {_row(case, IndexPolicy(flat_up_to=flat_up_to))} |", flush=True)
            for name in ALTERNATIVES if arguments.alternatives else ():
                print(f"| {size:,} | {alone(_alternative, case, name)} |", flush=True)


def _mask(size: int, part: int) -> Mask:
    """By number, of the vectors that a search of this part may find."""
    chance = np.random.default_rng(part)
    share = PARTS[part][1]
    if share:
        return chance.random(size) < share
    mask = np.zeros(size, np.bool_)
    mask[chance.choice(size, 20, replace=False)] = True
    return mask


def truly_nearest(
    batches: Iterable[tuple[npt.NDArray[np.int64], Vectors]], questions: Vectors, masks: Sequence[Mask]
) -> Best:
    """For each mask, in order, the nearest first: shape (questions, POOL)."""
    scores = [np.empty((len(questions), 0), np.float32) for _ in masks]
    numbers = [np.empty((len(questions), 0), np.int64) for _ in masks]
    for some, vectors in batches:
        found = questions @ vectors.T
        for part, mask in enumerate(masks):
            inside = np.flatnonzero(mask[some])
            ids = np.broadcast_to(some[inside], (len(questions), len(inside)))
            joined = np.concatenate([scores[part], found[:, inside]], axis=1)
            named = np.concatenate([numbers[part], ids], axis=1)
            order = np.argsort(-joined, axis=1)[:, :POOL]
            scores[part] = np.take_along_axis(joined, order, axis=1)
            numbers[part] = np.take_along_axis(named, order, axis=1)
    return numbers


def alone(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """In a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments, **named).result()


def _row(case: Case, policy: IndexPolicy) -> str:
    path = case.folder / "base"
    seconds, peak = alone(_build, case.source, path, case.size, policy)
    kind, measured = alone(_search, case)
    return f"{kind} | {seconds:.1f} | {peak:.0f} | {path.stat().st_size / case.size:.0f} | {measured}"


def _build(source: Path, path: Path, size: int, policy: IndexPolicy) -> tuple[float, float]:
    """Return the seconds, and the peak growth of memory in MB."""
    before = _memory()["VmHWM"]
    start = time.perf_counter()
    VectorIndex.build(path, DIMENSIONS, size, VectorFile(source).batches, policy)
    return time.perf_counter() - start, _memory()["VmHWM"] - before


def _search(case: Case) -> tuple[str, str]:
    size, questions, best = case.size, case.questions, case.best
    file = VectorFile(case.source)
    before = _memory()
    start = time.perf_counter()
    index = VectorIndex.open(case.folder / "base", DIMENSIONS)
    opened = 1e3 * (time.perf_counter() - start)
    cells = []
    masks = [_mask(size, part) for part in range(len(PARTS))]
    pool_recall = 0.0
    for part, mask in enumerate(masks):
        asked = index.removed(np.flatnonzero(~mask).tolist()) if PARTS[part][1] == 0.95 else index
        allowed = mask if 0 <= PARTS[part][1] < 0.9 else None
        times, found = _ask(asked, questions, allowed, file)
        cells.append(f"{recall(found, best[part], 10):.3f}, {times}")
        if not part:
            pool_recall = recall(found, best[0], POOL)
            looked_up = file.looked_up / (len(questions) + 5)
    memory = _memory()
    askers = _percentiles(_ask_at_once(index, questions, file))
    adding, removing = _changes(index, size)
    grown = [f"{memory[name] - before[name]:.0f}" for name in ("VmRSS", "RssFile")]
    cells += [f"{pool_recall:.3f}", askers, f"{looked_up:.0f}", f"{opened:.1f}", *grown, adding, removing]
    return index.kind, " | ".join(cells)


def _changes(index: VectorIndex, size: int) -> tuple[str, str]:
    """The p50 and p95 of the milliseconds to add ten vectors, and to remove ten, over 300 rounds."""
    _, ten = next(iter(made(real_vectors(), 10, seed=9)))
    adding, removing = [], []
    for turn in range(300):
        start = time.perf_counter()
        index = index.added(range(size + 10 * turn, size + 10 * turn + 10), ten)
        between = time.perf_counter()
        index = index.removed(range(turn * 20, turn * 20 + 10))
        adding.append(1e3 * (between - start))
        removing.append(1e3 * (time.perf_counter() - between))
    return _percentiles(adding), _percentiles(removing)


def _ask(
    index: VectorIndex, questions: Vectors, allowed: Mask | None, file: VectorFile
) -> tuple[str, list[list[int]]]:
    times, computing, found = [], [], []
    for question in questions[:5]:
        index.search(question, POOL, allowed, file.stored)
    for question in questions:
        start, cpu = time.perf_counter(), time.thread_time()
        numbers = index.search(question, POOL, allowed, file.stored)
        computing.append(1e3 * (time.thread_time() - cpu))
        times.append(1e3 * (time.perf_counter() - start))
        found.append(list(numbers))
    return f"{_percentiles(times)} ({_percentiles(computing)})", found


def _ask_at_once(index: VectorIndex, questions: Vectors, file: VectorFile) -> list[float]:
    def one(question: npt.NDArray[np.float32]) -> float:
        start = time.perf_counter()
        index.search(question, POOL, None, file.stored)
        return 1e3 * (time.perf_counter() - start)

    with ThreadPoolExecutor(ASKERS) as pool:
        return list(pool.map(one, np.concatenate([questions, questions])))


def _alternative(case: Case, name: str) -> str:
    name = name.format(lists=DEFAULT_POLICY.lists(case.size))
    start = time.perf_counter()
    index: Any = faiss.index_factory(DIMENSIONS, name, faiss.METRIC_INNER_PRODUCT)
    for train in (True, False):
        for turn, (_, vectors) in enumerate(VectorFile(case.source).batches()):
            if not train:
                index.add(vectors)
            elif turn == 0:
                index.train(vectors)
    if name.startswith("IVF"):
        index.nprobe = DEFAULT_POLICY.probes
    seconds = time.perf_counter() - start
    if name.startswith("HNSW"):
        index.hnsw.efSearch = 256
    faiss.omp_set_num_threads(1)
    times, found = [], []
    for question in case.questions:
        start = time.perf_counter()
        _, numbers = index.search(question[np.newaxis], POOL)
        times.append(1e3 * (time.perf_counter() - start))
        found.append(numbers[0].tolist())
    written = case.folder / "alternative"
    faiss.write_index(index, str(written))
    each = written.stat().st_size / case.size
    ten = f"{recall(found, case.best[0], 10):.3f}, {_percentiles(times)}"
    cells = [name, f"{seconds:.1f}", "", f"{each:.0f}", ten]
    return " | ".join([*cells, *[""] * 4, f"{recall(found, case.best[0], POOL):.3f}", *[""] * 7])


def recall(found: list[list[int]], best: npt.NDArray[np.int64], first: int) -> float:
    """The share of the truly nearest ``first`` that are among the ``first`` found."""
    pairs = zip(found, best[:, :first].tolist(), strict=True)
    return statistics.mean(len(set(numbers[:first]) & set(true)) / len(true) for numbers, true in pairs)


def _percentiles(times: list[float]) -> str:
    return f"{np.median(times):.2f}/{np.percentile(times, 95):.2f}"


def _memory() -> dict[str, float]:
    """The kernel's figures of this process, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return {
        name: int(value.split()[0]) / 1e3
        for name, _, value in (line.partition(":") for line in lines)
        if name in {"VmHWM", "VmRSS", "RssFile"}
    }


if __name__ == "__main__":
    main()
