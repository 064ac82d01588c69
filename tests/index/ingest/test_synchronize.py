"""After a sync the library matches the folders that it follows, and only changed files were read."""

from __future__ import annotations

import dataclasses
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from threading import Barrier, Event, Lock
from typing import Any

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.catalog.backup import back_up, restore
from index.catalog.lock import locked
from index.documents import sidecar_of
from index.embedding.encoder import Encoder
from index.errors import Cancelled, LibraryRestoredError
from index.ingest import synchronize
from index.ingest.discover import Failure, Listing, Root, root_of, scan
from index.ingest.synchronize import Changes, File, SyncReport, apply, plan, read_ahead, sync
from index.library import Library
from index.loaders import READING, Isolated, Options
from index.records import FileState
from index.search.maintenance import Maintenance
from rag.engine import QueryEngine
from tests.support.background import PATIENCE, wait_until
from tests.support.handing import HandedOn
from tests.support.pdf_files import FIRST, SECOND, body, build
from tests.support.reports import Watched, incoming, paths, write
from tests.support.scans import needs_tesseract, pictures, scanned

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


def test_a_report_says_what_was_done_and_what_the_library_is_now(index: Library, folder: Path) -> None:
    write(folder / "broken.pdf", "%PDF-1.7 and nothing more")
    report = sync(index, [folder]).as_dict()
    assert 0 < report.pop("seconds") < 60
    [failed] = report.pop("failed")
    assert (list(failed), failed["path"]) == (["path", "cause"], "broken.pdf")
    files = {"added": ("dam.txt", "sub/water.txt"), "changed": (), "removed": (), "unchanged": 0}
    assert report == {**files, "passages": 2, "generation": 1, "read_again": 0}


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

    def test_neither_an_unchanged_file_nor_one_that_no_loader_reads_is_opened(
        self, index: Library, folder: Path
    ) -> None:
        write(folder / "film.mp4", "a film of many gigabytes")
        with opened_files(folder) as opened:
            assert [failure.path for failure in sync(index, [folder]).failed] == ["film.mp4"]
            assert set(opened) == {"dam.txt", "water.txt"}, "this is how opening is seen"
            write(folder / "sub/shoes.txt", SHOES)
            opened.clear()
            sync(index)
        assert set(opened) == {"shoes.txt"}

    def test_a_renamed_file_is_another_document_and_is_not_embedded_again(
        self, encoder: Encoder, folder: Path, tmp_path: Path
    ) -> None:
        watched = Watched(encoder)
        write(folder / "dam.md", f"---\ntitle: The gate\n---\n\n{GATE}\n")
        with Library.open(tmp_path / "home", watched) as index:
            sync(index, [folder])
            [before] = [record for record in index.catalog.documents() if record.path == "dam.md"]
            watched.embedded.clear()
            (folder / "dam.md").rename(folder / "gate.md")
            assert did(sync(index)) == {"added": ("gate.md",), "removed": ("dam.md",), "unchanged": 2}
            [after] = [record for record in index.catalog.documents() if record.path == "gate.md"]
        assert watched.embedded == []
        assert (after.document_id > before.document_id, after.digest) == (True, before.digest)

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

    def test_a_followed_folder_that_vanished_keeps_what_was_known(self, index: Library, folder: Path) -> None:
        sync(index, [folder])
        folder.rename(folder.with_name("moved"))
        report = sync(index)
        assert did(report) == {"failed": (Failure(str(folder), CAUSE),)}
        assert paths(index) == ["dam.txt", "sub/water.txt"]

    def test_a_path_that_does_not_exist_is_reported_and_not_followed(
        self, index: Library, folder: Path
    ) -> None:
        report = sync(index, [folder / "typo.txt", folder])
        assert report.added == ("dam.txt", "sub/water.txt")
        assert report.failed == (Failure(str(folder / "typo.txt"), CAUSE),)
        assert index.catalog.sources() == [str(folder)]


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


