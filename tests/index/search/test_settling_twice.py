"""Two that settle one library at the same time: one does it, and the other has nothing to do."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

from benchmarks.stub_encoder import StubEncoder
from index.library import Library
from tests.support.reports import incoming


def test_who_comes_while_another_settles_leaves_it_to_them(tmp_path: Path) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        index.replace([incoming("One gate.", "a.txt"), incoming("Two gates.", "b.txt")])
        index.replace([], [1])
        with FileLock(tmp_path / "home" / "compact.lock"):
            assert index.compact() is False
        assert index.compact() is True
