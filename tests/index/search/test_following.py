"""A library follows folders and files, and never indexes a file as two documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path

import pytest

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from tests.support.reports import write

GATE = "The council of Varda closed the third gate of the dam on Monday."


@pytest.fixture
def index(encoder: Encoder, tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "home", encoder) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.txt"):
        write(tmp_path / "reports" / name, f"{GATE} This is said in {name}.")
    return tmp_path / "reports"


def places(index: Library) -> list[str]:
    """The paths of the library's documents, in order."""
    return sorted(str(Path(record.source, record.path)) for record in index.catalog.documents())


def below(folder: Path, *names: str) -> list[str]:
    return [str(folder / name) for name in names]


def test_a_sync_without_a_path_goes_over_all_that_is_followed(index: Library, folder: Path) -> None:
    sync(index, [folder / "sub", folder / "a.txt"])
    assert index.catalog.sources() == below(folder, "a.txt", "sub")
    write(folder / "a.txt", "Something else is said of the weir now, at some length.")
    write(folder / "sub/d.txt", GATE)
    write(folder / "not-followed.txt", GATE)
    report = sync(index)
    assert (report.added, report.changed, report.unchanged) == (("d.txt",), ("a.txt",), 2)


def test_a_library_that_follows_nothing_has_nothing_to_do(index: Library) -> None:
    report = sync(index)
    assert (report.added, report.failed, report.passages, report.generation) == ((), (), 0, 0)


def test_a_part_of_a_followed_folder_goes_on_being_a_part_of_it(index: Library, folder: Path) -> None:
    sync(index, [folder])
    write(folder / "sub/b.txt", "Something else is said of the weir now, at some length.")
    write(folder / "a.txt", "Something else is said of the gate now, at some length.")
    assert sync(index, [folder / "sub"]).changed == ("sub/b.txt",), "a.txt lies outside the part"
    assert sync(index, [folder / "sub/deep/c.txt"]).unchanged == 1
    assert index.catalog.sources() == [str(folder)]
    report = sync(index)
    assert (report.changed, report.removed, report.unchanged) == (("a.txt",), (), 2)


@pytest.mark.slow_cases
@pytest.mark.parametrize("order", list(permutations([".", "sub", "sub/deep/c.txt", "a.txt"])), ids=" ".join)
def test_no_file_is_indexed_twice_whatever_is_followed_first(
    index: Library, folder: Path, order: Sequence[str]
) -> None:
    for name in order:
        sync(index, [folder / name])
    everything = below(folder, "a.txt", "sub/b.txt", "sub/deep/c.txt")
    assert places(index) == everything
    numbers = [record.document_id for record in index.catalog.documents()]
    for _ in range(2):
        report = sync(index)
        assert (report.added, report.changed, report.removed, report.unchanged) == ((), (), (), 3)
    assert [record.document_id for record in index.catalog.documents()] == numbers


@pytest.mark.slow_cases
@pytest.mark.parametrize("names", [[".", "sub"], ["sub", "."], ["a.txt", ".", "sub/b.txt"]])
def test_paths_may_overlap_in_one_sync(index: Library, folder: Path, names: list[str]) -> None:
    sync(index, [folder / name for name in names])
    assert places(index) == below(folder, "a.txt", "sub/b.txt", "sub/deep/c.txt")
    report = sync(index)
    assert (report.added, report.removed, report.unchanged) == ((), (), 3)


def test_one_folder_written_in_two_ways_is_one_folder(
    index: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "sub")
    sync(index, [Path("..")])
    report = sync(index, [folder / "sub" / "..", Path("../../reports"), folder])
    assert (report.added, report.unchanged) == ((), 3)
    assert index.catalog.sources() == [str(folder)]


def test_a_followed_file_that_is_deleted_is_removed(index: Library, folder: Path) -> None:
    sync(index, [folder / "a.txt"])
    (folder / "a.txt").unlink()
    report = sync(index)
    assert (report.removed, report.failed, places(index)) == (("a.txt",), (), [])


def test_a_deleted_part_that_is_asked_for_is_removed(index: Library, folder: Path) -> None:
    sync(index, [folder])
    (folder / "sub/deep/c.txt").unlink()
    (folder / "sub/deep").rmdir()
    report = sync(index, [folder / "sub/deep"])
    assert (report.removed, report.failed) == (("sub/deep/c.txt",), ())
    assert places(index) == below(folder, "a.txt", "sub/b.txt")


def test_a_single_file_is_indexed_though_a_folder_would_leave_it_out(index: Library, folder: Path) -> None:
    hidden = write(folder / ".hidden.txt", GATE)
    assert sync(index, [hidden]).added == (".hidden.txt",)
    assert sync(index).unchanged == 1


def test_a_folder_that_holds_the_home_is_followed_without_it(index: Library, tmp_path: Path) -> None:
    write(tmp_path / "gate.txt", GATE)
    write(index.home / "uploads" / "sent.txt", "This was sent.")
    for folder in (tmp_path, tmp_path.parent / f"{tmp_path.name} link"):
        if not folder.exists():
            folder.symlink_to(tmp_path, target_is_directory=True)
        report = sync(index, [folder])
        assert (report.added, report.failed) == (("gate.txt",), ())
    sync(index, [index.home / "uploads"])
    assert places(index) == below(
        tmp_path.parent, f"{tmp_path.name} link/gate.txt", f"{tmp_path.name}/gate.txt"
    )


def test_the_home_itself_is_not_followed(index: Library) -> None:
    report = sync(index, [index.home])
    cause = "lies in the library's home, which holds its own files; name a folder of reports"
    assert [(failure.path, failure.cause) for failure in report.failed] == [(str(index.home), cause)]
    assert (index.catalog.sources(), index.catalog.documents()) == ([], [])
