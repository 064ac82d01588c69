"""A sync that committed its work succeeds, even if another process then holds the lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.catalog.lock import locked
from index.ingest.synchronize import sync
from index.library import Library
from index.search.maintenance import Maintenance
from tests.support.reports import paths, write


def test_a_sync_whose_library_cannot_be_settled_now_has_done_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(maintenance: Maintenance) -> bool:
        raise locked(maintenance.home)

    write(tmp_path / "reports" / "a.txt", "One gate.")
    monkeypatch.setattr(Maintenance, "compact", held)
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        assert sync(index, [tmp_path / "reports"]).added == ("a.txt",)
        assert paths(index) == ["a.txt"]
