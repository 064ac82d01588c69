"""Caches that are deleted during use are rebuilt, whoever notices it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.library import Library
from tests.support.reports import incoming


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
