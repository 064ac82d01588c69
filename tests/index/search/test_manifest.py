"""Outdated, missing or damaged caches are rebuilt from the catalog, without embedding."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embedding.encoder import Encoder
from index.library import Library
from index.search.bm25 import Entry, LexicalIndex
from index.search.manifest import is_intact, read_manifest, write_manifest
from index.vectors import IndexPolicy
from tests.support.examples import up_to
from tests.support.reports import Watched, found, incoming

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
def saved(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a base of vectors, a document added after it, and words in several segments.

    A test works on a copy.
    """
    home = tmp_path_factory.mktemp("saved") / "home"
    with Library.open(home, encoder, policy=BASES) as index:
        first, *others = [incoming(text, path) for path, text in TEXTS.items()]
        index.replace(others)
        assert index.compact()
        index.replace([first])
    return home


@pytest.fixture(scope="module")
def before(encoder: Encoder, saved: Path) -> list[Any]:
    return finds(encoder, saved)


@pytest.fixture
def home(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "home"))


def finds(encoder: Encoder, home: Path) -> list[Any]:
    """The search results of the library after opening it, which must embed no passage."""
    watched = Watched(encoder)
    with Library.open(home, watched) as index:
        results = [found(index, query) for query in QUERIES]
    assert watched.embedded == []
    return results


def folder(home: Path) -> Path:
    """The folder with the caches of the library's only build."""
    [only] = (home / "caches").iterdir()
    return only


def cached_files(home: Path) -> list[Path]:
    return sorted(file for file in folder(home).rglob("[!.]*") if file.is_file())


def state(home: Path) -> dict[str, Any]:
    noted: dict[str, Any] = json.loads((folder(home) / "current.json").read_text())["manifest"]
    return noted


def test_they_are_read_as_they_were_saved(encoder: Encoder, home: Path, before: list[Any]) -> None:
    written = {file: file.stat().st_mtime_ns for file in cached_files(home)}
    assert finds(encoder, home) == before
    assert {file: file.stat().st_mtime_ns for file in cached_files(home)} == written, "nothing is made again"


@pytest.mark.base_file
def test_the_marker_names_the_generations_and_every_file(home: Path) -> None:
    noted = state(home)
    assert (noted["words_generation"], noted["base_generation"], noted["writing"]) == (2, 1, False)
    assert noted["last"] == 3
    files = {file.relative_to(folder(home)).as_posix(): file for file in cached_files(home)}
    del files["current.json"]
    assert {noted["base"], f"{noted['words']}/meta.json"} < files.keys()
    assert noted["digests"] == {
        name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()
    }


def test_they_lie_in_a_folder_of_their_catalog_and_build(encoder: Encoder, home: Path) -> None:
    with Library.open(home, encoder) as index:
        build = index.catalog.build()
    assert build is not None
    assert folder(home).name == f"{build.lineage[:8]}-1"


@pytest.mark.parametrize(
    "lost",
    [
        ["vectors-*.faiss"],
        ["words-*"],
        ["words-*/meta.json"],
        ["words-*/*.term"],
        ["current.json"],
        ["*"],
        [],
    ],
    ids=str,
)
def test_missing_ones_are_made_again(
    encoder: Encoder, home: Path, before: list[Any], lost: Sequence[str]
) -> None:
    gone = [file for pattern in lost for file in folder(home).glob(pattern)] or [home / "caches"]
    for file in gone:
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink()
    assert finds(encoder, home) == before
    whole = read_manifest(folder(home))
    assert whole is not None
    assert is_intact(folder(home), whole), "and saved"
    named = {file.relative_to(folder(home)).as_posix() for file in cached_files(home)} - {"current.json"}
    assert named == whole.digests.keys(), "and nothing else is kept"
    written = {file: file.stat().st_mtime_ns for file in cached_files(home)}
    assert finds(encoder, home) == before
    assert {file: file.stat().st_mtime_ns for file in cached_files(home)} == written


