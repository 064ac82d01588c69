"""Threads and processes see whole commits; an interrupted one leaves no trace; caches are compacted."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.catalog import lock as locking
from index.catalog.writes import add_to_build, begin_build
from index.embedding.model import Embedded
from index.embedding.pipeline import embed_documents
from index.errors import LibraryLockedError
from index.library import Library
from index.records import Recipe
from index.search.bm25 import Entry, LexicalIndex
from index.search.manifest import read_manifest
from index.vectors import IndexPolicy
from tests.support.reports import after_build, found, incoming, paths, words


@pytest.fixture
def two(home: Path) -> Iterator[tuple[Library, Library]]:
    """One library, opened twice."""
    with Library.open(home, StubEncoder()) as ours, Library.open(home, StubEncoder()) as theirs:
        yield ours, theirs


def test_what_one_writes_the_other_sees(two: tuple[Library, Library]) -> None:
    ours, theirs = two
    assert (texts(ours), texts(theirs)) == ([], [])
    ours.replace([incoming("One gate.", "a.txt"), incoming("Two gates.", "b.txt")])
    assert texts(theirs) == ["One gate.", "Two gates."]
    theirs.replace([incoming("Three gates.", "b.txt")], [1])
    assert (texts(ours), paths(ours)) == (["Three gates."], ["b.txt"])
    ours.replace([incoming("Four gates.", "c.txt")])
    assert texts(theirs) == texts(ours) == ["Four gates.", "Three gates."]
    assert (ours.generation, theirs.generation) == (3, 3)


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
    assert texts(ours) == texts(theirs) == sorted(f"Gate {turn} failed." for turn in range(12))


def test_a_reader_never_sees_half_a_commit(two: tuple[Library, Library]) -> None:
    ours, theirs = two
    names = [f"{number}.txt" for number in range(4)]

    def write(turn: int) -> None:
        ours.replace([incoming(f"Gate of turn {turn}.", name) for name in names])

    write(0)
    done = threading.Event()

    def read(index: Library) -> list[list[str]]:
        seen = []
        while not done.is_set():
            seen.append(texts(index))
        return seen

    with ThreadPoolExecutor(3) as pool:
        reading = [pool.submit(read, index) for index in (ours, theirs, theirs)]
        try:
            for turn in range(1, 15):
                write(turn)
        finally:
            done.set()
    seen = [found for reader in reading for found in reader.result(60)]
    assert {(len(found), len(set(found))) for found in seen} == {(4, 1)}
    assert len({found[0] for found in seen}) > 2


def test_nobody_waits_for_the_caches_of_a_writer_that_has_committed(
    two: tuple[Library, Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = two
    ours.replace([incoming("One gate.", "a.txt"), incoming("Two gates.", "b.txt")])
    assert texts(theirs) == ["One gate.", "Two gates."]
    remove, committed, go_on = LexicalIndex.remove, threading.Event(), threading.Event()

    def slowly(index: LexicalIndex, numbers: Sequence[int]) -> None:
        committed.set()
        assert go_on.wait(60)
        remove(index, numbers)

    monkeypatch.setattr(LexicalIndex, "remove", slowly)
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(ours.replace, [incoming("Three gates.", "b.txt")])
        assert committed.wait(60)
        assert pool.submit(texts, theirs).result(60) == ["One gate.", "Three gates."]
        assert pool.submit(texts, ours).result(60) == ["One gate.", "Three gates."]
        assert not writing.done()
        go_on.set()
        assert writing.result(60).generation == 2


def test_a_reader_is_not_kept_out_while_a_writer_embeds(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedding, go_on, encode = threading.Event(), threading.Event(), StubEncoder.encode_passages

    def waiting(encoder: StubEncoder, *given: Any) -> Iterator[Embedded]:  # noqa: ANN401 (passed on)
        embedding.set()
        assert go_on.wait(60)
        return encode(encoder, *given)

    monkeypatch.setattr(StubEncoder, "encode_passages", waiting)
    with Library.open(home, StubEncoder()) as ours, ThreadPoolExecutor(1) as pool:
        writing = pool.submit(ours.replace, [incoming("One gate.")])
        assert embedding.wait(60)
        assert texts(ours) == [], "in the same process"
        with Library.open(home, StubEncoder()) as theirs:
            assert (texts(theirs), theirs.generation) == ([], 0), "and in one that opens it only now"
            go_on.set()
            writing.result(60)
            assert texts(theirs) == ["One gate."]


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
            pool.submit(texts, theirs).result(60)
        assert texts(ours) == ["One gate."], "who has them in memory goes on"
    assert texts(theirs) == ["One gate."]
    theirs.replace([incoming("Two gates.", "b.txt")])
    assert texts(ours) == ["One gate.", "Two gates."]


BASES = IndexPolicy(small=1)
"""A policy that builds a base for a handful of vectors."""

QUERIES = ("gate", "river dam", "council of Varda", "police", "failed at night")


@pytest.fixture
def index(home: Path) -> Iterator[Library]:
    with Library.open(home, StubEncoder(), policy=BASES) as opened:
        yield opened


def folder(home: Path) -> Path:
    [only] = (home / "caches").iterdir()
    return only


def texts(index: Library, query: str = "gate") -> list[str]:
    return sorted(hit.text for hit in index.search(query, 100))


def all_found(index: Library) -> list[object]:
    return [found(index, query, 5) for query in QUERIES]


def from_scratch(place: Path, *reports: tuple[str, str]) -> list[object]:
    """The results of a new library that has only these reports."""
    with Library.open(place, StubEncoder()) as fresh:
        fresh.replace([incoming(text, path) for path, text in reports])
        return all_found(fresh)


def broken_commit(index: Library, text: str) -> None:
    """A commit that is interrupted after its words were written."""
    add = LexicalIndex.add

    def add_and_cut(index: LexicalIndex, entries: Iterable[Entry]) -> None:
        add(index, entries)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LexicalIndex, "add", add_and_cut)
        with pytest.raises(KeyboardInterrupt):
            index.replace([incoming(text, "b.txt")])


class TestBrokenOff:
    """The process ends, or the disk is full, after the words were written and before the commit."""

    def test_nothing_of_it_is_found_and_the_next_commit_is_right(
        self, index: Library, home: Path, tmp_path: Path
    ) -> None:
        index.replace([incoming("One gate.", "a.txt"), incoming("Lost gates of Varda.", "c.txt")])
        index.replace([], [2])
        with index.catalog.reading() as reader:
            last = reader.last_chunk()
        broken_commit(index, "Lost gates of Varda, and the dam.")
        noted = read_manifest(folder(home))
        assert noted is not None
        assert noted.writing
        ahead = LexicalIndex(folder(home) / noted.words).searcher()
        assert ahead.count_after(last) == 1, "the words were written"
        with Library.open(home, StubEncoder()) as other:
            for library in (index, other):
                assert (texts(library), library.generation) == (["One gate."], 2)
                assert library.search("Lost gates of Varda", dense_weight=0)[0].text == "One gate."
            other.replace([incoming("Three gates.", "b.txt")])
            assert texts(index) == texts(other) == ["One gate.", "Three gates."]
            assert other.search("Lost Varda dam", dense_weight=0) == []
        index.compact()
        expected = from_scratch(tmp_path / "new", ("a.txt", "One gate."), ("b.txt", "Three gates."))
        assert all_found(index) == expected

    def test_what_another_build_gives_the_same_numbers_is_not_found_by_its_words(
        self, index: Library, home: Path
    ) -> None:
        index.replace([incoming("One gate.", "a.txt")])
        broken_commit(index, "Lost gates of Varda.")
        # A rebuild goes on meanwhile, and takes the chunk ids of the interrupted commit.
        recipe = Recipe(StubEncoder().key, 4, 40, 1)
        build = begin_build(index.catalog.engine, recipe)
        [new] = embed_documents([incoming("One gate.", "a.txt")], recipe, StubEncoder(), index.catalog)
        add_to_build(index.catalog.engine, build, {1: (1, new)})
        with Library.open(home, StubEncoder()) as other:
            for library in (index, other):
                assert texts(library, "Lost gates of Varda") == ["One gate."]
            other.replace([incoming("Three gates.", "b.txt")])
            for library in (index, other):
                assert texts(library, "Lost gates of Varda") == ["One gate.", "Three gates."]

    def test_a_first_commit_that_is_broken_off_leaves_an_empty_library(
        self, index: Library, home: Path, tmp_path: Path
    ) -> None:
        broken_commit(index, "Lost gates.")
        assert (index.generation, texts(index)) == (0, [])
        index.replace([incoming("One gate.", "a.txt")])
        with Library.open(home, StubEncoder()) as other:
            assert texts(index) == texts(other) == ["One gate."]
            index.compact()
            expected = from_scratch(tmp_path / "new", ("a.txt", "One gate."))
            assert all_found(index) == all_found(other) == expected


def test_words_that_could_not_be_removed_are_not_found_and_settling_makes_it_good(
    index: Library, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_index: LexicalIndex, _numbers: object) -> None:
        raise OSError(28, "No space left on device")

    index.replace([incoming("One gate.", "a.txt"), incoming("Two gates at the dam.", "b.txt")])
    with monkeypatch.context() as patch:
        patch.setattr(LexicalIndex, "remove", full)
        assert index.replace([incoming("Three gates.", "b.txt")]).removed == (2,)
    with Library.open(home, StubEncoder()) as other:
        for library in (index, other):
            assert texts(library) == ["One gate.", "Three gates."]
            assert library.search("dam", dense_weight=0) == []
        # Later removals do not hide that words are left over.
        other.replace([incoming("Four gates.", "c.txt")])
        other.replace([], [3])
        for library in (index, other):
            assert texts(library) == ["One gate.", "Three gates."]
        assert index.compact()
        expected = from_scratch(tmp_path / "new", ("a.txt", "One gate."), ("b.txt", "Three gates."))
        assert all_found(index) == expected
        assert texts(other) == ["One gate.", "Three gates."]
    with Library.open(home, StubEncoder()) as later:
        assert all_found(later) == expected
    noted = read_manifest(folder(home))
    assert noted is not None
    assert (noted.words_generation, noted.writing) == (4, False)


class TestCompaction:
    REPORTS = tuple((f"{number:02}.txt", text) for number, text in enumerate(words(20)))

    def filled(self, index: Library) -> None:
        """Half of the reports are added as they are; the others replace documents, and some are removed."""
        others = [incoming(f"Another gate {number} failed.", f"{number:02}.txt") for number in range(10)]
        extra = [incoming(f"Nobody of Varda failed {number} times.", f"x{number}.txt") for number in range(5)]
        index.replace([*(incoming(text, path) for path, text in self.REPORTS[10:]), *others, *extra])
        index.replace([incoming(text, path) for path, text in self.REPORTS[:10]], list(range(21, 26)))

    def test_what_was_removed_counts_no_more_and_nothing_is_embedded(
        self, index: Library, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = from_scratch(tmp_path / "new", *self.REPORTS)
        self.filled(index)
        assert all_found(index) != expected, "removed words count in the rarity of others"
        monkeypatch.setattr(StubEncoder, "encode_passages", None)
        assert index.compact()
        assert all_found(index) == expected
        assert not index.compact(), "there is nothing more to do"
        with Library.open(home, StubEncoder()) as other:
            assert all_found(other) == expected

    @pytest.mark.base_file
    def test_the_old_folder_and_base_are_deleted_and_what_went_is_forgotten(
        self, index: Library, home: Path
    ) -> None:
        self.filled(index)
        before = {entry.name for entry in folder(home).iterdir()}
        assert not any(name.startswith("vectors") for name in before), "a base is made when it is compacted"
        assert index.compact()
        after = {entry.name for entry in folder(home).iterdir()}
        noted = read_manifest(folder(home))
        assert noted is not None
        assert after == {"current.json", noted.words, noted.base}
        assert before & after == {"current.json"}
        assert (noted.words_generation, noted.base_generation, noted.removals_applied_until) == (2, 2, 2)
        with index.catalog.reading() as reader:
            assert (reader.removed(), reader.forgotten()) == ([], 2)

    @pytest.mark.base_file
    def test_nothing_is_done_where_all_is_in_shape(self, home: Path) -> None:
        with Library.open(home, StubEncoder()) as index:
            assert not index.compact(), "an empty library"
            index.replace([incoming("One gate."), incoming("Two gates.", "b.txt")])
            kept = sorted(folder(home).iterdir())
            assert not index.compact()
            assert sorted(folder(home).iterdir()) == kept

    @pytest.mark.base_file
    def test_one_that_was_far_behind_when_removals_were_forgotten_sees_what_there_is(
        self, index: Library, home: Path
    ) -> None:
        index.replace([incoming(f"Gate {number}.", f"{number}.txt") for number in range(6)])
        with Library.open(home, StubEncoder()) as other:
            assert len(texts(other)) == 6
            for number in (1, 2, 3):
                index.replace([], [number])
            assert index.compact()
            index.replace([incoming("Gate 9.", "9.txt")], [4])
            index.compact()
            with index.catalog.reading() as reader:
                assert (reader.removed(), reader.forgotten()) == ([4], 4), "the base still has the last one"
            expected = ["Gate 4.", "Gate 5.", "Gate 9."]
            assert texts(other) == texts(index) == expected
            assert all_found(other) == all_found(index)

    def test_what_comes_and_goes_while_it_compacts_is_there_after_it(
        self, index: Library, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.filled(index)
        with Library.open(home, StubEncoder()) as other:
            new = [incoming("The weir is new.", "w.txt")]
            after_build(monkeypatch, index, lambda: other.replace(new, [2]))
            assert index.compact()
            assert texts(index, "weir") == texts(other, "weir")
            monkeypatch.undo()
            assert index.compact()
            reports = [*self.REPORTS[:11], *self.REPORTS[12:], ("w.txt", "The weir is new.")]
            expected = from_scratch(tmp_path / "new", *reports)
            assert all_found(index) == expected
        with Library.open(home, StubEncoder()) as later:
            assert all_found(later) == expected
