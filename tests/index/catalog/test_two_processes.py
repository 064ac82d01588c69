"""Two processes sync a folder while a third serves it; the result equals an index from scratch."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.ingest.synchronize import sync
from index.library import Library
from tests.support.reports import found, words, write

ROOT = Path(__file__).parents[3]
ROUNDS = 4

SYNC = """
import sys
from pathlib import Path
from benchmarks.stub_encoder import StubEncoder
from index.loaders.sandbox.client import Isolated
from index.library import Library
from index.ingest.synchronize import sync
home, folder = map(Path, sys.argv[1:])
with Library.open(home, StubEncoder()) as index, Isolated() as reader:
    for line in sys.stdin:
        print(sync(index, [folder], reader=reader).failed, flush=True)
"""


def started(home: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SYNC, str(home), str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.sqlite
def test_the_index_that_they_leave_is_as_made_afresh(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "reports"
    for number, text in enumerate(words(12)):
        write(folder / f"{number}.txt", text)
    done = Event()
    seen: list[list[str]] = []
    with Library.open(home, StubEncoder()) as served:

        def ask() -> None:
            while not done.is_set():
                with served.snapshot() as snapshot:
                    hits = snapshot.search("flood in the village", 20)
                    texts = [snapshot.reader.text(hit.document.document_id).text for hit in hits]
                    assert [hit.span.of(text) for hit, text in zip(hits, texts, strict=True)] == [
                        hit.text for hit in hits
                    ]
                seen.append([hit.document.path for hit in hits])
                time.sleep(0.01)

        pool = ThreadPoolExecutor(1)
        asking = pool.submit(ask)
        syncing = [started(home, folder) for _ in range(2)]
        try:
            for turn in range(ROUNDS):
                for number, text in enumerate(words(3, seed=100 + turn)):
                    write(folder / f"{(turn + number) % 12}.txt", text)
                (folder / f"{11 - turn}.txt").unlink(missing_ok=True)
                for process in syncing:
                    assert process.stdin is not None
                    process.stdin.write("\n")
                    process.stdin.flush()
                time.sleep(0.2)
            ends = [process.communicate(timeout=60) for process in syncing]
        finally:
            done.set()
            pool.shutdown()
            for process in syncing:
                process.kill()
        asking.result()
        assert [process.returncode for process in syncing] == [0, 0], ends
        assert [end[0].splitlines() for end in ends] == [["()"] * ROUNDS] * 2
        sync(served, [folder])
        with Library.open(tmp_path / "fresh", StubEncoder()) as fresh:
            sync(fresh, [folder])
            for query in ("flood in the village", "police arrest", "gate of the dam"):
                assert found(served, query, 20) == found(fresh, query, 20)
    assert len(seen) > 10
