"""Show on a terminal how far a long piece of work is; show nothing anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

Report = Callable[[str, int, int], None]
"""Called with a stage, how much of it is done, and of how much."""


@contextmanager
def progress_bar(console: Console) -> Iterator[Report | None]:
    """A function that moves a bar a stage on ``console``, or None where it is no terminal."""
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage.capitalize(), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


@contextmanager
def waiting(console: Console, what: str) -> Iterator[None]:
    """A line on ``console`` that says what is waited for, gone when it is there; nothing off a terminal."""
    if console.is_terminal:
        with console.status(what):
            yield
    else:
        yield
