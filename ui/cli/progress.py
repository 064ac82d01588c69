"""Shows progress on standard error: as bars on a terminal, otherwise as a line every ten seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from ui.cli.printing import print_line

if TYPE_CHECKING:
    from index.ingest import JobProgress
    from index.library import Progress

LINE_SECONDS = 10.0
"""The seconds between two lines if standard error is not a terminal."""


@contextmanager
def job_progress(console: Console) -> Iterator[Callable[[JobProgress], None]]:
    """Yield a function that shows the progress of a job that reads files and embeds passages."""
    if not console.is_terminal:
        yield _lines(console)
        return
    with progress_bar(console) as bar:

        def show(now: JobProgress) -> None:
            if bar is not None and now.stage is not None:
                count = now.files if now.stage == "reading" else now.passages
                bar(now.stage, count.done, count.of)

        yield show


def _lines(console: Console) -> Callable[[JobProgress], None]:
    last = time.monotonic()

    def show(now: JobProgress) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_SECONDS:
            last = time.monotonic()
            print_line(console, f"footnoted: {progress_line(now)}")

    return show


def progress_line(now: JobProgress) -> str:
    """Return the progress of a job as one line: files, passages, rate and time left, if they are known."""
    parts = [f"{now.files.done} of {now.files.of} files read"] if now.files.of else []
    if now.passages.of:
        parts.append(f"{now.passages.done:,} of {now.passages.of:,} passages embedded")
    if now.rate is not None:
        parts.append(f"{now.rate:.1f} passages a second")
    if now.seconds_left is not None:
        parts.append(f"about {now.seconds_left:.0f} s left")
    return ", ".join(parts) or "starting"


@contextmanager
def progress_bar(console: Console) -> Iterator[Progress | None]:
    """Yield a function that draws a progress bar for each stage; None if ``console`` is not a terminal."""
    if not console.is_terminal:
        yield None
        return
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[pace]}"),
        progress.TimeRemainingColumn(compact=True),
    )
    with progress.Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, progress.TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage.capitalize(), total=total, pace="")
            task = bars.tasks[tasks[stage]]
            bars.update(task.id, completed=done, total=total)
            if task.speed:
                bars.update(task.id, pace=f"{task.speed:.1f} a second")

        yield report


@contextmanager
def waiting(console: Console, message: str) -> Iterator[None]:
    """Show ``message`` until the context ends if ``console`` is a terminal; otherwise show nothing."""
    if console.is_terminal:
        with console.status(message):
            yield
    else:
        yield
