"""Tables of figures, for a report or a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rag.evaluation.bootstrap import Estimate, KeyPath
from rag.evaluation.comparison import Comparison
from rag.evaluation.evaluation import Evaluation

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
"""Heading and explanation of each part of the JSON form."""

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
"""Display names that differ from those of the JSON form."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text under a heading; the first column names the rows."""

    heading: str
    explanation: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_of(evaluation: Evaluation) -> Iterator[Table]:
    """Yield a table for each part (like retrieval) that was measured."""
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
    """Yield a table for each part (like retrieval) that both evaluations measured, with a row per figure."""
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
    """Return the format of a figure: shares have three decimals, milliseconds one."""
    return ".1f" if section == _LATENCY else ".3f"


def _shown(figure: Estimate, form: str, between: str) -> str:
    """Format a figure and its interval."""
    return f"{figure.value:{form}} ({figure.low:{form}}{between}{figure.high:{form}})"


def _row_and_column(key_path: KeyPath) -> tuple[str, str]:
    """Return the row (such as a metric or a stage) and the column (such as a ranking) of a figure."""
    section, *between, last = key_path
    if section == _LATENCY:
        return _label(between[0]), last
    if section == "gate":
        return " ".join(map(_label, [*between, last])), _label("")
    return _label(last), _label("".join(between))


def _label(key: str) -> str:
    return _WORDS.get(key, key.replace("_", " "))
