"""A library is rebuilt with another recipe while others search and write, and switched in one step."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.stub_encoder import StubEncoder
from index.catalog import writes
from index.catalog.database import Catalog
from index.catalog.schema import builds, chunks, ranges, vectors
from index.catalog.writes import drop_abandoned, drop_unused_vectors, insert_build
from index.embedding.model import Embedded, Offsets
from index.errors import BuildGoneError
from index.library import Library
from index.records import Build, Filters, Recipe
from index.search import maintenance as rebuilding
from index.search.caches import FileBases
from index.search.manifest import folder_of, read_manifest, with_base, write_manifest
from index.search.status import library_status
from index.vectors import IndexPolicy
from tests.support.reports import after_build, found, incoming, paths

BASES = IndexPolicy(small=1)
COUNT = 50
"""Documents of two sentences each: three parts, of 20 documents at most."""

REPORTS = [
    incoming(f"Gate {number} failed. Dam {number} held.", f"{number:02}.txt") for number in range(COUNT)
]


class Watched(StubEncoder):
    """It records the passages that it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded: list[str] = []

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]
    ) -> Iterator[Embedded]:
        self.embedded.extend(texts)
        return super().encode_passages(texts, sentences)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that is compacted; a test works on a copy."""
    home = tmp_path_factory.mktemp("saved") / "home"
    with Library.open(home, StubEncoder(), policy=BASES) as index:
        index.replace(REPORTS)
        index.compact()
    return home


@pytest.fixture
def home(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "home"))


@pytest.fixture
def fine(home: Path) -> Iterator[Library]:
    """The library, opened with a recipe of one sentence a passage."""
    with Library.open(home, StubEncoder(), policy=BASES, max_chunk_tokens=4) as opened:
        yield opened


def texts(index: Library, path: str = "07.txt") -> list[str]:
    [number] = [record.document_id for record in index.catalog.documents() if record.path == path]
    return sorted(hit.text for hit in index.search("gate dam", 10, Filters(document_ids=(number,))))


def rows(index: Library) -> dict[str, int]:
    with index.catalog.engine.connect() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (builds, chunks, ranges, vectors)
        }


def test_it_finds_afterwards_what_one_made_by_that_recipe_finds(
    home: Path, fine: Library, tmp_path: Path
) -> None:
    before, known = fine.is_outdated, versions(fine)
    assert texts(fine) == ["Gate 7 failed. Dam 7 held."]
    told: list[tuple[str, int, int]] = []
    fine.rebuild(lambda *stage: told.append(stage))
    assert told == sorted(told)
    assert {("rebuilding", done, COUNT) for done in (19, 20, 40, 50)} <= {*told}
    assert (before, fine.is_outdated, versions(fine)) == (True, False, known)
    assert texts(fine) == ["Dam 7 held.", "Gate 7 failed."]
    assert [record.passages for record in fine.catalog.documents()] == [2] * COUNT
    with Library.open(tmp_path / "new", StubEncoder(), max_chunk_tokens=4) as new:
        new.replace(REPORTS)
        for query in ("gate", "the dam held", "dam 7"):
            assert found(fine, query, 20) == found(new, query, 20)
        assert rows(fine) == rows(new), "nothing of the former build is left"
    build = fine.catalog.build()
    assert build is not None
    assert list((home / "caches").iterdir()) == [folder_of(home, build)]
    generation = fine.generation
    fine.rebuild()
    assert fine.generation == generation == 2, "it is what it should be"


def versions(index: Library) -> list[tuple[int, int, str]]:
    return [(record.document_id, record.version, record.digest) for record in index.catalog.documents()]


def test_what_another_adds_and_removes_meanwhile_is_there_after_it(home: Path, fine: Library) -> None:
    with Library.open(home, StubEncoder()) as other:

        def meanwhile(_stage: str, done: int, _of: int) -> None:
            if done != 20:
                return
            other.replace([incoming("Weir 1 burst. Weir 2 held.", "new.txt")], [1, 50])
            other.replace([incoming("Lock 3 broke. Lock 4 held.", "07.txt")])
            assert texts(other) == ["Lock 3 broke. Lock 4 held."], "the former one serves"
            assert texts(fine, "new.txt") == ["Weir 1 burst. Weir 2 held."]

        fine.rebuild(meanwhile)
        for index in (fine, other):
            assert texts(index) == ["Lock 3 broke.", "Lock 4 held."]
            assert texts(index, "new.txt") == ["Weir 1 burst.", "Weir 2 held."]
            assert len(index.catalog.documents()) == index.catalog.count_passages() / 2 == COUNT - 1
            assert [record.passages for record in index.catalog.documents()] == [2] * (COUNT - 1)
        other.replace([incoming("Canal 5 dried. Canal 6 froze.", "08.txt")])
        assert texts(fine, "08.txt") == ["Canal 5 dried.", "Canal 6 froze."], "by the new recipe"


def test_what_comes_after_the_caches_were_made_is_there_too(
    home: Path, fine: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(home, StubEncoder()) as other:

        def change() -> None:
            other.replace([incoming("Weir 1 burst. Weir 2 held.", "new.txt")], [1])
            other.replace([incoming("Lock 3 broke. Lock 4 held.", "07.txt")])

        after_build(monkeypatch, fine, change)
        fine.rebuild()
        for index in (fine, other):
            assert texts(index) == ["Lock 3 broke.", "Lock 4 held."]
            assert texts(index, "new.txt") == ["Weir 1 burst.", "Weir 2 held."]
            assert len(index.catalog.documents()) == index.catalog.count_passages() / 2 == COUNT
    with Library.open(home, StubEncoder()) as later:
        assert found(later, "lock weir", 5) == found(fine, "lock weir", 5)


def test_one_that_is_stopped_goes_on_where_it_was(home: Path, fine: Library) -> None:
    def stop(_stage: str, done: int, _of: int) -> None:
        if done == 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine.rebuild(stop)
    assert fine.is_outdated
    assert texts(fine) == ["Gate 7 failed. Dam 7 held."], "the former one serves"
    watched = Watched()
    told: list[tuple[str, int, int]] = []
    with Library.open(home, watched, max_chunk_tokens=4) as again:
        again.rebuild(lambda *stage: told.append(stage))
        assert texts(again) == ["Dam 7 held.", "Gate 7 failed."]
        assert rows(again) == {"builds": 1, "chunks": 100, "ranges": 50, "vectors": 100}
    assert len(watched.embedded) == 20, "of the ten documents that were left"
    assert told[-1] == ("rebuilding", 10, 10)


def test_one_by_another_recipe_that_was_stopped_is_given_up(home: Path, fine: Library) -> None:
    def stop(_stage: str, _done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine.rebuild(stop)
    with Library.open(home, StubEncoder(), title_tokens=0) as bare:
        bare.rebuild()
        assert texts(bare) == ["Gate 7 failed. Dam 7 held."]
        assert rows(bare) == {"builds": 1, "chunks": 50, "ranges": 50, "vectors": 50}
        assert [hit.lexical for hit in bare.search("report", 3)] == [0] * 3, "no title is indexed"


def test_an_empty_library_is_never_outdated(tmp_path: Path) -> None:
    with Library.open(tmp_path / "empty", StubEncoder()) as index:
        index.replace([incoming("One gate. Two gates.")])
        index.replace([], [1])
    with Library.open(tmp_path / "empty", StubEncoder(), max_chunk_tokens=4) as index:
        assert not index.is_outdated
        index.replace([incoming("One gate. Two gates.", "b.txt")])
        assert texts(index, "b.txt") == ["One gate.", "Two gates."]


GATES = [incoming(f"Gate {number} of the dam.", f"{number:02}.txt") for number in range(12)]


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """A library of twelve reports, made with an encoder that is then replaced."""
    with Library.open(tmp_path / "home", StubEncoder("former")) as index:
        index.replace(GATES)
    return tmp_path / "home"


def other(home: Path) -> Library:
    return Library.open(home, StubEncoder("other"), open_other_encoder=StubEncoder.for_recipe)


def found_paths(index: Library) -> list[str]:
    return sorted(hit.document.path for hit in index.search("gate", 100) if hit.lexical > 0)


def test_what_went_and_was_settled_meanwhile_is_not_in_the_new_caches(
    former: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with other(former) as index:

        def settle() -> None:
            monkeypatch.undo()
            index.replace([], [3])
            assert index.compact()

        after_build(monkeypatch, index, settle)
        index.rebuild()
        assert not index.is_outdated
        assert found_paths(index) == paths(index) == [item.path for item in GATES if item.path != "02.txt"]
    with other(former) as index:
        assert found_paths(index) == [item.path for item in GATES if item.path != "02.txt"]


@pytest.mark.base_file
def test_a_base_that_the_catalog_cannot_follow_is_given_up(former: Path) -> None:
    with closing(Catalog.open(former / "catalog.sqlite")) as catalog, catalog.reading() as reader:
        assert reader.build is not None
        folder = folder_of(former, reader.build)
        saved = read_manifest(folder)
        assert saved is not None
        write_manifest(folder, with_base(saved, FileBases().build(folder, reader, 24)))
    with Library.open(former, StubEncoder("former")) as index:
        index.replace([], [3])
        # Simulate a compaction without this base.
        index.catalog.forget_removals(index.generation)
    with Library.open(former, StubEncoder("former")) as index:
        assert found_paths(index) == [item.path for item in GATES if item.path != "02.txt"]


class KilledError(Exception):
    """Simulates the end of the process."""


def test_a_library_goes_back_to_an_encoder_whose_passages_were_half_deleted(
    former: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = 2

    def drop(connection: sa.Connection, candidates: Collection[str]) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise KilledError
        drop_unused_vectors(connection, candidates)

    monkeypatch.setattr(writes, "drop_unused_vectors", drop)
    monkeypatch.setattr(rebuilding, "drop_abandoned", partial(drop_abandoned, at_once=5))
    with other(former) as index, pytest.raises(KilledError):
        index.rebuild()
    monkeypatch.undo()
    with other(former) as index:
        assert found_paths(index) == [item.path for item in GATES]
        assert library_status(former, index.catalog).building is None
    with Library.open(former, StubEncoder("former"), open_other_encoder=StubEncoder.for_recipe) as index:
        index.rebuild()
        assert found_paths(index) == [item.path for item in GATES]
        assert rows(index)["chunks"] == rows(index)["vectors"] == len(GATES)


def test_passages_that_a_killed_process_left_go_with_the_next_sync(
    former: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "drop_abandoned", lambda _engine: None)
    with other(former) as index:
        index.rebuild()
        assert rows(index)["chunks"] == 2 * len(GATES)
        index.rebuild()
        assert rows(index)["chunks"] == rows(index)["vectors"] == len(GATES)
        assert found_paths(index) == [item.path for item in GATES]


def test_of_two_that_make_a_library_anew_in_two_ways_one_is_told(former: Path) -> None:
    with (
        other(former) as ours,
        Library.open(former, StubEncoder("third"), open_other_encoder=StubEncoder.for_recipe) as theirs,
    ):
        begun = writes.begin_build(theirs.catalog.engine, Recipe("third@24", 200, 40, 1))
        ours.rebuild()
        with pytest.raises(BuildGoneError, match=r"^another process has meanwhile rebuilt the library"):
            writes.add_to_build(theirs.catalog.engine, begun, {})
        with pytest.raises(BuildGoneError):
            writes.switch_to_build(theirs.catalog.engine, begun)
        assert found_paths(ours) == found_paths(theirs) == [item.path for item in GATES]
        theirs.rebuild()
        assert found_paths(ours) == found_paths(theirs) == [item.path for item in GATES]


def test_of_two_that_make_the_same_both_are_content(former: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with other(former) as ours, other(former) as theirs:

        def begun_by_both(engine: sa.Engine, recipe: Recipe) -> Build:
            monkeypatch.undo()
            with engine.begin() as connection:
                mine = insert_build(connection, recipe)
            # The other process looks for a build before this one is written.
            with theirs.catalog.engine.begin() as connection:
                its = insert_build(connection, recipe)
            monkeypatch.setattr(rebuilding, "begin_build", lambda *_given: its)
            theirs.rebuild()
            monkeypatch.undo()
            return mine

        monkeypatch.setattr(rebuilding, "begin_build", begun_by_both)
        ours.rebuild()
        assert found_paths(ours) == found_paths(theirs) == [item.path for item in GATES]


def test_an_empty_library_that_takes_to_another_encoder_is_not_being_made_anew(former: Path) -> None:
    with Library.open(former, StubEncoder("former")) as index:
        index.replace([], range(1, 13))
    with Library.open(former, StubEncoder("other")) as index:
        index.replace([incoming("One gate.")])
        assert library_status(former, index.catalog).building is None
