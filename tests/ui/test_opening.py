"""A library goes on with the precision of its vectors, until another one is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.embedding import encoder as embedding
from index.embedding.machine import PRECISIONS, Machine, Precision
from index.ingest.synchronize import sync
from index.loaders import Isolated
from ui.opening import open_library
from ui.settings import Settings

OTHER: dict[Precision, Precision] = {"float32": "bfloat16", "bfloat16": "float32"}


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A report of one sentence."""
    (tmp_path / "gate.txt").write_text("The council of Varda closed the third gate of the dam on Monday.")
    return tmp_path / "gate.txt"


@pytest.mark.parametrize("precision", PRECISIONS)
def test_on_a_machine_that_prefers_the_other_it_keeps_its_own(
    tmp_path: Path, gate: Path, monkeypatch: pytest.MonkeyPatch, loading: Isolated, precision: Precision
) -> None:
    monkeypatch.setattr(embedding, "this_machine", lambda: Machine(precision, ()))
    settings = Settings(home=tmp_path / "home")
    with open_library(settings) as library:
        sync(library, [gate], reader=loading)
        key = library.encoder.key
        assert library.encoder.precision == precision
    monkeypatch.setattr(embedding, "this_machine", lambda: Machine(OTHER[precision], ()))
    with open_library(settings) as library:
        assert (library.encoder.key, library.encoder.precision) == (key, precision)
        assert not library.is_outdated


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_precision_that_is_asked_for_embeds_it_again_at_the_next_sync(
    tmp_path: Path, gate: Path, monkeypatch: pytest.MonkeyPatch, loading: Isolated, precision: Precision
) -> None:
    monkeypatch.setattr(embedding, "this_machine", lambda: Machine(precision, ()))
    with open_library(Settings(home=tmp_path / "home")) as library:
        sync(library, [gate], reader=loading)
    asked = Settings(home=tmp_path / "home", precision=OTHER[precision])
    with open_library(asked, allow_other_model=True) as library:
        before = library.is_outdated
        with library.snapshot() as snapshot:
            assert snapshot.encoder.precision == precision
        sync(library, reader=loading)
        assert (before, library.is_outdated) == (True, False)
        with library.snapshot() as snapshot:
            assert snapshot.encoder.precision == OTHER[precision]
    with open_library(Settings(home=tmp_path / "home")) as library:
        assert library.encoder.precision == OTHER[precision]
