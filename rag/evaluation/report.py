"""Reports of an evaluation for people and programs: Markdown, JSON, and plots."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.evaluation.datasets import settings_of
from rag.evaluation.evaluation import Comparison, Evaluation
from rag.evaluation.measures import CalibrationBin, Estimate, KeyPath, RiskPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LATENCY = "latency_ms"

HEADINGS: Mapping[str, tuple[str, str]] = {
    "retrieval": ("Retrieval", "Documents ranked by their best passage, for the questions with a judgement."),
    "selection": (
        "Selection",
        (
            "How often the first, and any, cited sentence answers; and how well the citations agree with the "
            "gold standard. An abstention cites nothing correct. First three is a baseline: the first three "
            "sentences of the best passage of a search."
        ),
    ),
    "abstention": ("Abstention", "Abstentions are the positive class; AUROC is that of the answerability."),
    "abstention_subject_removed": (
        "Abstention without the subject",
        "Answerable questions asked twice: of the whole library, and without the documents with their title.",
    ),
    "gate": (
        "Verification",
        "Verdicts of the answers' sentences, and how often claims are called supported.",
    ),
    _LATENCY: ("Milliseconds", "Latency of each stage of an answer."),
}

_WORDS: Mapping[str, str] = {
    "": "value",
    "ndcg@10": "nDCG@10",
    "mrr@10": "MRR@10",
    "auroc": "AUROC",
    "f1": "F1",
    "first_three": "first three",
    "dense": "vectors",
    "lexical": "words",
}


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the rows."""

    heading: str
    explanation: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_of(evaluation: Evaluation) -> Iterator[Table]:
    for section, (heading, explanation) in HEADINGS.items():
        form = _form(section)
        cells: dict[str, dict[str, Estimate]] = {}
        for key_path, figure in evaluation.figures.items():
            if key_path[0] == section:
                row, column = _row_and_column(key_path)
                cells.setdefault(row, {})[column] = figure
        if cells:
            columns = tuple(dict.fromkeys(column for row in cells.values() for column in row))
            rows = tuple(
                (
                    name,
                    *(_shown(row[column], form, "–") if column in row else "" for column in columns),
                    f"{max(figure.n for figure in row.values()):,}",
                )
                for name, row in cells.items()
            )
            yield Table(heading, explanation, ("", *columns, "n"), rows)


def tables_of_comparison(comparison: Comparison) -> Iterator[Table]:
    for section, (heading, _) in HEADINGS.items():
        form = _form(section)
        rows = tuple(
            (
                " ".join(map(_label, row.key_path[1:])),
                f"{row.first.value:{form}}",
                f"{row.second.value:{form}}",
                _shown(row.change, f"+{form}", ", "),
                "" if row.p is None else f"{row.p:.3f}",
                row.outcome,
            )
            for row in comparison.differences
            if row.key_path[0] == section
        )
        if rows:
            columns = ("", comparison.first, comparison.second, "change", "p", f"{comparison.second} is")
            yield Table(heading, "", columns, rows)


def _form(section: str) -> str:
    return ".1f" if section == _LATENCY else ".3f"


def _shown(figure: Estimate, form: str, between: str) -> str:
    return f"{figure.value:{form}} ({figure.low:{form}}{between}{figure.high:{form}})"


def _row_and_column(key_path: KeyPath) -> tuple[str, str]:
    section, *between, last = key_path
    if section == _LATENCY:
        return _label(between[0]), last
    if section == "gate":
        return " ".join(map(_label, [*between, last])), _label("")
    return _label(last), _label("".join(between))


def _label(key: str) -> str:
    return _WORDS.get(key, key.replace("_", " "))


REPORT, FIGURES = "report.md", "evaluation.json"
COMPARISON, DIFFERENCES = "comparison.md", "comparison.json"
RISK_PLOT, CALIBRATION_PLOT = "risk-coverage.png", "calibration.png"


