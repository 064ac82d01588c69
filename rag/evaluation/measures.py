"""Figures with confidence intervals, computed from one observation per question.

The intervals are percentile bootstraps over questions (Efron and Tibshirani, An Introduction to the
Bootstrap, 1993, chapter 13). A resample is a row of weights: how often each question was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from index.documents import Span
from index.library import Library, Progress
from rag.answers import Answer
from rag.evaluation.datasets import Evidence, Query
from rag.evaluation.library_set import AnsweredQuery

Array = npt.NDArray[np.float64]

_Values = Sequence[float] | npt.NDArray[Any]

# Maps weights, shape (rounds, n), to the statistic of each round, shape (rounds,); NaN if undefined.
Statistic = Callable[[Array], Array]
KeyPath = tuple[str, ...]

ROUNDS = 1000
LEVEL = 0.95
_SEED = 0
_WEIGHTS_AT_ONCE = 4_000_000  # these take 32 MB


@dataclass(frozen=True, slots=True)
class Estimate:
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Question ids, and what makes the figure of their weights; but for a time, higher is better."""

    queries: tuple[str, ...]
    statistic: Statistic
    is_time: bool = False


def mean(values: _Values) -> Statistic:
    return ratio(values, np.ones(len(values)))


def ratio(numerators: _Values, denominators: _Values) -> Statistic:
    above, below = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    return lambda weights: _divided(weights @ above, weights @ below)


def _divided(above: Array, below: Array) -> Array:
    """Quotients by zero are NaN."""
    return np.divide(above, below, out=np.full_like(below, np.nan), where=below != 0)


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> Statistic:
    """The probability that a positive scores above a negative; ties count half (Mann–Whitney)."""
    values = np.asarray(scores, dtype=float)
    order = np.argsort(values, kind="stable")
    is_positive = np.asarray(positive, dtype=float)[order]
    ties = np.flatnonzero(np.diff(values[order], prepend=-np.inf) > 0)

    def of(weights: Array) -> Array:
        ordered = weights[:, order]
        positives = np.add.reduceat(ordered * is_positive, ties, axis=1)
        negatives = np.add.reduceat(ordered * (1 - is_positive), ties, axis=1)
        below = np.cumsum(negatives, axis=1) - negatives
        won = (positives * (below + negatives / 2)).sum(axis=1)
        return _divided(won, positives.sum(axis=1) * negatives.sum(axis=1))

    return of


def quantile(values: Sequence[float], share: float) -> Statistic:
    """The smallest value such that at least ``share`` of the values do not exceed it."""
    order = np.argsort(np.asarray(values, dtype=float), kind="stable")
    ordered = np.asarray(values, dtype=float)[order]

    def of(weights: Array) -> Array:
        reached = np.cumsum(weights[:, order], axis=1)
        # Weights are whole numbers, so this small tolerance only corrects rounding errors.
        result: Array = ordered[np.argmax(reached >= share * reached[:, -1:] - 1e-9, axis=1)]
        return result

    return of


def twice(statistic: Statistic) -> Statistic:
    """From all first and then all second observations to one weight per question."""
    return lambda weights: statistic(np.hstack([weights, weights]))


def estimate(sample: Sample) -> Estimate | None:
    n = len(sample.queries)
    if not n:
        return None
    value = float(sample.statistic(np.ones((1, n)))[0])
    if np.isnan(value):
        return None
    return Estimate(value, *interval(bootstrap(sample)), n)


def bootstrap(sample: Sample) -> Array:
    """Shape (ROUNDS,). Samples of equal length get the same draws, so their differences are paired."""
    return np.concatenate([sample.statistic(weights) for weights in _resamples(len(sample.queries))])


def interval(resampled: Array) -> tuple[float, float]:
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(resampled, [tail, 1 - tail])
    return float(low), float(high)