CAUSE = "does not exist; if it was moved, sync its new place"
KNOWN = FileState(document_id=7, version=2, size=10, mtime_ns=100, digest="d", reading=READING)


def planned(changes: Changes) -> dict[str, Any]:
    fields = {
        "added": [file.path for file in changes.added],
        "changed": [file.path for file in changes.changed],
        "removed": dict(changes.removed),
        "unchanged": changes.unchanged,
    }
    return {name: value for name, value in fields.items() if value}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({}, {"a": (10, 100)}, {"added": ["a"]}),
        ({"a": KNOWN}, {"a": (10, 100)}, {"unchanged": 1}),
        ({"a": KNOWN}, {"a": (11, 100)}, {"changed": ["a"]}),
        ({"a": KNOWN}, {"a": (10, 101)}, {"changed": ["a"]}),
        ({"a": KNOWN}, {"a": (10, 99)}, {"changed": ["a"]}),
        ({"a": KNOWN}, {}, {"removed": {7: "a"}}),
        ({"a": KNOWN}, {"b": (10, 100)}, {"added": ["b"], "removed": {7: "a"}}),
        ({}, {}, {}),
    ],
)
def test_a_file_is_compared_by_size_and_time(
    before: Mapping[str, FileState], now: Mapping[str, tuple[int, int]], expected: dict[str, Any]
) -> None:
    changes = plan({"/r": before}, [Listing(Root("/r"), now, (), ())])
    assert planned(changes) == expected
    assert changes.added == tuple(File("/r", path, *now[path], None) for path in expected.get("added", ()))
    assert changes.changed == tuple(
        File("/r", path, *now[path], before[path]) for path in expected.get("changed", ())
    )


@pytest.mark.parametrize(
    ("has_pictures", "tried", "recognition", "expected"),
    [
        (True, "", "eng", {"changed": ["a"]}),
        (True, "eng", "eng+fra", {"changed": ["a"]}),
        (True, "eng", "eng", {"unchanged": 1}),
        (True, "eng", "", {"unchanged": 1}),
        (True, "", "", {"unchanged": 1}),
        (False, "", "eng", {"unchanged": 1}),
    ],
)
def test_pictures_of_pages_are_a_change_once_they_can_be_recognised_otherwise(
    has_pictures: bool, tried: str, recognition: str, expected: dict[str, Any]
) -> None:
    known = {"/r": {"a": replace(KNOWN, has_pictures=has_pictures, recognised_in=tried)}}
    listing = Listing(Root("/r"), {"a": (10, 100)}, (), ())
    assert planned(plan(known, [listing], recognition)) == expected


def test_files_that_older_loaders_have_read_are_read_again_and_old_links_keep_their_words(
    index: Library, folder: Path
) -> None:
    write(folder / "shoes.txt", SHOES)
    sync(index, [folder])
    assert [each.path for each in index.catalog.documents() if each.document_id == 1] == ["dam.txt"]
    with closing(sqlite3.connect(index.home / "catalog.sqlite")) as catalog, catalog:
        catalog.execute("UPDATE versions SET reading = 0 WHERE document_id != 2")
        catalog.execute("UPDATE versions SET text = ? WHERE document_id = 1", (GATE.replace(" ", "  "),))
    report = sync(index)
    assert (report.changed, report.read_again, report.unchanged) == (("dam.txt", "sub/water.txt"), 2, 1)
    with index.catalog.reading() as reader:
        texts = [reader.text(1, version).text for version in (1, 2)]
        superseded = [reader.document(1, version).superseded_by for version in (1, 2)]
    assert texts == [GATE.replace(" ", "  "), GATE]
    assert superseded == [None, None], "they are of the same file"
    versions = {each.path: each.version for each in index.catalog.documents()}
    assert versions == {"dam.txt": 2, "shoes.txt": 1, "sub/water.txt": 1}, "the words of two are the same"
    again = sync(index)
    assert (again.changed, again.read_again, again.unchanged) == ((), 0, 3)


