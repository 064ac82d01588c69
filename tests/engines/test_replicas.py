"""Libraries in several home folders share one catalog in PostgreSQL, as one home's processes share a file."""

from __future__ import annotations

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.catalog import lock
from index.errors import LibraryLockedError, LibraryWriteError
from index.library import Library
from index.search.manifest import folder_of, read_manifest
from tests.engines.conftest import Replica
from tests.support.postgresql import ON_SQLITE
from tests.support.reports import VOCABULARY, found, incoming, words

QUERIES = ("river council", "gate of the dam", "police arrest Orrin")


def results(library: Library) -> list[object]:
    """What a library finds, without ids of the catalog, and with the frequencies of present passages only."""
    library.compact()
    return [found(library, query) for query in QUERIES]


def from_scratch(home: Path, texts: dict[str, str]) -> list[object]:
    """What a new library of one machine finds that has the given texts."""
    with Library.open(home, StubEncoder()) as library:
        library.replace([incoming(text, path) for path, text in sorted(texts.items())])
        return results(library)


def words_folder(library: Library) -> str:
    """The name of the folder with the words of a library: another one after they were written anew."""
    build = library.catalog.build()
    assert build is not None
    manifest = read_manifest(folder_of(library.home, build))
    assert manifest is not None
    return manifest.words


def test_what_one_writes_the_other_finds_and_deletes(replica: Replica, tmp_path: Path) -> None:
    one, two = replica("one"), replica("two")
    one.replace([incoming("The river rose.", "a.txt"), incoming("A gate of the dam is shut.", "b.txt")])
    assert two.search("gate")[0].text == "A gate of the dam is shut."
    two.replace([incoming("The council met.", "c.txt")], removed=[1])
    assert (one.generation, two.generation) == (2, 2)
    texts = {"b.txt": "A gate of the dam is shut.", "c.txt": "The council met."}
    assert results(one) == results(two) == from_scratch(tmp_path / ON_SQLITE, texts)


def test_random_changes_in_turn_leave_what_an_index_from_scratch_finds(
    replica: Replica, tmp_path: Path
) -> None:
    """Each change is made in another home than the one before, and read in all of them."""
    chance = random.Random(3)  # noqa: S311 (words, not secrets)
    homes = [replica(name) for name in ("one", "two", "three")]
    texts: dict[str, str] = {}
    for turn in range(24):
        library = homes[turn % 3]
        path = f"{chance.randrange(6)}.txt"
        known = {record.path: record.document_id for record in library.catalog.documents()}
        if path in known and chance.random() < 0.4:
            library.replace([], removed=[known[path]])
            del texts[path]
        else:
            texts[path] = " ".join(words(chance.randint(1, 5), seed=turn))
            library.replace([incoming(texts[path], path)])
        if chance.random() < 0.2:
            library.compact()
        expected = from_scratch(tmp_path / f"{ON_SQLITE} {turn}", texts)
        for other in homes:
            assert results(other) == expected, (turn, other.home.name)


def test_a_replica_adds_what_it_lacks_and_writes_nothing_anew(replica: Replica) -> None:
    one, two = replica("one"), replica("two")
    one.replace([incoming(" ".join(words(40)), "a.txt")])
    two.search("river")
    before = words_folder(two)
    for turn in range(5):
        one.replace([incoming(f"{VOCABULARY[turn]} number {turn}.", f"{turn}.txt")])
        assert two.search(f"number {turn}")[0].document.path == f"{turn}.txt"
    one.replace([], removed=[2])
    assert "0.txt" not in {hit.document.path for hit in two.search("number 0")}
    assert words_folder(two) == before


@pytest.mark.parametrize("passages", [1, 2, 5])
def test_words_of_a_commit_that_failed_are_not_those_of_the_next_one_in_another_home(
    replica: Replica, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passages: int
) -> None:
    """The words are written before the catalog commits, and the next commit gets the same ids."""
    one, two = replica("one"), replica("two")
    one.replace([incoming("The river rose.", "a.txt")])
    two.search("river")
    failing = [incoming("Police in Orrin. Police in Varda. Police in a village.", "b.txt")]
    monkeypatch.setattr("index.catalog.database.note_removals", fail)
    with pytest.raises(LibraryWriteError, match="no more room"):
        one.replace(failing)
    monkeypatch.undo()
    shutil.copytree(tmp_path / "one", tmp_path / "killed")
    others = {f"{number}.txt": f"The council met {number} times." for number in range(passages)}
    two.replace([incoming(text, path) for path, text in others.items()])
    expected = from_scratch(tmp_path / ON_SQLITE, {"a.txt": "The river rose.", **others})
    with Library.open(tmp_path / "killed", StubEncoder(), database_url=database_url) as killed:
        assert results(killed) == expected
    assert results(one) == expected
    one.replace([incoming("Police in Orrin.", "b.txt")])
    assert two.search("police")[0].document.path == one.search("police")[0].document.path == "b.txt"


def fail(*_: object) -> None:
    """Fail as a full disk does, in the middle of a transaction."""
    raise OSError(28, "no more room")


def test_a_replica_that_misses_forgotten_removals_makes_its_caches_anew(
    replica: Replica, tmp_path: Path
) -> None:
    one, two = replica("one"), replica("two")
    one.replace([incoming("The river rose.", "a.txt"), incoming("A gate is shut.", "b.txt")])
    two.search("river")
    before = words_folder(two)
    one.replace([], removed=[1])
    assert one.compact()
    with one.catalog.reading() as reader:
        assert reader.removed() == [], "the removal is forgotten"
    assert results(two) == from_scratch(tmp_path / ON_SQLITE, {"b.txt": "A gate is shut."})
    assert words_folder(two) != before


def test_a_replica_that_was_closed_meanwhile_is_up_to_date_when_it_opens(
    replica: Replica, database_url: str, tmp_path: Path
) -> None:
    one = replica("one")
    one.replace([incoming("The river rose.", "a.txt")])
    with Library.open(tmp_path / "two", StubEncoder(), database_url=database_url) as two:
        two.search("river")
    one.replace([incoming("A gate is shut.", "b.txt")], removed=[1])
    with Library.open(tmp_path / "two", StubEncoder(), database_url=database_url) as two:
        assert results(two) == from_scratch(tmp_path / ON_SQLITE, {"b.txt": "A gate is shut."})


def test_writers_of_several_homes_write_one_after_the_other(replica: Replica, tmp_path: Path) -> None:
    homes = [replica(name) for name in ("one", "two", "three")]
    texts = {f"{number}.txt": " ".join(words(3, seed=number)) for number in range(30)}

    def write(number: int) -> int:
        path = f"{number}.txt"
        return homes[number % 3].replace([incoming(texts[path], path)]).generation

    with ThreadPoolExecutor(6) as pool:
        generations = list(pool.map(write, range(30)))
    assert sorted(generations) == list(range(1, 31))
    expected = from_scratch(tmp_path / ON_SQLITE, texts)
    assert [results(library) for library in homes] == [expected] * 3


def test_a_writer_in_another_home_is_waited_for_and_not_forever(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = replica("one"), replica("two")
    one.replace([incoming("The river rose.", "a.txt")])
    monkeypatch.setattr(lock, "LOCK_SECONDS", 0.2)
    with one._maintenance.writing():
        assert two.search("river"), "readers do not wait"
        with pytest.raises(LibraryLockedError, match="another process is writing to the library"):
            two.replace([incoming("A gate is shut.", "b.txt")])
    two.replace([incoming("A gate is shut.", "b.txt")])
    assert one.search("gate")[0].document.path == "b.txt"
