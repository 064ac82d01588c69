"""After a kill during an upload, the upload is either undone completely or in the library completely."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from benchmarks.stub_encoder import StubEncoder
from index import uploads
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import Options
from index.loaders.sandbox.client import Isolated
from index.records import Incoming
from index.uploads import (
    Sent,
    add_upload,
    index_upload,
    keep_upload,
    remove_upload,
    sweep_uploads,
    uploads_folder,
)


class Killed(BaseException):
    """Simulates a kill of the process: no code runs after it."""


@pytest.fixture
def swept() -> Callable[[Library], list[tuple[str, str]]]:
    """Cleans up as the next process does, and lists the files that are left."""

    def sweep(index: Library) -> list[tuple[str, str]]:
        folder = uploads_folder(index)
        for left in folder.glob(f"{uploads.INCOMING}*"):
            # No process has this id, so that the owner counts as ended.
            left.rename(left.with_name(left.name.replace(f"{os.getpid()}@", "4194305@")))
        sweep_uploads(index, folder)
        return sorted((file.name, file.read_text()) for file in folder.iterdir())

    return sweep


def kill_in(
    index: Library, loading: Isolated, monkeypatch: pytest.MonkeyPatch, step: str, sent: Sent
) -> None:
    """Begin an upload and kill it at ``step``, without the clean-up that an error would cause."""
    kept = keep_upload(index, Options(), sent)
    owner = index.catalog if step == "document" else index
    before = getattr(owner, step)

    def killed(*given: object, **named: object) -> None:
        if step == "document":
            before(*given, **named)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(owner, step, killed)
        # A killed process would not run its clean-up.
        patched.setattr("index.uploads.put_back", lambda *_: None)
        with pytest.raises(Killed):
            index_upload(index, loading, Options(), kept)


Sweep = Callable[[Library], list[tuple[str, str]]]


def test_one_that_was_placed_and_not_indexed_is_gone(
    tmp_path: Path, loading: Isolated, monkeypatch: pytest.MonkeyPatch, swept: Sweep
) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        sent = Sent("a.txt", BytesIO(b"One gate."), {"author": "A. Writer"})
        kill_in(index, loading, monkeypatch, "replace", sent)
        assert (uploads_folder(index) / "a.txt").exists()
        assert swept(index) == []
        assert sync(index).added == ()


def test_the_former_of_that_name_lies_there_again_with_its_details(
    tmp_path: Path, loading: Isolated, monkeypatch: pytest.MonkeyPatch, swept: Sweep
) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        add_upload(index, loading, Options(), Sent("a.txt", BytesIO(b"One gate."), {"author": "A. Writer"}))
        kill_in(index, loading, monkeypatch, "replace", Sent("a.txt", BytesIO(b"Two gates."), {}))
        assert swept(index) == [("a.txt", "One gate.")]
        assert sync(index).unchanged == 1
        assert [(record.version, record.author) for record in index.catalog.documents()] == [(1, "A. Writer")]


def test_one_that_was_indexed_stays(
    tmp_path: Path, loading: Isolated, monkeypatch: pytest.MonkeyPatch, swept: Sweep
) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        add_upload(index, loading, Options(), Sent("a.txt", BytesIO(b"One gate."), {}))
        kill_in(index, loading, monkeypatch, "document", Sent("a.txt", BytesIO(b"Two gates."), {}))
        assert swept(index) == [("a.txt", "Two gates.")]
        assert sync(index).unchanged == 1
        assert [(record.path, record.version) for record in index.catalog.documents()] == [("a.txt", 2)]


def test_one_that_was_not_placed_yet_is_gone_and_the_former_stays(
    tmp_path: Path, loading: Isolated, swept: Sweep
) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        add_upload(index, loading, Options(), Sent("a.txt", BytesIO(b"One gate."), {}))
        kept = keep_upload(index, Options(), Sent("a.txt", BytesIO(b"Two gates."), {}))
        uploads.note_move(kept.folder, kept.name, kept.digest)
        assert swept(index) == [("a.txt", "One gate.")]
        assert sync(index).unchanged == 1


def test_what_a_process_that_lives_has_there_is_left_alone(tmp_path: Path, loading: Isolated) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        kept = keep_upload(index, Options(), Sent("a.txt", BytesIO(b"One gate."), {}))
        sweep_uploads(index, uploads_folder(index))
        assert index_upload(index, loading, Options(), kept).path == "a.txt"


def test_a_deletion_that_was_killed_before_it_was_done_is_taken_back(
    tmp_path: Path, loading: Isolated, monkeypatch: pytest.MonkeyPatch, swept: Sweep
) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        sent = Sent("a.txt", BytesIO(b"One gate."), {"author": "A. Writer"})
        number = add_upload(index, loading, Options(), sent).document_id
        # A sidecar that somebody put beside it.
        (uploads_folder(index) / "a.txt.meta.yaml").write_text("author: A. Writer\n")
        sync(index, reader=loading)
        kill_while_deleting(index, monkeypatch, number, done=False)
        assert swept(index) == [("a.txt", "One gate."), ("a.txt.meta.yaml", "author: A. Writer\n")]
        assert sync(index).unchanged == 1


def test_one_that_was_done_stays_done(
    tmp_path: Path, loading: Isolated, monkeypatch: pytest.MonkeyPatch, swept: Sweep
) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        number = add_upload(index, loading, Options(), Sent("a.txt", BytesIO(b"Gate."), {})).document_id
        kill_while_deleting(index, monkeypatch, number, done=True)
        assert (swept(index), index.catalog.documents()) == ([], [])


def kill_while_deleting(index: Library, monkeypatch: pytest.MonkeyPatch, number: int, *, done: bool) -> None:
    replace = index.replace

    def killed(new: list[Incoming], removed: list[int], *, lineage: str | None = None) -> None:
        if done:
            replace(new, removed, lineage=lineage)
        # After the kill, the files stay where they were moved aside.
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(index, "replace", killed)
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)
        patched.setattr(Path, "replace", _once_each(Path.replace))
        with pytest.raises(Killed):
            remove_upload(index, number)


def _once_each(move: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
    """Moves a file, unless it is moved back from where it was put aside."""

    def moved(self: Path, target: Path) -> Path:
        return target if self.name.startswith(".former") else move(self, target)

    return moved
