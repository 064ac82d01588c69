"""How well passages are found: by vectors alone, by words alone, and fused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from index.library import Library, Progress
from rag.evaluation.datasets import Query
from rag.evaluation.figures import Array, Place, Sample, mean

POOL = 100
"""Passages that each search brings."""

METRICS = {
    "ndcg@10": "nDCG@10",
    "recall@1": "R@1",
    "recall@5": "R@5",
    "recall@20": "R@20",
    "recall@100": "R@100",
    "mrr@10": "RR@10",
}
"""Our names of the figures, and those of ir_measures (MacAvaney et al., ECIR 2022). nDCG is trec_eval's, with
linear gains."""


def measure_retrieval(
    index: Library, queries: Sequence[Query], dense_weight: float, progress: Progress | None = None
) -> dict[Place, Sample]:
    """The figures of each ranking, over the questions that have a judgement.

    A document is ranked by its best passage, among the ``POOL`` best passages of a search.

    Args:
        index: has the set's documents.
        queries: the set's questions; those without a relevant document are passed over.
        dense_weight: of the fused ranking.
        progress: told how many questions are searched for.
    """
    judged = [query for query in queries if query.relevant]
    if not judged:
        return {}
    weights = {"dense": 1.0, "lexical": 0.0, "fused": dense_weight}
    runs: dict[str, list[list[str]]] = {ranking: [] for ranking in weights}
    for done, query in enumerate(judged, 1):
        for ranking, weight in weights.items():
            runs[ranking].append(_ranked(index, query.text, weight))
        if progress is not None:
            progress("searching", done, len(judged))
    names = tuple(query.id for query in judged)
    return {
        ("retrieval", ranking, metric): Sample(names, mean(values))
        for ranking, run in runs.items()
        for metric, values in _values(judged, run).items()
    }


def _ranked(index: Library, query: str, dense_weight: float) -> list[str]:
    """The documents by their best passage."""
    hits = index.search(query, POOL, dense_weight=dense_weight)
    return list(dict.fromkeys(hit.document.path for hit in hits))


def _values(judged: Sequence[Query], run: Sequence[Sequence[str]]) -> dict[str, Array]:
    """The values of each metric, one a question."""
    import ir_measures

    metrics = {ir_measures.parse_measure(name): metric for metric, name in METRICS.items()}
    values = {metric: np.zeros(len(judged)) for metric in METRICS}
    places = {query.id: place for place, query in enumerate(judged)}
    qrels = [
        ir_measures.Qrel(query.id, document, grade)
        for query in judged
        for document, grade in (query.judged or {}).items()
    ]
    for found in ir_measures.iter_calc(list(metrics), qrels, list(_scored(judged, run))):
        values[metrics[found.measure]][places[found.query_id]] = found.value
    return values


def _scored(judged: Sequence[Query], run: Sequence[Sequence[str]]) -> Iterator[object]:
    import ir_measures

    for query, documents in zip(judged, run, strict=True):
        for rank, document in enumerate(documents):
            # By rank, since trec_eval would put documents of equal score in an order of its own.
            yield ir_measures.ScoredDoc(query.id, document, float(-rank))
