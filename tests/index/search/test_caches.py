"""Outdated, missing or damaged caches are rebuilt from the catalog, without embedding."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from benchmarks.stub_encoder import StubEncoder
from index.library import Library, Snapshot
from index.search.bm25 import Entry, LexicalIndex
from index.search.caches import write_words
from index.search.manifest import is_intact, read_manifest, write_manifest
from index.vectors import IndexPolicy
from rag.engine import QueryEngine
from tests.support.examples import up_to
from tests.support.reports import found, incoming
from ui.app import create_app

pytestmark = pytest.mark.slow_cases

QUERIES = ("gates of the dam", "clean water", "Varda", "市议会", "nothing of the kind")

TEXTS = {
    "dam.txt": "The council of Varda closed the third gate of the dam.\n\nTwo gates are open.",
    "water.txt": "Four villages below the weir have had no clean water since June.",
    "shoes.txt": "The factory in Orrin makes nine thousand pairs of shoes a day.",
    "zh.txt": "市议会星期一关闭了大坝。",
}


BASES = IndexPolicy(small=1)
"""A policy that builds a base for a handful of vectors."""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a base of vectors, a document added after it, and words in several segments.

    A test works on a copy.
    """
    home = tmp_path_factory.mktemp("saved") / "home"
    with Library.open(home, StubEncoder(), policy=BASES) as index:
        first, *others = [incoming(text, path) for path, text in TEXTS.items()]
        index.replace(others)
        assert index.compact()
        index.replace([first])
    return home


@pytest.fixture(scope="module")
def before(saved: Path) -> list[Any]:
    return finds(saved)


@pytest.fixture
def home(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "home"))


class Still(StubEncoder):
    """An encoder that fails if it is to embed passages."""

    encode_passages = None  # type: ignore[assignment]


def finds(home: Path) -> list[Any]:
    """The search results of the library after opening it, which must embed no passage."""
    with Library.open(home, Still()) as index:
        return [found(index, query) for query in QUERIES]


def folder(home: Path) -> Path:
    """The folder with the caches of the library's only build."""
    [only] = (home / "caches").iterdir()
    return only


def cached_files(home: Path) -> list[Path]:
    return sorted(file for file in folder(home).rglob("[!.]*") if file.is_file())


def state(home: Path) -> dict[str, Any]:
    noted: dict[str, Any] = json.loads((folder(home) / "current.json").read_text())["manifest"]
    return noted


LOST = (
    *("", "*/*", "*/current.json", "*/vectors-*.faiss"),
    *("*/words-*", "*/words-*/meta.json", "*/words-*/*.term"),
)


@pytest.mark.parametrize("lost", LOST)
def test_missing_ones_are_made_again(home: Path, before: list[Any], lost: str) -> None:
    for file in list(home.glob(f"caches/{lost}")):
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink()
    assert finds(home) == before
    whole = read_manifest(folder(home))
    assert whole is not None
    assert is_intact(folder(home), whole), "and saved"
    named = {file.relative_to(folder(home)).as_posix() for file in cached_files(home)} - {"current.json"}
    assert named == whole.digests.keys(), "and nothing else is kept"
    written = {file: file.stat().st_mtime_ns for file in cached_files(home)}
    assert finds(home) == before
    assert {file: file.stat().st_mtime_ns for file in cached_files(home)} == written


@pytest.mark.base_file
def test_a_base_that_is_whole_is_kept_where_the_words_are_made_again(home: Path, before: list[Any]) -> None:
    base = state(home)["base"]
    shutil.rmtree(folder(home) / state(home)["words"])
    assert finds(home) == before
    assert (state(home)["base"], (folder(home) / base).is_file()) == (base, True)


