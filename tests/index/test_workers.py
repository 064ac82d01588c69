"""Background work repeats its steps; the writer ends its jobs in order, cleans up and syncs for a watch."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread, Timer

import pytest
from filelock import FileLock
from starlette.testclient import TestClient

from benchmarks.stub_encoder import StubEncoder
from index import workers
from index.catalog.backup import back_up, restore
from index.catalog.lock import this_process
from index.errors import CatalogError
from index.ingest.jobs import INTERRUPTED, Jobs, RunningJob
from index.ingest.synchronize import sync
from index.ingest.watch import Change
from index.library import Library
from index.loaders import DEFAULTS
from index.records import Viewer
from index.vectors import IndexPolicy
from index.workers import STOPPED, Background, JobRunner, every
from rag.engine import QueryEngine
from tests.support.background import GATE, WEIR, Held, accepted, app_of, held_sync, send, unsynced, wait_until
from tests.support.reports import incoming, paths, write
from ui.app import create_app

pytestmark = pytest.mark.usefixtures("handed_on")


def test_a_step_goes_on_after_an_error_and_logs_it_once_until_a_step_succeeds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    enough, outcomes = Event(), iter([False, False, False, True, False, False])

    def step() -> None:
        succeeds = next(outcomes, None)
        if succeeds is None:
            enough.set()
        elif not succeeds:
            raise CatalogError("the disk is full; free some space")

    with caplog.at_level(logging.WARNING), Background("steps", every(0.001, step)):
        assert enough.wait(10)
    assert caplog.messages == ["the disk is full; free some space"] * 2


def test_work_that_fails_is_logged_with_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    ended = Event()

    def work(_stop: Event) -> None:
        ended.set()
        raise CatalogError("the folder is gone")

    with Background("watch", work):
        assert ended.wait(10)
    assert caplog.messages == ["watch has stopped: the folder is gone; restart the server"]


def test_leaving_the_context_stops_the_work() -> None:
    stopped = Event()

    def work(stop: Event) -> None:
        stop.wait()
        stopped.set()

    with Background("work", work):
        assert not stopped.is_set()
    assert stopped.is_set()


def test_maintenance_compacts_once_for_each_generation(
    index: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    compacted: list[int] = []
    monkeypatch.setattr(index, "compact", lambda: compacted.append(index.generation))
    step = workers.maintain(index)
    step()
    step()
    assert len(compacted) == 1


@pytest.fixture
def index(held: Held, tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "home", held) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path, index: Library) -> Path:
    return unsynced(index, tmp_path / "reports")


def test_at_the_end_what_runs_stops_and_what_waits_is_cancelled(
    index: Library, held: Held, folder: Path
) -> None:
    jobs = Jobs(index.catalog)
    with app_of(index) as client:
        running = held_sync(client, held)
        waiting = [accepted(client.post("/v1/index/sync")), accepted(send(client, "a.txt", b"Words."))]
        # The embedding goes on to the end of its batch.
        Timer(1, held.go_on.set).start()
    assert [(jobs.get(job_id).state, jobs.get(job_id).message) for job_id in (running, *waiting)] == [
        ("cancelled", STOPPED)
    ] * 3
    assert paths(index) == []
    assert list((index.home / "uploads").iterdir()) == []
    assert len(list(folder.iterdir())) == 2


def test_at_the_start_what_a_killed_one_left_has_failed_and_is_swept_away(index: Library) -> None:
    dead, uploads = replace(this_process(), started="00000000-1"), index.home / "uploads"
    job_id = Jobs(index.catalog, dead).create("upload").id
    left, mine = (
        write(uploads / f".incoming-{str(process).replace('/', '+')}-x7_" / "gate.txt", GATE).parent
        for process in (dead, this_process())
    )
    other = write(uploads / ".incoming-abcd" / "gate.txt", GATE).parent
    with app_of(index) as client:
        job = client.get(f"/v1/jobs/{job_id}").json()
    assert (job["state"], job["message"], job["ended"] is not None) == ("failed", INTERRUPTED, True)
    assert (left.exists(), mine.exists(), other.exists()) == (False, True, True)


def test_a_server_that_watches_syncs_what_is_there_and_what_comes(index: Library, folder: Path) -> None:
    app = create_app(index, QueryEngine(index), watch=True)
    with TestClient(app) as client:
        wait_until(lambda: paths(index) == ["dam.txt", "weir.txt"])
        write(folder / "later.txt", GATE)
        wait_until(lambda: paths(index) == ["dam.txt", "later.txt", "weir.txt"])
        wait_until(lambda: client.get("/v1/jobs").json()["jobs"][0]["state"] == "done")
        listed = client.get("/v1/jobs").json()["jobs"]
    assert [job["kind"] for job in listed] == ["sync", "sync"]


def test_what_a_watch_asks_for_while_a_sync_waits_becomes_part_of_it(
    index: Library, held: Held, folder: Path
) -> None:
    more = write(folder.parent / "more/more.txt", GATE).parent
    index.catalog.follow([str(more)])
    growing, done = write(more / "growing.txt", WEIR), Event()
    with JobRunner(index, DEFAULTS) as writer:
        held.hold()
        first = writer.sync(Change((folder,), frozenset({folder / "weir.txt"})))
        assert held.reached.wait(60)

        def ask() -> None:
            assert writer.synced(Change((more,), frozenset({growing})))
            done.set()

        waiting = writer.sync(Change((folder,)))
        Thread(target=ask, daemon=True).start()
        assert not done.wait(0.2)
        held.go_on.set()
        assert done.wait(60)
        assert (writer.jobs.get(first.id).result or {})["added"] == ["dam.txt"]
        assert (writer.jobs.get(waiting.id).result or {})["added"] == ["more.txt", "weir.txt"]
    assert paths(index) == ["dam.txt", "more.txt", "weir.txt"]


def test_a_request_joins_a_waiting_sync_of_its_own_viewer_only(
    index: Library, held: Held, folder: Path
) -> None:
    ana, bea = Viewer("ana"), Viewer("bea", sees_all=True)
    held.hold()
    with JobRunner(index, DEFAULTS) as writer:
        writer.sync(Change((folder,)))
        assert held.reached.wait(60)
        waiting = [writer.sync(viewer=viewer).id for viewer in (None, ana, bea)]
        assert len(set(waiting)) == 3
        assert [writer.sync(viewer=viewer).id for viewer in (None, ana, bea)] == waiting
        assert [job.id for job in Jobs(index.catalog.for_viewer(ana)).recent()] == [waiting[1]]
        # What ana cancels is ana's alone.
        Jobs(index.catalog.for_viewer(ana)).request_cancel(waiting[1])
        again = writer.sync(viewer=ana).id
        held.go_on.set()
        wait_until(lambda: not writer.jobs.unended())
        states = [writer.jobs.get(job_id).state for job_id in (*waiting, again)]
        assert states == ["done", "cancelled", "done", "done"]


def test_a_watch_is_told_that_its_sync_failed(
    stubbed: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stubbed.catalog, "put_vectors", full)
    with JobRunner(stubbed, DEFAULTS) as writer:
        assert not writer.synced(Change((unsynced(stubbed, tmp_path / "reports"),)))


def test_a_sync_can_be_asked_for_after_one_that_waited_is_unknown(
    stubbed: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, free = write(tmp_path / "reports" / "a.txt", "One gate.").parent, Event()

    def later(*given: object, **named: object) -> object:
        free.wait(30)
        return RunningJob(*given, **named)  # type: ignore[arg-type]

    sync(stubbed, [folder])
    back_up(stubbed.home, tmp_path / "library.tar")
    stubbed.replace([incoming("Two gates.", "b.txt")])
    monkeypatch.setattr(workers, "RunningJob", later)
    with JobRunner(stubbed, DEFAULTS) as writer:
        waiting = writer.sync()
        restore(stubbed.home, tmp_path / "library.tar")
        free.set()
        assert writer.sync().id != waiting.id
        assert writer.synced(Change((folder,)))
        assert paths(stubbed) == ["a.txt"]


@pytest.mark.base_file
def test_a_compaction_that_another_process_prevents_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_AGAIN_SECONDS", 0)
    with Library.open(tmp_path / "home", StubEncoder(), policy=IndexPolicy(small=1)) as library:
        library.replace([incoming("Gate 1. Gate 2. Gate 3.", "a.txt"), incoming("Gate 4.", "b.txt")])
        library.replace([incoming("Gate 5.", "c.txt"), incoming("Gate 6.", "d.txt")])
        step = workers.maintain(library)
        with FileLock(tmp_path / "home" / "compact.lock"):
            step()
        assert library.is_due()
        step()
        assert not library.is_due()
