"""The command ``sync``: sync folders once, or on every change. Each sync is a job."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from index.errors import Cancelled, line_of, outward_line
from index.ingest import Change, ClusterReader, Jobs, RunningJob, Watch, open_cluster, sync
from index.library import Library
from index.loaders import Isolated, Options
from index.uploads import sweep_uploads, uploads_folder
from ui.cli import printing
from ui.cli.operations import record_sync_and_delete_old
from ui.cli.printing import job_progress, waiting
from ui.cli.shutdown import interruptible
from ui.errors import expected_errors
from ui.opening import open_library
from ui.settings import Settings

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Syncer:
    index: Library
    settings: Settings
    options: Options
    stderr: Console
    reader: Isolated | Sequence[ClusterReader] | None = None

    def sync(self, paths: Sequence[Path], leave: Collection[Path] = ()) -> Report:
        jobs = Jobs(self.index.catalog)
        job_id = jobs.create("sync").id
        with job_progress(self.stderr) as show, RunningJob(jobs, job_id, show, outward_line) as running:
            report = sync(self.index, paths, running, self.options, reader=self.reader, leave=leave)
            running.result = result = report.as_dict()
        record_sync_and_delete_old(self.index, self.settings, result)
        return result


def sync_once(settings: Settings, paths: Sequence[Path], stderr: Console, on: str | None = None) -> Report:
    """Without ``paths``, sync followed folders. ``on`` is a Ray cluster. Raises Cancelled or ClusterError."""
    options = settings.loading()
    with ExitStack() as opened:
        index = _open(settings, opened, stderr)
        readers: Sequence[ClusterReader] | None = None
        if on is not None:
            with waiting(stderr, "Connecting to the cluster…"):
                readers = opened.enter_context(open_cluster(on, index))
        return _Syncer(index, settings, options, stderr, readers).sync(paths)


def sync_on_changes(
    settings: Settings, paths: Sequence[Path], stderr: Console, show: Callable[[Report], None]
) -> None:
    """``show`` gets the first report, and each later one of a change or failure."""
    options = settings.loading()
    with suppress(KeyboardInterrupt), interruptible() as interrupted, ExitStack() as opened:
        index = _open(settings, opened, stderr)
        syncer = _Syncer(index, settings, options, stderr, opened.enter_context(Isolated()))

        def synced(change: Change) -> bool:
            try:
                report = syncer.sync(change.folders, change.leave)
            except expected_errors() as error:
                printing.print_line(stderr, f"footnoted: {line_of(error)}")
                # False asks for another attempt, which a cancelled sync must not get at once.
                return isinstance(error, Cancelled)
            if any(report[change] for change in printing.CHANGES):
                show(report)
            return True

        show(syncer.sync(paths))
        Watch(index.catalog, index.home, synced, interrupted, uploads=index.uploads).run()


def _open(settings: Settings, opened: ExitStack, stderr: Console) -> Library:
    with waiting(stderr, "Loading the encoder…"):
        index = opened.enter_context(open_library(settings, allow_other_model=True))
    Jobs(index.catalog).abandon()
    sweep_uploads(index, uploads_folder(index))
    return index
