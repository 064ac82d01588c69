"""Caches that are behind, missing or damaged are made again from the catalog, with nothing embedded."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import Watched, found, incoming
from writings import PATIENT

from index.caches import load_caches
from index.embedding import Encoder
from index.records import Incoming
from index.store import Index

QUERIES = ("gates of the dam", "clean water", "Varda", "市议会", "nothing of the kind")

TEXTS = {
    "dam.txt": "The council of Varda closed the third gate of the dam.\n\nTwo gates are open.",
    "water.txt": "Four villages below the weir have had no clean water since June.",
    "shoes.txt": "The factory in Orrin makes nine thousand pairs of shoes a day.",
    "zh.txt": "市议会星期一关闭了大坝。",
}


@pytest.fixture(scope="module")
def saved(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library whose words lie in two segments; a test works on a copy."""
    home = tmp_path_factory.mktemp("saved") / "home"
    with Index.open(home, encoder) as index:
        first, *others = [incoming(text, path) for path, text in TEXTS.items()]
        index.replace(others)
        index.replace([first])
    return home


@pytest.fixture(scope="module")
def before(encoder: Encoder, saved: Path) -> list[Any]:
    return finds(encoder, saved)


@pytest.fixture
def home(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "home"))


def finds(encoder: Encoder, home: Path) -> list[Any]:
    """What the library finds when it is opened, which must embed no passage."""
    watched = Watched(encoder)
    with Index.open(home, watched) as index:
        results = [found(index, query) for query in QUERIES]
    assert watched.embedded == []
    return results


def cached_files(home: Path) -> list[Path]:
    return [*sorted((home / "lexical").iterdir()), home / "vectors.faiss", home / "caches.json"]


def state(home: Path) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads((home / "caches.json").read_text())
    return stored


def test_they_are_read_as_they_were_saved(encoder: Encoder, home: Path, before: list[Any]) -> None:
    written = {file: file.stat().st_mtime_ns for file in cached_files(home)}
    assert finds(encoder, home) == before
    assert {file: file.stat().st_mtime_ns for file in cached_files(home)} == written, "nothing is made again"


def test_the_marker_names_the_generation_and_every_file(home: Path) -> None:
    assert state(home)["generation"] == 2
    named = set(state(home)["files"])
    assert {"vectors.faiss", "meta.json"} < named
    assert {file.name for file in (home / "lexical").iterdir() if not file.name.startswith(".")} < named


@pytest.mark.parametrize(
    "lost", [["vectors.faiss"], ["lexical"], ["caches.json"], ["vectors.faiss", "lexical", "caches.json"]]
)
def test_missing_ones_are_made_again(
    encoder: Encoder, home: Path, before: list[Any], lost: Sequence[str]
) -> None:
    for name in lost:
        if (home / name).is_dir():
            shutil.rmtree(home / name)
        else:
            (home / name).unlink()
    assert finds(encoder, home) == before
    assert load_caches(home, encoder.dimensions, 2, 4) is not None, "and saved"


@pytest.mark.parametrize(
    "marker",
    [
        "",
        "nonsense",
        "[]",
        "2",
        '{"generation": 1}',
        '{"generation": 2}',
        '{"generation": 3, "files": {}}',
        "\0\xff",
    ],
)
def test_a_marker_that_says_something_else_counts_for_nothing(
    encoder: Encoder, home: Path, before: list[Any], marker: str
) -> None:
    (home / "caches.json").write_bytes(marker.encode("latin-1"))
    assert finds(encoder, home) == before
    assert state(home)["generation"] == 2


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


@settings(PATIENT, max_examples=40)
@given(data=st.data())
def test_damaged_ones_are_made_again(
    encoder: Encoder, saved: Path, before: list[Any], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        home = Path(shutil.copytree(saved, Path(folder) / "home"))
        files = [file for file in cached_files(home) if file.stat().st_size]
        # The names of tantivy's files are new for each library; what they are is their suffix.
        kind = data.draw(st.sampled_from(sorted({file.suffix or file.name for file in files})))
        path = next(file for file in files if file.name.endswith(kind))
        damage = data.draw(st.sampled_from(DAMAGES))
        chance = data.draw(st.randoms(use_true_random=False))
        path.write_bytes(damage(path.read_bytes(), chance))
        assert finds(encoder, home) == before


def test_caches_of_another_catalog_count_for_nothing(encoder: Encoder, home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with Index.open(other, encoder) as index:
        index.replace([incoming("Something else is said.")])
        index.replace([incoming("And more of it.", "b.txt")])
    for name in ("catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    shutil.copy(other / "catalog.sqlite", home / "catalog.sqlite")
    assert finds(encoder, home) == finds(encoder, other)


def test_a_commit_whose_caches_never_followed_is_caught_up(
    encoder: Encoder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(_self: object, _entries: object) -> None:
        raise KeyboardInterrupt

    more = incoming("The gate of Varda was opened again.", "more.txt")
    with Index.open(home, encoder) as index:
        index.search("dam")
        with monkeypatch.context() as patch:
            patch.setattr("index.lexical.LexicalIndex.add", power_cut)
            with pytest.raises(KeyboardInterrupt):
                index.replace([more])
        assert state(home)["generation"] == 2
        assert "more.txt" in [row[1] for row in found(index, "gate opened again")], "in this process"
    (home / "caches.json").write_text('{"generation": 2}')
    assert finds(encoder, home) == finds(encoder, rebuilt(encoder, home.parent / "fresh", more))


def rebuilt(encoder: Encoder, home: Path, *more: Incoming) -> Path:
    with Index.open(home, encoder) as index:
        index.replace([*(incoming(text, path) for path, text in TEXTS.items()), *more])
    return home
