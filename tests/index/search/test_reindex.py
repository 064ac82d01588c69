"""A library is rebuilt with another recipe while searches go on, and then switched in one step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from index.catalog.schema import builds, chunks, ranges, vectors
from index.embedding.encoder import Encoder
from index.library import Library
from index.records import Filters
from index.search.manifest import folder_of
from index.vectors import IndexPolicy
from tests.support.reports import Watched, found, incoming

BASES = IndexPolicy(small=1)
COUNT = 50
"""Documents of two sentences each: three parts, of 20 documents at most."""

REPORTS = [
    incoming(f"Gate {number} failed. Dam {number} held.", f"{number:02}.txt") for number in range(COUNT)
]


@pytest.fixture
def home(encoder: Encoder, tmp_path: Path) -> Path:
    with Library.open(tmp_path / "home", encoder, policy=BASES) as index:
        index.replace(REPORTS)
        index.compact()
    return tmp_path / "home"


@pytest.fixture
def fine(encoder: Encoder, home: Path) -> Iterator[Library]:
    """The library, opened with a recipe of one sentence a passage."""
    with Library.open(home, Watched(encoder), policy=BASES, max_chunk_tokens=4) as opened:
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
    encoder: Encoder, home: Path, fine: Library, tmp_path: Path
) -> None:
    before = fine.is_outdated
    assert texts(fine) == ["Gate 7 failed. Dam 7 held."]
    told: list[tuple[str, int, int]] = []
    fine.rebuild(lambda *stage: told.append(stage))
    assert told == sorted(told)
    assert {("rebuilding", done, COUNT) for done in (19, 20, 40, 50)} <= {*told}
    assert (before, fine.is_outdated) == (True, False)
    assert texts(fine) == ["Dam 7 held.", "Gate 7 failed."]
    assert [record.passages for record in fine.catalog.documents()] == [2] * COUNT
    with Library.open(tmp_path / "new", encoder, max_chunk_tokens=4) as new:
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


def test_versions_and_numbers_of_documents_stay(fine: Library) -> None:
    before = [(record.document_id, record.version, record.digest) for record in fine.catalog.documents()]
    fine.rebuild()
    assert [
        (record.document_id, record.version, record.digest) for record in fine.catalog.documents()
    ] == before


def test_what_another_adds_and_removes_meanwhile_is_there_after_it(
    encoder: Encoder, home: Path, fine: Library
) -> None:
    with Library.open(home, encoder) as other:

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
    encoder: Encoder, home: Path, fine: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(home, encoder) as other:
        bases = type(fine._maintenance.bases)
        build = bases.build

        def meanwhile(*arguments: object, **named: object) -> object:
            base = build(*arguments, **named)  # type: ignore[arg-type]
            other.replace([incoming("Weir 1 burst. Weir 2 held.", "new.txt")], [1])
            other.replace([incoming("Lock 3 broke. Lock 4 held.", "07.txt")])
            return base

        monkeypatch.setattr(bases, "build", meanwhile)
        fine.rebuild()
        for index in (fine, other):
            assert texts(index) == ["Lock 3 broke.", "Lock 4 held."]
            assert texts(index, "new.txt") == ["Weir 1 burst.", "Weir 2 held."]
            assert len(index.catalog.documents()) == index.catalog.count_passages() / 2 == COUNT
    with Library.open(home, encoder) as later:
        assert found(later, "lock weir", 5) == found(fine, "lock weir", 5)


def test_one_that_is_stopped_goes_on_where_it_was(encoder: Encoder, home: Path, fine: Library) -> None:
    def stop(_stage: str, done: int, _of: int) -> None:
        if done == 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine.rebuild(stop)
    assert fine.is_outdated
    assert texts(fine) == ["Gate 7 failed. Dam 7 held."], "the former one serves"
    watched = Watched(encoder)
    told: list[tuple[str, int, int]] = []
    with Library.open(home, watched, max_chunk_tokens=4) as again:
        again.rebuild(lambda *stage: told.append(stage))
        assert texts(again) == ["Dam 7 held.", "Gate 7 failed."]
        assert rows(again) == {"builds": 1, "chunks": 100, "ranges": 50, "vectors": 100}
    assert len(watched.embedded) == 20, "of the ten documents that were left"
    assert told[-1] == ("rebuilding", 10, 10)


def test_one_by_another_recipe_that_was_stopped_is_given_up(
    encoder: Encoder, home: Path, fine: Library
) -> None:
    def stop(_stage: str, _done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine.rebuild(stop)
    with Library.open(home, encoder, title_tokens=0) as bare:
        bare.rebuild()
        assert texts(bare) == ["Gate 7 failed. Dam 7 held."]
        assert rows(bare) == {"builds": 1, "chunks": 50, "ranges": 50, "vectors": 50}
        assert [hit.lexical for hit in bare.search("report", 3)] == [0] * 3, "no title is indexed"


def test_an_empty_library_is_never_outdated(encoder: Encoder, tmp_path: Path) -> None:
    with Library.open(tmp_path / "empty", encoder) as index:
        index.replace([incoming("One gate. Two gates.")])
        index.replace([], [1])
    with Library.open(tmp_path / "empty", encoder, max_chunk_tokens=4) as index:
        assert not index.is_outdated
        index.replace([incoming("One gate. Two gates.", "b.txt")])
        assert texts(index, "b.txt") == ["One gate.", "Two gates."]
