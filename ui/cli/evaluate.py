"""The command ``eval``: measure answers on a data set, or on the library itself with its stored feedback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from rag.visible_text import visible
from ui.cli import printing
from ui.errors import UsedWronglyError
from ui.settings import AUTO, Settings

if TYPE_CHECKING:
    from rich.console import Console

    from index.library import Progress
    from rag.evaluation import ClaimsMeasured, Comparison, Configuration, Dataset, Evaluation, Part, Table

REPORTS = ("evaluation", "reports")


@dataclass(frozen=True, slots=True)
class Request:
    """``paths``: a data set's folder or, with ``from_feedback``, files of questions. Empty ``parts``: all."""

    paths: tuple[Path, ...]
    parts: tuple[str, ...] = ()
    limit: int | None = None
    configuration: str | None = None
    compared: tuple[str, str] | None = None
    report: Path | None = None
    held_out: bool = False
    from_feedback: bool = False


def run(
    settings: Settings, request: Request, stderr: Console, progress: Progress | None
) -> Evaluation | Comparison:
    """Evaluate one configuration, or compare two. Raises UsedWronglyError or DatasetError."""
    from rag.evaluation import COMPARISON, REPORT, compare, evaluate, write_comparison, write_report

    parts = _parts(request.parts)
    configurations = _configurations(settings, request)
    dataset = _dataset(settings, request, stderr)
    for note in dataset.notes:
        printing.print_line(stderr, visible(note))
    folder = request.report or settings.home.joinpath(*REPORTS, dataset.name)
    # Each evaluation opens its own encoder, because a warm cache would make the second configuration look
    # fast.
    evaluations = [
        evaluate(
            dataset,
            configuration,
            settings.home,
            parts,
            request.limit,
            held_out=request.held_out,
            progress=progress,
        )
        for configuration in configurations
    ]
    if len(evaluations) == 1:
        write_report(evaluations[0], folder)
        printing.print_line(stderr, f"report: {folder / REPORT}")
        return evaluations[0]
    for evaluation in evaluations:
        write_report(evaluation, folder / evaluation.configuration.name)
    comparison = compare(*evaluations)
    write_comparison(comparison, folder)
    printing.print_line(stderr, f"report: {folder / COMPARISON}")
    return comparison


def evaluates_claims_file(request: Request) -> bool:
    return request.parts == ("gate",) and len(request.paths) == 1 and request.paths[0].is_file()


def run_on_claims(settings: Settings, request: Request) -> ClaimsMeasured:
    """Calibrate the judge on every second claim. Raises DatasetError, JsonLinesError or JudgeError."""
    from rag.evaluation import measure_claims
    from rag.verification import Gate
    from ui.opening import open_configured_judge

    with open_configured_judge(settings) as judge:
        return measure_claims(request.paths[0], Gate(judge))


def print_claims(console: Console, measured: ClaimsMeasured) -> None:
    from rag.evaluation import claim_tables

    for table in claim_tables(measured):
        printing.print_line(console, visible(table.explanation))
        _print_table(console, table)
    if measured.thresholds:
        pair = f"{measured.thresholds.supported_from:.3f},{measured.thresholds.unsupported_below:.3f}"
        printing.print_line(console, f"FOOTNOTED_JUDGE_THRESHOLDS={pair}")


def print_figures(console: Console, measured: Evaluation | Comparison) -> None:
    from rag.evaluation import Evaluation, tables_of, tables_of_comparison

    counts = f"{measured.n_queries:,} questions"
    if isinstance(measured, Evaluation):
        counts += f" over {measured.n_documents:,} documents"
    printing.print_line(console, visible(f"{measured.dataset}: {counts}"))
    for table in tables_of(measured) if isinstance(measured, Evaluation) else tables_of_comparison(measured):
        _print_table(console, table)


def _print_table(console: Console, table: Table) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    console.print()
    printing.print_line(console, visible(table.heading))
    grid = Grid(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for place, column in enumerate(table.columns):
        grid.add_column(Text(visible(column)), no_wrap=place == 0)
    for row in table.rows:
        grid.add_row(*(Text(visible(cell)) for cell in row))
    console.print(grid)


def _parts(given: Sequence[str]) -> Sequence[Part]:
    from rag.evaluation import PARTS

    for name in given:
        if name not in PARTS:
            close = get_close_matches(name, PARTS, n=1)
            remedy = f"did you mean {close[0]}?" if close else f"known are {', '.join(PARTS)}"
            raise UsedWronglyError(f"unknown part {name!r}; {remedy}")
    return [part for part in PARTS if part in given] or PARTS


def _configurations(settings: Settings, request: Request) -> list[Configuration]:
    from rag.errors import ConfigurationError
    from rag.evaluation import DEFAULT, Configuration, read_configuration

    if request.compared and request.configuration:
        raise UsedWronglyError("--config and --compare exclude each other; name the file after --compare")
    base = Configuration(
        model=None if settings.model == AUTO else settings.model,
        reader=settings.reader,
    )
    given = request.compared or (request.configuration or DEFAULT,)
    try:
        found = [read_configuration(name, base) for name in given]
    except ConfigurationError as error:
        raise UsedWronglyError(str(error)) from error
    if len({configuration.name for configuration in found}) < len(found):
        raise UsedWronglyError(f"both configurations are called {found[0].name!r}; rename one of the files")
    return found


def _dataset(settings: Settings, request: Request, stderr: Console) -> Dataset:
    from rag.conversations import read_feedback
    from rag.evaluation import SET, read_dataset, write_library_set
    from ui.opening import open_library

    if not request.from_feedback:
        if len(request.paths) != 1:
            raise UsedWronglyError(
                "name the folder of one data set, or evaluate the library itself with --from-feedback"
            )
        return read_dataset(request.paths[0])
    folder = settings.home.joinpath(*SET)
    with open_library(settings) as index:
        for note in write_library_set(index, read_feedback(index.catalog), request.paths, folder):
            printing.print_line(stderr, visible(note))
    return read_dataset(folder)