SHUT, TWICE = Failure("sub", "is shut"), Failure("c", "x")
TWO = {"sub/a": KNOWN, "subway": replace(KNOWN, document_id=8)}
GONE = Listing(Root("/r", "a"), {}, (), (), missing=True)


@pytest.mark.parametrize(
    ("known", "listings", "expected", "failed"),
    [
        # Only what a root holds can be gone, and what was not seen is not.
        (TWO, [Listing(Root("/r", "sub"), {}, (), ())], {"removed": {7: "sub/a"}}, ()),
        (TWO, [Listing(Root("/r"), {}, (SHUT,), (Root("/r", "sub"),))], {"removed": {8: "subway"}}, (SHUT,)),
        # A missing part is a removal where it was known, and a failure where not.
        ({"a": KNOWN}, [GONE], {"removed": {7: "a"}}, ()),
        ({"b": KNOWN}, [GONE], {}, (Failure("/r/a", CAUSE),)),
        # A file that is seen twice counts once.
        (
            {},
            [Listing(Root("/r", part), {"a/b": (1, 1)}, (TWICE,), ()) for part in ("", "a")],
            {"added": ["a/b"]},
            (TWICE,),
        ),
    ],
)
def test_what_is_gone_was_known_and_could_be_seen(
    known: Mapping[str, FileState],
    listings: Sequence[Listing],
    expected: dict[str, Any],
    failed: tuple[Failure, ...],
) -> None:
    changes = plan({"/r": known}, listings)
    assert (planned(changes), changes.failed) == (expected, failed)


def test_results_come_in_the_order_of_the_files_whichever_is_read_first() -> None:
    second_is_read = Event()

    def read(file: str, _reader: Isolated, _waiting: Callable[[], None]) -> str:
        if file == "second":
            second_is_read.set()
        elif file == "first":
            assert second_is_read.wait(PATIENCE)
        return file.upper()

    results = read_ahead(["first", "second", "third"], [Isolated(), Isolated()], read, len)
    assert [(file, result.result()) for file, result in results] == [
        ("first", "FIRST"),
        ("second", "SECOND"),
        ("third", "THIRD"),
    ]


def test_each_process_reads_one_file_at_a_time() -> None:
    readers = [Isolated(), Isolated()]
    together, busy, lock = Barrier(2), set[int](), Lock()

    def read(_file: int, reader: Isolated, _waiting: Callable[[], None]) -> int:
        with lock:
            assert id(reader) not in busy
            busy.add(id(reader))
        # Both processes read at the same time.
        together.wait(PATIENCE)
        with lock:
            busy.remove(id(reader))
        return readers.index(reader)

    used = [result.result() for _, result in read_ahead(range(6), readers, read, int)]
    assert sorted(used) == [0, 0, 0, 1, 1, 1]


def test_an_error_belongs_to_its_file() -> None:
    def read(file: int, _reader: Isolated, _waiting: Callable[[], None]) -> int:
        return 6 // file

    results = list(read_ahead([1, 0, 3], [Isolated()], read, int))
    assert isinstance(results[1][1].exception(), ZeroDivisionError)
    assert [result.result() for _, result in (results[0], results[2])] == [6, 2]


def test_reading_pauses_while_results_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synchronize, "MOST_AHEAD", 10)
    begun: list[int] = []

    def read(file: int, _reader: Isolated, _waiting: Callable[[], None]) -> str:
        begun.append(file)
        return "x" * 5

    with closing(read_ahead(range(9), [Isolated()], read, len)) as results:
        next(results)
        wait_until(lambda: begun == [0, 1, 2])
        time.sleep(0.1)
        assert begun == [0, 1, 2], "two results of five characters wait"
        next(results)
        wait_until(lambda: begun == [0, 1, 2, 3])
        assert [file for file, _ in results] == [2, 3, 4, 5, 6, 7, 8]


