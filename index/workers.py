"""Threads of a server that keep its library up to date: they run jobs, watch folders and compact caches."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

from index.embedding.encoder import Encoder
from index.errors import (
    BusyError,
    Cancelled,
    JobEndedError,
    JobNotFoundError,
    UnreachableError,
    expected_errors,
    line_of,
    outward_line,
)
from index.ingest.jobs import INTERRUPTED, Job, Jobs, RunningJob
from index.ingest.synchronize import SyncReport, sync
from index.ingest.watch import Change, Watch
from index.library import Library, Progress
from index.loaders import Options
from index.loaders.sandbox.client import Isolated
from index.machine import lower_priority
from index.records import Viewer
from index.uploads import Kept, index_upload, sweep_uploads, uploads_folder

STOP_SECONDS = 2.0  # The seconds to wait for the end of the thread when the context ends.

_log = logging.getLogger(__name__)


class Background:
    """``work`` must return soon after the event that it receives is set."""

    def __init__(self, name: str, work: Callable[[Event], None]) -> None:
        self._name = name
        self._work = work
        self._stop = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        lower_priority()
        try:
            self._work(self._stop)
        except expected_errors() as error:
            _log.error("%s has stopped: %s; restart the server", self._name, line_of(error))


def every(seconds: float, step: Callable[[], None]) -> Callable[[Event], None]:
    """The work of a :class:`Background`, which logs a known error once until the next success."""

    def work(stop: Event) -> None:
        logged = ""
        while not stop.wait(seconds):
            try:
                step()
                logged = ""
            except expected_errors() as error:
                line = line_of(error)
                if line != logged:
                    _log.warning("%s", line)
                logged = line

    return work


STOPPED = "the server was stopped"
JOB_STOP_SECONDS = 4.0  # embedding checks for cancellation between two batches
MOST_WAITING = 100  # more uploads are refused: each has a file on the disk


@dataclass(slots=True)
class _Task:
    """``over`` is set when it ends; ``discard``, called just before, deletes an upload's hidden folder."""

    job_id: str
    work: Callable[[Progress], Mapping[str, Any]]
    over: Event = field(default_factory=Event)
    discard: Callable[[], None] = lambda: None

    def end(self) -> None:
        self.discard()
        self.over.set()


@dataclass(slots=True)
class _SyncRequest:
    """``folders`` is None for all followed ones; ``leave`` are files to skip."""

    folders: set[Path] | None
    leave: set[Path]

    def add(self, change: Change | None) -> None:
        if change is None or self.folders is None:
            # A request for all folders includes files that are still changing.
            self.folders, self.leave = None, set()
        else:
            self.folders |= set(change.folders)
            self.leave |= set(change.leave)


