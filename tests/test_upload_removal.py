"""Deleting an uploaded document takes its file with it, or leaves both."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from filelock import FileLock

from benchmarks.stub_encoder import StubEncoder
from index import locking
from index.loading import Options
from index.loading.isolation import Isolated
from index.locking import LibraryLockedError
from index.store import Index
from ui.uploads import Sent, add_upload, remove_upload


def test_a_document_that_cannot_be_deleted_keeps_its_file(
    tmp_path: Path, loading: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Index.open(tmp_path / "home", StubEncoder()) as index:
        sent = Sent("gate.txt", BytesIO(b"One gate."), {"author": "A. Writer"})
        number = add_upload(index, loading, Options(), sent).document_id
        monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
        with FileLock(index.home / "write.lock"), pytest.raises(LibraryLockedError):
            remove_upload(index, number)
        left = {file.name: file.read_text() for file in (index.home / "uploads").iterdir()}
        assert sorted(left) == ["gate.txt", "gate.txt.meta.yaml"]
        assert left["gate.txt"] == "One gate."
        assert index.document(number).author == "A. Writer"
        remove_upload(index, number)
        assert (list((index.home / "uploads").iterdir()), index.documents()) == ([], [])
