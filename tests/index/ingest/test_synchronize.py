"""After a sync the library matches the folder, and only changed files were read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index.embedding.encoder import Encoder
from index.ingest import synchronize
from index.ingest.discover import Failure
from index.ingest.synchronize import SyncReport, apply, sync
from index.library import Library
from tests.support.handing import HandedOn
from tests.support.reports import Watched, paths, write

GATE = "The council of Varda closed the third gate of the dam on Monday."
WATER = "Four villages below the weir have had no clean water since June."
SHOES = "The factory in Orrin makes nine thousand pairs of shoes a day."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "reports/dam.txt", GATE)
    write(tmp_path / "reports/sub/water.txt", WATER)
    return tmp_path / "reports"


def did(report: SyncReport) -> dict[str, Any]:
    """The non-empty lists of a report, and its number of unchanged files."""
    fields = {name: getattr(report, name) for name in ("added", "changed", "removed", "failed", "unchanged")}
    return {name: value for name, value in fields.items() if value}


class TestReport:
    def test_it_says_what_was_done_and_what_the_library_is_now(self, index: Library, folder: Path) -> None:
        write(folder / "broken.pdf", "%PDF-1.7 and nothing more")
        report = sync(index, [folder]).as_dict()
        assert list(report) == [
            *("added", "changed", "removed", "unchanged", "failed", "passages", "seconds", "generation")
        ]
        assert report["added"] == ("dam.txt", "sub/water.txt")
        assert (report["changed"], report["removed"], report["unchanged"]) == ((), (), 0)
        assert [list(failure) for failure in report["failed"]] == [["path", "cause"]]
        assert report["failed"][0]["path"] == "broken.pdf"
        assert (report["passages"], report["generation"]) == (2, 1)
        assert 0 < report["seconds"] < 60

    def test_progress_counts_files_and_then_passages(self, index: Library, folder: Path) -> None:
        told: list[tuple[str, int, int]] = []
        sync(index, [folder], lambda *stage: told.append(stage))
        # A slow file is reported every half second, with the number of files before it.
        assert [stage for stage in dict.fromkeys(told) if stage[1]] == [
            *(("reading", 1, 2), ("reading", 2, 2), ("embedding", 1, 2), ("embedding", 2, 2))
        ]


def test_a_core_reads_eight_files_and_the_report_has_all_in_order(
    index: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[HandedOn] = []

    class Noted(HandedOn):
        def __init__(self) -> None:
            super().__init__()
            started.append(self)

    monkeypatch.setattr(synchronize, "Isolated", Noted)
    monkeypatch.setattr(synchronize, "usable_cores", lambda: 2)
    for number in range(17):
        write(tmp_path / f"reports/{number:02}.txt", f"{GATE} It was gate {number}.")
    told: list[tuple[str, int, int]] = []
    report = sync(index, [tmp_path / "reports"], lambda *stage: told.append(stage))
    assert report.added == tuple(f"{number:02}.txt" for number in range(17))
    reading = list(dict.fromkeys(stage for stage in told if stage[0] == "reading" and stage[1]))
    assert reading == [("reading", number, 17) for number in range(1, 18)]
    assert len(started) == 2
    write(tmp_path / "reports/17.txt", SHOES)
    assert sync(index).added == ("17.txt",)
    assert len(started) == 3


class TestChanges:
    def test_what_is_added_changed_removed_and_left_alone(self, index: Library, folder: Path) -> None:
        assert did(sync(index, [folder])) == {"added": ("dam.txt", "sub/water.txt")}
        write(folder / "dam.txt", GATE + " It stays closed.")
        (folder / "sub/water.txt").unlink()
        write(folder / "shoes.md", SHOES)
        assert did(sync(index)) == {
            "added": ("shoes.md",),
            "changed": ("dam.txt",),
            "removed": ("sub/water.txt",),
        }
        assert paths(index) == ["dam.txt", "shoes.md"]
        assert [
            (record.version, index.catalog.text(record.document_id).text)
            for record in index.catalog.documents()
        ] == [(2, GATE + " It stays closed."), (1, SHOES)]
        assert did(sync(index)) == {"unchanged": 2}

    def test_what_is_left_out_is_neither_read_nor_said_to_be_gone(self, index: Library, folder: Path) -> None:
        assert did(sync(index, [folder], leave=[folder / "dam.txt"])) == {"added": ("sub/water.txt",)}
        (folder / "sub/water.txt").unlink()
        away = [folder / "sub/water.txt", folder.parent / "elsewhere.txt"]
        assert did(sync(index, leave=away)) == {"added": ("dam.txt",)}
        assert did(sync(index)) == {"removed": ("sub/water.txt",), "unchanged": 1}

    def test_a_file_saved_again_with_the_same_bytes_is_unchanged(self, index: Library, folder: Path) -> None:
        sync(index, [folder])
        generation = index.generation
        os.utime(folder / "dam.txt", ns=(1, 1))
        assert did(sync(index)) == {"unchanged": 2}
        assert index.generation == generation
        assert index.catalog.documents()[0].version == 1
        with opened_files(folder) as opened:
            assert did(sync(index)) == {"unchanged": 2}
        assert opened == [], "its new time is known now"

    def test_an_unchanged_file_is_not_opened(self, index: Library, folder: Path) -> None:
        with opened_files(folder) as opened:
            sync(index, [folder])
            assert set(opened) == {"dam.txt", "water.txt"}, "this is how opening is seen"
            write(folder / "sub/shoes.txt", SHOES)
            opened.clear()
            sync(index)
        assert set(opened) == {"shoes.txt"}

    def test_a_renamed_file_is_another_document_and_is_not_embedded_again(
        self, encoder: Encoder, folder: Path, tmp_path: Path
    ) -> None:
        watched = Watched(encoder)
        titled = f"---\ntitle: The gate\n---\n\n{GATE}\n"
        write(folder / "dam.md", titled)
        with Library.open(tmp_path / "home", watched) as index:
            sync(index, [folder])
            before = next(record for record in index.catalog.documents() if record.path == "dam.md")
            watched.embedded.clear()
            (folder / "dam.md").rename(folder / "gate.md")
            assert did(sync(index)) == {"added": ("gate.md",), "removed": ("dam.md",), "unchanged": 2}
            after = next(record for record in index.catalog.documents() if record.path == "gate.md")
        assert watched.embedded == []
        assert after.document_id > before.document_id
        assert after.digest == before.digest

    def test_the_same_path_in_two_folders_is_two_documents(self, index: Library, tmp_path: Path) -> None:
        ours, theirs = write(tmp_path / "ours/a.txt", GATE), write(tmp_path / "theirs/a.txt", WATER)
        assert did(sync(index, [ours.parent, theirs.parent])) == {"added": ("a.txt", "a.txt")}
        ours.unlink()
        theirs.unlink()
        assert did(sync(index)) == {"removed": ("a.txt", "a.txt")}
        assert paths(index) == []

    def test_a_long_read_is_committed_in_parts_with_the_same_end(
        self, index: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(synchronize, "_CHARACTERS_AT_ONCE", 1)
        write(folder / "shoes.txt", SHOES)
        report = sync(index, [folder])
        assert did(report) == {"added": ("dam.txt", "shoes.txt", "sub/water.txt")}
        assert report.generation == 3
        assert paths(index) == ["dam.txt", "shoes.txt", "sub/water.txt"]


class TestFailures:
    def test_a_file_that_cannot_be_read_takes_only_itself(self, index: Library, folder: Path) -> None:
        write(folder / "a.doc", "no such loader")
        write(folder / "empty.txt", "")
        (folder / "image.txt").write_bytes(bytes(range(256)) * 4)
        report = sync(index, [folder])
        assert report.added == ("dam.txt", "sub/water.txt")
        assert [failure.path for failure in report.failed] == ["a.doc", "empty.txt", "image.txt"]
        assert report.failed[0].cause.startswith("has the unsupported suffix .doc; ")

    def test_one_that_goes_before_it_is_read_is_gone_and_no_failure(
        self, index: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def apply_later(*arguments: Any, **options: Any) -> SyncReport:  # noqa: ANN401 (passed on)
            (folder / "sub/water.txt").unlink()
            return apply(*arguments, **options)

        sync(index, [folder])
        write(folder / "dam.txt", GATE + " It stays closed.")
        write(folder / "sub/water.txt", WATER + " It is boiled.")
        with monkeypatch.context() as patched:
            patched.setattr(synchronize, "apply", apply_later)
            report = sync(index)
        assert did(report) == {"changed": ("dam.txt",)}
        assert did(sync(index)) == {"removed": ("sub/water.txt",), "unchanged": 1}

    def test_a_changed_file_that_cannot_be_read_keeps_its_old_version(
        self, index: Library, folder: Path
    ) -> None:
        sync(index, [folder])
        (folder / "dam.txt").write_bytes(b"%PDF-1.7 " + bytes(200))
        report = sync(index)
        assert did(replace(report, failed=())) == {"unchanged": 1}
        assert [failure.path for failure in report.failed] == ["dam.txt"]
        assert (paths(index), index.catalog.text(1).text) == (["dam.txt", "sub/water.txt"], GATE)
        write(folder / "dam.txt", SHOES)
        assert did(sync(index)) == {"changed": ("dam.txt",), "unchanged": 1}

    def test_a_folder_that_cannot_be_listed_keeps_what_was_known(
        self, index: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sync(index, [folder])
        (folder / "dam.txt").unlink()
        scandir = os.scandir

        def refuse(place: str | Path | int) -> Iterator[os.DirEntry[str]]:
            # The superuser, who may run this test, is never refused by the system itself.
            if not isinstance(place, int) and Path(place).name == "sub":
                raise PermissionError(13, "Permission denied", str(place))
            return scandir(place)

        monkeypatch.setattr(os, "scandir", refuse)
        assert did(sync(index)) == {
            "removed": ("dam.txt",),
            "failed": (Failure("sub", "Permission denied; check the folder's permissions"),),
        }
        assert paths(index) == ["sub/water.txt"]

    def test_a_followed_folder_that_vanished_keeps_what_was_known(self, index: Library, folder: Path) -> None:
        sync(index, [folder])
        folder.rename(folder.with_name("moved"))
        report = sync(index)
        assert did(report) == {
            "failed": (Failure(str(folder), "does not exist; if it was moved, sync its new place"),)
        }
        assert paths(index) == ["dam.txt", "sub/water.txt"]

    def test_a_path_that_does_not_exist_is_reported_and_not_followed(
        self, index: Library, folder: Path
    ) -> None:
        report = sync(index, [folder / "typo.txt", folder])
        assert report.added == ("dam.txt", "sub/water.txt")
        cause = "does not exist; if it was moved, sync its new place"
        assert report.failed == (Failure(str(folder / "typo.txt"), cause),)
        assert index.catalog.sources() == [str(folder)]

    def test_a_folder_with_a_name_that_is_no_utf_8_is_reported_and_not_followed(
        self, index: Library, tmp_path: Path
    ) -> None:
        folder = tmp_path / os.fsdecode(b"caf\xe9")
        try:
            write(folder / "a.txt", GATE)
        except OSError:
            pytest.skip("this file system knows only UTF-8")
        assert did(sync(index, [folder])) == {
            "failed": (Failure(f"{tmp_path}/caf\\udce9", "its name is not UTF-8; rename it"),)
        }
        assert index.catalog.sources() == []

    def test_what_no_loader_reads_is_not_opened(self, index: Library, folder: Path) -> None:
        write(folder / "film.mp4", "a film of many gigabytes")
        with opened_files(folder) as opened:
            report = sync(index, [folder])
        assert [failure.path for failure in report.failed] == ["film.mp4"]
        assert "film.mp4" not in opened


_watching: list[tuple[Path, list[str]]] = []


@contextmanager
def opened_files(folder: Path) -> Iterator[list[str]]:
    """The names of the files under ``folder`` that Python opens within the context, from its audit events."""
    opened: list[str] = []
    _watching.append((folder, opened))
    try:
        yield opened
    finally:
        _watching.pop()


def _note_opening(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _watching and isinstance(arguments[0], str | bytes):
        folder, opened = _watching[-1]
        path = Path(os.fsdecode(arguments[0]))
        if path.is_relative_to(folder):
            opened.append(path.name)


sys.addaudithook(_note_opening)


def test_a_report_dated_by_its_file_is_dated_again_when_it_is_saved_again(
    index: Library, folder: Path
) -> None:
    os.utime(folder / "dam.txt", (0, 1_500_000_000))
    sync(index, [folder])
    assert (index.catalog.documents()[0].published, index.catalog.documents()[0].origins["published"]) == (
        *("2017-07-14", "file time"),
    )
    os.utime(folder / "dam.txt", (0, 1_600_000_000))
    assert did(sync(index)) == {"unchanged": 2}
    assert index.catalog.documents()[0].published == "2020-09-13"


class TestSidecars:
    def test_one_that_comes_changes_or_goes_is_read_and_makes_no_new_version(
        self, index: Library, folder: Path
    ) -> None:
        sync(index, [folder])
        sidecar = write(folder / "dam.txt.meta.yaml", "publisher: The Valley Post")
        assert did(sync(index)) == {"changed": ("dam.txt",), "unchanged": 1}
        (dam, _) = index.catalog.documents()
        assert (dam.publisher, dam.version, dam.origins["publisher"]) == ("The Valley Post", 1, "sidecar")
        assert did(sync(index)) == {"unchanged": 2}
        write(sidecar, "publisher: The Valley Times")
        assert did(sync(index)) == {"changed": ("dam.txt",), "unchanged": 1}
        assert index.catalog.documents()[0].publisher == "The Valley Times"
        sidecar.unlink()
        assert did(sync(index)) == {"changed": ("dam.txt",), "unchanged": 1}
        assert index.catalog.documents()[0].publisher is None

    def test_a_broken_one_takes_only_its_file_and_what_was_known_is_kept(
        self, index: Library, folder: Path
    ) -> None:
        sync(index, [folder])
        write(folder / "dam.txt.meta.yaml", "titel: X")
        assert [failure.path for failure in sync(index).failed] == ["dam.txt"]
        assert paths(index) == ["dam.txt", "sub/water.txt"]