def write_report(evaluation: Evaluation, folder: Path) -> None:
    """The files of an earlier report in ``folder`` are overwritten or deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    for plot in (RISK_PLOT, CALIBRATION_PLOT):
        (folder / plot).unlink(missing_ok=True)
    if evaluation.risk_coverage:
        plot_risk_coverage(evaluation.risk_coverage, folder / RISK_PLOT)
    if evaluation.calibration:
        plot_calibration(evaluation.calibration, folder / CALIBRATION_PLOT)
    _write_markdown(folder / REPORT, _blocks(evaluation))
    stored = evaluation.as_dict() | {
        "configuration": {"name": evaluation.configuration.name, **settings_of(evaluation.configuration)},
        "curves": {
            "risk_coverage": [asdict(point) for point in evaluation.risk_coverage],
            "calibration": [asdict(part) for part in evaluation.calibration],
        },
        "notes": list(evaluation.notes),
    }
    (folder / FIGURES).write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")


def write_comparison(comparison: Comparison, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    heading = f"# {comparison.dataset}: {comparison.first} and {comparison.second}"
    explanation = (
        f"{comparison.n_queries:,} questions. A change is the second less the first, with its 95 % interval "
        "and the p-value of a paired bootstrap over questions; each figure is tested by itself. The "
        "report of each configuration is in the folder of its name."
    )
    tables = map(_section, tables_of_comparison(comparison))
    _write_markdown(folder / COMPARISON, [heading, explanation, *tables])
    (folder / DIFFERENCES).write_text(json.dumps(comparison.as_dict(), indent=2) + "\n", encoding="utf-8")


def _write_markdown(file: Path, blocks: Iterable[str]) -> None:
    file.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def _blocks(evaluation: Evaluation) -> Iterator[str]:
    yield f"# {evaluation.dataset}"
    yield (
        f"{evaluation.n_queries:,} questions over {evaluation.n_documents:,} documents, with the "
        f"configuration `{evaluation.configuration.name}`. In brackets are 95 % intervals (bootstrap over "
        "questions); n is the number of questions that a figure goes over."
    )
    yield from map(_section, tables_of(evaluation))
    if evaluation.risk_coverage:
        yield "## Risk and coverage"
        yield "The risk of answering only the questions with the highest answerability, up to abstentions."
        yield f"![Risk against coverage]({RISK_PLOT})"
    if evaluation.calibration:
        yield "## Calibration"
        yield "How often the library answers, by the predicted answerability."
        yield f"![Calibration]({CALIBRATION_PLOT})"
    settings = settings_of(evaluation.configuration).items()
    rows = tuple((key, "default" if value is None else str(value)) for key, value in settings)
    yield _section(Table("Configuration", "", ("key", "value"), rows))
    if evaluation.notes:
        yield "## Left out"
        yield "\n".join(f"- {note}" for note in evaluation.notes)


def _section(table: Table) -> str:
    bar = "\\|"
    grid = (
        f"| {' | '.join(cell.replace('|', bar) for cell in row)} |"
        for row in (table.columns, ["---"] * len(table.columns), *table.rows)
    )
    return "\n\n".join(filter(None, (f"## {table.heading}", table.explanation, "\n".join(grid))))


_DOTS_AN_INCH = 150
_COLOUR = "#1f5fa8"


def plot_risk_coverage(points: Sequence[RiskPoint], file: Path) -> None:
    picture, axes = _axes("questions that are answered", "answers that are wrong")
    axes.plot([point.coverage for point in points], [point.risk for point in points], color=_COLOUR)
    axes.set_ylim(0, max(0.05, *(point.risk * 1.1 for point in points)))
    picture.savefig(file, dpi=_DOTS_AN_INCH)


def plot_calibration(bins: Sequence[CalibrationBin], file: Path) -> None:
    picture, axes = _axes("answerability", "questions that the library answers")
    axes.plot([0, 1], [0, 1], color="#999999", linestyle="--", linewidth=1)
    axes.plot([part.predicted for part in bins], [part.observed for part in bins], marker="o", color=_COLOUR)
    axes.set_ylim(0, 1)
    picture.savefig(file, dpi=_DOTS_AN_INCH)


def _axes(across: str, up: str) -> tuple[Figure, Axes]:
    # Without pyplot, matplotlib draws with Agg, so it opens no window and has no global state.
    from matplotlib.figure import Figure

    picture = Figure(figsize=(5.0, 4.0), layout="constrained")
    axes = picture.subplots()
    axes.set_xlim(0, 1)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e5e5e5")
    return picture, axes