class JobRunner:
    """Runs jobs one by one; leaving the context cancels them. ``on_sync`` must be quick and not raise."""

    def __init__(self, index: Library, options: Options) -> None:
        self.jobs = Jobs(index.catalog)
        self.on_sync: Callable[[SyncReport], None] | None = None
        self._index = index
        self._options = options
        # The writer has its own reading process, so that a sync neither delays uploads nor outlives the
        # server.
        self._reader = Isolated()
        self._queue: SimpleQueue[_Task | None] = SimpleQueue()
        self._lock = Lock()
        # The waiting syncs, by the key of the viewer who requested them.
        self._waiting_syncs: dict[str, tuple[_SyncRequest, _Task]] = {}
        self._running: RunningJob | None = None
        self._thread: Thread | None = None
        self._stopping = False

    def __enter__(self) -> Self:
        for job_id in self.jobs.abandon():
            _log.warning("job %s was interrupted when its process ended", job_id)
        sweep_uploads(self._index, uploads_folder(self._index))
        if self._index.is_outdated:
            self.rebuild()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def home(self) -> Path:
        return self._index.home

    @property
    def follows_any(self) -> bool:
        return bool(self._index.catalog.sources())

    @property
    def has_interrupted_rebuild(self) -> bool:
        """The last one ended with its process, and not on request."""
        last = next((job for job in self.jobs.recent() if job.kind == "rebuild"), None)
        return last is not None and last.message in {INTERRUPTED, STOPPED}

    def sync(self, change: Change | None = None, viewer: Viewer | None = None) -> Job:
        """Joins a waiting sync of the same viewer, but of no other, since that one may cancel it."""
        return self.jobs.get(self._submit_sync(change, viewer).job_id)

    def synced(self, change: Change) -> bool:
        """Wait for the end; False if the sync failed or its job is gone."""
        task = self._submit_sync(change)
        task.over.wait()
        return self._state(task) not in {"failed", None}

    def upload(self, kept: Kept, options: Options) -> Job:
        """The job discards ``kept``. If this raises (BusyError: too many jobs wait), the caller must."""

        def work(progress: Progress) -> Mapping[str, Any]:
            record = index_upload(self._index, self._reader, options, kept, progress)
            place = {"document_id": record.document_id, "version": record.version, "path": record.path}
            return {**place, "passages": record.passages}

        with self._lock:
            if self._queue.qsize() >= MOST_WAITING:
                raise BusyError(MOST_WAITING, "files and other jobs")
            task = _Task(self._jobs_of(kept.viewer).create("upload").id, work, discard=kept.discard)
            self._submit(task)
        return self.jobs.get(task.job_id)

    def rebuild(self, open_encoder: Callable[[], Encoder] | None = None, viewer: Viewer | None = None) -> Job:
        """By default with the settings' encoder; searches use the old build meanwhile."""

        def work(progress: Progress) -> Mapping[str, Any]:
            self._index.rebuild(progress, open_encoder() if open_encoder else None)
            return {"generation": self._index.generation}

        with self._lock:
            task = _Task(self._jobs_of(viewer).create("rebuild").id, work)
            self._submit(task)
        return self.jobs.get(task.job_id)

    def close(self) -> None:
        """Wait a few seconds for the running job."""
        with self._lock:
            self._stopping = True
            running, thread = self._running, self._thread
        with suppress(Empty):
            while (task := self._queue.get_nowait()) is not None:
                self._cancel(task)
        self._queue.put(None)
        if running is not None:
            running.cancel(STOPPED)
            self._reader.interrupt()
        if thread is not None:
            thread.join(JOB_STOP_SECONDS)
        if thread is None or not thread.is_alive():
            self._reader.close()

    def _submit_sync(self, change: Change | None, viewer: Viewer | None = None) -> _Task:
        sender = viewer.key if viewer else ""
        with self._lock:
            if sender in self._waiting_syncs:
                request, task = self._waiting_syncs[sender]
                # If the start of a job could not be recorded, the job is over, but its row says waiting.
                if not task.over.is_set() and self._state(task) == "waiting":
                    request.add(change)
                    return task
            request = _SyncRequest(set(), set())
            request.add(change)
            task = _Task(self._jobs_of(viewer).create("sync").id, partial(self._sync, sender, request))
            self._waiting_syncs[sender] = request, task
            self._submit(task)
            return task

    def _jobs_of(self, viewer: Viewer | None) -> Jobs:
        return Jobs(self._index.catalog.for_viewer(viewer))

    def _submit(self, task: _Task) -> None:
        """Call this only while holding the lock."""
        if self._stopping:
            self._cancel(task)
            return
        self._queue.put(task)
        if self._thread is None:
            self._thread = Thread(target=self._run, name="writer", daemon=True)
            self._thread.start()

    def _cancel(self, task: _Task) -> None:
        # The job may have ended, or be unknown because a backup was restored.
        with suppress(JobEndedError, JobNotFoundError):
            self.jobs.request_cancel(task.job_id, STOPPED)
        task.end()

    def _state(self, task: _Task) -> str | None:
        """Return None if the job is missing, as after a backup was restored."""
        try:
            return self.jobs.get(task.job_id).state
        except JobNotFoundError:
            return None

    def _run(self) -> None:
        lower_priority()
        while (task := self._queue.get()) is not None:
            try:
                self._do(task)
            except Cancelled:
                pass
            except expected_errors() as error:
                _log.warning("job %s failed: %s", task.job_id, line_of(error))
            except Exception:  # noqa: BLE001 (logged with its traceback)
                # A bug in one job must not stop the jobs after it.
                _log.exception("job %s failed because of a bug in the program", task.job_id)
            finally:
                task.end()

    def _do(self, task: _Task) -> None:
        running = RunningJob(self.jobs, task.job_id, explain=outward_line)
        with self._lock:
            self._running = running
            if self._stopping:
                running.cancel(STOPPED)
        try:
            with running:
                running.result = task.work(running)
        finally:
            with self._lock:
                self._running = None

    def _sync(self, sender: str, request: _SyncRequest, progress: Progress) -> Mapping[str, Any]:
        with self._lock:
            if self._waiting_syncs[sender][0] is request:
                del self._waiting_syncs[sender]
        folders = () if request.folders is None else sorted(request.folders)
        report = sync(self._index, folders, progress, self._options, reader=self._reader, leave=request.leave)
        for failure in report.failed:
            _log.warning("%s: %s", failure.path, failure.cause)
        if self.on_sync is not None:
            self.on_sync(report)
        return report.as_dict()


_AGAIN_SECONDS = 60.0  # if another process or an unreachable server prevents a compaction


def watch(index: Library, writer: JobRunner) -> Callable[[Event], None]:
    """For a thread: sync the followed folders now and after each change in them."""

    def work(stop: Event) -> None:
        if writer.follows_any:
            writer.sync()
        Watch(index.catalog, index.home, writer.synced, stop, uploads=index.uploads).run()

    return work


def maintain(index: Library) -> Callable[[], None]:
    """Compact if any process has committed since the last time; if that is prevented, try again later."""
    compacted, not_before = -1, 0.0

    def step() -> None:
        nonlocal compacted, not_before
        generation = index.catalog.generation()
        if generation != compacted and time.monotonic() >= not_before:
            # Set this even if compacting fails, so that a full disk is tried, and logged, only once for each
            # commit.
            compacted = generation
            if not index.compact() and _is_due(index):
                # Another process compacts, or the server of the vectors does not answer.
                compacted, not_before = -1, time.monotonic() + _AGAIN_SECONDS

    return step


def _is_due(index: Library) -> bool:
    try:
        return index.is_due()
    except UnreachableError:
        return True