def test_closing_the_iterator_cancels_the_files_that_are_being_read() -> None:
    begun, cancelled = Event(), Event()

    def read(file: int, _reader: Isolated, waiting: Callable[[], None]) -> int:
        if file == 0:
            return 0
        begun.set()
        try:
            while True:
                waiting()
                time.sleep(0.01)
        except Cancelled:
            cancelled.set()
            raise

    results = read_ahead(range(5), [Isolated()], read, int)
    next(results)
    assert begun.wait(PATIENCE)
    results.close()
    assert cancelled.is_set()


def test_an_exception_while_the_caller_waits_cancels_the_reading() -> None:
    def read(_file: int, _reader: Isolated, waiting: Callable[[], None]) -> int:
        while True:
            waiting()
            time.sleep(0.01)

    def stop() -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled, match="stopped"):
        next(read_ahead([1], [Isolated()], read, int, stop))


def test_a_sync_whose_library_cannot_be_settled_now_has_done_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(maintenance: Maintenance) -> bool:
        raise locked(maintenance.home)

    write(tmp_path / "reports" / "a.txt", "One gate.")
    monkeypatch.setattr(Maintenance, "compact", held)
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        assert sync(index, [tmp_path / "reports"]).added == ("a.txt",)
        assert paths(index) == ["a.txt"]


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


