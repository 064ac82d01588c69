"""An edit that cannot be kept is named, and leaves the library as it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from index.catalog import lock as locking
from index.embedding.encoder import Encoder
from index.errors import LibraryLockedError, LoadError, OutdatedError
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from tests.support.background import Held
from tests.support.edits import REPORT, edit, filed
from tests.support.reports import write


@pytest.fixture
def folder(index: Library, loading: Isolated, tmp_path: Path) -> Path:
    return filed(index, loading, tmp_path / "reports")


@pytest.mark.usefixtures("folder")
def test_while_another_process_writes_it_is_refused(index: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
    with FileLock(index.home / "write.lock"), pytest.raises(LibraryLockedError):
        edit(index, title="On gate 3")
    assert index.catalog.document(1).title == "Its own title"
    assert edit(index, title="On gate 3").title == "On gate 3"


def test_one_that_changes_meanwhile_keeps_its_new_version(
    encoder: Encoder, held: Held, loading: Isolated, tmp_path: Path
) -> None:
    home, file = tmp_path / "home", write(tmp_path / "reports" / "gate.md", REPORT)
    with Library.open(home, held) as index, Library.open(home, encoder) as other:
        sync(index, [file.parent], reader=loading)
        held.hold()
        with ThreadPoolExecutor(1) as pool:
            editing = pool.submit(edit, index, title="On gate 3")
            assert held.reached.wait(30)
            sync(other, [write(file, REPORT + "More.").parent])
            held.go_on.set()
            with pytest.raises(OutdatedError) as outdated:
                editing.result(30)
        assert str(outdated.value) == "gate.md was changed or removed meanwhile; look at it again"
        [record] = index.catalog.documents()
        assert (record.title, record.version) == ("Its own title", 2)
        assert sync(index, reader=loading).unchanged == 1


def test_one_that_goes_meanwhile_does_not_come_back(
    encoder: Encoder, held: Held, loading: Isolated, tmp_path: Path
) -> None:
    home, file = tmp_path / "home", write(tmp_path / "reports" / "gate.md", REPORT)
    with Library.open(home, held) as index, Library.open(home, encoder) as other:
        sync(index, [file.parent], reader=loading)
        held.hold()
        with ThreadPoolExecutor(1) as pool:
            editing = pool.submit(edit, index, title="On gate 3")
            assert held.reached.wait(30)
            file.unlink()
            sync(other)
            held.go_on.set()
            with pytest.raises(OutdatedError):
                editing.result(30)
        assert index.catalog.documents() == []


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (
            {"published": "soon"},
            "gate.md: is said to have published 'soon', which is none; write 2031-07-18, 2031-07 or 2031",
        ),
        (
            {"language": "?"},
            "gate.md: is said to have language '?', which is none; write a code such as en or km",
        ),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_value_that_cannot_be_kept_is_named(index: Library, edits: dict[str, str], message: str) -> None:
    before = index.catalog.document(1)
    with pytest.raises(LoadError) as refused:
        edit(index, title="On gate 3", **edits)
    assert (str(refused.value), index.catalog.document(1)) == (message, before)
