"""What cannot be said of a report is named, and leaves both the library and the folder as they were."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from background import Held
from edits import GATE, REPORT, edit, filed, note
from filelock import FileLock
from reports import write

from index import locking
from index.commits import OutdatedError
from index.embedding import Encoder
from index.loading import LoadError
from index.loading.isolation import Isolated
from index.locking import LibraryLockedError
from index.store import Index
from index.sync import sync
from ui.editing import EditRefusedError


@pytest.fixture
def folder(index: Index, loading: Isolated, tmp_path: Path) -> Path:
    return filed(index, loading, tmp_path / "reports")


def test_a_file_that_has_changed_or_gone_is_named(index: Index, loading: Isolated, folder: Path) -> None:
    file = write(folder / "dams" / "gate.md", REPORT + "More.")
    with pytest.raises(EditRefusedError) as changed:
        edit(index, loading, title="On gate 3")
    file.unlink()
    with pytest.raises(EditRefusedError) as gone:
        edit(index, loading, title="On gate 3")
    assert [str(error.value) for error in (changed, gone)] == [
        "dams/gate.md is no longer the file that was read; sync the library, then edit it",
        "dams/gate.md cannot be read (No such file or directory); sync the library",
    ]
    assert (note(folder).exists(), index.document(1).title) == (False, "Its own title")


def test_a_note_that_cannot_be_read_or_written_is_named(
    index: Index, loading: Isolated, folder: Path
) -> None:
    note(folder).write_text("- a list")
    with pytest.raises(EditRefusedError) as unread:
        edit(index, loading, title="On gate 3")
    assert str(unread.value) == (
        "gate.md: has a sidecar that is not lines of key: value; correct the sidecar, or remove it"
    )
    name = "x" * 250 + ".txt"
    write(folder / name, GATE)
    sync(index, [folder / name], reader=loading)
    with pytest.raises(EditRefusedError) as unwritten:
        edit(index, loading, 3, title="On gate 3")
    assert str(unwritten.value) == (
        f"{name}.meta.yaml cannot be written (File name too long); "
        "check the rights and the space of its folder"
    )
    assert sorted(file.name for file in folder.iterdir()) == ["dams", "water.txt", name]


@pytest.mark.parametrize("former", ["", "publisher: Council # by hand\n"])
def test_where_it_cannot_be_indexed_the_note_is_what_it_was(
    index: Index, loading: Isolated, folder: Path, monkeypatch: pytest.MonkeyPatch, former: str
) -> None:
    if former:
        note(folder).write_text(former)
        sync(index, reader=loading)
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
    with FileLock(index.home / "write.lock"), pytest.raises(LibraryLockedError):
        edit(index, loading, title="On gate 3")
    left = sorted(file.name for file in note(folder).parent.iterdir())
    assert left == ["gate.md", "gate.md.meta.yaml"][: 2 if former else 1]
    assert (note(folder).read_text() if former else "") == former
    assert sync(index, reader=loading).unchanged == 2
    assert edit(index, loading, title="On gate 3").title == "On gate 3"


def test_one_that_changes_meanwhile_keeps_its_new_version(
    encoder: Encoder, held: Held, loading: Isolated, tmp_path: Path
) -> None:
    home, file = tmp_path / "home", write(tmp_path / "reports" / "gate.md", REPORT)
    with Index.open(home, held) as index, Index.open(home, encoder) as other:
        sync(index, [file.parent], reader=loading)
        held.hold()
        with ThreadPoolExecutor(1) as pool:
            editing = pool.submit(edit, index, loading, title="On gate 3")
            assert held.reached.wait(30)
            sync(other, [write(file, REPORT + "More.").parent])
            held.go_on.set()
            with pytest.raises(OutdatedError) as outdated:
                editing.result(30)
        assert str(outdated.value) == "gate.md was changed or removed meanwhile; look at it again"
        assert [file.name for file in file.parent.iterdir()] == ["gate.md"]
        # Who synced meanwhile read the note that was taken back.
        assert did(index, loading) == ([("Its own title", 2)], 1)
        assert did(index, loading) == ([("Its own title", 2)], 0)


def test_one_that_goes_meanwhile_does_not_come_back(
    encoder: Encoder, held: Held, loading: Isolated, tmp_path: Path
) -> None:
    home, file = tmp_path / "home", write(tmp_path / "reports" / "gate.md", REPORT)
    with Index.open(home, held) as index, Index.open(home, encoder) as other:
        sync(index, [file.parent], reader=loading)
        held.hold()
        with ThreadPoolExecutor(1) as pool:
            editing = pool.submit(edit, index, loading, title="On gate 3")
            assert held.reached.wait(30)
            file.unlink()
            sync(other)
            held.go_on.set()
            with pytest.raises(OutdatedError):
                editing.result(30)
        assert (list(file.parent.iterdir()), index.documents()) == ([], [])


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
def test_what_cannot_be_kept_is_named(
    index: Index, loading: Isolated, folder: Path, edits: dict[str, str], message: str
) -> None:
    with pytest.raises(LoadError) as refused:
        edit(index, loading, **edits)
    assert (str(refused.value), note(folder).exists()) == (message, False)


def did(index: Index, loading: Isolated) -> tuple[list[tuple[str, int]], int]:
    """The titles and versions of a library, and how many files a sync would find changed."""
    changed = len(sync(index, reader=loading).changed)
    return [(record.title, record.version) for record in index.documents()], changed