def _resamples(n: int) -> Iterator[Array]:
    generator = np.random.default_rng(_SEED)
    at_once = max(1, _WEIGHTS_AT_ONCE // n)
    for start in range(0, ROUNDS, at_once):
        rounds = min(at_once, ROUNDS - start)
        drawn = generator.integers(0, n, (rounds, n)) + n * np.arange(rounds)[:, np.newaxis]
        yield np.bincount(drawn.ravel(), minlength=rounds * n).reshape(rounds, n).astype(float)


POOL = 100

# By name in ir_measures (MacAvaney et al., ECIR 2022); nDCG is trec_eval's, with linear gains.
METRICS = {
    "ndcg@10": "nDCG@10",
    "recall@1": "R@1",
    "recall@5": "R@5",
    "recall@20": "R@20",
    "recall@100": "R@100",
    "mrr@10": "RR@10",
}
_Run = dict[str, Mapping[str, float]]


def measure_retrieval(
    index: Library, queries: Sequence[Query], dense_weight: float, progress: Progress | None = None
) -> dict[KeyPath, Sample]:
    """A document has the rank of its best passage. Questions without a relevant document are skipped."""
    judged = [query for query in queries if query.relevant]
    if not judged:
        return {}
    weights = {"dense": 1.0, "lexical": 0.0, "fused": dense_weight}
    runs: dict[str, _Run] = {ranking: {} for ranking in weights}
    for done, query in enumerate(judged, 1):
        for ranking, weight in weights.items():
            hits = index.search(query.text, POOL, dense_weight=weight)
            documents = dict.fromkeys(hit.document.path for hit in hits)
            # Ranks replace scores, because trec_eval reorders documents with equal scores.
            runs[ranking][query.id] = {document: float(-rank) for rank, document in enumerate(documents)}
        if progress is not None:
            progress("searching", done, len(judged))
    names = tuple(query.id for query in judged)
    return {
        ("retrieval", ranking, metric): Sample(names, mean(values))
        for ranking, run in runs.items()
        for metric, values in _values(judged, run).items()
    }


def _values(judged: Sequence[Query], run: _Run) -> dict[str, list[float]]:
    import ir_measures

    metrics = {ir_measures.parse_measure(name): metric for metric, name in METRICS.items()}
    qrels = {query.id: dict(query.judged or {}) for query in judged}
    values = {metric: dict.fromkeys(qrels, 0.0) for metric in METRICS}
    for found in ir_measures.iter_calc(list(metrics), qrels, run):
        values[metrics[found.measure]][found.query_id] = found.value
    return {metric: list(of_queries.values()) for metric, of_queries in values.items()}


FIRST_SENTENCES = 3


@dataclass(frozen=True, slots=True)
class Quote:
    document: str
    span: Span
    text: str


def measure_selection(
    asked: Sequence[AnsweredQuery], index: Library, dense_weight: float
) -> dict[KeyPath, Sample]:
    """``first_three`` is a baseline: the best passage's first sentences. An abstention cites none right."""
    known = [item for item in asked if item.query.has_gold]
    if not known:
        return {}
    ids = tuple(item.query.id for item in known)
    right = [[is_gold(item.query, quote) for quote in quotes_of(item.answer)] for item in known]
    samples: dict[KeyPath, Sample] = {
        ("selection", "first_correct"): Sample(ids, mean([float(any(marks[:1])) for marks in right])),
        ("selection", "any_correct"): Sample(ids, mean([float(any(marks)) for marks in right])),
    }
    marked = [item for item in known if item.query.sentences or item.query.evidence]
    if marked:
        chosen = [agreement(item.query, quotes_of(item.answer)) for item in marked]
        plain = []
        for item in marked:
            hits = index.search(item.query.text, 1, dense_weight=dense_weight)
            first = [
                Quote(
                    hit.document.path, span, hit.text[span.start - hit.span.start : span.end - hit.span.start]
                )
                for hit in hits
                for span in hit.sentences[:FIRST_SENTENCES]
            ]
            plain.append(agreement(item.query, first))
        names = tuple(item.query.id for item in marked)
        for key_path, found in ((("selection",), chosen), (("selection", "first_three"), plain)):
            for name in found[0]:
                samples[*key_path, name] = Sample(names, mean([each[name] for each in found]))
    return samples


def quotes_of(answer: Answer) -> list[Quote]:
    return [
        Quote(citation.path, Span(citation.start, citation.end), citation.quote)
        for citation in answer.citations
    ]


def is_gold(query: Query, quote: Quote) -> bool:
    words = _plain(quote.text)
    return (
        any(_plain(answer) in words for answer in query.answers)
        or any(_same(words, sentence) for sentence in query.sentences)
        or any(_overlaps(quote, item) for item in query.evidence)
    )


def agreement(query: Query, quotes: Sequence[Quote]) -> dict[str, float]:
    of_sentences = [[_same(_plain(quote.text), sentence) for quote in quotes] for sentence in query.sentences]
    of_stretches = [[_overlaps(quote, item) for quote in quotes] for item in query.evidence]
    gold = of_sentences + of_stretches
    right = [any(marks) for marks in zip(*gold, strict=True)]
    precision = sum(right) / len(quotes) if quotes else 0.0
    recall = sum(any(marks) for marks in gold) / len(gold)
    total = precision + recall
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / total if total else 0.0}