ROOT = Path(__file__).parents[3]
MEGABYTES = 4


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells memory")
def test_a_long_text_costs_the_server_little_memory_and_stops_no_thread(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.long_text", str(tmp_path), str(MEGABYTES)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cost = json.loads(done.stdout)
    assert cost["characters"] == MEGABYTES * 1024 * 1024
    assert cost["passages"] > 4_000
    # Tokenised at once, the text took 500 MB and blocked other threads for more than three seconds.
    assert cost["megabytes"] < 150
    assert cost["seconds"] < 2


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.txt"):
        write(tmp_path / "reports" / name, f"{GATE} This is said in {name}.")
    return tmp_path / "reports"


def places(index: Library) -> list[str]:
    """The paths of the library's documents, in order."""
    return sorted(str(Path(record.source, record.path)) for record in index.catalog.documents())


def below(tree: Path, *names: str) -> list[str]:
    return [str(tree / name) for name in names]


def test_a_sync_without_a_path_goes_over_all_that_is_followed(index: Library, tree: Path) -> None:
    sync(index, [tree / "sub", tree / "a.txt"])
    assert index.catalog.sources() == below(tree, "a.txt", "sub")
    write(tree / "a.txt", "Something else is said of the weir now, at some length.")
    write(tree / "sub/d.txt", GATE)
    write(tree / "not-followed.txt", GATE)
    report = sync(index)
    assert (report.added, report.changed, report.unchanged) == (("d.txt",), ("a.txt",), 2)


def test_a_library_that_follows_nothing_has_nothing_to_do(index: Library) -> None:
    report = sync(index)
    assert (report.added, report.failed, report.passages, report.generation) == ((), (), 0, 0)


def test_a_part_of_a_followed_folder_goes_on_being_a_part_of_it(index: Library, tree: Path) -> None:
    sync(index, [tree])
    write(tree / "sub/b.txt", "Something else is said of the weir now, at some length.")
    write(tree / "a.txt", "Something else is said of the gate now, at some length.")
    assert sync(index, [tree / "sub"]).changed == ("sub/b.txt",), "a.txt lies outside the part"
    assert sync(index, [tree / "sub/deep/c.txt"]).unchanged == 1
    assert index.catalog.sources() == [str(tree)]
    report = sync(index)
    assert (report.changed, report.removed, report.unchanged) == (("a.txt",), (), 2)


@pytest.mark.slow_cases
@pytest.mark.parametrize("order", list(permutations([".", "sub", "sub/deep/c.txt", "a.txt"])), ids=" ".join)
def test_no_file_is_indexed_twice_whatever_is_followed_first(
    index: Library, tree: Path, order: Sequence[str]
) -> None:
    for name in order:
        sync(index, [tree / name])
    everything = below(tree, "a.txt", "sub/b.txt", "sub/deep/c.txt")
    assert places(index) == everything
    numbers = [record.document_id for record in index.catalog.documents()]
    for _ in range(2):
        report = sync(index)
        assert (report.added, report.changed, report.removed, report.unchanged) == ((), (), (), 3)
    assert [record.document_id for record in index.catalog.documents()] == numbers


def test_a_deleted_part_that_is_asked_for_is_removed(index: Library, tree: Path) -> None:
    sync(index, [tree])
    (tree / "sub/deep/c.txt").unlink()
    (tree / "sub/deep").rmdir()
    report = sync(index, [tree / "sub/deep"])
    assert (report.removed, report.failed) == (("sub/deep/c.txt",), ())
    assert places(index) == below(tree, "a.txt", "sub/b.txt")


def test_a_single_file_is_indexed_though_a_folder_would_leave_it_out(index: Library, tree: Path) -> None:
    hidden = write(tree / ".hidden.txt", GATE)
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


OCR = Options(ocr=True)
QUESTION = "When was the pin last examined?"


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    made = tmp_path / "reports"
    made.mkdir()
    picture = pictures(build(body(FIRST)))[0]
    (made / "part.pdf").write_bytes(scanned([None, picture], "A page that has words."))
    (made / "scan.pdf").write_bytes(scanned(pictures(build(body(SECOND)))))
    return made


@pytest.mark.slow
@needs_tesseract
def test_scanned_pages_are_read_by_the_next_sync_that_may(
    encoder: Encoder, tmp_path: Path, scans: Path
) -> None:
    with Library.open(tmp_path / "home", encoder) as index:
        report = sync(index, [scans])
        assert report.added == ("part.pdf",)
        cause = (
            "has no text layer (1 scanned page); turn on the setting ocr, which needs the program tesseract, "
            "or run the file through OCR first"
        )
        assert report.failed == (Failure("scan.pdf", cause),)
        [record] = index.catalog.documents()
        assert (record.unread_pages, record.recognised_pages) == ((2,), ())

        report = sync(index, options=OCR)
        assert (report.added, report.changed, report.failed) == (("scan.pdf",), ("part.pdf",), ())
        part, scan = index.catalog.documents()
        assert (part.unread_pages, part.recognised_pages, part.version) == ((), (2,), 2)
        assert (scan.unread_pages, scan.recognised_pages) == ((), (1,))
        assert index.catalog.text(scan.document_id).text == SECOND

        for options in (OCR, Options()):
            report = sync(index, options=options)
            assert (report.added, report.changed, report.unchanged) == ((), (), 2), "what was read stays read"


@pytest.mark.slow
@needs_tesseract
def test_a_note_beside_a_scan_does_not_cost_its_words(encoder: Encoder, tmp_path: Path, scans: Path) -> None:
    with Library.open(tmp_path / "home", encoder) as index:
        sync(index, [scans], options=OCR)
        before = index.catalog.documents()[0]
        sidecar_of(scans / "part.pdf").write_text("author: A. Writer")
        assert sync(index).changed == ("part.pdf",)
        after = index.catalog.documents()[0]
        assert (after.author, after.version, after.recognised_pages) == ("A. Writer", before.version, (2,))


@pytest.mark.slow
@needs_tesseract
def test_a_footnote_to_a_scan_says_that_its_words_were_recognised(
    encoder: Encoder, tmp_path: Path, scans: Path
) -> None:
    with Library.open(tmp_path / "home", encoder) as index:
        sync(index, [scans], options=OCR)
        answer = QueryEngine(index).ask(QUESTION)
        first = answer.citations[0]
        assert "last examined in October 2019" in first.quote
        assert (first.path, first.page, first.recognised) == ("part.pdf", 2, True)
        assert [box.page for box in first.boxes] == [2] * len(first.boxes)
        assert first.boxes
        first = QueryEngine(index).ask("Which page has words?").citations[0]
        assert (first.path, first.page, first.recognised) == ("part.pdf", 1, False)
        assert [passage.recognised for passage in answer.passages] == [True] * len(answer.passages)
        assert [hit.recognised for hit in index.search("pin")] == [True, True], (
            "one begins on a page with words"
        )
