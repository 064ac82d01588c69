"""A change in a followed folder is synced once the file has stopped changing, and not before."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.ingest.synchronize import SyncReport, sync
from index.ingest.watch import Change, ChangeTimes, State, Watch
from index.library import Library
from tests.support.background import GATE, PATIENCE, wait_until
from tests.support.reports import paths, write

REST = 0.2


class Watched:
    """A folder that a thread watches, and the reports of its syncs."""

    def __init__(self, index: Library, folder: Path, rest: float) -> None:
        self.index = index
        self.folder = folder
        self.reports: list[SyncReport] = []
        self.changes: list[Change] = []
        self.refuse = self.answered = 0
        self.stop = Event()
        self.thread = Thread(
            target=Watch(index.catalog, index.home, self._sync, self.stop, rest).run, daemon=True
        )

    def _sync(self, change: Change) -> bool:
        self.changes.append(change)
        is_refused = self.refuse > 0
        if is_refused:
            self.refuse -= 1
        else:
            self.reports.append(sync(self.index, change.folders, leave=change.leave))
        self.answered += 1
        return not is_refused

    def until(self, *expected: str) -> None:
        """Wait until the library holds exactly these documents, and every sync has ended."""
        wait_until(lambda: paths(self.index) == [*expected] and self.is_idle)

    def until_ends(self, path: str, words: str) -> None:
        """Wait until a document ends with some words, and every sync has ended."""

        def ends() -> bool:
            [record] = [record for record in self.index.catalog.documents() if record.path == path]
            return self.index.catalog.text(record.document_id).text.endswith(words) and self.is_idle

        wait_until(ends)

    def until_answered(self, syncs: int) -> None:
        """Wait until ``syncs`` syncs have ended."""
        wait_until(lambda: self.answered == syncs)

    @property
    def is_idle(self) -> bool:
        return self.answered == len(self.changes)

    def rests(self, seconds: float = 3 * REST) -> int:
        """The number of syncs so far, after a wait."""
        time.sleep(seconds)
        return len(self.changes)


@contextmanager
def watching(index: Library, folder: Path, rest: float = REST) -> Iterator[Watched]:
    watched = Watched(index, folder, rest)
    watched.thread.start()
    try:
        yield watched
    finally:
        watched.stop.set()
        watched.thread.join(PATIENCE)
        assert not watched.thread.is_alive()


@pytest.fixture(autouse=True)
def _looks_are_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.ingest.watch._TICK_SECONDS", 0.1)


@pytest.fixture
def folder(tmp_path: Path, index: Library) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    index.catalog.follow([str(folder)])
    return folder


@pytest.fixture
def watched(index: Library, folder: Path) -> Iterator[Watched]:
    """An empty followed folder that is watched."""
    with watching(index, folder) as found:
        yield found


def test_files_that_come_change_and_go_are_followed(watched: Watched) -> None:
    write(watched.folder / "dam.txt", GATE)
    watched.until("dam.txt")
    write(watched.folder / "sub/weir.txt", GATE)
    watched.until("dam.txt", "sub/weir.txt")
    (watched.folder / "dam.txt").unlink()
    watched.until("sub/weir.txt")
    write(watched.folder / "sub/weir.txt", "Another text altogether.")
    watched.until_ends("sub/weir.txt", "altogether.")
    (watched.folder / "sub").rename(watched.folder / "moved")
    watched.until("moved/weir.txt")
    assert watched.rests() == 5, "a sync each"


@pytest.mark.slow
def test_many_files_at_once_are_one_sync(watched: Watched) -> None:
    for number in range(20):
        write(watched.folder / f"{number:02}.txt", f"{GATE} {number}")
    watched.until(*(f"{number:02}.txt" for number in range(20)))
    assert len(watched.reports) <= 3


@pytest.mark.slow
def test_a_file_that_grows_is_read_when_it_is_whole_and_keeps_no_other_waiting(
    index: Library, folder: Path
) -> None:
    growing = folder / "long.txt"
    # The pause between two writes may be long on a busy machine, so that the rest must be longer.
    with watching(index, folder, rest=1.5) as watched:
        write(folder / "short.txt", GATE)
        until = time.monotonic() + PATIENCE
        while not watched.answered and time.monotonic() < until:
            with growing.open("a") as stream:
                stream.write("One more line. ")
            # Programs that copy a file with its date set an old time, too.
            os.utime(growing, (1_000_000_000, 1_000_000_000))
            time.sleep(0.02)
        assert paths(index) == ["short.txt"]
        with growing.open("a") as stream:
            stream.write("The last line.")
        watched.until("long.txt", "short.txt")
        [long, _] = index.catalog.documents()
        assert (long.version, index.catalog.text(long.document_id).text[-14:]) == (1, "The last line.")


def test_a_file_that_is_written_beside_its_place_and_renamed_is_one_new_version(watched: Watched) -> None:
    write(watched.folder / "dam.txt", GATE)
    watched.until("dam.txt")
    for part in (".dam.txt.part", "dam.txt.tmp"):
        write(watched.folder / part, f"{GATE} {part}").replace(watched.folder / "dam.txt")
        watched.until_ends("dam.txt", part)
    assert [(record.path, record.version) for record in watched.index.catalog.documents()] == [("dam.txt", 3)]
    assert [report.failed for report in watched.reports] == [(), (), ()]


@pytest.mark.slow
def test_what_no_sync_reads_wakes_nobody(watched: Watched) -> None:
    write(watched.folder / ".hidden.txt", GATE)
    write(watched.folder / ".git/head.txt", GATE)
    write(watched.folder / "questions.jsonl", json.dumps({"text": "Who?"}))
    assert watched.rests() == 0


@pytest.mark.slow
def test_a_file_that_cannot_be_read_is_tried_once_and_again_when_it_is_another(watched: Watched) -> None:
    write(watched.folder / "broken.pdf", "%PDF-1.7 and nothing more")
    watched.until_answered(1)
    assert [failure.path for failure in watched.reports[0].failed] == ["broken.pdf"]
    write(watched.folder / "dam.txt", GATE)
    watched.until("dam.txt")
    assert watched.reports[1].failed == ()
    assert watched.rests() == 2
    write(watched.folder / "broken.pdf", "%PDF-1.7 and a little more")
    watched.until_answered(3)
    assert [failure.path for failure in watched.reports[2].failed] == ["broken.pdf"]


@pytest.mark.slow
def test_a_folder_that_vanishes_keeps_its_documents_and_is_followed_when_it_is_back(watched: Watched) -> None:
    write(watched.folder / "dam.txt", GATE)
    watched.until("dam.txt")
    away = watched.folder.rename(watched.folder.with_name("away"))
    assert watched.rests(0.8) == 1
    assert paths(watched.index) == ["dam.txt"]
    write(away / "weir.txt", GATE)
    away.rename(watched.folder)
    watched.until("dam.txt", "weir.txt")
    write(watched.folder / "later.txt", GATE)
    watched.until("dam.txt", "later.txt", "weir.txt")


@pytest.mark.slow
def test_a_folder_that_is_followed_from_now_on_is_watched_too(watched: Watched, tmp_path: Path) -> None:
    write(watched.folder / "dam.txt", GATE)
    watched.until("dam.txt")
    (tmp_path / "more").mkdir()
    watched.index.catalog.follow([str(tmp_path / "more"), str(tmp_path / "none")])
    time.sleep(0.4)
    write(tmp_path / "more/weir.txt", GATE)
    watched.until("dam.txt", "weir.txt")
    assert watched.changes[-1].folders == (tmp_path / "more",)


@pytest.mark.slow
def test_a_followed_file_is_watched_by_itself(watched: Watched, tmp_path: Path) -> None:
    alone = write(tmp_path / "elsewhere/alone.txt", GATE)
    write(tmp_path / "elsewhere/other.txt", GATE)
    sync(watched.index, [alone])
    time.sleep(0.4)
    for word in ("Monday", "Tuesday"):
        write(alone.with_name("part"), f"{GATE} {word}").replace(alone)
        watched.until_ends("alone.txt", word)
    assert paths(watched.index) == ["alone.txt"]


@pytest.mark.slow
def test_the_homes_own_files_are_none_of_the_reports(tmp_path: Path, index: Library) -> None:
    # The home lies in the folder, and each sync writes to it.
    sync(index, [tmp_path])
    index.catalog.follow([str(index.home / "uploads")])
    with watching(index, tmp_path) as watched:
        write(tmp_path / "dam.txt", GATE)
        watched.until("dam.txt")
        write(index.home / "uploads/sent.txt", GATE)
        assert watched.rests() == 1


@pytest.mark.slow
def test_a_sync_that_could_not_be_done_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, watched: Watched
) -> None:
    monkeypatch.setattr("index.ingest.watch._RETRY_SECONDS", 0.5)
    watched.refuse = 2
    write(watched.folder / "dam.txt", GATE)
    watched.until("dam.txt")
    assert (len(watched.changes), len(watched.reports)) == (3, 1)


STATES = st.one_of(st.none(), st.tuples(st.integers(0, 2), st.integers(0, 2)))


@given(st.lists(st.tuples(st.floats(0.01, 1), st.dictionaries(st.sampled_from("abc"), STATES)), max_size=30))
def test_what_is_at_rest_has_been_the_same_for_long_enough(
    looks: Sequence[tuple[float, dict[str, State]]],
) -> None:
    rest, now = ChangeTimes(1.0), 0.0
    past: list[tuple[float, dict[Path, State]]] = []
    for pause, named in looks:
        now += pause
        files = {Path(name): state for name, state in named.items()}
        past.append((now, files))
        changing = rest.still_changing(files, now)
        for file, state in files.items():
            same = [
                since
                for since, _ in past
                if all(seen.get(file, ()) == state for at, seen in past if at >= since)
            ]
            assert (file in changing) == (now - same[0] < 1.0)