@pytest.mark.base_file
def test_a_base_that_is_whole_is_kept_where_the_words_are_made_again(
    encoder: Encoder, home: Path, before: list[Any]
) -> None:
    base = state(home)["base"]
    shutil.rmtree(folder(home) / state(home)["words"])
    assert finds(encoder, home) == before
    assert (state(home)["base"], (folder(home) / base).is_file()) == (base, True)


@pytest.mark.sqlite
def test_a_base_of_another_state_than_the_catalog_is_given_up(
    encoder: Encoder, home: Path, before: list[Any]
) -> None:
    # Simulate a user who copies an older catalog back, which has the same lineage.
    older = (home / "catalog.sqlite").read_bytes()
    with Library.open(home, encoder, policy=BASES) as index:
        index.replace([incoming(f"Gate {number}.", f"{number}.txt") for number in range(4)], [1])
        assert index.compact()
    for name in ("catalog.sqlite-wal", "catalog.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    (home / "catalog.sqlite").write_bytes(older)
    assert state(home)["base_generation"] == 3
    assert finds(encoder, home) == before
    assert (state(home)["base"], list(folder(home).glob("vectors-*"))) == (None, [])


@pytest.mark.parametrize("name", ["last", "words_generation", "base_generation"])
def test_a_marker_with_a_number_that_is_off_counts_for_nothing(
    encoder: Encoder, home: Path, before: list[Any], name: str
) -> None:
    stored = json.loads((folder(home) / "current.json").read_text())
    stored["manifest"][name] -= 1
    (folder(home) / "current.json").write_text(json.dumps(stored))
    assert finds(encoder, home) == before
    assert state(home)["words_generation"] == 2


@pytest.mark.parametrize(
    "marker",
    [
        "",
        "nonsense",
        "[]",
        "2",
        "{}",
        '{"generation": 2}',
        '{"manifest": {}}',
        '{"manifest": {"words": 3}}',
        "\0\xff",
    ],
)
def test_a_marker_that_says_something_else_counts_for_nothing(
    encoder: Encoder, home: Path, before: list[Any], marker: str
) -> None:
    (folder(home) / "current.json").write_bytes(marker.encode("latin-1"))
    assert finds(encoder, home) == before
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
def test_damaged_ones_are_made_again(
    encoder: Encoder, saved: Path, before: list[Any], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        home = Path(shutil.copytree(saved, Path(folder) / "home"))
        files = [file for file in cached_files(home) if file.stat().st_size]
        # The names of tantivy's files are random, so that the suffix identifies a kind of file.
        kind = data.draw(st.sampled_from(sorted({file.suffix or file.name for file in files})))
        path = next(file for file in files if file.name.endswith(kind))
        damage = data.draw(st.sampled_from(DAMAGES))
        chance = data.draw(st.randoms(use_true_random=False))
        path.write_bytes(damage(path.read_bytes(), chance))
        assert finds(encoder, home) == before


def test_caches_of_another_catalog_count_for_nothing(encoder: Encoder, home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with Library.open(other, encoder) as index:
        index.replace([incoming("Something else is said.")])
        index.replace([incoming("And more of it.", "b.txt")])
    for name in ("catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    shutil.copy(other / "catalog.sqlite", home / "catalog.sqlite")
    assert finds(encoder, home) == finds(encoder, other)


def test_words_that_were_being_written_are_read_without_what_was_never_committed(
    encoder: Encoder, home: Path, before: list[Any]
) -> None:
    noted = read_manifest(folder(home))
    assert noted is not None
    write_manifest(folder(home), replace(noted, writing=True))
    LexicalIndex(folder(home) / noted.words).add([Entry(99, "en", "the gates of the dam of Varda", 9)])
    kept = sorted(file.name for file in folder(home).iterdir())
    found = finds(encoder, home)
    assert [[row[:5] for row in rows] for rows in found] == [[row[:5] for row in rows] for rows in before]
    assert sorted(file.name for file in folder(home).iterdir()) == kept, "nothing is made again"
