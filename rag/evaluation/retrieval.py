"""Quality of the search: by vectors alone, by words alone, and fused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from index.library import Library, Progress
from rag.evaluation.bootstrap import Array, KeyPath, Sample, mean
from rag.evaluation.datasets import Query

POOL = 100
"""The number of passages that each search returns."""

METRICS = {
    "ndcg@10": "nDCG@10",
    "recall@1": "R@1",
    "recall@5": "R@5",
    "recall@20": "R@20",
    "recall@100": "R@100",
    "mrr@10": "RR@10",
}
"""Names of the figures in the JSON form, and in ir_measures (MacAvaney et al., ECIR 2022). nDCG is
trec_eval's, with linear gains."""


def measure_retrieval(
    index: Library, queries: Sequence[Query], dense_weight: float, progress: Progress | None = None
) -> dict[KeyPath, Sample]:
    """Measure how well three rankings find the relevant documents: dense, lexical and fused.

    *Dense* ranks by vectors alone, *lexical* by words alone, and *fused* by both. A search returns passages;
    a document takes the rank of its best passage among the ``POOL`` best.

    Args:
        index: the library to search; it contains the set's documents.
        queries: the set's questions; those for which the set names no relevant document are skipped.
        dense_weight: the weight of the vectors' score in the fused score, 0 to 1.
        progress: receives the number of searched questions.

    Returns:
        The value of each metric for each question, by ranking and metric; empty if all questions are skipped.
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
    """Return the documents, ranked by their best passages."""
    hits = index.search(query, POOL, dense_weight=dense_weight)
    return list(dict.fromkeys(hit.document.path for hit in hits))


def _values(judged: Sequence[Query], run: Sequence[Sequence[str]]) -> dict[str, Array]:
    """Return the values of each metric, one per question."""
    import ir_measures

    metrics = {ir_measures.parse_measure(name): metric for metric, name in METRICS.items()}
    values = {metric: np.zeros(len(judged)) for metric in METRICS}
    numbers = {query.id: number for number, query in enumerate(judged)}
    qrels = [
        ir_measures.Qrel(query.id, document, grade)
        for query in judged
        for document, grade in (query.judged or {}).items()
    ]
    for found in ir_measures.iter_calc(list(metrics), qrels, list(_scored(judged, run))):
        values[metrics[found.measure]][numbers[found.query_id]] = found.value
    return values


def _scored(judged: Sequence[Query], run: Sequence[Sequence[str]]) -> Iterator[object]:
    import ir_measures

    for query, documents in zip(judged, run, strict=True):
        for rank, document in enumerate(documents):
            # Ranks replace scores, because trec_eval reorders documents with equal scores.
            yield ir_measures.ScoredDoc(query.id, document, float(-rank))
