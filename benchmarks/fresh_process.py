"""A process that opens a library, ours or llama-index's, and searches it, for ``opening`` and ``footprint``.

``python -m benchmarks.fresh_process SIDE FOLDER QUERIES`` prints JSON. It first searches a tiny library, so
that no late import counts, and drops the library's pages from the system's cache.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.corpus import Corpus, Paragraph, questions
from benchmarks.side_by_side import milliseconds
from benchmarks.stand_in import StandIn
from index.embedding.encoder import open_encoder
from index.library import Library

Search = Callable[[str], object]
"""The encoder has cached the query's vector."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Resident memory, before opening and after all searches; ``anonymous_mb`` is outside mapped files."""

    open_ms: float
    search_ms: float
    before_mb: float
    after_mb: float
    anonymous_mb: float


def measure(side: str, folder: Path, queries: int) -> Measured:
    """``side`` is ``ours`` or ``llama-index``. Raises CalledProcessError if the process fails."""
    command = [sys.executable, "-m", "benchmarks.fresh_process", side, str(folder), str(queries)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    side, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    encoder = open_encoder()
    queries = questions(count)
    # The encoder caches the vectors of queries from here on.
    stand_in = StandIn(encoder, np.stack([encoder.encode_query(query) for query in queries]))
    opened = _ours if side == "ours" else _theirs
    with tempfile.TemporaryDirectory() as small:
        _fill(side, Path(small), stand_in)
        opened(Path(small), stand_in)(queries[0])
    give_up_pages(folder)
    before = _memory()
    began = time.perf_counter()
    search = opened(folder, stand_in)
    open_ms = (time.perf_counter() - began) * 1000
    times = [milliseconds(partial(search, query)) for query in queries]
    after = _memory()
    print(json.dumps(asdict(Measured(open_ms, times[0], before[0], *after))))


def give_up_pages(folder: Path) -> None:
    """If the system supports that."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                # The system can drop only pages that are written to the disk.
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _ours(home: Path, encoder: StandIn) -> Search:
    return Library.open(home, encoder).search


def _theirs(folder: Path, encoder: StandIn) -> Search:
    from benchmarks.alternative import bundle, load, retriever

    searcher = retriever(load(folder, encoder))
    return lambda query: searcher.retrieve(bundle(query, encoder))


def _fill(side: str, folder: Path, encoder: StandIn) -> None:
    corpus = Corpus([Paragraph("Dams", "The water rose in the night. The third gate of the dam was closed.")])
    if side == "ours":
        with Library.open(folder, encoder) as index:
            index.replace([corpus.incoming(0)])
    else:
        from benchmarks.alternative import build

        build(corpus.documents(1), encoder, folder)


def _memory() -> tuple[float, float]:
    """Resident, and the part of it outside mapped files, in MB."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        sys.exit(f"memory is read from /proc/self/status, which is not there: {error}; run it on Linux")
    fields = dict(line.split(":", 1) for line in lines)
    resident, anonymous = (int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
    return resident, anonymous


if __name__ == "__main__":
    main()
