"""The size of a library counts its files, and ignores those that vanish meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.search.snapshot import size_of


def test_a_size_is_that_of_all_files_in_a_folder_or_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "a").write_bytes(b"12345")
    (tmp_path / "b").write_bytes(b"123")
    (tmp_path / "c").symlink_to(tmp_path / "b")
    sizes = [size_of(tmp_path), size_of(tmp_path / "b"), size_of(tmp_path / "c"), size_of(tmp_path / "d")]
    assert sizes == [8, 3, 0, 0]


def test_what_goes_meanwhile_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"12345")
    walk = os.walk

    def then_gone(place: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        yield from list(walk(place))
        (tmp_path / "a").unlink()

    monkeypatch.setattr(os, "walk", then_gone)
    assert size_of(tmp_path) == 5
