"""A search that meets a damaged cache of an open library rebuilds it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchmarks.stub_encoder import StubEncoder
from index.library import Library, Snapshot
from index.search.caches import write_words
from index.search.manifest import is_intact, read_manifest
from index.vectors import IndexPolicy
from rag.engine import QueryEngine
from tests.support.reports import incoming
from ui.app import create_app

pytestmark = pytest.mark.slow_cases

TEXTS = [f"The council closed gate {number} of the dam. 市议会关闭了{number}号大坝。" for number in range(20)]
QUERIES = ("gate of the dam", "市议会", "council 7")

FLAT = IndexPolicy(small=1)
LISTS = IndexPolicy(small=1, flat_up_to=10)
"""A policy that builds a base with lists for this small number of passages."""

Found = list[list[tuple[str, float]]]


@pytest.fixture(scope="module", params=[FLAT, LISTS], ids=["flat", "lists"])
def saved(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, IndexPolicy]:
    """A library with a base of vectors, and a document added after it. A test works on a copy."""
    home, policy = tmp_path_factory.mktemp("saved") / "home", request.param
    with Library.open(home, StubEncoder(), policy=policy) as index:
        index.replace([incoming(text, f"{number}.txt") for number, text in enumerate(TEXTS)])
        assert index.compact()
        index.replace([incoming("The third gate of the dam.", "later.txt")])
    return home, policy


def opened(saved: tuple[Path, IndexPolicy], place: Path) -> Library:
    return Library.open(Path(shutil.copytree(saved[0], place)), StubEncoder(), policy=saved[1])


def found(index: Library | Snapshot) -> Found:
    return [[(hit.text, hit.score) for hit in index.search(query, 20)] for query in QUERIES]


def folder(index: Library) -> Path:
    [only] = (index.home / "caches").iterdir()
    return only


def files(index: Library) -> list[Path]:
    return sorted(file for file in folder(index).rglob("[!.]*") if file.is_file())


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def overwritten(file: Path) -> None:
    """Overwrite a file with other bytes, and restore its time."""
    state = file.stat()
    with file.open("r+b") as stored:
        stored.write(b"\xa5" * state.st_size)
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))


def replaced(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(b"\0" * file.stat().st_size)
    other.replace(file)


@pytest.mark.parametrize("damage", [overwritten, replaced, Path.unlink, cut])
def test_a_search_and_a_commit_go_on_whichever_file_is_damaged(
    saved: tuple[Path, IndexPolicy], tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    with opened(saved, tmp_path / "counted") as index:
        names = [file.name for file in files(index)]
    assert len(names) > 8
    # A library with lists differs only in its base from one without.
    wanted = names if saved[1] is FLAT else [name for name in names if name.startswith("vectors")]
    for number in map(names.index, wanted):
        with opened(saved, tmp_path / str(number)) as index:
            before = found(index)
            file = files(index)[number]
            damage(file)
            assert found(index) == before, file.name
            index.replace([incoming("A new gate.", "new.txt")])
            assert "A new gate." in [hit.text for hit in index.search("new gate", 100)], file.name
            whole = read_manifest(folder(index))
            assert whole is not None
            # A deleted base stays mapped for as long as the library is open.
            assert is_intact(folder(index), whole) or not file.exists(), file.name


def test_a_generation_that_is_held_is_searched_on(saved: tuple[Path, IndexPolicy], tmp_path: Path) -> None:
    with opened(saved, tmp_path / "home") as index, index.snapshot() as snapshot:
        before, rarity = found(snapshot), snapshot.idf([("en", "gate")])
        for file in files(index):
            cut(file)
        assert (found(snapshot), snapshot.idf([("en", "gate")])) == (before, rarity)
        assert snapshot.max_score("gate") > 0


def test_many_who_meet_the_damage_at_once_have_it_repaired_once(
    saved: tuple[Path, IndexPolicy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    make = write_words

    def counting(*arguments: object, **named: object) -> object:
        made.append(tmp_path)
        return make(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("index.search.maintenance.write_words", counting)
    with opened(saved, tmp_path / "home") as index, ThreadPoolExecutor(8) as pool:
        before = found(index)
        for file in files(index):
            overwritten(file)
        assert list(pool.map(lambda _: found(index), range(16))) == [before] * 16
    assert len(made) == 1


def test_a_server_answers_as_before(saved: tuple[Path, IndexPolicy], tmp_path: Path) -> None:
    with (
        opened(saved, tmp_path / "home") as index,
        TestClient(create_app(index, QueryEngine(index))) as client,
    ):

        def results() -> object:
            response = client.post("/v1/search", json={"query": "gate of the dam"})
            assert response.status_code == 200
            return response.json()["results"]

        before = results()
        for file in files(index):
            cut(file)
        assert results() == before
