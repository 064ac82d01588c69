"""Threads and processes see each other's commits, complete and without delay."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index.catalog import lock as locking
from index.embedding.encoder import Encoder
from index.embedding.model import Embedded, Offsets
from index.errors import LibraryLockedError
from index.library import Library
from index.search.bm25 import Entry, LexicalIndex
from tests.support.reports import Watched, found, incoming, paths

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def two(encoder: Encoder, home: Path) -> Iterator[tuple[Library, Library]]:
    """One library, opened twice."""
    with Library.open(home, encoder) as ours, Library.open(home, encoder) as theirs:
        yield ours, theirs


def held(index: Library, query: str = "gate") -> list[str]:
    return sorted(hit.text for hit in index.search(query, 100))


def test_what_one_writes_the_other_sees(two: tuple[Library, Library]) -> None:
    ours, theirs = two
    assert (held(ours), held(theirs)) == ([], [])
    ours.replace([incoming("One gate.", "a.txt"), incoming("Two gates.", "b.txt")])
    assert held(theirs) == ["One gate.", "Two gates."]
    theirs.replace([incoming("Three gates.", "b.txt")], [1])
    assert (held(ours), paths(ours)) == (["Three gates."], ["b.txt"])
    ours.replace([incoming("Four gates.", "c.txt")])
    assert held(theirs) == held(ours) == ["Four gates.", "Three gates."]
    assert (ours.generation, theirs.generation) == (3, 3)


@pytest.mark.sqlite
def test_what_another_process_writes_is_seen(encoder: Encoder, home: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from pathlib import Path\n"
        "from index.embedding.encoder import open_encoder\n"
        "from index.library import Library\n"
        "from tests.support.reports import incoming\n"
        "with Library.open(Path(sys.argv[1]), open_encoder()) as index:\n"
        "    index.replace([incoming('Two gates.', 'b.txt')], [1])\n"
    )
    with Library.open(home, encoder) as index:
        index.replace([incoming("One gate.", "a.txt")])
        assert held(index) == ["One gate."]
        done = subprocess.run(
            [sys.executable, "-c", code, str(home)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert held(index) == ["Two gates."]
        index.replace([incoming("Three gates.", "c.txt")])
        assert held(index) == ["Three gates.", "Two gates."]


def test_two_threads_that_write_do_not_interleave(
    two: tuple[Library, Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = two
    inside: list[str] = []
    overlaps: list[list[str]] = []
    add = LexicalIndex.add

    def slowly(index: LexicalIndex, entries: Iterator[Entry]) -> None:
        inside.append(threading.current_thread().name)
        time.sleep(0.02)
        overlaps.append(list(inside))
        add(index, entries)
        inside.pop()

    def write(turn: int) -> int:
        index = (ours, theirs, ours)[turn % 3]
        return index.replace([incoming(f"Gate {turn} failed.", f"{turn}.txt")]).generation

    monkeypatch.setattr(LexicalIndex, "add", slowly)
    with ThreadPoolExecutor(4) as pool:
        generations = list(pool.map(write, range(12)))
    assert sorted(generations) == list(range(1, 13))
    assert [len(threads) for threads in overlaps] == [1] * 12
    assert held(ours) == held(theirs) == sorted(f"Gate {turn} failed." for turn in range(12))


def test_a_reader_never_sees_half_a_commit(two: tuple[Library, Library]) -> None:
    ours, theirs = two
    names = [f"{number}.txt" for number in range(4)]

    def write(turn: int) -> None:
        ours.replace([incoming(f"Gate of turn {turn}.", name) for name in names])

    write(0)
    done = threading.Event()
    seen: list[list[str]] = []

    def read(index: Library) -> None:
        while not done.is_set():
            seen.append(held(index))

    readers = [threading.Thread(target=read, args=(index,)) for index in (ours, theirs, theirs)]
    for reader in readers:
        reader.start()
    try:
        for turn in range(1, 15):
            write(turn)
    finally:
        done.set()
        for reader in readers:
            reader.join(60)
    assert {len(texts) for texts in seen} == {4}
    assert {len(set(texts)) for texts in seen} == {1}
    assert len({texts[0] for texts in seen}) > 2


def test_nobody_waits_for_the_caches_of_a_writer_that_has_committed(
    two: tuple[Library, Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = two
    ours.replace([incoming("One gate.", "a.txt"), incoming("Two gates.", "b.txt")])
    assert held(theirs) == ["One gate.", "Two gates."]
    remove, committed, go_on = LexicalIndex.remove, threading.Event(), threading.Event()

    def slowly(index: LexicalIndex, numbers: Sequence[int]) -> None:
        committed.set()
        assert go_on.wait(60)
        remove(index, numbers)

    monkeypatch.setattr(LexicalIndex, "remove", slowly)
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(ours.replace, [incoming("Three gates.", "b.txt")])
        assert committed.wait(60)
        assert pool.submit(held, theirs).result(60) == ["One gate.", "Three gates."]
        assert pool.submit(held, ours).result(60) == ["One gate.", "Three gates."]
        assert not writing.done()
        go_on.set()
        assert writing.result(60).generation == 2


def test_a_reader_is_not_kept_out_while_a_writer_embeds(encoder: Encoder, home: Path) -> None:
    embedding, go_on = threading.Event(), threading.Event()

    class Waiting(Watched):
        def encode_passages(
            self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]
        ) -> Iterator[Embedded]:
            embedding.set()
            assert go_on.wait(60)
            return super().encode_passages(texts, sentences)

    with Library.open(home, Waiting(encoder)) as ours, ThreadPoolExecutor(1) as pool:
        try:
            writing = pool.submit(ours.replace, [incoming("One gate.")])
            assert embedding.wait(60)
            assert held(ours) == [], "in the same process"
            with Library.open(home, encoder) as theirs:
                assert (held(theirs), theirs.generation) == ([], 0), "and in one that opens it only now"
                go_on.set()
                writing.result(60)
                assert held(theirs) == ["One gate."]
        finally:
            go_on.set()


def test_a_library_that_stays_locked_is_named(
    two: tuple[Library, Library], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = two
    ours.replace([incoming("One gate.")])
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
    expected = (
        rf"^process {os.getpid()} on .* \(\w+, since .*\) is writing to the library in {home}; "
        "wait until it is done, then try again$"
    )
    with ours._maintenance.writing():
        with pytest.raises(LibraryLockedError, match=expected), ThreadPoolExecutor(1) as pool:
            pool.submit(theirs.replace, [incoming("Two gates.", "b.txt")]).result(60)
        shutil.rmtree(home / "caches")
        with pytest.raises(LibraryLockedError, match=expected), ThreadPoolExecutor(1) as pool:
            pool.submit(held, theirs).result(60)
        assert held(ours) == ["One gate."], "who has them in memory goes on"
    assert held(theirs) == ["One gate."]
    theirs.replace([incoming("Two gates.", "b.txt")])
    assert held(ours) == ["One gate.", "Two gates."]


def test_many_threads_search_as_one(encoder: Encoder, home: Path) -> None:
    with Library.open(home, encoder) as index:
        index.replace([incoming(f"Gate {number} of Varda failed.", f"{number}.txt") for number in range(20)])
        queries = [f"gate {number}" for number in range(8)]
        alone = [found(index, query) for query in queries]
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda query: found(index, query), queries * 3)) == alone * 3
