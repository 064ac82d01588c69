"""Measures one configuration on one set, and compares two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from index.embedding import Encoder, open_encoder
from index.library import Library, Progress
from rag.answers import VERDICTS, Answer, Verdict
from rag.engine import QueryEngine
from rag.evaluation.datasets import Claim, Configuration, Dataset, Query, choose, open_temporary
from rag.evaluation.library_set import (
    AnsweredQuery,
    ask_all,
    ask_without_subject,
    with_removable_subject,
)
from rag.evaluation.measures import (
    LEVEL,
    CalibrationBin,
    Estimate,
    KeyPath,
    RiskPoint,
    Sample,
    bootstrap,
    calibration,
    estimate,
    interval,
    label_both,
    labelled,
    measure_abstention,
    measure_removal,
    measure_retrieval,
    measure_selection,
    quantile,
    ratio,
    risk_coverage,
)
from rag.verification import Evidence, Gate

_WORST_FIRST = VERDICTS[::-1]


def measure_gate(asked: Sequence[AnsweredQuery], claims: Sequence[Claim]) -> dict[KeyPath, Sample]:
    """Claims are checked against sentences that support, contradict, and have nothing to do with them."""
    verdicts = [verdicts_of(item.answer) for item in asked]
    ids = tuple(item.query.id for item in asked)
    counts = [len(found) for found in verdicts]
    samples: dict[KeyPath, Sample] = {}
    if any(counts):
        for verdict in VERDICTS:
            shares = ratio([found.count(verdict) for found in verdicts], counts)
            samples["gate", "verdicts", verdict] = Sample(ids, shares)
    by_relation = {
        "supporting": [(claim, claim) for claim in claims if claim.supported],
        "contradicting": [(claim, claim) for claim in claims if not claim.supported],
        "of_another": list(_with_another(claims)),
    }
    for name, pairs in by_relation.items():
        if pairs:
            samples["gate", "called_supported", name] = _called_supported(pairs)
    return samples


def verdicts_of(answer: Answer) -> list[Verdict]:
    """The worst verdict of each sentence's footnotes; *unsupported* without one."""
    return [
        min(
            (cited.verification.verdict for cited in answer.cited_by(sentence)),
            key=_WORST_FIRST.index,
            default="unsupported",
        )
        for sentence in answer.sentences
    ]


def _with_another(claims: Sequence[Claim]) -> Iterator[tuple[Claim, Claim]]:
    for index, claim in enumerate(claims):
        for other in (*claims[index + 1 :], *claims[:index]):
            if claim.document != other.document and claim.query != other.query:
                yield claim, other
                break


def _called_supported(pairs: Sequence[tuple[Claim, Claim]]) -> Sample:
    """The bootstrap draws statements: pairs whose first claim has the same one are drawn together."""
    gate = Gate()
    called: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for claim, other in pairs:
        verdict = gate.check(claim.text, [Evidence(sentence) for sentence in other.sentences]).verdict
        called[claim.query] += verdict == "supported"
        counts[claim.query] += 1
    return Sample(tuple(counts), ratio([called[query] for query in counts], list(counts.values())))


Part = Literal["retrieval", "selection", "answers", "gate"]

PARTS: tuple[Part, ...] = get_args(Part)

INDEXES = ("evaluation", "indexes")


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Figures by key path. The curves are empty if nothing can be judged, or no label is known."""

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
        """Nested: ``{retrieval: {dense: {"ndcg@10": …}}, …}``."""
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
    """Raises DatasetError if no question is left, EncoderError, or ReaderError.

    Temporary indexes go into ``evaluation/indexes`` of the home folder; an open ``encoder`` saves time.
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
    engine = QueryEngine(index, configuration.reader, configuration.limits) if wanted else None
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


def _is_asked(query: Query, parts: Collection[Part]) -> bool:
    return (
        "gate" in parts
        or ("selection" in parts and query.has_gold)
        or ("answers" in parts and query.answerable is not None)
    )


SHARES = {"median": 0.5, "p95": 0.95}


def measure_latency(asked: Sequence[AnsweredQuery]) -> dict[KeyPath, Sample]:
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


Outcome = Literal["better", "worse", "no difference", "not tested"]


@dataclass(frozen=True, slots=True)
class Difference:
    """``change`` is the second minus the first, with its 95 % interval; ``p`` is None for a time.

    Each figure is tested at the 5 % level, so of twenty equal ones, one on average appears different.
    """

    key_path: KeyPath
    first: Estimate
    second: Estimate
    change: Estimate
    p: float | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    dataset: str
    first: str
    second: str
    n_queries: int
    differences: tuple[Difference, ...]

    def as_dict(self) -> dict[str, Any]:
        """The field ``place`` stands in place of ``key_path``: the keys, with dots between them."""
        result = asdict(self)
        rows = result["differences"]
        return result | {"differences": [{"place": ".".join(row.pop("key_path")), **row} for row in rows]}


def compare(first: Evaluation, second: Evaluation) -> Comparison:
    """A paired bootstrap (Efron and Tibshirani, 1993, ch. 16; Koehn, EMNLP 2004). Raises ValueError."""
    if first.dataset != second.dataset:
        raise ValueError(
            f"{first.dataset} and {second.dataset} are different sets; compare two configurations on one"
        )
    return Comparison(
        first.dataset,
        first.configuration.name,
        second.configuration.name,
        second.n_queries,
        tuple(
            _difference(key_path, first, second)
            for key_path in first.figures
            if key_path in second.figures
            and first.samples[key_path].queries == second.samples[key_path].queries
        ),
    )


def _difference(key_path: KeyPath, first: Evaluation, second: Evaluation) -> Difference:
    before, after = first.figures[key_path], second.figures[key_path]
    before_sample, after_sample = first.samples[key_path], second.samples[key_path]
    changes = bootstrap(after_sample) - bootstrap(before_sample)
    changes = changes[~np.isnan(changes)]
    change = Estimate(after.value - before.value, *interval(changes), after.n)
    if before_sample.is_time:
        return Difference(key_path, before, after, change, None, "not tested")
    # Two-sided: twice the share of the resamples on the smaller side of zero, which counts on both sides.
    side = min(int((changes <= 0).sum()), int((changes >= 0).sum()))
    p = min(1.0, 2 * (side + 1) / (len(changes) + 1))
    is_equal = p >= 1 - LEVEL or change.value == 0
    outcome: Outcome = "no difference" if is_equal else "better" if change.value > 0 else "worse"
    return Difference(key_path, before, after, change, p, outcome)
