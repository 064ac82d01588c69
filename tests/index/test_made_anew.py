"""A library is rebuilt while others write, compact and remove."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.stub_encoder import StubEncoder
from index.catalog import writes
from index.catalog.database import Catalog
from index.catalog.schema import chunks, vectors
from index.catalog.writes import drop_abandoned, drop_unused_vectors, insert_build
from index.errors import BuildGoneError
from index.library import Library
from index.records import Build, Recipe
from index.search import maintenance as rebuilding
from index.search.caches import FileBases
from index.search.manifest import folder_of, read_manifest, with_base, write_manifest
from index.search.status import library_status
from tests.support.reports import incoming, paths

REPORTS = [incoming(f"Gate {number} of the dam.", f"{number:02}.txt") for number in range(12)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of twelve reports, made with an encoder that is then replaced."""
    with Library.open(tmp_path / "home", StubEncoder("former")) as index:
        index.replace(REPORTS)
    return tmp_path / "home"


def other(home: Path) -> Library:
    return Library.open(home, StubEncoder("other"), open_other_encoder=StubEncoder.for_recipe)


def found(index: Library) -> list[str]:
    return sorted(hit.document.path for hit in index.search("gate", 100) if hit.lexical > 0)


def test_what_went_and_was_settled_meanwhile_is_not_in_the_new_caches(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with other(home) as index:
        bases = type(index._maintenance.bases)
        build = bases.build

        def once(*given: object, **named: object) -> object:
            monkeypatch.undo()
            made = build(*given, **named)  # type: ignore[arg-type]
            index.replace([], [3])
            assert index.compact()
            return made

        monkeypatch.setattr(bases, "build", once)
        index.rebuild()
        assert not index.is_outdated
        assert found(index) == paths(index) == [item.path for item in REPORTS if item.path != "02.txt"]
    with other(home) as index:
        assert found(index) == [item.path for item in REPORTS if item.path != "02.txt"]


@pytest.mark.base_file
def test_a_base_that_the_catalog_cannot_follow_is_given_up(home: Path) -> None:
    with closing(Catalog.open(home / "catalog.sqlite")) as catalog, catalog.reading() as reader:
        assert reader.build is not None
        folder = folder_of(home, reader.build)
        saved = read_manifest(folder)
        assert saved is not None
        write_manifest(folder, with_base(saved, FileBases().build(folder, reader, 24)))
    with Library.open(home, StubEncoder("former")) as index:
        index.replace([], [3])
        # Simulate a compaction without this base.
        index.catalog.forget_removals(index.generation)
    with Library.open(home, StubEncoder("former")) as index:
        assert found(index) == [item.path for item in REPORTS if item.path != "02.txt"]


class KilledError(Exception):
    """Simulates the end of the process."""


def test_a_library_goes_back_to_an_encoder_whose_passages_were_half_deleted(
    home: Path, monkeypatch: pytest.MonkeyPatch
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
    with other(home) as index, pytest.raises(KilledError):
        index.rebuild()
    monkeypatch.undo()
    with other(home) as index:
        assert found(index) == [item.path for item in REPORTS]
        assert library_status(home, index.catalog).building is None
    with Library.open(home, StubEncoder("former"), open_other_encoder=StubEncoder.for_recipe) as index:
        index.rebuild()
        assert found(index) == [item.path for item in REPORTS]
        assert count(index, chunks) == count(index, vectors) == len(REPORTS)


def test_passages_that_a_killed_process_left_go_with_the_next_sync(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "drop_abandoned", lambda _engine: None)
    with other(home) as index:
        index.rebuild()
        assert count(index, chunks) == 2 * len(REPORTS)
        index.rebuild()
        assert count(index, chunks) == count(index, vectors) == len(REPORTS)
        assert found(index) == [item.path for item in REPORTS]


def test_of_two_that_make_a_library_anew_in_two_ways_one_is_told(home: Path) -> None:
    with (
        other(home) as ours,
        Library.open(home, StubEncoder("third"), open_other_encoder=StubEncoder.for_recipe) as theirs,
    ):
        begun = writes.begin_build(theirs.catalog.engine, Recipe("third@24", 200, 40, 1))
        ours.rebuild()
        with pytest.raises(BuildGoneError, match=r"^another process has meanwhile rebuilt the library"):
            writes.add_to_build(theirs.catalog.engine, begun, {})
        with pytest.raises(BuildGoneError):
            writes.switch_to_build(theirs.catalog.engine, begun)
        assert found(ours) == found(theirs) == [item.path for item in REPORTS]
        theirs.rebuild()
        assert found(ours) == found(theirs) == [item.path for item in REPORTS]


def test_of_two_that_make_the_same_both_are_content(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with other(home) as ours, other(home) as theirs:

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
        assert found(ours) == found(theirs) == [item.path for item in REPORTS]


def test_an_empty_library_that_takes_to_another_encoder_is_not_being_made_anew(home: Path) -> None:
    with Library.open(home, StubEncoder("former")) as index:
        index.replace([], range(1, 13))
    with Library.open(home, StubEncoder("other")) as index:
        index.replace([incoming("One gate.")])
        assert library_status(home, index.catalog).building is None


def count(index: Library, table: sa.Table) -> int:
    with index.catalog.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