def _same(words: str, sentence: str) -> bool:
    """Annotators split sentences differently, so one text may contain the other."""
    gold = _plain(sentence)
    return words in gold or gold in words


def _overlaps(quote: Quote, gold: Evidence) -> bool:
    if quote.document != gold.document:
        return False
    return quote.span.start < gold.span.end and gold.span.start < quote.span.end


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


BINS = 10  # each has the same number of questions
_POINTS = 200


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """If only the questions from this answerability on are answered: their share, and that of errors."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    predicted: float
    observed: float
    n: int


def measure_abstention(asked: Sequence[AnsweredQuery]) -> dict[KeyPath, Sample]:
    """Abstentions are the positive class. Empty if the set labels no question as unanswerable."""
    marked = labelled(asked)
    if all(item.query.answerable for item in marked):
        return {}
    ids = tuple(item.query.id for item in marked)
    return {("abstention", name): Sample(ids, statistic) for name, statistic in _figures(marked).items()}


def measure_removal(
    present: Sequence[AnsweredQuery], removed: Sequence[AnsweredQuery]
) -> dict[KeyPath, Sample]:
    """Each question is asked with, and without, the documents on its subject; both in one order."""
    if not removed:
        return {}
    ids = tuple(item.query.id for item in removed)
    # A resample draws both answers to a question together, because they are not independent.
    return {
        ("abstention_subject_removed", name): Sample(ids, twice(statistic))
        for name, statistic in _figures(label_both(present, removed)).items()
    }


def label_both(present: Sequence[AnsweredQuery], removed: Sequence[AnsweredQuery]) -> list[AnsweredQuery]:
    return [
        replace(item, query=replace(item.query, answerable=answerable))
        for items, answerable in ((present, True), (removed, False))
        for item in items
    ]


def labelled(asked: Sequence[AnsweredQuery]) -> list[AnsweredQuery]:
    return [item for item in asked if item.query.answerable is not None]


def risk_coverage(asked: Sequence[AnsweredQuery]) -> tuple[RiskPoint, ...]:
    """By falling answerability. Abstentions have no point, but ``coverage`` counts them."""
    judged = [item for item in asked if item.query.has_gold or item.query.answerable is False]
    answered = sorted(
        (item for item in judged if not item.answer.abstained), key=lambda item: -item.answerability
    )
    points: dict[float, RiskPoint] = {}
    wrong = 0
    for count, item in enumerate(answered, 1):
        wrong += not any(is_gold(item.query, quote) for quote in quotes_of(item.answer)[:1])
        # The last of several questions of equal answerability sets their point.
        points[item.answerability] = RiskPoint(item.answerability, count / len(judged), wrong / count)
    step = max(1, -(-len(points) // _POINTS))
    return tuple(list(points.values())[::-step][::-1])


def calibration(marked: Sequence[AnsweredQuery]) -> tuple[CalibrationBin, ...]:
    rising = sorted(marked, key=lambda item: item.answerability)
    predicted = np.array([item.answerability for item in rising])
    observed = np.array([bool(item.query.answerable) for item in rising], dtype=float)
    return tuple(
        CalibrationBin(float(predicted[part].mean()), float(observed[part].mean()), len(part))
        for part in np.array_split(np.arange(len(rising)), BINS)
        if len(part)
    )


def _figures(marked: Sequence[AnsweredQuery]) -> dict[str, Statistic]:
    answerable = [bool(item.query.answerable) for item in marked]
    abstentions = np.array([item.answer.abstained for item in marked], dtype=float)
    unanswerable = 1 - np.array(answerable, dtype=float)
    right = abstentions * unanswerable
    return {
        "auroc": auroc([item.answerability for item in marked], answerable),
        "precision": ratio(right, abstentions),
        "recall": ratio(right, unanswerable),
        "f1": ratio(2 * right, abstentions + unanswerable),
    }