@pytest.mark.sqlite
def test_a_base_of_another_state_than_the_catalog_is_given_up(home: Path, before: list[Any]) -> None:
    # Simulate a user who copies an older catalog back, which has the same lineage.
    older = (home / "catalog.sqlite").read_bytes()
    with Library.open(home, StubEncoder(), policy=BASES) as index:
        index.replace([incoming(f"Gate {number}.", f"{number}.txt") for number in range(4)], [1])
        assert index.compact()
    for name in ("catalog.sqlite-wal", "catalog.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    (home / "catalog.sqlite").write_bytes(older)
    assert state(home)["base_generation"] == 3
    assert finds(home) == before
    assert (state(home)["base"], list(folder(home).glob("vectors-*"))) == (None, [])


@pytest.mark.parametrize("name", ["last", "words_generation", "base_generation"])
def test_a_marker_with_a_number_that_is_off_counts_for_nothing(
    home: Path, before: list[Any], name: str
) -> None:
    stored = json.loads((folder(home) / "current.json").read_text())
    stored["manifest"][name] -= 1
    (folder(home) / "current.json").write_text(json.dumps(stored))
    assert finds(home) == before
    assert state(home)["words_generation"] == 2


MARKERS = ("", "nonsense", "[]", "{}", '{"manifest": {}}', '{"manifest": {"words": 3}}', "\0\xff")


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_that_says_something_else_counts_for_nothing(
    home: Path, before: list[Any], marker: str
) -> None:
    (folder(home) / "current.json").write_bytes(marker.encode("latin-1"))
    assert finds(home) == before
    assert state(home)["words_generation"] == 2


def empty(_data: bytes, _chance: random.Random) -> bytes:
    return b""


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def overwritten(data: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(len(data))


def flipped(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def longer(data: bytes, chance: random.Random) -> bytes:
    return data + chance.randbytes(100)


DAMAGES = [empty, cut, overwritten, flipped, flipped, longer]


@pytest.mark.slow
@settings(max_examples=up_to(40))
@given(data=st.data())
def test_damaged_ones_are_made_again(saved: Path, before: list[Any], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        home = Path(shutil.copytree(saved, Path(folder) / "home"))
        files = [file for file in cached_files(home) if file.stat().st_size]
        # The names of tantivy's files are random, so that the suffix identifies a kind of file.
        kind = data.draw(st.sampled_from(sorted({file.suffix or file.name for file in files})))
        path = next(file for file in files if file.name.endswith(kind))
        damage = data.draw(st.sampled_from(DAMAGES))
        chance = data.draw(st.randoms(use_true_random=False))
        path.write_bytes(damage(path.read_bytes(), chance))
        assert finds(home) == before


def test_caches_of_another_catalog_count_for_nothing(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with Library.open(other, StubEncoder()) as index:
        index.replace([incoming("Something else is said.")])
        index.replace([incoming("And more of it.", "b.txt")])
    for name in ("catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    shutil.copy(other / "catalog.sqlite", home / "catalog.sqlite")
    assert finds(home) == finds(other)


def test_words_that_were_being_written_are_read_without_what_was_never_committed(
    home: Path, before: list[Any]
) -> None:
    noted = read_manifest(folder(home))
    assert noted is not None
    write_manifest(folder(home), replace(noted, writing=True))
    LexicalIndex(folder(home) / noted.words).add([Entry(99, "en", "the gates of the dam of Varda", 9)])
    kept = sorted(file.name for file in folder(home).iterdir())
    found = finds(home)
    assert [[row[:5] for row in rows] for rows in found] == [[row[:5] for row in rows] for rows in before]
    assert sorted(file.name for file in folder(home).iterdir()) == kept, "nothing is made again"


GATES = [f"The council closed gate {number} of the dam. 市议会关闭了{number}号大坝。" for number in range(20)]
GATE_QUERIES = ("gate of the dam", "市议会", "council 7")

FLAT = IndexPolicy(small=1)
LISTS = IndexPolicy(small=1, flat_up_to=10)
"""A policy that builds a base with lists for this small number of passages."""

Found = list[list[tuple[str, float]]]


@pytest.fixture(scope="module", params=[FLAT, LISTS], ids=["flat", "lists"])
def kept(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, IndexPolicy]:
    """A library with a base of vectors, and a document added after it. A test works on a copy."""
    home, policy = tmp_path_factory.mktemp("kept") / "home", request.param
    with Library.open(home, StubEncoder(), policy=policy) as index:
        index.replace([incoming(text, f"{number}.txt") for number, text in enumerate(GATES)])
        assert index.compact()
        index.replace([incoming("The third gate of the dam.", "later.txt")])
    return home, policy


def opened(kept: tuple[Path, IndexPolicy], place: Path) -> Library:
    return Library.open(Path(shutil.copytree(kept[0], place)), StubEncoder(), policy=kept[1])


def results(index: Library | Snapshot) -> Found:
    return [[(hit.text, hit.score) for hit in index.search(query, 20)] for query in GATE_QUERIES]


def halve(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def overwrite(file: Path) -> None:
    """Overwrite a file with other bytes, and restore its time."""
    state = file.stat()
    with file.open("r+b") as stored:
        stored.write(b"\xa5" * state.st_size)
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))


def replace_file(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(b"\0" * file.stat().st_size)
    other.replace(file)


@pytest.mark.parametrize("damage", [overwrite, replace_file, Path.unlink, halve])
def test_a_search_and_a_commit_go_on_whichever_file_is_damaged(
    kept: tuple[Path, IndexPolicy], tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    with opened(kept, tmp_path / "counted") as index:
        names = [file.name for file in cached_files(index.home)]
    assert len(names) > 8
    # A library with lists differs only in its base from one without.
    wanted = names if kept[1] is FLAT else [name for name in names if name.startswith("vectors")]
    for number in map(names.index, wanted):
        with opened(kept, tmp_path / str(number)) as index:
            before = results(index)
            file = cached_files(index.home)[number]
            damage(file)
            assert results(index) == before, file.name
            index.replace([incoming("A new gate.", "new.txt")])
            assert "A new gate." in [hit.text for hit in index.search("new gate", 100)], file.name
            whole = read_manifest(folder(index.home))
            assert whole is not None
            # A deleted base stays mapped for as long as the library is open.
            assert is_intact(folder(index.home), whole) or not file.exists(), file.name


def test_a_generation_that_is_held_is_searched_on(kept: tuple[Path, IndexPolicy], tmp_path: Path) -> None:
    with opened(kept, tmp_path / "home") as index, index.snapshot() as snapshot:
        before, rarity = results(snapshot), snapshot.idf([("en", "gate")])
        for file in cached_files(index.home):
            halve(file)
        assert (results(snapshot), snapshot.idf([("en", "gate")])) == (before, rarity)
        assert snapshot.max_score("gate") > 0


def test_many_who_meet_the_damage_at_once_have_it_repaired_once(
    kept: tuple[Path, IndexPolicy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    make = write_words

    def counting(*arguments: object, **named: object) -> object:
        made.append(tmp_path)
        return make(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("index.search.maintenance.write_words", counting)
    with opened(kept, tmp_path / "home") as index, ThreadPoolExecutor(8) as pool:
        before = results(index)
        for file in cached_files(index.home):
            overwrite(file)
        assert list(pool.map(lambda _: results(index), range(16))) == [before] * 16
    assert len(made) == 1


def test_a_server_answers_as_before(kept: tuple[Path, IndexPolicy], tmp_path: Path) -> None:
    with (
        opened(kept, tmp_path / "home") as index,
        TestClient(create_app(index, QueryEngine(index))) as client,
    ):

        def asked() -> object:
            response = client.post("/v1/search", json={"query": "gate of the dam"})
            assert response.status_code == 200
            return response.json()["results"]

        before = asked()
        for file in cached_files(index.home):
            halve(file)
        assert asked() == before


@pytest.mark.parametrize("what", ["caches", "caches/*/words-*", "caches/*/current.json"])
def test_what_is_committed_after_the_caches_went_does_not_stand_alone(tmp_path: Path, what: str) -> None:
    home = tmp_path / "home"
    with Library.open(home, StubEncoder()) as ours, Library.open(home, StubEncoder()) as theirs:
        ours.replace([incoming(f"Gate {number}.", f"{number}.txt") for number in range(8)])
        assert len(theirs.search("gate", 20)) == 8
        for path in home.glob(what):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        ours.replace([incoming("Gate 8.", "8.txt")])
        for index in (ours, theirs):
            hits = index.search("gate", 20)
            assert sorted(hit.document.path for hit in hits if hit.lexical > 0) == [
                f"{number}.txt" for number in range(9)
            ]
