"""Evaluation of one configuration on one set: all figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from index.embedding import Encoder, open_encoder
from index.library import Library, Progress
from rag.engine import QueryEngine
from rag.evaluation.abstention_quality import (
    CalibrationBin,
    RiskPoint,
    calibration,
    label_both,
    labelled,
    measure_abstention,
    measure_removal,
    risk_coverage,
)
from rag.evaluation.answered_queries import (
    AnsweredQuery,
    ask_all,
    ask_without_subject,
    with_removable_subject,
)
from rag.evaluation.bootstrap import Estimate, KeyPath, Sample, estimate, quantile
from rag.evaluation.configuration import Configuration
from rag.evaluation.datasets import Dataset, Query, choose
from rag.evaluation.gate import measure_gate
from rag.evaluation.retrieval import measure_retrieval
from rag.evaluation.selection import measure_selection
from rag.evaluation.temporary_index import open_temporary

Part = Literal["retrieval", "selection", "answers", "gate"]
"""A part that can be measured separately. Every part that asks questions also measures latency."""

PARTS: tuple[Part, ...] = get_args(Part)

INDEXES = ("evaluation", "indexes")
"""The folder in the home folder that contains the temporary indexes."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The result of an evaluation.

    Attributes:
        dataset: the set's name.
        configuration: the configuration that was measured.
        n_documents: the number of documents in the set.
        n_queries: the number of questions that were used.
        samples: the data behind each figure, by its key path in the JSON form.
        figures: the figures with their intervals, without undefined ones.
        risk_coverage: the risk–coverage curve, from the highest answerability down; empty if no answer can be
            judged.
        calibration: the calibration curve; empty if it is unknown which questions can be answered.
        notes: parts of the set that could not be used, with the reasons.
    """

    dataset: str
    configuration: Configuration
    n_documents: int
    n_queries: int
    samples: Mapping[KeyPath, Sample]
    figures: Mapping[KeyPath, Estimate]
    risk_coverage: tuple[RiskPoint, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as nested dicts for JSON: ``{retrieval: {dense: {"ndcg@10": …}}, …}``."""
        result: dict[str, Any] = {
            "dataset": self.dataset,
            "n_documents": self.n_documents,
            "n_queries": self.n_queries,
        }
        for key_path, figure in self.figures.items():
            inner = result
            for key in key_path[:-1]:
                inner = inner.setdefault(key, {})
            inner[key_path[-1]] = asdict(figure)
        return result


def evaluate(
    dataset: Dataset,
    configuration: Configuration,
    home: Path,
    parts: Collection[Part] = PARTS,
    limit: int | None = None,
    *,
    held_out: bool = False,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure a configuration on a set.

    Args:
        dataset: from :func:`~rag.evaluation.layouts.read_dataset`.
        configuration: the configuration to measure.
        home: the home folder; temporary indexes go into its ``evaluation/indexes``.
        parts: the parts to measure, such as ``retrieval``.
        limit: the most questions, evenly spread over the set; None for all.
        held_out: whether to use only questions that were never used for training or tuning.
        encoder: the configuration's encoder, if it is open already; None to open it. It caches recent texts,
            so a second evaluation with it takes less time per question.
        progress: receives the numbers of embedded passages, and of searched and asked questions.

    Raises:
        DatasetError: if no question is left.
        EncoderError: if the configuration's encoder cannot be opened.
        ReaderError: if its reader cannot be opened.
    """
    chosen = choose(dataset, limit, held_out=held_out)
    encoder = encoder or open_encoder(configuration.model, models=home / "models")
    with open_temporary(chosen.documents, configuration, encoder, home.joinpath(*INDEXES), progress) as index:
        return _measure(chosen, configuration, index, parts, progress)


def _measure(
    dataset: Dataset,
    configuration: Configuration,
    index: Library,
    parts: Collection[Part],
    progress: Progress | None,
) -> Evaluation:
    samples: dict[KeyPath, Sample] = {}
    risk: tuple[RiskPoint, ...] = ()
    bins: tuple[CalibrationBin, ...] = ()
    dense_weight = configuration.limits.dense_weight
    asked_twice = with_removable_subject(dataset) if "answers" in parts else ()
    ids_asked_twice = {query.id for query in asked_twice}
    wanted = [query for query in dataset.queries if query.id in ids_asked_twice or _is_asked(query, parts)]
    # Ask the questions first, before the encoder has cached any of them, because their latency is measured,
    # too.
    engine = _engine(index, configuration) if wanted else None
    asked = ask_all(engine, wanted, progress) if engine else ()
    if "retrieval" in parts:
        samples |= measure_retrieval(index, dataset.queries, dense_weight, progress)
    if "selection" in parts:
        samples |= measure_selection(asked, index, dense_weight)
    if "answers" in parts and engine:
        removed = ask_without_subject(engine, dataset, asked_twice, progress)
        present = [item for item in asked if item.query.id in ids_asked_twice]
        of_labels = measure_abstention(asked)
        samples |= of_labels | measure_removal(present, removed)
        risk = risk_coverage(asked)
        # If the set has no unanswerable question, questions asked without their subject stand in for them.
        bins = calibration(labelled(asked) if of_labels else label_both(present, removed))
    if "gate" in parts:
        samples |= measure_gate(asked, dataset.claims)
    samples |= measure_latency(asked)
    figures = {key_path: estimate(sample) for key_path, sample in samples.items()}
    return Evaluation(
        dataset.name,
        configuration,
        len(dataset.documents),
        len(dataset.queries),
        samples,
        {key_path: figure for key_path, figure in figures.items() if figure is not None},
        risk,
        bins,
        dataset.notes,
    )


def _engine(index: Library, configuration: Configuration) -> QueryEngine:
    return QueryEngine(index, configuration.reader, configuration.limits)


def _is_asked(query: Query, parts: Collection[Part]) -> bool:
    return (
        "gate" in parts
        or ("selection" in parts and query.has_gold)
        or ("answers" in parts and query.answerable is not None)
    )


SHARES = {"median": 0.5, "p95": 0.95}


def measure_latency(asked: Sequence[AnsweredQuery]) -> dict[KeyPath, Sample]:
    """Return the milliseconds of each stage, and of all stages together: median and 95th percentile."""
    stages = dict.fromkeys(stage for item in asked for stage in item.answer.timings)
    times = {stage: [item.answer.timings.get(stage, 0.0) for item in asked] for stage in stages}
    if asked:
        times["total"] = [sum(item.answer.timings.values()) for item in asked]
    ids = tuple(item.query.id for item in asked)
    return {
        ("latency_ms", stage, name): Sample(ids, quantile(values, share), is_time=True)
        for stage, values in times.items()
        for name, share in SHARES.items()
    }
