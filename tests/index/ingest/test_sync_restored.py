"""A sync that was planned before a backup was restored removes no document by an old id."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.catalog.backup import back_up, restore
from index.errors import LibraryRestoredError
from index.ingest.discover import root_of, scan
from index.ingest.synchronize import apply, plan, sync
from index.library import Library
from tests.support.reports import incoming, write


def test_what_a_sync_was_about_to_remove_stays_where_a_backup_is_put_back_meanwhile(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "reports"
    write(folder / "a.txt", "One gate.")
    with Library.open(home, StubEncoder()) as index:
        index.replace([incoming("Two gates.", "b.txt")])
        back_up(home, tmp_path / "library.tar")
        index.replace([], [1])
        sync(index, [folder])
        (folder / "a.txt").unlink()
        with index.catalog.reading() as reader:
            lineage = reader.lineage
        known = {str(folder): index.catalog.files(str(folder))}
        changes = plan(known, [scan(root_of(folder, [str(folder)]), [str(folder)])])
        # Id 2 is about to be removed. The backup has not given this id yet, so that c.txt gets it below.
        assert changes.removed == {2: "a.txt"}
        restore(home, tmp_path / "library.tar")
        index.replace([incoming("Three gates.", "c.txt")])
        with pytest.raises(LibraryRestoredError, match=r"^the library was restored from a backup during"):
            apply(index, dataclasses.replace(changes, lineage=lineage))
        assert [(one.document_id, one.path) for one in index.catalog.documents()] == [
            (1, "b.txt"),
            (2, "c.txt"),
        ]
        assert sync(index, [folder]).removed == ()


def test_a_sync_that_a_backup_overtakes_touches_nothing_either(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "reports"
    write(folder / "a.txt", "One gate.")
    with Library.open(home, StubEncoder()) as index:
        index.replace([incoming("Two gates.", "b.txt")])
        back_up(home, tmp_path / "library.tar")
        sync(index, [folder])
        os.utime(folder / "a.txt", (1, 1))
        overtaken: list[str] = []

        def overtake(stage: str, *_done: int) -> None:
            if stage == "reading" and not overtaken:
                overtaken.append(stage)
                restore(home, tmp_path / "library.tar")
                index.replace([incoming("Three gates.", "c.txt", published="2020-09-13")])

        with pytest.raises(LibraryRestoredError):
            sync(index, [folder], overtake)
        assert overtaken == ["reading"]
        assert [(one.path, one.published) for one in index.catalog.documents()] == [
            ("b.txt", None),
            ("c.txt", "2020-09-13"),
        ]
