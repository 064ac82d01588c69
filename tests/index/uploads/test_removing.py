"""Deleting an uploaded document deletes its file too, or neither."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from filelock import FileLock

from benchmarks.stub_encoder import StubEncoder
from index.catalog import lock as locking
from index.catalog.backup import back_up, restore
from index.errors import LibraryLockedError, LibraryRestoredError
from index.library import Library
from index.loaders import Options
from index.loaders.sandbox.client import Isolated
from index.uploads.receiving import Sent, add_upload
from index.uploads.removing import remove_upload
from tests.support.reports import incoming


def test_a_document_that_cannot_be_deleted_keeps_its_file(
    tmp_path: Path, loading: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        sent = Sent("gate.txt", BytesIO(b"One gate."), {"author": "A. Writer"})
        number = add_upload(index, loading, Options(), sent).document_id
        # A sidecar that an older program wrote.
        (index.home / "uploads" / "gate.txt.meta.yaml").write_text("title: Gates\n")
        monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
        with FileLock(index.home / "write.lock"), pytest.raises(LibraryLockedError):
            remove_upload(index, number)
        left = {file.name: file.read_text() for file in (index.home / "uploads").iterdir()}
        assert sorted(left) == ["gate.txt", "gate.txt.meta.yaml"]
        assert left["gate.txt"] == "One gate."
        assert index.catalog.document(number).author == "A. Writer"
        remove_upload(index, number).discard()
        assert (list((index.home / "uploads").iterdir()), index.catalog.documents()) == ([], [])


def test_one_that_a_backup_has_replaced_meanwhile_is_not_deleted(
    tmp_path: Path, loading: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    with Library.open(home, StubEncoder()) as index:
        back_up(home, tmp_path / "library.tar")
        number = add_upload(index, loading, Options(), Sent("a.txt", BytesIO(b"One gate."), {})).document_id
        writing = index._maintenance.writing

        @contextmanager
        def overtaken() -> Iterator[None]:
            monkeypatch.setattr(index._maintenance, "writing", writing)
            restore(home, tmp_path / "library.tar")
            index.replace([incoming("Two gates.", "b.txt")])
            with writing():
                yield

        monkeypatch.setattr(index._maintenance, "writing", overtaken)
        with pytest.raises(LibraryRestoredError):
            remove_upload(index, number)
        assert [(one.document_id, one.path) for one in index.catalog.documents()] == [(number, "b.txt")]
