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
from index.errors import LibraryLockedError, LibraryRestoredError, TakenError
from index.library import Library
from index.loaders import Options
from index.loaders.sandbox.client import Isolated
from index.uploads import Deletions, Removed, Sent, add_upload, hidden_folder, remove_upload, restore_upload
from tests.support.reports import incoming


def test_a_document_that_cannot_be_deleted_keeps_its_file(
    tmp_path: Path, loading: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        sent = Sent("gate.txt", BytesIO(b"One gate."), {"author": "A. Writer"})
        number = add_upload(index, loading, Options(), sent).document_id
        # A sidecar that somebody put beside it.
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


@pytest.fixture
def removed(tmp_path: Path, loading: Isolated) -> Iterator[tuple[Library, Removed]]:
    """A library, and a document that was deleted from it."""
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        number = add_upload(index, loading, Options(), Sent("a.txt", BytesIO(b"One gate."), {})).document_id
        yield index, remove_upload(index, number)


def test_of_two_servers_one_claims_a_deletion(removed: tuple[Library, Removed]) -> None:
    index, deletion = removed
    known = Removed.find(index, deletion.document_id)
    assert known == deletion
    claimed = deletion.claim(index)
    assert claimed is not None
    assert (known.claim(index), Removed.find(index, deletion.document_id)) == (None, None)
    assert not deletion.folder.exists()
    assert restore_upload(index, claimed).path == "a.txt"
    assert [file.name for file in (index.home / "uploads").iterdir()] == ["a.txt"]


def test_a_claim_that_was_of_no_use_is_given_back(
    removed: tuple[Library, Removed], loading: Isolated
) -> None:
    index, deletion = removed
    with Deletions(index) as other:
        sent = Sent("a.txt", BytesIO(b"Another gate."), {})
        second = add_upload(index, loading, Options(), sent).document_id
        with pytest.raises(TakenError):
            other.restore(deletion.document_id)
        remove_upload(index, second).discard()
        other.restore(deletion.document_id)
        assert index.catalog.text(deletion.document_id).text == "One gate."


@pytest.mark.parametrize("manifest", ["[]", "{}", '{"later": 1}', "no JSON"])
def test_the_file_of_another_version_does_no_harm(removed: tuple[Library, Removed], manifest: str) -> None:
    index, deletion = removed
    foreign = hidden_folder(index.home / "uploads")
    (foreign / ".removed.json").write_text(manifest)
    assert Removed.find(index, deletion.document_id) == deletion
