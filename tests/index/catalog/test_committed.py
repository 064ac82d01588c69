"""A commit stays done if the caches cannot be updated after it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.stub_encoder import StubEncoder
from index.catalog.lock import locked
from index.library import Library
from index.records import Build, Committed
from index.search.maintenance import Maintenance
from tests.support.reports import incoming


@pytest.mark.parametrize("kind", ["locked", "busy", "full"])
def test_caches_that_cannot_follow_are_no_error_of_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    errors: dict[str, Exception] = {
        "locked": locked(tmp_path),
        "busy": sa.exc.OperationalError("SELECT 1", {}, Exception("disk I/O error")),
        "full": OSError(28, "No space left on device"),
    }

    def fail(_maintenance: Maintenance, _build: Build, _committed: Committed) -> None:
        raise errors[kind]

    with Library.open(tmp_path / "home", StubEncoder()) as index:
        monkeypatch.setattr(Maintenance, "_finish", fail)
        assert index.replace([incoming("One gate.")]).generation == 1
        monkeypatch.undo()
        assert [hit.text for hit in index.search("gate")] == ["One gate."]
